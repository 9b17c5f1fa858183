/**
 * The second simulator: slow, obvious, one object a position, written from the rules of workload W and their
 * generalisation alone. It shares no code with the engine, so that where the two agree, two readings of the rules agree.
 *
 * One hour t, in order:
 *  0. `chargeFunding`   rows stamped t, on positions opened before t
 *  1. `exitOnTime`      positions held long enough whose coin has a bar
 *  2. `carryOut`        targets decided at t: exits, then longs, then shorts, each in rank order
 *  3. `settleBar`       stop, target; then the end of a coin's life or of the data
 *  4. `equity`          cash and open positions at the last close
 * The decision for stamp t is taken before step 0, on what stood after step 4 of hour t - 1.
 */
const hourMs = 3_600_000;
const fundingJitterMs = 60_000;

export interface Bar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export interface Settlement {
  /** When it was recorded, counted from hour 0. */
  readonly offsetMs: number;
  readonly rate: number;
  /** Price it is charged on; null where none was recorded. */
  readonly mark: number | null;
}

export interface CoinHistory {
  readonly symbol: string;
  /** One entry an hour; null where the coin has no bar: not listed yet, halted, or gone. */
  readonly bars: readonly (Bar | null)[];
  readonly funding: readonly Settlement[];
}

export interface Market {
  readonly hours: number;
  readonly coins: readonly CoinHistory[];
}

export interface Wanted {
  readonly coin: number;
  readonly side: 1 | -1 | 0;
  readonly notional: number;
  readonly stop: number | null;
  readonly target: number | null;
  readonly holdHours: number | null;
}

export interface Rules {
  readonly capital: number;
  readonly takerFeeBps: number;
  readonly slippageBps: number;
  readonly closeAtEnd: boolean;
  /** First hour of the run and one past its last; bars outside are known but not lived through. */
  readonly fromHour: number;
  readonly toHour: number;
  readonly slotsMax: number | null;
  readonly sideNotionalFractionMax: number | null;
  /** Stamps at which is decided. Stamp 0 has no closed bar behind it and is passed over. */
  readonly decisionHours: readonly number[];
  decide(stamp: number, book: { readonly equity: number; isOpen(coin: number): boolean }): readonly Wanted[];
}

export type Reason = 'stop' | 'target' | 'time' | 'signal' | 'delist' | 'end-of-data';

export interface ReferenceTrade {
  readonly coin: number;
  readonly side: 1 | -1;
  readonly entryHour: number;
  readonly exitHour: number;
  readonly quantity: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  readonly fees: number;
  /** Cash received. */
  readonly funding: number;
  readonly pnl: number;
  readonly reason: Reason;
}

export interface ReferenceRefusal {
  readonly stamp: number;
  readonly coin: number;
  readonly side: 1 | -1 | 0;
  readonly reason: string;
}

/** What happened in a run, by kind; the random markets must make each of them happen often. */
export const eventKinds = [
  'gap through a stop',
  'gap through a target',
  'both barriers in a bar',
  'exact touch of a level',
  'time exit freeing a slot under a binding cap',
  'time exit delayed by a halt',
  'delisting while held',
  'end of data while held',
  'halt while held',
  'first open after a halt beyond the stop',
  'funding at the entry stamp',
  'funding at the exit stamp',
  'funding during a halt',
  'signal exit',
  'exit and entry of one coin at one open',
  'refused: not-orderable',
  'refused: no-reference-price',
  'refused: already-held',
  'refused: slots-full',
  'refused: side-notional-full',
  'refused: not-held',
] as const;
export type EventKind = (typeof eventKinds)[number];
export type EventCounts = Record<EventKind, number>;

export interface ReferenceRun {
  readonly trades: readonly ReferenceTrade[];
  readonly refusals: readonly ReferenceRefusal[];
  /** At the close of each hour; NaN outside the run. */
  readonly equity: readonly number[];
  readonly cash: number;
  readonly openAtEnd: number;
  readonly events: EventCounts;
}

interface Position {
  readonly coin: number;
  readonly side: 1 | -1;
  readonly entryHour: number;
  readonly quantity: number;
  readonly entryPrice: number;
  readonly stopPrice: number | null;
  readonly targetPrice: number | null;
  readonly holdHours: number | null;
  readonly entryFee: number;
  fundingPaid: number;
}

