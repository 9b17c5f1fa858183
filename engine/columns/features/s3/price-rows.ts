/** Rows of prices, the same for every timeframe: x[-k] is the bar k before the last closed one, rho the log return of a bar. */
import { rollingEma } from '../../kernels/ema.ts';
import { rollingMax, rollingMin } from '../../kernels/extremes.ts';
import { keepWhereFull, rollingMeanDistance } from '../../kernels/oscillators.ts';
import { rollingAdx } from '../../kernels/recursive/adx.ts';
import { rollingMacd } from '../../kernels/recursive/macd.ts';
import { rollingAtr, rollingRsi } from '../../kernels/recursive/wilder.ts';
import { rollingMeanAndDeviation } from '../../kernels/spread.ts';
import { type RollingRange, rollingSum } from '../../rolling.ts';
import { giveFloats, takeFloats } from '../../scratch.ts';
import type { BarRow, TimeframeBars } from './timeframe.ts';

/** Keeps a quotient from 0 / 0 where nothing moved; prices are far above it. */
const EPS = 1e-12;

/** The window of a kernel that leaves the counting of bars to `keepWhereFull`. */
export function uncounted(range: RollingRange, window: number): RollingRange {
  return { ...range, window, countMin: 1 };
}

export function returnRow(bars: number): BarRow {
  return {
    name: `ret_${bars}`,
    formula: `ln(c[0]/c[-${bars}])`,
    unit: 'log return',
    lookbackBars: bars,
    bars: bars + 1,
    compute: ({ close }, { from, to }, out) => {
      for (let bar = from; bar < to; bar += 1) out[bar] = Math.log(close[bar]! / close[bar - bars]!);
    },
  };
}

export const rateOfChangeRow: BarRow = {
  name: 'roc_10',
  formula: 'c[0]/c[-10] - 1',
  unit: 'fraction',
  lookbackBars: 10,
  bars: 11,
  compute: ({ close }, { from, to }, out) => {
    for (let bar = from; bar < to; bar += 1) out[bar] = close[bar]! / close[bar - 10]! - 1;
  },
};

export const logRangeRow: BarRow = {
  name: 'log_range',
  formula: 'ln(h[0]/l[0])',
  unit: 'log return',
  lookbackBars: 1,
  bars: 1,
  compute: ({ high, low }, { from, to }, out) => {
    for (let bar = from; bar < to; bar += 1) out[bar] = Math.log(high[bar]! / low[bar]!);
  },
};

export const bodyRatioRow: BarRow = {
  ...shapeFacts('body_ratio', 'c[0]-o[0]', '-1..1'),
  compute: ({ open, high, low, close }, { from, to }, out) => {
    for (let bar = from; bar < to; bar += 1)
      out[bar] = (close[bar]! - open[bar]!) / (high[bar]! - low[bar]! + EPS);
  },
};

export const upperWickRow: BarRow = {
  ...shapeFacts('upper_wick', 'h[0]-max(o[0],c[0])', '0..1'),
  compute: ({ open, high, low, close }, { from, to }, out) => {
    for (let bar = from; bar < to; bar += 1)
      out[bar] = (high[bar]! - Math.max(open[bar]!, close[bar]!)) / (high[bar]! - low[bar]! + EPS);
  },
};

export const lowerWickRow: BarRow = {
  ...shapeFacts('lower_wick', 'min(o[0],c[0])-l[0]', '0..1'),
  compute: ({ open, high, low, close }, { from, to }, out) => {
    for (let bar = from; bar < to; bar += 1)
      out[bar] = (Math.min(open[bar]!, close[bar]!) - low[bar]!) / (high[bar]! - low[bar]! + EPS);
  },
};

function shapeFacts(name: string, part: string, unit: string): Omit<BarRow, 'compute'> {
  return {
    name,
    formula: `(${part}) / (h[0]-l[0]+eps)`,
    unit,
    lookbackBars: 1,
    bars: 1,
    reference: 'Qlib Alpha158 (KMID2, KUP2, KLOW2)',
  };
}

export function rsiRow(period: number): BarRow {
  const bars = 10 * period + 1;
  return {
    name: `rsi_${period}`,
    formula: `Wilder RSI(${period}) / 100 on the fixed window of ${bars} bars`,
    unit: '0..1',
    lookbackBars: period,
    bars,
    reference: 'Wilder 1978',
    compute: ({ close }, range, out) => rollingRsi(close, period, range, out),
  };
}

export const atrRow: BarRow = {
  name: 'atr_14_pct',
  formula: 'Wilder ATR(14) / c[0] on the fixed window of 141 bars',
  unit: 'fraction of price',
  lookbackBars: 14,
  bars: 141,
  reference: 'Wilder 1978',
  compute: ({ high, low, close }, range, out) => {
    rollingAtr(high, low, close, 14, range, out);
    for (let bar = range.from; bar < range.to; bar += 1) out[bar] = out[bar]! / close[bar]!;
  },
};

