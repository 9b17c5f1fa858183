/** The regime chain of the planted market with observations of known law: what a fit is measured against. */

import { plantFactor } from '../../../../datasets/planted/factor.ts';
import { logVolatilitySpread, plantRegimes, regimeLaws } from '../../../../datasets/planted/regime.ts';
import { fillNormal, openStream, uniformAt } from '../../../../datasets/planted/streams.ts';
import type { GaussianHmm } from '../../../../engine/columns/regime/model.ts';
import { FEAR_GREED, LOG_VOLATILITY, RETURN } from '../../../../engine/columns/regime/observations.ts';

/** By state, in the order of the planted regimes: deviation of the daily return; mean and deviation of Fear & Greed. */
const returnDeviations = [0.02, 0.045, 0.013, 0.05];
const greed = [65, 25, 48, 80];
const greedDeviations = [9, 9, 8, 7];
const WIDTH = 3;

export interface PlantedDays {
  readonly regimes: Uint8Array;
  /** `[day][3]`, each drawn from the law of its day's regime. */
  readonly values: Float64Array;
}

export function plantedDays(seed: number, days: number): PlantedDays {
  const regimes = plantRegimes(seed, days);
  const draws = Array.from({ length: WIDTH }, (_, dimension) =>
    fillNormal(new Float64Array(days), openStream(seed, 'observations', `${dimension}`)),
  );
  const values = new Float64Array(days * WIDTH);
  for (const [day, regime] of regimes.entries()) {
    const law = regimeLaws[regime]!;
    values[day * WIDTH + RETURN] = law.dailyDrift + returnDeviations[regime]! * draws[RETURN]![day]!;
    values[day * WIDTH + LOG_VOLATILITY] =
      law.logVolatility + logVolatilitySpread * draws[LOG_VOLATILITY]![day]!;
    values[day * WIDTH + FEAR_GREED] = greedOf(regime, draws[FEAR_GREED]![day]!);
  }
  return { regimes, values };
}

function greedOf(regime: number, draw: number): number {
  return Math.min(100, Math.max(0, greed[regime]! + greedDeviations[regime]! * draw));
}

export interface PlantedPath {
  readonly regimes: Uint8Array;
  /** Hourly closes of BTC from hour 0 of day 0. */
  readonly closes: Float64Array;
  /** Fear & Greed of each day. */
  readonly greed: Float64Array;
}

export function plantedPath(seed: number, days: number): PlantedPath {
  const { regimes, returns } = plantFactor(seed, days);
  const draws = fillNormal(new Float64Array(days), openStream(seed, 'observations', 'greed'));
  let logPrice = Math.log(40_000);
  const closes = returns.map((change) => {
    logPrice += change;
    return Math.exp(logPrice);
  });
  return { regimes, closes, greed: draws.map((draw, day) => greedOf(regimes[day]!, draw)) };
}

/** The law that `plantedDays` draws from, states in the planted order. */
export function plantedLaw(): GaussianHmm {
  return {
    ...{ states: regimeLaws.length, dimensions: WIDTH },
    initial: new Float64Array(regimeLaws.length).fill(1 / regimeLaws.length),
    transition: Float64Array.from(
      regimeLaws.flatMap(({ days, leaves }, from) =>
        leaves.map((share, to) => (from === to ? 1 - 1 / days : share / days)),
      ),
    ),
    ...{ centre: new Float64Array(WIDTH), scale: new Float64Array(WIDTH).fill(1) },
    means: Float64Array.from(
      regimeLaws.flatMap((law, state) => [law.dailyDrift, law.logVolatility, greed[state]!]),
    ),
    variances: Float64Array.from(
      regimeLaws.flatMap((_, state) => [
        returnDeviations[state]! ** 2,
        logVolatilitySpread ** 2,
        greedDeviations[state]! ** 2,
      ]),
    ),
  };
}

export function uniformOf(seed: number): (place: number) => number {
  const stream = openStream(seed, 'regime', 'restarts');
  return (place) => uniformAt(stream, place);
}

/** Share of the days [from, …) on which the most probable state is the planted one. */
export function accuracy(probabilities: Float64Array, regimes: Uint8Array, from: number): number {
  const states = regimeLaws.length;
  let hits = 0;
  for (let day = from; day < regimes.length; day += 1) {
    const row = probabilities.subarray(day * states, (day + 1) * states);
    if (row.indexOf(Math.max(...row)) === regimes[day]) hits += 1;
  }
  return hits / (regimes.length - from);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
