/** The engine against the figures of workload W's reference program, on a slice small enough to live here. */
import { describe, expect, test } from 'vitest';
import { type CoinHistory, type Rules, simulate, type Wanted } from '../differential/reference.ts';
import { expectedEquity, expectedTrades, readSlice } from './w-slice/read.ts';
import {
  firstOtherBit,
  firstOtherTrade,
  runTask,
  tasks,
  type WorkloadTrade,
  workloadTrades,
} from './workload-w.ts';

const slice = readSlice();

const shared = {
  capital: 1_000_000,
  takerFeeBps: 5,
  slippageBps: 2,
  closeAtEnd: true,
  fromHour: 0,
  toHour: slice.meta.hours,
  sideNotionalFractionMax: null,
};
const hours = Array.from({ length: slice.meta.hours }, (_, hour) => hour);

/** The tasks once more, in the reference's own words. */
const slowRules: Readonly<Record<'A' | 'B', Rules>> = {
  A: {
    ...shared,
    slotsMax: null,
    decisionHours: hours.filter((hour) => hour % 24 === 12),
    decide: (stamp) => {
      const scored = valuesAt(stamp - 1, 4).filter(({ coin }) => coin !== 0);
      const best = scored.toSorted((a, b) => b.value - a.value || a.coin - b.coin).slice(0, 10);
      const worst = scored.toSorted((a, b) => a.value - b.value || a.coin - b.coin).slice(0, 10);
      const exits = { notional: 1_000_000 * (1 / 60), stop: 0.08, target: null, holdHours: 72 };
      return [
        ...best.map(({ coin }): Wanted => ({ coin, side: 1, ...exits })),
        ...worst.map(({ coin }): Wanted => ({ coin, side: -1, ...exits })),
      ];
    },
  },
  B: {
    ...shared,
    slotsMax: 10,
    decisionHours: hours,
    decide: (stamp) =>
      valuesAt(stamp - 1, 5)
        .filter(({ value }) => value >= Math.log(4))
        .toSorted((a, b) => b.value - a.value || a.coin - b.coin)
        .map(
          ({ coin }): Wanted => ({
            coin,
            side: 1,
            notional: 10_000,
            stop: 0.02,
            target: 0.02,
            holdHours: 72,
          }),
        ),
  },
};

describe.each(tasks)('task %s on the slice of workload W', (task) => {
  test('has the trades and, bit for bit, the equity of the reference program', async () => {
    const result = await runTask(task, slice);
    expect(firstOtherTrade(expectedTrades(task), workloadTrades(result))).toBeNull();
    expect(firstOtherBit(expectedEquity(task), result.equity)).toBe(-1);
  });
});

test('the cap of B binds in the slice, so B and Binf part', () => {
  expect(expectedTrades('Binf').length).toBeGreaterThan(expectedTrades('B').length);
});

test.each(['A', 'B'] as const)(
  'the slow simulator of the differential test has the figures of %s',
  (task) => {
    const run = simulate({ hours: slice.meta.hours, coins: histories() }, slowRules[task]);
    const trades = run.trades.map(
      (trade): WorkloadTrade => ({
        key: [trade.coin, trade.side, trade.entryHour, trade.exitHour, names[trade.reason]].join(','),
        numbers: [
          trade.quantity,
          trade.entryPrice,
          trade.exitPrice,
          trade.fees,
          0 - trade.funding,
          trade.pnl,
        ],
      }),
    );
    trades.sort((a, b) => order(a.key, b.key));
    expect(firstOtherTrade(expectedTrades(task), trades)).toBeNull();
    expect(firstOtherBit(expectedEquity(task), run.equity)).toBe(-1);
  },
);

const names: Readonly<Record<string, string>> = {
  stop: 'sl',
  target: 'tp',
  time: 'timeout',
  delist: 'delist',
  'end-of-data': 'delist',
};

/** By exit bar, coin, entry bar. */
function order(a: string, b: string): number {
  const [first, second] = [a.split(',').map(Number), b.split(',').map(Number)];
  return first[3]! - second[3]! || first[0]! - second[0]! || first[2]! - second[2]!;
}

function histories(): CoinHistory[] {
  const coins = slice.meta.symbols.map((symbol) => ({
    symbol,
    bars: new Array<CoinHistory['bars'][number]>(slice.meta.hours).fill(null),
    funding: [] as CoinHistory['funding'][number][],
  }));
  for (const { coin, hour, values } of slice.bars) {
    const [open, high, low, close] = values as [number, number, number, number];
    coins[coin]!.bars[hour] = { open, high, low, close };
  }
  for (const { coin, hour, values } of slice.funding) {
    coins[coin]!.funding.push({ offsetMs: hour * 3_600_000, rate: values[0]!, mark: null });
  }
  return coins;
}

/** The value of a stored column at the close of `hour`, coin by coin, in no particular order. */
function valuesAt(hour: number, column: 4 | 5): { readonly coin: number; readonly value: number }[] {
  return slice.bars
    .filter((row) => row.hour === hour)
    .map(({ coin, values }) => ({ coin, value: values[column]! }));
}
