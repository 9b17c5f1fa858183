/**
 * Skewness and kurtosis of a window, as pure functions of it: parted, pivoted and merged like the spread of `spread.ts`, with
 * the same rule for missing values. NaN where a result is not finite.
 */
import { forEachBlock, type RollingRange } from '../rolling.ts';
import { giveFloats, takeFloats } from '../scratch.ts';

/**
 * Bias-corrected skewness G1 = sqrt(n (n - 1)) / (n - 2) * m3 / m2^1.5 (Joanes and Gill 1998), without unit. NaN below
 * three values or where they do not vary.
 */
export function rollingSkew(x: Float64Array, range: RollingRange, out: Float64Array): void {
  forEachWindow(x, range, (hour, { count: n, m2, m3 }) => {
    const g1 = (Math.sqrt(n) * m3) / (m2 * Math.sqrt(m2));
    out[hour] = n < 3 ? Number.NaN : finiteOrNaN((Math.sqrt(n * (n - 1)) / (n - 2)) * g1);
  });
}

/**
 * Bias-corrected excess kurtosis G2 = (n - 1) / ((n - 2) (n - 3)) * ((n + 1) g2 + 6), g2 = m4 / m2^2 - 3 (Joanes and Gill
 * 1998), without unit. NaN below four values or where they do not vary.
 */
export function rollingKurtosis(x: Float64Array, range: RollingRange, out: Float64Array): void {
  forEachWindow(x, range, (hour, { count: n, m2, m4 }) => {
    const g2 = (n * m4) / (m2 * m2) - 3;
    out[hour] = n < 4 ? Number.NaN : finiteOrNaN(((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * g2 + 6));
  });
}

function finiteOrNaN(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}

/** Count, mean, and sums of the second to fourth powers of the distances from the mean. */
interface Moments {
  count: number;
  mean: number;
  m2: number;
  m3: number;
  m4: number;
}

const MOMENTS = 5;

/** Hands the moments of every window to `take`; all NaN but the count where fewer than `countMin` values are present. */
function forEachWindow(
  x: Float64Array,
  range: RollingRange,
  take: (hour: number, window: Moments) => void,
): void {
  const suffix = takeFloats(Math.min(range.window, range.to - range.from) * MOMENTS);
  const window = emptyMoments();
  const older = emptyMoments();
  const recent = emptyMoments();
  forEachBlock(range, (cut, from, to) => {
    fillSuffix(suffix, x, range.window, cut, from, to);
    const prefix = new PowerSums();
    for (let hour = Math.max(cut, 0); hour < to; hour += 1) {
      prefix.add(x[hour]!);
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

/** Entry k holds the moments of that part of the window ending at `from` + k which lies before the cut. */
function fillSuffix(
  suffix: Float64Array,
  x: Float64Array,
  window: number,
  cut: number,
  from: number,
  to: number,
): void {
  const sums = new PowerSums();
  const moments = emptyMoments();
  for (let end = cut + window - 1; end >= from; end -= 1) {
    // The window ending at `end` begins at `end` - window + 1; the longest one of the block begins at the cut itself.
    const first = end - window + 1;
    if (first < cut && first >= 0) sums.add(x[first]!);
    if (end >= to) continue;
    sums.centre(moments);
    store(suffix, (end - from) * MOMENTS, moments);
  }
}

function store(suffix: Float64Array, at: number, moments: Moments): void {
  suffix[at] = moments.count;
  suffix[at + 1] = moments.mean;
  suffix[at + 2] = moments.m2;
  suffix[at + 3] = moments.m3;
  suffix[at + 4] = moments.m4;
}

function load(suffix: Float64Array, at: number, out: Moments): void {
  out.count = suffix[at]!;
  out.mean = suffix[at + 1]!;
  out.m2 = suffix[at + 2]!;
  out.m3 = suffix[at + 3]!;
  out.m4 = suffix[at + 4]!;
}

/** Sums of powers of the distances from the first value added. */
class PowerSums {
  #count = 0;
  #pivot = Number.NaN;
  #s1 = 0;
  #s2 = 0;
  #s3 = 0;
  #s4 = 0;

  add(value: number): void {
    if (!Number.isFinite(value)) return;
    if (this.#count === 0) this.#pivot = value;
    const off = value - this.#pivot;
    const square = off * off;
    this.#count += 1;
    this.#s1 += off;
    this.#s2 += square;
    this.#s3 += square * off;
    this.#s4 += square * square;
  }

  centre(out: Moments): void {
    const n = this.#count;
    const mean = this.#s1 / n;
    out.count = n;
    out.mean = this.#pivot + mean;
    out.m2 = Math.max(0, this.#s2 - this.#s1 * mean);
    out.m3 = this.#s3 - mean * (3 * this.#s2 - 2 * this.#s1 * mean);
    out.m4 = Math.max(0, this.#s4 - mean * (4 * this.#s3 - mean * (6 * this.#s2 - 3 * this.#s1 * mean)));
  }
}

/** Moments of two parts together (Pébay 2008, equations 2.1 to 2.4). */
function merge(older: Moments, recent: Moments, out: Moments): void {
  if (older.count === 0 || recent.count === 0) {
    assign(out, older.count === 0 ? recent : older);
    return;
  }
  const count = older.count + recent.count;
  const shareA = older.count / count;
  const shareB = recent.count / count;
  const off = recent.mean - older.mean;
  const square = off * off;
  const between = square * older.count * shareB;
  out.count = count;
  out.mean = older.mean + off * shareB;
  out.m2 = older.m2 + recent.m2 + between;
  out.m3 =
    older.m3 +
    recent.m3 +
    between * off * (shareA - shareB) +
    3 * off * (shareA * recent.m2 - shareB * older.m2);
  out.m4 =
    older.m4 +
    recent.m4 +
    between * square * (shareA * shareA - shareA * shareB + shareB * shareB) +
    6 * square * (shareA * shareA * recent.m2 + shareB * shareB * older.m2) +
    4 * off * (shareA * recent.m3 - shareB * older.m3);
}

function emptyMoments(): Moments {
  return { count: 0, mean: Number.NaN, m2: Number.NaN, m3: Number.NaN, m4: Number.NaN };
}

function assign(out: Moments, from: Moments): void {
  out.count = from.count;
  out.mean = from.mean;
  out.m2 = from.m2;
  out.m3 = from.m3;
  out.m4 = from.m4;
}

function clear(out: Moments): void {
  out.mean = Number.NaN;
  out.m2 = Number.NaN;
  out.m3 = Number.NaN;
  out.m4 = Number.NaN;
}
