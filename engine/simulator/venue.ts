/**
 * The simulated venue: one USD-M futures wallet against recorded bars. Events of one stamp t, in order:
 *
 *   1. `#chargeFunding`     settlements stamped at t, on positions opened before t
 *   2. `#exitWhatIsDue`     time exits, at the open of bar t
 *   3. `submit`             orders decided at t, at the same open: exits, then longs, then shorts, each in rank order
 *   4. `#liveThroughBar`    stops and targets inside bar t, stop first; then the end of a coin's life, at its last close
 *   5. mark                 equity at the close of bar t
 *
 * `open(t)` does 1 and 2, `advance(t)` everything before t. Margin, marks and filters join at their places in
 * this order: between 1 and 2, and at the head of 3. Each step is complete for all positions before the next begins.
 */
import type { Order, OrderOutcome } from '../execution/orders.ts';
import { assertInvariant } from '../invariant.ts';
import { type ExitReason, exitReasons } from '../journal/records.ts';
import { barLayout, hourAt, isPresent, type Panel, timeAt } from '../panel/panel.ts';
import type { AccountView } from '../portfolio/account.ts';
import { type BookCheckpoint, FuturesBook } from '../portfolio/book.ts';
import { NEVER as NEVER_HOUR, record } from '../portfolio/record.ts';
import type { Admission, Journal, Venue } from '../ports.ts';
import { type Costs, feeFraction, slippageFraction, slippedPrice } from './costs.ts';
import { touchAdverseFirst } from './path.ts';

const { SIDE, SIGNED_QUANTITY, QUANTITY, ENTRY_PRICE, SIGNED_STOP, SIGNED_TARGET, FUNDING_PAID, REALS } =
  record;
const { COIN, BAR_BASE, ADVERSE, FAVOURABLE, DUE_HOUR, WHOLES } = record;
const { CLOSE, BAR_WIDTH } = barLayout;
const NEVER = NEVER_HOUR;

export interface SimulatedVenueOptions {
  readonly panel: Panel;
  readonly costs: Costs;
  /** Quote currency in the wallet at the start, > 0. */
  readonly capital: number;
  /** First and one past the last hour of the run. */
  readonly fromHour: number;
  readonly toHour: number;
  /** Close what is open at the close of the last hour (reason `end-of-data`) instead of leaving it marked. */
  readonly closeAtEnd: boolean;
  readonly journal?: Journal;
}

export interface VenueCheckpoint {
  readonly hour: number;
  readonly positionBars: number;
  readonly ambiguousBars: number;
  readonly book: BookCheckpoint;
}

/** Doubles in a cache line of 64 bytes, and how far `#touchAhead` looks: four lines are eight bars. */
const LINE_WIDTH = 8;
const LINES_AHEAD = 4;
const HOURS_AHEAD = (LINES_AHEAD * LINE_WIDTH) / BAR_WIDTH;

const code = (reason: ExitReason): number => exitReasons.indexOf(reason);
const STOP_CODE = code('stop');
const TARGET_CODE = code('target');
const TIME_CODE = code('time');
const SIGNAL_CODE = code('signal');
const DELIST_CODE = code('delist');
const END_OF_DATA_CODE = code('end-of-data');

export class SimulatedVenue implements Venue {
  readonly book: FuturesBook;
  readonly #panel: Panel;
  readonly #fee: number;
  readonly #slippage: number;
  readonly #toHour: number;
  readonly #closeAtEnd: boolean;
  readonly #journal: Journal | undefined;
  /** The stamp that is open, or the next to be opened. */
  #hour: number;
  #opened = false;
  /** No time exit is due before this hour. */
  #dueHourMin = NEVER;
  #positionBars = 0;
  #ambiguousBars = 0;
  /** Where `#touchAhead` leaves its sum, so that its loads are not optimised away. */
  readonly #touched = new Float64Array(1);

  constructor(options: SimulatedVenueOptions) {
    this.#panel = options.panel;
    this.#fee = feeFraction(options.costs);
    this.#slippage = slippageFraction(options.costs);
    this.#toHour = options.toHour;
    this.#closeAtEnd = options.closeAtEnd;
    this.#journal = options.journal;
    this.#hour = options.fromHour;
    this.book = new FuturesBook(options.panel, options.capital, options.fromHour);
  }

  account(): AccountView {
    return this.book;
  }

