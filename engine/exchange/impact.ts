/** Market impact: half a spread, and the square root of an order's share of the day's volume. */

import { hourMs } from '../panel/hours.ts';
import { barLayout, isPresent, type Panel, type Rename } from '../panel/panel.ts';

const { BAR_WIDTH, CLOSE } = barLayout;

export interface ImpactModel {
  readonly halfSpreadBps: number;
  /** Y of the square-root law; 1 where nothing better is known. */
  readonly coefficient: number;
  /** Largest share of a bar's quote volume that one order takes; null for no cap. */
  readonly participationMax: number | null;
  /** What becomes of the part of an order beyond that share. */
  readonly rest: 'carry' | 'drop';
}

export interface ImpactInput {
  /** What is traded, quote currency, >= 0. */
  readonly notional: number;
  /** Standard deviation of a day's log return. */
  readonly sigmaDay: number;
  /** Volume of a day, quote currency; NaN where unknown. */
  readonly volumeDay: number;
}

/**
 * How much worse than the reference price an order fills on average, in basis points: halfSpread + 10^4 Y sigma sqrt(Q / V).
 * Half the spread alone where the volume is unknown or 0. Source: the square-root law, Donier and Bonart 2015 (arXiv 1412.4503).
 */
export function impactBps(model: ImpactModel, { notional, sigmaDay, volumeDay }: ImpactInput): number {
  if (!(volumeDay > 0)) return model.halfSpreadBps;
  return model.halfSpreadBps + 1e4 * model.coefficient * sigmaDay * Math.sqrt(notional / volumeDay);
}

/** Hourly returns looked back at, the fewest that give a deviation, and what is assumed below. */
const RETURNS_MAX = 168;
const RETURNS_MIN = 24;
const SIGMA_UNKNOWN = 0.1;
const HOURS_A_DAY = 24;

export interface ImpactCheckpoint {
  readonly hourOf: Int32Array;
  readonly traded: Float64Array;
  readonly unknownVolumes: number;
}

/**
 * Impact on a panel, with the memory of what the account has traded in each coin, bar and direction: orders of one bar cost
 * together what one order of their sum would. Volatility and volume are those of
 * the bars before the last midnight.
 */
export class ImpactMeter {
  readonly #panel: Panel;
  readonly #model: ImpactModel;
  /** By coin and direction (buys, then sells): the bar last traded in, and the quote currency traded in it. */
  #hourOf: Int32Array;
  #traded: Float64Array;
  #unknownVolumes = 0;
  /** By coin: the hour for which the two figures below stand. */
  readonly #knownHour: Int32Array;
  readonly #sigmaDay: Float64Array;
  readonly #volumeDay: Float64Array;
  readonly #renames: readonly Rename[];
  readonly #redenominates: boolean;
  /** Hour of the day, UTC, of the panel's first hour. */
  readonly #startHour: number;

  constructor(panel: Panel, model: ImpactModel) {
    const coins = panel.symbols.length;
    this.#panel = panel;
    this.#renames = panel.life?.renames ?? [];
    this.#redenominates = this.#renames.some(({ from, to }) => from === to);
    this.#startHour = (panel.startMs / hourMs) % HOURS_A_DAY;
    this.#model = model;
    this.#hourOf = new Int32Array(coins * 2).fill(-1);
    this.#traded = new Float64Array(coins * 2);
    this.#knownHour = new Int32Array(coins).fill(-1);
    this.#sigmaDay = new Float64Array(coins);
    this.#volumeDay = new Float64Array(coins);
  }

  /** What a bar could not take waits for the next one. */
  get carries(): boolean {
    return this.#model.rest === 'carry';
  }

  /** Trades that cost half the spread alone, because the day before them had no known volume. */
  get unknownVolumes(): number {
    return this.#unknownVolumes;
  }

