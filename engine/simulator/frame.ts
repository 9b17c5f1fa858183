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

const HOUR = 60;
/** A bar that nobody traded in. */
const NOTHING = new Float64Array(BAR_WIDTH).fill(Number.NaN);

export class BarFrame {
  readonly #panel: Panel;
  readonly #book: AccountBook;
  readonly #rules: FillRules;
  readonly #touch: typeof touchAdverseFirst;
  /** Where the trade bar and the mark bar lie, by market and coin: a position keeps its place while the list closes ranks. */
  readonly #tradeBars: Float64Array[];
  readonly #markBars: Float64Array[];
  readonly #tradeAt: Int32Array;
  readonly #markAt: Int32Array;
  /** Marks that stand still, a bar each. */
  readonly #still: Float64Array;
  /** Hour of the bars that lie there, and the minute at which the trade bar opened. */
  readonly #hour: Int32Array;
  readonly #minute: Int32Array;
  /** Positions that a resting order has filled in this interval: what the bar did before is not theirs. */
  readonly #fresh = new Set<number>();

  constructor(panel: Panel, book: AccountBook, rules: FillRules) {
    this.#panel = panel;
    this.#book = book;
    this.#rules = rules;
    this.#touch = rules.path === 'adaptive' ? touchAdaptive : touchAdverseFirst;
    const places = panel.symbols.length * 2;
    this.#tradeBars = new Array<Float64Array>(places).fill(NOTHING);
    this.#markBars = new Array<Float64Array>(places).fill(NOTHING);
    this.#tradeAt = new Int32Array(places);
    this.#markAt = new Int32Array(places);
    this.#still = new Float64Array(places * BAR_WIDTH);
    this.#hour = new Int32Array(places).fill(-1);
    this.#minute = new Int32Array(places);
  }

