/**
 * One coin over a span of hours, as a source of series for features. Index i of every series is panel hour `base + i`; what
 * several features share is computed once a window. A feature whose warm-up lies inside the window gets the same bits from
 * any window that ends where it likes and begins early enough: series are functions of their own hours alone.
 *
 * Prices and volumes stand in the units of the window's last hour: at a redenomination inside the window what is older is
 * carried over, so that no return sees it. Of a coin that came back under the same name a window holds its last life alone.
 * Hours before and after a redenomination or a return are therefore computed in windows of their own (see `unitSpans`).
 */
import { hourMs } from '../../panel/hours.ts';
import { barLayout, type Panel } from '../../panel/panel.ts';
import { type RollingRange, rollingBeta } from '../rolling.ts';
import type { ColumnInputs } from './inputs.ts';

const { OPEN, HIGH, LOW, CLOSE, BAR_WIDTH } = barLayout;

export const BENCHMARK_SYMBOL = 'BTCUSDT';
const BETA_HOURS = 720;
/** Three quarters of a window must be there. */
const PRESENT_SHARE_MIN = 0.75;

/** What all coins of a window share. */
export class MarketWindow {
  readonly inputs: ColumnInputs;
  /** Panel hour of index 0. */
  readonly base: number;
  readonly hours: number;
  /** Absolute number of the hour at index 0: hours since the epoch. Rolling windows are cut at its multiples. */
  readonly firstStamp: number;
  /** Panel index of the benchmark; -1 where the panel has none. */
  readonly benchmark: number;
  readonly #series = new Map<string, Float64Array>();
  /** Series of coins that are done with, for the next ones. */
  readonly #spare: Float64Array[] = [];
  #benchmarkWindow: CoinWindow | null = null;

  /** Panel hours [base, toHour). */
  constructor(inputs: ColumnInputs, base: number, toHour: number) {
    this.inputs = inputs;
    this.base = base;
    this.hours = toHour - base;
    this.firstStamp = inputs.panel.startMs / hourMs + base;
    this.benchmark = inputs.panel.symbols.indexOf(BENCHMARK_SYMBOL);
  }

  /** Close of the bar at index i, epoch ms: the time at which its row is known. */
  closeTimeMs(index: number): number {
    return (this.firstStamp + index + 1) * hourMs;
  }

  /** The benchmark's own window; all its series are NaN where the panel has none. */
  get btc(): CoinWindow {
    this.#benchmarkWindow ??= new CoinWindow(this, this.benchmark);
    return this.#benchmarkWindow;
  }

