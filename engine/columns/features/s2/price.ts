/** Group price: where the price of the coin stands, and where it is going. */
import { rollingEma } from '../../kernels/ema.ts';
import { rollingMax, rollingMin } from '../../kernels/extremes.ts';
import { correlationOf, forEachPairWindow } from '../../kernels/pairs.ts';
import { rollingMacd } from '../../kernels/recursive/macd.ts';
import { rollingRsi } from '../../kernels/recursive/wilder.ts';
import type { CoinWindow } from '../coin-window.ts';
import { type CoinFeature, defineFeature, type FeatureFacts } from '../feature.ts';
import { blockHigh, blockLow } from './blocks.ts';

const MONTH_HOURS = 720;
const TREND_HOURS = 168;
/** Recursive indicators need this share of their fixed window. */
const RECURSIVE_SHARE_MIN = 0.9;

type Facts = Omit<FeatureFacts, 'group' | 'needs'>;

function priceFeature(facts: Facts, compute: CoinFeature['compute']): CoinFeature {
  return defineFeature({ ...facts, group: 'price', scope: 'coin', needs: [], compute });
}

function change(name: string, hours: number, reference?: string): CoinFeature {
  return priceFeature(
    {
      name,
      formula: `c(t) / c(t-${hours}) - 1`,
      unit: 'fraction',
      lookbackHours: hours,
      warmupHours: hours,
      ...(reference === undefined ? {} : { reference }),
    },
    ({ close }, from, to, out) => {
      for (let index = from; index < to; index += 1) out[index] = close[index]! / close[index - hours]! - 1;
    },
  );
}

/** A fixed window of so many hours and the bar itself. */
function fixedWindow(coin: CoinWindow, hours: number, from: number, to: number) {
  return coin.range(hours + 1, from, to, Math.ceil((hours + 1) * RECURSIVE_SHARE_MIN));
}

const dayRange = priceFeature(
  {
    name: 'd_pct_var',
    formula: '(max_24(h) - min_24(l)) / o(t-23)',
    unit: 'fraction, >=0',
    lookbackHours: 24,
    warmupHours: 23,
    reference: 'ensemble paper, figure 5, by name',
  },
  (coin, from, to, out) => {
    const [high, low, { open }] = [blockHigh(coin), blockLow(coin), coin];
    for (let index = from; index < to; index += 1)
      out[index] = (high[index]! - low[index]!) / open[index - 23]!;
  },
);

const rsi = priceFeature(
  {
    name: 'rsi_14h',
    formula: "Wilder's RSI(14) on the fixed window c(t-280) .. c(t)",
    unit: '0..100',
    lookbackHours: 14,
    warmupHours: 280,
    reference: 'TA-Lib RSI',
  },
  (coin, from, to, out) => {
    rollingRsi(coin.close, 14, fixedWindow(coin, 280, from, to), out);
    for (let index = from; index < to; index += 1) out[index] = out[index]! * 100;
  },
);

const macd = priceFeature(
  {
    name: 'macd_hist_h',
    formula:
      '(m(t) - s(t)) / c(t), m = EMA12(c) - EMA26(c), s = EMA9(m), on the fixed window c(t-400) .. c(t)',
    unit: 'fraction of price',
    lookbackHours: 26,
    warmupHours: 400,
    reference: 'TA-Lib MACD',
  },
  (coin, from, to, out) => {
    const { close } = coin;
    const signal = coin.market.blank(from, to);
    rollingMacd(close, fixedWindow(coin, 400, from, to), { line: out, signal });
    for (let index = from; index < to; index += 1)
      out[index] = (out[index]! - signal[index]!) / close[index]!;
    coin.market.reuse(signal);
  },
);

