/**
 * Where fills are made: price with slippage, fee, journal, book. Whoever decides that something fills (orders, levels, the
 * margin desk) comes here, so that every fill of a run is priced and written down by the same lines.
 */
import { FeeBook } from '../exchange/fees.ts';
import { type ImpactCheckpoint, ImpactMeter } from '../exchange/impact.ts';
import type { Order } from '../execution/orders.ts';
import { type ExitReason, exitReasons, type Fill } from '../journal/records.ts';
import type { Panel } from '../panel/panel.ts';
import type { AccountBook } from '../portfolio/book.ts';
import { record } from '../portfolio/record.ts';
import type { Journal } from '../ports.ts';
import { type Costs, feeScheduleOf, slippageFraction, slippedPrice } from './costs.ts';
import type { Market } from './rules.ts';

const { SIDE, QUANTITY, ENTRY_PRICE, REALS, COIN, WHOLES, MARGIN, ASIDES } = record;
const HOUR = 60;
const minuteMs = 60_000;
/** No fill is worse than its raw price by more than this fraction: beyond it the square-root law says nothing. */
export const SLIPPAGE_MAX = 0.25;

export interface FillsOptions {
  readonly panel: Panel;
  readonly book: AccountBook;
  readonly costs: Costs;
  readonly journal: Journal | undefined;
  /** Largest quantity of one market order; Infinity for no limit. */
  readonly quantityMaxOf: (coin: number, market: Market) => number;
}

export class Fills {
  readonly book: AccountBook;
  readonly meter: ImpactMeter | null;
  readonly #panel: Panel;
  readonly #journal: Journal | undefined;
  readonly #fees: FeeBook;
  readonly #dated: boolean;
  readonly #slippage: number;
  readonly #quantityMaxOf: (coin: number, market: Market) => number;
  /** Taker fee of the futures market, which most fills pay. */
  #taker: number;

  constructor({ panel, book, costs, journal, quantityMaxOf }: FillsOptions) {
    this.#quantityMaxOf = quantityMaxOf;
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
    const slippage = this.meter.slippage(coin, hour, direction, quantity * raw);
    return slippedPrice(raw, direction, Math.min(slippage, SLIPPAGE_MAX));
  }

  /** No market-type trade costs more than this fraction of its notional, fee included: what a safe bound may count on. */
  get costMax(): number {
    // A purchase at its worst price pays its fee on that price.
    const slippage = this.meter === null ? this.#slippage : SLIPPAGE_MAX;
    return slippage + this.#taker * (1 + slippage);
  }

  /**
   * Opens a position, or adds to the one that the order has opened. `tickSize` is the grid of its levels (NaN for none).
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
  ): void {
    const { coin, side, market } = order;
    const rate = this.#rate(market, maker);
    const fee = quantity * price * rate;
    if (!maker) this.meter?.record(coin, hourOf(minute), side, quantity * rawPrice);
    const place = this.book.placeOf(coin, market);
    if (place < 0) this.book.open(order, minute, quantity, price, fee, dueMinute, leverage, tickSize);
    else this.book.add(place, order, quantity, price, fee, tickSize);
    if (this.#journal === undefined) return;
    this.#note(maker ? Number.POSITIVE_INFINITY : this.#quantityMaxOf(coin, market), {
      kind: 'fill',
      timeMs: this.#panel.startMs + minute * minuteMs,
      coin,
      market,
      side,
      leg: 'entry',
      quantity,
      price,
      rawPrice,
      fee,
      maker,
      exitReason: null,
      level: Number.NaN,
      decidedMs: order.decidedMs,
    });
  }

  /** One market order holds `quantityMax` at most: a larger one goes out, and is written down, in parts. */
  #note(quantityMax: number, fill: Fill): void {
    if (fill.quantity <= quantityMax) {
      this.#journal?.append(fill);
      return;
    }
    for (let left = fill.quantity; left > 0; left -= quantityMax) {
      const quantity = Math.min(left, quantityMax);
      this.#journal?.append({ ...fill, quantity, fee: fill.fee * (quantity / fill.quantity) });
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
   * the taker's. A `bounded` position loses its margin at most. Returns the trade's row.
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
    const insurance = terms.bounded ? Math.max(0, lost - Math.max(0, margin)) : 0;
    if (insurance > 0) this.#noteInsurance(minute, coin, insurance);
    const reasonCode = exitReasons.indexOf('liquidation');
    return this.#close(k, minute, raw, price, fee, reasonCode, raw, Number.NaN, quantity, false, insurance);
  }

  /** What the futures wallet lacks after a liquidation is borne by somebody else. */
  bearShortfall(row: number, minute: number, coin: number, short: number): void {
    this.book.bearShortfall(row, short);
    this.#noteInsurance(minute, coin, short);
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
      const coin = book.wholes[k * WHOLES + COIN]!;
      const market = book.marketOf(k);
      this.#note(maker ? Number.POSITIVE_INFINITY : this.#quantityMaxOf(coin, market), {
        kind: 'fill',
        timeMs: this.#panel.startMs + minute * minuteMs,
        coin,
        market,
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
