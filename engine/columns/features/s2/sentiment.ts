/** Fear & Greed, as it was published. */
import { hourMs } from '../../../panel/hours.ts';
import { valuesAsOf } from '../as-of.ts';
import type { MarketWindow } from '../coin-window.ts';
import { defineFeature } from '../feature.ts';

/** A reading that is older says nothing of today. */
export const FEAR_GREED_AGE_MAX_MS = 72 * hourMs;
const CHANGE_MS = 168 * hourMs;

const fearGreed = defineFeature({
  name: 'fear_greed',
  group: 'mkt',
  scope: 'market',
  formula: 'FG(T): newest record with available_at <= T and T - available_at <= 72 h',
  unit: 'index 0..100',
  lookbackHours: 72,
  warmupHours: 72,
  needs: ['fear-greed'],
  marketWide: true,
  compute(market, from, to, out) {
    fearGreedAsOf(market, from, to, 0, out);
  },
});

const fearGreedChange7d = defineFeature({
  name: 'fear_greed_chg_7d',
  group: 'mkt',
  scope: 'market',
  formula: 'FG(T) - FG(T - 168 h)',
  unit: 'index points',
  lookbackHours: 168,
  warmupHours: 240,
  needs: ['fear-greed'],
  marketWide: true,
  compute(market, from, to, out) {
    const before = new Float64Array(market.hours);
    fearGreedAsOf(market, from, to, 0, out);
    fearGreedAsOf(market, from, to, CHANGE_MS, before);
    for (let index = from; index < to; index += 1) out[index] = out[index]! - before[index]!;
  },
});

function fearGreedAsOf(
  market: MarketWindow,
  from: number,
  to: number,
  lagMs: number,
  out: Float64Array,
): void {
  const { fearGreed: records } = market.inputs.records;
  if (records === null) out.fill(Number.NaN, from, to);
  else valuesAsOf(records, market, from, to, { ageMaxMs: FEAR_GREED_AGE_MAX_MS, lagMs }, out);
}

export const sentimentFeatures = [fearGreed, fearGreedChange7d] as const;
