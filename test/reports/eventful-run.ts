/**
 * A day of an account to which everything happens that a report tells of beside trades: a liquidation, a resting limit order, a
 * partial fill, a redenomination, a spot purchase that is sold in half, a transfer. Played by the engine itself.
 */

import type { StoredRun } from '../../datasets/runs.ts';
import { exposureOf, holdingsOf } from '../../engine/portfolio/holdings.ts';
import { equityTable, tradeTable } from '../../engine/portfolio/tables.ts';
import { plainRules } from '../../engine/simulator/rules.ts';
import { headlineOf } from '../../scenarios/headline.ts';
import { priceSourcesOf } from '../../scenarios/held.ts';
import { type Bar, bracketsOf, flatTier, hourMs, play, startMs } from '../engine/simulator/scripted.ts';
import { type SampleRun, sampleRun } from './sample-run.ts';

const HOURS = 24;
export const decidedMs = startMs + hourMs;

const account = {
  ...plainRules.account,
  margin: 'isolated' as const,
  leverage: 10,
  spotCapital: 500,
  transfers: [{ atMs: startMs + 3 * hourMs, from: 'usdm' as const, to: 'spot' as const, amount: 100 }],
};

const coins: Readonly<Record<string, readonly Bar[]>> = {
  CRASH: hours(100, { 2: [100, 100, 80, 85] }, 85),
  LIMIT: hours(100, { 1: [100, 101, 97, 99] }, 99),
  OLD: [10, 10, 10],
  REBORN: [null, null, null, ...new Array<Bar>(HOURS - 3).fill(110)],
  SPOTTY: hours(50, {}, 50),
  THIN: hours(20, {}, 20),
};

/** `before`, then the given bars, then `after`. */
function hours(before: number, given: Readonly<Record<number, Bar>>, after: number): Bar[] {
  const last = Math.max(0, ...Object.keys(given).map(Number));
  return Array.from({ length: HOURS }, (_, hour) => given[hour] ?? (hour <= last ? before : after));
}

export async function eventfulRun(dir: string): Promise<SampleRun> {
  const symbols = Object.keys(coins).sort();
  const coin = (symbol: string) => symbols.indexOf(symbol);
  const long = (symbol: string, notional: number) => ({ coin: coin(symbol), side: 1 as const, notional });
  const played = await play({
    coins,
    capital: 1_000,
    quoteVolume: 20_000,
    costs: {
      takerFeeBps: 5,
      makerFeeBps: 2,
      slippageBps: 2,
      impact: { coefficient: 0, participationMax: 0.02, rest: 'drop' },
    },
    account: { ...account, brackets: bracketsOf(symbols, flatTier) },
    decisions: {
      1: [
        { ...long('CRASH', 400), stopLossFraction: 0.5 },
        { ...long('LIMIT', 100), limitPrice: 98, holdHoursMax: 6 },
        long('OLD', 100),
        { ...long('SPOTTY', 200), market: 'spot' },
        { ...long('THIN', 1_000), stopLossFraction: 0.1, holdHoursMax: 4 },
      ],
      4: [{ coin: coin('SPOTTY'), side: 0, market: 'spot', reduceFraction: 0.5 }],
      5: [{ ...long('CRASH', 50), limitPrice: 70 }],
      9: [{ coin: coin('REBORN'), side: 0 }],
    },
    panel: (panel) => ({
      ...panel,
      life: {
        dataEnds: new Uint8Array(symbols.length),
        delisted: new Uint8Array(symbols.length),
        gaps: [],
        renames: [{ hour: 3, from: coin('OLD'), to: coin('REBORN'), factor: 10 }],
      },
    }),
  });
  const { panel, trades, venue } = played;
  const open = venue.book.positions();
  const exposure = exposureOf(panel, trades, open, panel.hours);
  const tables = {
    ...played.tables,
    trades: tradeTable(panel, trades),
    equity: equityTable(panel, played, exposure, 0, panel.hours),
  };
  const never = { coins: 0, days: 0 };
  const headline = headlineOf({
    result: played,
    rules: { ...plainRules, account },
    tables,
    exposure,
    openAtEnd: open.length,
    capital: 1_500,
    startMs,
    prices: priceSourcesOf(panel, [...holdingsOf(panel, trades, open, panel.hours)]),
    undated: { brackets: never, filters: never },
    fundingHoles: 0,
    fundingInterpolated: 0,
  });
  const { manifest } = sampleRun(dir, { days: 2, coins: 2 }).run;
  const run: StoredRun = {
    dir,
    manifest: { ...manifest, fromMs: startMs, toMs: startMs + HOURS * hourMs, headline },
    table: (name) => Promise.resolve(tables[name]),
  };
  return { run, panel };
}
