/** Group resid: how a coin hangs on the benchmark, and what the part that does not is like. */
import { rollingFit } from '../../kernels/ols.ts';
import { rollingCorrelation } from '../../kernels/pairs.ts';
import { rollingKurtosis } from '../../kernels/shape.ts';
import { rollingStandardDeviation } from '../../kernels/spread.ts';
import { rollingBeta } from '../../rolling.ts';
import type { CoinWindow } from '../coin-window.ts';
import { type CoinFeature, defineFeature, type FeatureFacts } from '../feature.ts';
import { BLOCK_HOURS, blockMoments, blockResidual } from './blocks.ts';

export const MONTH_HOURS = 720;
const WEEK_HOURS = 168;
const BLOCKS = 30;
const BLOCKS_MIN = 24;
const DOWNSIDE_PAIRS_MIN = 100;
/** Below it a volatility divides nothing. */
export const VOLATILITY_MIN = 1e-9;

type Facts = Pick<FeatureFacts, 'name' | 'formula' | 'unit' | 'lookbackHours' | 'warmupHours' | 'reference'>;

function residualFeature(facts: Facts, compute: CoinFeature['compute']): CoinFeature {
  return defineFeature({ ...facts, group: 'resid', scope: 'coin', needs: ['benchmark'], compute });
}

/** Standard deviation of e at hours of [from, to), log return per square root of a day. */
export function residualVolatility(coin: CoinWindow, hours: number, from: number, to: number): Float64Array {
  return coin.shared(`std_${hours}(e) a day`, from, to, (first, end, out) => {
    rollingStandardDeviation(coin.residual, coin.range(hours, first, end), out);
    for (let index = first; index < end; index += 1) out[index] = out[index]! * Math.sqrt(BLOCK_HOURS);
  });
}

/** Intercept and R^2 of the 720-hour fit, over one pass. */
function monthFit(coin: CoinWindow, from: number, to: number) {
  let isNew = false;
  const column = (name: string) =>
    coin.cached(`fit ${name} ${from} ${to}`, () => {
      isNew = true;
    });
  const fit = {
    ...{ alpha: column('alpha'), beta: column('beta') },
    ...{ rSquared: column('r2'), correlation: column('correlation') },
  };
  if (isNew) rollingFit(coin.market.btc.returns, coin.returns, coin.range(MONTH_HOURS, from, to), fit);
  return fit;
}

/** Returns of the benchmark where it fell. */
function falls(coin: CoinWindow): Float64Array {
  return coin.market.cached('rB < 0', (out) => {
    const { returns } = coin.market.btc;
    for (let index = 0; index < out.length; index += 1) if (returns[index]! < 0) out[index] = returns[index]!;
  });
}

const betas = [
  residualFeature(
    {
      name: 'beta_30d',
      formula: 'beta(t): cov_720(r, rB) / var_720(rB) over pairs; NaN where var_720(rB) < 1e-12',
      unit: 'ratio',
      lookbackHours: MONTH_HOURS,
      warmupHours: MONTH_HOURS,
      reference: 'statsmodels RollingOLS; ensemble paper, figure 5, rank 12',
    },
    (coin, from, to, out) => out.set(coin.beta.subarray(from, to), from),
  ),
  residualFeature(
    {
      name: 'beta_7d',
      formula: 'cov_168(r, rB) / var_168(rB), by the rules of beta_30d',
      unit: 'ratio',
      lookbackHours: WEEK_HOURS,
      warmupHours: WEEK_HOURS,
    },
    (coin, from, to, out) =>
      rollingBeta(coin.market.btc.returns, coin.returns, coin.range(WEEK_HOURS, from, to), out),
  ),
  residualFeature(
    {
      name: 'beta_chg_7d',
      formula: 'beta_30d(t) - beta_30d(t-168)',
      unit: 'ratio',
      lookbackHours: 888,
      warmupHours: 888,
    },
    ({ beta }, from, to, out) => {
      for (let index = from; index < to; index += 1) out[index] = beta[index]! - beta[index - WEEK_HOURS]!;
    },
  ),
  residualFeature(
    {
      name: 'alpha_30d',
      formula: '(mean_720(r) - beta_30d(t) mean_720(rB)) * 24 over the pairs of beta_30d',
      unit: 'log return per day',
      lookbackHours: MONTH_HOURS,
      warmupHours: MONTH_HOURS,
    },
    (coin, from, to, out) => {
      const { alpha } = monthFit(coin, from, to);
      for (let index = from; index < to; index += 1) out[index] = alpha[index]! * BLOCK_HOURS;
    },
  ),
  residualFeature(
    {
      name: 'r2_30d',
      formula: 'corr_720(r, rB)^2 over the pairs of beta_30d',
      unit: 'share 0..1',
      lookbackHours: MONTH_HOURS,
      warmupHours: MONTH_HOURS,
    },
    (coin, from, to, out) => out.set(monthFit(coin, from, to).rSquared.subarray(from, to), from),
  ),
];

