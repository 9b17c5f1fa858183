import { ranks } from '../../stats/ranks.ts';

/**
 * Bins of a cross-section by rank, 0 for the lowest: floor((rank - 1/2) k / n), rank the average rank of n values. Ties share a bin.
 * NaN where the value is NaN.
 */
export function rankBins(values: ArrayLike<number>, bins: number): Float64Array {
  const out = new Float64Array(values.length).fill(Number.NaN);
  const known: number[] = [];
  for (let index = 0; index < values.length; index += 1) if (!Number.isNaN(values[index]!)) known.push(index);
  const rank = ranks(known.map((index) => values[index]!));
  for (const [place, index] of known.entries()) {
    // Halves times a whole number are exact, so a value on the border of a bin is on it to the bit.
    out[index] = Math.floor(((rank[place]! - 0.5) * bins) / known.length);
  }
  return out;
}

/**
 * Three classes of a cross-section: +1 the top third, 0 the middle, -1 the bottom; NaN where the value is NaN, and everywhere with
 * fewer than `countMin` values.
 */
export function terciles(values: ArrayLike<number>, countMin = 15): Float64Array {
  const bins = rankBins(values, 3);
  const count = bins.reduce((sum, bin) => sum + (Number.isNaN(bin) ? 0 : 1), 0);
  return count < countMin ? bins.fill(Number.NaN) : bins.map((bin) => bin - 1);
}
