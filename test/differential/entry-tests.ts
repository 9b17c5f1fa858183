/** The tests of an entry, in their order (docs/account.md, sections 3.6 and 6). */
import type { Book } from './book.ts';
import { tierOf } from './margin.ts';
import type { Position, Venue, Working } from './types.ts';

/** What an entry would cost, as far as the tests need it. */
interface Quote {
  readonly quantity: number;
  /** What fills at once. */
  readonly part: number;
  /** Of the part, slippage included; a resting order's limit. */
  readonly fill: number;
  readonly feeRate: number;
  readonly leverage: number;
  /** A limit order that will rest. */
  readonly rests?: boolean;
}

export class EntryTests {
  readonly book: Book;
  readonly #working: () => readonly Working[];
  /** Of the last closed hour. */
  markedEquity: number;

  constructor(book: Book, working: () => readonly Working[]) {
    this.book = book;
    this.#working = working;
    this.markedEquity = book.equity;
  }

  /** Notional that resting orders of a wallet would need, at their limits. */
  reserved(market: Venue): number {
    let sum = 0;
    const fee = market === 'spot' ? this.book.charges.fee('spot', true) : 0;
    for (const { kind, market: theirs, quantity, limit, leverage } of this.#working()) {
      if (kind === 'resting' && theirs === market) sum += ((quantity * limit!) / leverage) * (1 + fee);
    }
    return sum;
  }

  /** Free margin at the given marks. */
  available(markOf: (position: Position) => number): number {
    return Math.max(0, this.book.freeMargin(markOf) - this.reserved('usdm'));
  }

  noOpen(coin: number, market: Venue): string {
    const { prices } = this.book;
    if (prices.interval === 0 || prices.hourBar(coin, market) === null) return 'not-orderable';
    return 'no-detail-bar';
  }

  /** The tests of an entry in their order: the first that fails, or what is to be done. */
  tested(order: Working): Quote | string {
    const { book } = this;
    const { coin, market, wanted } = order;
    const open = book.prices.openNow(coin, market);
    if (book.stopped) return 'account-stopped';
    if (book.liquidatedNow.has(coin)) return 'liquidated-this-bar';
    if (open === null) return this.noOpen(coin, market);
    if (isSettling(book, coin)) return 'symbol-settling';
    if (!(wanted.notional > 0)) return 'no-equity';
    if (order.referenceClose === null) return 'no-reference-price';
    order.limit = this.#limitOf(order);
    const wantedQuantity = this.steps(order, wanted.notional / order.referenceClose);
    let quote = this.#quote(order, wantedQuantity);
    const fault =
      this.#filterFault(order, quote) ?? this.#makerFault(order, open) ?? this.#bracketFault(order, quote);
    if (fault !== null) return fault;
    if (!this.affordable(order, quote)) {
      const lack = market === 'spot' ? 'insufficient-cash' : 'insufficient-margin';
      if (book.venue.account.size === 'refuse') return lack;
      // Leverage stays what the wanted quantity allowed; the price is that of what is left.
      quote = { ...this.#quote(order, this.#shrunk(order, quote)), leverage: quote.leverage };
      if (quote.quantity === 0 || this.#filterFault(order, quote) !== null) return lack;
      book.count('shrink-to-fit');
    }
    return this.#limitFault(order) ?? quote;
  }

  #limitOf({ coin, market, wanted, unitFactor }: Working): number | null {
    if (wanted.limit === undefined) return null;
    const filters = this.book.filters(coin, market);
    const price = wanted.limit * unitFactor;
    if (filters === null) return price;
    const ticks = price / filters.tickSize;
    return (wanted.side === 1 ? Math.floor(ticks + 1e-9) : Math.ceil(ticks - 1e-9)) * filters.tickSize;
  }

  isMarketable({ wanted, limit }: Working, open: number): boolean {
    return wanted.side === 1 ? open <= limit! : open >= limit!;
  }

  /** Price, fee and leverage of an entry of that size. */
  #quote(order: Working, quantity: number): Quote {
    const { book } = this;
    const { coin, market, wanted, limit } = order;
    const side = wanted.side as 1 | -1;
    const open = book.prices.openNow(coin, market)!;
    const rests = limit !== null && !this.isMarketable(order, open);
    const part = rests ? quantity : Math.min(quantity, this.roomOf(order, open, quantity));
    let fill = rests ? limit : book.charges.taker(coin, side, open, part);
    if (limit !== null && !rests) fill = side === 1 ? Math.min(limit, fill) : Math.max(limit, fill);
    const leverage = market === 'spot' ? 1 : this.#leverage(order, quantity * fill);
    return { quantity, part, fill, feeRate: book.charges.fee(market, rests), leverage, rests };
  }