const shapes = [
  residualFeature(
    {
      name: 'resid_vol_30d',
      formula: 'std_720(e) * sqrt(24)',
      unit: 'log return per sqrt(day)',
      lookbackHours: MONTH_HOURS,
      warmupHours: 1440,
    },
    (coin, from, to, out) =>
      out.set(residualVolatility(coin, MONTH_HOURS, from, to).subarray(from, to), from),
  ),
  residualFeature(
    {
      name: 'resid_vol_7d',
      formula: 'std_168(e) * sqrt(24)',
      unit: 'log return per sqrt(day)',
      lookbackHours: WEEK_HOURS,
      warmupHours: 888,
    },
    (coin, from, to, out) => out.set(residualVolatility(coin, WEEK_HOURS, from, to).subarray(from, to), from),
  ),
  residualFeature(
    {
      name: 'resid_vol_ratio',
      formula: 'resid_vol_7d(t) / resid_vol_30d(t); NaN where the denominator is < 1e-9',
      unit: 'ratio',
      lookbackHours: MONTH_HOURS,
      warmupHours: 1440,
    },
    (coin, from, to, out) => {
      const week = residualVolatility(coin, WEEK_HOURS, from, to);
      const month = residualVolatility(coin, MONTH_HOURS, from, to);
      for (let index = from; index < to; index += 1)
        out[index] = month[index]! < VOLATILITY_MIN ? Number.NaN : week[index]! / month[index]!;
    },
  ),
  residualFeature(
    {
      name: 'resid_skew_30d',
      formula: 'bias-corrected skewness G1 of the block sums E_0 .. E_29',
      unit: 'number',
      lookbackHours: MONTH_HOURS,
      warmupHours: 1440,
    },
    (coin, from, to, out) => {
      const sums = blockResidual(coin);
      const moments = { count: 0, mean: 0, m2: 0, m3: 0 };
      for (let index = from; index < to; index += 1) {
        const { count: n, m2, m3 } = blockMoments(sums, index, BLOCKS, moments);
        const g1 = (Math.sqrt(n) * m3) / (m2 * Math.sqrt(m2));
        out[index] = n < BLOCKS_MIN ? Number.NaN : (Math.sqrt(n * (n - 1)) / (n - 2)) * g1;
      }
    },
  ),
  residualFeature(
    {
      name: 'resid_kurt_30d',
      formula: 'bias-corrected excess kurtosis G2 of e(t-719) .. e(t)',
      unit: 'number',
      lookbackHours: MONTH_HOURS,
      warmupHours: 1440,
    },
    (coin, from, to, out) => rollingKurtosis(coin.residual, coin.range(MONTH_HOURS, from, to), out),
  ),
  residualFeature(
    {
      name: 'resid_autocorr1_7d',
      formula: 'correlation of the pairs (e(s), e(s-1)), s = t-167 .. t',
      unit: '-1..1',
      lookbackHours: 169,
      warmupHours: 889,
    },
    (coin, from, to, out) => {
      const { residual } = coin;
      const before = coin.cached('e(s-1)', (series) => series.set(residual.subarray(0, coin.hours - 1), 1));
      rollingCorrelation(residual, before, coin.range(WEEK_HOURS, from, to), out);
    },
  ),
  residualFeature(
    {
      name: 'downside_beta_30d',
      formula: 'cov(r, rB) / var(rB) over the pairs of the last 720 h with rB < 0, at least 100',
      unit: 'ratio',
      lookbackHours: MONTH_HOURS,
      warmupHours: MONTH_HOURS,
    },
    (coin, from, to, out) =>
      rollingBeta(falls(coin), coin.returns, coin.range(MONTH_HOURS, from, to, DOWNSIDE_PAIRS_MIN), out),
  ),
];

export const residualFeatures = [...betas, ...shapes] as const;
