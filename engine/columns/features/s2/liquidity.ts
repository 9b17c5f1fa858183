/** Group liq: what is traded, and what trading costs. Rows of volume count the bars whose volume is known. */
import { dailyVolume } from '../../daily-volume.ts';
import { rollingCorrelation } from '../../kernels/pairs.ts';
import { rollingMean } from '../../kernels/spread.ts';
import { rollingSum } from '../../rolling.ts';
import type { CoinWindow } from '../coin-window.ts';
import { type CoinFeature, defineFeature, type FeatureFacts } from '../feature.ts';
import { BLOCK_HOURS, BLOCK_HOURS_MIN, blockClose, blockHigh, blockLow, blockMoments } from './blocks.ts';

const WEEK_HOURS = 168;
const WEEK_DAYS = 7;
const MONTH_DAYS = 30;
const MONTH_DAYS_MIN = 24;
const SPREAD_PAIRS_MIN = 6;
/** Quote currency, so that an hour without trade does not divide by nothing. */
const VOLUME_FLOOR = 1000;
const DEVIATION_MIN = 1e-9;

type Facts = Omit<FeatureFacts, 'group'>;

function liquidityFeature(facts: Facts, compute: CoinFeature['compute']): CoinFeature {
  return defineFeature({ ...facts, group: 'liq', scope: 'coin', compute });
}

function weekVolume(coin: CoinWindow, from: number, to: number): Float64Array {
  return coin.shared('sum_168(qv)', from, to, (first, end, out) => {
    rollingSum(coin.quoteVolume, coin.range(WEEK_HOURS, first, end), out);
  });
}

/** ln(1 + quote volume of the block), for the blocks 0 .. `blocks` - 1 that end at hours of [from, to). */
function blockVolumeLog(coin: CoinWindow, from: number, to: number, blocks: number): Float64Array {
  const sums = dailyVolume(coin);
  if (to - from < BLOCK_HOURS) {
    return coin.cached(`ln(1 + sum_24(qv)) ${from} ${to} ${blocks}`, (out) => {
      for (let newest = from; newest < to; newest += 1)
        for (let k = 0, at = newest; k < blocks; k += 1, at -= BLOCK_HOURS) out[at] = Math.log(1 + sums[at]!);
    });
  }
  return coin.cached('ln(1 + sum_24(qv))', (out) => {
    for (let index = 0; index < coin.hours; index += 1) out[index] = Math.log(1 + sums[index]!);
  });
}

const volumes = [
  liquidityFeature(
    {
      name: 'qv_24h_log',
      formula: 'ln(1 + sum_24(qv))',
      unit: 'ln(quote currency)',
      lookbackHours: BLOCK_HOURS,
      warmupHours: BLOCK_HOURS - 1,
      needs: ['quote-volume'],
      reference: 'Liu, Tsyvinski and Wu, volume',
    },
    (coin, from, to, out) => out.set(blockVolumeLog(coin, from, to, 1).subarray(from, to), from),
  ),
  liquidityFeature(
    {
      name: 'qv_7d_log',
      formula: 'ln(1 + sum_168(qv))',
      unit: 'ln(quote currency)',
      lookbackHours: WEEK_HOURS,
      warmupHours: WEEK_HOURS - 1,
      needs: ['quote-volume'],
    },
    (coin, from, to, out) => {
      const sums = weekVolume(coin, from, to);
      for (let index = from; index < to; index += 1) out[index] = Math.log(1 + sums[index]!);
    },
  ),
  liquidityFeature(
    {
      name: 'qv_ratio_24h_7d',
      formula: '7 sum_24(qv) / sum_168(qv); NaN where the denominator is 0',
      unit: 'ratio',
      lookbackHours: WEEK_HOURS,
      warmupHours: WEEK_HOURS - 1,
      needs: ['quote-volume'],
    },
    (coin, from, to, out) => {
      const [day, week] = [dailyVolume(coin), weekVolume(coin, from, to)];
      for (let index = from; index < to; index += 1) out[index] = (WEEK_DAYS * day[index]!) / week[index]!;
    },
  ),
  liquidityFeature(
    {
      name: 'vol_z_30d',
      formula:
        '(q_0 - mean(q_0..q_29)) / std(q_0..q_29), q_k = ln(1 + sum of qv in block k); NaN where the std is < 1e-9',
      unit: 'z',
      lookbackHours: 720,
      warmupHours: 719,
      needs: ['quote-volume'],
    },
    (coin, from, to, out) => {
      const daily = blockVolumeLog(coin, from, to, MONTH_DAYS);
      const moments = { count: 0, mean: 0, m2: 0, m3: 0 };
      for (let index = from; index < to; index += 1) {
        const { count, mean, m2 } = blockMoments(daily, index, MONTH_DAYS, moments);
        const deviation = Math.sqrt(m2 / (count - 1));
        const isKnown = count >= MONTH_DAYS_MIN && deviation >= DEVIATION_MIN;
        out[index] = isKnown ? (daily[index]! - mean) / deviation : Number.NaN;
      }
    },
  ),
];

