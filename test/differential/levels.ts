/** The levels of one position over one bar: what acts first, and at which price (docs/account.md, section 4). */
import type { Filters } from '../../engine/exchange/filters.ts';
import type { FillRules } from '../../engine/simulator/rules.ts';
import type { BarPair, Position } from './types.ts';

export interface Hit {
  readonly reason: 'stop' | 'target';
  /** Before slippage. */
  readonly price: number;
  /** At the open. */
  readonly gap: boolean;
  readonly maker: boolean;
  /** What was to hold. */
  readonly level: number;
  /** Nothing of the adverse side was visited before. */
  readonly early: boolean;
}

/** The nearer of the stop and the trailing stop; null where there is neither. */
export function stopOf({ side, stopPrice, trailPrice }: Position): number | null {
  if (stopPrice === null) return trailPrice;
  if (trailPrice === null) return stopPrice;
  return side === 1 ? Math.max(stopPrice, trailPrice) : Math.min(stopPrice, trailPrice);
}

/** What acts in a bar, if anything; `makerFill` where a resting order filled in that same bar. */
export function hitOf(position: Position, bars: BarPair, fills: FillRules, makerFill: boolean): Hit | null {
  const { side, targetPrice: target, wanted } = position;
  const { trade } = bars;
  const stop = stopOf(position);
  const trigger = wanted.stopOn === 'mark' ? bars.mark : trade;
  const stopReached = stop !== null && side * adverse(side, trigger) <= side * stop;
  const inside = (): Hit => {
    const hit = { ...stopHit(position, bars, stop!), early: false };
    return fills.gaps === 'worst' ? { ...hit, price: adverse(side, trade) } : hit;
  };
  if (makerFill) return stopReached ? inside() : null;
  if (stop !== null && side * trigger.open <= side * stop) {
    const kind = fills.gaps === 'level' ? stop : trade.open;
    const price = fills.gaps === 'worst' ? adverse(side, trade) : kind;
    return { reason: 'stop', price, gap: true, maker: false, level: stop, early: true };
  }
  const maker = wanted.targetKind === 'limit';
  if (target !== null && side * trade.open >= side * target) {
    const price = maker ? target : trade.open;
    return { reason: 'target', price, gap: true, maker, level: target, early: true };
  }
  const targetReached = target !== null && side * favourable(side, trade) >= side * target;
  const targetFirst = fills.path === 'adaptive' && nearer(side, trade);
  if (stopReached && !(targetReached && targetFirst)) return inside();
  if (!targetReached) return null;
  return { reason: 'target', price: target, gap: false, maker, level: target, early: targetFirst };
}

export function adverse(side: 1 | -1, bar: { readonly high: number; readonly low: number }): number {
  return side === 1 ? bar.low : bar.high;
}

export function favourable(side: 1 | -1, bar: { readonly high: number; readonly low: number }): number {
  return side === 1 ? bar.high : bar.low;
}

/** The favourable extreme lies nearer to the open than the adverse one. */
function nearer(side: 1 | -1, { open, high, low }: BarPair['trade']): boolean {
  return side === 1 ? high - open < open - low : open - low < high - open;
}

/** A stop reached inside the bar. One on the mark fills where the trade price would be, if it moved with the mark. */
function stopHit({ side, wanted }: Position, { trade, mark }: BarPair, stop: number): Omit<Hit, 'early'> {
  // In the bar of a resting order's fill the open may lie beyond the stop as well.
  let price = side === 1 ? Math.min(stop, trade.open) : Math.max(stop, trade.open);
  if (wanted.stopOn === 'mark') {
    const moved = (stop * trade.open) / mark.open;
    price = side === 1 ? Math.min(trade.open, moved) : Math.max(trade.open, moved);
    price = Math.min(Math.max(price, trade.low), trade.high);
  }
  return { reason: 'stop', price, gap: false, maker: false, level: stop };
}

/** Sets the levels from the average entry fill. A trailing stop that has risen stays where it is. */
export function setLevels(position: Position, filters: Filters | null): void {
  const { side, entryPrice, wanted } = position;
  const rounded = (price: number): number => {
    if (filters === null) return price;
    const ticks = price / filters.tickSize;
    // A whole number of ticks is not lost to the last bit of a division.
    return (side === 1 ? Math.floor(ticks + 1e-9) : Math.ceil(ticks - 1e-9)) * filters.tickSize;
  };
  position.stopPrice = wanted.stop === null ? null : rounded(entryPrice * (1 - side * wanted.stop));
  position.targetPrice = wanted.target === null ? null : rounded(entryPrice * (1 + side * wanted.target));
  if (wanted.trailing !== undefined) raise(position, entryPrice * (1 - side * wanted.trailing));
}

/** After a bar that the position survived. */
export function trail(position: Position, bar: BarPair['trade']): void {
  const { side, wanted } = position;
  if (wanted.trailing === undefined) return;
  const extreme = favourable(side, bar);
  position.best = side === 1 ? Math.max(position.best, extreme) : Math.min(position.best, extreme);
  raise(position, position.best * (1 - side * wanted.trailing));
}

function raise(position: Position, price: number): void {
  const { side, trailPrice } = position;
  if (trailPrice === null || side * price > side * trailPrice) position.trailPrice = price;
}
