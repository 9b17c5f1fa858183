import { assertInvariant } from '../invariant.ts';
import { wilson } from './wilson.ts';

export interface ThresholdRate {
  /** Scores at or above it. */
  readonly threshold: number;
  readonly count: number;
  readonly wins: number;
  readonly winRate: number;
  /** Wilson's 95 % interval on the raw count. */
  readonly interval: { readonly low: number; readonly high: number };
}

/** `INCONCLUSIVE` where too few scores reach the highest threshold. */
export type InversionVerdict = 'INVERTED' | 'NOT_INVERTED' | 'INCONCLUSIVE';

export interface Inversion {
  readonly verdict: InversionVerdict;
  /** In the order of the thresholds. */
  readonly rates: readonly ThresholdRate[];
}

const defaultThresholds = [0.7, 0.8, 0.9] as const;
/** Fewer at the highest threshold tell nothing. */
const countMinDefault = 30;

/**
 * Whether a score means the contrary of what it says: the win rate falls from each threshold to the next, and that at the
 * highest one lies below one half even at the upper end of its Wilson interval. A win is a return above 0; rows with a NaN
 * score or return are left out.
 *
 * @param thresholds ascending.
 * @throws RangeError where the thresholds do not ascend.
 */
export function scoreInversion(
  probabilities: ArrayLike<number>,
  returns: ArrayLike<number>,
  thresholds: readonly number[] = defaultThresholds,
  countMin = countMinDefault,
): Inversion {
  assertInvariant(probabilities.length === returns.length, 'a return for every score');
  if (
    thresholds.length < 2 ||
    thresholds.some((each, index) => index > 0 && !(each > thresholds[index - 1]!))
  )
    throw new RangeError(
      `scoreInversion: thresholds ${thresholds.join(', ')} must be two or more and ascend`,
    );
  const rates = thresholds.map((threshold) => rateFrom(threshold, probabilities, returns));
  return { verdict: verdictOf(rates, countMin), rates };
}

function rateFrom(
  threshold: number,
  probabilities: ArrayLike<number>,
  returns: ArrayLike<number>,
): ThresholdRate {
  let [count, wins] = [0, 0];
  for (let row = 0; row < probabilities.length; row += 1) {
    const outcome = returns[row]!;
    if (!(probabilities[row]! >= threshold) || Number.isNaN(outcome)) continue;
    count += 1;
    wins += outcome > 0 ? 1 : 0;
  }
  return { threshold, count, wins, winRate: wins / count, interval: wilson(wins, count) };
}

function verdictOf(rates: readonly ThresholdRate[], countMin: number): InversionVerdict {
  const top = rates.at(-1)!;
  if (top.count < countMin) return 'INCONCLUSIVE';
  const falls = rates.every(({ winRate }, index) => index === 0 || winRate < rates[index - 1]!.winRate);
  return falls && top.interval.high < 0.5 ? 'INVERTED' : 'NOT_INVERTED';
}