  #leverage({ coin, wanted }: Working, notional: number): number {
    const { account } = this.book.venue;
    const asked = wanted.leverage ?? account.leverage;
    const tiers = account.margin === 'none' ? null : this.book.tiers(coin);
    return tiers === null ? asked : Math.min(asked, tierOf(tiers, notional).leverageMax);
  }

  #filterFault({ coin, market, limit }: Working, { quantity, fill }: Quote): string | null {
    const { book } = this;
    if (book.venue.account.filters.length === 0 || market === 'spot') return null;
    const filters = book.filters(coin, market);
    if (filters === null) return 'no-filters';
    if (quantity === 0) return 'below-step';
    if (quantity < filters.quantityMin) return 'below-quantity-min';
    if (quantity * fill < filters.notionalMin) return 'min-notional';
    if (limit === null) return null;
    const mark = book.prices.mark(coin, 'usdm');
    const outside = limit < mark * filters.percentDown || limit > mark * filters.percentUp;
    return outside ? 'percent-price' : null;
  }

  #makerFault(order: Working, open: number): string | null {
    const takes = order.limit !== null && this.isMarketable(order, open);
    return takes && order.wanted.postOnly === true ? 'would-take' : null;
  }

  #bracketFault({ coin, market }: Working, { quantity, fill }: Quote): string | null {
    const { book } = this;
    if (market === 'spot' || book.venue.account.margin === 'none') return null;
    const tiers = book.tiers(coin);
    if (tiers === null) return 'no-brackets';
    return quantity * fill > tiers.at(-1)!.cap ? 'leverage-bracket' : null;
  }

  affordable(
    { coin, market, wanted }: Working,
    { quantity, fill, feeRate, leverage, rests }: Quote,
  ): boolean {
    const { book } = this;
    const fee = quantity * fill * feeRate;
    // An exact fit is a fit: what is free is a sum, good to its last bits.
    const rounding = 1 + 1e-12;
    if (market === 'spot') return quantity * fill + fee <= (book.spot - this.reserved('spot')) * rounding;
    if (book.venue.account.margin === 'none') return true;
    const mark = book.prices.mark(coin, market);
    const atOpen = (position: Position) => book.prices.markAtOpen(position.coin, position.market);
    const loss = quantity * Math.max(0, wanted.side * (fill - mark));
    // A sale that rests above the mark is margined at the price it may fill at.
    const margined = rests === true ? Math.max(mark, fill) : mark;
    return (quantity * margined) / leverage + fee + loss <= this.available(atOpen) * rounding;
  }

  /** The largest quantity that passes at the wanted one's price and leverage: in whole steps, or without filters to the last bit. */
  #shrunk(order: Working, wanted: Quote): number {
    const most = wanted.quantity;
    const step = this.book.filters(order.coin, order.market)?.stepSize ?? null;
    const passes = (quantity: number) => this.affordable(order, { ...wanted, quantity });
    let [fits, fails] = [0, step === null ? most : Math.round(most / step)];
    const size = (count: number) => (step === null ? count : count * step);
    for (let round = 0; round < 1_100; round += 1) {
      const middle = step === null ? (fits + fails) / 2 : Math.floor((fits + fails) / 2);
      if (middle === fits || middle === fails) break;
      if (passes(size(middle))) fits = middle;
      else fails = middle;
    }
    return size(fits);
  }

  #limitFault({ coin, market, wanted }: Working): string | null {
    const { book } = this;
    const { slotsMax, sideNotionalFractionMax } = book.rules;
    const resting = this.#working().filter((order) => order.kind === 'resting');
    if (book.position(coin, market) !== undefined) return 'already-held';
    if (resting.some((order) => order.coin === coin && order.market === market)) return 'already-working';
    if (slotsMax !== null && book.positions.length + resting.length >= slotsMax) return 'slots-full';
    if (sideNotionalFractionMax === null) return null;
    // The cap is a share of the equity at the last mark: fees and funding paid since then do not move it.
    const limit = sideNotionalFractionMax * this.markedEquity;
    let side = 0;
    for (const each of book.positions) {
      if (each.side === wanted.side) side += each.quantity * book.prices.markAtClose(each.coin, each.market);
    }
    return side + wanted.notional > limit * (1 + 1e-12) ? 'side-notional-full' : null;
  }

  /** What the cap leaves an order in this hour, in whole steps. */
  roomOf(order: Working, price: number, wanted = Number.POSITIVE_INFINITY): number {
    const most = this.book.charges.participation(order.coin, price);
    if (most === Number.POSITIVE_INFINITY) return most;
    const taken = order.taken.hour === this.book.prices.hour ? order.taken.quantity : 0;
    if (most - taken >= wanted) return wanted;
    return Math.max(0, this.steps(order, most) - taken);
  }

  steps({ coin, market }: Pick<Working, 'coin' | 'market'>, quantity: number): number {
    const filters = this.book.filters(coin, market);
    // A whole number of steps is not lost to the last bit of a division.
    return filters === null ? quantity : Math.floor(quantity / filters.stepSize + 1e-9) * filters.stepSize;
  }
}

/** Inside the hours before a known delisting in which positions are left. */
export function isSettling(book: Book, coin: number): boolean {
  const { leaveBeforeHours } = book.venue.life;
  const { delisted, bars } = book.prices.coin(coin);
  if (leaveBeforeHours === null || delisted !== true) return false;
  const end = bars.findLastIndex((bar) => bar !== null) + 1;
  return book.prices.hour >= end - leaveBeforeHours;
}
