/**
 * What every venue promises to the loop, in the order in which the loop asks: `advance`, `account`, `open`, `submit`.
 * The market and all figures are those of `market-fixture.ts`.
 */
import { describe, expect, test } from 'vitest';
import type { Order, OrderOutcome } from '../../engine/execution/orders.ts';
import type { Fill, JournalRecord } from '../../engine/journal/records.ts';
import type { Panel } from '../../engine/panel/panel.ts';
import type { AccountView } from '../../engine/portfolio/account.ts';
import type { Admission, Journal, MaybePromise, Venue } from '../../engine/ports.ts';
import {
  CALM,
  capital,
  entry,
  exit,
  FALL,
  history,
  hours,
  LATE,
  priceAt,
  slippageBps,
  stamp,
  takerFeeBps,
} from './market-fixture.ts';

export interface VenueSetup {
  readonly panel: Panel;
  readonly capital: number;
  readonly takerFeeBps: number;
  readonly slippageBps: number;
  /** Whether what is open at the end of the data is closed there. */
  readonly closeAtEnd: boolean;
  readonly journal: Journal;
}

const feeFraction = takerFeeBps / 10_000;
const slippage = slippageBps / 10_000;
const admitAll: Admission = () => null;

export function venueContract(name: string, make: (setup: VenueSetup) => MaybePromise<Venue>): void {
  const start = async (closeAtEnd = false): Promise<Session> => {
    const records: JournalRecord[] = [];
    const journal: Journal = { append: (record) => void records.push(record), seal: () => undefined };
    const panel = history().panel;
    const venue = await make({ panel, capital, takerFeeBps, slippageBps, closeAtEnd, journal });
    return new Session(venue, records);
  };

  describe(`venue: ${name}`, () => {
    describe('the account', () => {
      test('starts with its capital and nothing open', async () => {
        const { account } = await start();
        expect([account.capital, account.cash, account.equity]).toEqual([capital, capital, capital]);
        expect(account.positionCount).toBe(0);
        expect(account.positions()).toEqual([]);
        expect(account.position(CALM)).toBeNull();
        expect(account.isOpen(CALM)).toBe(false);
        expect([account.notional(1), account.notional(-1)]).toEqual([0, 0]);
      });

      test('is one live view for the whole session', async () => {
        const session = await start();
        const early = session.account;
        await session.at(2, entry(CALM, 2));
        expect(session.venue.account()).toBe(early);
        expect(early.positionCount).toBe(1);
      });

      test('gives positions out as copies', async () => {
        const session = await start();
        await session.at(2, entry(FALL, 2));
        await session.venue.advance(stamp(3));
        const copy = session.account.position(FALL)!;
        const list = session.account.positions();
        await session.venue.advance(stamp(8));
        expect(copy.markPrice).toBe(50);
        expect(list[0]!.markPrice).toBe(50);
        expect(session.account.position(FALL)!.markPrice).toBe(40);
      });

      test.each([1, -1] as const)('shows an entry (side %i) as soon as it is filled', async (side) => {
        const session = await start();
        const order = entry(CALM, 2, { side, stop: 0.05, target: 0.1 });
        expect(await session.at(2, order)).toBe('filled');
        const price = 100 * (1 + side * slippage);
        expect(session.account.position(CALM)).toEqual({
          coin: CALM,
          market: 'usdm',
          side,
          quantity: 10,
          entryPrice: price,
          entryMs: stamp(2),
          stopPrice: price * (1 - side * 0.05),
          targetPrice: price * (1 + side * 0.1),
          trailingStopFraction: null,
          leverage: 1,
          isolatedMargin: 0,
          markPrice: 100,
        });
        expect(session.account.cash).toBe(capital - 10 * price * feeFraction);
        expect([session.account.notional(side), session.account.notional(side === 1 ? -1 : 1)]).toEqual([
          1_000, 0,
        ]);
      });

      test('is marked at the last close: equity is cash and what is unrealised, hour by hour', async () => {
        const session = await start();
        await session.at(2, entry(CALM, 2), entry(FALL, 2, { side: -1 }));
        await session.at(6, entry(LATE, 6));
        for (let hour = 7; hour <= hours; hour += 1) {
          await session.venue.advance(stamp(hour));
          expectMarked(session.account);
        }
      });

      test('keeps the last mark of a coin that is halted', async () => {
        const session = await start();
        await session.at(7, entry(LATE, 7));
        await session.venue.advance(stamp(12));
        expect(priceAt(LATE, 11)).toBeNull();
        expect(session.account.position(LATE)!.markPrice).toBe(20);
      });
    });

    describe('orders', () => {
      test('are refused with a reason, as a value, and a refused order changes nothing', async () => {
        const session = await start();
        expect(await session.at(3, entry(LATE, 3))).toBe('not-orderable');
        expect(await session.at(5, entry(LATE, 5))).toBe('no-reference-price');
        expect(await session.at(6, exit(CALM, 6))).toBe('not-held');
        await session.venue.advance(stamp(11));
        await session.venue.open(stamp(11));
        expect(await session.venue.submit(entry(LATE, 11), admitAll)).toBe('not-orderable');
        expect(await session.venue.submit(entry(CALM, 11), () => 'slots-full')).toBe('slots-full');
        expect([session.account.cash, session.account.positionCount]).toEqual([capital, 0]);
        expect(session.records.filter(({ kind }) => kind === 'fill')).toEqual([]);
      });

      test('are not taken before their stamp is open', async () => {
        const session = await start();
        await session.venue.advance(stamp(2));
        expect(await session.venue.submit(entry(CALM, 2), admitAll)).toBe('not-orderable');
      });

      test('are admitted last, one by one, on the account that the order before has left', async () => {
        const session = await start();
        const asked: string[] = [];
        const admit: Admission = (order, account) => {
          asked.push(`${order.symbol} ${account.positionCount}`);
          return null;
        };
        await session.venue.advance(stamp(3));
        await session.venue.open(stamp(3));
        for (const coin of [LATE, CALM, FALL]) await session.venue.submit(entry(coin, 3), admit);
        expect(asked).toEqual(['CALMUSDT 0', 'FALLUSDT 1']);
        asked.length = 0;
        expect(await session.venue.submit(exit(CALM, 3), admit)).toBe('filled');
        expect(asked).toEqual([]);
      });

      test('an exit closes what is open at the open of the stamp', async () => {
        const session = await start();
        await session.at(2, entry(FALL, 2));
        expect(await session.at(6, exit(FALL, 6))).toBe('filled');
        expect(session.account.position(FALL)).toBeNull();
        const [bought, sold] = [50 * (1 + slippage), 40 * (1 - slippage)];
        const fees = 20 * bought * feeFraction + 20 * sold * feeFraction;
        expect(session.account.cash).toBeCloseTo(capital + 20 * (sold - bought) - fees, 9);
      });

      test('leave fills in the journal: a fee that is never negative, a price no better than the raw one', async () => {
        const session = await start();
        await session.at(2, entry(CALM, 2), entry(FALL, 2, { side: -1 }));
        await session.at(9, exit(CALM, 9), exit(FALL, 9, -1));
        const fills = session.records.filter((record): record is Fill => record.kind === 'fill');
        expect(fills.map(({ coin, leg, timeMs }) => [coin, leg, timeMs])).toEqual([
          [CALM, 'entry', stamp(2)],
          [FALL, 'entry', stamp(2)],
          [CALM, 'exit', stamp(9)],
          [FALL, 'exit', stamp(9)],
        ]);
        for (const fill of fills) {
          expect(fill.fee).toBeGreaterThanOrEqual(0);
          const bought = (fill.side === 1) === (fill.leg === 'entry');
          expect(bought ? fill.price >= fill.rawPrice : fill.price <= fill.rawPrice).toBe(true);
        }
      });
    });

    describe('the hours between', () => {
      test('a stop that the open has passed fills at the open, not at its level', async () => {
        const session = await start();
        await session.at(2, entry(FALL, 2, { stop: 0.08 }));
        await session.venue.advance(stamp(7));
        expect(session.account.isOpen(FALL)).toBe(false);
        const sold = session.records.findLast((record): record is Fill => record.kind === 'fill')!;
        expect([sold.exitReason, sold.rawPrice, sold.level]).toEqual([
          'stop',
          40,
          50 * (1 + slippage) * (1 - 0.08),
        ]);
      });

      test('time exits are done when the stamp opens, before any order of it', async () => {
        const session = await start();
        await session.at(2, entry(CALM, 2, { holdHours: 4 }));
        await session.venue.advance(stamp(6));
        expect(session.account.isOpen(CALM)).toBe(true);
        await session.venue.open(stamp(6));
        expect(session.account.isOpen(CALM)).toBe(false);
        expect(await session.venue.submit(entry(CALM, 6), admitAll)).toBe('filled');
      });

      test('a time exit due in a halt waits for the next bar', async () => {
        const session = await start();
        await session.at(8, entry(LATE, 8, { holdHours: 3 }));
        await session.at(12);
        expect(session.account.isOpen(LATE)).toBe(true);
        await session.at(13);
        expect(session.account.isOpen(LATE)).toBe(false);
      });

      test('funding is paid by who was in before its stamp and is in at it', async () => {
        const session = await start();
        await session.at(8, entry(CALM, 8));
        const entered = session.account.cash;
        await session.venue.advance(stamp(16));
        expect(session.account.cash).toBe(entered);
        await session.venue.open(stamp(16));
        expect(session.account.cash).toBeCloseTo(entered - 10 * 100 * 0.01, 9);
      });

      test('a coin that ends takes its position along at its last close', async () => {
        const session = await start();
        await session.at(14, entry(LATE, 14));
        await session.venue.advance(stamp(20));
        expect(session.account.isOpen(LATE)).toBe(false);
        const sold = session.records.findLast((record): record is Fill => record.kind === 'fill')!;
        expect([sold.exitReason, sold.rawPrice, sold.timeMs]).toEqual(['delist', 20, stamp(19)]);
      });

      test('going to a time twice is going there once', async () => {
        const session = await start();
        await session.at(2, entry(CALM, 2), entry(FALL, 2, { stop: 0.08 }));
        await session.venue.advance(stamp(10));
        const before = [session.account.cash, session.account.equity, session.records.length];
        await session.venue.advance(stamp(10));
        expect([session.account.cash, session.account.equity, session.records.length]).toEqual(before);
      });

      test('many hours in one step are as many steps of an hour, to the bit', async () => {
        const [leaping, walking] = [await start(), await start()];
        for (const session of [leaping, walking]) {
          await session.at(2, entry(CALM, 2, { holdHours: 30 }), entry(FALL, 2, { stop: 0.08 }));
        }
        await leaping.venue.advance(stamp(40));
        for (let hour = 3; hour <= 40; hour += 1) await walking.at(hour);
        expect([leaping.account.cash, leaping.account.equity]).toEqual([
          walking.account.cash,
          walking.account.equity,
        ]);
        expect(leaping.records).toEqual(walking.records);
      });
    });

    describe('the end of the data', () => {
      test('leaves what is open open and marked', async () => {
        const session = await start();
        await session.at(40, entry(CALM, 40));
        await session.venue.advance(stamp(hours));
        expect(session.account.positionCount).toBe(1);
        expectMarked(session.account);
      });

      test('closes what is open at the last close where that was asked for', async () => {
        const session = await start(true);
        await session.at(41, entry(CALM, 41));
        await session.venue.advance(stamp(hours));
        expect(session.account.positionCount).toBe(0);
        const sold = session.records.findLast((record): record is Fill => record.kind === 'fill')!;
        expect([sold.exitReason, sold.timeMs]).toEqual(['end-of-data', stamp(hours - 1)]);
        expect(session.account.equity).toBe(session.account.cash);
      });
    });
  });
}

class Session {
  readonly venue: Venue;
  readonly records: readonly JournalRecord[];

  constructor(venue: Venue, records: readonly JournalRecord[]) {
    this.venue = venue;
    this.records = records;
  }

  get account(): AccountView {
    return this.venue.account();
  }

  /** One stamp as the loop does it; gives the outcome of the last order. */
  async at(hour: number, ...orders: readonly Order[]): Promise<OrderOutcome | undefined> {
    await this.venue.advance(stamp(hour));
    await this.venue.open(stamp(hour));
    let outcome: OrderOutcome | undefined;
    for (const order of orders) outcome = await this.venue.submit(order, admitAll);
    return outcome;
  }
}

function expectMarked(account: AccountView): void {
  const unrealised = account
    .positions()
    .reduce(
      (sum, { side, quantity, markPrice, entryPrice }) => sum + side * quantity * (markPrice - entryPrice),
      0,
    );
  expect(account.equity).toBeCloseTo(account.cash + unrealised, 9);
}
