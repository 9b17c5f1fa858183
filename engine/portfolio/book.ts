/**
 * The account's book: the cash of two wallets, open positions, and the ledger of what was closed.
 *
 * Open positions are a dense list of fixed-width records: opening appends, closing number k moves the last record into
 * its place. Walks go from 0 upward, so the order of additions, and with it the last bit of equity, is part of the
 * semantics (workload W, section 5). Records are packed side by side because a year of stepping is bound by memory:
 * one position is two cache lines, and its bars are a linear read.
 *
 * A spot purchase takes its price out of the cash; the sum that equity begins with, `ground`, counts it back in at cost, so
 * that every position, of either wallet, adds its quantity times the way its mark has gone from the entry price.
 */

import type { Order } from '../execution/orders.ts';
import { assertInvariant } from '../invariant.ts';
import { symbolLanes } from '../panel/fingerprint.ts';
import { barLayout, type Panel, timeAt } from '../panel/panel.ts';
import type { Market } from '../simulator/rules.ts';
import type { AccountView, PositionView } from './account.ts';
import { Ledger, type LedgerCheckpoint } from './ledger.ts';
import { setLevels } from './levels.ts';
import { NEVER, record } from './record.ts';

const { SIDE, SIGNED_QUANTITY, QUANTITY, ENTRY_PRICE, SIGNED_STOP, SIGNED_TARGET } = record;
const { FEES, FUNDING_PAID, REALS } = record;
const { COIN, ENTRY_MINUTE, BAR_BASE, ADVERSE, FAVOURABLE, DUE_MINUTE, MARK_BASE, STOP_BASE, WHOLES } =
  record;
const { SCORE, MARKET, LEVERAGE, MARGIN, TRAIL, BEST, TAKE_LIMIT } = record;
const { CARRIED_MARK, SINCE_HOUR, STOP_ON_MARK, ASIDES } = record;
const { CLOSE, HIGH, LOW, BAR_WIDTH } = barLayout;

/** Places among the moneys. */
const USDM = 0;
const SPOT = 1;
const EQUITY = 2;
/** What the open spot positions cost, in list order. */
const SPOT_COST = 3;
const INSURANCE = 4;
/** Largest error of the accounting identity so far, as a fraction of equity. */
const ERROR = 5;

export interface BookCheckpoint {
  readonly money: Float64Array;
  readonly reals: Float64Array;
  readonly wholes: Int32Array;
  readonly asides: Float64Array;
  readonly reasons: Int32Array;
  readonly resting: Int32Array;
  readonly ledger: LedgerCheckpoint;
}

export interface BookOptions {
  /** Quote currency in the futures wallet and in the spot wallet. */
  readonly capital: number;
  readonly spotCapital: number;
  readonly leverage: number;
  readonly firstHour: number;
  /** Reckon with mark prices where the panel has them. */
  readonly marks: boolean;
  /** Set an isolated margin apart for every futures position. */
  readonly isolated: boolean;
}

export class AccountBook implements AccountView {
  readonly capital: number;
  readonly leverage: number;
  readonly ledger: Ledger;
  readonly reals: Float64Array;
  readonly wholes: Int32Array;
  readonly asides: Float64Array;
  readonly #reasons: Int32Array;
  readonly #panel: Panel;
  readonly #marks: boolean;
  readonly #isolated: boolean;
  /** Symbols as digests take them in. */
  readonly #lanes: Int32Array;
  /** Place in the list by market and coin; -1 where nothing is open. */
  readonly #place: Int32Array;
  /** Hour since which each coin is in the unit it is in, and its last mark of before in that unit; 0 and NaN where it never changed. */
  readonly #unitSince: Int32Array;
  readonly #unitMark: Float64Array;
  /** Resting entry orders by market and coin, and in all. */
  readonly #resting: Int32Array;
  #restingCount = 0;
  #count = 0;
  /** Typed, because number fields that change every hour would be boxed anew. */
  readonly #money: Float64Array;
  /** Hour of the last mark. */
  #markHour: number;
  /** Counts every change of money or positions. */
  version = 0;
  #assertedVersion = -1;
  /** Open positions whose stop trails. */
  trailing = 0;
  /** No time exit is due before this minute. */
  dueMinuteMin = NEVER;

