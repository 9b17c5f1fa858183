/**
 * Three coins at 100, held since the morning before one violent hour, as an importer would find them: hourly bars, bars of 15
 * minutes for that hour, and one leverage tier. What the hour does to each coin can be told by head.
 *
 *   AUSDT  rises to 112 before it falls to 88: by hourly bars the stop at 90 comes first, in truth the target at 110 does
 *   BUSDT  falls through 90 between two quarters of the hour: by hourly bars it stops at 90, in truth it opens at 80
 *   CUSDT  sold short, hardly moves
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importDataset } from '../../datasets/import/import.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { hourMs } from '../../engine/panel/hours.ts';

type Bar = readonly [open: number, high: number, low: number, close: number];

const startMs = Date.UTC(2025, 2, 1);
const hours = 72;
const crashHour = 30;
export const crashMs = startMs + crashHour * hourMs;

const quarters: Readonly<Record<string, readonly Bar[]>> = {
  AUSDT: [
    [100, 112, 99, 111],
    [111, 111.5, 95, 96],
    [96, 97, 88, 90],
    [90, 106, 90, 105],
  ],
  BUSDT: [
    [100, 100, 95, 95],
    [80, 82, 70, 75],
    [75, 75, 60, 62],
    [62, 72, 62, 70],
  ],
  CUSDT: [
    [100, 104, 100, 102],
    [102, 102, 98, 99],
    [99, 100, 97, 98],
    [98, 101, 98, 100],
  ],
};

const strategy = `export default {
  name: 'holds-three',
  config: {},
  columns: () => [],
  schedule: () => ({ kind: 'hourly' }),
  limits: () => ({}),
  decide(slice, account) {
    if (slice.timeMs !== ${startMs + 10 * hourMs}) return [];
    const notional = account.capital * 0.25 * account.leverage;
    return slice.symbols.map((symbol, coin) => ({
      coin, side: symbol === 'CUSDT' ? -1 : 1, notional,
      stopLossFraction: 0.1, takeProfitFraction: 0.1, holdHoursMax: 48,
    }));
  },
};
`;

export interface StressMarket {
  readonly store: Store;
  /** Path of the scenario file. */
  readonly scenario: string;
  remove(): Promise<void>;
}

/** With `finerAfterMs`, bars of 5 minutes besides, for the hour that opens then and no other. */
export async function stressMarket(finerAfterMs?: number): Promise<StressMarket> {
  const dir = await mkdtemp(join(tmpdir(), 'hourglass-stress-'));
  const file = async (name: string, text: string) => {
    await writeFile(join(dir, name), text);
    return join(dir, name);
  };
  const store = openStore(join(dir, 'data'));
  const tier = {
    bracket: 1,
    initialLeverage: 125,
    notionalCap: 1e9,
    notionalFloor: 0,
    maintMarginRatio: 0.01,
    cum: 0,
  };
  const brackets = Object.keys(quarters).map((symbol) => ({ symbol, brackets: [tier] }));
  await importDataset(store, {
    name: 'violent',
    bars: [await file('bars.csv', csvOf(hourlyBars()))],
    detail: [
      `15m=${await file('quarters.csv', csvOf(quarterBars()))}`,
      ...(finerAfterMs === undefined ? [] : [`5m=${await file('fives.csv', csvOf(calmBars(finerAfterMs)))}`]),
    ],
    brackets: [`${await file('tiers.json', JSON.stringify(brackets))}@2025-01-01`],
  });
  await file('holds-three.ts', strategy);
  const scenario = {
    name: 'violent-hour',
    strategy: './holds-three.ts',
    config: {},
    dataset: 'violent',
    capital: { usdm: 10_000 },
    costs: 'none',
    seed: 1,
  };
  return {
    store,
    scenario: await file('scenario.json', JSON.stringify(scenario)),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

interface Row {
  readonly symbol: string;
  readonly timeMs: number;
  readonly bar: Bar;
}

function hourlyBars(): Row[] {
  return Object.entries(quarters).flatMap(([symbol, bars]) =>
    Array.from({ length: hours }, (_, hour): Row => {
      const timeMs = startMs + hour * hourMs;
      const after = bars.at(-1)![3];
      const flat = hour < crashHour ? 100 : after;
      return { symbol, timeMs, bar: hour === crashHour ? joined(bars) : [flat, flat, flat, flat] };
    }),
  );
}

function joined(bars: readonly Bar[]): Bar {
  const [highs, lows] = [bars.map((bar) => bar[1]), bars.map((bar) => bar[2])];
  return [bars[0]![0], Math.max(...highs), Math.min(...lows), bars.at(-1)![3]];
}

function quarterBars(): Row[] {
  return Object.entries(quarters).flatMap(([symbol, bars]) =>
    bars.map((bar, quarter) => ({ symbol, timeMs: crashMs + (quarter * hourMs) / 4, bar })),
  );
}

/** An hour after the violent one, in bars of 5 minutes. */
function calmBars(openMs: number): Row[] {
  return Object.entries(quarters).flatMap(([symbol, bars]) => {
    const after = bars.at(-1)![3];
    return Array.from(
      { length: 12 },
      (_, five): Row => ({
        symbol,
        timeMs: openMs + (five * hourMs) / 12,
        bar: [after, after, after, after],
      }),
    );
  });
}

function csvOf(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ symbol, timeMs, bar }) => `${symbol},${timeMs},${bar[0]},${bar[1]},${bar[2]},${bar[3]},1000,100000`,
  );
  return ['symbol,time,open,high,low,close,volume,quote_volume', ...lines, ''].join('\n');
}
