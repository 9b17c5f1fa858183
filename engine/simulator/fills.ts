/**
 * Where fills are made: price with slippage, fee, journal, book. Whoever decides that something fills (orders, levels, the
 * margin desk) comes here, so that every fill of a run is priced and written down by the same lines.
 */
import { FeeBook } from '../exchange/fees.ts';
import { type ImpactCheckpoint, ImpactMeter } from '../exchange/impact.ts';
import type { Order } from '../execution/orders.ts';
import { type ExitReason, exitReasons } from '../journal/records.ts';
import type { Panel } from '../panel/panel.ts';
import type { AccountBook } from '../portfolio/book.ts';
import { record } from '../portfolio/record.ts';
import type { Journal } from '../ports.ts';
import { type Costs, feeScheduleOf, slippageFraction, slippedPrice } from './costs.ts';
import type { Market } from './rules.ts';

const { SIDE, QUANTITY, ENTRY_PRICE, REALS, COIN, WHOLES, MARGIN, ASIDES } = record;
const HOUR = 60;
const minuteMs = 60_000;

export interface FillsOptions {
  readonly panel: Panel;
  readonly book: AccountBook;
  readonly costs: Costs;
  readonly journal: Journal | undefined;
}

export class Fills {
  readonly book: AccountBook;
  readonly meter: ImpactMeter | null;
  readonly #panel: Panel;
  readonly #journal: Journal | undefined;
  readonly #fees: FeeBook;
  readonly #dated: boolean;
  readonly #slippage: number;
  /** Taker fee of the futures market, which most fills pay. */
  #taker: number;

  constructor({ panel, book, costs, journal }: FillsOptions) {
    this.book = book;
    this.#panel = panel;
    this.#journal = journal;
    const schedule = feeScheduleOf(costs);
    this.#fees = new FeeBook(schedule);
    this.#dated = schedule.length > 1;
    this.#taker = this.#fees.taker('usdm');
    this.#slippage = slippageFraction(costs);
    this.meter =
      costs.impact === undefined
        ? null
        : new ImpactMeter(panel, { ...costs.impact, halfSpreadBps: costs.slippageBps });
  }

  /** Puts the fees of a time in force. */
  moveTo(timeMs: number): void {
    if (!this.#dated) return;
    this.#fees.moveTo(timeMs);
    this.#taker = this.#fees.taker('usdm');
  }

  fee(market: Market, maker: boolean): number {
    return maker ? this.#fees.maker(market) : this.#fees.taker(market);
  }

  /** Price of a market-type trade of `quantity` beside the raw price; of nothing, half the spread away. */
  takerPrice(coin: number, hour: number, raw: number, direction: 1 | -1, quantity: number): number {
    if (this.meter === null || quantity === 0) return slippedPrice(raw, direction, this.#slippage);
    return slippedPrice(raw, direction, this.meter.slippage(coin, hour, direction, quantity * raw));
  }

  /** No market-type trade costs more than this fraction of its notional, fee included: what a safe bound may count on. */
  get costMax(): number {
    return this.#taker + (this.meter === null ? this.#slippage : Number.POSITIVE_INFINITY);
  }

  /**
   * Opens a position, or adds to the one that the order has opened. `tickSize` is the grid of its levels (NaN for none), `quantityMax`
   * what one market order may hold: larger ones go out in parts.
   */
  enter(
    order: Order,
    minute: number,
    quantity: number,
    rawPrice: number,
    price: number,
    maker: boolean,
    leverage: number,
    dueMinute: number,
    tickSize: number,
    quantityMax: number,
  ): void {
    const { coin, side, market } = order;
    const rate = this.#rate(market, maker);
    const fee = quantity * price * rate;
    if (!maker) this.meter?.record(coin, hourOf(minute), side, quantity * rawPrice);
    const place = this.book.placeOf(coin, market);
    if (place < 0) this.book.open(order, minute, quantity, price, fee, dueMinute, leverage, tickSize);
    else this.book.add(place, order, quantity, price, fee, tickSize);
    if (this.#journal === undefined) return;
    for (let left = quantity; left > 0; left -= quantityMax) {
      const part = Math.min(left, quantityMax);
      this.#journal.append({
        kind: 'fill',
        timeMs: this.#panel.startMs + minute * minuteMs,
        coin,
        market,
        side,
        leg: 'entry',
        quantity: part,
        price,
        rawPrice,
        fee: part * price * rate,
        maker,
        exitReason: null,
        level: Number.NaN,
        decidedMs: order.decidedMs,
      });
    }
  }

  #rate(market: Market, maker: boolean): number {
    return maker || market === 'spot' ? this.fee(market, maker) : this.#taker;
  }

