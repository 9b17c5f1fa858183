/** Group resmom: what the ex-ante residual has come to. A sum is one of the values present, not scaled up for missing ones. */
import { rollingDrawdown } from '../../kernels/drawdown.ts';
import { rollingSum } from '../../rolling.ts';
import { type CoinFeature, defineFeature } from '../feature.ts';
import { blockResidual } from './blocks.ts';
import { MONTH_HOURS, residualVolatility, VOLATILITY_MIN } from './residual.ts';

/** Hours from the first close to the first ex-ante residual: 720 returns for beta, and the hour itself. */
const RESIDUAL_HOURS = 720;
const SKIP_HOURS = 72;

function residualReturn(name: string, hours: number, countMin: number, reference?: string): CoinFeature {
  return defineFeature({
    name,
    group: 'resmom',
    scope: 'coin',
    formula: `sum_${hours}(e), at least ${countMin} present`,
    unit: 'log return',
    lookbackHours: hours,
    warmupHours: RESIDUAL_HOURS + hours,
    needs: ['benchmark'],
    ...(reference === undefined ? {} : { reference }),
    compute(coin, from, to, out) {
      rollingSum(coin.residual, coin.range(hours, from, to, countMin), out);
    },
  });
}

const residualHour = defineFeature({
  name: 'res_ret_1h',
  group: 'resmom',
  scope: 'coin',
  formula: 'e(t)',
  unit: 'log return',
  lookbackHours: 1,
  warmupHours: RESIDUAL_HOURS + 1,
  needs: ['benchmark'],
  compute: ({ residual }, from, to, out) => out.set(residual.subarray(from, to), from),
});

const residualDay = defineFeature({
  name: 'res_ret_24h',
  group: 'resmom',
  scope: 'coin',
  formula: 'sum_24(e), at least 18 present',
  unit: 'log return',
  lookbackHours: 24,
  warmupHours: RESIDUAL_HOURS + 24,
  needs: ['benchmark'],
  reference: 'Zaremba et al. 2021, daily reversal',
  compute: (coin, from, to, out) => out.set(blockResidual(coin).subarray(from, to), from),
});

const skippedMomentum = defineFeature({
  name: 'res_mom_30d_skip_3d',
  group: 'resmom',
  scope: 'coin',
  formula: 'sum of e(s), s = t-719 .. t-72, at least 486 present',
  unit: 'log return',
  lookbackHours: MONTH_HOURS,
  warmupHours: 1440,
  needs: ['benchmark'],
  compute(coin, from, to, out) {
    const sums = coin.market.blank(from - SKIP_HOURS, to - SKIP_HOURS);
    const range = coin.range(MONTH_HOURS - SKIP_HOURS, from - SKIP_HOURS, to - SKIP_HOURS);
    rollingSum(coin.residual, range, sums);
    out.set(sums.subarray(from - SKIP_HOURS, to - SKIP_HOURS), from);
    coin.market.reuse(sums);
  },
});

const scaledDay = defineFeature({
  name: 'res_z_24h',
  group: 'resmom',
  scope: 'coin',
  formula: 'res_ret_24h(t) / resid_vol_30d(t); NaN where the denominator is < 1e-9',
  unit: 'z',
  lookbackHours: MONTH_HOURS,
  warmupHours: 1440,
  needs: ['benchmark'],
  compute(coin, from, to, out) {
    const day = blockResidual(coin);
    const month = residualVolatility(coin, MONTH_HOURS, from, to);
    for (let index = from; index < to; index += 1)
      out[index] = month[index]! < VOLATILITY_MIN ? Number.NaN : day[index]! / month[index]!;
  },
});

const deepestFall = defineFeature({
  name: 'res_maxdd_30d',
  group: 'resmom',
  scope: 'coin',
  formula:
    'min over k of (S_k - max over j <= k of S_j), S_k the sum of the first k present of e(t-719) .. e(t)',
  unit: 'log return, <=0',
  lookbackHours: MONTH_HOURS,
  warmupHours: 1440,
  needs: ['benchmark'],
  compute: (coin, from, to, out) => rollingDrawdown(coin.residual, coin.range(MONTH_HOURS, from, to), out),
});

export const residualMomentumFeatures = [
  residualHour,
  residualReturn('res_ret_6h', 6, 5),
  residualDay,
  residualReturn('res_ret_72h', 72, 54),
  residualReturn('res_ret_7d', 168, 126, 'Liu, Tsyvinski and Wu 2022, momentum of one week'),
  residualReturn('res_ret_14d', 336, 252, 'Liu, Tsyvinski and Wu 2022, two weeks'),
  residualReturn('res_ret_30d', MONTH_HOURS, 540, 'Liu, Tsyvinski and Wu 2022, four weeks'),
  skippedMomentum,
  scaledDay,
  deepestFall,
] as const;
