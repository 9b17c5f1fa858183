/**
 * Bars of 1, 4 and 24 hours of a coin's window, and features over them. A longer bar is made of the hourly ones between two
 * UTC boundaries and is known from its own close on: the 08:00 bar of 4 h from 12:00. It is valid where at least 3 of 4, or 18 of
 * 24, of its hours are present, and absent otherwise. A value of a longer timeframe is computed once, at the close of its
 * bar, and holds until the next bar closes, whether that one is valid or not.
 *
 * Missing bars, in all three timeframes: a look-up of single bars (returns, the shape of the last bar) needs those bars and
 * no others; every window needs nine tenths of its bars, the oldest that only serves as forerunner included, and its newest.
 * A change or return between two bars needs both, one directly after the other, but in the recursive indicators, which run
 * over present bars. Rows of volume count the bars whose volume is known.
 */
import type { RollingRange } from '../../rolling.ts';
import { giveFloats, takeFloats } from '../../scratch.ts';
import type { CoinWindow } from '../coin-window.ts';
import type { CoinFeature, FeatureNeed } from '../feature.ts';

const barHours = { '1h': 1, '4h': 4, '1d': 24 } as const;
export type Timeframe = keyof typeof barHours;

/** Fewest present hours of a valid bar. */
const presentHoursMin = { '1h': 1, '4h': 3, '1d': 18 } as const;

/** A row of a timeframe's table. */
export interface BarRow {
  /** Without the timeframe, which is put before it. */
  readonly name: string;
  readonly formula: string;
  readonly unit: string;
  /** Nominal window in bars of the timeframe. */
  readonly lookbackBars: number;
  /** Closed bars that enter the value, the newest included. */
  readonly bars: number;
  readonly needs?: readonly FeatureNeed[];
  readonly reference?: string;
  /** Fills `out` over the range, whose window is `bars` and whose `countMin` is nine tenths of it. */
  compute(bars: TimeframeBars, range: RollingRange, out: Float64Array): void;
}

/**
 * Closed bars of one timeframe. Index 0 is the `first`-th bar of the coin's window, whose bar 0 holds the window's first hour:
 * a feature sees no more than it needs, so that what it lays out on the way is as short. Absent bars are NaN.
 */
export class TimeframeBars {
  readonly #coin: CoinWindow;
  readonly #timeframe: Timeframe;
  readonly #hours: number;
  readonly #first: number;
  /** Absolute number of bar 0: bars since the epoch. */
  readonly firstStamp: number;

