import { deviation } from './deviation.ts';
import { mean } from './mean.ts';

/** A market that never closes has 365 days a year. */
export const DAYS_PER_YEAR = 365;

/**
 * Annualised Sharpe ratio: mean / standard deviation (divisor n - 1) of simple returns, times the root of the periods
 * in a year. NaN returns are dropped. NaN with fewer than two returns or where they do not vary.
 *
 * ```ts
 * sharpe(dailyReturns(equity)); // daily returns of a market open on every day
 * sharpe(hourly, 8760);
 * ```
 */
export function sharpe(returns: ArrayLike<number>, periodsPerYear = DAYS_PER_YEAR): number {
  const known = Array.from(returns).filter((value) => !Number.isNaN(value));
  const spread = deviation(known);
  return varies(known) ? (mean(known) / spread) * Math.sqrt(periodsPerYear) : Number.NaN;
}

/** Compared value by value: the rounding of a mean can make the deviation of a constant series come out above zero. */
function varies(values: readonly number[]): boolean {
  return values.some((value) => value !== values[0]);
}