  /** A series of the window's length, made once under its name. `make` gets it filled with NaN. */
  cached(name: string, make: (out: Float64Array) => void): Float64Array {
    return cachedIn(this.#series, name, this, make);
  }

  /** A series of the window's length, filled with NaN at hours of [from, to); what stands elsewhere means nothing. */
  blank(from = 0, to = this.hours): Float64Array {
    return (this.#spare.pop() ?? new Float64Array(this.hours)).fill(Number.NaN, from, to);
  }

  /** Takes back what `blank` gave: nobody may look at it any more. */
  reuse(series: Float64Array): void {
    this.#spare.push(series);
  }
}

export class CoinWindow {
  readonly market: MarketWindow;
  /** Panel index. */
  readonly coin: number;
  readonly hours: number;
  /** Local index of the first bar of the life in which the window ends; below 0 where that lies before the window. */
  readonly firstBar: number;
  readonly #series = new Map<string, Float64Array>();

  constructor(market: MarketWindow, coin: number) {
    this.market = market;
    this.coin = coin;
    this.hours = market.hours;
    this.firstBar = bornHour(market.inputs.panel, coin, market.base + market.hours - 1) - market.base;
  }

  get open(): Float64Array {
    return this.#price('open', OPEN);
  }

  get high(): Float64Array {
    return this.#price('high', HIGH);
  }

  get low(): Float64Array {
    return this.#price('low', LOW);
  }

  /** NaN where there is no bar; so are the other prices and the volumes. */
  get close(): Float64Array {
    return this.#price('close', CLOSE);
  }

  /** Base-asset volume; NaN where it is not known. */
  get volume(): Float64Array {
    return this.cached('volume', (out) => {
      const { inputs, base } = this.market;
      const { volume, hours } = inputs.panel;
      if (volume === null || this.coin < 0) return;
      const at = this.coin * hours + base;
      for (let index = this.#lifeFrom(); index < this.hours; index += 1) out[index] = volume[at + index]!;
      this.#toLastUnits(out, -1);
    });
  }

  /** Quote-asset volume; volume times close where it is missing and the inputs allow that, else NaN. */
  get quoteVolume(): Float64Array {
    return this.cached('quoteVolume', (out) => {
      const { inputs, base } = this.market;
      const { quoteVolume, hours } = inputs.panel;
      if (this.coin < 0) return;
      const at = this.coin * hours + base;
      for (let index = this.#lifeFrom(); index < this.hours; index += 1)
        out[index] = quoteVolume?.[at + index] ?? Number.NaN;
      if (!inputs.approximateQuoteVolume) return;
      const { volume, close } = this;
      for (let index = 0; index < this.hours; index += 1) {
        if (Number.isNaN(out[index])) out[index] = volume[index]! * close[index]!;
      }
    });
  }

  /** r(t) = ln(c(t) / c(t - 1)); NaN where either bar is absent. */
  get returns(): Float64Array {
    return this.cached('returns', (out) => {
      const { close } = this;
      for (let index = 1; index < this.hours; index += 1) {
        out[index] = Math.log(close[index]! / close[index - 1]!);
      }
    });
  }

  /** Slope of r on the benchmark's return over the last 720 hours, at least 540 pairs. */
  get beta(): Float64Array {
    return this.cached('beta', (out) => {
      // In a window that begins inside the history nobody may look at an hour whose own window is not whole.
      const from = this.market.base === 0 ? 0 : Math.min(BETA_HOURS, this.hours);
      rollingBeta(this.market.btc.returns, this.returns, this.range(BETA_HOURS, from, this.hours), out);
    });
  }

  /** Ex-ante residual e(t) = r(t) - beta(t - 1) rB(t): nothing of hour t enters its own expectation. */
  get residual(): Float64Array {
    return this.cached('residual', (out) => {
      const { beta, returns } = this;
      const market = this.market.btc.returns;
      for (let index = 1; index < this.hours; index += 1) {
        out[index] = returns[index]! - beta[index - 1]! * market[index]!;
      }
    });
  }

  /** A rolling range over this window; `countMin` is three quarters of the window if absent. */
  range(
    window: number,
    from: number,
    to: number,
    countMin: number = Math.ceil(window * PRESENT_SHARE_MIN),
  ): RollingRange {
    return { window, countMin, firstStamp: this.market.firstStamp, from, to };
  }

  /** A series of the window's length, made once under its name. `make` gets it filled with NaN. */
  cached(name: string, make: (out: Float64Array) => void): Float64Array {
    return cachedIn(this.#series, name, this.market, make);
  }

  /**
   * A series that several features read at hours of [from, to), made once: for the whole window where most of it is asked
   * for, else for those hours alone. `make` fills `out[index]` for the hours it is given.
   */
  shared(
    name: string,
    from: number,
    to: number,
    make: (from: number, to: number, out: Float64Array) => void,
  ): Float64Array {
    if (2 * (to - from) > this.hours) return this.cached(name, (out) => make(0, this.hours, out));
    return this.cached(`${name} ${from} ${to}`, (out) => make(from, to, out));
  }

  /** Gives up all series, for windows of other coins to use again. */
  release(): void {
    for (const series of this.#series.values()) this.market.reuse(series);
    this.#series.clear();
  }

  #price(name: string, offset: number): Float64Array {
    return this.cached(name, (out) => {
      if (this.coin < 0) return;
      const { bars, hours } = this.market.inputs.panel;
      const from = this.#lifeFrom();
      let at = (this.coin * hours + this.market.base + from) * BAR_WIDTH + offset;
      for (let index = from; index < this.hours; index += 1, at += BAR_WIDTH) out[index] = bars[at]!;
      this.#toLastUnits(out, 1);
    });
  }

  /** First index that does not belong to an earlier life of the coin. */
  #lifeFrom(): number {
    const gaps = this.market.inputs.panel.life?.gaps ?? [];
    return gaps.some(({ coin }) => coin === this.coin) ? Math.min(Math.max(0, this.firstBar), this.hours) : 0;
  }

  /** Carries what is older than a redenomination over it: prices by the factor, amounts by its inverse. */
  #toLastUnits(series: Float64Array, power: 1 | -1): void {
    const { panel } = this.market.inputs;
    for (const { hour, factor } of redenominationsOf(panel, this.coin)) {
      const end = Math.min(hour - this.market.base, this.hours);
      if (end >= this.hours) continue;
      for (let index = 0; index < end; index += 1) series[index] = series[index]! * factor ** power;
    }
  }
}

function redenominationsOf(
  panel: Panel,
  coin: number,
): readonly { readonly hour: number; readonly factor: number }[] {
  return (panel.life?.renames ?? []).filter(({ from, to }) => from === coin && to === coin);
}

/** First hour of the life that the coin is in at that panel hour, or was in last. */
export function bornHour(panel: Panel, coin: number, hour: number): number {
  let born = panel.firstHour[coin] ?? panel.hours;
  for (const gap of panel.life?.gaps ?? []) {
    if (gap.coin === coin && gap.toHour <= hour) born = Math.max(born, gap.toHour);
  }
  return born;
}

/**
 * Spans of panel hours [from, to) through which the coin lives one life and its prices keep their unit: one, but for a coin
 * that was redenominated or came back. A span is computed in a window that ends with it.
 */
export function unitSpans(
  panel: Panel,
  coin: number,
  from: number,
  to: number,
): readonly { readonly from: number; readonly to: number }[] {
  if (panel.life === undefined) return [{ from, to }];
  const returns = panel.life.gaps.filter((gap) => gap.coin === coin).map(({ toHour }) => toHour);
  const cuts = [...new Set([...redenominationsOf(panel, coin).map(({ hour }) => hour), ...returns])]
    .filter((hour) => hour > from && hour < to)
    .sort((a, b) => a - b);
  return [from, ...cuts].map((start, index) => ({ from: start, to: cuts[index] ?? to }));
}

function cachedIn(
  series: Map<string, Float64Array>,
  name: string,
  market: MarketWindow,
  make: (out: Float64Array) => void,
): Float64Array {
  const known = series.get(name);
  if (known !== undefined) return known;
  const out = market.blank();
  make(out);
  series.set(name, out);
  return out;
}
