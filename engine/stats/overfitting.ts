import { deviation } from './deviation.ts';
import { mean } from './mean.ts';
import { normalCdf } from './normal.ts';
import { normalQuantile } from './normal-quantile.ts';

const EULER = 0.5772156649015329;

export interface ProbabilisticSharpeInput {
  /** Per period, not annualised: the length of the sample counts the same periods. */
  readonly sharpe: number;
  /** What it is measured against, per period; 0 if absent. */
  readonly benchmark?: number;
  readonly periods: number;
  /** Of the returns; 0 and 3 for the normal law. The kurtosis is not the excess. */
  readonly skewness: number;
  readonly kurtosis: number;
}

/**
 * Probability that the true Sharpe ratio lies above the benchmark, from its sampling law under skewed, fat-tailed returns.
 * Source: Bailey and Lopez de Prado 2012.
 */
export function probabilisticSharpe(input: ProbabilisticSharpeInput): number {
  const { sharpe, benchmark = 0, periods, skewness, kurtosis } = input;
  const spread = Math.sqrt(1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe);
  return normalCdf(((sharpe - benchmark) * Math.sqrt(periods - 1)) / spread);
}

export interface DeflatedSharpeInput extends Omit<ProbabilisticSharpeInput, 'benchmark'> {
  /** Configurations ever tried on the data, this one included. */
  readonly trials: number;
  /** Variance of the trials' Sharpe ratios, per period. */
  readonly trialVariance: number;
}

export interface DeflatedSharpe {
  readonly probability: number;
  /** The ratio that the best of so many worthless trials is expected to reach, per period. */
  readonly expectedMax: number;
}

/** `probabilisticSharpe` against the best of N worthless trials. Source: Bailey and Lopez de Prado 2014. */
export function deflatedSharpe(input: DeflatedSharpeInput): DeflatedSharpe {
  const { trials, trialVariance, ...own } = input;
  const best =
    trials > 1
      ? (1 - EULER) * normalQuantile(1 - 1 / trials) + EULER * normalQuantile(1 - 1 / (trials * Math.E))
      : 0;
  const expectedMax = Math.sqrt(trialVariance) * best;
  return { probability: probabilisticSharpe({ ...own, benchmark: expectedMax }), expectedMax };
}

export interface OverfittingProbability {
  /** Share of the splits whose best configuration in sample ranks in the lower half out of sample. */
  readonly probability: number;
  /** Logit of that rank, a split each, in lexicographic order of the blocks taken in sample. */
  readonly logits: Float64Array;
}

/**
 * Probability of backtest overfitting by combinatorially symmetric cross-validation: rows are periods, columns configurations,
 * cut into `blocks` contiguous parts of which every half is in sample once. The measure is mean / standard deviation (divisor
 * n - 1). Source: Bailey, Borwein, Lopez de Prado and Zhu 2017.
 *
 * @throws RangeError for an odd number of blocks, more blocks than periods, or rows that differ in length.
 */
export function probabilityOfBacktestOverfitting(
  returns: readonly ArrayLike<number>[],
  blocks = 16,
): OverfittingProbability {
  const configurations = returns[0]?.length ?? 0;
  if (!Number.isInteger(blocks) || blocks < 2 || blocks % 2 === 1)
    throw new RangeError(`probabilityOfBacktestOverfitting: ${blocks} blocks; give an even number`);
  if (returns.length < blocks)
    throw new RangeError(
      `probabilityOfBacktestOverfitting: ${returns.length} periods make no ${blocks} blocks`,
    );
  if (returns.some((row) => row.length !== configurations) || configurations < 2)
    throw new RangeError(
      'probabilityOfBacktestOverfitting: every period needs a return of each of 2 or more configurations',
    );
  const blockOf = (row: number) => Math.floor((row * blocks) / returns.length);
  const logits = halvesOf(blocks).map((chosen) => {
    const inside = returns.filter((_, row) => chosen.has(blockOf(row)));
    const outside = returns.filter((_, row) => !chosen.has(blockOf(row)));
    return splitLogit(measures(inside, configurations), measures(outside, configurations));
  });
  return {
    probability: logits.filter((logit) => logit <= 0).length / logits.length,
    logits: Float64Array.from(logits),
  };
}

function measures(rows: readonly ArrayLike<number>[], configurations: number): readonly number[] {
  return Array.from({ length: configurations }, (_, column) => {
    const series = rows.map((row) => row[column]!);
    const spread = deviation(series);
    return spread > 0 ? mean(series) / spread : Number.NaN;
  });
}

function splitLogit(inside: readonly number[], outside: readonly number[]): number {
  let best = 0;
  for (const [column, value] of inside.entries()) {
    if (value > inside[best]! || Number.isNaN(inside[best]!)) best = column;
  }
  const rank = outside.filter((value) => value < outside[best]!).length + 1;
  const share = rank / (outside.length + 1);
  return Math.log(share / (1 - share));
}

/** All ways to take half of the blocks, in lexicographic order. */
function halvesOf(blocks: number): readonly ReadonlySet<number>[] {
  const choices: Set<number>[] = [];
  const extend = (chosen: readonly number[], from: number): void => {
    if (chosen.length === blocks / 2) choices.push(new Set(chosen));
    else for (let next = from; next < blocks; next += 1) extend([...chosen, next], next + 1);
  };
  extend([], 0);
  return choices;
}
