/**
 * The margin desk: what an entry may use, and when the account is liquidated. The account is judged from its equity at marks, never
 * from a price reckoned beforehand: at the open of every bar, in its adverse state inside it, and at its close.
 *
 * Most hours are nowhere near: `isSafe` bounds the whole bar from below with every leg at its own worst price, and only where
 * that is not enough are the exact states looked at.
 */
import { BracketBook, type Tier } from '../exchange/brackets.ts';
import type { FilterBook } from '../exchange/filters.ts';
import { liquidationPrice } from '../exchange/liquidation.ts';
import { barLayout, type Panel } from '../panel/panel.ts';
import type { AccountBook } from '../portfolio/book.ts';
import { record } from '../portfolio/record.ts';
import type { Fills } from './fills.ts';
import type { BarFrame } from './frame.ts';
import { adverseState, type PoolLegs, walkToState } from './pool.ts';
import type { AccountRules } from './rules.ts';

const { SIGNED_QUANTITY, QUANTITY, ENTRY_PRICE, SIGNED_STOP, SIGNED_TARGET, SIDE, REALS } = record;
const { COIN, BAR_BASE, MARK_BASE, ADVERSE, WHOLES } = record;
const { MARKET, LEVERAGE, MARGIN, ASIDES } = record;
const { HIGH, BAR_WIDTH } = barLayout;
const HOUR = 60;

/** A position that was renamed into a coin without tiers keeps no margin of its own. */
const NO_TIERS: readonly Tier[] = [
  { floor: 0, cap: Number.POSITIVE_INFINITY, maintenanceRate: 0, cum: 0, leverageMax: 1 },
];
/** Clearance fee of a coin whose own is not known. */
export const CLEARANCE_FEE = 0.015;

export interface MarginDeskOptions {
  readonly panel: Panel;
  readonly book: AccountBook;
  readonly rules: AccountRules;
  readonly fills: Fills;
  readonly frame: BarFrame;
  readonly filters: FilterBook;
}

export interface MarginCheckpoint {
  readonly liquidatedHour: Int32Array;
  readonly counts: Float64Array;
}

export class MarginDesk {
  readonly brackets: BracketBook;
  /** Margin that resting orders hold back; the venue keeps it up to date. */
  resting = 0;
  readonly #panel: Panel;
  readonly #book: AccountBook;
  readonly #rules: AccountRules;
  readonly #fills: Fills;
  readonly #frame: BarFrame;
  readonly #filters: FilterBook;
  readonly #isolated: boolean;
  /** Hour in which a coin was last liquidated. */
  readonly #liquidatedHour: Int32Array;
  /** [liquidated positions, closed without a known clearance fee, hours with a liquidation, last such hour] */
  readonly #counts = new Float64Array([0, 0, 0, -1]);
  #availableHour = -1;
  #availableVersion = -1;
  #available = 0;

  constructor(options: MarginDeskOptions) {
    this.#panel = options.panel;
    this.#book = options.book;
    this.#rules = options.rules;
    this.#fills = options.fills;
    this.#frame = options.frame;
    this.#filters = options.filters;
    this.#isolated = options.rules.margin === 'isolated';
    this.brackets = new BracketBook(options.panel.symbols, options.rules.brackets);
    this.#liquidatedHour = new Int32Array(options.panel.symbols.length).fill(-1);
  }

  get liquidations(): number {
    return this.#counts[0]!;
  }

  get unknownClearanceFees(): number {
    return this.#counts[1]!;
  }

  /** True once an account that stops at its first liquidation has had it. */
  get stopped(): boolean {
    return this.#rules.onLiquidation === 'stop' && this.#counts[0]! > 0;
  }

  wasLiquidatedIn(coin: number, hour: number): boolean {
    return this.#liquidatedHour[coin] === hour;
  }

  /** Leverage of a position of that notional: what is wanted, lowered to what its tier allows. */
  leverageFor(coin: number, notional: number, wanted: number): number {
    return Math.min(wanted, this.brackets.leverageMax(coin, notional));
  }

