import { describe, expect, it } from 'vitest';
import { runBacktestInMemory } from '../../engine/backtest.ts';
import { RunJournal } from '../../engine/journal/run-journal.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { panelFromBars } from '../../engine/panel/panel.ts';
import { exitReasonAt } from '../../engine/portfolio/ledger.ts';
import type { Strategy, Target } from '../../engine/strategy.ts';

const startMs = Date.UTC(2025, 0, 1);
const noCosts = { takerFeeBps: 0, slippageBps: 0 };

/** One coin, one bar an hour: [open, high, low, close]. */
function market(
  bars: readonly (readonly [number, number, number, number])[],
  funding: readonly [number, number][] = [],
) {
  return panelFromBars(
    bars.map(([open, high, low, close], hour) => ({
      symbol: 'A',
      timeMs: startMs + hour * hourMs,
      open,
      high,
      low,
      close,
    })),
    funding.map(([hour, rate]) => ({ symbol: 'A', timeMs: startMs + hour * hourMs, rate })),
  );
}

/** Wants what the script says at each decision hour, and nothing else. */
function scripted(
  script: Readonly<Record<number, readonly Target[]>>,
  limits: Strategy['limits'] = {},
): Strategy {
  return {
    name: 'scripted',
    config: {},
    columns: [],
    schedule: { kind: 'hourly' },
    limits,
    decide: (slice) => script[(slice.timeMs - startMs) / hourMs] ?? [],
  };
}

const flat = [100, 101, 99, 100] as const;

describe('given the worked example of the account model', () => {
  // Buy 20 at 100; closes 98; funding of 0.03 % at a price of 98; the next bar opens at 90, under the stop at 92.
  const bars = [
    [100, 100, 100, 100],
    [100, 100, 98, 98],
    [98, 98, 98, 98],
    [90, 91, 89, 90],
  ] as const;
  const panel = market(bars, [[2, 0.0003]]);
  const strategy = scripted({ 1: [{ coin: 0, side: 1, notional: 2000, stopLossFraction: 0.08 }] });

  it('then cash, equity, funding and the gap through the stop are as by hand', async () => {
    const costs = { takerFeeBps: 5, slippageBps: 0 };
    const { equity, trades } = await runBacktestInMemory({
      panel,
      columns: [],
      strategy,
      costs,
      capital: 1000,
    });
    for (const [hour, byHand] of [1000, 959, 958.412, 797.512].entries()) {
      expect(equity[hour]).toBeCloseTo(byHand, 9);
    }
    expect(trades.count).toBe(1);
    expect(exitReasonAt(trades, 0)).toBe('stop');
    expect(trades.exitPrice[0]).toBe(90);
    expect(trades.fees[0]).toBeCloseTo(1.9, 12);
    expect(trades.funding[0]).toBeCloseTo(-0.588, 12);
    expect(trades.pnl[0]).toBeCloseTo(-202.488, 12);
  });
});

describe('given exits and entries at one stamp', () => {
  it('when a position is due, then its slot is free for the entry decided at that stamp', async () => {
    const bars = [flat, flat, flat, flat, flat];
    const panel = panelFromBars(
      ['A', 'B'].flatMap((symbol) =>
        bars.map(([open, high, low, close], hour) => ({
          symbol,
          timeMs: startMs + hour * hourMs,
          open,
          high,
          low,
          close,
        })),
      ),
    );
    const strategy = scripted(
      {
        1: [
          { coin: 0, side: 1, notional: 10, holdHoursMax: 2 },
          { coin: 1, side: 1, notional: 10 },
        ],
        3: [{ coin: 1, side: 1, notional: 10 }],
      },
      { slotsMax: 1 },
    );
    const { counts, trades, venue } = await runBacktestInMemory({
      panel,
      columns: [],
      strategy,
      costs: noCosts,
      capital: 100,
    });
    expect(counts.refusals).toEqual({ 'slots-full': 1 });
    expect(exitReasonAt(trades, 0)).toBe('time');
    expect(trades.exitHour[0]).toBe(3);
    expect(venue.book.positions().map(({ coin }) => coin)).toEqual([1]);
  });

  it('when the strategy wants to be flat, then it is, at the open, by a signal exit', async () => {
    const panel = market([flat, flat, [105, 106, 104, 105], flat]);
    const strategy = scripted({
      1: [{ coin: 0, side: -1, notional: 10 }],
      2: [{ coin: 0, side: 0 }],
      3: [{ coin: 0, side: 0 }],
    });
    const journal = new RunJournal();
    const { trades, counts } = await runBacktestInMemory({
      panel,
      columns: [],
      strategy,
      costs: noCosts,
      capital: 100,
      journal,
    });
    expect(exitReasonAt(trades, 0)).toBe('signal');
    expect(trades.exitPrice[0]).toBe(105);
    expect(trades.pnl[0]).toBeCloseTo(-0.5, 12);
    expect(counts.refusals).toEqual({ 'not-held': 1 });
    const { orders, refusals } = journal.tables(panel.symbols);
    expect(orders.columns['leg']!.values).toEqual(['entry', 'exit']);
    expect(refusals.columns['reason']!.values).toEqual(['not-held']);
  });
});

