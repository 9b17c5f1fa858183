/** The regime of a market: observations from its benchmark and its Fear & Greed records, and the weekly versions fitted to them. */
import { mix32 } from '../../journal/digest.ts';
import { dayMs, hourMs } from '../../panel/hours.ts';
import { valueAt } from '../features/as-of.ts';
import { MarketWindow } from '../features/coin-window.ts';
import type { ColumnInputs } from '../features/inputs.ts';
import { FEAR_GREED_AGE_MAX_MS } from '../features/s2/sentiment.ts';
import { regimeNames } from './names.ts';
import { OBSERVATION_WIDTH, type RegimeDays, regimeDays } from './observations.ts';
import { fitRegimeVersions, type RegimeVersion, regimeProbabilities } from './versions.ts';

const STATES = regimeNames.length;
/**
 * Twelve weeks: one short of the 90 observations and three days that a probability looks back on, so that a version is valid
 * by the time the first one can be told; twice the 39 parameters of the chain.
 */
const TRAIN_DAYS_MIN = 84;
const RESTARTS = 10;

/** All midnights of the panel. */
export function regimeInputs(inputs: ColumnInputs): RegimeDays {
  return observedDays(new MarketWindow(inputs, 0, inputs.panel.hours));
}

/** One version a Monday, oldest first. The same inputs give the same versions: nothing is drawn. */
export function fitMarketRegimes(
  inputs: ColumnInputs,
  options: { readonly trainDaysMin?: number; readonly restarts?: number } = {},
): readonly RegimeVersion[] {
  const { trainDaysMin = TRAIN_DAYS_MIN, restarts = RESTARTS } = options;
  return fitRegimeVersions(regimeInputs(inputs), { uniform: scattered, trainDaysMin, restarts });
}

/** A number in [0, 1) for every place, without a pattern that a restart could fall in with. */
function scattered(place: number): number {
  return (mix32(mix32(0x51ab_77c3, place), place) >>> 0) / 2 ** 32;
}

function observedDays(market: MarketWindow): RegimeDays {
  const { fearGreed } = market.inputs.records;
  return regimeDays({
    startMs: market.firstStamp * hourMs,
    closes: market.btc.close,
    fearGreedAt: (stampMs) =>
      fearGreed === null ? Number.NaN : valueAt(fearGreed, stampMs, FEAR_GREED_AGE_MAX_MS),
  });
}

interface RegimeTable {
  readonly startMs: number;
  /** `[day][state]`. */
  readonly probabilities: Float64Array;
}

const tables = new WeakMap<MarketWindow, RegimeTable>();

/** Filtered probabilities of every midnight in the window; made once for a window, NaN where they cannot be told. */
function regimeTable(market: MarketWindow): RegimeTable {
  const known = tables.get(market);
  if (known !== undefined) return known;
  const days = observedDays(market);
  const count = days.values.length / OBSERVATION_WIDTH;
  const probabilities = regimeProbabilities(market.inputs.regimes, days, 0, count);
  const table = { startMs: days.startMs, probabilities };
  tables.set(market, table);
  return table;
}

/** Probability of `state` at the last midnight at or before each close; writes local hours [from, to). */
export function holdProbability(
  market: MarketWindow,
  state: number,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const { startMs, probabilities } = regimeTable(market);
  for (let index = from; index < to; index += 1) {
    const day = Math.floor((market.closeTimeMs(index) - startMs) / dayMs);
    out[index] = day < 0 ? Number.NaN : (probabilities[day * STATES + state] ?? Number.NaN);
  }
}
