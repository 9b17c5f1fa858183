import { describe, expect, it } from 'vitest';
import { type BacktestInput, runBacktestInMemory } from '../../../engine/backtest.ts';
import { RunJournal } from '../../../engine/journal/run-journal.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { type BarRow, type Panel, panelFromBars } from '../../../engine/panel/panel.ts';
import type { Strategy, Target } from '../../../engine/strategy.ts';

const startMs = Date.UTC(2025, 0, 1);

function rowsOf(symbol: string, hours: number, close = 100): BarRow[] {
  return Array.from({ length: hours }, (_, hour) => {
    const price = close + (hour % 5);
    return {
      symbol,
      timeMs: startMs + hour * hourMs,
      open: price,
      high: price + 1,
      low: price - 1,
      close: price,
    };
  });
}

function wanting(
  target: (coinOf: (symbol: string) => number) => Target | null,
  limits: Strategy['limits'] = {},
): Strategy {
  return {
    name: 'wanting',
    config: {},
    columns: [],
    schedule: { kind: 'hourly' },
    limits,
    decide: (slice) => {
      const wanted =
        slice.timeMs === startMs + 2 * hourMs ? target((symbol) => slice.symbols.indexOf(symbol)) : null;
      return wanted === null ? [] : [wanted];
    },
  };
}

async function digests(panel: Panel, strategy: Strategy, more: Partial<BacktestInput> = {}) {
  const journal = new RunJournal();
  const costs = { takerFeeBps: 5, slippageBps: 2 };
  const result = await runBacktestInMemory({
    panel,
    columns: [],
    strategy,
    costs,
    capital: 1000,
    journal,
    ...more,
  });
  return { signal: journal.signalDigest, decision: journal.runDigest(result.venue.book.ledger, panel) };
}

const plain = { side: 1, notional: 100 } as const;
const panel = panelFromBars([...rowsOf('A', 20), ...rowsOf('B', 20, 50)]);

describe('the decision digest', () => {
  it('takes in every field of a target', async () => {
    const variants: Omit<Target, 'coin'>[] = [
      plain,
      { ...plain, stopLossFraction: 0.5 },
      { ...plain, stopLossFraction: 0.6 },
      { ...plain, takeProfitFraction: 0.5 },
      { ...plain, holdHoursMax: 1000 },
      { ...plain, reason: 'other' },
      { ...plain, score: 3 },
    ];
    const seen = new Set<string>();
    for (const variant of variants) {
      seen.add(
        (
          await digests(
            panel,
            wanting((coinOf) => ({ ...variant, coin: coinOf('A') })),
          )
        ).decision,
      );
    }
    expect(seen.size).toBe(variants.length);
  });

  it('tells one refusal from another', async () => {
    const target = () => ({ ...plain, coin: 0 });
    const full = await digests(panel, wanting(target, { slotsMax: 0 }));
    const capped = await digests(panel, wanting(target, { sideNotionalFractionMax: 0 }));
    expect(full.decision).not.toBe(capped.decision);
  });

  it('knows neither the order of coins, nor coins nobody trades, nor hours outside the run', async () => {
    const strategy = wanting((coinOf) => ({ ...plain, coin: coinOf('B'), holdHoursMax: 4 }));
    const whole = (await digests(panel, strategy)).decision;
    const turned = panelFromBars([...rowsOf('B', 20, 50), ...rowsOf('A', 20)]);
    expect((await digests(turned, strategy)).decision).toBe(whole);
    const longer = panelFromBars([...rowsOf('A', 30), ...rowsOf('B', 30, 50)]);
    expect((await digests(longer, strategy, { toHour: 20 })).decision).toBe(whole);
  });
});

describe('the signal digest', () => {
  it('takes in the closes, which every strategy may read', async () => {
    const other = panelFromBars([...rowsOf('A', 20, 101), ...rowsOf('B', 20, 50)]);
    const idle = wanting(() => null);
    expect((await digests(other, idle)).signal).not.toBe((await digests(panel, idle)).signal);
  });
});

describe('a holding time without end', () => {
  it.each([Number.POSITIVE_INFINITY, 1e12])(
    'of %d hours never ends, whatever else falls due',
    async (holdHoursMax) => {
      const strategy: Strategy = {
        ...wanting(() => null),
        decide: (slice) =>
          slice.timeMs === startMs + hourMs
            ? [
                { ...plain, coin: 0, holdHoursMax },
                { ...plain, coin: 1, holdHoursMax: 4 },
              ]
            : [],
      };
      const costs = { takerFeeBps: 5, slippageBps: 2 };
      const { trades, venue } = await runBacktestInMemory({
        panel,
        columns: [],
        strategy,
        costs,
        capital: 1000,
      });
      expect([...trades.coin]).toEqual([1]);
      expect(venue.book.isOpen(0)).toBe(true);
    },
  );
});

describe('a checkpoint', () => {
  it('is refused on another panel than its own', async () => {
    const strategy = wanting(() => ({ ...plain, coin: 0 }));
    const costs = { takerFeeBps: 5, slippageBps: 2 };
    const input = { panel, columns: [], strategy, costs, capital: 1000 };
    const paused = await runBacktestInMemory({ ...input, pauseAtHour: 5 });
    const longer = panelFromBars([...rowsOf('A', 30), ...rowsOf('B', 30, 50)]);
    const resumed = runBacktestInMemory({ ...input, panel: longer, resumeFrom: paused.checkpoint! });
    await expect(resumed).rejects.toThrowError(/resumed on the panel/);
  });

  it('carries what was counted', async () => {
    const strategy = wanting(() => ({ ...plain, coin: 0 }), { slotsMax: 0 });
    const costs = { takerFeeBps: 5, slippageBps: 2 };
    const input = { panel, columns: [], strategy, costs, capital: 1000 };
    const whole = await runBacktestInMemory(input);
    const paused = await runBacktestInMemory({ ...input, pauseAtHour: 5 });
    const resumed = await runBacktestInMemory({ ...input, resumeFrom: paused.checkpoint! });
    expect(resumed.counts).toEqual(whole.counts);
    expect(whole.counts.refusals).toEqual({ 'slots-full': 1 });
  });
});

describe('a ruined account', () => {
  it('is refused its targets, and the run goes on', async () => {
    const crash = rowsOf('A', 20).map((row, hour) =>
      hour < 4 ? row : { ...row, open: 1, high: 1, low: 1, close: 1 },
    );
    const strategy: Strategy = {
      ...wanting(() => null),
      decide: (_slice, account) => [
        { coin: account.positionCount === 0 ? 0 : 1, side: 1, notional: 5 * account.equity },
      ],
    };
    const costs = { takerFeeBps: 5, slippageBps: 2 };
    const ruined = panelFromBars([...crash, ...rowsOf('B', 20, 50)]);
    const { counts, finalEquity } = await runBacktestInMemory({
      panel: ruined,
      columns: [],
      strategy,
      costs,
      capital: 1000,
    });
    expect(finalEquity).toBeLessThan(0);
    expect(counts.refusals['no-equity']).toBeGreaterThan(5);
  });
});
