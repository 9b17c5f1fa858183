/**
 * Mean and variance of a window, as pure functions of it (see `rolling.ts`): one part on either side of the window's cut,
 * merged. Each part is summed around its own value nearest the cut. That value lies in every window the part serves, so the
 * sums cancel by a factor of the count at worst, however far from zero the series runs, and a constant series varies by
 * exactly nothing.
 *
 * Values that are not finite are missing. A window with fewer than `countMin` values gives NaN.
 */
import { forEachBlock, type RollingRange } from '../rolling.ts';

/** Arithmetic mean, in the unit of the series. */
export function rollingMean(x: Float64Array, range: RollingRange, out: Float64Array): void {
  forEachWindow(x, range, (hour, { mean }) => {
    out[hour] = Number.isFinite(mean) ? mean : Number.NaN;
  });
}

/** Variance with the divisor count - `ddof` (unit squared); NaN where the divisor is not positive. */
export function rollingVariance(x: Float64Array, range: RollingRange, out: Float64Array, ddof = 1): void {
  forEachWindow(x, range, (hour, spread) => {
    out[hour] = varianceOf(spread, ddof);
  });
}

/** Root of `rollingVariance`, in the unit of the series. */
export function rollingStandardDeviation(
  x: Float64Array,
  range: RollingRange,
  out: Float64Array,
  ddof = 1,
): void {
  forEachWindow(x, range, (hour, spread) => {
    out[hour] = Math.sqrt(varianceOf(spread, ddof));
  });
}

function varianceOf({ count, squares }: Spread, ddof: number): number {
  const variance = squares / (count - ddof);
  return count > ddof && Number.isFinite(variance) ? variance : Number.NaN;
}

/** Count, mean, and sum of squared distances from the mean. */
interface Spread {
  count: number;
  mean: number;
  squares: number;
}

const FIELDS = 3;

/** Hands the spread of every window to `take`; all NaN but the count where fewer than `countMin` values are present. */
function forEachWindow(
  x: Float64Array,
  range: RollingRange,
  take: (hour: number, spread: Spread) => void,
): void {
  const { window, countMin } = range;
  const suffix = new Float64Array(Math.min(window, range.to - range.from) * FIELDS);
  const spread = { count: 0, mean: Number.NaN, squares: Number.NaN };
  forEachBlock(range, (cut, from, to) => {
    fillSuffix(suffix, x, { window, cut, from, to });
    let pivot = Number.NaN;
    let count = 0;
    let sum = 0;
    let squares = 0;
    for (let hour = Math.max(cut, 0); hour < to; hour += 1) {
      const value = x[hour]!;
      if (Number.isFinite(value)) {
        if (count === 0) pivot = value;
        const off = value - pivot;
        count += 1;
        sum += off;
        squares += off * off;
      }
      if (hour < from) continue;
      const offMean = sum / count;
      spread.count = count;
      spread.mean = pivot + offMean;
      spread.squares = Math.max(0, squares - sum * offMean);
      addOlder(spread, suffix, (hour - from) * FIELDS);
      if (spread.count < countMin) {
        spread.mean = Number.NaN;
        spread.squares = Number.NaN;
      }
      take(hour, spread);
    }
  });
}

/** Merges the part before the cut into the part after it (Chan, Golub and LeVeque 1983). */
function addOlder(spread: Spread, suffix: Float64Array, at: number): void {
  const older = suffix[at]!;
  if (older === 0) return;
  const recent = spread.count;
  spread.count = older + recent;
  if (recent === 0) {
    spread.mean = suffix[at + 1]!;
    spread.squares = suffix[at + 2]!;
    return;
  }
  const share = recent / spread.count;
  const off = spread.mean - suffix[at + 1]!;
  spread.mean = suffix[at + 1]! + off * share;
  spread.squares += suffix[at + 2]! + off * off * older * share;
}

/** Entry k holds the spread of that part of the window ending at `from` + k which lies before the cut. */
function fillSuffix(
  suffix: Float64Array,
  x: Float64Array,
  block: { readonly window: number; readonly cut: number; readonly from: number; readonly to: number },
): void {
  const { window, cut, from, to } = block;
  let pivot = Number.NaN;
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let end = cut + window - 1; end >= from; end -= 1) {
    // The window ending at `end` begins here; the last one of the block begins at the cut itself.
    const first = end - window + 1;
    const value = first < cut && first >= 0 ? x[first]! : Number.NaN;
    if (Number.isFinite(value)) {
      if (count === 0) pivot = value;
      const off = value - pivot;
      count += 1;
      sum += off;
      squares += off * off;
    }
    if (end >= to) continue;
    const at = (end - from) * FIELDS;
    const offMean = sum / count;
    suffix[at] = count;
    suffix[at + 1] = pivot + offMean;
    suffix[at + 2] = Math.max(0, squares - sum * offMean);
  }
}