export function noEvents(): EventCounts {
  return Object.fromEntries(eventKinds.map((kind) => [kind, 0])) as EventCounts;
}

export function simulate(market: Market, rules: Rules): ReferenceRun {
  const book = new Book(market, rules);
  const decisions = new Set(rules.decisionHours);
  const equity = new Array<number>(market.hours).fill(Number.NaN);
  for (let t = rules.fromHour; t < rules.toHour; t += 1) {
    const before = t === rules.fromHour ? rules.capital : equity[t - 1]!;
    const picks =
      t > 0 && decisions.has(t)
        ? rules.decide(t, { equity: before, isOpen: (coin) => book.holds(coin) })
        : [];
    book.chargeFunding(t);
    book.exitOnTime(t);
    book.carryOut(t, picks, before);
    book.settleBar(t);
    equity[t] = book.equity(t);
  }
  return {
    trades: book.trades,
    refusals: book.refusals,
    equity,
    cash: book.cash,
    openAtEnd: book.positions.length,
    events: book.events,
  };
}

class Book {
  readonly market: Market;
  readonly rules: Rules;
  readonly positions: Position[] = [];
  readonly trades: ReferenceTrade[] = [];
  readonly refusals: ReferenceRefusal[] = [];
  readonly events: EventCounts = noEvents();
  cash: number;
  #wasFull = false;
  #freed = 0;

  constructor(market: Market, rules: Rules) {
    this.market = market;
    this.rules = rules;
    this.cash = rules.capital;
  }

  chargeFunding(t: number): void {
    for (const position of this.positions) {
      for (const row of this.market.coins[position.coin]!.funding) {
        if (stampOf(row) !== t) continue;
        const bar = this.bar(position.coin, t);
        if (bar === null) this.count('funding during a halt');
        const price = row.mark ?? bar?.open ?? this.lastClose(position.coin, t);
        const paid = position.side * position.quantity * price * row.rate;
        position.fundingPaid += paid;
        this.cash -= paid;
      }
    }
  }

  exitOnTime(t: number): void {
    this.#wasFull = this.rules.slotsMax !== null && this.positions.length >= this.rules.slotsMax;
    this.#freed = 0;
    this.walk((position) => {
      const bar = this.bar(position.coin, t);
      if (position.holdHours === null || t - position.entryHour < position.holdHours || bar === null)
        return false;
      if (t - position.entryHour > position.holdHours) this.count('time exit delayed by a halt');
      this.#freed += 1;
      return this.close(position, t, bar.open, 'time');
    });
  }

  carryOut(t: number, picks: readonly Wanted[], markedEquity: number): void {
    for (const pick of picks) if (pick.side === 0) this.exitOnSignal(t, pick);
    for (const pick of picks) if (pick.side === 1) this.enter(t, pick, 1, markedEquity);
    for (const pick of picks) if (pick.side === -1) this.enter(t, pick, -1, markedEquity);
  }

  exitOnSignal(t: number, pick: Wanted): void {
    const position = this.positions.find((open) => open.coin === pick.coin);
    const bar = this.bar(pick.coin, t);
    if (bar === null) {
      this.refuse(t, pick, 'not-orderable');
    } else if (position === undefined) {
      this.refuse(t, pick, 'not-held');
    } else {
      this.count('signal exit');
      this.close(position, t, bar.open, 'signal');
    }
  }

  /** The first rule that an entry would break; null where it may fill. */
  refusalOf(t: number, pick: Wanted, side: 1 | -1, markedEquity: number): string | null {
    const { slotsMax, sideNotionalFractionMax } = this.rules;
    if (this.bar(pick.coin, t) === null) return 'not-orderable';
    if (this.bar(pick.coin, t - 1) === null) return 'no-reference-price';
    if (this.holds(pick.coin)) return 'already-held';
    if (slotsMax !== null && this.positions.length >= slotsMax) return 'slots-full';
    if (sideNotionalFractionMax === null) return null;
    // The cap is a share of the equity at the last mark: fees and funding paid since then do not move it.
    const limit = sideNotionalFractionMax * markedEquity;
    return this.sideNotional(side, t - 1) + pick.notional > limit * (1 + 1e-12) ? 'side-notional-full' : null;
  }

