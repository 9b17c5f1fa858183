/**
 * Orders at an open: the tests that an entry has to pass, in their order, and what then fills. The first test that fails is the
 * reason of the refusal (`docs/account.md`, section 3.6).
 */
import { type Filters, roundPrice, roundQuantity } from '../exchange/filters.ts';
import type { Order, OrderOutcome } from '../execution/orders.ts';
import { exitReasons, type RefusalReason } from '../journal/records.ts';
import { record } from '../portfolio/record.ts';
import type { Admission } from '../ports.ts';
import type { Desk } from './desk.ts';
import { SLIPPAGE_MAX } from './fills.ts';
import { ROUNDING } from './rounding.ts';
import type { WorkingOrders } from './working.ts';

const { QUANTITY, REALS } = record;
const HOUR = 60;
const SIGNAL = exitReasons.indexOf('signal');

/** An entry on its way through the tests: one for all, because it is filled in for every candidate of every decision. */
class Draft {
  order!: Order;
  minute = 0;
  hour = 0;
  filters: Filters | null = null;
  /** Price before slippage: the open, or the limit of an order that will rest. */
  raw = Number.NaN;
  limit = Number.NaN;
  /** Rests as a limit order instead of taking. */
  rests = false;
  quantity = Number.NaN;
  /** Part of the quantity that fills now, and at which price. */
  now = Number.NaN;
  price = Number.NaN;
  leverage = Number.NaN;
}

export class Entries {
  readonly #desk: Desk;
  readonly #working: WorkingOrders;
  readonly #draft = new Draft();

  constructor(desk: Desk, working: WorkingOrders) {
    this.#desk = desk;
    this.#working = working;
  }

  /** Carries an order out at `minute`, or says why not. */
  carryOut(order: Order, minute: number, admit: Admission): OrderOutcome {
    return order.leg === 'exit' ? this.#exit(order, minute) : this.#enter(order, minute, admit);
  }

