/**
 * The futures wallet: cash, open positions, and the ledger of what was closed.
 *
 * Open positions are a dense list of fixed-width records: opening appends, closing number k moves the last record into
 * its place. Walks go from 0 upward, so the order of additions, and with it the last bit of equity, is part of the
 * semantics (workload W, section 5). Records are packed side by side because a year of stepping is bound by memory:
 * one position is two cache lines, and its bars are a linear read.
 */

import type { Order } from '../execution/orders.ts';
import { assertInvariant } from '../invariant.ts';
import { symbolLanes } from '../panel/fingerprint.ts';
import { barLayout, type Panel, timeAt } from '../panel/panel.ts';
import type { AccountView, PositionView } from './account.ts';
import { Ledger, type LedgerCheckpoint } from './ledger.ts';
import { record } from './record.ts';

const {
  SIDE,
  SIGNED_QUANTITY,
  QUANTITY,
  ENTRY_PRICE,
  SIGNED_STOP,
  SIGNED_TARGET,
  FEES,
  FUNDING_PAID,
  REALS,
} = record;
const { COIN, ENTRY_HOUR, BAR_BASE, ADVERSE, FAVOURABLE, DUE_HOUR, WHOLES } = record;
const { CLOSE, HIGH, LOW, BAR_WIDTH } = barLayout;

export interface BookCheckpoint {
  readonly cash: number;
  readonly equity: number;
  readonly reals: Float64Array;
  readonly wholes: Int32Array;
  readonly scores: Float64Array;
  readonly reasons: Int32Array;
  readonly ledger: LedgerCheckpoint;
}

export class FuturesBook implements AccountView {
  readonly capital: number;
  readonly ledger: Ledger;
  readonly reals: Float64Array;
  readonly wholes: Int32Array;
  readonly #scores: Float64Array;
  readonly #reasons: Int32Array;
  readonly #panel: Panel;
  /** Symbols as digests take them in. */
  readonly #lanes: Int32Array;
  /** Place in the list by coin; -1 where nothing is open. */
  readonly #place: Int32Array;
  #count = 0;
  /** [cash, equity at the last mark]: typed, because a number field that changes every hour would be boxed anew. */
  readonly #money: Float64Array;
  /** Hour of the last mark. */
  #markHour: number;

  constructor(panel: Panel, capital: number, firstHour: number) {
    const coins = panel.symbols.length;
    this.capital = capital;
    this.#panel = panel;
    this.#lanes = symbolLanes(panel.symbols);
    this.ledger = new Ledger(panel.hours);
    this.reals = new Float64Array(coins * REALS);
    this.wholes = new Int32Array(coins * WHOLES);
    this.#scores = new Float64Array(coins);
    this.#reasons = new Int32Array(coins);
    this.#place = new Int32Array(coins).fill(-1);
    this.#money = new Float64Array([capital, capital]);
    this.#markHour = firstHour - 1;
  }

  get cash(): number {
    return this.#money[0]!;
  }

  get equity(): number {
    return this.#money[1]!;
  }

  get positionCount(): number {
    return this.#count;
  }

  isOpen(coin: number): boolean {
    return this.#place[coin]! >= 0;
  }

  placeOf(coin: number): number {
    return this.#place[coin]!;
  }

