import type { RollingRange } from '../rolling.ts';

/**
 * Rank of the newest value among the values present in its window: (rank - 0.5) / n in (0, 1), rank 1 for the lowest, equal
 * values share the mean of their places. The same scale as `crossSectionRank`. Values that are not finite are missing; NaN
 * where the newest value is missing or fewer than `countMin` are present. Cost: O(window) per element.
 */
export function rollingRank(x: Float64Array, range: RollingRange, out: Float64Array): void {
  for (let hour = range.from; hour < range.to; hour += 1) {
    const newest = x[hour]!;
    let count = 0;
    let below = 0;
    let equal = 0;
    for (let at = Math.max(0, hour - range.window + 1); at <= hour; at += 1) {
      const value = x[at]!;
      if (!Number.isFinite(value)) continue;
      count += 1;
      if (value < newest) below += 1;
      else if (value === newest) equal += 1;
    }
    // Places below + 1 to below + equal, half a place less.
    out[hour] = Number.isFinite(newest) && count >= range.countMin ? (below + equal / 2) / count : Number.NaN;
  }
}
