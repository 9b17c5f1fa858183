import { drawdowns } from './drawdowns.ts';

/**
 * Deepest fall from a running peak, as a positive fraction of that peak; 0 where equity never fell. Marks that are NaN are
 * passed over. NaN without any mark.
 */
export function maxDrawdown(equity: ArrayLike<number>, startEquity?: number): number {
  let deepest = Number.NaN;
  for (const depth of drawdowns(equity, startEquity))
    if (!Number.isNaN(depth) && !(depth <= deepest)) deepest = depth;
  return deepest;
}
