import { describe, expect, it } from 'vitest';
import { runBacktestInMemory } from '../../../engine/backtest.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { panelFromBars, timeAt } from '../../../engine/panel/panel.ts';
import { StreamingMarket } from '../../../engine/panel/streaming-market.ts';
import { exitReasonAt } from '../../../engine/portfolio/ledger.ts';
import type { Strategy } from '../../../engine/strategy.ts';
import { hourFeed } from '../../contract/hour-feed.ts';

const startMs = Date.UTC(2025, 0, 1);
const hours = 10;
const endHour = 6;
const rows = ['A', 'B'].flatMap((symbol) =>
  Array.from({ length: symbol === 'A' ? hours : endHour }, (_, hour) => ({
    symbol,
    timeMs: startMs + hour * hourMs,
    open: 100,
    high: 110,
    low: 99,
    close: 100 + hour,
  })),
);
const panel = panelFromBars(rows);
const strategy: Strategy = {
  name: 'once',
  config: {},
  columns: [],
  schedule: { kind: 'hourly' },
  limits: {},
  decide: (slice) => (slice.timeMs === startMs + 2 * hourMs ? [{ coin: 1, side: 1, notional: 10 }] : []),
};
const setting = { columns: [], strategy, costs: { takerFeeBps: 5, slippageBps: 2 }, capital: 100 };

function stream(columns: readonly string[] = []) {
  const lives = { firstHour: panel.firstHour, endHour: Int32Array.of(hours, hours) };
  return new StreamingMarket({ symbols: panel.symbols, startMs, capacityHours: hours, columns, ...lives });
}

describe('a market fed by the hour', () => {
  it('lets an end be announced while a position is open', async () => {
    const market = stream();
    const clock = {
      *ticks() {
        for (let hour = 1; hour <= hours; hour += 1) {
          const feed = hourFeed(panel, [], hour - 1);
          market.feed(hour - 1, hour === 4 ? { ...feed, ends: [{ coin: 1, endHour }] } : feed);
          if (hour < hours) yield timeAt(panel, hour);
        }
      },
    };
    const streamed = await runBacktestInMemory({ ...setting, panel: market.panel, market, clock });
    const stored = await runBacktestInMemory({ ...setting, panel });
    expect(exitReasonAt(streamed.trades, 0)).toBe('delist');
    expect(streamed.trades).toEqual(stored.trades);
    expect(streamed.equity).toEqual(stored.equity);
  });

  it('knows nothing of an hour that has not been fed', () => {
    const market = stream();
    expect(market.slice(timeAt(panel, 1))).toBeNull();
    market.feed(0, hourFeed(panel, [], 0));
    expect(market.slice(timeAt(panel, 1))?.close(0)).toBe(100);
    expect(market.slice(timeAt(panel, 2))).toBeNull();
  });

  it('does not accept a feed that lacks a column, nor one out of turn', () => {
    expect(() => stream(['score']).feed(0, hourFeed(panel, [], 0))).toThrowError(/column score/);
    expect(() => stream().feed(1, hourFeed(panel, [], 1))).toThrowError(/in order/);
  });
});
