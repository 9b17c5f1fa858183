/**
 * The second simulator: slow, obvious, one object a position, written from docs/account.md alone. It shares no code with
 * the engine, so that where the two agree, two readings of the rules agree.
 *
 * The hour is lived through as section 3 of the rules has it. Levels, the end of a life and the end of the run are looked
 * at position by position, in one walk over the list: it is the order in which trades are closed that shows it.
 */
import { Book } from './book.ts';
import { isSettling } from './entry-tests.ts';
import { hitOf, stopOf, trail } from './levels.ts';
import { liquidateAtMarks, liquidateInside } from './liquidation.ts';
import { Orders } from './orders.ts';
import { Tally } from './tally.ts';
import type { Market, Position, ReferenceRun, Rules, Settlement } from './types.ts';

export type { CoinHistory, Rules, Wanted } from './types.ts';

const hourMs = 3_600_000;
const fundingJitterMs = 60_000;

export function simulate(market: Market, rules: Rules): ReferenceRun {
  return new Simulation(market, rules).run();
}

class Simulation {
  readonly market: Market;
  readonly rules: Rules;
  readonly book: Book;
  readonly orders: Orders;
  readonly tally: Tally;
  /** Settlements by coin and stamp. */
  readonly settlements: ReadonlyMap<string, readonly Settlement[]>;
  readonly decisions: ReadonlySet<number>;

  constructor(market: Market, rules: Rules) {
    this.market = market;
    this.rules = rules;
    this.book = new Book(market, rules);
    this.settlements = byCoinAndStamp(market);
    this.tally = new Tally(this.book, (coin, hour) => this.settlements.has(`${coin} ${hour}`));
    this.orders = new Orders(this.book, this.tally);
    this.decisions = new Set(rules.decisionHours.map((stamp) => Math.round(stamp * 60)));
  }

  run(): ReferenceRun {
    const { book, orders, rules } = this;
    const equity = new Array<number>(this.market.hours).fill(Number.NaN);
    const wallets = equity.map(() => ({ usdm: Number.NaN, spot: Number.NaN }));
    for (let t = 0; t < rules.fromHour; t += 1) {
      book.prices.hour = t;
      for (const { hour, from, to, factor } of this.market.renames ?? []) {
        if (hour === t) book.prices.rename(from, to, factor);
      }
      book.prices.toClose();
    }
    for (let t = rules.fromHour; t < rules.toHour; t += 1) {
      this.#live(t);
      book.prices.toClose();
      liquidateAtMarks(book, 'close');
      this.#stopEntries();
      equity[t] = book.equity;
      wallets[t] = { usdm: book.usdm, spot: book.spot };
      orders.tests.markedEquity = book.equity;
    }
    orders.finishAll();
    return {
      trades: book.trades,
      refusals: orders.refusals,
      targets: orders.ends,
      equity,
      wallets,
      cash: book.usdm + book.spot,
      openAtEnd: book.positions.length,
      positions: book.positions.map((position) => ({ ...position, mark: book.mark(position) })),
      transferred: book.transferred,
      equityAfter: book.equity,
      fundingReceived: book.fundingReceived,
      events: book.events,
    };
  }

