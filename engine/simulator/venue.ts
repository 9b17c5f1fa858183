/**
 * The simulated venue: two wallets against recorded bars, by the rules of `docs/account.md`. Events of one stamp t, in order:
 *
 *   1. `#putRulesInForce`   brackets, filters, fees, lives; renames
 *   2. `#chargeFunding`     settlements stamped at t, on positions opened before t
 *   3. `checkAtOpen`        margin at the mark opens
 *   4. `#exitWhatIsDue`     leaving before a delisting, time exits
 *   5. `submit`             orders decided at t, at the same open: exits, then longs, then shorts, each in rank order
 *   6. `#liveThroughBar`    resting orders, margin, stops and targets inside bar t
 *   7. `#endLives`          the end of a coin's life, at its last close
 *   8. mark                 equity at the close of bar t; margin at the close; transfers
 *
 * `open(t)` does 1 to 4, `advance(t)` everything before t. Each step is complete for all positions before the next begins. With
 * finer bars a decision may lie inside an hour: 6 then stops there and goes on after it.
 *
 * Two walks share step 6. The fast one takes the hour in one pass, level by level; `HourWalk` takes it interval by interval where
 * finer bars, resting orders or an endangered margin ask for it.
 */
import type { ImpactCheckpoint } from '../exchange/impact.ts';
import type { Order, OrderOutcome } from '../execution/orders.ts';
import { assertInvariant } from '../invariant.ts';
import { exitReasons, type RefusalReason } from '../journal/records.ts';
import { barLayout, type Panel } from '../panel/panel.ts';
import type { AccountView } from '../portfolio/account.ts';
import type { AccountBook, BookCheckpoint } from '../portfolio/book.ts';
import { NEVER as NEVER_MINUTE, record } from '../portfolio/record.ts';
import type { Admission, Journal, Venue } from '../ports.ts';
import type { Costs } from './costs.ts';
import { Desk } from './desk.ts';
import { Entries } from './entries.ts';
import { HourWalk } from './hour-walk.ts';
import type { MarginCheckpoint } from './margin.ts';
import { plainRules, type VenueRules } from './rules.ts';
import { transferDue } from './transfers.ts';
import { type WorkingCheckpoint, WorkingOrders } from './working.ts';

const { SIDE, SIGNED_QUANTITY, QUANTITY, ENTRY_PRICE, SIGNED_STOP, SIGNED_TARGET } = record;
const { FUNDING_PAID, REALS, MARKET, MARGIN, TRAIL, BEST, ASIDES } = record;
const { COIN, ENTRY_MINUTE, BAR_BASE, ADVERSE, FAVOURABLE, DUE_MINUTE, MARK_BASE, STOP_BASE, WHOLES } =
  record;
const { CLOSE, BAR_WIDTH } = barLayout;
const NEVER = NEVER_MINUTE;
const HOUR = 60;
const minuteMs = 60_000;

export interface SimulatedVenueOptions {
  readonly panel: Panel;
  readonly costs: Costs;
  /** Quote currency in the futures wallet at the start, > 0. */
  readonly capital: number;
  /** First and one past the last hour of the run. */
  readonly fromHour: number;
  readonly toHour: number;
  /** Close what is open at the close of the last hour (reason `end-of-data`) instead of leaving it marked. */
  readonly closeAtEnd: boolean;
  /** Rules of the account; nothing beyond fees, funding and levels if absent. */
  readonly rules?: VenueRules;
  readonly journal?: Journal;
}

export interface VenueCheckpoint {
  readonly hour: number;
  readonly positionBars: number;
  readonly ambiguousBars: number;
  readonly detailHours: number;
  readonly book: BookCheckpoint;
  readonly working: WorkingCheckpoint;
  readonly margin: MarginCheckpoint | null;
  readonly impact: ImpactCheckpoint | null;
}

/** Doubles in a cache line of 64 bytes, and how far `#touchAhead` looks: four lines are eight bars. */
const LINE_WIDTH = 8;
const LINES_AHEAD = 4;
const HOURS_AHEAD = (LINES_AHEAD * LINE_WIDTH) / BAR_WIDTH;

const TIME_CODE = exitReasons.indexOf('time');
const SETTLING_CODE = exitReasons.indexOf('settling');
const DELIST_CODE = exitReasons.indexOf('delist');
const END_OF_DATA_CODE = exitReasons.indexOf('end-of-data');

