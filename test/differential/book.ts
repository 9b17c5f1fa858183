/** Two wallets, the list of positions and what was closed. */
import type { Filters } from '../../engine/exchange/filters.ts';
import { plainRules, type VenueRules } from '../../engine/simulator/rules.ts';
import { Charges } from './charges.ts';
import { type EventCounts, type EventKind, noEvents } from './events.ts';
import { setLevels } from './levels.ts';
import { maintenanceOf, type Tiers } from './margin.ts';
import { Prices } from './prices.ts';
import type { Market, Position, Reason, ReferenceTrade, Rules, Venue, Wanted } from './types.ts';

const hourMs = 3_600_000;
const unknownClearanceFee = 0.015;

/** How a fill is charged. */
export type Manner = 'taker' | 'maker' | 'clearance';

export class Book {
  readonly rules: Rules;
  readonly venue: VenueRules;
  readonly prices: Prices;
  readonly charges: Charges;
  readonly positions: Position[] = [];
  readonly trades: ReferenceTrade[] = [];
  readonly events: EventCounts = noEvents();
  readonly liquidatedNow = new Set<number>();
  stopped = false;
  /** W and C. */
  usdm: number;
  spot: number;
  transferred = 0;
  fundingReceived = 0;

  constructor(market: Market, rules: Rules) {
    this.rules = rules;
    this.venue = rules.venue ?? plainRules;
    this.prices = new Prices(market, rules);
    this.charges = new Charges(rules, this.prices);
    this.usdm = rules.capital;
    this.spot = this.venue.account.spotCapital;
  }

  count(kind: EventKind): void {
    this.events[kind] += 1;
  }

  /** Milliseconds since the epoch of the stamp at hand, for what is in force. */
  get stampMs(): number {
    return (this.rules.startMs ?? 0) + this.prices.hour * hourMs;
  }

  /** Of the futures market; the spot market is taken to have none. */
  filters(coin: number, market: Venue): Filters | null {
    if (market === 'spot') return null;
    return (
      inForce(this.venue.account.filters, this.stampMs)?.filters.get(this.prices.coin(coin).symbol) ?? null
    );
  }

  tiers(coin: number): Tiers | null {
    return (
      inForce(this.venue.account.brackets, this.stampMs)?.tiers.get(this.prices.coin(coin).symbol) ?? null
    );
  }

  position(coin: number, market: Venue): Position | undefined {
    return this.positions.find((each) => each.coin === coin && each.market === market);
  }

  mark({ coin, market }: Position): number {
    return this.prices.mark(coin, market);
  }

  unrealised(position: Position, mark = this.mark(position)): number {
    return position.side * position.quantity * (mark - position.entryPrice);
  }

  maintenance(position: Position, mark = this.mark(position)): number {
    return maintenanceOf(this.tiers(position.coin), position.quantity * mark);
  }

  futures(): Position[] {
    return this.positions.filter(({ market }) => market === 'usdm');
  }

  get equity(): number {
    let sum = this.usdm;
    for (const each of this.positions) if (each.market === 'usdm') sum += this.unrealised(each);
    sum += this.spot;
    for (const each of this.positions) {
      if (each.market === 'spot') sum += each.quantity * this.mark(each);
    }
    return sum;
  }

  /** Free margin of the futures wallet, before working orders. */
  freeMargin(markOf: (position: Position) => number): number {
    const { margin } = this.venue.account;
    let free = this.usdm;
    for (const each of this.futures()) {
      if (margin === 'isolated') free -= each.margin;
      else free += this.unrealised(each, markOf(each));
      if (margin === 'cross') free -= (each.quantity * markOf(each)) / each.leverage;
    }
    return free;
  }

  /** Opens a position or adds to it. The price includes slippage, `raw` does not. */
  enter(
    order: {
      readonly wanted: Wanted;
      readonly coin: number;
      readonly market: Venue;
      readonly leverage: number;
    },
    quantity: number,
    price: number,
    raw: number,
    maker: boolean,
  ): void {
    const { wanted, coin, market, leverage } = order;
    const side = wanted.side as 1 | -1;
    const fee = quantity * price * this.charges.fee(market, maker);
    const isolated = market === 'usdm' && this.venue.account.margin === 'isolated';
    const margin = isolated ? (quantity * price) / leverage : 0;
    if (!maker) this.charges.record(coin, side, quantity * raw);
    if (market === 'spot') this.spot -= quantity * price + fee;
    else this.usdm -= fee;
    const makerMinute = maker ? this.barMinute(coin, market) : -1;
    const held = this.position(coin, market);
    if (held !== undefined) {
      held.entryPrice = (held.entryPrice * held.quantity + price * quantity) / (held.quantity + quantity);
      held.quantity += quantity;
      held.entryFee += fee;
      held.margin += margin;
      if (maker) held.makerMinute = makerMinute;
      setLevels(held, this.filters(coin, market));
      return;
    }
    const levels = { stopPrice: null, targetPrice: null, trailPrice: null, best: price };
    const position: Position = {
      ...{ coin, market, side, leverage, wanted, quantity, entryPrice: price, entryFee: fee },
      entryMinute: this.barMinute(coin, market),
      ...{ fundingPaid: 0, margin, makerMinute, ...levels },
    };
    setLevels(position, this.filters(coin, market));
    this.positions.push(position);
    if (market === 'spot') this.count('spot purchase');
  }