export const adxRow: BarRow = {
  name: 'adx_14',
  formula: 'Wilder ADX(14) / 100 on the fixed window of 141 bars',
  unit: '0..1',
  lookbackBars: 14,
  bars: 141,
  reference: 'Wilder 1978',
  compute: ({ high, low, close }, range, out) => rollingAdx(high, low, close, 14, range, out),
};

export const stochasticRow: BarRow = {
  name: 'stoch_k_14',
  formula: '(c[0]-min_14(l)) / (max_14(h)-min_14(l)+eps)',
  unit: '0..1',
  lookbackBars: 14,
  bars: 14,
  reference: 'Lane 1984',
  compute: stochasticK,
};

/** Each of the three needs nine tenths of its own 14 bars; all three must be there. */
export const stochasticMeanRow: BarRow = {
  name: 'stoch_d_3',
  formula: 'mean of stoch_k_14 at bars 0, -1, -2',
  unit: '0..1',
  lookbackBars: 3,
  bars: 16,
  reference: 'Lane 1984',
  compute: (bars, range, out) => {
    const k = takeFloats(range.to);
    const { window, countMin } = stochasticWindow;
    const from = range.from - 2;
    stochasticK(bars, { ...range, window, countMin, from }, k);
    for (let bar = range.from; bar < range.to; bar += 1) out[bar] = (k[bar - 2]! + k[bar - 1]! + k[bar]!) / 3;
    giveFloats(k);
  },
};

const stochasticWindow = { window: 14, countMin: 13 } as const;

function stochasticK(bars: TimeframeBars, range: RollingRange, out: Float64Array): void {
  const { close } = bars;
  const { highest, lowest } = extremesOf(bars, range);
  for (let bar = range.from; bar < range.to; bar += 1)
    out[bar] = (close[bar]! - lowest[bar]!) / (highest[bar]! - lowest[bar]! + EPS);
  keepWhereFull(close, range, out);
}

export const williamsRow: BarRow = {
  name: 'willr_14',
  formula: '-(max_14(h)-c[0]) / (max_14(h)-min_14(l)+eps)',
  unit: '-1..0',
  lookbackBars: 14,
  bars: 14,
  reference: 'Williams 1973',
  compute: (bars, range, out) => {
    const { close } = bars;
    const { highest, lowest } = extremesOf(bars, range);
    for (let bar = range.from; bar < range.to; bar += 1)
      out[bar] = -(highest[bar]! - close[bar]!) / (highest[bar]! - lowest[bar]! + EPS);
    keepWhereFull(close, range, out);
  },
};

export function distanceToHighRow(bars: number): BarRow {
  return {
    name: `dist_high_${bars}`,
    formula: `c[0] / max_${bars}(h) - 1`,
    unit: 'fraction, <=0',
    lookbackBars: bars,
    bars,
    compute: (series, range, out) => distanceTo(extremesOf(series, range).highest, series, range, out),
  };
}

export function distanceToLowRow(bars: number): BarRow {
  return {
    name: `dist_low_${bars}`,
    formula: `c[0] / min_${bars}(l) - 1`,
    unit: 'fraction, >=0',
    lookbackBars: bars,
    bars,
    compute: (series, range, out) => distanceTo(extremesOf(series, range).lowest, series, range, out),
  };
}

function distanceTo(
  level: Float64Array,
  { close }: TimeframeBars,
  range: RollingRange,
  out: Float64Array,
): void {
  for (let bar = range.from; bar < range.to; bar += 1) out[bar] = close[bar]! / level[bar]! - 1;
  keepWhereFull(close, range, out);
}

/** Highest high and lowest low of the present bars of each window. */
function extremesOf(bars: TimeframeBars, range: RollingRange) {
  const each = uncounted(range, range.window);
  return {
    highest: bars.shared('highest', range, (out) => rollingMax(bars.high, each, out)),
    lowest: bars.shared('lowest', range, (out) => rollingMin(bars.low, each, out)),
  };
}

export const macdLineRow = macdRow(
  'macd_line',
  'm[0]/c[0], m = EMA12(c) - EMA26(c) on the fixed window of 121 bars',
  26,
  (line) => line,
);

export const macdSignalRow = macdRow(
  'macd_signal',
  's[0]/c[0], s = EMA9(m), m as in macd_line on the fixed window of 121 bars',
  35,
  (_line, signal) => signal,
);

export const macdHistogramRow = macdRow(
  'macd_hist',
  '(m[0]-s[0])/c[0], m and s as in macd_line and macd_signal on the fixed window of 121 bars',
  35,
  (line, signal, bars, range) =>
    bars.shared('macd histogram', range, (out) => {
      for (let bar = range.from; bar < range.to; bar += 1) out[bar] = line[bar]! - signal[bar]!;
    }),
);

