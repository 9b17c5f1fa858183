/** Group mkt, the rows of the benchmark itself: where the market stands. */
import { rollingMax } from '../../kernels/extremes.ts';
import { rollingMean } from '../../kernels/spread.ts';
import { defineFeature, type MarketFeature } from '../feature.ts';
import { squaredReturns } from './blocks.ts';

const YEAR_HOURS = 8760;
const MONTH_HOURS = 720;

function momentum(name: string, hours: number, reference?: string): MarketFeature {
  return defineFeature({
    name,
    group: 'mkt',
    scope: 'market',
    formula: `c_B(t) / c_B(t-${hours}) - 1`,
    unit: 'fraction',
    lookbackHours: hours,
    warmupHours: hours,
    needs: ['benchmark'],
    marketWide: true,
    ...(reference === undefined ? {} : { reference }),
    compute({ btc }, from, to, out) {
      const { close } = btc;
      for (let index = from; index < to; index += 1) out[index] = close[index]! / close[index - hours]! - 1;
    },
  });
}

function volatility(name: string, hours: number, reference?: string): MarketFeature {
  return defineFeature({
    name,
    group: 'mkt',
    scope: 'market',
    formula: `sqrt(mean_${hours}(rB^2) * ${YEAR_HOURS})`,
    unit: 'annualised fraction',
    lookbackHours: hours,
    warmupHours: hours,
    needs: ['benchmark'],
    marketWide: true,
    ...(reference === undefined ? {} : { reference }),
    compute({ btc }, from, to, out) {
      rollingMean(squaredReturns(btc), btc.range(hours, from, to), out);
      for (let index = from; index < to; index += 1) out[index] = Math.sqrt(out[index]! * YEAR_HOURS);
    },
  });
}

const drawdown = defineFeature({
  name: 'btc_drawdown_30d',
  group: 'mkt',
  scope: 'market',
  formula: 'c_B(t) / max_720(h_B) - 1',
  unit: 'fraction, <=0',
  lookbackHours: MONTH_HOURS,
  warmupHours: MONTH_HOURS - 1,
  needs: ['benchmark'],
  marketWide: true,
  compute({ btc }, from, to, out) {
    const { close } = btc;
    rollingMax(btc.high, btc.range(MONTH_HOURS, from, to), out);
    for (let index = from; index < to; index += 1) out[index] = close[index]! / out[index]! - 1;
  },
});

export const benchmarkFeatures = [
  momentum('btc_momentum_24h', 24, 'ensemble paper, figure 5, rank 2'),
  momentum('btc_momentum_72h', 72),
  momentum('btc_momentum_7d', 168),
  volatility('btc_vol_24h', 24),
  volatility('btc_vol_7d', 168, 'ensemble paper, figure 5, rank 1'),
  volatility('btc_vol_30d', MONTH_HOURS),
  drawdown,
] as const;