  /** When the bar opened that is lived through now: a detail bar, or the hour's. */
  barMinute(coin: number, market: Venue): number {
    return this.prices.detail(coin, market) === null ? this.prices.hour * 60 : this.prices.minute;
  }

  /** Closes a part of a position, or all of it, at a price before slippage. */
  exit(
    position: Position,
    raw: number,
    reason: Reason,
    options: { readonly manner?: Manner; readonly quantity?: number; readonly atHour?: boolean } = {},
  ): ReferenceTrade {
    const { coin, market, side, entryPrice } = position;
    const { manner = 'taker' } = options;
    const quantity = options.quantity ?? position.quantity;
    const price = this.exitPrice(position, raw, quantity, manner);
    const fee = quantity * price * this.exitFee(position, manner);
    const whole = quantity === position.quantity;
    const share = quantity / position.quantity;
    const entryFee = whole ? position.entryFee : position.entryFee * share;
    const fundingPaid = whole ? position.fundingPaid : position.fundingPaid * share;
    const margin = whole ? position.margin : position.margin * share;
    const realised = side * quantity * (price - entryPrice);
    if (manner !== 'maker') this.charges.record(coin, side === 1 ? -1 : 1, quantity * raw);
    let insurance = 0;
    if (manner === 'clearance' && this.venue.account.margin === 'isolated') {
      insurance = Math.max(0, fee - realised - Math.max(0, margin));
      if (insurance > 0) {
        const carried = this.venue.account.bankruptcy === 'carry';
        this.count(carried ? 'debt carried' : 'shortfall borne by the insurance');
        if (carried) insurance = 0;
      }
    }
    if (market === 'spot') this.spot += quantity * price - fee;
    else this.usdm += realised - fee + insurance;
    const fees = entryFee + fee;
    this.trades.push({
      ...{ coin, side, market, quantity, entryPrice, exitPrice: price, fees, reason, insurance },
      entryHour: Math.floor(position.entryMinute / 60),
      exitHour: this.prices.hour,
      funding: 0 - fundingPaid,
      pnl: realised - fees - fundingPaid + insurance,
      leverage: position.leverage,
      entryMinute: position.entryMinute,
      exitMinute: options.atHour === true ? this.prices.hour * 60 : this.barMinute(coin, market),
    });
    if (market === 'spot') this.count('spot sale');
    if (whole) this.#remove(position);
    else this.#reduce(position, { quantity, entryFee, fundingPaid, margin });
    return this.trades.at(-1)!;
  }

  exitPrice(position: Position, raw: number, quantity: number, manner: Manner): number {
    if (manner === 'maker') return raw;
    const stress = manner === 'clearance' ? this.venue.account.liquidationStress : 1;
    return this.charges.taker(position.coin, position.side === 1 ? -1 : 1, raw, quantity, stress);
  }

  /** Fraction of notional. */
  exitFee({ coin, market }: Position, manner: Manner): number {
    if (manner !== 'clearance') return this.charges.fee(market, manner === 'maker');
    const rate = this.filters(coin, market)?.liquidationFee ?? Number.NaN;
    return Number.isNaN(rate) ? unknownClearanceFee : rate;
  }

  /** What the pool lacks after its last leg is borne by the insurance, and credited to the last trade. */
  coverDebt(markOf: (position: Position) => number): void {
    // What legs that could not be closed still hold stands against the debt.
    const balance = this.futures().reduce(
      (sum, each) => sum + this.unrealised(each, markOf(each)),
      this.usdm,
    );
    if (balance >= 0) return;
    if (this.venue.account.bankruptcy === 'carry') {
      this.count('debt carried');
      return;
    }
    this.count('shortfall borne by the insurance');
    const last = this.trades.pop()!;
    const insurance = -balance;
    this.usdm += insurance;
    this.trades.push({ ...last, insurance: last.insurance + insurance, pnl: last.pnl + insurance });
  }

  /** Walks the list from the front. Closing moves the last position to the freed place, which is looked at next. */
  walk(visit: (position: Position) => void): void {
    let index = 0;
    while (index < this.positions.length) {
      const position = this.positions[index]!;
      visit(position);
      if (this.positions[index] === position) index += 1;
    }
  }

  #reduce(
    position: Position,
    part: { quantity: number; entryFee: number; fundingPaid: number; margin: number },
  ): void {
    this.count('reduced position');
    position.quantity -= part.quantity;
    position.entryFee -= part.entryFee;
    position.fundingPaid -= part.fundingPaid;
    position.margin -= part.margin;
  }

  #remove(position: Position): void {
    const index = this.positions.indexOf(position);
    const last = this.positions.pop()!;
    if (last !== position) this.positions[index] = last;
  }
}

/** The row with the greatest effective time up to now; before the oldest, the oldest. */
export function inForce<Row extends { readonly effectiveMs: number }>(
  rows: readonly Row[],
  nowMs: number,
): Row | undefined {
  const sorted = rows.toSorted((a, b) => a.effectiveMs - b.effectiveMs);
  return sorted.findLast((row) => row.effectiveMs <= nowMs) ?? sorted[0];
}
