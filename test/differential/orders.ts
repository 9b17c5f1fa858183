/** From a target to its end: the tests of an entry, resting limit orders, delays, rests (docs/account.md, 3.6, 4 and 6). */
import type { Book } from './book.ts';
import { EntryTests } from './entry-tests.ts';
import type { EventKind } from './events.ts';
import type { Tally } from './tally.ts';
import type { ReferenceRefusal, TargetEnd, Venue, Wanted, Working } from './types.ts';

const restMinutesMax = 24 * 60;

export class Orders {
  readonly book: Book;
  /** Oldest first. */
  working: Working[] = [];
  readonly ends: TargetEnd[] = [];
  readonly refusals: ReferenceRefusal[] = [];
  #sequence = 0;
  readonly tally: Tally;
  readonly tests: EntryTests;

  constructor(book: Book, tally: Tally) {
    this.book = book;
    this.tests = new EntryTests(book, () => this.working);
    this.tally = tally;
  }

  /** The targets of one decision: exits, then longs, then shorts, each in rank order. */
  decide(minute: number, picks: readonly Wanted[]): void {
    const { venue } = this.book;
    const stamp = minute / 60;
    const pairs = picks.map((wanted) => {
      const { coin, side } = wanted;
      const end: TargetEnd = { stamp, coin, side, outcome: 'working', refusal: null };
      this.ends.push(end);
      return { wanted, end };
    });
    for (const side of [0, 1, -1]) {
      for (const { wanted, end } of pairs.filter((pair) => pair.wanted.side === side)) {
        const { coin, market = 'usdm' } = wanted;
        this.#sequence += 1;
        const order: Working = {
          sequence: this.#sequence,
          ...{ wanted, end, coin, market, decidedMinute: minute, kind: 'delayed', limit: null, leverage: 1 },
          referenceClose: this.#referenceClose(coin, minute),
          unitFactor: this.#unitChange(coin, minute),
          dueMinute: minute + venue.fills.delayMinutes,
          actedMinute: Number.NaN,
          ...{ quantity: 0, filled: 0, position: null, taken: { hour: -1, quantity: 0 } },
        };
        if (venue.fills.delayMinutes > 0) this.working.push(order);
        else this.#act(order);
      }
    }
  }