export class SimulatedVenue implements Venue {
  readonly book: AccountBook;
  readonly #desk: Desk;
  readonly #working: WorkingOrders;
  readonly #entries: Entries;
  readonly #walk: HourWalk;
  readonly #panel: Panel;
  readonly #rules: VenueRules;
  readonly #toHour: number;
  readonly #closeAtEnd: boolean;
  readonly #journal: Journal | undefined;
  /** The hour that is open, or the next to be opened, and the minute up to which it was lived through. */
  #hour: number;
  #minute = 0;
  #opened = false;
  /** Whether what is due at `#minute`, inside the hour, was done. */
  #acted = false;
  /** Book version for which the hour was found safe; -1 where it was not. */
  #safeVersion = -1;
  #positionBars = 0;
  /** A coin of this hour ended with a haircut. */
  #haircut = false;
  #admit: Admission = () => null;
  /** Where `#touchAhead` leaves its sum, so that its loads are not optimised away. */
  readonly #touched = new Float64Array(1);

  constructor(options: SimulatedVenueOptions) {
    const { panel, costs, capital, fromHour, journal, rules = plainRules } = options;
    this.#panel = panel;
    this.#rules = rules;
    this.#toHour = options.toHour;
    this.#closeAtEnd = options.closeAtEnd;
    this.#journal = journal;
    this.#hour = fromHour;
    this.#desk = new Desk({ panel, costs, rules, capital, firstHour: fromHour, journal });
    this.book = this.#desk.book;
    this.#working = new WorkingOrders(this.#desk);
    this.#entries = new Entries(this.#desk, this.#working);
    this.#walk = new HourWalk(this.#desk, this.#working);
    this.#desk.lives.moveTo(fromHour);
    this.#learnUnits(fromHour);
  }