  constructor(panel: Panel, options: BookOptions) {
    const coins = panel.symbols.length;
    const { capital, spotCapital } = options;
    this.capital = capital + spotCapital;
    this.leverage = options.leverage;
    this.#panel = panel;
    this.#marks = options.marks;
    this.#isolated = options.isolated;
    this.#lanes = symbolLanes(panel.symbols);
    this.ledger = new Ledger(panel.hours, panel.startMs);
    const positions = coins * 2;
    this.reals = new Float64Array(positions * REALS);
    this.wholes = new Int32Array(positions * WHOLES);
    this.asides = new Float64Array(positions * ASIDES);
    this.#reasons = new Int32Array(positions);
    this.#place = new Int32Array(positions).fill(-1);
    this.#resting = new Int32Array(positions);
    this.#unitSince = new Int32Array(coins);
    this.#unitMark = new Float64Array(coins).fill(Number.NaN);
    this.#money = new Float64Array([capital, spotCapital, capital + spotCapital, 0, 0, 0]);
    this.#markHour = options.firstHour - 1;
  }

  get cash(): number {
    return this.#money[USDM]! + this.#money[SPOT]!;
  }

  get equity(): number {
    return this.#money[EQUITY]!;
  }

  /** Losses beyond the margin that somebody else bore. */
  get insurance(): number {
    return this.#money[INSURANCE]!;
  }

  /** Largest error of the accounting identity in any hour so far, as a fraction of that hour's equity. */
  get accountingError(): number {
    return this.#money[ERROR]!;
  }

  /** What equity is before any mark has moved: both wallets' cash and the spot positions at cost. */
  get ground(): number {
    return this.#money[USDM]! + (this.#money[SPOT]! + this.#money[SPOT_COST]!);
  }

  get positionCount(): number {
    return this.#count;
  }

  get restingCount(): number {
    return this.#restingCount;
  }

  walletCash(market: Market): number {
    return this.#money[market === 'spot' ? SPOT : USDM]!;
  }

  walletEquity(market: Market): number {
    const code = market === 'spot' ? 1 : 0;
    let equity = this.#money[code === 1 ? SPOT : USDM]! + (code === 1 ? this.#money[SPOT_COST]! : 0);
    for (let k = 0; k < this.#count; k += 1) {
      if (this.asides[k * ASIDES + MARKET] === code) equity += this.unrealised(k, this.#markHour);
    }
    return equity;
  }

  /** Unrealised profit of position k at the close of `hour`. */
  unrealised(k: number, hour: number): number {
    const real = k * REALS;
    return this.reals[real + SIGNED_QUANTITY]! * (this.markPrice(k, hour) - this.reals[real + ENTRY_PRICE]!);
  }

  isOpen(coin: number, market: Market = 'usdm'): boolean {
    return this.placeOf(coin, market) >= 0;
  }

  isResting(coin: number, market: Market = 'usdm'): boolean {
    return this.#resting[this.#slot(coin, market)]! > 0;
  }

  placeOf(coin: number, market: Market = 'usdm'): number {
    return this.#place[this.#slot(coin, market)]!;
  }

  #slot(coin: number, market: Market): number {
    return market === 'spot' ? this.#panel.symbols.length + coin : coin;
  }

  marketOf(k: number): Market {
    return this.asides[k * ASIDES + MARKET] === 1 ? 'spot' : 'usdm';
  }

  notional(side: 1 | -1): number {
    let sum = 0;
    for (let k = 0; k < this.#count; k += 1) {
      if (this.reals[k * REALS + SIDE] !== side) continue;
      sum += this.reals[k * REALS + QUANTITY]! * this.markPrice(k, this.#markHour);
    }
    return sum;
  }

  position(coin: number, market: Market = 'usdm'): PositionView | null {
    const place = this.#place[this.#slot(coin, market)] ?? -1;
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
      if (this.asides[k * ASIDES + MARKET] === 1) digest.word(1);
      digest.number(this.reals[k * REALS + SIGNED_QUANTITY]!);
    }
  }

