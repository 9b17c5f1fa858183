/**
 * Ranks and z-scores across the coins of one hour. Values are counted and added in ascending order, so a coin's result does
 * not depend, to the bit, on the order of the coins or on coins without a value.
 *
 * A coin takes part where its value is finite and `eligible`, if given, holds 1 for it; every other coin gets NaN. With fewer
 * than `countMin` coins taking part every coin gets NaN.
 */

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
  const count = sorted.length;
  out.fill(Number.NaN);
  if (count < 2 || count < countMin || sorted[0] === sorted[count - 1]) return;
  // Distances from the middle value: adding the values themselves would round away a small spread far from zero.
  const middle = sorted[count >> 1]!;
  let sum = 0;
  for (const value of sorted) sum += value - middle;
  const off = sum / count;
  let squares = 0;
  for (const value of sorted) squares += (value - middle - off) ** 2;
  const deviation = Math.sqrt(squares / (count - 1));
  for (let coin = 0; coin < row.length; coin += 1) {
    if (!takesPart(row, coin, eligible)) continue;
    const score = (row[coin]! - middle - off) / deviation;
    out[coin] = Number.isFinite(score) ? score : Number.NaN;
  }
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

/** At the first place of every value: its rank less one half, the mean of the places it fills. */
function sharedPlaces(sorted: Float64Array): Float64Array {
  const shared = new Float64Array(sorted.length);
  for (let first = 0; first < sorted.length; ) {
    let end = first + 1;
    while (end < sorted.length && sorted[end] === sorted[first]) end += 1;
    shared[first] = (first + end) / 2;
    first = end;
  }
  return shared;
}

/** First place at which the value stands; it must be there. */
function firstPlace(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
