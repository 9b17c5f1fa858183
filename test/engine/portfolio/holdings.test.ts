import { describe, expect, it } from 'vitest';
import { runBacktestInMemory } from '../../../engine/backtest.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { type FundingRow, panelFromBars } from '../../../engine/panel/panel.ts';
import { excursionsOf, exposureOf } from '../../../engine/portfolio/holdings.ts';
import type { Strategy, Target } from '../../../engine/strategy.ts';

const startMs = Date.UTC(2025, 0, 1);
type Bar = readonly [number, number, number, number];

function panelOf(bars: readonly Bar[], funding: readonly FundingRow[] = []) {
  const rows = bars.map(([open, high, low, close], hour) => ({
    symbol: 'A',
    timeMs: startMs + hour * hourMs,
    open,
    high,
    low,
    close,
  }));
  return panelFromBars(rows, funding);
}

function once(target: Target): Strategy {
  const decide: Strategy['decide'] = (slice) => (slice.timeMs === startMs + hourMs ? [target] : []);
  return { name: 'once', config: {}, columns: [], schedule: { kind: 'hourly' }, limits: {}, decide };
}

const costs = { takerFeeBps: 0, slippageBps: 0 };
const bars: readonly Bar[] = [
  [100, 100, 100, 100],
  [100, 104, 97, 102],
  [102, 110, 101, 108],
  [108, 120, 50, 60],
  [60, 60, 60, 60],
];

describe('excursions', () => {
  it('take whole bars while held, and of the exit bar only what was ours', async () => {
    const panel = panelOf(bars);
    // Out at the open of hour 3: the fall to 50 in that bar comes after.
    const target = { coin: 0, side: 1, notional: 100, holdHoursMax: 2 } as const;
    const { trades } = await runBacktestInMemory({
      panel,
      columns: [],
      strategy: once(target),
      costs,
      capital: 1000,
    });
    const { adverse, favourable } = excursionsOf(panel, trades);
    expect(adverse[0]).toBeCloseTo(0.03, 12);
    expect(favourable[0]).toBeCloseTo(0.1, 12);
  });

  it('of a short are mirrored, and a stop inside a bar ends at its level', async () => {
    const panel = panelOf(bars);
    const target = { coin: 0, side: -1, notional: 100, stopLossFraction: 0.05 } as const;
    const { trades } = await runBacktestInMemory({
      panel,
      columns: [],
      strategy: once(target),
      costs,
      capital: 1000,
    });
    const { adverse, favourable } = excursionsOf(panel, trades);
    expect(trades.exitHour[0]).toBe(2);
    expect(adverse[0]).toBeCloseTo(0.05, 12);
    expect(favourable[0]).toBeCloseTo(0.03, 12);
  });
});

describe('exposure', () => {
  const target = { coin: 0, side: 1, notional: 100 } as const;

  it('is quantity times close for every hour held, with open positions to the end', async () => {
    const panel = panelOf(bars);
    const { trades, venue } = await runBacktestInMemory({
      panel,
      columns: [],
      strategy: once(target),
      costs,
      capital: 1000,
    });
    const exposure = exposureOf(panel, trades, venue.book.positions(), panel.hours);
    expect([...exposure.longNotional]).toEqual([0, 102, 108, 60, 60]);
    expect([...exposure.shortNotional]).toEqual([0, 0, 0, 0, 0]);
    expect([...exposure.positions]).toEqual([0, 1, 1, 1, 1]);
    expect(exposure.notionalHours).toBe(330);
    expect(exposure.uncoveredNotionalHours).toBe(330);
  });

  it('counts as covered what a settlement within eight hours pays for', async () => {
    const long: Bar[] = Array.from({ length: 24 }, () => [100, 100, 100, 100]);
    const funding = [{ symbol: 'A', timeMs: startMs + 8 * hourMs, rate: 0.0001 }];
    const panel = panelOf(long, funding);
    const { trades, venue } = await runBacktestInMemory({
      panel,
      columns: [],
      strategy: once(target),
      costs,
      capital: 1000,
    });
    const exposure = exposureOf(panel, trades, venue.book.positions(), panel.hours);
    expect(exposure.notionalHours).toBe(2300);
    // Held from hour 1; hours 1 to 7 lead to the settlement at 8; after it none is on record.
    expect(exposure.uncoveredNotionalHours).toBe(1600);
  });
});