  /** Redenominations before the first hour to come have no position to change, but prices to tell apart. */
  #learnUnits(before: number): void {
    for (const { hour, from, to, factor } of this.#panel.life?.renames ?? []) {
      if (from === to && hour < before) this.book.changeUnit(from, hour, factor);
    }
  }

  account(): AccountView {
    return this.book;
  }

  /** Bars that a position lived through, in how many it is unknown which level came first, and what had to be looked up finer. */
  get barCounts(): {
    readonly positionBars: number;
    readonly ambiguousBars: number;
    readonly detailHours: number;
  } {
    const { ambiguous, detailHours } = this.#walk;
    return { positionBars: this.#positionBars, ambiguousBars: ambiguous, detailHours };
  }

  get accountCounts(): {
    readonly liquidations: number;
    readonly unknownClearanceFees: number;
    readonly unknownVolumes: number;
    /** Refusals of orders that were working first. */
    readonly lateRefusals: Readonly<Partial<Record<RefusalReason, number>>>;
  } {
    const { margin, fills } = this.#desk;
    return {
      liquidations: margin?.liquidations ?? 0,
      unknownClearanceFees: margin?.unknownClearanceFees ?? 0,
      unknownVolumes: fills.meter?.unknownVolumes ?? 0,
      lateRefusals: this.#working.refusals,
    };
  }

  advance(timeMs: number): void {
    const until = this.#minuteOf(timeMs);
    while (this.#hour < this.#toHour && this.#hour * HOUR + this.#minute < until) {
      if (!this.#opened) this.#openStamp();
      else if (this.#minute > 0 && !this.#acted) this.#actInside();
      this.#live(Math.min(HOUR, until - this.#hour * HOUR));
    }
    // What still works when the run is over will never fill.
    if (this.#hour >= this.#toHour) this.#working.cancelAll(this.#now);
  }

  open(timeMs: number): void {
    this.advance(timeMs);
    if (this.#hour >= this.#toHour) return;
    if (!this.#opened) this.#openStamp();
    else if (this.#minute > 0 && !this.#acted) this.#actInside();
  }

  submit(order: Order, admit: Admission): OrderOutcome {
    this.#admit = admit;
    if (!this.#opened) return 'not-orderable';
    const { delayMinutes } = this.#rules.fills;
    if (delayMinutes > 0) {
      this.#working.addDelayed(order, this.#now, delayMinutes);
      return 'working';
    }
    return this.#carryOut(order);
  }

  get #now(): number {
    return this.#hour * HOUR + this.#minute;
  }

  #minuteOf(timeMs: number): number {
    const minute = (timeMs - this.#panel.startMs) / minuteMs;
    assertInvariant(Number.isInteger(minute), 'the simulated venue steps on whole minutes');
    assertInvariant(
      minute % HOUR === 0 || this.#rules.fills.detail !== null,
      'without finer bars the simulated venue steps on whole hours',
    );
    return minute;
  }

  #carryOut(order: Order): OrderOutcome {
    return this.#entries.carryOut(order, this.#now, this.#admit);
  }

  #openStamp(): void {
    this.#opened = true;
    this.#acted = true;
    this.#putRulesInForce();
    const idle = this.book.positionCount === 0 && this.#working.count === 0;
    this.#safeVersion = -1;
    if (idle) return;
    const row = this.#panel.funding.rowOf[this.#hour]!;
    if (row >= 0) this.#chargeFunding(this.#hour, row, false);
    if (this.#working.count > 0) this.#working.expire(this.#now);
    if (this.#desk.margin !== null) this.#checkMarginAtOpen();
    if (this.#desk.lives.leavesEarly) this.#leaveEarly();
    if (this.book.dueMinuteMin <= this.#now) this.#exitWhatIsDue();
    if (this.#working.count > 0) this.#working.actAt(this.#now, (order) => this.#carryOut(order));
  }

  /** What is due at a stamp inside the hour. */
  #actInside(): void {
    this.#acted = true;
    if (this.#working.count > 0) this.#working.expire(this.#now);
    if (this.book.dueMinuteMin <= this.#now) this.#exitWhatIsDue();
    if (this.#working.count > 0) this.#working.actAt(this.#now, (order) => this.#carryOut(order));
  }

  #putRulesInForce(): void {
    const { margin, fills, filters, filtered, lives } = this.#desk;
    const hour = this.#hour;
    const timeMs = this.#panel.startMs + hour * HOUR * minuteMs;
    fills.moveTo(timeMs);
    if (filtered) filters.moveTo(timeMs);
    margin?.brackets.moveTo(timeMs);
    if (this.#panel.life === undefined) return;
    lives.moveTo(hour);
    for (const { from, to, factor } of lives.renamesAt(hour)) this.#rename(from, to, factor);
  }

  #rename(from: number, to: number, factor: number): void {
    if (from === to) this.book.changeUnit(from, this.#hour, factor);
    this.#working.cancelCoin(from, this.#now);
    for (const market of ['usdm', 'spot'] as const) {
      const k = this.book.placeOf(from, market);
      if (k < 0) continue;
      if (to !== from && this.book.isOpen(to, market)) {
        // Two holdings cannot become one: the old one ends as if it had been delisted.
        const last = this.book.tradePrice(k, this.#hour - 1);
        this.#desk.fills.exit(k, this.#now, last, DELIST_CODE, Number.NaN, Number.NaN);
        continue;
      }
      // What rests for the new coin was meant for another position than the one that moves in.
      this.#working.withdraw(to, market, this.#now);
      this.book.redenominate(k, to, factor, this.#hour);
      this.#journal?.append({
        kind: 'account-event',
        timeMs: this.#desk.timeMs(this.#now),
        event: 'redenomination',
        coin: from,
        toCoin: to,
        from: null,
        to: null,
        amount: factor,
      });
    }
  }

  /**
   * Half-open: a position pays if it was opened before the stamp, as all have that are open when it begins, and is held at it.
   * `fresh` charges those that were opened at it, for the other reading.
   */
  #chargeFunding(hour: number, row: number, fresh: boolean): void {
    const { funding, bars, symbols } = this.#panel;
    const { reals, wholes, asides } = this.book;
    const first = row * symbols.length;
    for (let k = 0; k < this.book.positionCount; k += 1) {
      const coin = wholes[k * WHOLES + COIN]!;
      const rate = funding.rate[first + coin]!;
      if (rate !== rate || asides[k * ASIDES + MARKET] === 1) continue;
      if (fresh && wholes[k * WHOLES + ENTRY_MINUTE]! < hour * HOUR) continue;
      const real = k * REALS;
      const recorded = funding.mark.length === 0 ? Number.NaN : funding.mark[first + coin]!;
      const base = wholes[k * WHOLES + MARK_BASE]!;
      const open = base === wholes[k * WHOLES + BAR_BASE] ? bars[base + hour * BAR_WIDTH]! : Number.NaN;
      const price =
        recorded === recorded ? recorded : open === open ? open : this.#desk.frame.markOpen(k, hour);
      const paid = reals[real + SIGNED_QUANTITY]! * price * rate;
      reals[real + FUNDING_PAID] = reals[real + FUNDING_PAID]! + paid;
      if (asides[k * ASIDES + MARGIN] !== 0)
        asides[k * ASIDES + MARGIN] = asides[k * ASIDES + MARGIN]! - paid;
      this.book.pay(paid);
      this.#journal?.append({
        kind: 'funding',
        timeMs: this.#desk.timeMs(hour * HOUR),
        coin,
        side: reals[real + SIDE] === 1 ? 1 : -1,
        quantity: reals[real + QUANTITY]!,
        price,
        rate,
        cash: 0 - paid,
      });
    }
  }

  #checkMarginAtOpen(): void {
    const margin = this.#desk.margin!;
    if (margin.isSafe(this.#hour)) {
      this.#safeVersion = this.book.version;
      return;
    }
    const before = margin.liquidations;
    margin.checkAtOpen(this.#hour);
    if (margin.liquidations !== before) this.#working.cancelLiquidated(this.#hour, this.#now);
  }

  /** Positions of coins that are known to be delisted soon leave at the open. */
  #leaveEarly(): void {
    for (let k = 0; k < this.book.positionCount; ) {
      const coin = this.book.wholes[k * WHOLES + COIN]!;
      const open = this.#desk.openAt(coin, this.book.marketOf(k), this.#now);
      if (this.#desk.lives.isSettling(coin, this.#hour) && open === open) {
        this.#desk.fills.exit(k, this.#now, open, SETTLING_CODE, Number.NaN, Number.NaN);
      } else k += 1;
    }
  }

  #exitWhatIsDue(): void {
    const { wholes } = this.book;
    const now = this.#now;
    let next = NEVER;
    for (let k = 0; k < this.book.positionCount; ) {
      const due = wholes[k * WHOLES + DUE_MINUTE]!;
      const open =
        this.#minute === 0
          ? this.#panel.bars[wholes[k * WHOLES + BAR_BASE]! + this.#hour * BAR_WIDTH]!
          : this.#desk.openAt(wholes[k * WHOLES + COIN]!, this.book.marketOf(k), now);
      if (due <= now && open === open) {
        this.#desk.fills.exit(k, now, open, TIME_CODE, Number.NaN, Number.NaN);
      } else {
        if (due < next) next = due;
        k += 1;
      }
    }
    this.book.dueMinuteMin = next;
  }

  /** Lives from where the hour stands to minute `to` of it, and closes the hour at its end. */
  #live(to: number): void {
    const hour = this.#hour;
    if (this.#minute === 0) {
      this.#positionBars += this.book.positionCount;
      const row = this.#panel.funding.rowOf[hour]!;
      if (row >= 0 && this.#rules.funding.boundary === 'include-same-stamp') {
        this.#chargeFunding(hour, row, true);
      }
    }
    if (this.#minute === 0 && to === HOUR && !this.#needsOpenEyes(hour)) {
      if (hour % HOURS_AHEAD === 0) this.#touchAhead(hour);
      this.#liveThroughBar(hour);
    } else {
      this.#liveSlowly(hour, to);
    }
    this.#minute = to;
    this.#acted = false;
    if (to === HOUR) this.#nextHour();
  }

  #nextHour(): void {
    if (this.#working.count > 0) this.#working.cancelEnded(this.#hour);
    this.#hour += 1;
    this.#minute = 0;
    this.#opened = false;
    const { transfers } = this.#rules.account;
    if (transfers === 'fixed') return;
    transferDue(this.#desk, this.#hour, this.#working.spotHeldBack);
  }

  /** Whether the fast walk would miss something of the hour. */
  #needsOpenEyes(hour: number): boolean {
    if (this.#working.hasLimits || this.#nextBreak(0) < HOUR) return true;
    const { margin } = this.#desk;
    if (margin !== null && !this.#isSafe(hour)) return true;
    return this.#rules.fills.detail !== null && this.#couldFill(hour);
  }

  /** The bound of the open serves the whole bar, unless money or positions have changed since. */
  #isSafe(hour: number): boolean {
    if (this.#safeVersion === this.book.version || this.book.positionCount === 0) return true;
    if (!this.#desk.margin!.isSafe(hour)) return false;
    this.#safeVersion = this.book.version;
    return true;
  }

  /** Whether some position's hourly bar reaches a level, or moves one. */
  #couldFill(hour: number): boolean {
    const { reals, wholes, asides, positionCount } = this.book;
    const { bars } = this.#panel;
    const step = hour * BAR_WIDTH;
    for (let k = 0; k < positionCount; k += 1) {
      const side = reals[k * REALS + SIDE]!;
      const whole = k * WHOLES;
      const trade = wholes[whole + BAR_BASE]! + step;
      const extreme = wholes[whole + ADVERSE]!;
      // Finer bars are the marks of their time: a stop on the mark may act by them where it would not by the hour's mark bar.
      const traded = side * bars[trade + extreme]!;
      const marked = side * bars[wholes[whole + STOP_BASE]! + step + extreme]!;
      const favourable = side * bars[trade + wholes[whole + FAVOURABLE]!]!;
      const stop = reals[k * REALS + SIGNED_STOP]!;
      if (!(traded > stop && marked > stop && favourable < reals[k * REALS + SIGNED_TARGET]!)) return true;
      // A new best moves a stop that trails.
      if (
        asides[k * ASIDES + TRAIL] === asides[k * ASIDES + TRAIL] &&
        favourable > asides[k * ASIDES + BEST]!
      ) {
        return true;
      }
    }
    return false;
  }

  /** The first minute of the hour after `from` at which something is due between the stamps; HOUR or more if nothing is. */
  #nextBreak(from: number): number {
    const { detail } = this.#rules.fills;
    if (detail === null) return HOUR;
    const start = this.#hour * HOUR;
    const due = this.book.dueMinuteMin < start + HOUR ? this.#nextDue(start + from, detail.minutes) : NEVER;
    return Math.min(due, this.#working.nextMinute(start + from)) - start;
  }

  /** The next minute after `now` at which a time exit may act; what is overdue tries at every open. */
  #nextDue(now: number, step: number): number {
    let next = NEVER;
    for (let k = 0; k < this.book.positionCount; k += 1) {
      const due = this.book.wholes[k * WHOLES + DUE_MINUTE]!;
      const at = due > now ? Math.ceil(due / step) * step : (Math.floor(now / step) + 1) * step;
      if (at < next) next = at;
    }
    return next;
  }

  #liveSlowly(hour: number, to: number): void {
    while (this.#minute < to) {
      const until = Math.min(to, this.#nextBreak(this.#minute));
      this.#walk.live(
        hour,
        this.#minute,
        until,
        () => this.#isSafe(hour),
        (k) => this.#endsLife(k, hour),
      );
      this.#minute = until;
      if (until < to) this.#actInside();
    }
    if (to < HOUR) return;
    this.book.mark(hour);
    if (this.#safeVersion !== this.book.version) this.#checkMarginAtClose(hour);
  }

  /** After the marks of the hour; whatever it closes is marked once more. */
  #checkMarginAtClose(hour: number): void {
    const { margin } = this.#desk;
    if (margin === null || this.book.positionCount === 0) return;
    const before = margin.liquidations;
    margin.checkAtClose(hour);
    if (margin.liquidations === before) return;
    this.#working.cancelLiquidated(hour, hour * HOUR);
    this.book.mark(hour);
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
   * Stops, targets and ends of life of bar `hour`, then the mark. One pass does both while nothing closes: then the ground, and
   * with it the first term of the sum, is known before the walk. Whenever something did close, the mark is summed afresh.
   */
  #liveThroughBar(hour: number): void {
    const { book } = this;
    const { reals, wholes } = book;
    const { bars, hours } = this.#panel;
    const { ends } = this.#desk.lives;
    const closing = this.#closeAtEnd && hour === this.#toHour - 1;
    const step = hour * BAR_WIDTH;
    let equity = book.ground;
    let clean = true;
    for (let k = 0; k < book.positionCount; ) {
      const real = k * REALS;
      const whole = k * WHOLES;
      const bar = wholes[whole + BAR_BASE]! + step;
      const side = reals[real + SIDE]!;
      const adverse = side * bars[wholes[whole + STOP_BASE]! + step + wholes[whole + ADVERSE]!]!;
      const favourable = side * bars[bar + wholes[whole + FAVOURABLE]!]!;
      // Not a number, in a halt or where the stop has no mark to look at, is neither and is looked into.
      if (!(adverse > reals[real + SIGNED_STOP]! && favourable < reals[real + SIGNED_TARGET]!)) {
        const closed = this.#walk.touchHour(k, hour);
        // A halted coin is marked by its last trade hour, whatever its mark bars do.
        clean = false;
        if (closed) continue;
      }
      const close = bars[wholes[whole + MARK_BASE]! + step + CLOSE]!;
      const end = ends[wholes[whole + COIN]!]!;
      if (closing || (end <= hour + 1 && end < hours)) {
        this.#endOfLife(k, hour);
        clean = false;
        continue;
      }
      if (close !== close) clean = false;
      equity += reals[real + SIGNED_QUANTITY]! * (close - reals[real + ENTRY_PRICE]!);
      k += 1;
    }
    if (book.trailing > 0) this.#walk.trailThrough(hour);
    if (clean) book.setMark(hour, equity);
    else book.mark(hour);
    // The bound that let the fast walk pass knows nothing of haircuts.
    if (this.#haircut) this.#checkMarginAtClose(hour);
    this.#haircut = false;
  }

  /** Closes position k where its coin, or the run, ends with the hour; true where it has. */
  #endsLife(k: number, hour: number): boolean {
    const end = this.#desk.lives.ends[this.book.wholes[k * WHOLES + COIN]!]!;
    const closing = this.#closeAtEnd && hour === this.#toHour - 1;
    if (!closing && !(end <= hour + 1 && end < this.#panel.hours)) return false;
    this.#endOfLife(k, hour);
    return true;
  }

  #endOfLife(k: number, hour: number): void {
    const coin = this.book.wholes[k * WHOLES + COIN]!;
    const { ends } = this.#desk.lives;
    const dies = ends[coin]! < this.#panel.hours && hour >= ends[coin]! - 1;
    const reason = dies ? this.#desk.lives.endOf(coin) : 'end-of-data';
    const haircut = reason === 'delist' ? this.#rules.life.delistHaircut : 0;
    const side = this.book.reals[k * REALS + SIDE]!;
    const price = this.book.tradePrice(k, hour);
    const raw = haircut === 0 ? price : price * (1 - side * haircut);
    if (haircut > 0) this.#haircut = true;
    const code = reason === 'delist' ? DELIST_CODE : END_OF_DATA_CODE;
    this.#desk.fills.exit(k, hour * HOUR, raw, code, Number.NaN, Number.NaN);
  }

  /** Everything that the next stamp depends on. Taken between two stamps. */
  checkpoint(): VenueCheckpoint {
    assertInvariant(!this.#opened && this.#minute === 0, 'a checkpoint lies between two stamps');
    return {
      hour: this.#hour,
      positionBars: this.#positionBars,
      ambiguousBars: this.#walk.ambiguous,
      detailHours: this.#walk.detailHours,
      book: this.book.checkpoint(),
      working: this.#working.checkpoint(),
      margin: this.#desk.margin?.checkpoint() ?? null,
      impact: this.#desk.fills.checkpoint(),
    };
  }

  /** `admit` serves delayed orders that act before the next one is submitted. */
  restore(checkpoint: VenueCheckpoint, admit: Admission): void {
    this.#admit = admit;
    this.#hour = checkpoint.hour;
    this.#minute = 0;
    this.#opened = false;
    this.#positionBars = checkpoint.positionBars;
    this.#walk.ambiguous = checkpoint.ambiguousBars;
    this.#walk.detailHours = checkpoint.detailHours;
    this.book.restore(checkpoint.book, checkpoint.hour);
    this.#working.restore(checkpoint.working);
    if (checkpoint.margin !== null) this.#desk.margin?.restore(checkpoint.margin);
    this.#desk.fills.restore(checkpoint.impact);
    this.#desk.lives.moveTo(checkpoint.hour);
    this.#learnUnits(checkpoint.hour);
  }
}
