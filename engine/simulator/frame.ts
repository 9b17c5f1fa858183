/**
 * One interval as every open position sees it: its trade bar, its mark bar, and what its own levels make of them. The interval
 * is an hour, or a finer bar of it; the hour's fast walk leaves to this what it cannot decide by two comparisons.
 */
import { barLayout, type Panel } from '../panel/panel.ts';
import type { AccountBook } from '../portfolio/book.ts';
import { record } from '../portfolio/record.ts';
import { type Touch, touchAdaptive, touchAdverseFirst } from './path.ts';
import type { FillRules } from './rules.ts';

const { SIDE, SIGNED_STOP, SIGNED_TARGET, REALS } = record;
const { COIN, BAR_BASE, ADVERSE, FAVOURABLE, MARK_BASE, STOP_BASE, WHOLES } = record;
const { MARKET, TAKE_LIMIT, ASIDES } = record;
const { OPEN, HIGH, LOW, CLOSE, BAR_WIDTH } = barLayout;

/** A trade bar and, behind it, a mark bar. */
const MARK = BAR_WIDTH;
const FRAME_WIDTH = BAR_WIDTH * 2;

export class BarFrame {
  readonly #panel: Panel;
  readonly #book: AccountBook;
  readonly #rules: FillRules;
  readonly #touch: typeof touchAdverseFirst;
  /** By market and coin, so that a position keeps its place while the list closes ranks. */
  readonly #prices: Float64Array;
  /** Positions that a resting order has opened in this interval: what the bar did before is not theirs. */
  readonly #fresh = new Set<number>();

  constructor(panel: Panel, book: AccountBook, rules: FillRules) {
    this.#panel = panel;
    this.#book = book;
    this.#rules = rules;
    this.#touch = rules.path === 'adaptive' ? touchAdaptive : touchAdverseFirst;
    this.#prices = new Float64Array(panel.symbols.length * 2 * FRAME_WIDTH);
  }

  #at(k: number): number {
    const coin = this.#book.wholes[k * WHOLES + COIN]!;
    const market = this.#book.asides[k * ASIDES + MARKET]!;
    return (market * this.#panel.symbols.length + coin) * FRAME_WIDTH;
  }

  /** A new interval begins: nothing is fresh in it. */
  begin(): void {
    this.#fresh.clear();
  }

  markFresh(k: number): void {
    this.#fresh.add(this.#at(k));
  }

  /** The hourly bar of position k. Without a mark bar the trade bar marks; without either the last mark stands still. */
  loadHour(k: number, hour: number): void {
    const { bars } = this.#panel;
    const step = hour * BAR_WIDTH;
    const trade = this.#book.wholes[k * WHOLES + BAR_BASE]! + step;
    const mark = this.#book.wholes[k * WHOLES + MARK_BASE]! + step;
    this.#load(k, hour, bars, trade, bars, mark);
  }

  /** A finer bar of position k, which is its mark as well; `offset` in `bars`. */
  loadDetail(k: number, hour: number, bars: Float64Array, offset: number): void {
    this.#load(k, hour, bars, offset, bars, offset);
  }

  /** No bar of its own in this interval, though the hour has one: it stands at the open of the hour. */
  standStill(k: number, hour: number): void {
    const at = this.#at(k);
    const mark = this.markOpen(k, hour);
    this.#prices.fill(Number.NaN, at, at + BAR_WIDTH);
    this.#prices.fill(mark, at + MARK, at + FRAME_WIDTH);
  }