  #at(k: number): number {
    const coin = this.#book.wholes[k * WHOLES + COIN]!;
    const market = this.#book.asides[k * ASIDES + MARKET]!;
    return market * this.#panel.symbols.length + coin;
  }

  /** A new interval begins: nothing is fresh in it. */
  begin(): void {
    if (this.#fresh.size > 0) this.#fresh.clear();
  }

  isFresh(k: number): boolean {
    return this.#fresh.has(this.#at(k));
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
    this.#load(k, hour, hour * HOUR, bars, trade, bars, mark);
  }

  /** A finer bar of position k that opens at `minute`, which is its mark as well; `offset` in `bars`. */
  loadDetail(k: number, minute: number, bars: Float64Array, offset: number): void {
    this.#load(k, (minute / HOUR) | 0, minute, bars, offset, bars, offset);
  }

  /** No bar of its own in this interval: it stands at its last mark of the hour, at first the open. */
  standStill(k: number, hour: number): void {
    const at = this.#at(k);
    const known = this.#hour[at] === hour ? this.#mark(k, CLOSE) : this.markOpen(k, hour);
    this.#hour[at] = hour;
    this.#tradeBars[at] = NOTHING;
    this.#tradeAt[at] = 0;
    this.#holdMark(at, known);
  }

  #holdMark(at: number, mark: number): void {
    this.#still.fill(mark, at * BAR_WIDTH, (at + 1) * BAR_WIDTH);
    this.#markBars[at] = this.#still;
    this.#markAt[at] = at * BAR_WIDTH;
  }

  #load(
    k: number,
    hour: number,
    minute: number,
    trades: Float64Array,
    tradeAt: number,
    marks: Float64Array,
    markAt: number,
  ): void {
    const at = this.#at(k);
    this.#hour[at] = hour;
    this.#minute[at] = minute;
    this.#tradeBars[at] = trades;
    this.#tradeAt[at] = tradeAt;
    const marked = marks[markAt]!;
    const traded = trades[tradeAt]!;
    if (traded === traded) {
      this.#markBars[at] = marked === marked ? marks : trades;
      this.#markAt[at] = marked === marked ? markAt : tradeAt;
    } else this.#holdMark(at, this.#book.markPrice(k, hour - 1));
  }

  #trade(k: number, price: number): number {
    const at = this.#at(k);
    return this.#tradeBars[at]![this.#tradeAt[at]! + price]!;
  }

  #mark(k: number, price: number): number {
    const at = this.#at(k);
    return this.#markBars[at]![this.#markAt[at]! + price]!;
  }

  /** Mark at the open of bar `hour`, straight from the panel. */
  markOpen(k: number, hour: number): number {
    const { bars } = this.#panel;
    const whole = k * WHOLES;
    const step = hour * BAR_WIDTH;
    const trade = bars[this.#book.wholes[whole + BAR_BASE]! + step]!;
    if (trade !== trade) return this.#book.markPrice(k, hour - 1);
    const mark = bars[this.#book.wholes[whole + MARK_BASE]! + step]!;
    return mark === mark ? mark : trade;
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
    const open = this.#trade(k, OPEN);
    return open === open;
  }

  /** Minute at which the trade bar of position k opened: fills inside it are named by it. */
  minuteOf(k: number): number {
    return this.#minute[this.#at(k)]!;
  }

  tradeOpen(k: number): number {
    return this.#trade(k, OPEN);
  }

  /** The trade extreme on the adverse (-1) or the favourable (1) side of position k. */
  tradeExtreme(k: number, sense: 1 | -1): number {
    const field = sense === 1 ? FAVOURABLE : ADVERSE;
    return this.#trade(k, this.#book.wholes[k * WHOLES + field]!);
  }

  tradeLow(k: number): number {
    return this.#trade(k, LOW);
  }

  tradeHigh(k: number): number {
    return this.#trade(k, HIGH);
  }

  mark(k: number, price: 'open' | 'low' | 'high' | 'close'): number {
    const field = price === 'open' ? OPEN : price === 'low' ? LOW : price === 'high' ? HIGH : CLOSE;
    return this.#mark(k, field);
  }

  /** The mark extreme that hurts position k. */
  adverseMark(k: number): number {
    return this.#mark(k, this.#book.wholes[k * WHOLES + ADVERSE]!);
  }

  /** True where the stop of position k works on marks and the position has marks of its own. */
  stopsOnMark(k: number): boolean {
    const whole = k * WHOLES;
    return this.#book.wholes[whole + STOP_BASE] !== this.#book.wholes[whole + BAR_BASE];
  }

  /** What position k's own levels make of the interval; 'none' where it is not traded. */
  touch(k: number): Touch {
    if (!this.isTraded(k)) return 'none';
    const real = k * REALS;
    const side = this.#book.reals[real + SIDE]!;
    const stop = this.#book.reals[real + SIGNED_STOP]!;
    const target = this.#book.reals[real + SIGNED_TARGET]!;
    const open = side * this.tradeOpen(k);
    const adverse = side * this.tradeExtreme(k, -1);
    const favourable = side * this.tradeExtreme(k, 1);
    if (this.#fresh.size > 0 && this.#fresh.has(this.#at(k))) return this.#stopsAt(k, stop) ? 'stop' : 'none';
    if (!this.stopsOnMark(k)) return this.#touch(open, adverse, favourable, stop, target);
    // The stop looks at the marks and the target at the trades: whichever the stop does not reach is as if it were absent.
    if (side * this.mark(k, 'open') <= stop) return 'gap-stop';
    if (open >= target) return 'gap-target';
    const stopped = this.#stopsAt(k, stop);
    const reached = favourable >= target;
    if (!stopped) return reached ? 'target' : 'none';
    const targetFirst = reached && this.#rules.path === 'adaptive' && favourable - open < open - adverse;
    return targetFirst ? 'target' : 'stop';
  }

  /** Whether the series that the stop works on comes to it. */
  #stopsAt(k: number, signedStop: number): boolean {
    const worst = this.stopsOnMark(k) ? this.adverseMark(k) : this.tradeExtreme(k, -1);
    return this.#book.reals[k * REALS + SIDE]! * worst <= signedStop;
  }

  /** True where both levels lie inside the interval and neither was passed at its open. */
  isAmbiguous(k: number, touch: Touch): boolean {
    if ((touch !== 'stop' && touch !== 'target') || this.#fresh.has(this.#at(k))) return false;
    const real = k * REALS;
    const side = this.#book.reals[real + SIDE]!;
    return (
      this.#stopsAt(k, this.#book.reals[real + SIGNED_STOP]!) &&
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
    if (this.#rules.gaps === 'worst') return this.tradeExtreme(k, -1);
    if (touch === 'gap-stop') return this.#rules.gaps === 'level' ? level : open;
    // In the bar of a resting order's fill the open may lie beyond the level as well.
    if (!this.stopsOnMark(k)) return side === 1 ? Math.min(level, open) : Math.max(level, open);
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
