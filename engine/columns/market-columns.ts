/**
 * Columns computed from bars alone. Returns are logarithmic, hour on hour; a missing bar makes its own return and the next
 * one missing. The residual is ex ante: the return of hour t less beta(t - 1) times BTC's return, so that nothing of hour
 * t enters its own expectation.
 */
import { hourMs } from '../panel/hours.ts';
import { BAR_WIDTH, CLOSE, type Panel } from '../panel/panel.ts';
import { rollingBeta, rollingDeviation, rollingSum } from './rolling.ts';

const BETA_WINDOW_HOURS = 720;
/** Three quarters of a window must be there. */
const PRESENT_SHARE_MIN = 0.75;
const RESIDUAL_WINDOW_HOURS = 168;
export const BENCHMARK_SYMBOL = 'BTCUSDT';

export interface MarketColumn {
  readonly name: string;
  readonly unit: string;
  readonly doc: string;
  /** Hours before t on which the value at t depends. */
  readonly lookbackHours: number;
  /** True where the panel must hold the benchmark. */
  readonly needsBenchmark: boolean;
  /** Fills `out[hour]` for hours [from, to). */
  compute(coin: CoinSeries, from: number, to: number, out: Float64Array): void;
}

const beta: MarketColumn = {
  name: 'beta_720h',
  unit: 'ratio',
  doc: 'slope of the coin on BTC, hourly log returns, last 720 hours, at least 540 pairs',
  lookbackHours: BETA_WINDOW_HOURS,
  needsBenchmark: true,
  compute: (coin, from, to, out) => coin.beta(from, to, out),
};

const residual: MarketColumn = {
  name: 'residual_1h',
  unit: 'log return',
  doc: 'return of the hour less beta of the hour before times the return of BTC',
  lookbackHours: BETA_WINDOW_HOURS + 1,
  needsBenchmark: true,
  compute: (coin, from, to, out) => coin.residual(from, to, out),
};

const residualReturn: MarketColumn = {
  name: 'residual_return_168h',
  unit: 'log return',
  doc: 'sum of the residuals of the last 168 hours, at least 126 of them present',
  lookbackHours: BETA_WINDOW_HOURS + RESIDUAL_WINDOW_HOURS,
  needsBenchmark: true,
  compute: (coin, from, to, out) => {
    const series = new Float64Array(to).fill(Number.NaN);
    coin.residual(Math.max(0, from - RESIDUAL_WINDOW_HOURS + 1), to, series);
    rollingSum(series, coin.range(RESIDUAL_WINDOW_HOURS, from, to), out);
  },
};

const historyHours: MarketColumn = {
  name: 'history_hours',
  unit: 'hours',
  doc: 'hours since the open of the first bar',
  lookbackHours: 0,
  needsBenchmark: false,
  compute: (coin, from, to, out) => {
    for (let hour = from; hour < to; hour += 1) out[hour] = coin.ageAt(hour);
  },
};

const returnDeviation: MarketColumn = {
  name: 'return_sd_720h',
  unit: 'log return per hour',
  doc: 'standard deviation of hourly log returns, last 720 hours, at least 540 of them present',
  lookbackHours: BETA_WINDOW_HOURS,
  needsBenchmark: false,
  compute: (coin, from, to, out) =>
    rollingDeviation(
      coin.returns(Math.max(0, from - BETA_WINDOW_HOURS + 1), to),
      coin.range(BETA_WINDOW_HOURS, from, to),
      out,
    ),
};

/** All market columns by name. */
export const marketColumns: ReadonlyMap<string, MarketColumn> = new Map(
  [beta, residual, residualReturn, historyHours, returnDeviation].map((column) => [column.name, column]),
);

/** One coin of a panel as a source of series; what several columns share is computed once per range. */
export class CoinSeries {
  readonly #panel: Panel;
  readonly #coin: number;
  readonly #benchmark: number;
  readonly #cache = new Map<string, Float64Array>();

  /** `benchmark` is BTC's panel index, or -1 where the panel has none. */
  constructor(panel: Panel, coin: number, benchmark: number) {
    this.#panel = panel;
    this.#coin = coin;
    this.#benchmark = benchmark;
  }

  ageAt(hour: number): number {
    const first = this.#panel.firstHour[this.#coin]!;
    return hour >= first && hour < this.#panel.endHour[this.#coin]! ? hour - first + 1 : Number.NaN;
  }

  range(window: number, from: number, to: number) {
    const firstStamp = this.#panel.startMs / hourMs;
    return { window, countMin: window * PRESENT_SHARE_MIN, firstStamp, from, to };
  }

  /** Log returns, valid in [from, to). */
  returns(from: number, to: number): Float64Array {
    return this.#cached(`returns ${from} ${to}`, to, (out) =>
      logReturns(this.#panel, this.#coin, from, to, out),
    );
  }

  beta(from: number, to: number, out: Float64Array): void {
    const first = Math.max(0, from - BETA_WINDOW_HOURS + 1);
    const x = this.#cached(`benchmark ${first} ${to}`, to, (series) =>
      logReturns(this.#panel, this.#benchmark, first, to, series),
    );
    rollingBeta(x, this.returns(first, to), this.range(BETA_WINDOW_HOURS, from, to), out);
  }

  residual(from: number, to: number, out: Float64Array): void {
    const betaFrom = Math.max(0, from - 1);
    const slope = this.#cached(`beta ${betaFrom} ${to}`, to, (series) => this.beta(betaFrom, to, series));
    const own = this.returns(from, to);
    const market = this.#cached(`benchmark ${from} ${to}`, to, (series) =>
      logReturns(this.#panel, this.#benchmark, from, to, series),
    );
    for (let hour = from; hour < to; hour += 1) {
      out[hour] = hour === 0 ? Number.NaN : own[hour]! - slope[hour - 1]! * market[hour]!;
    }
  }

  #cached(key: string, length: number, fill: (out: Float64Array) => void): Float64Array {
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const series = new Float64Array(length).fill(Number.NaN);
    fill(series);
    this.#cache.set(key, series);
    return series;
  }
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
