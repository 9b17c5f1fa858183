/**
 * The features of s2 that come from prices and volumes, written the long way from their formulas: plain loops over one coin's
 * bars, no kernel, nothing rolled.
 */
import { barLayout, type Panel } from '../../../../engine/panel/panel.ts';

const { BAR_WIDTH, OPEN, HIGH, LOW, CLOSE } = barLayout;
const missing = Number.NaN;

export interface Bars {
  readonly o: readonly number[];
  readonly h: readonly number[];
  readonly l: readonly number[];
  readonly c: readonly number[];
  readonly v: readonly number[];
  readonly qv: readonly number[];
}

/** Bars of a coin up to hour t, all in the units of hour t. */
export function barsOf(panel: Panel, coin: number, t: number): Bars {
  const hours = Array.from({ length: t + 1 }, (_, hour) => hour);
  const unit = (hour: number) =>
    (panel.life?.renames ?? [])
      .filter((rename) => rename.to === coin && hour < rename.hour && rename.hour <= t)
      .reduce((product, { factor }) => product * factor, 1);
  const price = (field: number) =>
    hours.map((hour) => panel.bars[(coin * panel.hours + hour) * BAR_WIDTH + field]! * unit(hour));
  return {
    ...{ o: price(OPEN), h: price(HIGH), l: price(LOW), c: price(CLOSE) },
    v: hours.map((hour) => panel.volume![coin * panel.hours + hour]! / unit(hour)),
    qv: hours.map((hour) => panel.quoteVolume![coin * panel.hours + hour]!),
  };
}

type Series = readonly number[];

const there = (values: Series) => values.filter((value) => !Number.isNaN(value));
const last = (x: Series, t: number, n: number) =>
  Array.from({ length: n }, (_, k) => x[t - n + 1 + k] ?? missing);
const sum = (values: Series) => values.reduce((total, value) => total + value, 0);
const mean = (values: Series) => sum(values) / values.length;
const isConstant = (values: Series) => values.every((value) => value === values[0]);
const central = (values: Series, power: number) => {
  const centre = mean(values);
  return sum(values.map((value) => (value - centre) ** power));
};
const std = (values: Series) =>
  isConstant(values) ? 0 : Math.sqrt(central(values, 2) / (values.length - 1));
/** A statistic of the values there, if there are enough. */
const of = (x: Series, t: number, n: number, min: number, take: (values: Series) => number) => {
  const values = there(last(x, t, n));
  return values.length < min ? missing : take(values);
};
const logReturns = (c: Series) => c.map((close, t) => Math.log(close / (c[t - 1] ?? missing)));

interface Pair {
  readonly x: number;
  readonly y: number;
}
function pairs(
  x: Series,
  y: Series,
  t: number,
  n: number,
  keep: (pair: Pair) => boolean = () => true,
): Pair[] {
  return Array.from({ length: n }, (_, k) => ({ x: x[t - k] ?? missing, y: y[t - k] ?? missing }))
    .filter((pair) => !Number.isNaN(pair.x) && !Number.isNaN(pair.y))
    .filter(keep);
}
function moments(all: readonly Pair[]) {
  const [mx, my] = [mean(all.map(({ x }) => x)), mean(all.map(({ y }) => y))];
  return {
    ...{ mx, my, n: all.length },
    sxx: sum(all.map(({ x }) => (x - mx) ** 2)),
    sxy: sum(all.map(({ x, y }) => (x - mx) * (y - my))),
    syy: sum(all.map(({ y }) => (y - my) ** 2)),
  };
}
function slope(all: readonly Pair[], min: number): number {
  const { sxx, sxy, n } = moments(all);
  return n < min || sxx / (n - 1) < 1e-12 ? missing : sxy / sxx;
}
function correlation(all: readonly Pair[], min: number): number {
  if (all.length < min || isConstant(all.map(({ x }) => x)) || isConstant(all.map(({ y }) => y)))
    return missing;
  const { sxx, sxy, syy } = moments(all);
  return sxy / Math.sqrt(sxx * syy);
}

/** What formulas of one coin at one time share. Series run up to t. */
export class Reference {
  readonly t: number;
  readonly coin: Bars;
  readonly btc: Bars;
  readonly r: Series;
  readonly rB: Series;
  readonly e: Series;