  #view(k: number): PositionView {
    const real = k * REALS;
    const whole = k * WHOLES;
    const aside = k * ASIDES;
    const side = this.reals[real + SIDE] === 1 ? 1 : -1;
    const stop = this.reals[real + SIGNED_STOP]!;
    const target = this.reals[real + SIGNED_TARGET]!;
    const trail = this.asides[aside + TRAIL]!;
    return {
      coin: this.wholes[whole + COIN]!,
      market: this.marketOf(k),
      side,
      quantity: this.reals[real + QUANTITY]!,
      entryPrice: this.reals[real + ENTRY_PRICE]!,
      entryMs: timeAt(this.#panel, 0) + this.wholes[whole + ENTRY_MINUTE]! * 60_000,
      stopPrice: Number.isFinite(stop) ? side * stop : null,
      targetPrice: Number.isFinite(target) ? side * target : null,
      trailingStopFraction: Number.isNaN(trail) ? null : trail,
      leverage: this.asides[aside + LEVERAGE]!,
      isolatedMargin: this.asides[aside + MARGIN]!,
      markPrice: this.markPrice(k, this.#markHour),
    };
  }

  /** Takes money out of a wallet, for good. */
  pay(amount: number, market: Market = 'usdm'): void {
    this.version += 1;
    const wallet = market === 'spot' ? SPOT : USDM;
    this.#money[wallet] = this.#money[wallet]! - amount;
  }

  transfer(amount: number, from: Market, to: Market): void {
    this.pay(amount, from);
    this.pay(-amount, to);
  }

  /** Counts an entry order that rests, or no longer does. */
  addResting(coin: number, market: Market, change: 1 | -1): void {
    const slot = this.#slot(coin, market);
    this.#resting[slot] = this.#resting[slot]! + change;
    this.#restingCount += change;
    this.version += 1;
  }

  /**
   * Appends a position and pays for it. Levels are set from the fill, on the grid of `tickSize` (NaN for none). Positional: it runs for
   * every entry of every scenario.
   */
  open(
    order: Order,
    minute: number,
    quantity: number,
    price: number,
    fee: number,
    dueMinute: number,
    leverage: number,
    tickSize: number,
  ): void {
    const { coin, side, market, target } = order;
    const slot = this.#slot(coin, market);
    assertInvariant(this.#place[slot] === -1, 'one position per coin and market');
    const k = this.#count;
    this.#count += 1;
    this.#place[slot] = k;
    const { reals, wholes } = this;
    const real = k * REALS;
    reals[real + SIDE] = side;
    reals[real + SIGNED_QUANTITY] = side * quantity;
    reals[real + QUANTITY] = quantity;
    reals[real + ENTRY_PRICE] = price;
    reals[real + FEES] = fee;
    reals[real + FUNDING_PAID] = 0;
    const whole = k * WHOLES;
    wholes[whole + COIN] = coin;
    wholes[whole + ENTRY_MINUTE] = minute;
    wholes[whole + ADVERSE] = side > 0 ? LOW : HIGH;
    wholes[whole + FAVOURABLE] = side > 0 ? HIGH : LOW;
    wholes[whole + DUE_MINUTE] = dueMinute;
    this.#setBases(whole, coin, market, target.stopOn === 'mark');
    this.#openAside(k, order, leverage, price);
    this.#reasons[k] = this.ledger.entryReasonCode(order.reason);
    this.#payEntry(k, quantity, price, fee);
    setLevels(reals, real, this.asides, k * ASIDES, order, price, tickSize);
    if (target.trailingStopFraction !== undefined) this.trailing += 1;
    if (dueMinute < this.dueMinuteMin) this.dueMinuteMin = dueMinute;
  }

  #openAside(k: number, order: Order, leverage: number, price: number): void {
    const { asides } = this;
    const aside = k * ASIDES;
    const { target } = order;
    asides[aside + SCORE] = order.score;
    asides[aside + MARKET] = order.market === 'spot' ? 1 : 0;
    asides[aside + LEVERAGE] = leverage;
    asides[aside + MARGIN] = 0;
    asides[aside + TRAIL] = target.trailingStopFraction ?? Number.NaN;
    asides[aside + BEST] = order.side * price;
    asides[aside + TAKE_LIMIT] = target.takeProfitKind === 'limit' ? 1 : 0;
    const known = this.#unitMark[order.coin]!;
    asides[aside + CARRIED_MARK] = known === known ? known : price;
    asides[aside + SINCE_HOUR] = this.#unitSince[order.coin]!;
    asides[aside + STOP_ON_MARK] = target.stopOn === 'mark' ? 1 : 0;
  }

  #setBases(whole: number, coin: number, market: Market, stopOnMark: boolean): void {
    const { series, hours } = this.#panel;
    const spotRow = market === 'spot' ? (series?.spotRow[coin] ?? -1) : -1;
    const markRow = market === 'usdm' && this.#marks ? (series?.markRow[coin] ?? -1) : -1;
    const row = spotRow < 0 ? coin : spotRow;
    const base = row * hours * BAR_WIDTH;
    this.wholes[whole + BAR_BASE] = base;
    this.wholes[whole + MARK_BASE] = markRow < 0 ? base : markRow * hours * BAR_WIDTH;
    this.wholes[whole + STOP_BASE] = stopOnMark ? this.wholes[whole + MARK_BASE]! : base;
  }

