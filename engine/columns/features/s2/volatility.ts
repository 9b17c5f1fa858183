/** Group vol: how much the price of the coin moves. */
import { rollingMax } from '../../kernels/extremes.ts';
import { trueRange } from '../../kernels/recursive/wilder.ts';
import { rollingMean } from '../../kernels/spread.ts';
import { rollingSum } from '../../rolling.ts';
import type { CoinWindow } from '../coin-window.ts';
import { type CoinFeature, defineFeature, type FeatureFacts } from '../feature.ts';
import { BLOCK_HOURS, BLOCK_HOURS_MIN, blockMoments, blockVolatility, squaredReturns } from './blocks.ts';

const WEEK_HOURS = 168;
const WEEK_DAYS = 7;
const BLOCKS_MIN = 6;

type Facts = Pick<FeatureFacts, 'name' | 'formula' | 'unit' | 'lookbackHours' | 'warmupHours' | 'reference'>;

function volatilityFeature(facts: Facts, compute: CoinFeature['compute']): CoinFeature {
  return defineFeature({ ...facts, group: 'vol', scope: 'coin', needs: [], compute });
}

function weekOfSquares(coin: CoinWindow, from: number, to: number): Float64Array {
  return coin.shared('sum_168(r^2)', from, to, (first, end, out) => {
    rollingSum(squaredReturns(coin), coin.range(WEEK_HOURS, first, end), out);
  });
}

/** ln(h / l)^2 and the term of Garman and Klass, by hour. */
function rangeTerms(coin: CoinWindow) {
  const { open, high, low, close } = coin;
  const squares = coin.cached('ln(h/l)^2', (out) => {
    for (let index = 0; index < coin.hours; index += 1)
      out[index] = Math.log(high[index]! / low[index]!) ** 2;
  });
  const garmanKlass = coin.cached('Garman-Klass', (out) => {
    for (let index = 0; index < coin.hours; index += 1) {
      const body = Math.log(close[index]! / open[index]!);
      out[index] = 0.5 * squares[index]! - (2 * Math.LN2 - 1) * body * body;
    }
  });
  return { squares, garmanKlass };
}

function trueRanges(coin: CoinWindow): Float64Array {
  return coin.cached('TR', (out) => {
    const { high, low, close } = coin;
    for (let index = 1; index < coin.hours; index += 1) {
      out[index] = trueRange(high[index]!, low[index]!, close[index - 1]!);
    }
  });
}

export const volatilityFeatures = [
  volatilityFeature(
    {
      ...{ name: 'rv_24h', formula: 'sqrt(sum_24(r^2))', unit: 'log return per sqrt(day)' },
      ...{ lookbackHours: BLOCK_HOURS, warmupHours: BLOCK_HOURS },
    },
    (coin, from, to, out) => out.set(blockVolatility(coin).subarray(from, to), from),
  ),
  volatilityFeature(
    {
      ...{ name: 'rv_7d', formula: 'sqrt(sum_168(r^2) / 7)', unit: 'log return per sqrt(day)' },
      ...{ lookbackHours: WEEK_HOURS, warmupHours: WEEK_HOURS },
    },
    (coin, from, to, out) => {
      const sums = weekOfSquares(coin, from, to);
      for (let index = from; index < to; index += 1) out[index] = Math.sqrt(sums[index]! / WEEK_DAYS);
    },
  ),
  volatilityFeature(
    {
      name: 'parkinson_24h',
      formula: 'sqrt(sum_24(ln(h/l)^2) / (4 ln 2))',
      unit: 'log return per sqrt(day)',
      lookbackHours: BLOCK_HOURS,
      warmupHours: BLOCK_HOURS - 1,
      reference: 'Parkinson 1980',
    },
    (coin, from, to, out) => {
      rollingSum(rangeTerms(coin).squares, coin.range(BLOCK_HOURS, from, to, BLOCK_HOURS_MIN), out);
      for (let index = from; index < to; index += 1) out[index] = Math.sqrt(out[index]! / (4 * Math.LN2));
    },
  ),
  volatilityFeature(
    {
      name: 'garman_klass_7d',
      formula: 'sqrt(max(0, 24 mean_168(0.5 ln(h/l)^2 - (2 ln 2 - 1) ln(c/o)^2)))',
      unit: 'log return per sqrt(day)',
      lookbackHours: WEEK_HOURS,
      warmupHours: WEEK_HOURS - 1,
      reference: 'Garman and Klass 1980',
    },
    (coin, from, to, out) => {
      rollingMean(rangeTerms(coin).garmanKlass, coin.range(WEEK_HOURS, from, to), out);
      for (let index = from; index < to; index += 1)
        out[index] = Math.sqrt(Math.max(0, BLOCK_HOURS * out[index]!));
    },
  ),
  volatilityFeature(
    {
      name: 'atr_14d_pct',
      formula: 'mean_336(TR) / c(t), TR(s) = max(h(s) - l(s), |h(s) - c(s-1)|, |l(s) - c(s-1)|)',
      unit: 'fraction of price',
      lookbackHours: 336,
      warmupHours: 336,
      reference: 'TA-Lib ATR with a plain mean',
    },
    (coin, from, to, out) => {
      const { close } = coin;
      rollingMean(trueRanges(coin), coin.range(336, from, to), out);
      for (let index = from; index < to; index += 1) out[index] = out[index]! / close[index]!;
    },
  ),
  volatilityFeature(
    {
      name: 'vol_of_vol_7d',
      formula: 'standard deviation (ddof 1) / mean of the block values sqrt(sum of r^2), blocks 0 .. 6',
      unit: 'ratio',
      lookbackHours: WEEK_HOURS,
      warmupHours: WEEK_HOURS,
    },
    (coin, from, to, out) => {
      const daily = blockVolatility(coin);
      const moments = { count: 0, mean: 0, m2: 0, m3: 0 };
      for (let index = from; index < to; index += 1) {
        const { count, mean, m2 } = blockMoments(daily, index, WEEK_DAYS, moments);
        out[index] = count < BLOCKS_MIN ? Number.NaN : Math.sqrt(m2 / (count - 1)) / mean;
      }
    },
  ),
  volatilityFeature(
    {
      name: 'max_abs_ret_7d',
      formula: 'max_168(|r|)',
      unit: 'log return, >=0',
      lookbackHours: WEEK_HOURS,
      warmupHours: WEEK_HOURS,
      reference: 'variant of the MAX effect',
    },
    (coin, from, to, out) => {
      // The largest square is that of the largest size.
      rollingMax(squaredReturns(coin), coin.range(WEEK_HOURS, from, to), out);
      for (let index = from; index < to; index += 1) out[index] = Math.sqrt(out[index]!);
    },
  ),
  volatilityFeature(
    {
      name: 'semivol_ratio_7d',
      formula: 'sum_168(r^2 where r < 0) / sum_168(r^2); NaN where the denominator is 0',
      unit: 'share 0..1',
      lookbackHours: WEEK_HOURS,
      warmupHours: WEEK_HOURS,
    },
    (coin, from, to, out) => {
      const { returns } = coin;
      const squares = squaredReturns(coin);
      const all = weekOfSquares(coin, from, to);
      const falls = coin.cached('r^2 where r < 0', (series) => {
        for (let index = 0; index < coin.hours; index += 1)
          series[index] = returns[index]! >= 0 ? 0 : squares[index]!;
      });
      rollingSum(falls, coin.range(WEEK_HOURS, from, to), out);
      for (let index = from; index < to; index += 1) out[index] = out[index]! / all[index]!;
    },
  ),
] as const;