  /** Closes position k, or `quantity` of it, as a taker. `level` and `decidedMs` are NaN where there is none. */
  exit(
    k: number,
    minute: number,
    raw: number,
    reasonCode: number,
    level: number,
    decidedMs: number,
    quantity = this.book.reals[k * REALS + QUANTITY]!,
  ): void {
    const direction = this.book.reals[k * REALS + SIDE] === 1 ? -1 : 1;
    const coin = this.book.wholes[k * WHOLES + COIN]!;
    const price = this.takerPrice(coin, hourOf(minute), raw, direction, quantity);
    this.meter?.record(coin, hourOf(minute), direction, quantity * raw);
    const fee = quantity * price * this.#rate(this.book.marketOf(k), false);
    this.#close(k, minute, raw, price, fee, reasonCode, level, decidedMs, quantity, false, 0);
  }

  /** Closes position k at the price of its resting limit order, as a maker. */
  exitAsMaker(k: number, minute: number, level: number, reasonCode: number): void {
    const quantity = this.book.reals[k * REALS + QUANTITY]!;
    const fee = quantity * level * this.#rate(this.book.marketOf(k), true);
    this.#close(k, minute, level, level, fee, reasonCode, level, Number.NaN, quantity, true, 0);
  }

  /**
   * Closes position k by force: worse than the raw price by `stress` times the taker slippage, for a clearance fee in place of
   * the taker's. An isolated position loses its margin at most, if `bounded`. Returns the trade's row.
   */
  liquidate(
    k: number,
    minute: number,
    raw: number,
    terms: { readonly stress: number; readonly clearanceFee: number; readonly bounded: boolean },
  ): number {
    const { reals, asides, wholes } = this.book;
    const real = k * REALS;
    const quantity = reals[real + QUANTITY]!;
    const side = reals[real + SIDE]!;
    const direction = side === 1 ? -1 : 1;
    const coin = wholes[k * WHOLES + COIN]!;
    const fair = this.takerPrice(coin, hourOf(minute), raw, direction, quantity);
    const price = Math.max(0, raw + terms.stress * (fair - raw));
    this.meter?.record(coin, hourOf(minute), direction, quantity * raw);
    const fee = quantity * price * terms.clearanceFee;
    const lost = fee - side * quantity * (price - reals[real + ENTRY_PRICE]!);
    const margin = asides[k * ASIDES + MARGIN]!;
    const insurance = terms.bounded && margin > 0 ? Math.max(0, lost - margin) : 0;
    if (insurance > 0) this.#noteInsurance(minute, coin, insurance);
    const reasonCode = exitReasons.indexOf('liquidation');
    return this.#close(k, minute, raw, price, fee, reasonCode, raw, Number.NaN, quantity, false, insurance);
  }

  /** What the futures wallet lacks after a liquidation is borne by somebody else. */
  bearShortfall(row: number, minute: number, coin: number): void {
    const before = this.book.insurance;
    this.book.bearShortfall(row);
    const borne = this.book.insurance - before;
    if (borne > 0) this.#noteInsurance(minute, coin, borne);
  }

  #noteInsurance(minute: number, coin: number, amount: number): void {
    this.#journal?.append({
      kind: 'account-event',
      timeMs: this.#panel.startMs + minute * minuteMs,
      event: 'insurance',
      coin,
      toCoin: -1,
      from: null,
      to: 'usdm',
      amount,
    });
  }

  #close(
    k: number,
    minute: number,
    rawPrice: number,
    price: number,
    fee: number,
    reasonCode: number,
    level: number,
    decidedMs: number,
    quantity: number,
    maker: boolean,
    insurance: number,
  ): number {
    const { book } = this;
    if (this.#journal !== undefined) {
      this.#journal.append({
        kind: 'fill',
        timeMs: this.#panel.startMs + minute * minuteMs,
        coin: book.wholes[k * WHOLES + COIN]!,
        market: book.marketOf(k),
        side: book.reals[k * REALS + SIDE] === 1 ? 1 : -1,
        leg: 'exit',
        quantity,
        price,
        rawPrice,
        fee,
        maker,
        exitReason: exitReasons[reasonCode] as ExitReason,
        level,
        decidedMs,
      });
    }
    return book.close(k, minute, price, fee, reasonCode, quantity, insurance);
  }

  checkpoint(): ImpactCheckpoint | null {
    return this.meter?.checkpoint() ?? null;
  }

  restore(checkpoint: ImpactCheckpoint | null): void {
    if (checkpoint !== null) this.meter?.restore(checkpoint);
  }
}

function hourOf(minute: number): number {
  return (minute / HOUR) | 0;
}