  /** The close that the decision saw, in the unit of the bars that the order meets. */
  #referenceClose(coin: number, minute: number): number | null {
    const close = this.book.prices.hourBar(coin, 'usdm', Math.floor(minute / 60) - 1)?.close ?? null;
    return close === null ? null : close * this.#unitChange(coin, minute);
  }

  #unitChange(coin: number, minute: number): number {
    const renames = this.book.prices.market.renames ?? [];
    return (
      renames.find(({ hour, from, to }) => hour * 60 === minute && from === coin && to === coin)?.factor ?? 1
    );
  }

  /** Delayed orders that are due and rests of former opens, oldest first. */
  actAtOpen(): void {
    const { minute } = this.book.prices;
    for (const order of [...this.working]) {
      if (!this.working.includes(order)) continue;
      if (order.kind === 'delayed' && order.dueMinute <= minute) {
        this.working = this.working.filter((each) => each !== order);
        this.#act(order);
      } else if (order.kind === 'retry' && this.book.prices.interval === 0) {
        if (minute > order.actedMinute + restMinutesMax) this.#drop(order);
        else {
          this.working = this.working.filter((each) => each !== order);
          this.#retry(order);
        }
      } else if (order.kind === 'rest' && this.book.prices.interval === 0) this.#fillRest(order);
    }
  }

  expire(): void {
    for (const order of [...this.working]) {
      if (order.kind !== 'resting') continue;
      const end = order.actedMinute + (order.wanted.orderHours ?? 1) * 60;
      if (end <= this.book.prices.minute) this.#finish(order, 'expired');
    }
  }

  /** Takes back what works for a coin, in one market or in both. */
  cancel(
    coin: number,
    market: Venue | null,
    kinds: readonly Working['kind'][],
    why: EventKind | null,
  ): boolean {
    let any = false;
    for (const order of [...this.working]) {
      if (order.coin !== coin || !kinds.includes(order.kind)) continue;
      if (market !== null && order.market !== market) continue;
      this.#finish(order, 'cancelled');
      any = true;
      if (why !== null) this.book.count(why);
    }
    return any;
  }

  /** Resting limit orders over the bars that end now, oldest first. A bar that only touches the limit does not fill. */
  fillResting(): void {
    for (const order of [...this.working]) {
      if (order.kind !== 'resting') continue;
      const bars = this.book.prices.barNow(order.coin, order.market);
      if (bars === null) continue;
      const { side, postOnly } = order.wanted;
      const through = side === 1 ? bars.trade.low < order.limit! : bars.trade.high > order.limit!;
      if (!through) continue;
      const part = Math.min(order.quantity, this.tests.roomOf(order, order.limit!, order.quantity));
      if (!(part > 0)) continue;
      this.book.count(postOnly === true ? 'post-only fill' : 'limit fill');
      this.#fill(order, part, order.limit!, order.limit!, true);
      if (order.quantity > 0) this.book.count('limit partial');
      else this.#finish(order, null);
    }
  }

  /** What still works when the run is over is taken back. */
  finishAll(): void {
    for (const order of [...this.working]) this.#finish(order, 'cancelled');
  }

  refuse(end: TargetEnd, reason: string): void {
    end.outcome = 'refused';
    end.refusal = reason;
    const { stamp, coin, side } = end;
    this.refusals.push({ stamp, coin, side, reason });
    const kind = `refused: ${reason}` as EventKind;
    if (kind in this.book.events) this.book.count(kind);
  }

  /** Nothing of it could fill so far: it is tested anew. */
  #retry(order: Working): void {
    if (order.wanted.side === 0) this.#exit(order);
    else this.#enter(order);
  }

  #act(order: Working): void {
    order.actedMinute = this.book.prices.minute;
    if (order.wanted.side === 0) this.#exit(order);
    else this.#enter(order);
  }

  #exit(order: Working): void {
    const { coin, market, wanted, end } = order;
    const { book } = this;
    const tookBack = this.cancel(coin, market, ['resting', 'rest', 'retry'], 'cancelled by a flat');
    const position = book.position(coin, market);
    const open = book.prices.openNow(coin, market);
    if (book.liquidatedNow.has(coin)) {
      this.refuse(end, 'liquidated-this-bar');
      return;
    }
    if (position === undefined && tookBack) {
      end.outcome = 'withdrew';
      return;
    }
    if (open === null || position === undefined) {
      const absent = this.tests.noOpen(coin, market);
      this.refuse(end, open === null && (position || absent === 'not-orderable') ? absent : 'not-held');
      return;
    }
    const { reduce = 1 } = wanted;
    order.quantity = reduce === 1 ? position.quantity : this.tests.steps(order, position.quantity * reduce);
    if (order.quantity === 0) {
      this.refuse(end, 'below-step');
      return;
    }
    order.position = position;
    book.count('signal exit');
    this.#reduce(order, open);
  }

  /** A signal exit, or what a cap has left of it. */
  #reduce(order: Working, open: number): void {
    const { book } = this;
    const position = book.position(order.coin, order.market);
    if (position === undefined) {
      this.#finish(order, null);
      return;
    }
    order.quantity = Math.min(order.quantity, position.quantity);
    const part = Math.min(order.quantity, this.tests.roomOf(order, open, order.quantity));
    if (part < order.quantity) book.count('signal exit cut by the cap');
    if (part > 0) {
      if (order.kind === 'rest') book.count('carried rest of an exit filled');
      if (book.prices.interval > 0) book.count('fill between stamps');
      this.#take(order, part);
      book.exit(position, open, 'signal', { quantity: part });
      this.tally.closedAtOpen(order.coin);
    }
    this.#leave(order);
  }

  #enter(order: Working): void {
    const quote = this.tests.tested(order);
    if (typeof quote === 'string') {
      this.refuse(order.end, quote);
      return;
    }
    const { book } = this;
    const { coin, market, wanted } = order;
    const { part, fill, quantity, leverage } = quote;
    const open = book.prices.openNow(coin, market)!;
    order.quantity = quantity;
    order.leverage = leverage;
    const asked = wanted.leverage ?? book.venue.account.leverage;
    if (market === 'usdm' && leverage < asked) book.count('leverage lowered by the bracket');
    if (order.limit !== null && !this.tests.isMarketable(order, open)) {
      order.kind = 'resting';
      this.#wait(order);
      return;
    }
    if (order.limit !== null) {
      book.count('limit taken at once');
    }
    if (!(part > 0) && book.rules.impact!.rest === 'drop' && order.limit === null) {
      this.refuse(order.end, 'thin-volume');
      return;
    }
    if (part < quantity) book.count('market entry cut by the cap');
    if (part > 0) this.#fill(order, part, fill, open, false);
    if (order.limit !== null && order.quantity > 0) {
      order.kind = 'resting';
      this.#wait(order);
    } else this.#leave(order);
  }

  #fillRest(order: Working): void {
    const { book } = this;
    const { coin, market, wanted } = order;
    const { minute } = book.prices;
    if (minute > order.actedMinute + restMinutesMax) {
      this.#drop(order);
      return;
    }
    const position = book.position(coin, market);
    if (position === undefined || position !== order.position) {
      this.#drop(order);
      return;
    }
    const open = book.prices.openNow(coin, market);
    if (open === null || book.liquidatedNow.has(coin)) return;
    if (wanted.side === 0) {
      this.#reduce(order, open);
      return;
    }
    const part = Math.min(order.quantity, this.tests.roomOf(order, open, order.quantity));
    if (!(part > 0)) return;
    const fill = book.charges.taker(coin, wanted.side, open, part);
    const feeRate = book.charges.fee(market, false);
    const { leverage } = order;
    if (!this.tests.affordable(order, { quantity: part, part, fill, feeRate, leverage })) {
      this.#drop(order);
      return;
    }
    book.count('carried rest filled');
    this.#fill(order, part, fill, open, false);
    if (order.quantity === 0) this.#finish(order, null);
  }

  #drop(order: Working): void {
    this.book.count('rest dropped');
    this.#finish(order, 'thin-volume');
  }

  #fill(order: Working, part: number, price: number, raw: number, maker: boolean): void {
    const { prices, venue } = this.book;
    if (prices.interval > 0 && !maker) this.book.count('fill between stamps');
    if (venue.fills.delayMinutes > 0 && order.kind === 'delayed') this.book.count('delayed fill');
    this.#take(order, part);
    this.book.enter(order, part, price, raw, maker);
    order.position = this.book.position(order.coin, order.market) ?? null;
    this.tally.entry(order.coin);
  }

  #take(order: Working, part: number): void {
    const { hour } = this.book.prices;
    order.taken = { hour, quantity: part + (order.taken.hour === hour ? order.taken.quantity : 0) };
    order.quantity -= part;
    order.filled += part;
  }

  /** After what could be filled was: done, dropped or carried. */
  #leave(order: Working): void {
    if (order.quantity === 0) {
      this.#finish(order, null);
      return;
    }
    if (this.book.rules.impact!.rest === 'drop') {
      this.#drop(order);
      return;
    }
    order.kind = order.filled > 0 ? 'rest' : 'retry';
    this.#wait(order);
  }

  #wait(order: Working): void {
    if (this.working.includes(order)) return;
    this.working.push(order);
    this.working.sort((a, b) => a.sequence - b.sequence);
  }

  #finish(order: Working, reason: string | null): void {
    this.working = this.working.filter((each) => each !== order);
    if (order.quantity === 0 && order.filled > 0) order.end.outcome = 'filled';
    else if (order.filled > 0) order.end.outcome = 'partial';
    else if (reason === 'cancelled') order.end.outcome = 'cancelled';
    else this.refuse(order.end, reason ?? 'not-held');
  }
}
