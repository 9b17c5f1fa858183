/**
 * Lowest and highest value of a window, each from two running extremes that meet at the window's cut (see `rolling.ts`):
 * O(1) per element. Values that are not finite are missing; NaN where fewer than `countMin` are present.
 */
import { forEachBlock, type RollingRange } from '../rolling.ts';
import { giveFloats, giveInts, takeFloats, takeInts } from '../scratch.ts';

export function rollingMin(x: Float64Array, range: RollingRange, out: Float64Array): void {
  rollingLowest(x, 1, range, out);
}

export function rollingMax(x: Float64Array, range: RollingRange, out: Float64Array): void {
  rollingLowest(x, -1, range, out);
}

/** Lowest value of x times `sign`, times `sign`. */
function rollingLowest(x: Float64Array, sign: 1 | -1, range: RollingRange, out: Float64Array): void {
  const { window, countMin } = range;
  const places = Math.min(window, range.to - range.from);
  const older = { lowest: takeFloats(places), count: takeInts(places) };
  forEachBlock(range, (cut, from, to) => {
    fillSuffix(older, x, sign, { window, cut, from, to });
    let lowest = Number.POSITIVE_INFINITY;
    let count = 0;
    for (let hour = Math.max(cut, 0); hour < to; hour += 1) {
      const value = sign * x[hour]!;
      if (Number.isFinite(value)) {
        count += 1;
        if (value < lowest) lowest = value;
      }
      if (hour < from) continue;
      const present = older.count[hour - from]! + count;
      const before = older.lowest[hour - from]!;
      out[hour] =
        present === 0 || present < countMin ? Number.NaN : sign * (before < lowest ? before : lowest);
    }
  });
  giveFloats(older.lowest);
  giveInts(older.count);
}

/** Entry k holds the lowest value, and the count, of that part of the window ending at `from` + k before the cut. */
function fillSuffix(
  older: { readonly lowest: Float64Array; readonly count: Int32Array },
  x: Float64Array,
  sign: 1 | -1,
  block: { readonly window: number; readonly cut: number; readonly from: number; readonly to: number },
): void {
  const { window, cut, from, to } = block;
  let lowest = Number.POSITIVE_INFINITY;
  let count = 0;
  for (let end = cut + window - 1; end >= from; end -= 1) {
    const first = end - window + 1;
    const value = first < cut && first >= 0 ? sign * x[first]! : Number.NaN;
    if (Number.isFinite(value)) {
      count += 1;
      if (value < lowest) lowest = value;
    }
    if (end >= to) continue;
    older.lowest[end - from] = lowest;
    older.count[end - from] = count;
  }
}
