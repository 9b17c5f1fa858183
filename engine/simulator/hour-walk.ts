/**
 * Living through an hour with open eyes: interval by interval, all positions of one before the next. The venue's fast walk needs
 * this only where something happens that two comparisons a position cannot decide: finer bars, resting orders, a margin that might break.
 */
import { exitReasons } from '../journal/records.ts';
import { barLayout } from '../panel/panel.ts';
import { trailStop } from '../portfolio/levels.ts';
import { record } from '../portfolio/record.ts';
import type { Desk } from './desk.ts';
import type { Touch } from './path.ts';
import type { Market } from './rules.ts';
import type { BarAt, WorkingOrders } from './working.ts';

const { SIDE, SIGNED_STOP, REALS, COIN, WHOLES, TRAIL, BEST, ASIDES } = record;
const { BAR_WIDTH } = barLayout;
const HOUR = 60;
const STOP = exitReasons.indexOf('stop');
const TARGET = exitReasons.indexOf('target');

export class HourWalk {
  readonly #desk: Desk;
  readonly #working: WorkingOrders;
  /** Bars in which stop and target both lay inside, and hours walked by finer bars. */
  ambiguous = 0;
  detailHours = 0;
  #countedHour = -1;
  readonly #detail = new Map<number, Float64Array | null>();
  #detailHour = -1;

  constructor(desk: Desk, working: WorkingOrders) {
    this.#desk = desk;
    this.#working = working;
  }

  /**
   * From minute `from` of the hour to minute `to`. `isSafe` answers whether a margin could break in the hour as things stand, `endLife` closes a position
   * whose coin ends with the hour.
   */
  live(hour: number, from: number, to: number, isSafe: () => boolean, endLife: (k: number) => boolean): void {
    const { detail } = this.#desk.rules.fills;
    // An hour that is cut has its last interval at its end, even where nobody has finer bars in it.
    const whole = from === 0 && to === HOUR && !this.#hasDetail(hour);
    const step = detail === null || whole ? HOUR : detail.minutes;
    const first = Math.ceil(from / step) * step;
    for (let minute = first; minute < to; minute += step) {
      this.#liveThrough(hour, minute, minute + step >= HOUR, isSafe, endLife);
    }
  }

  /** Finer bars of a coin's futures market, asked for once an hour. */
  #detailOf(coin: number, hour: number): Float64Array | null {
    const { detail } = this.#desk.rules.fills;
    if (detail === null) return null;
    if (this.#detailHour !== hour) this.#detail.clear();
    this.#detailHour = hour;
    let bars = this.#detail.get(coin);
    if (bars === undefined) {
      bars = detail.bars(coin, hour);
      this.#detail.set(coin, bars);
    }
    return bars;
  }

  #hasDetail(hour: number): boolean {
    const { book, rules } = this.#desk;
    if (rules.fills.detail === null) return false;
    for (let k = 0; k < book.positionCount; k += 1) {
      const coin = book.wholes[k * WHOLES + COIN]!;
      if (book.marketOf(k) === 'usdm' && this.#detailOf(coin, hour) !== null) return true;
    }
    return this.#working.limitCoins().some((coin) => this.#detailOf(coin, hour) !== null);
  }

