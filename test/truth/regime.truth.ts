/** PM5 and PM6: the regime chain, read from hourly bars and from Fear & Greed as published, against the states that were planted. */
import { plantFearGreed } from '../../datasets/planted/fear-greed.ts';
import { openMarket } from '../../datasets/planted/market.ts';
import { burnInDays, burnInHours, defaultSwitches, marketStartMs } from '../../datasets/planted/settings.ts';
import { openStream, uniformAt } from '../../datasets/planted/streams.ts';
import { newestAvailable } from '../../engine/columns/records.ts';
import { gaussianHmm } from '../../engine/columns/regime/gaussian-hmm.ts';
import type { GaussianHmm } from '../../engine/columns/regime/model.ts';
import { canonicalRegimes } from '../../engine/columns/regime/names.ts';
import { OBSERVATION_WIDTH, regimeDays } from '../../engine/columns/regime/observations.ts';
import { accuracy, plantedLaw, uniformOf } from '../engine/columns/regime/planted-days.ts';
import { median, seedsOf, truthRow } from './row.ts';

const DAYS = 730;
const RESTARTS = 10;

interface Planted {
  /** Row d stands at the end of day d. */
  readonly values: Float64Array;
  readonly regimes: Uint8Array;
}

function planted(seed: number, hardRegime = false): Planted {
  const market = openMarket({ seed, coins: 60, days: DAYS, switches: { ...defaultSwitches, hardRegime } });
  let logPrice = 0;
  const closes = market.factor.returns.slice(burnInHours).map((change) => {
    logPrice += change;
    return Math.exp(logPrice);
  });
  const greed = plantFearGreed(seed, market.factor.regimes, market.days, hardRegime);
  const availableMs = Float64Array.from(greed, ({ publishedMs, ingestedMs }) =>
    Math.max(publishedMs, ingestedMs),
  );
  const fearGreedAt = (timeMs: number) => greed[newestAvailable(availableMs, timeMs)]?.value ?? Number.NaN;
  const days = regimeDays({ startMs: marketStartMs, closes, fearGreedAt });
  return { values: days.values, regimes: market.factor.regimes.slice(burnInDays) };
}

const half = DAYS / 2;

/** Fitted to the first half, named by what the states look like. */
function fitted(seed: number, { values }: Planted): GaussianHmm {
  const training = values.subarray(0, half * OBSERVATION_WIDTH);
  const options = { states: 4, dimensions: OBSERVATION_WIDTH, uniform: uniformOf(seed), restarts: RESTARTS };
  return canonicalRegimes(gaussianHmm.fit(training, options).model);
}

const filteredAccuracy = (model: GaussianHmm, { values, regimes }: Planted) =>
  accuracy(gaussianHmm.filter(model, values).probabilities, regimes, half);

/** Also the quick form takes five: fewer have no median worth its name. */
const seeds = seedsOf(20, 5);

truthRow('PM5', 'HMM filtered accuracy, second half of 730 d', 'median >= .90', () => {
  const found = seeds.map((seed) => {
    const days = planted(seed);
    return filteredAccuracy(fitted(seed, days), days);
  });
  const middle = median(found);
  const shown = `${middle.toFixed(3)} median of ${found.length} seeds (${Math.min(...found).toFixed(3)} to ${Math.max(...found).toFixed(3)})`;
  return { shown, holds: middle >= 0.9 };
});

truthRow('PM5', 'gap of the fit to the true parameters', 'median <= .06', () => {
  const gaps = seeds.map((seed) => {
    const days = planted(seed);
    return filteredAccuracy(plantedLaw(), days) - filteredAccuracy(fitted(seed, days), days);
  });
  return {
    shown: `${median(gaps).toFixed(3)} median, ${Math.max(...gaps).toFixed(3)} at worst`,
    holds: median(gaps) <= 0.06,
  };
});

truthRow('PM6', 'filtered(t) of 1..T equals that of 1..t', 'exact, 50 t', () => {
  const days = planted(1);
  const model = fitted(1, days);
  const whole = gaussianHmm.filter(model, days.values).probabilities;
  const draws = openStream(1, 'truth', 'truncation');
  let different = 0;
  for (let draw = 0; draw < 50; draw += 1) {
    const day = 1 + Math.floor(uniformAt(draws, draw) * (DAYS - 1));
    const cut = gaussianHmm.filter(model, days.values.slice(0, day * OBSERVATION_WIDTH)).probabilities;
    if (!cut.every((value, at) => Object.is(value, whole[at]))) different += 1;
  }
  return { shown: `${different} of 50 differ`, holds: different === 0 };
});