describe('given limits on a side', () => {
  it('then what would exceed them is refused, and the other side is not touched', async () => {
    const panel = panelFromBars(
      ['A', 'B', 'C'].flatMap((symbol) =>
        [flat, flat, flat].map(([open, high, low, close], hour) => ({
          symbol,
          timeMs: startMs + hour * hourMs,
          open,
          high,
          low,
          close,
        })),
      ),
    );
    const strategy = scripted(
      {
        1: [
          { coin: 0, side: 1, notional: 60 },
          { coin: 1, side: 1, notional: 60 },
          { coin: 2, side: -1, notional: 60 },
        ],
      },
      { sideNotionalFractionMax: 1 },
    );
    const { counts, venue } = await runBacktestInMemory({
      panel,
      columns: [],
      strategy,
      costs: noCosts,
      capital: 100,
    });
    expect(counts.refusals).toEqual({ 'side-notional-full': 1 });
    expect(venue.book.positions().map(({ coin, side }) => [coin, side])).toEqual([
      [0, 1],
      [2, -1],
    ]);
  });
});

describe('given a strategy that breaks its contract', () => {
  const panel = market([flat, flat, flat]);
  const outcome = (targets: unknown) =>
    runBacktestInMemory({
      panel,
      columns: [],
      strategy: scripted({ 1: targets as Target[] }),
      costs: noCosts,
      capital: 100,
    });

  it.each([
    ['no array', 'nonsense', /must return an array/],
    ['a coin that is not there', [{ coin: 7, side: 1, notional: 1 }], /target 0 has coin 7.*0 to 0/],
    ['a side of 2', [{ coin: 0, side: 2, notional: 1 }], /side 2/],
    ['no size', [{ coin: 0, side: 1 }], /notional undefined/],
    ['a size that is not a number', [{ coin: 0, side: 1, notional: Number.NaN }], /notional NaN/],
    ['a stop below zero', [{ coin: 0, side: 1, notional: 1, stopLossFraction: 1.5 }], /stopLossFraction 1.5/],
    ['no holding time', [{ coin: 0, side: 1, notional: 1, holdHoursMax: 0 }], /holdHoursMax 0/],
    ['a short on spot', [{ coin: 0, side: -1, notional: 1, market: 'spot' }], /never sold short/],
    ['a market of its own', [{ coin: 0, side: 1, notional: 1, market: 'moon' }], /market moon/],
    ['a leverage of 200', [{ coin: 0, side: 1, notional: 1, leverage: 200 }], /leverage 200.*from 1 to 150/],
    ['a limit of nothing', [{ coin: 0, side: 1, notional: 1, limitPrice: 0 }], /limitPrice 0/],
    ['a part above the whole', [{ coin: 0, side: 0, reduceFraction: 1.5 }], /reduceFraction 1.5/],
    ['null among the targets', [null], /target 0 must be an object/],
  ])('when it returns %s, then the run stops and says where', async (_what, targets, message) => {
    await expect(outcome(targets)).rejects.toThrowError(message);
    await expect(outcome(targets)).rejects.toThrowError(/scripted at 2025-01-01T01:00/);
  });

  it.each([undefined, 0.081])(
    'when its stop is not negotiable and is %s, then no setting lets it pass',
    async (stop) => {
      const target = { coin: 0, side: 1 as const, notional: 1 };
      const strategy = {
        ...scripted({ 1: [stop === undefined ? target : { ...target, stopLossFraction: stop }] }),
        stopLossFractionMax: 0.08,
      };
      const run = runBacktestInMemory({ panel, columns: [], strategy, costs: noCosts, capital: 100 });
      await expect(run).rejects.toThrowError(/not negotiable, at most 0.08/);
      const kept = { ...scripted({ 1: [{ ...target, stopLossFraction: 0.08 }] }), stopLossFractionMax: 0.08 };
      const { counts } = await runBacktestInMemory({
        panel,
        columns: [],
        strategy: kept,
        costs: noCosts,
        capital: 100,
      });
      expect(counts.refusals).toEqual({});
    },
  );

  it('when it throws, then the cause is kept', async () => {
    const strategy = {
      ...scripted({}),
      decide: () => {
        throw new Error('division by sheep');
      },
    };
    const run = runBacktestInMemory({ panel, columns: [], strategy, costs: noCosts, capital: 100 });
    await expect(run).rejects.toThrowError(/scripted threw at 2025-01-01T01:00.*division by sheep/);
    await expect(run).rejects.toHaveProperty('cause.message', 'division by sheep');
  });

  it('when it reads a column that it did not declare, then the message names those it did', async () => {
    const strategy: Strategy = {
      ...scripted({}),
      decide: (slice) => [...slice.column('score')].slice(0, 0).map(() => ({ coin: 0, side: 0 })),
    };
    const run = runBacktestInMemory({ panel, columns: [], strategy, costs: noCosts, capital: 100 });
    await expect(run).rejects.toThrowError(/column score was not declared/);
  });
});

describe('given the end of the data', () => {
  const panel = market([flat, flat, flat]);
  const strategy = scripted({
    1: [{ coin: 0, side: 1, notional: 10 }],
    3: [{ coin: 0, side: 1, notional: 10 }],
  });

  it('then an open position stays open and marked, and a decision at the last close is never made', async () => {
    const { trades, venue, counts } = await runBacktestInMemory({
      panel,
      columns: [],
      strategy,
      costs: noCosts,
      capital: 100,
    });
    expect(trades.count).toBe(0);
    expect(venue.book.positionCount).toBe(1);
    expect(counts.decisions).toBe(2);
  });

  it('when asked to, it is closed at the last close instead', async () => {
    const result = await runBacktestInMemory({
      panel,
      columns: [],
      strategy,
      costs: noCosts,
      capital: 100,
      closeAtEnd: true,
    });
    expect(exitReasonAt(result.trades, 0)).toBe('end-of-data');
    expect(result.trades.exitHour[0]).toBe(2);
  });
});