  /**
   * How much worse the next `notional` (quote currency, >= 0) fills in the bar, as a fraction of price: the average over what
   * lies between the notional already recorded and that plus the new one. Changes nothing.
   */
  slippage(coin: number, hour: number, direction: 1 | -1, notional: number): number {
    this.#learn(coin, hour);
    const sigmaDay = this.#sigmaDay[coin]!;
    const volumeDay = this.#volumeDay[coin]!;
    const before = this.#tradedIn(coin, hour, direction);
    if (before === 0) return impactBps(this.#model, { notional, sigmaDay, volumeDay }) / 1e4;
    const { halfSpreadBps, coefficient } = this.#model;
    if (!(volumeDay > 0)) return halfSpreadBps / 1e4;
    // ((Q1 + Q2)^1.5 - Q1^1.5) / Q2 without the difference, which would lose small orders behind large ones.
    const a = Math.sqrt(before + notional);
    const b = Math.sqrt(before);
    const root = (a * a + a * b + b * b) / (a + b) / Math.sqrt(volumeDay);
    return halfSpreadBps / 1e4 + coefficient * sigmaDay * root;
  }

  /** Remembers that `notional` (quote currency) was traded in the bar. Hours of a coin never go back. */
  record(coin: number, hour: number, direction: 1 | -1, notional: number): void {
    this.#learn(coin, hour);
    if (!(this.#volumeDay[coin]! > 0)) this.#unknownVolumes += 1;
    const total = this.#tradedIn(coin, hour, direction) + notional;
    const at = laneOf(coin, direction);
    this.#hourOf[at] = hour;
    this.#traded[at] = total;
  }

  /** Quote currency that one order may trade in the bar; Infinity without a cap or where its volume is unknown. */
  capacity(coin: number, hour: number): number {
    const { participationMax } = this.#model;
    if (participationMax === null) return Number.POSITIVE_INFINITY;
    const volume = this.#quoteVolume(coin, hour);
    return Number.isNaN(volume) ? Number.POSITIVE_INFINITY : participationMax * volume;
  }

  checkpoint(): ImpactCheckpoint {
    return {
      hourOf: this.#hourOf.slice(),
      traded: this.#traded.slice(),
      unknownVolumes: this.#unknownVolumes,
    };
  }

  restore({ hourOf, traded, unknownVolumes }: ImpactCheckpoint): void {
    this.#hourOf = hourOf.slice();
    this.#traded = traded.slice();
    this.#unknownVolumes = unknownVolumes;
  }

  #tradedIn(coin: number, hour: number, direction: 1 | -1): number {
    const at = laneOf(coin, direction);
    return this.#hourOf[at] === hour ? this.#traded[at]! : 0;
  }

  #learn(coin: number, hour: number): void {
    const asOf = this.#asOf(coin, hour);
    if (this.#knownHour[coin] === asOf) return;
    this.#knownHour[coin] = asOf;
    this.#sigmaDay[coin] = this.#sigmaBefore(coin, asOf);
    this.#volumeDay[coin] = this.#volumeBefore(coin, asOf);
  }

  /** The last midnight, as risk figures are made once a day; a coin that was not there a day before it is looked at by the hour. */
  #asOf(coin: number, hour: number): number {
    const midnight = hour - ((this.#startHour + hour) % HOURS_A_DAY);
    return isPresent(this.#panel, coin, midnight - HOURS_A_DAY) ? midnight : hour;
  }

  /**
   * From the returns, close to close, of the last 168 bars that have a bar right before them, scaled to a day. One pass: returns are small
   * beside one, so that sums of squares lose nothing that matters.
   */
  #sigmaBefore(coin: number, hour: number): number {
    const { bars, hours } = this.#panel;
    const base = coin * hours * BAR_WIDTH + CLOSE;
    const from = Math.max(1, hour - RETURNS_MAX);
    let count = 0;
    let sum = 0;
    let squares = 0;
    const redenominates = this.#redenominates;
    const end = base + hour * BAR_WIDTH;
    let before = bars[base + (from - 1) * BAR_WIDTH]!;
    for (let at = base + from * BAR_WIDTH; at < end; at += BAR_WIDTH) {
      const close = bars[at]!;
      if (redenominates) before *= this.#unitChange(coin, (at - base) / BAR_WIDTH);
      const change = close / before - 1;
      before = close;
      if (change !== change) continue;
      count += 1;
      sum += change;
      squares += change * change;
    }
    if (count < RETURNS_MIN) return SIGMA_UNKNOWN;
    const variance = (squares - (sum * sum) / count) / (count - 1);
    return Math.sqrt(Math.max(0, variance) * HOURS_A_DAY);
  }

  /** What a redenomination at the hour has multiplied the coin's prices by: that is no return. */
  #unitChange(coin: number, hour: number): number {
    const change = this.#renames.find(
      ({ from, to, hour: at }) => from === coin && to === coin && at === hour,
    );
    return change?.factor ?? 1;
  }

  /** Over the 24 hours before; hours without a bar traded nothing. NaN where a bar's volume is unknown. */
  #volumeBefore(coin: number, hour: number): number {
    const { quoteVolume, hours } = this.#panel;
    const base = coin * hours;
    let sum = 0;
    for (let back = Math.max(0, hour - HOURS_A_DAY); back < hour; back += 1) {
      const recorded = quoteVolume === null ? Number.NaN : quoteVolume[base + back]!;
      sum += recorded === recorded ? recorded : this.#quoteVolume(coin, back);
    }
    return sum;
  }

  /** Of one bar: as recorded, else base volume at the close; 0 where there is no bar, NaN where nothing is recorded. */
  #quoteVolume(coin: number, hour: number): number {
    const { quoteVolume, volume, bars, hours } = this.#panel;
    if (!isPresent(this.#panel, coin, hour)) return 0;
    const cell = coin * hours + hour;
    const recorded = quoteVolume?.[cell] ?? Number.NaN;
    if (recorded === recorded) return recorded;
    return (volume?.[cell] ?? Number.NaN) * bars[cell * BAR_WIDTH + CLOSE]!;
  }
}

function laneOf(coin: number, direction: 1 | -1): number {
  return coin * 2 + (direction === 1 ? 0 : 1);
}
