/**
 * Moments of two series over a window, for regressions and correlations: pure functions of the window, parted, pivoted and
 * merged like those of one series (`spread.ts`). A pair with a side that is not finite is missing as a whole.
 */
import { forEachBlock, type RollingRange } from '../rolling.ts';
import { giveFloats, takeFloats } from '../scratch.ts';

/** Count and means of the pairs of a window, and sums of squares and products of their distances from the means. */
export interface PairMoments {
  count: number;
  meanX: number;
  meanY: number;
  sxx: number;
  sxy: number;
  syy: number;
}

const MOMENTS = 6;

/** Hands the moments of every window to `take`; all NaN but the count where fewer than `countMin` pairs are present. */
export function forEachPairWindow(
  x: Float64Array,
  y: Float64Array,
  range: RollingRange,
  take: (hour: number, window: PairMoments) => void,
): void {
  const suffix = takeFloats(Math.min(range.window, range.to - range.from) * MOMENTS);
  const window = emptyMoments();
  const older = emptyMoments();
  const recent = emptyMoments();
  forEachBlock(range, (cut, from, to) => {
    fillSuffix(suffix, x, y, range.window, cut, from, to);
    const prefix = new PairSums();
    for (let hour = Math.max(cut, 0); hour < to; hour += 1) {
      prefix.add(x[hour]!, y[hour]!);
      if (hour < from) continue;
      prefix.centre(recent);
      load(suffix, (hour - from) * MOMENTS, older);
      merge(older, recent, window);
      if (window.count < range.countMin) clear(window);
      take(hour, window);
    }
  });
  giveFloats(suffix);
}

/**
 * Pearson's correlation of the pairs of a window, in [-1, 1]. NaN with fewer than `countMin` pairs, fewer than two, or where
 * a side does not vary.
 */
export function rollingCorrelation(
  x: Float64Array,
  y: Float64Array,
  range: RollingRange,
  out: Float64Array,
): void {
  forEachPairWindow(x, y, range, (hour, window) => {
    out[hour] = correlationOf(window);
  });
}

export function correlationOf({ sxx, sxy, syy }: PairMoments): number {
  const correlation = sxy / (Math.sqrt(sxx) * Math.sqrt(syy));
  // Rounding may carry a perfect fit past 1; a side without variance leaves 0 / 0.
  return Number.isFinite(correlation) ? Math.max(-1, Math.min(1, correlation)) : Number.NaN;
}

/** Entry k holds the moments of that part of the window ending at `from` + k which lies before the cut. */
function fillSuffix(
  suffix: Float64Array,
  x: Float64Array,
  y: Float64Array,
  window: number,
  cut: number,
  from: number,
  to: number,
): void {
  const sums = new PairSums();
  const moments = emptyMoments();
  for (let end = cut + window - 1; end >= from; end -= 1) {
    const first = end - window + 1;
    if (first < cut && first >= 0) sums.add(x[first]!, y[first]!);
    if (end >= to) continue;
    sums.centre(moments);
    store(suffix, (end - from) * MOMENTS, moments);
  }
}

function store(suffix: Float64Array, at: number, moments: PairMoments): void {
  suffix[at] = moments.count;
  suffix[at + 1] = moments.meanX;
  suffix[at + 2] = moments.meanY;
  suffix[at + 3] = moments.sxx;
  suffix[at + 4] = moments.sxy;
  suffix[at + 5] = moments.syy;
}

function load(suffix: Float64Array, at: number, out: PairMoments): void {
  out.count = suffix[at]!;
  out.meanX = suffix[at + 1]!;
  out.meanY = suffix[at + 2]!;
  out.sxx = suffix[at + 3]!;
  out.sxy = suffix[at + 4]!;
  out.syy = suffix[at + 5]!;
}

/** Sums of squares and products of the distances from the first pair added. */
class PairSums {
  #count = 0;
  #pivotX = Number.NaN;
  #pivotY = Number.NaN;
  #sx = 0;
  #sy = 0;
  #sxx = 0;
  #sxy = 0;
  #syy = 0;

  add(x: number, y: number): void {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    if (this.#count === 0) {
      this.#pivotX = x;
      this.#pivotY = y;
    }
    const offX = x - this.#pivotX;
    const offY = y - this.#pivotY;
    this.#count += 1;
    this.#sx += offX;
    this.#sy += offY;
    this.#sxx += offX * offX;
    this.#sxy += offX * offY;
    this.#syy += offY * offY;
  }

  centre(out: PairMoments): void {
    const meanX = this.#sx / this.#count;
    const meanY = this.#sy / this.#count;
    out.count = this.#count;
    out.meanX = this.#pivotX + meanX;
    out.meanY = this.#pivotY + meanY;
    out.sxx = Math.max(0, this.#sxx - this.#sx * meanX);
    // One product of sums, so that the two series may change places.
    out.sxy = this.#sxy - (this.#sx * this.#sy) / this.#count;
    out.syy = Math.max(0, this.#syy - this.#sy * meanY);
  }
}

/** Moments of two parts together (Chan, Golub and LeVeque 1983). */
function merge(older: PairMoments, recent: PairMoments, out: PairMoments): void {
  if (older.count === 0 || recent.count === 0) {
    assign(out, older.count === 0 ? recent : older);
    return;
  }
  const count = older.count + recent.count;
  const shareB = recent.count / count;
  const weight = older.count * shareB;
  const offX = recent.meanX - older.meanX;
  const offY = recent.meanY - older.meanY;
  out.count = count;
  out.meanX = older.meanX + offX * shareB;
  out.meanY = older.meanY + offY * shareB;
  out.sxx = older.sxx + recent.sxx + offX * offX * weight;
  out.sxy = older.sxy + recent.sxy + offX * offY * weight;
  out.syy = older.syy + recent.syy + offY * offY * weight;
}

function emptyMoments(): PairMoments {
  return {
    count: 0,
    meanX: Number.NaN,
    meanY: Number.NaN,
    sxx: Number.NaN,
    sxy: Number.NaN,
    syy: Number.NaN,
  };
}

function assign(out: PairMoments, from: PairMoments): void {
  out.count = from.count;
  out.meanX = from.meanX;
  out.meanY = from.meanY;
  out.sxx = from.sxx;
  out.sxy = from.sxy;
  out.syy = from.syy;
}

function clear(out: PairMoments): void {
  out.meanX = Number.NaN;
  out.meanY = Number.NaN;
  out.sxx = Number.NaN;
  out.sxy = Number.NaN;
  out.syy = Number.NaN;
}