  enter(t: number, pick: Wanted, side: 1 | -1, markedEquity: number): void {
    const reason = this.refusalOf(t, pick, side, markedEquity);
    if (reason !== null) {
      this.refuse(t, pick, reason);
      return;
    }
    const bar = this.bar(pick.coin, t)!;
    const reference = this.bar(pick.coin, t - 1)!;
    const entryPrice = bar.open * (1 + side * (this.rules.slippageBps / 10_000));
    const quantity = pick.notional / reference.close;
    const entryFee = quantity * entryPrice * (this.rules.takerFeeBps / 10_000);
    this.cash -= entryFee;
    this.countEntry(t, pick.coin);
    this.positions.push({
      coin: pick.coin,
      side,
      entryHour: t,
      quantity,
      entryPrice,
      stopPrice: pick.stop === null ? null : entryPrice * (1 - side * pick.stop),
      targetPrice: pick.target === null ? null : entryPrice * (1 + side * pick.target),
      holdHours: pick.holdHours,
      entryFee,
      fundingPaid: 0,
    });
  }

  settleBar(t: number): void {
    this.walk((position) => {
      const bar = this.bar(position.coin, t);
      if (bar === null) return this.settleHalt(t, position);
      const hit = position.side === 1 ? hitLong(bar, position) : hitShort(bar, position);
      if (hit !== null) {
        this.countHit(t, bar, position, hit);
        return this.close(position, t, hit.price, hit.reason);
      }
      const bars = this.market.coins[position.coin]!.bars;
      const endHour = bars.findLastIndex((each) => each !== null) + 1;
      if (t === endHour - 1 && endHour < this.market.hours) {
        this.count('delisting while held');
        return this.close(position, t, bar.close, 'delist');
      }
      if (t !== this.rules.toHour - 1) return false;
      this.count('end of data while held');
      return this.rules.closeAtEnd && this.close(position, t, bar.close, 'end-of-data');
    });
  }

  /** Nothing happens in a halt, except that a run may end in it: then the last close is the price. */
  settleHalt(t: number, position: Position): boolean {
    this.count('halt while held');
    if (t !== this.rules.toHour - 1 || !this.rules.closeAtEnd) return false;
    return this.close(position, t, this.lastClose(position.coin, t), 'end-of-data');
  }

  equity(t: number): number {
    let sum = this.cash;
    for (const { side, quantity, coin, entryPrice } of this.positions) {
      sum += side * quantity * (this.lastClose(coin, t) - entryPrice);
    }
    return sum;
  }

  sideNotional(side: 1 | -1, t: number): number {
    let sum = 0;
    for (const position of this.positions) {
      if (position.side === side) sum += position.quantity * this.lastClose(position.coin, t);
    }
    return sum;
  }

  holds(coin: number): boolean {
    return this.positions.some((position) => position.coin === coin);
  }

  bar(coin: number, t: number): Bar | null {
    return this.market.coins[coin]!.bars[t] ?? null;
  }

  /** Close of the newest bar at or before hour t. */
  lastClose(coin: number, t: number): number {
    for (let hour = t; hour >= 0; hour -= 1) {
      const bar = this.bar(coin, hour);
      if (bar !== null) return bar.close;
    }
    throw new Error(`coin ${coin} has no bar up to hour ${t}`);
  }

  /** Walks the list from the front. Closing moves the last position to the freed index, which is looked at next. */
  walk(closes: (position: Position) => boolean): void {
    let index = 0;
    while (index < this.positions.length) {
      if (!closes(this.positions[index]!)) index += 1;
    }
  }