function macdRow(
  name: string,
  formula: string,
  lookbackBars: number,
  partOf: (
    line: Float64Array,
    signal: Float64Array,
    bars: TimeframeBars,
    range: RollingRange,
  ) => Float64Array,
): BarRow {
  return {
    name,
    formula,
    unit: 'fraction of price',
    lookbackBars,
    bars: 121,
    reference: 'Appel 1979',
    compute: (bars, range, out) => {
      const { close } = bars;
      // Both come out of one pass: the second is filled when the first is made.
      const line = bars.shared('macd line', range, () => undefined);
      const signal = bars.shared('macd signal', range, (made) =>
        rollingMacd(close, range, { line, signal: made }),
      );
      const part = partOf(line, signal, bars, range);
      for (let bar = range.from; bar < range.to; bar += 1) out[bar] = part[bar]! / close[bar]!;
    },
  };
}

export function emaRatioRow(fast: number, slow: number, bars: number): BarRow {
  return {
    name: `ema_ratio_${fast}_${slow}`,
    formula: `EMA${fast}(c)[0] / EMA${slow}(c)[0] - 1 on the fixed window of ${bars} bars`,
    unit: 'fraction',
    lookbackBars: slow,
    bars,
    compute: ({ close }, range, out) => {
      const average = takeFloats(range.to);
      rollingEma(close, fast, range, out);
      rollingEma(close, slow, range, average);
      for (let bar = range.from; bar < range.to; bar += 1) out[bar] = out[bar]! / average[bar]! - 1;
      giveFloats(average);
    },
  };
}

export const bollingerPlaceRow: BarRow = {
  name: 'bb_pctb_20',
  formula: '(c[0] - (SMA20 - 2 sd20)) / (4 sd20 + eps), sd20 population (ddof 0)',
  unit: 'number',
  lookbackBars: 20,
  bars: 20,
  reference: 'Bollinger 2001',
  compute: (bars, range, out) => {
    const { close } = bars;
    const { mean, deviation } = bandsOf(bars, range);
    for (let bar = range.from; bar < range.to; bar += 1)
      out[bar] = (close[bar]! - mean[bar]! + 2 * deviation[bar]!) / (4 * deviation[bar]! + EPS);
    keepWhereFull(close, range, out);
  },
};

export const bollingerWidthRow: BarRow = {
  name: 'bb_width_20',
  formula: '4 sd20 / SMA20, sd20 population (ddof 0)',
  unit: 'fraction of price',
  lookbackBars: 20,
  bars: 20,
  reference: 'Bollinger 2001',
  compute: (bars, range, out) => {
    const { mean, deviation } = bandsOf(bars, range);
    for (let bar = range.from; bar < range.to; bar += 1) out[bar] = (4 * deviation[bar]!) / mean[bar]!;
    keepWhereFull(bars.close, range, out);
  },
};

function bandsOf(bars: TimeframeBars, range: RollingRange) {
  // Both come out of one pass, as with the two of a MACD.
  const mean = bars.shared('mean close', range, () => undefined);
  const deviation = bars.shared('sd close', range, (made) =>
    rollingMeanAndDeviation(bars.close, uncounted(range, range.window), 0, mean, made),
  );
  return { mean, deviation };
}

/** rho needs two valid bars, one directly after the other; what is missing adds nothing to the sum. */
export function realizedVolatilityRow(bars: number): BarRow {
  return {
    name: `rv_${bars}`,
    formula: `sqrt(sum_${bars}(rho^2)), rho = bar log return`,
    unit: `log return per sqrt(${bars} bars)`,
    lookbackBars: bars,
    bars: bars + 1,
    compute: (series, range, out) => {
      const squares = series.derived('rho^2', range, ({ close }, from, to, made) => {
        for (let bar = Math.max(1, from); bar < to; bar += 1) {
          const rho = Math.log(close[bar]! / close[bar - 1]!);
          made[bar] = rho * rho;
        }
      });
      rollingSum(squares, uncounted(range, bars), out);
      for (let bar = range.from; bar < range.to; bar += 1) out[bar] = Math.sqrt(out[bar]!);
      keepWhereFull(series.close, range, out);
    },
  };
}

export const commodityChannelRow: BarRow = {
  name: 'cci_20',
  formula:
    '(TP[0] - SMA20(TP)) / (0.015 MD20) / 200, TP = (h+l+c)/3, MD20 = mean_20(|TP - SMA20(TP)|); 0 if MD20 < eps',
  unit: 'number',
  lookbackBars: 20,
  bars: 20,
  reference: 'Lambert 1980',
  compute: (bars, range, out) => {
    const typical = typicalPrices(bars, range);
    const distance = { newest: out, mean: takeFloats(range.to) };
    rollingMeanDistance(typical, range, distance);
    for (let bar = range.from; bar < range.to; bar += 1) {
      const mean = distance.mean[bar]!;
      out[bar] = mean < EPS ? 0 : out[bar]! / (0.015 * mean) / 200;
    }
    giveFloats(distance.mean);
    keepWhereFull(bars.close, range, out);
  },
};

/** TP = (h + l + c) / 3 over the bars of the range's windows. */
export function typicalPrices(bars: TimeframeBars, range: RollingRange): Float64Array {
  return bars.derived('TP', range, ({ high, low, close }, from, to, out) => {
    for (let bar = from; bar < to; bar += 1) out[bar] = (high[bar]! + low[bar]! + close[bar]!) / 3;
  });
}