const costs = [
  liquidityFeature(
    {
      name: 'amihud_7d',
      formula: '1e6 mean_168(|r| / (qv + 1000))',
      unit: 'log return per million quote',
      lookbackHours: WEEK_HOURS,
      warmupHours: WEEK_HOURS,
      needs: ['quote-volume'],
      reference: 'Amihud 2002',
    },
    (coin, from, to, out) => {
      const { returns, quoteVolume } = coin;
      const impact = coin.cached('|r| / (qv + 1000)', (series) => {
        for (let index = 0; index < coin.hours; index += 1)
          series[index] = Math.abs(returns[index]!) / (quoteVolume[index]! + VOLUME_FLOOR);
      });
      rollingMean(impact, coin.range(WEEK_HOURS, from, to), out);
      for (let index = from; index < to; index += 1) out[index] = 1e6 * out[index]!;
    },
  ),
  liquidityFeature(
    {
      name: 'spread_ar_7d',
      formula:
        'sqrt(max(0, mean over k = 1..7 of 4 (ln C_k - eta_k)(ln C_k - eta_{k-1}))), eta_k = (ln H_k + ln L_k) / 2',
      unit: 'fraction of price',
      lookbackHours: WEEK_HOURS,
      warmupHours: 191,
      needs: [],
      reference: 'Abdi and Ranaldo 2017',
    },
    writeSpread,
  ),
];

/** The spread from closes and mid-ranges of neighbouring blocks, at least 6 of the 7 pairs. */
function writeSpread(coin: CoinWindow, from: number, to: number, out: Float64Array): void {
  const [high, low, close] = [blockHigh(coin), blockLow(coin), blockClose(coin)];
  const middle = coin.cached('eta', (series) => {
    for (let index = 0; index < coin.hours; index += 1)
      series[index] = (Math.log(high[index]!) + Math.log(low[index]!)) / 2;
  });
  const pair = coin.cached('spread pair', (series) => {
    for (let index = BLOCK_HOURS; index < coin.hours; index += 1) {
      const own = Math.log(close[index - BLOCK_HOURS]!);
      series[index] = 4 * (own - middle[index - BLOCK_HOURS]!) * (own - middle[index]!);
    }
  });
  for (let index = from; index < to; index += 1) {
    let count = 0;
    let sum = 0;
    for (let at = index - (WEEK_DAYS - 1) * BLOCK_HOURS; at <= index; at += BLOCK_HOURS) {
      const value = pair[at]!;
      if (value !== value) continue;
      count += 1;
      sum += value;
    }
    out[index] = count < SPREAD_PAIRS_MIN ? Number.NaN : Math.sqrt(Math.max(0, sum / count));
  }
}

const pricesAndVolumes = [
  liquidityFeature(
    {
      name: 'vwap_dist_24h',
      formula: 'c(t) / (sum_24(qv) / sum_24(v)) - 1; NaN where sum_24(v) is 0',
      unit: 'fraction',
      lookbackHours: BLOCK_HOURS,
      warmupHours: BLOCK_HOURS - 1,
      needs: ['volume', 'quote-volume'],
      reference: 'Alpha158 VWAP0',
    },
    (coin, from, to, out) => {
      const quote = dailyVolume(coin);
      const { close } = coin;
      rollingSum(coin.volume, coin.range(BLOCK_HOURS, from, to, BLOCK_HOURS_MIN), out);
      for (let index = from; index < to; index += 1)
        out[index] = out[index] === 0 ? Number.NaN : close[index]! / (quote[index]! / out[index]!) - 1;
    },
  ),
  liquidityFeature(
    {
      name: 'corr_pv_7d',
      formula: 'corr_168(c, ln(1 + v)); NaN where either is constant',
      unit: '-1..1',
      lookbackHours: WEEK_HOURS,
      warmupHours: WEEK_HOURS - 1,
      needs: ['volume'],
      reference: 'Alpha158 CORR',
    },
    (coin, from, to, out) => {
      const { volume } = coin;
      const logVolume = coin.cached('ln(1 + v)', (series) => {
        for (let index = 0; index < coin.hours; index += 1) series[index] = Math.log(1 + volume[index]!);
      });
      rollingCorrelation(coin.close, logVolume, coin.range(WEEK_HOURS, from, to), out);
    },
  ),
  liquidityFeature(
    {
      name: 'zero_vol_share_7d',
      formula: 'bars of the last 168 h with v = 0, over those whose volume is known',
      unit: 'share 0..1',
      lookbackHours: WEEK_HOURS,
      warmupHours: WEEK_HOURS - 1,
      needs: ['volume'],
      restValue: 0,
    },
    (coin, from, to, out) => {
      const { volume } = coin;
      const isZero = coin.cached('v = 0', (series) => {
        for (let index = 0; index < coin.hours; index += 1)
          if (volume[index] === volume[index]) series[index] = volume[index] === 0 ? 1 : 0;
      });
      rollingMean(isZero, coin.range(WEEK_HOURS, from, to), out);
    },
  ),
];

/** In the order of the table: the two costs stand between volumes and what mixes them with prices. */
export const liquidityFeatures = [...volumes, ...costs, ...pricesAndVolumes] as const;