  /** What an entry may use as margin, at the mark opens of bar `hour`, quote currency, >= 0. */
  available(hour: number): number {
    if (this.#availableHour === hour && this.#availableVersion === this.#book.version) return this.#available;
    const { reals, asides } = this.#book;
    let free = this.#book.walletCash('usdm') - this.resting;
    for (let k = 0; k < this.#book.positionCount; k += 1) {
      if (asides[k * ASIDES + MARKET] === 1) continue;
      if (this.#isolated) {
        free -= asides[k * ASIDES + MARGIN]!;
        continue;
      }
      const mark = this.#frame.markOpen(k, hour);
      const real = k * REALS;
      free += reals[real + SIGNED_QUANTITY]! * (mark - reals[real + ENTRY_PRICE]!);
      free -= (reals[real + QUANTITY]! * mark) / asides[k * ASIDES + LEVERAGE]!;
    }
    this.#availableHour = hour;
    this.#availableVersion = this.#book.version;
    this.#available = Math.max(0, free);
    return this.#available;
  }

  /** What could be moved out of the futures wallet at the last marks. */
  availableAtMarks(markHour: number): number {
    const { reals, asides } = this.#book;
    let free = this.#book.walletCash('usdm') - this.resting;
    for (let k = 0; k < this.#book.positionCount; k += 1) {
      if (asides[k * ASIDES + MARKET] === 1) continue;
      free -= asides[k * ASIDES + MARGIN]!;
      if (this.#isolated) continue;
      const notional = reals[k * REALS + QUANTITY]! * this.#book.markPrice(k, markHour);
      free += this.#book.unrealised(k, markHour) - notional / asides[k * ASIDES + LEVERAGE]!;
    }
    return Math.max(0, free);
  }

  /**
   * True where nothing in bar `hour` can break a pool: each leg at its own worst price, trade or mark, less what its exit could
   * cost, against the margin at its highest price.
   */
  isSafe(hour: number): boolean {
    const { reals, wholes, asides, positionCount } = this.#book;
    const { bars } = this.#panel;
    const { costMax } = this.#fills;
    const step = hour * BAR_WIDTH;
    let balance = this.#book.walletCash('usdm');
    let maintenance = 0;
    for (let k = 0; k < positionCount; k += 1) {
      if (asides[k * ASIDES + MARKET] === 1) continue;
      const real = k * REALS;
      const whole = k * WHOLES;
      const trade = wholes[whole + BAR_BASE]! + step;
      const mark = wholes[whole + MARK_BASE]! + step;
      const side = reals[real + SIDE]!;
      const adverse = wholes[whole + ADVERSE]!;
      let worst = side * bars[trade + adverse]!;
      let high = bars[trade + HIGH]!;
      if (mark !== trade) {
        const marked = side * bars[mark + adverse]!;
        if (marked < worst) worst = marked;
        if (bars[mark + HIGH]! > high) high = bars[mark + HIGH]!;
      }
      // A limit target that the open has passed fills at its level all the same.
      const target = reals[real + SIGNED_TARGET]!;
      if (target < worst) worst = target;
      if (worst !== worst) {
        // Of a bar that has only opened nothing more is known yet.
        if (bars[trade]! === bars[trade]!) return false;
        const last = this.#book.markPrice(k, hour - 1);
        worst = side * last;
        high = last;
      }
      const quantity = reals[real + QUANTITY]!;
      const unrealised = quantity * (worst - side * reals[real + ENTRY_PRICE]!);
      const notional = quantity * high;
      const needed = this.brackets.maintenance(wholes[whole + COIN]!, notional);
      const spare = unrealised - notional * costMax;
      if (this.#isolated) {
        if (!(asides[k * ASIDES + MARGIN]! + spare > needed)) return false;
        continue;
      }
      balance += spare;
      maintenance += needed;
    }
    return this.#isolated || positionCount === 0 || balance > maintenance;
  }

  /** The check at the open of bar `hour`, at its mark opens. */
  checkAtOpen(hour: number): void {
    this.#judge(hour, hour * HOUR, (k) => this.#frame.markOpen(k, hour), this.#traded(hour));
  }

  /** The check at the close of bar `hour`, at its marks. */
  checkAtClose(hour: number): void {
    this.#judge(hour, hour * HOUR, (k) => this.#book.markPrice(k, hour), this.#traded(hour));
  }

  /** Whether position k has a bar in the hour: what is not traded cannot be closed. */
  #traded(hour: number): (k: number) => boolean {
    const { bars } = this.#panel;
    return (k) => {
      const open = bars[this.#book.wholes[k * WHOLES + BAR_BASE]! + hour * BAR_WIDTH]!;
      return open === open;
    };
  }

  #judge(hour: number, minute: number, markOf: (k: number) => number, traded: (k: number) => boolean): void {
    if (this.#isolated) {
      for (let k = 0; k < this.#book.positionCount; ) {
        if (this.#isPooled(k) && traded(k) && this.#isBroken(k, markOf(k))) {
          this.#liquidate(k, hour, minute, markOf(k));
        } else k += 1;
      }
      return;
    }
    if (this.#poolBroken(markOf)) this.#closePool(hour, () => minute, markOf, traded);
  }

  #isPooled(k: number): boolean {
    return this.#book.asides[k * ASIDES + MARKET] !== 1;
  }

  /** An isolated position whose margin and profit no longer exceed what it must maintain. */
  #isBroken(k: number, mark: number): boolean {
    const { reals, asides, wholes } = this.#book;
    const real = k * REALS;
    const unrealised = reals[real + SIGNED_QUANTITY]! * (mark - reals[real + ENTRY_PRICE]!);
    const needed = this.brackets.maintenance(wholes[k * WHOLES + COIN]!, reals[real + QUANTITY]! * mark);
    return asides[k * ASIDES + MARGIN]! + unrealised <= needed;
  }

