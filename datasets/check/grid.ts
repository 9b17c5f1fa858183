/** The bars laid out by hour: who has one when, how it moved, and what is usual for each coin and for the market. */
import { hourMs } from '../../engine/panel/hours.ts';
import type { Bars } from './bars.ts';

export interface Grid {
  readonly startMs: number;
  readonly hours: number;
  readonly coins: number;
  /** `[coin][hour]`: the bar's row, -1 where there is none. */
  readonly row: Int32Array;
  /** First and last hour with a bar, of each coin. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** Coins between their first and last bar, by hour. */
  readonly living: Int32Array;
  /** Coins with a bar, by hour. */
  readonly present: Int32Array;
  /** `[coin][hour]`: log return from the previous hour's close; NaN without it. */
  readonly returns: Float32Array;
  /** Median over the coins of the return, by hour; NaN where there are none. */
  readonly marketReturn: Float32Array;
  /** Median over its life of high / low - 1, of each coin. */
  readonly usualRange: Float64Array;
  /** `[hour]`: 1 where most coins moved many times their usual range (see `market-move`). */
  readonly stormy: Uint8Array;
}

/** An hour is a storm when the median coin's range is this many times what is usual for it: far beyond any strong trend. */
const stormRanges = 12;
/** Below this many coins there is no cross-section to speak of. */
export const crossSectionMin = 5;

export function timeOf(grid: Grid, hour: number): number {
  return grid.startMs + hour * hourMs;
}

export function rangeOf(bars: Bars, row: number): number {
  return bars.high[row]! / bars.low[row]! - 1;
}

export function gridOf(bars: Bars): Grid {
  const coins = bars.symbols.length;
  const { startMs, hours } = spanOf(bars.timeMs);
  const shape = { startMs, hours, coins };
  const row = new Int32Array(coins * hours).fill(-1);
  const first = new Int32Array(coins);
  const last = new Int32Array(coins).fill(-1);
  const returns = new Float32Array(coins * hours).fill(Number.NaN);
  const usualRange = new Float64Array(coins);
  for (let coin = 0; coin < coins; coin += 1) {
    const from = bars.start[coin]!;
    const to = bars.start[coin + 1]!;
    if (from === to) continue;
    const hourOf = (at: number) => (bars.timeMs[at]! - startMs) / hourMs;
    first[coin] = hourOf(from);
    last[coin] = hourOf(to - 1);
    for (let at = from; at < to; at += 1) {
      const cell = coin * hours + hourOf(at);
      row[cell] = at;
      if (at > from && bars.timeMs[at]! - bars.timeMs[at - 1]! === hourMs) {
        returns[cell] = Math.log(bars.close[at]! / bars.close[at - 1]!);
      }
    }
    usualRange[coin] = usualRangeOf(bars, from, to);
  }
  const counted = countLives({ ...shape, row, first, last });
  const marketReturn = acrossCoins(shape, (cell) => returns[cell]!);
  const rangeRatio = acrossCoins(shape, (cell, coin) => {
    const at = row[cell]!;
    return at < 0 ? Number.NaN : rangeOf(bars, at) / usualRange[coin]!;
  });
  const stormy = Uint8Array.from(rangeRatio, (ratio, hour) =>
    ratio >= stormRanges && counted.present[hour]! >= crossSectionMin ? 1 : 0,
  );
  return { ...shape, row, first, last, returns, usualRange, marketReturn, stormy, ...counted };
}

function spanOf(times: Float64Array): { startMs: number; hours: number } {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time < least) least = time;
    if (time > most) most = time;
  }
  return times.length === 0
    ? { startMs: 0, hours: 0 }
    : { startMs: least, hours: (most - least) / hourMs + 1 };
}

// A sample is enough for a median that only scales others; the first day of a listing is left out.
const rangeSample = 2000;

function usualRangeOf(bars: Bars, from: number, to: number): number {
  const begin = to - from > 48 ? from + 24 : from;
  const step = Math.max(1, Math.floor((to - begin) / rangeSample));
  const sample = new Float64Array(Math.ceil((to - begin) / step));
  for (let index = 0, at = begin; at < to; index += 1, at += step) sample[index] = rangeOf(bars, at);
  return medianInPlace(sample);
}

function countLives(grid: {
  readonly coins: number;
  readonly hours: number;
  readonly row: Int32Array;
  readonly first: Int32Array;
  readonly last: Int32Array;
}): { readonly living: Int32Array; readonly present: Int32Array } {
  const living = new Int32Array(grid.hours);
  const present = new Int32Array(grid.hours);
  for (let coin = 0; coin < grid.coins; coin += 1) {
    for (let hour = grid.first[coin]!; hour <= grid.last[coin]!; hour += 1) {
      living[hour]! += 1;
      if (grid.row[coin * grid.hours + hour]! >= 0) present[hour]! += 1;
    }
  }
  return { living, present };
}

/** Median over coins of a cell's value, by hour; cells that are NaN do not count. */
function acrossCoins(
  shape: { readonly coins: number; readonly hours: number },
  valueAt: (cell: number, coin: number) => number,
): Float32Array {
  const out = new Float32Array(shape.hours);
  // Hours in strips: the values of a coin lie side by side, so each strip reads whole cache lines.
  const strip = 16;
  const values = Array.from({ length: strip }, () => new Float32Array(shape.coins));
  const counts = new Int32Array(strip);
  for (let from = 0; from < shape.hours; from += strip) {
    const to = Math.min(from + strip, shape.hours);
    counts.fill(0);
    for (let coin = 0; coin < shape.coins; coin += 1) {
      for (let hour = from; hour < to; hour += 1) {
        const value = valueAt(coin * shape.hours + hour, coin);
        if (!Number.isNaN(value)) values[hour - from]![counts[hour - from]!++] = value;
      }
    }
    for (let hour = from; hour < to; hour += 1) {
      out[hour] = medianInPlace(values[hour - from]!.subarray(0, counts[hour - from]!));
    }
  }
  return out;
}

/** Sorts what it is given; NaN values go last and do not count; NaN where nothing is left. */
export function medianInPlace(values: Float64Array | Float32Array): number {
  values.sort();
  let count = values.length;
  while (count > 0 && Number.isNaN(values[count - 1]!)) count -= 1;
  if (count === 0) return Number.NaN;
  const middle = count >> 1;
  return count % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}