  /** One interval; `last` is the one in which coins without finer bars live through the whole hour. */
  #liveThrough(
    hour: number,
    within: number,
    last: boolean,
    isSafe: () => boolean,
    endLife: (k: number) => boolean,
  ): void {
    const { book, frame, margin } = this.#desk;
    const minute = hour * HOUR + within;
    frame.begin();
    for (let k = 0; k < book.positionCount; k += 1) this.#load(k, hour, within, last);
    this.#working.fillInside(
      (coin, market) => this.#barOf(coin, market, hour, within, last),
      (k) => {
        this.#load(k, hour, within, last);
        frame.markFresh(k);
      },
    );
    if (margin !== null && !isSafe()) {
      const liquidated = margin.liquidations;
      margin.checkInside(hour, (k) => this.#act(k, frame.touch(k)));
      if (margin.liquidations !== liquidated) this.#working.cancelLiquidated(hour, minute);
    }
    for (let k = 0; k < book.positionCount; ) {
      const touch = frame.touch(k);
      if (touch !== 'none') this.#act(k, touch);
      else if (!last || !endLife(k)) k += 1;
    }
    if (book.trailing > 0) this.#trail();
  }

  /** The finer bar of a coin's futures market; null where it has none then. */
  #detailBar(coin: number, hour: number, within: number): BarAt | null | undefined {
    const { detail } = this.#desk.rules.fills;
    const bars = this.#detailOf(coin, hour);
    if (detail === null || bars === null) return undefined;
    const offset = (within / detail.minutes) * BAR_WIDTH;
    return bars[offset] === bars[offset] ? { bars, offset, minute: hour * HOUR + within } : null;
  }

  #load(k: number, hour: number, within: number, last: boolean): void {
    const { book, frame } = this.#desk;
    const coin = book.wholes[k * WHOLES + COIN]!;
    const fine = book.marketOf(k) === 'usdm' ? this.#detailBar(coin, hour, within) : undefined;
    if (fine === undefined) {
      if (last) frame.loadHour(k, hour);
      else frame.standStill(k, hour);
    } else if (fine === null) frame.standStill(k, hour);
    else {
      if (this.#countedHour !== hour) this.detailHours += 1;
      this.#countedHour = hour;
      frame.loadDetail(k, hour * HOUR + within, fine.bars, fine.offset);
    }
  }

  #barOf(coin: number, market: Market, hour: number, within: number, last: boolean): BarAt | null {
    const fine = market === 'usdm' ? this.#detailBar(coin, hour, within) : undefined;
    if (fine !== undefined) return fine;
    if (!last) return null;
    const { panel } = this.#desk;
    const offset = (this.#desk.rowOf(coin, market) * panel.hours + hour) * BAR_WIDTH;
    const { bars } = panel;
    return bars[offset] === bars[offset] ? { bars, offset, minute: hour * HOUR } : null;
  }

  /** The hourly bar of one position alone, for the venue's fast walk; true where it has closed the position. */
  touchHour(k: number, hour: number): boolean {
    const { frame } = this.#desk;
    frame.begin();
    frame.loadHour(k, hour);
    const touch = frame.touch(k);
    if (touch === 'none') return false;
    this.#act(k, touch);
    return true;
  }

  #act(k: number, touch: Touch): void {
    if (touch === 'none') return;
    const minute = this.#desk.frame.minuteOf(k);
    const { book, frame, fills } = this.#desk;
    if (frame.isAmbiguous(k, touch)) this.ambiguous += 1;
    const raw = frame.rawPrice(k, touch);
    const real = k * REALS;
    const side = book.reals[real + SIDE]!;
    if (touch === 'stop' || touch === 'gap-stop') {
      fills.exit(k, minute, raw, STOP, side * book.reals[real + SIGNED_STOP]!, Number.NaN);
    } else if (frame.takesAsLimit(k)) {
      fills.exitAsMaker(k, minute, raw, TARGET);
    } else {
      fills.exit(k, minute, raw, TARGET, side * book.reals[real + record.SIGNED_TARGET]!, Number.NaN);
    }
  }

  /** Stops that trail follow the best trade price of the interval, once it is over; what a bar did before its fill is not looked at. */
  #trail(): void {
    const { book, frame } = this.#desk;
    for (let k = 0; k < book.positionCount; k += 1) {
      if (book.asides[k * ASIDES + TRAIL] !== book.asides[k * ASIDES + TRAIL]) continue;
      if (frame.isTraded(k) && !frame.isFresh(k)) {
        this.#raise(k, frame.tradeExtreme(k, 1));
      }
    }
  }

  /** Lets the stop of position k follow the favourable price of a bar that it has survived. */
  #raise(k: number, favourable: number): void {
    const { reals, asides } = this.#desk.book;
    const aside = k * ASIDES;
    const signed = reals[k * REALS + SIDE]! * favourable;
    if (!(signed > asides[aside + BEST]!)) return;
    asides[aside + BEST] = signed;
    trailStop(reals, k * REALS, asides, aside);
  }

  /** The same after an hour of the fast walk. */
  trailThrough(hour: number): void {
    const { book, panel } = this.#desk;
    for (let k = 0; k < book.positionCount; k += 1) {
      if (book.asides[k * ASIDES + TRAIL] !== book.asides[k * ASIDES + TRAIL]) continue;
      const whole = k * WHOLES;
      const bar = book.wholes[whole + record.BAR_BASE]! + hour * BAR_WIDTH;
      this.#raise(k, panel.bars[bar + book.wholes[whole + record.FAVOURABLE]!]!);
    }
  }
}