  /** Bars that a position lived through, and in how many of them it is unknown whether stop or target came first. */
  get barCounts(): { readonly positionBars: number; readonly ambiguousBars: number } {
    return { positionBars: this.#positionBars, ambiguousBars: this.#ambiguousBars };
  }

  advance(timeMs: number): void {
    const hour = hourAt(this.#panel, timeMs);
    assertInvariant(Number.isInteger(hour), 'the simulated venue steps on whole hours');
    while (this.#hour < hour && this.#hour < this.#toHour) {
      if (!this.#opened) this.#openStamp();
      if (this.#hour % HOURS_AHEAD === 0) this.#touchAhead(this.#hour);
      this.#liveThroughBar(this.#hour);
      this.#hour += 1;
      this.#opened = false;
    }
  }

  open(timeMs: number): void {
    this.advance(timeMs);
    if (!this.#opened && this.#hour < this.#toHour) this.#openStamp();
  }

  submit(order: Order, admit: Admission): OrderOutcome {
    const hour = this.#hour;
    if (!this.#opened || !isPresent(this.#panel, order.coin, hour)) return 'not-orderable';
    return order.leg === 'exit' ? this.#exitOnOrder(order, hour) : this.#enter(order, hour, admit);
  }

  #openStamp(): void {
    this.#opened = true;
    if (this.book.positionCount === 0) return;
    const row = this.#panel.funding.rowOf[this.#hour]!;
    if (row >= 0) this.#chargeFunding(this.#hour, row);
    if (this.#dueHourMin <= this.#hour) this.#exitWhatIsDue(this.#hour);
  }

  /** Half-open: a position pays if it was opened before the stamp, as all have that are open now, and is held at it. */
  #chargeFunding(hour: number, row: number): void {
    const { funding, bars, symbols } = this.#panel;
    const { reals, wholes } = this.book;
    const first = row * symbols.length;
    for (let k = 0; k < this.book.positionCount; k += 1) {
      const coin = wholes[k * WHOLES + COIN]!;
      const rate = funding.rate[first + coin]!;
      if (rate !== rate) continue;
      const real = k * REALS;
      const recorded = funding.mark.length === 0 ? Number.NaN : funding.mark[first + coin]!;
      const open = bars[wholes[k * WHOLES + BAR_BASE]! + hour * BAR_WIDTH]!;
      const price =
        recorded === recorded ? recorded : open === open ? open : this.book.markPrice(k, hour - 1);
      const paid = reals[real + SIGNED_QUANTITY]! * price * rate;
      reals[real + FUNDING_PAID] = reals[real + FUNDING_PAID]! + paid;
      this.book.pay(paid);
      this.#journal?.append({
        kind: 'funding',
        timeMs: timeAt(this.#panel, hour),
        coin,
        side: reals[real + SIDE] === 1 ? 1 : -1,
        quantity: reals[real + QUANTITY]!,
        price,
        rate,
        cash: 0 - paid,
      });
    }
  }

  #exitWhatIsDue(hour: number): void {
    const { wholes } = this.book;
    let next = NEVER;
    for (let k = 0; k < this.book.positionCount; ) {
      const due = wholes[k * WHOLES + DUE_HOUR]!;
      const open = this.#panel.bars[wholes[k * WHOLES + BAR_BASE]! + hour * BAR_WIDTH]!;
      if (due <= hour && open === open) {
        this.#close(k, hour, open, TIME_CODE, Number.NaN, Number.NaN);
      } else {
        if (due < next) next = due;
        k += 1;
      }
    }
    this.#dueHourMin = next;
  }

  #exitOnOrder(order: Order, hour: number): OrderOutcome {
    const k = this.book.placeOf(order.coin);
    if (k < 0) return 'not-held';
    const open = this.#panel.bars[(order.coin * this.#panel.hours + hour) * BAR_WIDTH]!;
    this.#close(k, hour, open, SIGNAL_CODE, Number.NaN, order.decidedMs);
    return 'filled';
  }

  #enter(order: Order, hour: number, admit: Admission): OrderOutcome {
    if (order.notional <= 0) return 'no-equity';
    if (!(order.quantity > 0)) return 'no-reference-price';
    const refusal = admit(order, this.book);
    if (refusal !== null) return refusal;
    const { coin, side, quantity } = order;
    const raw = this.#panel.bars[(coin * this.#panel.hours + hour) * BAR_WIDTH]!;
    const price = slippedPrice(raw, side, this.#slippage);
    const fee = quantity * price * this.#fee;
    const dueHour =
      order.target.holdHoursMax === undefined
        ? NEVER
        : Math.min(NEVER, hour + Math.ceil(order.target.holdHoursMax));
    if (dueHour < this.#dueHourMin) this.#dueHourMin = dueHour;
    this.book.open(order, hour, price, fee, dueHour);
    this.#journal?.append({
      kind: 'fill',
      timeMs: timeAt(this.#panel, hour),
      coin,
      side,
      leg: 'entry',
      quantity,
      price,
      rawPrice: raw,
      fee,
      exitReason: null,
      level: Number.NaN,
      decidedMs: order.decidedMs,
    });
    return 'filled';
  }

  /**
   * Reads one word of each cache line that the open positions will walk through in the next hours. The fold waits for memory
   * more than for anything else; this loop is so short that a core fetches a dozen lines at once (see BENCHMARKS.md). What
   * is read is not looked at.
   */
  #touchAhead(hour: number): void {
    const { wholes, positionCount } = this.book;
    const bars = this.#panel.bars;
    const step = hour * BAR_WIDTH;
    let sum = 0;
    for (let k = 0; k < positionCount; k += 1) {
      const at = wholes[k * WHOLES + BAR_BASE]! + step;
      if (at + LINES_AHEAD * LINE_WIDTH > bars.length) continue;
      sum += bars[at]! + bars[at + LINE_WIDTH]! + bars[at + 2 * LINE_WIDTH]! + bars[at + 3 * LINE_WIDTH]!;
    }
    this.#touched[0] = sum;
  }

  /**
   * Stops, targets and ends of life of bar `hour`, then the mark. One pass does both while nothing closes: then cash, and
   * with it the first term of the sum, is known before the walk. Whenever something did close, the mark is summed afresh.
   */
  #liveThroughBar(hour: number): void {
    const { book } = this;
    const { reals, wholes } = book;
    const { bars, endHour, hours } = this.#panel;
    const closing = this.#closeAtEnd && hour === this.#toHour - 1;
    const step = hour * BAR_WIDTH;
    let equity = book.cash;
    let clean = true;
    this.#positionBars += book.positionCount;
    for (let k = 0; k < book.positionCount; ) {
      const real = k * REALS;
      const whole = k * WHOLES;
      const bar = wholes[whole + BAR_BASE]! + step;
      const side = reals[real + SIDE]!;
      const stop = reals[real + SIGNED_STOP]!;
      const target = reals[real + SIGNED_TARGET]!;
      const adverse = side * bars[bar + wholes[whole + ADVERSE]!]!;
      const favourable = side * bars[bar + wholes[whole + FAVOURABLE]!]!;
      if (adverse <= stop || favourable >= target) {
        this.#closeAtLevel(k, hour, side * bars[bar]!, adverse, favourable);
        clean = false;
        continue;
      }
      const close = bars[bar + CLOSE]!;
      const end = endHour[wholes[whole + COIN]!]!;
      if (closing || (end <= hour + 1 && end < hours)) {
        this.#endOfLife(k, hour);
        clean = false;
        continue;
      }
      if (close !== close) clean = false;
      equity += reals[real + SIGNED_QUANTITY]! * (close - reals[real + ENTRY_PRICE]!);
      k += 1;
    }
    if (clean) book.setMark(hour, equity);
    else book.mark(hour);
  }