  #poolBroken(markOf: (k: number) => number): boolean {
    const { reals, wholes } = this.#book;
    let balance = this.#book.walletCash('usdm');
    let maintenance = 0;
    let legs = 0;
    for (let k = 0; k < this.#book.positionCount; k += 1) {
      if (!this.#isPooled(k)) continue;
      const real = k * REALS;
      const mark = markOf(k);
      balance += reals[real + SIGNED_QUANTITY]! * (mark - reals[real + ENTRY_PRICE]!);
      maintenance += this.brackets.maintenance(wholes[k * WHOLES + COIN]!, reals[real + QUANTITY]! * mark);
      legs += 1;
    }
    return legs > 0 && balance <= maintenance;
  }

  /** Cash and unrealised profit of the cross pool. */
  #poolBalance(markOf: (k: number) => number): number {
    const { reals } = this.#book;
    let balance = this.#book.walletCash('usdm');
    for (let k = 0; k < this.#book.positionCount; k += 1) {
      if (!this.#isPooled(k)) continue;
      balance += reals[k * REALS + SIGNED_QUANTITY]! * (markOf(k) - reals[k * REALS + ENTRY_PRICE]!);
    }
    return balance;
  }

  /** Closes the pool's legs at their marks: all of them, or the largest loss first until the rest can stand. */
  #closePool(
    hour: number,
    minuteOf: (k: number) => number,
    markOf: (k: number) => number,
    traded: (k: number) => boolean,
  ): void {
    let row = -1;
    let coin = -1;
    let minute = hour * HOUR;
    for (;;) {
      const k = this.#nextToClose(markOf, traded);
      if (k < 0) break;
      coin = this.#book.wholes[k * WHOLES + COIN]!;
      minute = minuteOf(k);
      row = this.#liquidate(k, hour, minute, markOf(k));
      if (this.#rules.close === 'worst-first' && !this.#poolBroken(markOf)) break;
    }
    if (row < 0 || this.#rules.bankruptcy !== 'insurance') return;
    // What legs that could not be closed still hold is ours, and stands against the debt.
    const short = -this.#poolBalance(markOf);
    if (short > 0) this.#fills.bearShortfall(row, minute, coin, short);
  }

  #nextToClose(markOf: (k: number) => number, traded: (k: number) => boolean): number {
    const { reals } = this.#book;
    let next = -1;
    let worst = Number.POSITIVE_INFINITY;
    for (let k = 0; k < this.#book.positionCount; k += 1) {
      if (!this.#isPooled(k) || !traded(k)) continue;
      if (this.#rules.close === 'all') return k;
      const real = k * REALS;
      const unrealised = reals[real + SIGNED_QUANTITY]! * (markOf(k) - reals[real + ENTRY_PRICE]!);
      if (unrealised >= worst) continue;
      worst = unrealised;
      next = k;
    }
    return next;
  }

  #liquidate(k: number, hour: number, minute: number, raw: number): number {
    const coin = this.#book.wholes[k * WHOLES + COIN]!;
    const known = this.#filters.of(coin)?.liquidationFee ?? Number.NaN;
    this.#counts[0] = this.#counts[0]! + 1;
    if (known !== known) this.#counts[1] = this.#counts[1]! + 1;
    if (this.#counts[3] !== hour) this.#counts[2] = this.#counts[2]! + 1;
    this.#counts[3] = hour;
    this.#liquidatedHour[coin] = hour;
    return this.#fills.liquidate(k, minute, raw, {
      stress: this.#rules.liquidationStress,
      clearanceFee: known === known ? known : CLEARANCE_FEE,
      bounded: this.#isolated && this.#rules.bankruptcy === 'insurance',
    });
  }

  /**
   * The check inside an interval whose bars lie in the frame. `stop(k)` fills the stop of position k; only those that act before a
   * broken pool is closed are asked for, all other levels are left to the walk that follows.
   */
  checkInside(hour: number, stop: (k: number) => void): void {
    if (this.#isolated) this.#liquidateIsolated(hour);
    else this.#checkPool(hour, stop);
  }

  #liquidateIsolated(hour: number): void {
    for (let k = 0; k < this.#book.positionCount; ) {
      const raw = this.#isPooled(k) && this.#frame.isTraded(k) ? this.#isolatedLevel(k) : null;
      if (raw === null) k += 1;
      else this.#liquidate(k, hour, this.#frame.minuteOf(k), raw);
    }
  }

  /** Mark at which an isolated position is liquidated in the frame's interval; null where it is not. */
  #isolatedLevel(k: number): number | null {
    const frame = this.#frame;
    const touch = frame.touch(k);
    if (touch === 'gap-stop' || frame.comesFirst(k, touch)) return null;
    if (!this.#isBroken(k, frame.adverseMark(k))) return null;
    const { reals, asides } = this.#book;
    const side = reals[k * REALS + SIDE] === 1 ? 1 : -1;
    const level = this.#levelOf(k, asides[k * ASIDES + MARGIN]!, 0, 0);
    if (touch === 'stop' && reals[k * REALS + SIGNED_STOP]! > side * level) return null;
    const open = frame.mark(k, 'open');
    return this.#isBroken(k, open) ? open : level;
  }

  /** Mark at which the balance of position k meets its maintenance margin, the others standing still. */
  #levelOf(k: number, walletBalance: number, maintenanceOthers: number, unrealisedOthers: number): number {
    const { reals, wholes } = this.#book;
    const real = k * REALS;
    return liquidationPrice({
      tiers: this.brackets.tiersOf(wholes[k * WHOLES + COIN]!) ?? NO_TIERS,
      side: reals[real + SIDE] === 1 ? 1 : -1,
      quantity: reals[real + QUANTITY]!,
      entryPrice: reals[real + ENTRY_PRICE]!,
      walletBalance,
      maintenanceOthers,
      unrealisedOthers,
    });
  }

  #checkPool(hour: number, stop: (k: number) => void): void {
    const legs = this.#poolLegs(hour);
    if (legs.coins.length === 0) return;
    const state = adverseState(legs, this.#rules.intrabar);
    if (!state.broken) return;
    const fallen = walkToState(legs, state);
    const acted = new Set(fallen.acted.map((index) => legs.coins[index]!));
    for (let k = 0; k < this.#book.positionCount; ) {
      if (this.#isPooled(k) && acted.has(this.#book.wholes[k * WHOLES + COIN]!)) stop(k);
      else k += 1;
    }
    const markOf = (k: number) => fallen.marks[legs.coins.indexOf(this.#book.wholes[k * WHOLES + COIN]!)]!;
    const minuteOf = (k: number) => this.#frame.minuteOf(k);
    this.#closePool(hour, minuteOf, markOf, (k) => this.#frame.isTraded(k));
  }

  /** The legs of the cross pool in list order, with all that their states depend on. */
  #poolLegs(hour: number): PoolLegs {
    const frame = this.#frame;
    const { reals, wholes } = this.#book;
    const coins: number[] = [];
    const legs: PoolLegs['legs'][number][] = [];
    for (let k = 0; k < this.#book.positionCount; k += 1) {
      if (!this.#isPooled(k)) continue;
      const real = k * REALS;
      const coin = wholes[k * WHOLES + COIN]!;
      const side = reals[real + SIDE] === 1 ? 1 : -1;
      const touch = frame.touch(k);
      const first = frame.comesFirst(k, touch);
      const acts = touch === 'stop' || touch === 'gap-stop' || first;
      coins.push(coin);
      legs.push({
        side,
        signedQuantity: reals[real + SIGNED_QUANTITY]!,
        quantity: reals[real + QUANTITY]!,
        entryPrice: reals[real + ENTRY_PRICE]!,
        open: frame.mark(k, 'open'),
        low: frame.mark(k, 'low'),
        high: frame.mark(k, 'high'),
        signedTarget: frame.isTraded(k) ? reals[real + SIGNED_TARGET]! : Number.POSITIVE_INFINITY,
        acts,
        // A level that comes first, or a gap, has acted when the way begins.
        signedStop: touch === 'stop' ? reals[real + SIGNED_STOP]! : Number.POSITIVE_INFINITY,
        stopOpen: frame.stopsOnMark(k) ? frame.mark(k, 'open') : frame.tradeOpen(k),
        stopLow: frame.stopsOnMark(k) ? frame.mark(k, 'low') : frame.tradeLow(k),
        stopHigh: frame.stopsOnMark(k) ? frame.mark(k, 'high') : frame.tradeHigh(k),
        realised: acts ? this.#realisedBy(k, hour) : 0,
        maintenance: (notional: number) => this.brackets.maintenance(coin, notional),
      });
    }
    return this.#withLevels({ cash: this.#book.walletCash('usdm'), coins, legs });
  }

  /** A leg that would be liquidated by its own move before its stop acts does not leave the pool by that stop. */
  #withLevels(pool: PoolLegs): PoolLegs {
    const atOpen = pool.legs.map((leg) => ({
      unrealised: leg.signedQuantity * (leg.open - leg.entryPrice),
      maintenance: leg.maintenance(leg.quantity * leg.open),
    }));
    const legs = pool.legs.map((leg, index) => {
      if (!leg.acts || leg.signedStop === Number.POSITIVE_INFINITY) return leg;
      let unrealisedOthers = 0;
      let maintenanceOthers = 0;
      for (const [other, each] of atOpen.entries()) {
        if (other === index) continue;
        unrealisedOthers += each.unrealised;
        maintenanceOthers += each.maintenance;
      }
      const k = this.#book.placeOf(pool.coins[index]!);
      const level = this.#levelOf(k, pool.cash, maintenanceOthers, unrealisedOthers);
      return leg.side * level > leg.signedStop ? { ...leg, acts: false } : leg;
    });
    return { ...pool, legs };
  }

  /** What the fill of position k's own level realises, fee included. */
  #realisedBy(k: number, hour: number): number {
    const frame = this.#frame;
    const touch = frame.touch(k);
    if (touch === 'none') return 0;
    const { reals, wholes } = this.#book;
    const real = k * REALS;
    const quantity = reals[real + QUANTITY]!;
    const direction = reals[real + SIDE] === 1 ? -1 : 1;
    const raw = frame.rawPrice(k, touch);
    const maker = (touch === 'target' || touch === 'gap-target') && frame.takesAsLimit(k);
    const price = maker
      ? raw
      : this.#fills.takerPrice(wholes[k * WHOLES + COIN]!, hour, raw, direction, quantity);
    const fee = quantity * price * this.#fills.fee('usdm', maker);
    return reals[real + SIGNED_QUANTITY]! * (price - reals[real + ENTRY_PRICE]!) - fee;
  }

  checkpoint(): MarginCheckpoint {
    return { liquidatedHour: this.#liquidatedHour.slice(), counts: this.#counts.slice() };
  }

  restore({ liquidatedHour, counts }: MarginCheckpoint): void {
    this.#liquidatedHour.set(liquidatedHour);
    this.#counts.set(counts);
  }
}
