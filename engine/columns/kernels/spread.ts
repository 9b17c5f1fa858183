/**
 * Mean and variance of a window, as pure functions of it (see `rolling.ts`): one part on either side of the window's cut,
 * merged. Each part is summed around its own value nearest the cut. That value lies in every window the part serves, so the
 * sums cancel by a factor of the count at worst, however far from zero the series runs, and a constant series varies by
 * exactly nothing.
 *
 * Values that are not finite are missing. A window with fewer than `countMin` values gives NaN.
 */
import { forEachBlock, type RollingRange } from '../rolling.ts';
import { giveFloats, takeFloats } from '../scratch.ts';

/** Arithmetic mean, in the unit of the series. */
export function rollingMean(x: Float64Array, range: RollingRange, out: Float64Array): void {
  rollingSpread(x, range, 0, out, null);
}

/** Variance with the divisor count - `ddof` (unit squared); NaN where the divisor is not positive. */
export function rollingVariance(x: Float64Array, range: RollingRange, out: Float64Array, ddof = 1): void {
  rollingSpread(x, range, ddof, null, out);
}

/** Root of `rollingVariance`, in the unit of the series. */
export function rollingStandardDeviation(
  x: Float64Array,
  range: RollingRange,
  out: Float64Array,
  ddof = 1,
): void {
  rollingSpread(x, range, ddof, null, out);
  for (let hour = range.from; hour < range.to; hour += 1) out[hour] = Math.sqrt(out[hour]!);
}

/** Both in one pass. */
export function rollingMeanAndDeviation(
  x: Float64Array,
  range: RollingRange,
  ddof: number,
  mean: Float64Array,
  deviation: Float64Array,
): void {
  rollingSpread(x, range, ddof, mean, deviation);
  for (let hour = range.from; hour < range.to; hour += 1) deviation[hour] = Math.sqrt(deviation[hour]!);
}

/** Count, mean, and sum of squared distances from the mean. */
const FIELDS = 3;

/** Two parts make a whole by the formula of Chan, Golub and LeVeque (1983). */
function rollingSpread(
  x: Float64Array,
  range: RollingRange,
  ddof: number,
  means: Float64Array | null,
  variances: Float64Array | null,
): void {
  const { window, countMin } = range;
  const suffix = takeFloats(Math.min(window, range.to - range.from) * FIELDS);
  forEachBlock(range, (cut, from, to) => {
    fillSuffix(suffix, x, { window, cut, from, to });
    let pivot = Number.NaN;
    let recent = 0;
    let sum = 0;
    let squares = 0;
    for (let hour = Math.max(cut, 0); hour < to; hour += 1) {
      const value = x[hour]!;
      if (Number.isFinite(value)) {
        if (recent === 0) pivot = value;
        const off = value - pivot;
        recent += 1;
        sum += off;
        squares += off * off;
      }
      if (hour < from) continue;
      const at = (hour - from) * FIELDS;
      const older = suffix[at]!;
      const count = older + recent;
      let mean = suffix[at + 1]!;
      let spread = suffix[at + 2]!;
      if (recent > 0) {
        const offMean = sum / recent;
        const own = Math.max(0, squares - sum * offMean);
        if (older === 0) {
          mean = pivot + offMean;
          spread = own;
        } else {
          const share = recent / count;
          const off = pivot + offMean - mean;
          mean += off * share;
          spread = own + (spread + off * off * older * share);
        }
      }
      const isEnough = count >= countMin;
      if (means !== null) means[hour] = isEnough && Number.isFinite(mean) ? mean : Number.NaN;
      if (variances === null) continue;
      const variance = spread / (count - ddof);
      variances[hour] = isEnough && count > ddof && Number.isFinite(variance) ? variance : Number.NaN;
    }
  });
  giveFloats(suffix);
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
