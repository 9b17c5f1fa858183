/**
 * Ranks and z-scores across the coins of one hour. Values are counted and added in ascending order, so a coin's result does
 * not depend, to the bit, on the order of the coins or on coins without a value.
 *
 * A coin takes part where its value is finite and `eligible`, if given, holds 1 for it; every other coin gets NaN. With fewer
 * than `countMin` coins taking part every coin gets NaN.
 */
import { firstPlace, sharedPlaces } from '../stats/ranks.ts';

/** (rank - 0.5) / n in (0, 1), rank 1 for the lowest value; equal values share the mean of their places. */
export function crossSectionRank(
  row: Float64Array,
  countMin: number,
  out: Float64Array,
  eligible?: ArrayLike<number>,
): void {
  const sorted = sortedPart(row, eligible);
  const count = sorted.length;
  out.fill(Number.NaN);
  if (count < countMin) return;
  const shared = sharedPlaces(sorted);
  for (let coin = 0; coin < row.length; coin += 1) {
    if (takesPart(row, coin, eligible)) out[coin] = shared[firstPlace(sorted, row[coin]!)]! / count;
  }
}

/** (value - mean) / standard deviation (divisor n - 1). NaN below two coins or where they do not vary. */
export function crossSectionZScore(
  row: Float64Array,
  countMin: number,
  out: Float64Array,
  eligible?: ArrayLike<number>,
): void {
  const sorted = sortedPart(row, eligible);
  out.fill(Number.NaN);
  if (sorted.length < countMin) return;
  const { middle, off, deviation } = spreadOf(sorted);
  for (let coin = 0; coin < row.length; coin += 1) {
    if (!takesPart(row, coin, eligible)) continue;
    const score = (row[coin]! - middle - off) / deviation;
    out[coin] = Number.isFinite(score) ? score : Number.NaN;
  }
}

/** Standard deviation (divisor n - 1), in the unit of the values. NaN below two coins; 0 where they do not vary. */
export function crossSectionDeviation(
  row: Float64Array,
  countMin: number,
  eligible?: ArrayLike<number>,
): number {
  const sorted = sortedPart(row, eligible);
  return sorted.length < countMin ? Number.NaN : spreadOf(sorted).deviation;
}

/** The mean lies `off` above the middle value. */
function spreadOf(sorted: Float64Array): {
  readonly middle: number;
  readonly off: number;
  readonly deviation: number;
} {
  const count = sorted.length;
  // Distances from the middle value: adding the values themselves would round away a small spread far from zero.
  const middle = sorted[count >> 1]!;
  let sum = 0;
  for (const value of sorted) sum += value - middle;
  const off = sum / count;
  let squares = 0;
  for (const value of sorted) squares += (value - middle - off) ** 2;
  return { middle, off, deviation: Math.sqrt(squares / (count - 1)) };
}

function takesPart(row: Float64Array, coin: number, eligible: ArrayLike<number> | undefined): boolean {
  return Number.isFinite(row[coin]) && (eligible === undefined || eligible[coin] === 1);
}

function sortedPart(row: Float64Array, eligible: ArrayLike<number> | undefined): Float64Array {
  const part = new Float64Array(row.length);
  let count = 0;
  for (let coin = 0; coin < row.length; coin += 1) {
    if (!takesPart(row, coin, eligible)) continue;
    part[count] = row[coin]!;
    count += 1;
  }
  return part.subarray(0, count).sort();
}