  constructor(coin: Bars, btc: Bars) {
    this.t = coin.c.length - 1;
    this.coin = coin;
    this.btc = btc;
    this.r = logReturns(coin.c);
    this.rB = logReturns(btc.c);
    this.e = this.r.map((own, s) => (s < this.t - 730 ? missing : own - this.beta(s - 1) * this.rB[s]!));
  }

  beta(s: number): number {
    return slope(pairs(this.rB, this.r, s, 720), 540);
  }

  residual(n: number, min: number): number {
    return of(this.e, this.t, n, min, sum);
  }

  residualVolatility(n: number): number {
    return of(this.e, this.t, n, 0.75 * n, std) * Math.sqrt(24);
  }

  /** Hours of block k, those that have what is looked at; none where they are fewer than 18. */
  block(x: Series, k: number): Series {
    const values = there(last(x, this.t - 24 * k, 24));
    return values.length < 18 ? [] : values;
  }

  blockSums(x: Series, blocks: number): (number | null)[] {
    return Array.from({ length: blocks }, (_, k) => this.block(x, k)).map((values) =>
      values.length === 0 ? null : sum(values),
    );
  }

  candle(k: number) {
    const { o, h, l, c } = this.coin;
    const [open, close] = [this.block(o, k)[0] ?? missing, this.block(c, k).at(-1) ?? missing];
    return { open, close, high: Math.max(...this.block(h, k)), low: Math.min(...this.block(l, k)) };
  }

  fixedWindow(bars: number): Series {
    const window = last(this.coin.c, this.t, bars);
    const values = there(window);
    return Number.isNaN(window.at(-1)) || values.length < 0.9 * bars ? [] : values;
  }
}

const square = (x: Series) => x.map((value) => value * value);

function ema(values: Series, n: number): number[] {
  const out: number[] = [];
  for (const value of values) {
    const before = out.at(-1);
    out.push(before === undefined ? value : before + (2 / (n + 1)) * (value - before));
  }
  return out;
}

function wilder(values: Series, n: number): number {
  let y = mean(values.slice(0, n));
  for (const value of values.slice(n)) y += (value - y) / n;
  return y;
}

function rsi(closes: Series): number {
  if (closes.length === 0) return missing;
  const changes = closes.slice(1).map((close, i) => close - closes[i]!);
  const g = wilder(
    changes.map((change) => Math.max(change, 0)),
    14,
  );
  const l = wilder(
    changes.map((change) => Math.max(-change, 0)),
    14,
  );
  return g + l === 0 ? 50 : (100 * g) / (g + l);
}

function macdHistogram(closes: Series): number {
  if (closes.length === 0) return missing;
  const slow = ema(closes, 26);
  const m = ema(closes, 12).map((fast, i) => fast - slow[i]!);
  return (m.at(-1)! - ema(m, 9).at(-1)!) / closes.at(-1)!;
}

function skewness(values: Series): number {
  const n = values.length;
  if (n < 24 || isConstant(values)) return missing;
  return (Math.sqrt(n * (n - 1)) / (n - 2)) * (central(values, 3) / n / (central(values, 2) / n) ** 1.5);
}

function kurtosis(values: Series): number {
  const n = values.length;
  if (n < 540 || isConstant(values)) return missing;
  const g2 = central(values, 4) / n / (central(values, 2) / n) ** 2 - 3;
  return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * g2 + 6);
}

function deepestFall(values: Series): number {
  if (values.length < 540) return missing;
  const sums = [0];
  for (const value of values) sums.push(sums.at(-1)! + value);
  let deepest = 0;
  for (let k = 0; k < sums.length; k += 1)
    for (let j = 0; j <= k; j += 1) deepest = Math.min(deepest, sums[k]! - sums[j]!);
  return deepest;
}

const over = (numerator: number, denominator: number, floor: number) =>
  denominator < floor ? missing : numerator / denominator;
const momentum = (hours: number) => (m: Reference) => m.btc.c[m.t]! / m.btc.c[m.t - hours]! - 1;
const benchmarkVolatility = (hours: number) => (m: Reference) =>
  Math.sqrt(of(square(m.rB), m.t, hours, 0.75 * hours, mean) * 8760);