  #load(
    k: number,
    hour: number,
    trades: Float64Array,
    tradeAt: number,
    marks: Float64Array,
    markAt: number,
  ): void {
    const at = this.#at(k);
    const marked = marks[markAt] === marks[markAt];
    for (let price = 0; price < BAR_WIDTH; price += 1) {
      this.#prices[at + price] = trades[tradeAt + price]!;
      this.#prices[at + MARK + price] = marked ? marks[markAt + price]! : trades[tradeAt + price]!;
    }
    if (this.#prices[at + MARK] === this.#prices[at + MARK]) return;
    this.#prices.fill(this.#book.markPrice(k, hour - 1), at + MARK, at + FRAME_WIDTH);
  }

  /** Mark at the open of bar `hour`, straight from the panel. */
  markOpen(k: number, hour: number): number {
    const { bars } = this.#panel;
    const whole = k * WHOLES;
    const step = hour * BAR_WIDTH;
    const mark = bars[this.#book.wholes[whole + MARK_BASE]! + step]!;
    if (mark === mark) return mark;
    const trade = bars[this.#book.wholes[whole + BAR_BASE]! + step]!;
    return trade === trade ? trade : this.#book.markPrice(k, hour - 1);
  }

  /** Mark at the open of bar `hour` of a coin's futures market, held or not; the trade open where it has none. */
  coinMarkOpen(coin: number, hour: number, marks: boolean): number {
    const { bars, hours, series } = this.#panel;
    const row = marks ? (series?.markRow[coin] ?? -1) : -1;
    const mark = row < 0 ? Number.NaN : bars[(row * hours + hour) * BAR_WIDTH]!;
    return mark === mark ? mark : bars[(coin * hours + hour) * BAR_WIDTH]!;
  }

  /** True where the position can be traded in this interval. */
  isTraded(k: number): boolean {
    const open = this.#prices[this.#at(k)]!;
    return open === open;
  }

  tradeOpen(k: number): number {
    return this.#prices[this.#at(k)]!;
  }

  /** The trade extreme on the adverse (-1) or the favourable (1) side of position k. */
  tradeExtreme(k: number, sense: 1 | -1): number {
    const field = sense === 1 ? FAVOURABLE : ADVERSE;
    return this.#prices[this.#at(k) + this.#book.wholes[k * WHOLES + field]!]!;
  }

  tradeLow(k: number): number {
    return this.#prices[this.#at(k) + LOW]!;
  }

  tradeHigh(k: number): number {
    return this.#prices[this.#at(k) + HIGH]!;
  }

  mark(k: number, price: 'open' | 'low' | 'high' | 'close'): number {
    const field = price === 'open' ? OPEN : price === 'low' ? LOW : price === 'high' ? HIGH : CLOSE;
    return this.#prices[this.#at(k) + MARK + field]!;
  }

  /** The mark extreme that hurts position k. */
  adverseMark(k: number): number {
    return this.#prices[this.#at(k) + MARK + this.#book.wholes[k * WHOLES + ADVERSE]!]!;
  }

  /** True where the stop of position k works on marks and the position has marks of its own. */
  stopsOnMark(k: number): boolean {
    const whole = k * WHOLES;
    return this.#book.wholes[whole + STOP_BASE] !== this.#book.wholes[whole + BAR_BASE];
  }

  /** What position k's own levels make of the interval; 'none' where it is not traded. */
  touch(k: number): Touch {
    if (!this.isTraded(k) || this.#fresh.has(this.#at(k))) return 'none';
    const real = k * REALS;
    const side = this.#book.reals[real + SIDE]!;
    const stop = this.#book.reals[real + SIGNED_STOP]!;
    const target = this.#book.reals[real + SIGNED_TARGET]!;
    const open = side * this.tradeOpen(k);
    const adverse = side * this.tradeExtreme(k, -1);
    const favourable = side * this.tradeExtreme(k, 1);
    if (!this.stopsOnMark(k)) return this.#touch(open, adverse, favourable, stop, target);
    // The stop looks at the marks and the target at the trades: whichever the stop does not reach is as if it were absent.
    if (side * this.mark(k, 'open') <= stop) return 'gap-stop';
    if (open >= target) return 'gap-target';
    const stopped = side * this.adverseMark(k) <= stop;
    const reached = favourable >= target;
    if (!stopped) return reached ? 'target' : 'none';
    const targetFirst = reached && this.#rules.path === 'adaptive' && favourable - open < open - adverse;
    return targetFirst ? 'target' : 'stop';
  }

  /** True where both levels lie inside the interval and neither was passed at its open. */
  isAmbiguous(k: number, touch: Touch): boolean {
    if (touch !== 'stop' && touch !== 'target') return false;
    const real = k * REALS;
    const side = this.#book.reals[real + SIDE]!;
    const worst = this.stopsOnMark(k) ? this.adverseMark(k) : this.tradeExtreme(k, -1);
    return (
      side * worst <= this.#book.reals[real + SIGNED_STOP]! &&
      side * this.tradeExtreme(k, 1) >= this.#book.reals[real + SIGNED_TARGET]!
    );
  }

  /** Price, before slippage, at which a touch fills. */
  rawPrice(k: number, touch: Exclude<Touch, 'none'>): number {
    const real = k * REALS;
    const side = this.#book.reals[real + SIDE]!;
    const open = this.tradeOpen(k);
    if (touch === 'target') return side * this.#book.reals[real + SIGNED_TARGET]!;
    if (touch === 'gap-target') {
      return this.takesAsLimit(k) ? side * this.#book.reals[real + SIGNED_TARGET]! : open;
    }
    const level = side * this.#book.reals[real + SIGNED_STOP]!;
    if (touch === 'gap-stop') return this.#rules.gaps === 'level' ? level : open;
    if (!this.stopsOnMark(k)) return level;
    // Marks and trades are two series: the level is carried over by their ratio at the open, into what was really traded.
    const carried = (level * open) / this.mark(k, 'open');
    const raw = side === 1 ? Math.min(open, carried) : Math.max(open, carried);
    return Math.min(this.tradeHigh(k), Math.max(this.tradeLow(k), raw));
  }

  takesAsLimit(k: number): boolean {
    return this.#book.asides[k * ASIDES + TAKE_LIMIT] === 1;
  }

  /** True where the touch comes before the adverse extreme is met. */
  comesFirst(k: number, touch: Touch): boolean {
    return (
      touch === 'gap-target' || (touch === 'target' && this.#rules.path === 'adaptive' && this.#nearer(k))
    );
  }

  #nearer(k: number): boolean {
    const side = this.#book.reals[k * REALS + SIDE]!;
    const open = side * this.tradeOpen(k);
    return side * this.tradeExtreme(k, 1) - open < open - side * this.tradeExtreme(k, -1);
  }
}
