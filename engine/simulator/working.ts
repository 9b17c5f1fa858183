/**
 * Orders that are at the venue and not done: delayed ones, rests that a thin bar left over, limit orders. Oldest first, always. Each
 * ends with a resolution in the journal.
 */
import { roundQuantity } from '../exchange/filters.ts';
import { isRefusal, Order, type OrderOutcome } from '../execution/orders.ts';
import { exitReasons, type RefusalReason } from '../journal/records.ts';
import { barLayout } from '../panel/panel.ts';
import { NEVER, record } from '../portfolio/record.ts';
import type { Target } from '../strategy.ts';
import type { Desk } from './desk.ts';
import { ROUNDING } from './rounding.ts';
import type { Market } from './rules.ts';

const { QUANTITY, REALS, ENTRY_MINUTE, WHOLES } = record;
const { HIGH, LOW } = barLayout;
const HOUR = 60;
/** A rest waits this long, and no longer. */
const REST_MINUTES_MAX = 24 * HOUR;
const SIGNAL = exitReasons.indexOf('signal');

/**
 * `delayed` acts at its minute, `retry` is tested anew at every open because nothing of it could fill, `rest` is what is left of an order
 * that has filled in part, `limit` rests at its price.
 */
type Kind = 'delayed' | 'retry' | 'rest' | 'limit';

interface Working {
  readonly kind: Kind;
  /** Age among the account's orders: the oldest comes first, whatever it has become since. */
  readonly sequence: number;
  readonly order: Order;
  /** Acts at this minute (delayed), or from it on (rest). */
  readonly dueMinute: number;
  /** Given up at this minute. */
  readonly untilMinute: number;
  /** A rest belongs to the position that stood at this minute, and to no later one of its coin. */
  readonly sinceMinute: number;
  /** What a redenomination at the decision's own stamp multiplies prices by; 1 in nearly all. */
  readonly unitFactor: number;
  readonly limit: number;
  readonly leverage: number;
  left: number;
  filled: number;
  /** Hour of the last fill inside a bar, and how much of that bar was taken. */
  hour: number;
  taken: number;
}

export interface WorkingCheckpoint {
  readonly sequence: number;
  readonly refusals: Readonly<Partial<Record<RefusalReason, number>>>;
  readonly orders: readonly (Omit<Working, 'order'> & {
    readonly target: Target;
    readonly symbol: string;
    readonly side: 1 | -1;
    readonly leg: 'entry' | 'exit';
    readonly decidedMs: number;
    readonly quantity: number;
    readonly strategyHash: readonly [number, number];
  })[];
}

/** The bar of a coin's market in some interval. */
export interface BarAt {
  readonly bars: Float64Array;
  readonly offset: number;
  /** When it opened. */
  readonly minute: number;
}

export class WorkingOrders {
  readonly #desk: Desk;
  #orders: Working[] = [];
  #sequence = 0;
  /** The working order that is being carried out: what becomes of it keeps its age and its patience. */
  #acting: Working | null = null;
  /** How orders that were working were refused in the end. */
  readonly refusals: Partial<Record<RefusalReason, number>> = {};

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  get count(): number {
    return this.#orders.length;
  }

  get hasLimits(): boolean {
    return this.#desk.book.restingCount > 0;
  }

  /** The first minute after `from` at which a delayed order acts or a limit order ends; NEVER where there is none. */
  nextMinute(from: number): number {
    let next = NEVER;
    for (const { kind, dueMinute, untilMinute } of this.#orders) {
      const at = kind === 'delayed' ? dueMinute : kind === 'limit' ? untilMinute : NEVER;
      if (at > from && at < next) next = at;
    }
    return next;
  }

  /** Cash of the spot wallet that resting purchases hold back, their fees included. */
  get spotHeldBack(): number {
    const fee = this.#desk.fills.fee('spot', true);
    let sum = 0;
    for (const { kind, order, left, limit } of this.#orders) {
      if (kind === 'limit' && order.market === 'spot') sum += left * limit * (1 + fee);
    }
    return sum;
  }