const change = (hours: number) => (m: Reference) => m.coin.c[m.t]! / m.coin.c[m.t - hours]! - 1;
const residualReturn = (hours: number, min: number) => (m: Reference) => m.residual(hours, min);
const monthPairs = (m: Reference) => pairs(m.rB, m.r, m.t, 720);
const trendPairs = (m: Reference) =>
  pairs(
    m.coin.c.map((_, s) => s - m.t),
    m.coin.c.map((close) => Math.log(close)),
    m.t,
    168,
  );

function alpha(m: Reference): number {
  const { mx, my } = moments(monthPairs(m));
  return (my - m.beta(m.t) * mx) * 24;
}

function volumeZ(m: Reference): number {
  const sums = m.blockSums(m.coin.qv, 30).map((value) => (value === null ? missing : Math.log(1 + value)));
  const values = there(sums);
  const deviation = std(values);
  return values.length < 24 || deviation < 1e-9 ? missing : (sums[0]! - mean(values)) / deviation;
}

function spread(m: Reference): number {
  const eta = (k: number) => (Math.log(m.candle(k).high) + Math.log(m.candle(k).low)) / 2;
  const all = there(
    [1, 2, 3, 4, 5, 6, 7].map((k) => {
      const c = Math.log(m.candle(k).close);
      return 4 * (c - eta(k)) * (c - eta(k - 1));
    }),
  ).filter(Number.isFinite);
  return all.length < 6 ? missing : Math.sqrt(Math.max(0, mean(all)));
}

function trueRanges({ coin: { h, l, c } }: Reference): Series {
  return h.map((high, s) => {
    const before = c[s - 1] ?? missing;
    return Math.max(high - l[s]!, Math.abs(high - before), Math.abs(l[s]! - before));
  });
}

function volatilityOfVolatility(m: Reference): number {
  const values = m
    .blockSums(square(m.r), 7)
    .filter((value) => value !== null)
    .map((value) => Math.sqrt(value));
  return values.length < 6 ? missing : std(values) / mean(values);
}