  #closeAtLevel(k: number, hour: number, open: number, adverse: number, favourable: number): void {
    const { reals } = this.book;
    const real = k * REALS;
    const side = reals[real + SIDE]!;
    const stop = reals[real + SIGNED_STOP]!;
    const target = reals[real + SIGNED_TARGET]!;
    const touch = touchAdverseFirst(open, adverse, favourable, stop, target);
    assertInvariant(touch !== 'none', 'a bar that reaches a level closes the position');
    const inside = touch === 'stop' || touch === 'target';
    // A level that was passed at the open came first; inside the bar nobody knows.
    if (inside && adverse <= stop && favourable >= target) this.#ambiguousBars += 1;
    const stopped = touch === 'gap-stop' || touch === 'stop';
    const level = side * (stopped ? stop : target);
    const raw = inside ? level : side * open;
    this.#close(k, hour, raw, stopped ? STOP_CODE : TARGET_CODE, level, Number.NaN);
  }

  #endOfLife(k: number, hour: number): void {
    const coin = this.book.wholes[k * WHOLES + COIN]!;
    const end = this.#panel.endHour[coin]!;
    const dies = end < this.#panel.hours && hour >= end - 1;
    const price = this.book.markPrice(k, hour);
    this.#close(k, hour, price, dies ? DELIST_CODE : END_OF_DATA_CODE, Number.NaN, Number.NaN);
  }

  #close(k: number, hour: number, raw: number, reasonCode: number, level: number, decidedMs: number): void {
    const { book } = this;
    const real = k * REALS;
    const side = book.reals[real + SIDE] === 1 ? 1 : -1;
    const quantity = book.reals[real + QUANTITY]!;
    const price = slippedPrice(raw, side === 1 ? -1 : 1, this.#slippage);
    const fee = quantity * price * this.#fee;
    if (this.#journal !== undefined) {
      this.#journal.append({
        kind: 'fill',
        timeMs: timeAt(this.#panel, hour),
        coin: book.wholes[k * WHOLES + COIN]!,
        side,
        leg: 'exit',
        quantity,
        price,
        rawPrice: raw,
        fee,
        exitReason: exitReasons[reasonCode]!,
        level,
        decidedMs,
      });
    }
    book.close(k, hour, price, fee, reasonCode);
  }

  /** Everything that the next stamp depends on. Taken between two stamps. */
  checkpoint(): VenueCheckpoint {
    assertInvariant(!this.#opened, 'a checkpoint lies between two stamps');
    return {
      hour: this.#hour,
      positionBars: this.#positionBars,
      ambiguousBars: this.#ambiguousBars,
      book: this.book.checkpoint(),
    };
  }

  restore(checkpoint: VenueCheckpoint): void {
    this.#hour = checkpoint.hour;
    this.#opened = false;
    this.#positionBars = checkpoint.positionBars;
    this.#ambiguousBars = checkpoint.ambiguousBars;
    this.book.restore(checkpoint.book, checkpoint.hour);
    this.#dueHourMin = 0;
  }
}