  notional(side: 1 | -1): number {
    let sum = 0;
    for (let k = 0; k < this.#count; k += 1) {
      if (this.reals[k * REALS + SIDE] !== side) continue;
      sum += this.reals[k * REALS + QUANTITY]! * this.markPrice(k, this.#markHour);
    }
    return sum;
  }

  position(coin: number): PositionView | null {
    const place = this.#place[coin] ?? -1;
    return place < 0 ? null : this.#view(place);
  }

  positions(): readonly PositionView[] {
    return Array.from({ length: this.#count }, (_, k) => this.#view(k));
  }

  absorbPositions(digest: { word(word: number): void; number(value: number): void }): void {
    for (let k = 0; k < this.#count; k += 1) {
      const coin = this.wholes[k * WHOLES + COIN]!;
      digest.word(this.#lanes[coin * 2]!);
      digest.word(this.#lanes[coin * 2 + 1]!);
      digest.number(this.reals[k * REALS + SIGNED_QUANTITY]!);
    }
  }

  #view(k: number): PositionView {
    const real = k * REALS;
    const whole = k * WHOLES;
    const side = this.reals[real + SIDE] === 1 ? 1 : -1;
    const stop = this.reals[real + SIGNED_STOP]!;
    const target = this.reals[real + SIGNED_TARGET]!;
    return {
      coin: this.wholes[whole + COIN]!,
      side,
      quantity: this.reals[real + QUANTITY]!,
      entryPrice: this.reals[real + ENTRY_PRICE]!,
      entryMs: timeAt(this.#panel, this.wholes[whole + ENTRY_HOUR]!),
      stopPrice: Number.isFinite(stop) ? side * stop : null,
      targetPrice: Number.isFinite(target) ? side * target : null,
      markPrice: this.markPrice(k, this.#markHour),
    };
  }

  pay(amount: number): void {
    this.#money[0] = this.#money[0]! - amount;
  }

  /** Appends a position and pays its entry fee. Levels are set from the fill. */
  open(order: Order, hour: number, price: number, fee: number, dueHour: number): void {
    const { coin, side } = order;
    assertInvariant(this.#place[coin] === -1, 'one position per coin');
    this.pay(fee);
    const k = this.#count;
    this.#count += 1;
    this.#place[coin] = k;
    const reals = this.reals;
    const real = k * REALS;
    const stop = order.target.stopLossFraction;
    const target = order.target.takeProfitFraction;
    reals[real + SIDE] = side;
    reals[real + SIGNED_QUANTITY] = side * order.quantity;
    reals[real + QUANTITY] = order.quantity;
    reals[real + ENTRY_PRICE] = price;
    reals[real + SIGNED_STOP] =
      stop === undefined ? Number.NEGATIVE_INFINITY : side * (price * (1 - side * stop));
    reals[real + SIGNED_TARGET] =
      target === undefined ? Number.POSITIVE_INFINITY : side * (price * (1 + side * target));
    reals[real + FEES] = fee;
    reals[real + FUNDING_PAID] = 0;
    this.#scores[k] = order.score;
    const wholes = this.wholes;
    const whole = k * WHOLES;
    wholes[whole + COIN] = coin;
    wholes[whole + ENTRY_HOUR] = hour;
    wholes[whole + BAR_BASE] = coin * this.#panel.hours * BAR_WIDTH;
    wholes[whole + ADVERSE] = side > 0 ? LOW : HIGH;
    wholes[whole + FAVOURABLE] = side > 0 ? HIGH : LOW;
    wholes[whole + DUE_HOUR] = dueHour;
    this.#reasons[k] = this.ledger.entryReasonCode(order.reason);
  }

  /** Closes position k at a fill price, books the trade, and moves the last record into its place. */
  close(k: number, hour: number, price: number, fee: number, exitReasonCode: number): void {
    const reals = this.reals;
    const wholes = this.wholes;
    const real = k * REALS;
    const whole = k * WHOLES;
    const coin = wholes[whole + COIN]!;
    const realised = reals[real + SIGNED_QUANTITY]! * (price - reals[real + ENTRY_PRICE]!);
    this.#money[0] = this.#money[0]! + (realised - fee);
    const fees = reals[real + FEES]! + fee;
    const fundingPaid = reals[real + FUNDING_PAID]!;
    this.ledger.addTrade(
      coin,
      reals[real + SIDE]!,
      wholes[whole + ENTRY_HOUR]!,
      hour,
      exitReasonCode,
      this.#reasons[k]!,
      reals[real + QUANTITY]!,
      reals[real + ENTRY_PRICE]!,
      price,
      fees,
      0 - fundingPaid,
      realised - fees - fundingPaid,
      this.#scores[k]!,
    );
    this.#place[coin] = -1;
    const last = this.#count - 1;
    this.#count = last;
    if (k === last) return;
    reals.copyWithin(real, last * REALS, (last + 1) * REALS);
    wholes.copyWithin(whole, last * WHOLES, (last + 1) * WHOLES);
    this.#scores[k] = this.#scores[last]!;
    this.#reasons[k] = this.#reasons[last]!;
    this.#place[wholes[whole + COIN]!] = k;
  }

  /** Close of the hour, or of the last hour before it that has a bar: a halted coin keeps its last mark. */
  markPrice(k: number, hour: number): number {
    const base = this.wholes[k * WHOLES + BAR_BASE]! + CLOSE;
    for (let at = hour; at >= 0; at -= 1) {
      const close = this.#panel.bars[base + at * BAR_WIDTH]!;
      if (close === close) return close;
    }
    return this.reals[k * REALS + ENTRY_PRICE]!;
  }

  /** Marks every position at the close of `hour`; equity is cash plus unrealised, added in list order. */
  mark(hour: number): void {
    let equity = this.#money[0]!;
    const bars = this.#panel.bars;
    const step = hour * BAR_WIDTH + CLOSE;
    for (let k = 0; k < this.#count; k += 1) {
      const real = k * REALS;
      let close = bars[this.wholes[k * WHOLES + BAR_BASE]! + step]!;
      if (close !== close) close = this.markPrice(k, hour);
      equity += this.reals[real + SIGNED_QUANTITY]! * (close - this.reals[real + ENTRY_PRICE]!);
    }
    this.setMark(hour, equity);
  }

  /** Takes over an equity that was added up in list order elsewhere. */
  setMark(hour: number, equity: number): void {
    this.#money[1] = equity;
    this.#markHour = hour;
    this.ledger.equity[hour] = equity;
    this.ledger.cash[hour] = this.#money[0]!;
  }

  /**
   * The accounting identity, from the trades up: equity is capital, plus what closed trades earned, plus what open positions
   * gained, less the fees and the funding they have paid.
   */
  assertAccounts(): void {
    let expected = this.capital + this.ledger.earned();
    for (let k = 0; k < this.#count; k += 1) {
      const real = k * REALS;
      const gained = this.markPrice(k, this.#markHour) - this.reals[real + ENTRY_PRICE]!;
      expected += this.reals[real + SIGNED_QUANTITY]! * gained;
      expected -= this.reals[real + FEES]! + this.reals[real + FUNDING_PAID]!;
    }
    const tolerance = 1e-9 * Math.max(this.capital, Math.abs(expected), this.ledger.moved());
    assertInvariant(
      Math.abs(expected - this.equity) <= tolerance,
      'equity is what trades and positions add up to',
    );
  }

  checkpoint(): BookCheckpoint {
    return {
      cash: this.cash,
      equity: this.equity,
      reals: this.reals.slice(0, this.#count * REALS),
      wholes: this.wholes.slice(0, this.#count * WHOLES),
      scores: this.#scores.slice(0, this.#count),
      reasons: this.#reasons.slice(0, this.#count),
      ledger: this.ledger.checkpoint(),
    };
  }

  restore(checkpoint: BookCheckpoint, nextHour: number): void {
    this.#money[0] = checkpoint.cash;
    this.#money[1] = checkpoint.equity;
    this.#markHour = nextHour - 1;
    this.#count = checkpoint.reals.length / REALS;
    this.reals.set(checkpoint.reals);
    this.wholes.set(checkpoint.wholes);
    this.#scores.set(checkpoint.scores);
    this.#reasons.set(checkpoint.reasons);
    this.#place.fill(-1);
    for (let k = 0; k < this.#count; k += 1) this.#place[this.wholes[k * WHOLES + COIN]!] = k;
    this.ledger.restore(checkpoint.ledger);
  }
}
