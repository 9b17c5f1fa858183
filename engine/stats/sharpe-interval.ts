import { DAYS_PER_YEAR, sharpe } from './sharpe.ts';
import { WILSON_Z } from './wilson.ts';

/**
 * Rough 95 % interval of an annualised Sharpe ratio, for independent, normal returns (Lo 2002): the per-period ratio has
 * the standard error sqrt((1 + s^2 / 2) / n). Autocorrelated or fat-tailed returns are wider still. NaN where the ratio is.
 */
export function sharpeInterval(
  returns: ArrayLike<number>,
  periodsPerYear = DAYS_PER_YEAR,
): { readonly low: number; readonly high: number } {
  const count = Array.from(returns).filter((value) => !Number.isNaN(value)).length;
  const perPeriod = sharpe(returns, 1);
  const reach = WILSON_Z * Math.sqrt((1 + perPeriod ** 2 / 2) / count);
  const scale = Math.sqrt(periodsPerYear);
  return { low: (perPeriod - reach) * scale, high: (perPeriod + reach) * scale };
}
