import { deviation } from './deviation.ts';
import { knownPairs } from './known-pairs.ts';
import { mean } from './mean.ts';
import { quantiles } from './quantiles.ts';
import { ranks } from './ranks.ts';

export interface QuantileBin {
  /** 1 for the highest scores. */
  readonly quantile: number;
  readonly count: number;
  readonly scoreLow: number;
  readonly scoreHigh: number;
  readonly mean: number;
  readonly median: number;
  /** Mean of the returns clipped to their own 1st and 99th percentiles within the bin. */
  readonly winsorisedMean: number;
  readonly standardError: number;
}

export interface QuantileReturns {
  readonly bins: readonly QuantileBin[];
  /** Mean of the first bin less that of the last. */
  readonly spread: number;
  /** True where the means fall strictly from the first bin to the last. */
  readonly isMonotone: boolean;
  readonly dropped: number;
}

/** Fewest pairs a bin of them should hold. */
const PAIRS_PER_BIN = 5;

/**
 * Returns by quantile of score, the first one on top. A pair's bin goes by its average rank, so equal scores share a bin and bins
 * may differ in size. With fewer than 5 pairs a bin every figure is NaN. Pairs with a NaN are dropped.
 *
 * @throws RangeError where the series differ in length or there are fewer than 2 bins.
 */
export function quantileReturns(
  scores: ArrayLike<number>,
  returns: ArrayLike<number>,
  count = 5,
): QuantileReturns {
  if (!Number.isInteger(count) || count < 2)
    throw new RangeError(`quantileReturns: ${count} bins; give 2 or more`);
  const { a: score, b: outcome, dropped } = knownPairs(scores, returns, 'quantileReturns');
  const bin = quantileBins(score, count);
  const enough = score.length >= PAIRS_PER_BIN * count;
  const bins = Array.from({ length: count }, (_, index) => {
    const inBin = (_value: number, row: number) => enough && bin[row] === index + 1;
    return describeBin(index + 1, score.filter(inBin), outcome.filter(inBin));
  });
  const means = bins.map(({ mean: value }) => value);
  return {
    bins,
    spread: means[0]! - means.at(-1)!,
    isMonotone: means.every((value, index) => index === 0 || value < means[index - 1]!),
    dropped,
  };
}

/** Bin of every score, 1 for the highest: `count - floor((average rank - 1/2) / n * count)`. Scores must not be NaN. */
export function quantileBins(scores: ArrayLike<number>, count: number): Int32Array {
  return Int32Array.from(ranks(scores), (rank) => count - Math.floor(((rank - 0.5) / scores.length) * count));
}

function describeBin(quantile: number, scores: Float64Array, returns: Float64Array): QuantileBin {
  const [low = Number.NaN, median = Number.NaN, high = Number.NaN] = quantiles(returns, [0.01, 0.5, 0.99]);
  const [scoreLow = Number.NaN, scoreHigh = Number.NaN] = quantiles(scores, [0, 1]);
  return {
    quantile,
    count: returns.length,
    scoreLow,
    scoreHigh,
    mean: mean(returns),
    median,
    winsorisedMean: mean(returns.map((value) => Math.max(low, Math.min(high, value)))),
    standardError: deviation(returns) / Math.sqrt(returns.length),
  };
}