/** Value of every row at time t; not masked for its warm-up. */
export const reference: Readonly<Record<string, (m: Reference) => number>> = {
  btc_momentum_24h: momentum(24),
  btc_momentum_72h: momentum(72),
  btc_momentum_7d: momentum(168),
  btc_vol_24h: benchmarkVolatility(24),
  btc_vol_7d: benchmarkVolatility(168),
  btc_vol_30d: benchmarkVolatility(720),
  btc_drawdown_30d: (m) => m.btc.c[m.t]! / of(m.btc.h, m.t, 720, 540, (values) => Math.max(...values)) - 1,
  beta_30d: (m) => m.beta(m.t),
  beta_7d: (m) => slope(pairs(m.rB, m.r, m.t, 168), 126),
  beta_chg_7d: (m) => m.beta(m.t) - m.beta(m.t - 168),
  alpha_30d: alpha,
  r2_30d: (m) => correlation(monthPairs(m), 540) ** 2,
  resid_vol_30d: (m) => m.residualVolatility(720),
  resid_vol_7d: (m) => m.residualVolatility(168),
  resid_vol_ratio: (m) => over(m.residualVolatility(168), m.residualVolatility(720), 1e-9),
  resid_skew_30d: (m) => skewness(m.blockSums(m.e, 30).filter((value) => value !== null)),
  resid_kurt_30d: (m) => kurtosis(there(last(m.e, m.t, 720))),
  resid_autocorr1_7d: (m) => correlation(pairs([missing, ...m.e], m.e, m.t, 168), 126),
  downside_beta_30d: (m) =>
    slope(
      pairs(m.rB, m.r, m.t, 720, ({ x }) => x < 0),
      100,
    ),
  res_ret_1h: (m) => m.e[m.t]!,
  res_ret_6h: residualReturn(6, 5),
  res_ret_24h: residualReturn(24, 18),
  res_ret_72h: residualReturn(72, 54),
  res_ret_7d: residualReturn(168, 126),
  res_ret_14d: residualReturn(336, 252),
  res_ret_30d: residualReturn(720, 540),
  res_mom_30d_skip_3d: (m) => of(m.e, m.t - 72, 648, 486, sum),
  res_z_24h: (m) => over(m.residual(24, 18), m.residualVolatility(720), 1e-9),
  res_maxdd_30d: (m) => deepestFall(there(last(m.e, m.t, 720))),
  m_pct_1d: change(24),
  m_pct_3d: change(72),
  m_pct_7d: change(168),
  m_pct_30d: change(720),
  d_pct_var: (m) => (m.candle(0).high - m.candle(0).low) / m.coin.o[m.t - 23]!,
  rsi_14h: (m) => rsi(m.fixedWindow(281)),
  macd_hist_h: (m) => macdHistogram(m.fixedWindow(401)),
  dist_high_30d: (m) => m.coin.c[m.t]! / of(m.coin.h, m.t, 720, 540, (values) => Math.max(...values)) - 1,
  dist_low_30d: (m) => m.coin.c[m.t]! / of(m.coin.l, m.t, 720, 540, (values) => Math.min(...values)) - 1,
  ema_ratio_24_168: (m) =>
    (ema(m.fixedWindow(1201), 24).at(-1) ?? missing) / (ema(m.fixedWindow(1201), 168).at(-1) ?? missing) - 1,
  trend_slope_168h: (m) => 168 * slope(trendPairs(m), 126),
  trend_rsq_168h: (m) => correlation(trendPairs(m), 126) ** 2,
  rv_24h: (m) => Math.sqrt(of(square(m.r), m.t, 24, 18, sum)),
  rv_7d: (m) => Math.sqrt(of(square(m.r), m.t, 168, 126, sum) / 7),
  parkinson_24h: (m) => {
    const terms = m.coin.h.map((high, s) => Math.log(high / m.coin.l[s]!) ** 2);
    return Math.sqrt(of(terms, m.t, 24, 18, sum) / (4 * Math.log(2)));
  },
  garman_klass_7d: (m) => {
    const { o, h, l, c } = m.coin;
    const terms = h.map(
      (high, s) => 0.5 * Math.log(high / l[s]!) ** 2 - (2 * Math.log(2) - 1) * Math.log(c[s]! / o[s]!) ** 2,
    );
    return Math.sqrt(Math.max(0, 24 * of(terms, m.t, 168, 126, mean)));
  },
  atr_14d_pct: (m) => of(trueRanges(m), m.t, 336, 252, mean) / m.coin.c[m.t]!,
  vol_of_vol_7d: volatilityOfVolatility,
  max_abs_ret_7d: (m) => of(m.r.map(Math.abs), m.t, 168, 126, (values) => Math.max(...values)),
  semivol_ratio_7d: (m) => {
    const falls = m.r.map((value) => (value >= 0 ? 0 : value));
    return of(square(falls), m.t, 168, 126, sum) / of(square(m.r), m.t, 168, 126, sum);
  },
  qv_24h_log: (m) => Math.log(1 + of(m.coin.qv, m.t, 24, 18, sum)),
  qv_7d_log: (m) => Math.log(1 + of(m.coin.qv, m.t, 168, 126, sum)),
  qv_ratio_24h_7d: (m) => (7 * of(m.coin.qv, m.t, 24, 18, sum)) / of(m.coin.qv, m.t, 168, 126, sum),
  vol_z_30d: volumeZ,
  amihud_7d: (m) => {
    const terms = m.r.map((value, s) => Math.abs(value) / (m.coin.qv[s]! + 1000));
    return 1e6 * of(terms, m.t, 168, 126, mean);
  },
  spread_ar_7d: spread,
  vwap_dist_24h: (m) => {
    const amount = of(m.coin.v, m.t, 24, 18, sum);
    return amount === 0 ? missing : m.coin.c[m.t]! / (of(m.coin.qv, m.t, 24, 18, sum) / amount) - 1;
  },
  corr_pv_7d: (m) =>
    correlation(
      pairs(
        m.coin.c,
        m.coin.v.map((volume) => Math.log(1 + volume)),
        m.t,
        168,
      ),
      126,
    ),
  zero_vol_share_7d: (m) =>
    of(m.coin.v, m.t, 168, 126, (values) => mean(values.map((v) => (v === 0 ? 1 : 0)))),
  kmid_24h: (m) => (m.candle(0).close - m.candle(0).open) / m.candle(0).open,
  kup_24h: (m) => (m.candle(0).high - Math.max(m.candle(0).open, m.candle(0).close)) / m.candle(0).open,
  klow_24h: (m) => (Math.min(m.candle(0).open, m.candle(0).close) - m.candle(0).low) / m.candle(0).open,
  ksft_24h: (m) => (2 * m.candle(0).close - m.candle(0).high - m.candle(0).low) / m.candle(0).open,
};