  /** Steps 1 to 8 of the hour t; what was decided for t comes first. */
  #live(t: number): void {
    const { book, orders } = this;
    const { prices } = book;
    prices.hour = t;
    prices.interval = 0;
    book.liquidatedNow.clear();
    this.#transfer(t);
    const picks = this.#decide();
    this.tally.editions();
    this.#rename(t);
    prices.toOpen();
    this.#fund(() => true);
    orders.expire();
    liquidateAtMarks(book, 'open');
    this.#stopEntries();
    this.#settle();
    this.tally.beforeTimeExits();
    this.#exitOnTime();
    orders.actAtOpen();
    orders.decide(prices.minute, picks);
    if (book.venue.funding.boundary === 'include-same-stamp') {
      this.#fund(({ entryMinute }) => entryMinute === t * 60);
    }
    this.#inside();
    for (prices.interval = 1; prices.interval < prices.intervals; prices.interval += 1) {
      const later = this.#decide();
      prices.toOpen();
      orders.expire();
      this.#exitOnTime();
      orders.actAtOpen();
      orders.decide(prices.minute, later);
      this.#inside();
    }
    prices.interval = prices.intervals - 1;
    for (const [coin] of this.market.coins.entries()) {
      if (prices.endsNow(coin) !== null) {
        orders.cancel(coin, null, ['resting', 'rest', 'retry'], 'cancelled by the end of a life');
      }
    }
  }

  #decide(): ReturnType<Rules['decide']> {
    const { minute } = this.book.prices;
    if (minute < 60 || !this.decisions.has(minute)) return [];
    const equity = this.orders.tests.markedEquity;
    const isOpen = (coin: number) => this.book.positions.some((position) => position.coin === coin);
    return this.rules.decide(minute / 60, { equity, isOpen });
  }

  #rename(t: number): void {
    const { book } = this;
    for (const { hour, from, to, factor } of this.market.renames ?? []) {
      if (hour !== t) continue;
      book.prices.rename(from, to, factor);
      this.orders.cancel(
        from,
        null,
        ['delayed', 'resting', 'rest', 'retry'],
        'working order lost to a rename',
      );
      book.walk((position) => {
        const { coin, market } = position;
        if (coin !== from) return;
        if (from !== to && book.position(to, market) !== undefined) {
          book.exit(position, book.prices.lastTrade(from, market), 'delist');
          return;
        }
        if (from !== to) this.orders.cancel(to, market, ['resting', 'rest', 'retry'], null);
        book.count(from === to ? 'redenomination while held' : 'rename while held');
        position.coin = to;
        position.quantity /= factor;
        position.entryPrice *= factor;
        position.best *= factor;
        for (const level of ['stopPrice', 'targetPrice', 'trailPrice'] as const) {
          const price = position[level];
          position[level] = price === null ? null : price * factor;
        }
      });
    }
  }

  #fund(isCharged: (position: Position) => boolean): void {
    const { book } = this;
    const { hour } = book.prices;
    for (const position of book.positions) {
      if (position.market !== 'usdm' || !isCharged(position)) continue;
      for (const row of this.settlements.get(`${position.coin} ${hour}`) ?? []) {
        const price = row.mark ?? book.mark(position);
        const paid = position.side * position.quantity * price * row.rate;
        position.fundingPaid += paid;
        book.usdm -= paid;
        book.fundingReceived -= paid;
        if (book.venue.account.margin === 'isolated') position.margin -= paid;
        this.tally.funding(position);
      }
    }
  }

  /** Leaving before a delisting. */
  #settle(): void {
    const { book } = this;
    book.walk((position) => {
      const open = book.prices.openNow(position.coin, position.market);
      if (open === null || !isSettling(book, position.coin)) return;
      book.count('settling exit');
      book.exit(position, open, 'settling');
    });
  }

  #exitOnTime(): void {
    const { book } = this;
    book.walk((position) => {
      const { holdHours } = position.wanted;
      const open = book.prices.openNow(position.coin, position.market);
      if (holdHours === null || open === null) return;
      const dueMinute = position.entryMinute + holdHours * 60;
      if (book.prices.minute < dueMinute) return;
      this.tally.timeExit(dueMinute);
      book.exit(position, open, 'time');
      this.tally.closedAtOpen(position.coin);
    });
  }

  /** Step 7 for one interval; in the last one of the hour the ends of lives and of the run as well. */
  #inside(): void {
    const { book, orders } = this;
    const { prices } = book;
    orders.fillResting();
    liquidateInside(book);
    this.#stopEntries();
    book.walk((position) => {
      if (this.#hit(position)) return;
      if (prices.interval === prices.intervals - 1 && this.#end(position)) return;
      const bars = prices.barNow(position.coin, position.market);
      if (bars !== null && prices.interval < prices.intervals - 1) book.count('detail hour walked');
      const filledHere = position.makerMinute === book.barMinute(position.coin, position.market);
      if (bars !== null && !filledHere) trail(position, bars.trade);
    });
    prices.afterInterval();
  }

  #hit(position: Position): boolean {
    const { book } = this;
    const bars = book.prices.barNow(position.coin, position.market);
    if (bars === null) return false;
    const makerFill = position.makerMinute === book.barMinute(position.coin, position.market);
    const hit = hitOf(position, bars, book.venue.fills, makerFill);
    if (hit === null) return false;
    this.tally.hit(position, bars, hit, { makerFill, stop: stopOf(position) });
    book.exit(position, hit.price, hit.reason, { manner: hit.maker ? 'maker' : 'taker' });
    return true;
  }

  /** The end of a life or of the run: true where the position is closed by it. */
  #end(position: Position): boolean {
    const { book, market, rules } = this;
    const { prices } = book;
    const { coin, market: venue, side } = position;
    const { delistHaircut, dataEnd } = book.venue.life;
    const bar = prices.hourBar(coin, venue);
    const close = bar?.close ?? prices.lastTrade(coin, venue);
    const ends = prices.endsNow(coin);
    const renamed = market.renames?.some(
      ({ from, to, hour }) => from === coin && to !== coin && hour > prices.hour,
    );
    if (ends !== null && renamed !== true) {
      const livesOn = ends === 'end' && prices.coin(coin).dataEnds === true;
      this.tally.lifeEnd(ends, livesOn);
      if (!livesOn) {
        book.exit(position, close * (1 - side * delistHaircut), 'delist', { atHour: true });
        return true;
      }
      if (dataEnd === 'close') {
        book.exit(position, close, 'end-of-data', { atHour: true });
        return true;
      }
    }
    if (bar === null) book.count('halt while held');
    if (prices.hour !== rules.toHour - 1) return false;
    if (bar !== null) book.count('end of data while held');
    if (!rules.closeAtEnd) return false;
    book.exit(position, close, 'end-of-data', { atHour: true });
    return true;
  }

  /** Resting orders of what was liquidated die; an account that stops takes back all that works for it. */
  #stopEntries(): void {
    for (const coin of this.book.liquidatedNow) this.orders.cancel(coin, 'usdm', ['resting'], null);
    if (!this.book.stopped) return;
    for (const { coin, wanted, kind, market } of [...this.orders.working]) {
      if (kind !== 'delayed' && wanted.side !== 0)
        this.orders.cancel(coin, market, ['resting', 'rest', 'retry'], null);
    }
  }

  #transfer(t: number): void {
    const { book, orders, rules } = this;
    const { transfers, spotCapital } = book.venue.account;
    if (transfers === 'fixed' || t === rules.fromHour) return;
    const move = (wanted: number) => {
      const free = () =>
        book.venue.account.margin === 'none'
          ? book.usdm
          : orders.tests.available((position) => book.mark(position));
      const most = wanted > 0 ? free() : book.spot - orders.tests.reserved('spot');
      const amount = Math.sign(wanted) * Math.max(0, Math.min(Math.abs(wanted), most));
      if (amount === 0) return;
      book.count('transfer');
      if (Math.abs(amount) < Math.abs(wanted)) book.count('transfer cut by what the wallet had');
      book.usdm -= amount;
      book.spot += amount;
      book.transferred += amount;
    };
    if (transfers !== 'rebalance-daily') {
      for (const { atMs, from, amount } of transfers) {
        if (atMs === book.stampMs) move(from === 'usdm' ? amount : -amount);
      }
      return;
    }
    if (book.stampMs % (24 * hourMs) !== 0) return;
    const spot = book.positions
      .filter(({ market }) => market === 'spot')
      .reduce((sum, each) => sum + each.quantity * book.mark(each), book.spot);
    const total = book.equity;
    move((total * spotCapital) / (rules.capital + spotCapital) - spot);
  }
}

function byCoinAndStamp(market: Market): ReadonlyMap<string, readonly Settlement[]> {
  const settlements = new Map<string, Settlement[]>();
  for (const [coin, { funding }] of market.coins.entries()) {
    for (const row of funding) {
      const key = `${coin} ${stampOf(row)}`;
      settlements.set(key, [...(settlements.get(key) ?? []), row]);
    }
  }
  return settlements;
}

/** The first stamp that lies at most a minute before the settlement was recorded. */
export function stampOf(row: Settlement): number {
  return Math.ceil((row.offsetMs - fundingJitterMs) / hourMs);
}
