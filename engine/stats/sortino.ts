import { mean } from './mean.ts';
import { DAYS_PER_YEAR } from './sharpe.ts';

/**
 * Annualised Sortino ratio: mean excess over `minimum` divided by the downside deviation, which is taken over *all*
 * returns (those above `minimum` count as zero). NaN returns are dropped. NaN with fewer than two returns or no downside.
 */
export function sortino(
  returns: ArrayLike<number>,
  options: { readonly minimum?: number; readonly periodsPerYear?: number } = {},
): number {
  const minimum = options.minimum ?? 0;
  const excess = Array.from(returns)
    .filter((value) => !Number.isNaN(value))
    .map((value) => value - minimum);
  if (excess.length < 2) return Number.NaN;
  const downside = Math.sqrt(mean(excess.map((value) => Math.min(value, 0) ** 2)));
  if (downside === 0) return Number.NaN;
  return (mean(excess) / downside) * Math.sqrt(options.periodsPerYear ?? DAYS_PER_YEAR);
}
