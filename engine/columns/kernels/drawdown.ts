/**
 * Deepest fall of a running sum inside a window: the minimum over k of S_k - max over j <= k of S_j, S_0 = 0 and S_k the sum
 * of the first k values, in the unit of the series; 0 where it never falls. Values that are not finite are left out; NaN where
 * fewer than `countMin` are present.
 *
 * Two parts of a window make a whole: a fall lies in either part, or begins at the first one's highest sum and ends at the
 * second one's lowest. So the window is parted at its cut (see `rolling.ts`): O(1) per element.
 */
import { forEachBlock, type RollingRange } from '../rolling.ts';
import { giveFloats, takeFloats } from '../scratch.ts';

const FIELDS = 4;

export function rollingDrawdown(x: Float64Array, range: RollingRange, out: Float64Array): void {
  const { window, countMin } = range;
  // By end of the window, of the part before the cut: count, total, highest sum, deepest fall.
  const older = takeFloats(Math.min(window, range.to - range.from) * FIELDS);
  forEachBlock(range, (cut, from, to) => {
    fillOlder(older, x, { window, cut, from, to });
    let count = 0;
    let total = 0;
    let highest = 0;
    let lowest = 0;
    let fall = 0;
    for (let hour = Math.max(cut, 0); hour < to; hour += 1) {
      const value = x[hour]!;
      if (Number.isFinite(value)) {
        count += 1;
        total += value;
        if (total > highest) highest = total;
        if (total < lowest) lowest = total;
        if (total - highest < fall) fall = total - highest;
      }
      if (hour < from) continue;
      const at = (hour - from) * FIELDS;
      const across = older[at + 1]! + lowest - older[at + 2]!;
      out[hour] = older[at]! + count < countMin ? Number.NaN : Math.min(fall, across, older[at + 3]!);
    }
  });
  giveFloats(older);
}

/** Puts one value after another before those that are there. */
function fillOlder(
  older: Float64Array,
  x: Float64Array,
  block: { readonly window: number; readonly cut: number; readonly from: number; readonly to: number },
): void {
  const { window, cut, from, to } = block;
  let count = 0;
  let total = 0;
  let highest = 0;
  let lowest = 0;
  let fall = 0;
  for (let end = cut + window - 1; end >= from; end -= 1) {
    const first = end - window + 1;
    const value = first < cut && first >= 0 ? x[first]! : Number.NaN;
    if (Number.isFinite(value)) {
      count += 1;
      total += value;
      highest = Math.max(0, value + highest);
      lowest = Math.min(0, value + lowest);
      fall = Math.min(fall, lowest);
    }
    if (end >= to) continue;
    const at = (end - from) * FIELDS;
    older[at] = count;
    older[at + 1] = total;
    older[at + 2] = highest;
    older[at + 3] = fall;
  }
}
