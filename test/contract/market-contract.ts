/** What every source of market data promises: at a time, what was known then, and nothing else. */
import { describe, expect, test } from 'vitest';
import type { Slice } from '../../engine/panel/slice.ts';
import type { MarketData, MaybePromise } from '../../engine/ports.ts';
import { type History, history, hours, priceAt, scoreAt, stamp, startMs, symbols } from './market-fixture.ts';

export interface MarketUnderTest {
  readonly market: MarketData;
  /** Called before each slice: a source that is fed takes in what closed up to `timeMs`, and nothing later. */
  feed?(timeMs: number): MaybePromise<void>;
}

export function marketDataContract(
  name: string,
  make: (history: History) => MaybePromise<MarketUnderTest>,
): void {
  const sliceAt = async (source: MarketUnderTest, timeMs: number): Promise<Slice | null> => {
    await source.feed?.(timeMs);
    return source.market.slice(timeMs);
  };
  const knownAt = async (source: MarketUnderTest, timeMs: number): Promise<Slice> => {
    const slice = await sliceAt(source, timeMs);
    if (slice === null) throw new Error(`no slice at ${timeMs}`);
    return slice;
  };

  describe(`market data: ${name}`, () => {
    test('knows nothing before the first bar has closed', async () => {
      const source = await make(history());
      expect(await sliceAt(source, startMs)).toBeNull();
    });

    test('shows at each stamp the bars that closed there: closes, the declared column, the time, the coins', async () => {
      const source = await make(history());
      for (let hour = 1; hour <= hours; hour += 1) {
        const slice = await knownAt(source, stamp(hour));
        expect(slice.timeMs).toBe(stamp(hour));
        expect(slice.symbols).toEqual(symbols);
        expect(symbols.map((_, coin) => slice.close(coin))).toEqual(
          symbols.map((_, coin) => priceAt(coin, hour - 1) ?? Number.NaN),
        );
        expect(Array.from(slice.column('score'))).toEqual(symbols.map((_, coin) => scoreAt(coin, hour - 1)));
      }
    });

    test('shows nothing that happened later: another future leaves every slice before it as it was', async () => {
      const changedFromHour = 14;
      const [one, other] = [
        await make(history()),
        await make(history(changedFromHour, (value) => value * 3)),
      ];
      for (let hour = 1; hour <= changedFromHour; hour += 1) {
        expect(seen(await knownAt(one, stamp(hour)))).toEqual(seen(await knownAt(other, stamp(hour))));
      }
      const [after, otherAfter] = [stamp(changedFromHour + 1), stamp(changedFromHour + 1)];
      expect(seen(await knownAt(one, after))).not.toEqual(seen(await knownAt(other, otherAfter)));
    });

    test('says the same when asked twice for the same time', async () => {
      const source = await make(history());
      const first = seen(await knownAt(source, stamp(7)));
      expect(seen(await knownAt(source, stamp(7)))).toEqual(first);
    });

    test('refuses a column that was not declared, and names those that were', async () => {
      const slice = await knownAt(await make(history()), stamp(3));
      expect(() => slice.column('tomorrow')).toThrow(/tomorrow.*score/);
    });

    test('hashes two words for the closes and two a column: they change with the newest row and with no later one', async () => {
      const [one, other] = [await make(history()), await make(history(9, (value) => value + 1))];
      const words = async (source: MarketUnderTest, hour: number) =>
        Array.from((await knownAt(source, stamp(hour))).hashWords());
      expect(await words(one, 9)).toHaveLength(4);
      expect(await words(other, 9)).toEqual(await words(one, 9));
      expect(await words(other, 10)).not.toEqual(await words(one, 10));
    });

    test('gives out rows that can be spoiled without harm, and behind which no later hour lies', async () => {
      const source = await make(history());
      const slice = await knownAt(source, stamp(5));
      const row = slice.column('score');
      expect(row.buffer.byteLength).toBe(row.byteLength);
      row.fill(-1);
      const again = await knownAt(await make(history()), stamp(5));
      expect(Array.from(again.column('score'))).not.toEqual(Array.from(row));
    });

    test('has finer bars in order and inside the span, or none', async () => {
      const source = await make(history());
      await source.feed?.(stamp(3));
      const detail = await source.market.detail(symbols[0]!, stamp(1), stamp(2));
      if (detail === null) return;
      const times = Array.from(detail.timeMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.every((time) => time >= stamp(1) && time < stamp(2))).toBe(true);
      for (const column of [detail.open, detail.high, detail.low, detail.close]) {
        expect(column).toHaveLength(times.length);
      }
    });
  });
}

/** Everything a strategy can read off a slice, as a copy. */
function seen(slice: Slice): unknown {
  return {
    timeMs: slice.timeMs,
    closes: symbols.map((_, coin) => slice.close(coin)),
    scores: Array.from(slice.column('score')),
    hashes: Array.from(slice.hashWords()),
  };
}
