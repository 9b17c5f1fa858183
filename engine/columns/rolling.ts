/**
 * Rolling sums that are pure functions of their window. A window of W hours that ends at t is the sum of two parts, cut at
 * the last absolute multiple of W: a suffix of the block before the cut and a prefix of the block after it. The suffix is
 * added from the cut backward, the prefix from the cut forward, so the value at t has the same bits whether a year, a
 * block or one hour was computed, and wherever the history starts. Cost: O(1) per element over a range.
 *
 * Every function takes series indexed by panel hour, the absolute number of hour 0 (`firstStamp`, hours since the epoch),
 * and a range [from, to), and writes `out[hour]`. Missing values are NaN and count as missing, never as zero.
 */

import { giveFloats, giveInts, takeFloats, takeInts } from './scratch.ts';

export interface RollingRange {
  readonly window: number;
  /** Fewest values (or pairs) in a window that give a result; NaN below. */
  readonly countMin: number;
  readonly firstStamp: number;
  readonly from: number;
  readonly to: number;
}

/** Below this the benchmark did not move and a slope means nothing. */
const VARIANCE_MIN = 1e-12;

/**
 * Slope of an ordinary least squares fit of y on x over the last `window` hours, pairs with a missing side left out.
 * beta = (Sxy - Sx Sy / n) / (Sxx - Sx Sx / n). Source: the normal equations; NaN where var(x) < 1e-12.
 */
export function rollingBeta(x: Float64Array, y: Float64Array, range: RollingRange, out: Float64Array): void {
  const { window, countMin } = range;
  const suffix = takeFloats((window + 1) * 5).fill(0, window * 5, (window + 1) * 5);
  forEachBlock(range, (cut, from, to) => {
    fillPairSuffix(suffix, x, y, { cut, window, from });
    let n = 0;
    let sx = 0;
    let sy = 0;
    let sxx = 0;
    let sxy = 0;
    for (let hour = Math.max(cut, 0); hour < to; hour += 1) {
      const a = x[hour]!;
      const b = y[hour]!;
      if (a === a && b === b) {
        n += 1;
        sx += a;
        sy += b;
        sxx += a * a;
        sxy += a * b;
      }
      if (hour < from) continue;
      const at = (hour - cut + 1) * 5;
      const count = suffix[at]! + n;
      const sumX = suffix[at + 1]! + sx;
      const sumY = suffix[at + 2]! + sy;
      const varianceN = suffix[at + 3]! + sxx - (sumX * sumX) / count;
      out[hour] =
        count < countMin || varianceN / count < VARIANCE_MIN
          ? Number.NaN
          : (suffix[at + 4]! + sxy - (sumX * sumY) / count) / varianceN;
    }
  });
  giveFloats(suffix);
}

/**
 * Entry k holds count and sums over the hours cut - window + k .. cut - 1 (entry `window` is empty: zero), as far as windows
 * that end at `from` or later begin there.
 */
function fillPairSuffix(
  suffix: Float64Array,
  x: Float64Array,
  y: Float64Array,
  block: { readonly cut: number; readonly window: number; readonly from: number },
): void {
  const { cut, window, from } = block;
  const oldest = Math.max(0, from - cut + 1);
  let n = 0;
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let sxy = 0;
  for (let k = window - 1; k >= oldest; k -= 1) {
    const hour = cut - window + k;
    const a = hour < 0 ? Number.NaN : x[hour]!;
    const b = hour < 0 ? Number.NaN : y[hour]!;
    if (a === a && b === b) {
      n += 1;
      sx += a;
      sy += b;
      sxx += a * a;
      sxy += a * b;
    }
    const at = k * 5;
    suffix[at] = n;
    suffix[at + 1] = sx;
    suffix[at + 2] = sy;
    suffix[at + 3] = sxx;
    suffix[at + 4] = sxy;
  }
}

/** Sum of the values present in the last `window` hours. */
export function rollingSum(x: Float64Array, range: RollingRange, out: Float64Array): void {
  const { window, countMin } = range;
  const counts = takeInts(window + 1);
  const sums = takeFloats(window + 1);
  forEachBlock(range, (cut, from, to) => {
    let n = 0;
    let s = 0;
    // Entry k holds what stands in the hours cut - window + k .. cut - 1, as far as a window of this block begins there.
    const oldest = Math.max(0, from - cut + 1);
    for (let k = window - 1; k >= oldest; k -= 1) {
      const hour = cut - window + k;
      const value = hour < 0 ? Number.NaN : x[hour]!;
      if (value === value) {
        n += 1;
        s += value;
      }
      counts[k] = n;
      sums[k] = s;
    }
    n = 0;
    s = 0;
    for (let hour = Math.max(cut, 0); hour < to; hour += 1) {
      const value = x[hour]!;
      if (value === value) {
        n += 1;
        s += value;
      }
      if (hour < from) continue;
      const k = hour - cut + 1;
      // The whole window lies after the cut.
      const older = k === window ? 0 : sums[k]!;
      const count = k === window ? n : counts[k]! + n;
      out[hour] = count < countMin ? Number.NaN : older + s;
    }
  });
  giveInts(counts);
  giveFloats(sums);
}

/** Standard deviation (ddof 1) of the values present in the last `window` hours. */
export function rollingDeviation(x: Float64Array, range: RollingRange, out: Float64Array): void {
  rollingMoments(x, range, (hour, count, sum, squares) => {
    out[hour] = Math.sqrt(Math.max(0, squares - (sum * sum) / count) / (count - 1));
  });
}

/** Hands count, sum and sum of squares of every window to `take`; NaN sums where fewer than `countMin` are present. */
function rollingMoments(
  x: Float64Array,
  range: RollingRange,
  take: (hour: number, count: number, sum: number, squares: number) => void,
): void {
  const { window, countMin } = range;
  const suffix = takeFloats((window + 1) * 3);
  forEachBlock(range, (cut, from, to) => {
    fillSuffix(suffix, x, cut, window);
    let n = 0;
    let s = 0;
    let ss = 0;
    for (let hour = Math.max(cut, 0); hour < to; hour += 1) {
      const a = x[hour]!;
      if (a === a) {
        n += 1;
        s += a;
        ss += a * a;
      }
      if (hour < from) continue;
      const at = (hour - cut + 1) * 3;
      const count = suffix[at]! + n;
      if (count < countMin) take(hour, count, Number.NaN, Number.NaN);
      else take(hour, count, suffix[at + 1]! + s, suffix[at + 2]! + ss);
    }
  });
  giveFloats(suffix);
}

function fillSuffix(suffix: Float64Array, x: Float64Array, cut: number, window: number): void {
  let n = 0;
  let s = 0;
  let ss = 0;
  suffix.fill(0, window * 3, (window + 1) * 3);
  for (let k = window - 1; k >= 0; k -= 1) {
    const hour = cut - window + k;
    const a = hour < 0 ? Number.NaN : x[hour]!;
    if (a === a) {
      n += 1;
      s += a;
      ss += a * a;
    }
    suffix[k * 3] = n;
    suffix[k * 3 + 1] = s;
    suffix[k * 3 + 2] = ss;
  }
}

/** Splits [from, to) at absolute multiples of the window. `cut` is the block's first hour and may lie before hour 0. */
export function forEachBlock(
  range: RollingRange,
  visit: (cut: number, from: number, to: number) => void,
): void {
  const { window, firstStamp } = range;
  for (let from = range.from; from < range.to; ) {
    const cut = Math.floor((firstStamp + from) / window) * window - firstStamp;
    const to = Math.min(range.to, cut + window);
    visit(cut, from, to);
    from = to;
  }
}
