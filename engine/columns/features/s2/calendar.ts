/** The calendar, a coin's age, and its size. */
import { dayMs } from '../../../panel/hours.ts';
import { medianVolumeBelow } from '../../daily-volume.ts';
import { valuesAsOf } from '../as-of.ts';
import { defineFeature, type MarketFeature } from '../feature.ts';

/** The epoch began on a Thursday, day 3 of a week that begins with Monday. */
const EPOCH_WEEKDAY = 3;
const WEEK_DAYS = 7;
const AGE_MAX_DAYS = 365;
/** US dollars: below it a coin's signals are noisy. */
const LOW_CAP_USD = 10e6;
const CAP_AGE_MAX_MS = 7 * dayMs;
/** Daily quote volume that stands in for the bound where no market capitalisation is known. */
const LOW_CAP_DAILY_VOLUME = 1e6;

/** Monday 0 to Sunday 6, UTC. */
export function weekdayOf(timeMs: number): number {
  return (Math.floor(timeMs / dayMs) + EPOCH_WEEKDAY) % WEEK_DAYS;
}

/** One coordinate of the weekday on a circle. */
function weekdayWave(name: 'dow_sin' | 'dow_cos', wave: 'sin' | 'cos'): MarketFeature {
  return defineFeature({
    name,
    group: 'cal',
    scope: 'market',
    formula: `${wave}(2 pi dow(T) / 7)`,
    unit: '-1..1',
    lookbackHours: 0,
    warmupHours: 0,
    needs: [],
    marketWide: true,
    compute(market, from, to, out) {
      for (let index = from; index < to; index += 1) {
        out[index] = Math[wave]((2 * Math.PI * weekdayOf(market.closeTimeMs(index))) / WEEK_DAYS);
      }
    },
  });
}

export const dowSin = weekdayWave('dow_sin', 'sin');
export const dowCos = weekdayWave('dow_cos', 'cos');

/** The listing date comes from the metadata alone: the first bar loaded would make it a function of where the data begin. */
const logAgeDays = defineFeature({
  name: 'log_age_days',
  group: 'cal',
  scope: 'coin',
  formula: 'ln(1 + min(365, days since onboard_at)); NaN where it is not known',
  unit: 'ln(days)',
  lookbackHours: 0,
  warmupHours: 0,
  needs: ['instruments'],
  restValue: Math.log(1 + AGE_MAX_DAYS),
  compute(coin, from, to, out) {
    const { market } = coin;
    const onboardMs = market.inputs.records.instruments?.onboardMs[coin.coin] ?? Number.NaN;
    for (let index = from; index < to; index += 1) {
      const days = (market.closeTimeMs(index) - onboardMs) / dayMs;
      out[index] = days >= 0 ? Math.log(1 + Math.min(AGE_MAX_DAYS, days)) : Number.NaN;
    }
  },
});

/** The stand-in is a matter of daily volume, hence the need: without it the flag has holes wherever no capitalisation is known. */
const lowCapFlag = defineFeature({
  name: 'low_cap_flag',
  group: 'cal',
  scope: 'coin',
  formula:
    '1 if the market cap as of T, at most 7 days old, is < 10e6 USD, else 0; without a record 1 if the median over blocks 0..29 of sum(qv) is < 1e6, else 0',
  unit: '0 or 1',
  lookbackHours: 720,
  warmupHours: 719,
  needs: ['quote-volume'],
  restValue: 0,
  compute(coin, from, to, out) {
    const { market } = coin;
    const { marketCap } = market.inputs.records;
    if (marketCap !== null) {
      const rows = { from: marketCap.start[coin.coin] ?? 0, to: marketCap.start[coin.coin + 1] ?? 0 };
      valuesAsOf(marketCap, market, from, to, { ageMaxMs: CAP_AGE_MAX_MS, rows }, out);
    }
    let unknown = false;
    for (let index = from; index < to; index += 1) {
      const cap = out[index]!;
      if (Number.isNaN(cap)) unknown = true;
      else out[index] = cap < LOW_CAP_USD ? 1 : 0;
    }
    if (!unknown) return;
    const thin = market.blank(from, to);
    medianVolumeBelow(coin, LOW_CAP_DAILY_VOLUME, from, to, thin);
    for (let index = from; index < to; index += 1) {
      if (Number.isNaN(out[index]!)) out[index] = thin[index]!;
    }
    market.reuse(thin);
  },
});

export const calendarFeatures = [dowSin, dowCos, logAgeDays, lowCapFlag] as const;
