import { deviation } from './deviation.ts';
import { mean } from './mean.ts';
import { wilson } from './wilson.ts';

export interface InformationCoefficient {
  readonly mean: number;
  /** Mean divided by the standard deviation with divisor n - 1, and with divisor n; not annualised. */
  readonly icir: number;
  readonly icirPopulation: number;
  /** Mean over its standard error: as if days were independent, by Newey and West, and over every h-th day alone. */
  readonly tIndependent: number;
  readonly tNeweyWest: number;
  readonly tNonOverlapping: number;
  readonly positiveDays: number;
  readonly positiveShare: { readonly low: number; readonly high: number };
  readonly days: number;
  /** Days left out because they had no coefficient. */
  readonly dropped: number;
}

/**
 * A series of daily rank correlations summed up. Horizons longer than a day overlap, so the three t values differ; trust the
 * smaller ones. NaN days are dropped and counted; figures are NaN where undefined.
 *
 * @throws RangeError where the horizon is no whole number of days from 1 up.
 */
export function informationCoefficient(
  daily: ArrayLike<number>,
  horizonDays: number,
): InformationCoefficient {
  if (!Number.isInteger(horizonDays) || horizonDays < 1)
    throw new RangeError(
      `informationCoefficient: horizonDays ${horizonDays} must be a whole number from 1 up`,
    );
  const known = Array.from(daily).filter((value) => !Number.isNaN(value));
  const days = known.length;
  const centre = mean(known);
  const spread = deviation(known);
  const icir = spread > 0 ? centre / spread : Number.NaN;
  const spaced = Array.from(daily).filter((value, day) => day % horizonDays === 0 && !Number.isNaN(value));
  const positiveDays = known.filter((value) => value > 0).length;
  return {
    mean: centre,
    icir,
    icirPopulation: icir / Math.sqrt((days - 1) / days),
    tIndependent: icir * Math.sqrt(days),
    tNeweyWest: neweyWestT(known, Math.max(2, horizonDays - 1)),
    tNonOverlapping: (mean(spaced) / deviation(spaced)) * Math.sqrt(spaced.length),
    positiveDays,
    positiveShare: wilson(positiveDays, days),
    days,
    dropped: daily.length - days,
  };
}

/**
 * t of a mean with Newey and West's standard error: Bartlett weights, autocovariances with divisor n, no small-sample factor.
 * NaN values are dropped. NaN with no more values than lags or where they do not vary. Source: Newey and West 1987.
 *
 * @throws RangeError where `lag` is no whole number from 0 up.
 */
export function neweyWestT(series: ArrayLike<number>, lag: number): number {
  if (!Number.isInteger(lag) || lag < 0)
    throw new RangeError(`neweyWestT: lag ${lag} must be a whole number from 0 up`);
  const values = Array.from(series).filter((value) => !Number.isNaN(value));
  const n = values.length;
  if (n <= lag || n < 2) return Number.NaN;
  const centre = mean(values);
  const off = values.map((value) => value - centre);
  let variance = 0;
  for (let shift = 0; shift <= lag; shift += 1) {
    let sum = 0;
    for (let index = shift; index < n; index += 1) sum += off[index]! * off[index - shift]!;
    variance += ((shift === 0 ? 1 : 2 * (1 - shift / (lag + 1))) * sum) / n;
  }
  return variance > 0 ? centre / Math.sqrt(variance / n) : Number.NaN;
}