  #exit(order: Order, minute: number): OrderOutcome {
    const desk = this.#desk;
    const hour = (minute / HOUR) | 0;
    const { coin, market } = order;
    const halted = Number.isNaN(desk.hourOpen(coin, market, hour));
    const withdrawn = this.#working.withdraw(coin, market, minute);
    const k = desk.book.placeOf(coin, market);
    if (desk.margin?.wasLiquidatedIn(coin, hour) === true) return 'liquidated-this-bar';
    if (halted) return withdrawn && k < 0 ? 'withdrew' : 'not-orderable';
    if (k < 0) return withdrawn ? 'withdrew' : 'not-held';
    const raw = desk.openAt(coin, market, minute);
    if (Number.isNaN(raw)) return 'no-detail-bar';
    const wanted = this.#exitQuantity(order, k);
    if (wanted === 0) return 'below-step';
    return this.#reduce(order, minute, raw, wanted);
  }

  /** All that is held, or the wanted part of it in whole steps. */
  #exitQuantity(order: Order, k: number): number {
    const held = this.#desk.book.reals[k * REALS + QUANTITY]!;
    const { reduceFraction = 1 } = order.target;
    if (reduceFraction >= 1) return held;
    const filters = this.#desk.filtersOf(order.coin, order.market);
    const part = held * reduceFraction;
    return filters === null ? part : roundQuantity(part, filters.stepSize);
  }

  #reduce(order: Order, minute: number, raw: number, wanted: number): OrderOutcome {
    const { book, fills } = this.#desk;
    const now = this.#shareOfBar(order, minute, raw, wanted);
    const k = book.placeOf(order.coin, order.market);
    if (now > 0) fills.exit(k, minute, raw, SIGNAL, Number.NaN, order.decidedMs, now);
    return now >= wanted
      ? 'filled'
      : this.#rest(order, minute, { left: wanted - now, filled: now, leverage: 1 });
  }

  /** What the participation cap lets through of a quantity. */
  #shareOfBar(order: Order, minute: number, raw: number, wanted: number): number {
    const share = this.#desk.capacity(order.coin, (minute / HOUR) | 0, raw);
    if (share >= wanted) return wanted;
    const filters = this.#desk.filtersOf(order.coin, order.market);
    return filters === null ? share : roundQuantity(share, filters.stepSize);
  }

  #rest(
    order: Order,
    minute: number,
    part: { readonly left: number; readonly filled: number; readonly leverage: number },
  ): OrderOutcome {
    if (this.#desk.fills.meter?.carries === true) {
      this.#working.addRest(order, minute, part);
      return 'working';
    }
    this.#working.noteDropped(order, minute, part.left);
    return part.filled > 0 ? 'partial' : 'thin-volume';
  }

  #enter(order: Order, minute: number, admit: Admission): OrderOutcome {
    const draft = this.#draft;
    const unfit = this.#begin(draft, order, minute);
    if (unfit !== null) return unfit;
    // An impact costs a look at a week of bars: a candidate that the limits will refuse, and that no price could make fail before
    // them, is spared it.
    if (this.#desk.fills.meter !== null) {
      const limit = admit(order, this.#desk.book);
      if (limit !== null && this.#passesAtAnyPrice(draft)) return limit;
    }
    const refusal =
      this.#byFilters(draft) ??
      this.#byBrackets(draft) ??
      (order.market === 'spot' ? this.#byCash(draft) : this.#byMargin(draft)) ??
      admit(order, this.#desk.book);
    if (refusal !== null) return refusal;
    return draft.rests ? this.#restAtLimit(draft) : this.#fill(draft);
  }

  /** Everything that must be known before the tests; a reason where it cannot be. */
  #begin(draft: Draft, order: Order, minute: number): RefusalReason | null {
    const desk = this.#desk;
    const { coin, market, side, target } = order;
    const hour = (minute / HOUR) | 0;
    if (desk.margin !== null) {
      if (desk.margin.stopped) return 'account-stopped';
      if (desk.margin.wasLiquidatedIn(coin, hour)) return 'liquidated-this-bar';
    }
    const hourOpen = desk.hourOpen(coin, market, hour);
    if (hourOpen !== hourOpen) return 'not-orderable';
    const open = minute === hour * HOUR ? hourOpen : desk.openAt(coin, market, minute);
    if (open !== open) return 'no-detail-bar';
    if (desk.lives.leavesEarly && desk.lives.isSettling(coin, hour)) return 'symbol-settling';
    if (order.notional <= 0) return 'no-equity';
    if (!(order.quantity > 0)) return 'no-reference-price';
    const filters = desk.filtersOf(coin, market);
    const factor = this.#working.unitFactor(order);
    const wanted = target.limitPrice === undefined ? undefined : target.limitPrice * factor;
    draft.order = order;
    draft.minute = minute;
    draft.hour = hour;
    draft.filters = filters;
    draft.limit = wanted === undefined ? Number.NaN : limitOnTick(wanted, side, filters);
    draft.rests = side * (draft.limit - open) < 0;
    draft.raw = draft.rests ? draft.limit : open;
    draft.price = draft.raw;
    draft.quantity = order.quantity / factor;
    draft.now = 0;
    draft.leverage = target.leverage ?? desk.rules.account.leverage;
    return null;
  }

  /** True where every test before the limits is passed with so much to spare that the slippage of the fill cannot matter. */
  #passesAtAnyPrice(draft: Draft): boolean {
    const { order, filters, hour, leverage, limit } = draft;
    const { margin, filtered, fills, rules } = this.#desk;
    if (order.market === 'spot' || limit === limit || (filtered && filters === null)) return false;
    const quantity = filters === null ? draft.quantity : roundQuantity(draft.quantity, filters.stepSize);
    const least = quantity * draft.raw * (1 - SLIPPAGE_MAX);
    const most = quantity * draft.raw * (1 + SLIPPAGE_MAX);
    if (
      filters !== null &&
      !(quantity >= filters.quantityMin && quantity > 0 && least >= filters.notionalMin)
    ) {
      return false;
    }
    if (margin === null) return true;
    if (!(most <= margin.brackets.notionalMax(order.coin))) return false;
    const lowest = margin.leverageFor(order.coin, most, leverage);
    const mark = markAt(this.#desk, order, draft.minute);
    const openLoss = Math.max(0, order.side * (draft.raw * (1 + order.side * SLIPPAGE_MAX) - mark));
    const needed = (quantity * mark) / lowest + most * fills.fee('usdm', false) + quantity * openLoss;
    return rules.account.size === 'refuse' && needed <= margin.available(hour) * ROUNDING;
  }

  /** Rounds the quantity, prices what fills now, and asks the minima. */
  #byFilters(draft: Draft): RefusalReason | null {
    const { order, filters } = draft;
    if (this.#desk.filtered && order.market === 'usdm' && filters === null) return 'no-filters';
    if (filters !== null) {
      draft.quantity = roundQuantity(draft.quantity, filters.stepSize);
      if (draft.quantity === 0) return 'below-step';
      if (draft.quantity < filters.quantityMin) return 'below-quantity-min';
    }
    this.#price(draft);
    if (filters !== null && draft.quantity * draft.price < filters.notionalMin) return 'min-notional';
    if (Number.isNaN(draft.limit)) return null;
    if (filters !== null && !this.#isNearMark(draft, filters)) return 'percent-price';
    return order.target.postOnly === true && !draft.rests ? 'would-take' : null;
  }

  #isNearMark({ order, minute, limit }: Draft, { percentDown, percentUp }: Filters): boolean {
    const mark = markAt(this.#desk, order, minute);
    return !(limit < mark * percentDown || limit > mark * percentUp);
  }

  /** What fills now and at which price: a limit order that rests fills nothing yet, one that takes never pays beyond its limit. */
  #price(draft: Draft): void {
    const { order, minute, hour, raw, limit } = draft;
    if (draft.rests) return;
    draft.now = this.#shareOfBar(order, minute, raw, draft.quantity);
    const price = this.#desk.fills.takerPrice(order.coin, hour, raw, order.side, draft.now);
    const beyond = order.side * (price - limit) > 0;
    draft.price = beyond ? limit : price;
  }

  #byBrackets(draft: Draft): RefusalReason | null {
    const { margin } = this.#desk;
    const { coin, market } = draft.order;
    if (margin === null || market === 'spot') return null;
    if (!margin.brackets.known(coin)) return 'no-brackets';
    const notional = draft.quantity * draft.price;
    if (notional > margin.brackets.notionalMax(coin)) return 'leverage-bracket';
    draft.leverage = margin.leverageFor(coin, notional, draft.leverage);
    return null;
  }

  #byMargin(draft: Draft): RefusalReason | null {
    const { margin, fills } = this.#desk;
    if (margin === null) return null;
    const { order, hour, price, leverage } = draft;
    const mark = markAt(this.#desk, order, draft.minute);
    const fee = fills.fee('usdm', draft.rests);
    const openLoss = Math.max(0, order.side * (price - mark));
    // A sale that rests above the mark is margined at the price it may fill at.
    const margined = draft.rests ? Math.max(mark, price) : mark;
    return this.#fit(draft, margined / leverage + price * fee + openLoss, margin.available(hour))
      ? null
      : 'insufficient-margin';
  }

  #byCash(draft: Draft): RefusalReason | null {
    const { book, fills } = this.#desk;
    const free = book.walletCash('spot') - this.#working.spotHeldBack;
    const unit = draft.price * (1 + fills.fee('spot', draft.rests));
    return this.#fit(draft, unit, free) ? null : 'insufficient-cash';
  }

  /** Whether the quantity at `unit` a piece fits into what is free; made to fit where the account wants that. */
  #fit(draft: Draft, unit: number, free: number): boolean {
    if (draft.quantity * unit <= free * ROUNDING) return true;
    if (this.#desk.rules.account.size === 'refuse' || !(free > 0)) return false;
    const { filters } = draft;
    const most = free / unit;
    const quantity = filters === null ? most : roundQuantity(most, filters.stepSize);
    if (!(quantity > 0) || quantity * unit > free * ROUNDING) return false;
    if (
      filters !== null &&
      (quantity < filters.quantityMin || quantity * draft.price < filters.notionalMin)
    ) {
      return false;
    }
    draft.quantity = quantity;
    this.#price(draft);
    return true;
  }

  #fill(draft: Draft): OrderOutcome {
    const { order, minute, quantity, now, price, raw, leverage } = draft;
    const { filters } = draft;
    if (now > 0) {
      this.#desk.fills.enter(
        order,
        minute,
        now,
        raw,
        price,
        false,
        leverage,
        this.#working.dueMinute(order, minute),
        filters === null ? Number.NaN : filters.tickSize,
      );
    }
    if (now >= quantity) return 'filled';
    if (!Number.isNaN(draft.limit)) {
      this.#working.addLimit({
        order,
        minute,
        limit: draft.limit,
        left: quantity - now,
        filled: now,
        leverage,
      });
      return 'working';
    }
    return this.#rest(order, minute, { left: quantity - now, filled: now, leverage });
  }

  #restAtLimit({ order, minute, limit, quantity, leverage }: Draft): OrderOutcome {
    this.#working.addLimit({ order, minute, limit, left: quantity, filled: 0, leverage });
    return 'working';
  }
}

/** Mark that an order's margin and limits are reckoned with: of the hour's open, or of the finer bar that opens at the minute. */
function markAt(desk: Desk, { coin, market }: Order, minute: number): number {
  const hour = (minute / HOUR) | 0;
  if (market === 'spot' || minute > hour * HOUR) return desk.openAt(coin, market, minute);
  return desk.frame.coinMarkOpen(coin, hour, desk.rules.account.mark === 'mark');
}

/** A limit price on the tick away from the market: a buy's lower, a sale's higher. */
function limitOnTick(price: number, side: 1 | -1, filters: Filters | null): number {
  return filters === null ? price : roundPrice(price, filters.tickSize, side === 1 ? -1 : 1);
}