  /**
   * What a redenomination at the stamp of its decision multiplies an order's prices by: it saw the old unit. An order that is carried out
   * later keeps what it began with.
   */
  unitFactor(order: Order): number {
    if (this.#acting !== null) return this.#acting.unitFactor;
    const { panel, lives } = this.#desk;
    const hour = (order.decidedMs - panel.startMs) / (HOUR * 60_000);
    return Number.isInteger(hour) ? lives.unitChange(order.coin, hour) : 1;
  }

  /** When the time exit of an entry filled at `minute` is due. */
  dueMinute(order: Order, minute: number): number {
    const hours = order.target.holdHoursMax;
    return hours === undefined ? NEVER : Math.min(NEVER, minute + Math.ceil(hours * HOUR));
  }

  addDelayed(order: Order, minute: number, delayMinutes: number): void {
    this.#add({ kind: 'delayed', order, dueMinute: minute + delayMinutes, untilMinute: NEVER });
  }

  addRest(
    order: Order,
    minute: number,
    part: { readonly left: number; readonly filled: number; readonly leverage: number },
  ): void {
    const dueMinute = nextHour(minute);
    const kind = part.filled > 0 ? 'rest' : 'retry';
    const patient = this.#acting?.kind === 'retry' ? this.#acting.untilMinute : minute + REST_MINUTES_MAX;
    this.#add({ kind, order, dueMinute, untilMinute: patient, sinceMinute: minute, ...part });
  }

  addLimit(entry: {
    readonly order: Order;
    readonly minute: number;
    readonly limit: number;
    readonly left: number;
    readonly filled: number;
    readonly leverage: number;
  }): void {
    const { order, minute, ...rest } = entry;
    const taken = { hour: (minute / HOUR) | 0, taken: entry.filled };
    const hours = order.target.orderHoursMax ?? 1;
    // An order lives through whole bars.
    const bar = this.#desk.rules.fills.detail?.minutes ?? HOUR;
    const untilMinute = Math.ceil((minute + hours * HOUR) / bar) * bar;
    this.#add({
      kind: 'limit',
      order,
      dueMinute: minute,
      untilMinute,
      ...rest,
      ...taken,
    });
    this.#desk.book.addResting(order.coin, order.market, 1);
    this.#holdBack();
  }

  #add(entry: Pick<Working, 'kind' | 'order' | 'dueMinute' | 'untilMinute'> & Partial<Working>): void {
    this.#sequence += 1;
    const added: Working = {
      sequence: this.#acting?.sequence ?? this.#sequence,
      unitFactor: this.unitFactor(entry.order),
      limit: Number.NaN,
      leverage: 1,
      sinceMinute: NEVER,
      left: entry.order.quantity,
      filled: 0,
      hour: -1,
      taken: 0,
      ...entry,
    };
    const younger = this.#orders.findIndex(({ sequence }) => sequence > added.sequence);
    this.#orders.splice(younger < 0 ? this.#orders.length : younger, 0, added);
  }

  /** The margin that resting orders hold back in the futures wallet. */
  #holdBack(): void {
    const { margin } = this.#desk;
    if (margin === null) return;
    margin.resting = 0;
    for (const { kind, order, left, limit, leverage } of this.#orders) {
      if (kind === 'limit' && order.market === 'usdm') margin.resting += (left * limit) / leverage;
    }
  }

  /** Gives up limit orders whose time is over. */
  expire(minute: number): void {
    for (const each of this.#orders.slice()) {
      if (each.kind === 'limit' && each.untilMinute <= minute) this.#end(each, minute, 'expired');
    }
  }

  /** Takes back what rests or is left over for a coin; true where something was. */
  withdraw(coin: number, market: Market, minute: number): boolean {
    return this.#cancel(minute, ({ kind, order }) => {
      return kind !== 'delayed' && order.coin === coin && order.market === market;
    });
  }

  /** Coins for which a limit order rests in the futures market. */
  limitCoins(): number[] {
    return this.#orders.flatMap(({ kind, order }) =>
      kind === 'limit' && order.market === 'usdm' ? [order.coin] : [],
    );
  }

  /** Resting orders of coins that were liquidated in the hour die; all entries do where the account stops. */
  cancelLiquidated(hour: number, minute: number): void {
    const { margin } = this.#desk;
    if (margin === null) return;
    this.#cancel(minute, ({ kind, order }) =>
      margin.stopped
        ? kind !== 'delayed' && order.leg === 'entry'
        : kind === 'limit' && order.market === 'usdm' && margin.wasLiquidatedIn(order.coin, hour),
    );
  }

  /** Orders of coins whose bars end with `hour` die. */
  cancelEnded(hour: number): void {
    const { lives } = this.#desk;
    this.#cancel(
      (hour + 1) * HOUR,
      ({ kind, order }) => kind !== 'delayed' && lives.barsEnd(order.coin, hour),
    );
  }

  /** Whatever works for a coin that is renamed dies. */
  cancelCoin(coin: number, minute: number): void {
    this.#cancel(minute, ({ order }) => order.coin === coin);
  }

  #cancel(minute: number, dies: (each: Working) => boolean): boolean {
    const dying = this.#orders.filter(dies);
    for (const each of dying) this.#end(each, minute, 'cancelled');
    return dying.length > 0;
  }

  /** Ends an order: whatever it has filled makes it a partial one. */
  #end(each: Working, minute: number, otherwise: Exclude<OrderOutcome, 'working'>): void {
    this.#remove(each);
    const dropped = each.left > 0 && each.kind === 'rest';
    if (dropped) this.noteDropped(each.order, minute, each.left);
    const outcome = each.left === 0 ? 'filled' : each.filled > 0 ? 'partial' : otherwise;
    this.resolve(each.order, minute, outcome);
  }

  #remove(each: Working): void {
    this.#orders = this.#orders.filter((other) => other !== each);
    if (each.kind !== 'limit') return;
    this.#desk.book.addResting(each.order.coin, each.order.market, -1);
    this.#holdBack();
  }

  /** The run is over. */
  cancelAll(minute: number): void {
    this.#cancel(minute, () => true);
  }

  resolve(order: Order, minute: number, outcome: Exclude<OrderOutcome, 'working'>): void {
    if (isRefusal(outcome)) this.refusals[outcome] = (this.refusals[outcome] ?? 0) + 1;
    this.#desk.journal?.append({ kind: 'resolution', timeMs: this.#desk.timeMs(minute), order, outcome });
  }

  noteDropped(order: Order, minute: number, quantity: number): void {
    this.#desk.journal?.append({
      kind: 'account-event',
      timeMs: this.#desk.timeMs(minute),
      event: 'dropped-rest',
      coin: order.coin,
      toCoin: -1,
      from: null,
      to: null,
      amount: quantity,
    });
  }

  /** What is due at an open: delayed orders are carried out by `act`, rests go on. */
  actAt(minute: number, act: (order: Order) => OrderOutcome): void {
    for (const each of this.#orders.slice()) {
      if (!this.#orders.includes(each)) continue;
      if (each.kind === 'retry' && minute > each.untilMinute) {
        this.#end(each, minute, 'thin-volume');
      } else if (isDue(each, minute)) {
        this.#remove(each);
        this.#acting = each;
        const outcome = act(each.order);
        this.#acting = null;
        if (outcome !== 'working') this.resolve(each.order, minute, outcome);
      } else if (each.kind === 'rest' && minute % HOUR === 0 && each.dueMinute <= minute) {
        this.#fillRest(each, minute);
      }
    }
  }

  #fillRest(each: Working, minute: number): void {
    const desk = this.#desk;
    const { coin, market, leg } = each.order;
    const place = desk.book.placeOf(coin, market);
    const gone = place < 0 || desk.book.wholes[place * WHOLES + ENTRY_MINUTE]! > each.sinceMinute;
    if (gone || minute > each.untilMinute) {
      this.#end(each, minute, 'thin-volume');
      return;
    }
    const raw = desk.openAt(coin, market, minute);
    const hour = (minute / HOUR) | 0;
    if (Number.isNaN(raw) || desk.margin?.wasLiquidatedIn(coin, hour) === true) return;
    const now = this.#share(each, hour, raw);
    if (now === 0) return;
    if (leg === 'exit') {
      const quantity = Math.min(now, desk.book.reals[place * REALS + QUANTITY]!);
      desk.fills.exit(place, minute, raw, SIGNAL, Number.NaN, each.order.decidedMs, quantity);
    } else if (!this.#enterRest(each, minute, raw, now)) {
      this.#end(each, minute, 'insufficient-margin');
      return;
    }
    each.filled += now;
    each.left = now >= each.left ? 0 : each.left - now;
    if (each.left === 0) this.#end(each, minute, 'filled');
  }

  /** What the bar lets through of what is left. */
  #share(each: Working, hour: number, raw: number): number {
    const { order, left } = each;
    const taken = each.hour === hour ? each.taken : 0;
    const share = this.#desk.capacity(order.coin, hour, raw) - taken;
    if (share >= left) return left;
    const filters = this.#desk.filtersOf(order.coin, order.market);
    return Math.max(0, filters === null ? share : roundQuantity(share, filters.stepSize));
  }

  /** Adds a further part to the position, at the open; false where it lacks margin or cash. */
  #enterRest(each: Working, minute: number, raw: number, quantity: number): boolean {
    const desk = this.#desk;
    const { order, leverage } = each;
    const { coin, side, market } = order;
    const hour = (minute / HOUR) | 0;
    const price = desk.fills.takerPrice(coin, hour, raw, side, quantity);
    const fee = desk.fills.fee(market, false);
    if (market === 'spot') {
      if (quantity * price * (1 + fee) > (desk.book.walletCash('spot') - this.spotHeldBack) * ROUNDING)
        return false;
    } else if (desk.margin !== null) {
      const mark = desk.frame.coinMarkOpen(coin, hour, desk.rules.account.mark === 'mark');
      const unit = mark / leverage + price * fee + Math.max(0, side * (price - mark));
      if (quantity * unit > desk.margin.available(hour) * ROUNDING) return false;
    }
    this.#enter(each, { minute, quantity, rawPrice: raw, price, maker: false });
    return true;
  }

  #enter(
    each: Working,
    fill: {
      readonly minute: number;
      readonly quantity: number;
      readonly rawPrice: number;
      readonly price: number;
      readonly maker: boolean;
    },
  ): void {
    const filters = this.#desk.filtersOf(each.order.coin, each.order.market);
    this.#desk.fills.enter(
      each.order,
      fill.minute,
      fill.quantity,
      fill.rawPrice,
      fill.price,
      fill.maker,
      each.leverage,
      this.dueMinute(each.order, fill.minute),
      filters?.tickSize ?? Number.NaN,
    );
  }

  /** Limit orders inside one interval: filled where it was traded through them; `filled` hears of the positions. */
  fillInside(barOf: (coin: number, market: Market) => BarAt | null, filled: (k: number) => void): void {
    for (const each of this.#orders.slice()) {
      if (each.kind !== 'limit' || !this.#orders.includes(each)) continue;
      const { coin, market, side } = each.order;
      const bar = barOf(coin, market);
      if (bar === null) continue;
      const low = bar.bars[bar.offset + LOW]!;
      const high = bar.bars[bar.offset + HIGH]!;
      if (side === 1 ? !(low < each.limit) : !(high > each.limit)) continue;
      this.#fillLimit(each, bar.minute, filled);
    }
  }

  #fillLimit(each: Working, minute: number, filled: (k: number) => void): void {
    const { book } = this.#desk;
    const { coin, market } = each.order;
    const hour = (minute / HOUR) | 0;
    const quantity = this.#share(each, hour, each.limit);
    if (quantity === 0) return;
    this.#enter(each, { minute, quantity, rawPrice: each.limit, price: each.limit, maker: true });
    each.taken = (each.hour === hour ? each.taken : 0) + quantity;
    each.hour = hour;
    each.filled += quantity;
    each.left = quantity >= each.left ? 0 : each.left - quantity;
    filled(book.placeOf(coin, market));
    if (each.left === 0) this.#end(each, minute, 'filled');
    else this.#holdBack();
  }

  checkpoint(): WorkingCheckpoint {
    return {
      sequence: this.#sequence,
      refusals: { ...this.refusals },
      orders: this.#orders.map(({ order, ...rest }) => ({
        ...rest,
        target: order.target,
        symbol: order.symbol,
        side: order.side,
        leg: order.leg,
        decidedMs: order.decidedMs,
        quantity: order.quantity,
        strategyHash: order.strategyHash,
      })),
    };
  }

  restore({ orders, refusals, sequence }: WorkingCheckpoint): void {
    this.#sequence = sequence;
    Object.assign(this.refusals, refusals);
    this.#orders = orders.map(
      ({ target, symbol, side, leg, decidedMs, quantity, strategyHash, ...rest }) => ({
        ...rest,
        order: new Order(target, symbol, side, leg, decidedMs, quantity, strategyHash),
      }),
    );
    this.#holdBack();
  }
}

function isDue({ kind, dueMinute }: Working, minute: number): boolean {
  if (kind === 'retry') return minute % HOUR === 0 && dueMinute <= minute;
  return kind === 'delayed' && dueMinute <= minute;
}

function nextHour(minute: number): number {
  return (Math.floor(minute / HOUR) + 1) * HOUR;
}
