/**
 * Indicators of bar shape and flow over short windows, each a plain loop over its window: functions of it to the bit. Values
 * that are not finite are missing and add nothing; whether enough of a window is there is for `keepWhereFull` to say.
 */
import type { RollingRange } from '../rolling.ts';
import { writeDot } from './dot.ts';

/**
 * Blanks what must not stand: results whose newest bar is missing in `x`, whose window of `range.window` bars has fewer than
 * `countMin` of them, or that are not finite.
 */
export function keepWhereFull(x: Float64Array, range: RollingRange, out: Float64Array): void {
  const { window, countMin, from, to } = range;
  let count = 0;
  for (let index = Math.max(0, from - window + 1); index < to; index += 1) {
    const isPresent = Number.isFinite(x[index]);
    if (isPresent) count += 1;
    if (index < from) continue;
    const leaving = index - window + 1;
    if (!isPresent || count < countMin || !Number.isFinite(out[index])) out[index] = Number.NaN;
    if (leaving >= 0 && Number.isFinite(x[leaving])) count -= 1;
  }
}

/** Mean absolute distance of a window's values from their mean, and the newest value's own distance, in the unit of x. */
export interface MeanDistance {
  readonly newest: Float64Array;
  readonly mean: Float64Array;
}

/** Reckoned from the newest value, so that a constant series has exactly no distance. NaN where that one is missing. */
export function rollingMeanDistance(x: Float64Array, range: RollingRange, out: MeanDistance): void {
  const { window, from, to } = range;
  for (let index = from; index < to; index += 1) {
    const newest = x[index]!;
    const first = Math.max(0, index - window + 1);
    let count = 0;
    let sum = 0;
    for (let at = first; at <= index; at += 1) {
      const off = x[at]! - newest;
      if (off !== off) continue;
      count += 1;
      sum += off;
    }
    const mean = sum / count;
    let distances = 0;
    for (let at = first; at <= index; at += 1) {
      const off = x[at]! - newest;
      if (off === off) distances += Math.abs(off - mean);
    }
    out.newest[index] = -mean;
    out.mean[index] = distances / count;
  }
}

/**
 * Slope, by ordinary least squares on 0 .. n - 1, of the running sums F_i = f_0 + .. + f_i of the last n = `range.window`
 * flows, in the unit of f per bar. In closed form sum f_j 6 j (n - j) / (n (n^2 - 1)). Flows must be numbers: a missing one is
 * 0, for it adds nothing to the sums. NaN where the series begins inside the window.
 */
export function rollingFlowSlope(flow: Float64Array, range: RollingRange, out: Float64Array): void {
  const { window: n, from, to } = range;
  const weights = slopeWeights(n);
  for (let index = from; index < to; index += 1) {
    if (index + 1 < n) out[index] = Number.NaN;
    else writeDot(weights, flow, index + 1 - n, out, index);
  }
}

const slopeWeightsKnown = new Map<number, Float64Array>();

/** Constants, made once. */
function slopeWeights(n: number): Float64Array {
  const known = slopeWeightsKnown.get(n);
  if (known !== undefined) return known;
  const weights = Float64Array.from({ length: n }, (_, j) => (6 * j * (n - j)) / (n * (n * n - 1)));
  slopeWeightsKnown.set(n, weights);
  return weights;
}