const emaRatio = priceFeature(
  {
    name: 'ema_ratio_24_168',
    formula: 'EMA24(c) / EMA168(c) - 1 on the fixed window c(t-1200) .. c(t)',
    unit: 'fraction',
    lookbackHours: 168,
    warmupHours: 1200,
  },
  (coin, from, to, out) => {
    const slow = coin.market.blank(from, to);
    const range = fixedWindow(coin, 1200, from, to);
    rollingEma(coin.close, 24, range, out);
    rollingEma(coin.close, 168, range, slow);
    for (let index = from; index < to; index += 1) out[index] = out[index]! / slow[index]! - 1;
    coin.market.reuse(slow);
  },
);

/** Slope over the window and R^2 of the fit of ln c on time, over one pass. */
function trend(coin: CoinWindow, from: number, to: number) {
  let isNew = false;
  const column = (name: string) =>
    coin.cached(`trend ${name} ${from} ${to}`, () => {
      isNew = true;
    });
  const fit = { slope: column('slope'), rSquared: column('r2') };
  if (!isNew) return fit;
  const { close, market } = coin;
  const logClose = coin.cached(`ln c ${from} ${to}`, (out) => {
    for (let index = Math.max(0, from - TREND_HOURS); index < to; index += 1)
      out[index] = Math.log(close[index]!);
  });
  const hour = market.cached('hour', (out) => {
    for (let index = 0; index < out.length; index += 1) out[index] = market.firstStamp + index;
  });
  forEachPairWindow(hour, logClose, coin.range(TREND_HOURS, from, to), (index, window) => {
    const correlation = correlationOf(window);
    fit.slope[index] = (TREND_HOURS * window.sxy) / window.sxx;
    fit.rSquared[index] = correlation * correlation;
  });
  return fit;
}

export const priceFeatures = [
  change('m_pct_1d', 24, 'ensemble paper, figure 5, by name'),
  change('m_pct_3d', 72),
  change('m_pct_7d', 168),
  change('m_pct_30d', MONTH_HOURS),
  dayRange,
  rsi,
  macd,
  priceFeature(
    {
      name: 'dist_high_30d',
      formula: 'c(t) / max_720(h) - 1',
      unit: 'fraction, <=0',
      lookbackHours: MONTH_HOURS,
      warmupHours: MONTH_HOURS - 1,
      reference: 'Alpha158 MAX',
    },
    (coin, from, to, out) => {
      const { close } = coin;
      rollingMax(coin.high, coin.range(MONTH_HOURS, from, to), out);
      for (let index = from; index < to; index += 1) out[index] = close[index]! / out[index]! - 1;
    },
  ),
  priceFeature(
    {
      name: 'dist_low_30d',
      formula: 'c(t) / min_720(l) - 1',
      unit: 'fraction, >=0',
      lookbackHours: MONTH_HOURS,
      warmupHours: MONTH_HOURS - 1,
      reference: 'Alpha158 MIN',
    },
    (coin, from, to, out) => {
      const { close } = coin;
      rollingMin(coin.low, coin.range(MONTH_HOURS, from, to), out);
      for (let index = from; index < to; index += 1) out[index] = close[index]! / out[index]! - 1;
    },
  ),
  emaRatio,
  priceFeature(
    {
      name: 'trend_slope_168h',
      formula: '168 * slope of the least squares fit of ln c(s) on s, s = t-167 .. t',
      unit: 'log return per 168 h',
      lookbackHours: TREND_HOURS,
      warmupHours: TREND_HOURS - 1,
      reference: 'Alpha158 BETA',
    },
    (coin, from, to, out) => out.set(trend(coin, from, to).slope.subarray(from, to), from),
  ),
  priceFeature(
    {
      name: 'trend_rsq_168h',
      formula: 'R^2 of the fit of trend_slope_168h; NaN where ln c is constant',
      unit: 'share 0..1',
      lookbackHours: TREND_HOURS,
      warmupHours: TREND_HOURS - 1,
      reference: 'Alpha158 RSQR',
    },
    (coin, from, to, out) => out.set(trend(coin, from, to).rSquared.subarray(from, to), from),
  ),
] as const;
