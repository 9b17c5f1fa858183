/** Probabilities of the four market regimes, filtered forward: a day's are never changed by what came after it. */

import { holdProbability } from '../../regime/market-regimes.ts';
import { regimeNames } from '../../regime/names.ts';
import { defineFeature, type MarketFeature } from '../feature.ts';

/** Rows 12 to 15, in the order of `regimeNames`. */
export const regimeFeatures: readonly MarketFeature[] = regimeNames.map((name, state) =>
  defineFeature({
    name: `p_${name.replace('-', '_')}`,
    group: 'regime',
    scope: 'market',
    formula: `P(${name}) at the last 00:00 UTC <= T: forward pass over the last 90 daily observations, with the parameters valid then`,
    unit: 'probability',
    lookbackHours: 2160,
    warmupHours: 2232,
    needs: ['benchmark', 'fear-greed', 'regime'],
    marketWide: true,
    reference: 'forward algorithm, Rabiner 1989',
    compute(market, from, to, out) {
      holdProbability(market, state, from, to, out);
    },
  }),
);
