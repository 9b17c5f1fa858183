/** What every journal promises: all that happened, in the order in which it happened, and no more once it is sealed. */
import { describe, expect, test } from 'vitest';
import type {
  Fill,
  FundingRecord,
  JournalRecord,
  OrderRecord,
  SkipRecord,
} from '../../engine/journal/records.ts';
import { StoredMarket } from '../../engine/panel/stored-market.ts';
import type { Journal, MaybePromise } from '../../engine/ports.ts';
import { SimulatedVenue } from '../../engine/simulator/venue.ts';
import {
  CALM,
  capital,
  entry,
  FALL,
  history,
  hours,
  LATE,
  slippageBps,
  stamp,
  takerFeeBps,
} from './market-fixture.ts';

export interface Written {
  readonly timeMs: number;
  /** null where a record is about no coin. */
  readonly coin: number | null;
}

export interface JournalUnderTest {
  readonly journal: Journal;
  /** What the sealed journal holds of one kind, in its order. */
  written(kind: JournalRecord['kind']): MaybePromise<readonly Written[]>;
}

export function journalContract(name: string, make: () => MaybePromise<JournalUnderTest>): void {
  describe(`journal: ${name}`, () => {
    test('keeps every record, and each kind in its order, however the kinds are mixed', async () => {
      const { journal, written } = await make();
      const records = mixedRecords();
      for (const record of records) journal.append(record);
      await journal.seal();
      for (const kind of ['order', 'fill', 'funding'] as const) {
        expect(await written(kind), kind).toEqual(
          records.flatMap((record) => (record.kind === kind ? [placeOf(record)] : [])),
        );
      }
    });

    test('keeps decisions and skips in one order, also those that led to nothing', async () => {
      const { journal, written } = await make();
      journal.append(skip(0));
      journal.append(decisionAt(3));
      journal.append(decisionAt(4));
      journal.append(skip(5));
      journal.append(decisionAt(6));
      await journal.seal();
      expect((await written('decision')).map(({ timeMs }) => timeMs)).toEqual([3, 4, 6].map(stamp));
      expect((await written('skip')).map(({ timeMs }) => timeMs)).toEqual([0, 5].map(stamp));
    });

    test('takes nothing more once it is sealed, and says so by throwing', async () => {
      const { journal, written } = await make();
      journal.append(fill(1, CALM));
      await journal.seal();
      for (const record of [fill(2, CALM), funding(2, CALM), order(2, CALM), skip(2), decisionAt(2)]) {
        expect(() => journal.append(record), record.kind).toThrow(/seal/);
      }
      expect(await written('fill')).toEqual([{ timeMs: stamp(1), coin: CALM }]);
    });

    test('can be sealed again, which changes nothing', async () => {
      const { journal, written } = await make();
      journal.append(fill(1, FALL));
      await journal.seal();
      await journal.seal();
      expect(await written('fill')).toEqual([{ timeMs: stamp(1), coin: FALL }]);
    });

    test('can be sealed empty', async () => {
      const { journal, written } = await make();
      await journal.seal();
      expect(await written('order')).toEqual([]);
    });
  });
}

function mixedRecords(): (OrderRecord | Fill | FundingRecord)[] {
  return Array.from({ length: 600 }, (_, index) => {
    const [hour, coin] = [1 + Math.floor(index / 20), (index * 7) % 3];
    if (index % 5 === 0) return funding(hour, coin);
    return index % 2 === 0 ? order(hour, coin) : fill(hour, coin);
  });
}

function placeOf(record: OrderRecord | Fill | FundingRecord): Written {
  return { timeMs: record.timeMs, coin: record.kind === 'order' ? record.order.coin : record.coin };
}

function decisionAt(hour: number): JournalRecord {
  const { panel, columns } = history();
  const costs = { takerFeeBps, slippageBps };
  const venue = new SimulatedVenue({ panel, costs, capital, fromHour: 0, toHour: hours, closeAtEnd: false });
  venue.advance(stamp(hour));
  const slice = new StoredMarket(panel, columns).slice(stamp(hour))!;
  return { kind: 'decision', slice, account: venue.account(), targets: [] };
}

function skip(hour: number): SkipRecord {
  return { kind: 'skip', timeMs: stamp(hour), reason: 'no-closed-bar' };
}

/** Filled for the calm coin, refused for the others: both stay written down. */
function order(hour: number, coin: number): OrderRecord {
  const target = { coin, side: 1 as const, notional: 1_000 };
  const outcome = coin === LATE ? 'not-orderable' : coin === FALL ? 'slots-full' : 'filled';
  return { kind: 'order', timeMs: stamp(hour), rank: coin, target, order: entry(coin, hour), outcome };
}

function fill(hour: number, coin: number): Fill {
  return {
    kind: 'fill',
    timeMs: stamp(hour),
    coin,
    market: 'usdm',
    side: 1,
    leg: 'entry',
    quantity: 10,
    price: 100.02,
    rawPrice: 100,
    fee: 0.5,
    maker: false,
    exitReason: null,
    level: Number.NaN,
    decidedMs: stamp(hour),
  };
}

function funding(hour: number, coin: number): FundingRecord {
  return {
    kind: 'funding',
    timeMs: stamp(hour),
    coin,
    side: 1,
    quantity: 10,
    price: 100,
    rate: 0.0001,
    cash: -0.1,
  };
}
