/** Counts what happened and changes nothing. */
import { type Book, inForce } from './book.ts';
import type { Hit } from './levels.ts';
import { tierOf } from './margin.ts';
import type { BarPair, Position } from './types.ts';

export class Tally {
  readonly #book: Book;
  readonly #hasFunding: (coin: number, hour: number) => boolean;
  #wasFull = false;
  #freed = 0;
  /** Former stamp at which a position was charged, and the time between its last two. */
  readonly #charged = new WeakMap<Position, { readonly hour: number; readonly hours: number }>();

  constructor(book: Book, hasFunding: (coin: number, hour: number) => boolean) {
    this.#book = book;
    this.#hasFunding = hasFunding;
  }

  editions(): void {
    const book = this.#book;
    const { brackets, filters } = book.venue.account;
    for (const position of book.positions) {
      const changed = [brackets, filters].some((rows) => {
        const [now, before] = [
          inForce<{ effectiveMs: number }>(rows, book.stampMs),
          inForce<{ effectiveMs: number }>(rows, book.stampMs - 3_600_000),
        ];
        return now !== before;
      });
      if (changed) book.count('edition change while held');
      const tiers = book.tiers(position.coin);
      if (tiers === null || position.market === 'spot' || book.venue.account.margin === 'none') continue;
      const entered = tierOf(tiers, position.quantity * position.entryPrice);
      if (tierOf(tiers, position.quantity * book.mark(position)) !== entered)
        book.count('tier change while held');
    }
  }

  funding(position: Position): void {
    const book = this.#book;
    const { hour } = book.prices;
    if (book.prices.hourBar(position.coin, 'usdm') === null) book.count('funding during a halt');
    if (book.venue.account.margin === 'isolated') book.count('funding of an isolated position');
    if (position.entryMinute === hour * 60) book.count('funding of a position opened at the stamp');
    const last = this.#charged.get(position);
    const hours = last === undefined ? 0 : hour - last.hour;
    if (last !== undefined && last.hours > 0 && last.hours !== hours) {
      book.count('funding interval change while held');
    }
    this.#charged.set(position, { hour, hours });
  }

  beforeTimeExits(): void {
    const { rules, positions } = this.#book;
    this.#wasFull = rules.slotsMax !== null && positions.length >= rules.slotsMax;
    this.#freed = 0;
  }

  timeExit(dueMinute: number): void {
    if (this.#book.prices.minute > dueMinute) this.#book.count('time exit delayed by a halt');
    this.#freed += 1;
  }

  closedAtOpen(coin: number): void {
    if (this.#hasFunding(coin, this.#book.prices.hour)) this.#book.count('funding at the exit stamp');
  }

  entry(coin: number): void {
    const book = this.#book;
    const { hour } = book.prices;
    if (this.#hasFunding(coin, hour)) book.count('funding at the entry stamp');
    if (this.#wasFull && this.#freed > 0) {
      book.count('time exit freeing a slot under a binding cap');
      this.#freed -= 1;
    }
    const atThisOpen = book.trades.some(
      (trade) =>
        trade.coin === coin &&
        trade.exitHour === hour &&
        (trade.reason === 'time' || trade.reason === 'signal'),
    );
    if (atThisOpen) book.count('exit and entry of one coin at one open');
  }

  hit(
    position: Position,
    { trade }: BarPair,
    hit: Hit,
    how: { readonly makerFill: boolean; readonly stop: number | null },
  ): void {
    const book = this.#book;
    const { coin, market, wanted, targetPrice, trailPrice, stopPrice } = position;
    const { hour } = book.prices;
    if (hit.gap) book.count(hit.reason === 'stop' ? 'gap through a stop' : 'gap through a target');
    const haltedBefore =
      position.entryMinute < hour * 60 && book.prices.hourBar(coin, market, hour - 1) === null;
    if (hit.gap && hit.reason === 'stop' && haltedBefore)
      book.count('first open after a halt beyond the stop');
    const inside = (level: number | null) => level !== null && trade.low <= level && level <= trade.high;
    if (!hit.gap && inside(how.stop) && inside(targetPrice)) {
      book.count('both barriers in a bar');
      if (hit.reason === 'target') book.count('adaptive bar that went for the target first');
    }
    for (const level of [how.stop, targetPrice]) {
      if (level === trade.low || level === trade.high || level === trade.open)
        book.count('exact touch of a level');
    }
    if (hit.maker) book.count('limit target');
    if (hit.reason !== 'stop') return;
    if (how.makerFill) book.count('stop in the bar of a limit fill');
    if (wanted.stopOn === 'mark') book.count('stop on mark');
    if (hit.level === trailPrice && hit.level !== stopPrice) book.count('trailing stop exit');
    if (hit.gap && hit.price !== trade.open) book.count('stop filled at a level that the open had passed');
  }

  lifeEnd(ends: 'gap' | 'end', livesOn: boolean): void {
    const book = this.#book;
    if (livesOn) {
      book.count(book.venue.life.dataEnd === 'close' ? 'data-end close' : 'data-end hold');
      return;
    }
    book.count(ends === 'gap' ? 'life gap close' : 'delisting while held');
    if (book.venue.life.delistHaircut > 0) book.count('haircut');
  }
}
