/**
 * Columns of strategies that live on bars alone. They are features like any other, but written as soon as three quarters of a
 * window are there, so that a strategy can begin before the window is full.
 */
import { BAR_WIDTH, CLOSE, type Panel } from '../panel/panel.ts';
import { defineFeature, type FeatureDefinition } from './features/feature.ts';
import { rollingDeviation, rollingSum } from './rolling.ts';

const BETA_HOURS = 720;
const RESIDUAL_HOURS = 168;

export const marketColumns: readonly FeatureDefinition[] = [
  defineFeature({
    name: 'beta_720h',
    group: 'market',
    scope: 'coin',
    formula: 'slope of the coin on BTC, hourly log returns, last 720 hours, at least 540 pairs',
    unit: 'ratio',
    lookbackHours: BETA_HOURS,
    warmupHours: 0,
    reachHours: BETA_HOURS,
    needs: ['benchmark'],
    compute: (coin, from, to, out) => copy(coin.beta, from, to, out),
  }),
  defineFeature({
    name: 'residual_1h',
    group: 'market',
    scope: 'coin',
    formula: 'return of the hour less beta of the hour before times the return of BTC',
    unit: 'log return',
    lookbackHours: BETA_HOURS + 1,
    warmupHours: 0,
    reachHours: BETA_HOURS + 1,
    needs: ['benchmark'],
    compute: (coin, from, to, out) => copy(coin.residual, from, to, out),
  }),
  defineFeature({
    name: 'residual_return_168h',
    group: 'market',
    scope: 'coin',
    formula: 'sum of the residuals of the last 168 hours, at least 126 of them present',
    unit: 'log return',
    lookbackHours: BETA_HOURS + RESIDUAL_HOURS,
    warmupHours: 0,
    reachHours: BETA_HOURS + RESIDUAL_HOURS,
    needs: ['benchmark'],
    compute: (coin, from, to, out) => rollingSum(coin.residual, coin.range(RESIDUAL_HOURS, from, to), out),
  }),
  defineFeature({
    name: 'history_hours',
    group: 'market',
    scope: 'coin',
    formula: 'hours since the open of the first bar',
    unit: 'hours',
    lookbackHours: 0,
    warmupHours: 0,
    needs: [],
    compute: (coin, from, to, out) => {
      const { inputs, base } = coin.market;
      const end = Math.min(to, (inputs.panel.endHour[coin.coin] ?? 0) - base);
      for (let index = Math.max(from, coin.firstBar); index < end; index += 1)
        out[index] = index - coin.firstBar + 1;
    },
  }),
  defineFeature({
    name: 'return_sd_720h',
    group: 'market',
    scope: 'coin',
    formula: 'standard deviation of hourly log returns, last 720 hours, at least 540 of them present',
    unit: 'log return per hour',
    lookbackHours: BETA_HOURS,
    warmupHours: 0,
    reachHours: BETA_HOURS,
    needs: [],
    compute: (coin, from, to, out) => rollingDeviation(coin.returns, coin.range(BETA_HOURS, from, to), out),
  }),
];

function copy(series: Float64Array, from: number, to: number, out: Float64Array): void {
  out.set(series.subarray(from, to), from);
}

/** Logarithmic returns of closes, hour on hour, into `out[hour]` for hours [from, to); a missing bar leaves NaN. */
export function logReturns(panel: Panel, coin: number, from: number, to: number, out: Float64Array): void {
  if (coin < 0) return;
  const base = coin * panel.hours * BAR_WIDTH + CLOSE;
  for (let hour = Math.max(from, 1); hour < to; hour += 1) {
    const at = base + hour * BAR_WIDTH;
    out[hour] = Math.log(panel.bars[at]! / panel.bars[at - BAR_WIDTH]!);
  }
}