  constructor(coin: CoinWindow, timeframe: Timeframe, first = 0) {
    this.#coin = coin;
    this.#timeframe = timeframe;
    this.#hours = barHours[timeframe];
    this.#first = first;
    this.firstStamp = Math.floor(coin.market.firstStamp / this.#hours) + first;
  }

  get open(): Float64Array {
    return this.#series('open', this.#coin.open, 'first');
  }

  get high(): Float64Array {
    return this.#series('high', this.#coin.high, 'highest');
  }

  get low(): Float64Array {
    return this.#series('low', this.#coin.low, 'lowest');
  }

  get close(): Float64Array {
    return this.#series('close', this.#coin.close, 'last');
  }

  /** Sum of the hours whose volume is known; NaN where too few are. */
  get volume(): Float64Array {
    return this.#series('volume', this.#coin.volume, 'sum');
  }

  get quoteVolume(): Float64Array {
    return this.#series('quoteVolume', this.#coin.quoteVolume, 'sum');
  }

  /** Index of the last bar that is closed when the hour at that index is. */
  lastClosed(hourIndex: number): number {
    return Math.floor((this.#coin.market.firstStamp + hourIndex + 1) / this.#hours) - 1 - this.firstStamp;
  }

  /** Index of the hour with which a bar closes. */
  closingHour(bar: number): number {
    return (this.firstStamp + bar + 1) * this.#hours - 1 - this.#coin.market.firstStamp;
  }

  /** A series that several features share over one range, made once. */
  shared(name: string, range: RollingRange, make: (out: Float64Array) => void): Float64Array {
    const { window, from, to } = range;
    const over = `${window} ${this.firstStamp}+${from}-${to}`;
    return this.#coin.cached(`${this.#timeframe} ${name} ${over}`, make);
  }

  /**
   * A series by bar that several features read, made once: for the whole window of the coin where most of it is asked for,
   * else for the windows of the range alone. `make` fills `out[bar]` for the bars it is given, of the bars it is given.
   */
  derived(
    name: string,
    range: RollingRange,
    make: (bars: TimeframeBars, from: number, to: number, out: Float64Array) => void,
  ): Float64Array {
    const { window, from, to } = range;
    const first = this.#first;
    if (2 * (to - from) * this.#hours > this.#coin.hours) {
      const whole = new TimeframeBars(this.#coin, this.#timeframe);
      const { hours } = this.#coin;
      const bars = Math.ceil(hours / this.#hours);
      return this.#coin
        .cached(`${this.#timeframe} ${name}`, (out) => make(whole, 0, bars, out))
        .subarray(first);
    }
    return this.shared(name, range, (out) => make(this, Math.max(0, from - window + 1), to, out));
  }

  #series(name: string, hourly: Float64Array, pick: Pick): Float64Array {
    const series =
      this.#hours === 1
        ? hourly
        : this.#coin.cached(`${this.#timeframe} ${name}`, (out) => this.#aggregate(hourly, pick, out));
    return series.subarray(this.#first);
  }

  /** All closed bars of the coin's window. */
  #aggregate(hourly: Float64Array, pick: Pick, out: Float64Array): void {
    const hours = this.#hours;
    const countMin = presentHoursMin[this.#timeframe];
    let from = (this.firstStamp - this.#first) * hours - this.#coin.market.firstStamp;
    let bar = 0;
    // A bar that began before the window is not all there; no full window of a feature reaches it.
    if (from < 0) {
      from += hours;
      bar = 1;
    }
    for (; from + hours <= hourly.length; from += hours, bar += 1)
      out[bar] = longValue(hourly, from, from + hours, countMin, pick);
  }
}

type Pick = 'first' | 'highest' | 'lowest' | 'last' | 'sum';

/** One value of the hours [from, to); NaN where fewer than `countMin` of them are present. */
function longValue(hourly: Float64Array, from: number, to: number, countMin: number, pick: Pick): number {
  let count = 0;
  let sum = 0;
  for (let hour = from; hour < to; hour += 1) {
    const value = hourly[hour]!;
    if (value !== value) continue;
    count += 1;
    sum += value;
  }
  if (count < countMin) return Number.NaN;
  if (pick === 'sum') return sum;
  if (pick === 'first' || pick === 'last') {
    const step = pick === 'first' ? 1 : -1;
    let hour = pick === 'first' ? from : to - 1;
    while (Number.isNaN(hourly[hour]!)) hour += step;
    return hourly[hour]!;
  }
  const sign = pick === 'highest' ? 1 : -1;
  let highest = Number.NEGATIVE_INFINITY;
  for (let hour = from; hour < to; hour += 1) {
    const value = sign * hourly[hour]!;
    if (value > highest) highest = value;
  }
  return sign * highest;
}

/** A feature from a row: its name, its reach in hours, and its values spread over the hours through which they hold. */
export function barFeature(timeframe: Timeframe, row: BarRow): CoinFeature {
  const hours = barHours[timeframe];
  // The bars themselves, and the hours by which the newest of them may have closed before the hour does.
  const warmupHours = row.bars * hours - 1 + (hours - 1);
  return {
    name: `${timeframe}_${row.name}`,
    group: timeframe,
    scope: 'coin',
    formula: row.formula,
    unit: row.unit,
    lookbackHours: row.lookbackBars * hours,
    warmupHours,
    needs: row.needs ?? [],
    ...(row.reference === undefined ? {} : { reference: row.reference }),
    compute: (coin, from, to, out) => {
      const start = Math.max(from, Math.max(0, coin.firstBar) + warmupHours);
      if (start >= to) return;
      const newest = new TimeframeBars(coin, timeframe).lastClosed(start);
      const first = newest - row.bars + 1;
      const bars = new TimeframeBars(coin, timeframe, first);
      const range = {
        window: row.bars,
        countMin: row.bars - Math.floor(row.bars / 10),
        firstStamp: bars.firstStamp,
        from: row.bars - 1,
        to: bars.lastClosed(to - 1) + 1,
      };
      if (hours === 1) {
        row.compute(bars, range, out.subarray(first));
        return;
      }
      const values = takeFloats(range.to);
      row.compute(bars, range, values);
      let hour = start;
      for (let bar = range.from; bar < range.to; bar += 1) {
        const end = Math.min(to, bars.closingHour(bar + 1));
        const value = values[bar]!;
        for (; hour < end; hour += 1) out[hour] = value;
      }
      giveFloats(values);
    },
  };
}
