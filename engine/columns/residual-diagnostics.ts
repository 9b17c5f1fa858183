/**
 * What the 720-hour fit says beside its slope. Nothing trades on these columns: the residual of features and labels keeps its
 * alpha, because an average of the past is no expectation of the next hour. They show how much that choice matters, and how much
 * of a coin the benchmark explains.
 */
import type { CoinWindow } from './features/coin-window.ts';
import { defineFeature, type FeatureDefinition } from './features/feature.ts';
import { type OlsColumns, rollingFit } from './kernels/ols.ts';

const FIT_HOURS = 720;

/** The fits of hours [from, to); hours whose own window is not in the series stay NaN. */
function fitsOf(coin: CoinWindow, from: number, to: number): OlsColumns {
  const column = () => new Float64Array(coin.hours).fill(Number.NaN);
  const fit = { alpha: column(), beta: column(), rSquared: column(), correlation: column() };
  rollingFit(coin.market.btc.returns, coin.returns, coin.range(FIT_HOURS, from, to), fit);
  return fit;
}

export const residualDiagnostics: readonly FeatureDefinition[] = [
  defineFeature({
    name: 'residual_less_alpha_1h',
    group: 'market',
    scope: 'coin',
    formula: 'residual_1h(t) - alpha(t-1), alpha the intercept of the fit that beta(t-1) is the slope of',
    unit: 'log return',
    lookbackHours: FIT_HOURS + 1,
    warmupHours: 0,
    reachHours: FIT_HOURS + 1,
    needs: ['benchmark'],
    compute: (coin, from, to, out) => {
      const first = Math.max(1, from);
      const { alpha } = fitsOf(coin, first - 1, to);
      const { residual } = coin;
      for (let index = first; index < to; index += 1) out[index] = residual[index]! - alpha[index - 1]!;
    },
  }),
  defineFeature({
    name: 'correlation_720h',
    group: 'market',
    scope: 'coin',
    formula: 'correlation of the coin with BTC, hourly log returns, last 720 hours, at least 540 pairs',
    unit: '-1..1',
    lookbackHours: FIT_HOURS,
    warmupHours: 0,
    reachHours: FIT_HOURS,
    needs: ['benchmark'],
    compute: (coin, from, to, out) => out.set(fitsOf(coin, from, to).correlation.subarray(from, to), from),
  }),
];
