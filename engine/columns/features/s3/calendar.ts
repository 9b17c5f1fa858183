/** The six calendar rows of set s3: functions of T, the close of the hour, alone. */
import { hourMs } from '../../../panel/hours.ts';
import { defineFeature, type MarketFeature } from '../feature.ts';
import { dowCos, dowSin, weekdayOf } from '../s2/calendar.ts';

const DAY_HOURS = 24;
/** Binance's usual grid; the coin's own interval does not matter here. */
const FUNDING_HOURS = 8;
const SATURDAY = 5;

function calendarFeature(
  name: string,
  formula: string,
  unit: string,
  valueAt: (timeMs: number, hour: number) => number,
): MarketFeature {
  return defineFeature({
    name,
    group: 'cal',
    scope: 'market',
    formula,
    unit,
    lookbackHours: 0,
    warmupHours: 0,
    needs: [],
    marketWide: true,
    compute(market, from, to, out) {
      for (let index = from; index < to; index += 1) {
        const timeMs = market.closeTimeMs(index);
        out[index] = valueAt(timeMs, (timeMs / hourMs) % DAY_HOURS);
      }
    },
  });
}

const angleOf = (hour: number) => (2 * Math.PI * hour) / DAY_HOURS;

export const calendarFeatures = [
  calendarFeature('hour_sin', 'sin(2 pi hour(T) / 24)', '-1..1', (_timeMs, hour) => Math.sin(angleOf(hour))),
  calendarFeature('hour_cos', 'cos(2 pi hour(T) / 24)', '-1..1', (_timeMs, hour) => Math.cos(angleOf(hour))),
  dowSin,
  dowCos,
  calendarFeature('is_weekend', '1 if dow(T) is 5 or 6, else 0', '0 or 1', (timeMs) =>
    weekdayOf(timeMs) >= SATURDAY ? 1 : 0,
  ),
  calendarFeature(
    'hours_to_funding',
    '((8 - hour(T) mod 8) mod 8) / 8 on the fixed 00/08/16 UTC grid, whatever the own interval of the coin',
    '0..0.875',
    (_timeMs, hour) => ((FUNDING_HOURS - (hour % FUNDING_HOURS)) % FUNDING_HOURS) / FUNDING_HOURS,
  ),
];