  #payEntry(k: number, quantity: number, price: number, fee: number): void {
    const aside = k * ASIDES;
    if (this.asides[aside + MARKET] === 1) {
      this.pay(quantity * price + fee, 'spot');
      this.#reckonSpotCost();
      return;
    }
    this.pay(fee);
    if (!this.#isolated) return;
    this.asides[aside + MARGIN] =
      this.asides[aside + MARGIN]! + (quantity * price) / this.asides[aside + LEVERAGE]!;
  }

  #reckonSpotCost(): void {
    let cost = 0;
    for (let k = 0; k < this.#count; k += 1) {
      if (this.asides[k * ASIDES + MARKET] !== 1) continue;
      cost += this.reals[k * REALS + QUANTITY]! * this.reals[k * REALS + ENTRY_PRICE]!;
    }
    this.#money[SPOT_COST] = cost;
  }

  /** A further part of an entry: the entry price becomes the average, and the levels move with it. */
  add(k: number, order: Order, quantity: number, price: number, fee: number, tickSize: number): void {
    const real = k * REALS;
    assertInvariant(order.side === this.reals[real + SIDE], 'a further part has the side of its position');
    const before = this.reals[real + QUANTITY]!;
    const after = before + quantity;
    const average = (before * this.reals[real + ENTRY_PRICE]! + quantity * price) / after;
    this.reals[real + QUANTITY] = after;
    this.reals[real + SIGNED_QUANTITY] = this.reals[real + SIDE]! * after;
    this.reals[real + ENTRY_PRICE] = average;
    this.reals[real + FEES] = this.reals[real + FEES]! + fee;
    this.#payEntry(k, quantity, price, fee);
    const best = k * ASIDES + BEST;
    this.asides[best] = Math.max(this.asides[best]!, this.reals[real + SIDE]! * average);
    setLevels(this.reals, real, this.asides, k * ASIDES, order, average, tickSize);
  }

  /**
   * Closes `quantity` of position k at a fill price and books the trade; a position that is closed whole leaves the list, and
   * the last record moves into its place. Returns the trade's row in the ledger.
   */
  close(
    k: number,
    minute: number,
    price: number,
    fee: number,
    exitReasonCode: number,
    quantity = this.reals[k * REALS + QUANTITY]!,
    insurance = 0,
  ): number {
    const { reals, asides } = this;
    const real = k * REALS;
    const aside = k * ASIDES;
    const held = reals[real + QUANTITY]!;
    const whole = quantity >= held;
    const share = whole ? 1 : quantity / held;
    const signed = whole ? reals[real + SIGNED_QUANTITY]! : reals[real + SIDE]! * quantity;
    const realised = signed * (price - reals[real + ENTRY_PRICE]!);
    const spot = asides[aside + MARKET] === 1;
    this.version += 1;
    if (spot) this.#money[SPOT] = this.#money[SPOT]! + (quantity * price - fee);
    else this.#money[USDM] = this.#money[USDM]! + (realised - fee + insurance);
    this.#money[INSURANCE] = this.#money[INSURANCE]! + insurance;
    const entryFees = whole ? reals[real + FEES]! : reals[real + FEES]! * share;
    const fees = entryFees + fee;
    const fundingPaid = whole ? reals[real + FUNDING_PAID]! : reals[real + FUNDING_PAID]! * share;
    const row = this.ledger.addTrade(
      this.wholes[k * WHOLES + COIN]!,
      asides[aside + MARKET]!,
      reals[real + SIDE]!,
      this.wholes[k * WHOLES + ENTRY_MINUTE]!,
      minute,
      exitReasonCode,
      this.#reasons[k]!,
      quantity,
      reals[real + ENTRY_PRICE]!,
      price,
      fees,
      0 - fundingPaid,
      realised - fees - fundingPaid + insurance,
      asides[aside + SCORE]!,
      insurance,
      asides[aside + LEVERAGE]!,
    );
    if (whole) this.#remove(k);
    else this.#shrink(k, quantity, entryFees, fundingPaid);
    if (spot) this.#reckonSpotCost();
    return row;
  }

  #shrink(k: number, quantity: number, fees: number, fundingPaid: number): void {
    const real = k * REALS;
    const aside = k * ASIDES;
    const { reals } = this;
    const left = reals[real + QUANTITY]! - quantity;
    this.asides[aside + MARGIN] = this.asides[aside + MARGIN]! * (left / reals[real + QUANTITY]!);
    reals[real + QUANTITY] = left;
    reals[real + SIGNED_QUANTITY] = reals[real + SIDE]! * left;
    reals[real + FEES] = reals[real + FEES]! - fees;
    reals[real + FUNDING_PAID] = reals[real + FUNDING_PAID]! - fundingPaid;
  }

  #remove(k: number): void {
    const { reals, wholes, asides } = this;
    const whole = k * WHOLES;
    if (asides[k * ASIDES + TRAIL] === asides[k * ASIDES + TRAIL]) this.trailing -= 1;
    this.#place[this.#slotAt(k)] = -1;
    const last = this.#count - 1;
    this.#count = last;
    if (k === last) return;
    reals.copyWithin(k * REALS, last * REALS, (last + 1) * REALS);
    wholes.copyWithin(whole, last * WHOLES, (last + 1) * WHOLES);
    asides.copyWithin(k * ASIDES, last * ASIDES, (last + 1) * ASIDES);
    this.#reasons[k] = this.#reasons[last]!;
    this.#place[this.#slotAt(k)] = k;
  }

  #slotAt(k: number): number {
    return this.#slot(this.wholes[k * WHOLES + COIN]!, this.marketOf(k));
  }

  /** A shortfall of the futures wallet that somebody else bears, credited to the trade it arose in. */
  bearShortfall(row: number, short: number): void {
    this.pay(-short);
    this.#money[INSURANCE] = this.#money[INSURANCE]! + short;
    this.ledger.addInsurance(row, short);
  }

  /** From `hour` on the coin is quoted in another unit; `factor` is what its prices are multiplied by. */
  changeUnit(coin: number, hour: number, factor: number): void {
    if (this.#unitSince[coin]! >= hour) return;
    let mark = Number.NaN;
    for (let at = hour - 1; at >= this.#unitSince[coin]! && mark !== mark; at -= 1) {
      mark = this.#panel.bars[(coin * this.#panel.hours + at) * BAR_WIDTH + CLOSE]!;
    }
    this.#unitSince[coin] = hour;
    this.#unitMark[coin] = mark * factor;
  }

  /** Position k becomes one of another coin, or of another unit of the same: its value stays. */
  redenominate(k: number, to: number, factor: number, hour: number): void {
    const real = k * REALS;
    const whole = k * WHOLES;
    const aside = k * ASIDES;
    const market = this.marketOf(k);
    const { reals, asides } = this;
    const carried = this.markPrice(k, hour - 1) * factor;
    this.#place[this.#slotAt(k)] = -1;
    assertInvariant(this.#place[this.#slot(to, market)] === -1, 'a coin is renamed to one that is not held');
    this.#place[this.#slot(to, market)] = k;
    reals[real + QUANTITY] = reals[real + QUANTITY]! / factor;
    reals[real + SIGNED_QUANTITY] = reals[real + SIGNED_QUANTITY]! / factor;
    for (const field of [ENTRY_PRICE, SIGNED_STOP, SIGNED_TARGET]) {
      reals[real + field] = reals[real + field]! * factor;
    }
    asides[aside + BEST] = asides[aside + BEST]! * factor;
    asides[aside + record.FIXED_STOP] = asides[aside + record.FIXED_STOP]! * factor;
    asides[aside + CARRIED_MARK] = carried;
    asides[aside + SINCE_HOUR] = hour;
    const stopOnMark = asides[aside + STOP_ON_MARK] === 1;
    this.wholes[whole + COIN] = to;
    this.#setBases(whole, to, market, stopOnMark);
    if (market === 'spot') this.#reckonSpotCost();
    this.version += 1;
  }

  /** Mark at the close of the hour, or of the last hour before it that has a bar: a halted coin keeps its last mark. */
  markPrice(k: number, hour: number): number {
    const whole = k * WHOLES;
    const mark = this.wholes[whole + MARK_BASE]! + CLOSE;
    const trade = this.wholes[whole + BAR_BASE]! + CLOSE;
    const since = this.asides[k * ASIDES + SINCE_HOUR]!;
    for (let at = hour; at >= since; at -= 1) {
      const close = this.#panel.bars[trade + at * BAR_WIDTH]!;
      if (close !== close) continue;
      const marked = this.#panel.bars[mark + at * BAR_WIDTH]!;
      return marked === marked ? marked : close;
    }
    return this.asides[k * ASIDES + CARRIED_MARK]!;
  }

  /** Trade price at the close of the hour, or of the last hour before it that has a bar. */
  tradePrice(k: number, hour: number): number {
    const trade = this.wholes[k * WHOLES + BAR_BASE]! + CLOSE;
    const since = this.asides[k * ASIDES + SINCE_HOUR]!;
    for (let at = hour; at >= since; at -= 1) {
      const close = this.#panel.bars[trade + at * BAR_WIDTH]!;
      if (close === close) return close;
    }
    return this.asides[k * ASIDES + CARRIED_MARK]!;
  }

  /** Marks every position at the close of `hour`; equity is the ground plus what marks have moved, added in list order. */
  mark(hour: number): void {
    let equity = this.ground;
    const bars = this.#panel.bars;
    const step = hour * BAR_WIDTH + CLOSE;
    for (let k = 0; k < this.#count; k += 1) {
      const real = k * REALS;
      const mark = this.wholes[k * WHOLES + MARK_BASE]!;
      let close = bars[mark + step]!;
      if (close !== close || mark !== this.wholes[k * WHOLES + BAR_BASE]) close = this.markPrice(k, hour);
      equity += this.reals[real + SIGNED_QUANTITY]! * (close - this.reals[real + ENTRY_PRICE]!);
    }
    this.setMark(hour, equity);
  }

  /** Takes over an equity that was added up in list order elsewhere. */
  setMark(hour: number, equity: number): void {
    this.#money[EQUITY] = equity;
    this.#markHour = hour;
    this.ledger.equity[hour] = equity;
    this.ledger.cash[hour] = this.cash;
    this.ledger.spotCash[hour] = this.#money[SPOT]!;
    if (this.version !== this.#assertedVersion) this.#assertGround();
  }

  /**
   * The accounting identity of every hour, from the trades up: the ground is the capital, plus what closed trades earned, less
   * the fees and the funding that open positions have paid. Marks stand on both sides of it and drop out; an hour in which no
   * money moved keeps it.
   */
  #assertGround(): void {
    this.#assertedVersion = this.version;
    let expected = this.capital + this.ledger.earned;
    for (let k = 0; k < this.#count; k += 1) {
      expected -= this.reals[k * REALS + FEES]! + this.reals[k * REALS + FUNDING_PAID]!;
    }
    const error = Math.abs(expected - this.ground);
    const share = error / Math.abs(this.equity);
    if (share > this.#money[ERROR]!) this.#money[ERROR] = share;
    if (share <= 1e-9) return;
    // A ruined account has no equity to measure by.
    const scale = Math.max(this.capital, this.ledger.moved);
    assertInvariant(error <= 1e-9 * scale, 'cash is what trades and positions add up to');
  }

  /** The identity once more, with the marks in it, for the end of a run. */
  assertAccounts(): void {
    let equity = this.ground;
    for (let k = 0; k < this.#count; k += 1) equity += this.unrealised(k, this.#markHour);
    this.#assertGround();
    const tolerance = 1e-9 * Math.max(this.capital, Math.abs(equity), this.ledger.moved);
    assertInvariant(
      Math.abs(equity - this.equity) <= tolerance,
      'equity is what wallets and positions add up to',
    );
  }

  checkpoint(): BookCheckpoint {
    return {
      money: this.#money.slice(),
      reals: this.reals.slice(0, this.#count * REALS),
      wholes: this.wholes.slice(0, this.#count * WHOLES),
      asides: this.asides.slice(0, this.#count * ASIDES),
      reasons: this.#reasons.slice(0, this.#count),
      resting: this.#resting.slice(),
      ledger: this.ledger.checkpoint(),
    };
  }

  restore(checkpoint: BookCheckpoint, nextHour: number): void {
    this.#money.set(checkpoint.money);
    this.#markHour = nextHour - 1;
    this.#count = checkpoint.reals.length / REALS;
    this.reals.set(checkpoint.reals);
    this.wholes.set(checkpoint.wholes);
    this.asides.set(checkpoint.asides);
    this.#reasons.set(checkpoint.reasons);
    this.#resting.set(checkpoint.resting);
    this.#restingCount = this.#resting.reduce((sum, count) => sum + count, 0);
    this.#place.fill(-1);
    this.dueMinuteMin = 0;
    this.trailing = 0;
    for (let k = 0; k < this.#count; k += 1) {
      this.#place[this.#slotAt(k)] = k;
      if (this.asides[k * ASIDES + TRAIL] === this.asides[k * ASIDES + TRAIL]) this.trailing += 1;
    }
    this.ledger.restore(checkpoint.ledger);
  }
}
