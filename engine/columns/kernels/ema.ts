import { forEachBlock, type RollingRange } from '../rolling.ts';
import { giveFloats, giveInts, takeFloats, takeInts } from '../scratch.ts';

/**
 * Exponential moving average over the present values x_0 .. x_m of a window, oldest first: y_0 = x_0,
 * y_i = y_(i-1) + a (x_i - y_(i-1)), a = 2 / (span + 1), in the unit of the series. The recursion starts anew at the oldest
 * value of each window, so nothing older has a weight; the oldest value itself keeps (1 - a)^m. A missing hour does not age
 * the average. NaN where the newest value is missing (not finite) or fewer than `countMin` values are present.
 *
 * A run of values maps the average before it to y -> A y + B, and such maps compose: the part of the window after its cut is
 * applied to the average of the part before it, at O(1) per element.
 *
 * @param span the n of an n-period average, in hours; at least 1. The window should be several times as long.
 */
export function rollingEma(x: Float64Array, span: number, range: RollingRange, out: Float64Array): void {
  const { window, countMin } = range;
  const a = 2 / (span + 1);
  const places = Math.min(window, range.to - range.from);
  const older = { average: takeFloats(places), count: takeInts(places) };
  forEachBlock(range, (cut, from, to) => {
    fillSuffix(older, x, a, { window, cut, from, to });
    // Reckoned from the first value after the cut. A recursion begun there starts at nothing, so what was added is also its
    // whole average, and a constant series has exactly its own.
    let pivot = Number.NaN;
    let count = 0;
    let kept = 1;
    let added = 0;
    for (let hour = Math.max(cut, 0); hour < to; hour += 1) {
      const value = x[hour]!;
      const isPresent = Number.isFinite(value);
      if (isPresent) {
        if (count === 0) pivot = value;
        count += 1;
        kept *= 1 - a;
        added += a * (value - pivot - added);
      }
      if (hour < from) continue;
      const countBefore = older.count[hour - from]!;
      const carried = countBefore === 0 ? added : kept * (older.average[hour - from]! - pivot) + added;
      out[hour] = isPresent && countBefore + count >= countMin ? pivot + carried : Number.NaN;
    }
  });
  giveFloats(older.average);
  giveInts(older.count);
}

/** Entry k holds the average, and the count, of that part of the window ending at `from` + k before the cut. */
function fillSuffix(
  older: { readonly average: Float64Array; readonly count: Int32Array },
  x: Float64Array,
  a: number,
  block: { readonly window: number; readonly cut: number; readonly from: number; readonly to: number },
): void {
  const { window, cut, from, to } = block;
  let pivot = Number.NaN;
  let count = 0;
  let kept = 1;
  let added = 0;
  let average = 0;
  for (let end = cut + window - 1; end >= from; end -= 1) {
    const first = end - window + 1;
    const value = first < cut && first >= 0 ? x[first]! : Number.NaN;
    if (Number.isFinite(value)) {
      if (count === 0) pivot = value;
      count += 1;
      const off = value - pivot;
      average = kept * off + added;
      added += kept * a * off;
      kept *= 1 - a;
    }
    if (end >= to) continue;
    older.average[end - from] = pivot + average;
    older.count[end - from] = count;
  }
}
