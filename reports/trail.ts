/** Where a trailing stop stood, from the hourly bars; `docs/account.md`, section 4. */
import { hourMs } from '../engine/panel/hours.ts';
import { barOffset, HIGH, isPresent, LOW, type Panel, timeAt } from '../engine/panel/panel.ts';

export interface TrailPoint {
  /** From then on, until the next point. */
  readonly timeMs: number;
  readonly level: number;
}

export interface TrailedTrade {
  readonly side: 1 | -1;
  readonly entryMs: number;
  readonly exitMs: number;
  readonly entryPrice: number;
  /** A resting order filled: the bar of that fill does not count. */
  readonly rested: boolean;
  /** Distances as fractions of the price; NaN for no fixed stop beside the trailing one. */
  readonly trailingStopFraction: number;
  readonly stopLossFraction: number;
}

/**
 * Levels of a trailing stop: the first at the entry, another wherever it moved, each after a bar that the position survived.
 * Of it and a fixed stop the nearer one is given. An entry inside an hour is followed from the next hour on, because that hour's
 * extremes may lie before it.
 */
export function trailOf(panel: Panel, coin: number, trade: TrailedTrade): TrailPoint[] {
  const { side, entryMs, exitMs, entryPrice, trailingStopFraction, stopLossFraction } = trade;
  const nearer = (a: number, b: number) => (side * (a - b) >= 0 ? a : b);
  const first = entryPrice * (1 - side * trailingStopFraction);
  let level = Number.isNaN(stopLossFraction)
    ? first
    : nearer(first, entryPrice * (1 - side * stopLossFraction));
  const points: TrailPoint[] = [{ timeMs: entryMs, level }];
  const entryHour = (entryMs - panel.startMs) / hourMs;
  const from = Math.max(0, trade.rested ? Math.floor(entryHour) + 1 : Math.ceil(entryHour));
  for (let hour = from; hour < panel.hours && timeAt(panel, hour) + hourMs <= exitMs; hour += 1) {
    if (!isPresent(panel, coin, hour)) continue;
    const best = panel.bars[barOffset(panel, coin, hour) + (side === 1 ? HIGH : LOW)]!;
    const raised = nearer(level, best * (1 - side * trailingStopFraction));
    if (raised === level) continue;
    level = raised;
    points.push({ timeMs: timeAt(panel, hour) + hourMs, level });
  }
  return points;
}