  close(position: Position, t: number, rawPrice: number, reason: Reason): true {
    const { side, quantity, entryPrice, coin } = position;
    const exitPrice = rawPrice * (1 - side * (this.rules.slippageBps / 10_000));
    const exitFee = quantity * exitPrice * (this.rules.takerFeeBps / 10_000);
    const realised = side * quantity * (exitPrice - entryPrice);
    this.cash += realised - exitFee;
    const fees = position.entryFee + exitFee;
    const pnl = realised - fees - position.fundingPaid;
    this.trades.push({
      coin,
      side,
      entryHour: position.entryHour,
      exitHour: t,
      quantity,
      entryPrice,
      exitPrice,
      fees,
      funding: 0 - position.fundingPaid,
      pnl,
      reason,
    });
    if ((reason === 'time' || reason === 'signal') && this.hasFunding(coin, t))
      this.count('funding at the exit stamp');
    const index = this.positions.indexOf(position);
    const last = this.positions.pop()!;
    if (last !== position) this.positions[index] = last;
    return true;
  }

  refuse(stamp: number, pick: Wanted, reason: string): void {
    this.refusals.push({ stamp, coin: pick.coin, side: pick.side, reason });
    this.events[`refused: ${reason}` as EventKind] += 1;
  }

  // What follows counts what happened and changes nothing.

  count(kind: EventKind): false {
    this.events[kind] += 1;
    return false;
  }

  hasFunding(coin: number, t: number): boolean {
    return this.market.coins[coin]!.funding.some((row) => stampOf(row) === t);
  }

  countEntry(t: number, coin: number): void {
    if (this.hasFunding(coin, t)) this.count('funding at the entry stamp');
    if (this.#wasFull && this.#freed > 0) {
      this.count('time exit freeing a slot under a binding cap');
      this.#freed -= 1;
    }
    const sameOpen = this.trades.some(
      (trade) =>
        trade.coin === coin && trade.exitHour === t && (trade.reason === 'time' || trade.reason === 'signal'),
    );
    if (sameOpen) this.count('exit and entry of one coin at one open');
  }

  countHit(t: number, bar: Bar, position: Position, hit: Hit): void {
    const { stopPrice, targetPrice } = position;
    if (hit.gap) this.count(hit.reason === 'stop' ? 'gap through a stop' : 'gap through a target');
    if (
      hit.gap &&
      hit.reason === 'stop' &&
      t > position.entryHour &&
      this.bar(position.coin, t - 1) === null
    ) {
      this.count('first open after a halt beyond the stop');
    }
    const inside = (level: number | null) => level !== null && bar.low <= level && level <= bar.high;
    if (!hit.gap && inside(stopPrice) && inside(targetPrice)) this.count('both barriers in a bar');
    for (const level of [stopPrice, targetPrice]) {
      if (level === bar.low || level === bar.high || level === bar.open) this.count('exact touch of a level');
    }
  }
}

interface Hit {
  readonly price: number;
  readonly reason: 'stop' | 'target';
  readonly gap: boolean;
}

/** First match wins: the open beyond a level fills at the open; then the stop, then the target, at their levels. */
function hitLong(bar: Bar, { stopPrice, targetPrice }: Position): Hit | null {
  if (stopPrice !== null && bar.open <= stopPrice) return { price: bar.open, reason: 'stop', gap: true };
  if (targetPrice !== null && bar.open >= targetPrice)
    return { price: bar.open, reason: 'target', gap: true };
  if (stopPrice !== null && bar.low <= stopPrice) return { price: stopPrice, reason: 'stop', gap: false };
  if (targetPrice !== null && bar.high >= targetPrice)
    return { price: targetPrice, reason: 'target', gap: false };
  return null;
}

function hitShort(bar: Bar, { stopPrice, targetPrice }: Position): Hit | null {
  if (stopPrice !== null && bar.open >= stopPrice) return { price: bar.open, reason: 'stop', gap: true };
  if (targetPrice !== null && bar.open <= targetPrice)
    return { price: bar.open, reason: 'target', gap: true };
  if (stopPrice !== null && bar.high >= stopPrice) return { price: stopPrice, reason: 'stop', gap: false };
  if (targetPrice !== null && bar.low <= targetPrice)
    return { price: targetPrice, reason: 'target', gap: false };
  return null;
}

/** The first stamp that lies at most a minute before the settlement was recorded. */
export function stampOf(row: Settlement): number {
  return Math.ceil((row.offsetMs - fundingJitterMs) / hourMs);
}
