/** A coin that rises to 120 and falls, held under a stop that trails a tenth behind it; one that is held to the end, with a halt. */
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StoredRun } from '../../datasets/runs.ts';
import { exposureOf } from '../../engine/portfolio/holdings.ts';
import { equityTable, tradeTable } from '../../engine/portfolio/tables.ts';
import { accountParts } from '../../reports/account.ts';
import { coinPage, coinPageParts } from '../../reports/coin-page.ts';
import { readTrades } from '../../reports/trades.ts';
import { why } from '../../reports/why.ts';
import { type Bar, hourMs, play, startMs } from '../engine/simulator/scripted.ts';
import { type SampleRun, sampleRun } from './sample-run.ts';

const HOURS = 12;
const rising: Bar[] = [100, 100, [100, 110, 100, 110], [110, 120, 109, 115], [115, 116, 100, 101]];

let played: SampleRun;
beforeAll(async () => {
  const coins = {
    HELD: Array.from({ length: HOURS }, (_, hour): Bar => (hour === 5 || hour === 6 ? null : 50)),
    RISER: [...rising, ...new Array<Bar>(HOURS - rising.length).fill(100)],
  };
  const result = await play({
    coins,
    capital: 1_000,
    decisions: {
      1: [
        { coin: 0, side: 1, notional: 100 },
        { coin: 1, side: 1, notional: 100, trailingStopFraction: 0.1 },
      ],
    },
  });
  const { panel, trades, venue } = result;
  const open = venue.book.positions();
  const exposure = exposureOf(panel, trades, open, panel.hours);
  const tables = {
    ...result.tables,
    trades: tradeTable(panel, trades),
    equity: equityTable(panel, result, exposure, 0, panel.hours),
  };
  const { manifest } = sampleRun('unused', { days: 2, coins: 2 }).run;
  const run: StoredRun = {
    dir: 'unused',
    manifest: { ...manifest, fromMs: startMs, toMs: startMs + HOURS * hourMs },
    table: (name) => Promise.resolve(tables[name]),
  };
  played = { run, panel };
});

const at = (hour: number, symbol: string) => ({ timeMs: startMs + hour * hourMs, symbol });

describe('why', () => {
  it('names a trailing stop, and calls what it saved by its sign', async () => {
    const { steps } = await why(played.run, played.panel, at(1, 'RISER'));
    const told = (name: string) => steps.find(({ step }) => step === name)?.text;
    expect(told('levels')).toContain('It was held with a stop trailing 10.00 % behind the best price');
    expect(told('stop')).toContain('at the level');
    expect(told('stop')).not.toContain('loss');
  });

  it('says that a position was held which is still open when the run ends', async () => {
    // The decision is there, though it wanted nothing.
    const { steps } = await why(played.run, played.panel, at(8, 'HELD'));
    expect(steps.find(({ step }) => step === 'held')?.text).toMatch(
      /^It was held long at that time: entered .* still open when the run ended\.$/,
    );
  });
});

describe('the page of a coin', () => {
  it('draws the trail: a step after every bar that raised it', async () => {
    const { trades } = await readTrades(played.run);
    const page = coinPage(await coinPageParts(played.run, played.panel, trades), 'RISER');
    const packed = /<script id="market"[^>]*>([^<]+)</.exec(page)![1]!;
    const market = JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString());
    const [trade] = market.trades;
    expect(trade.exit_reason).toBe('stop');
    const hour = (index: number) => startMs + index * hourMs;
    expect(trade.trail.map(([timeMs]: [number]) => timeMs)).toEqual([hour(1), hour(3), hour(4), hour(4)]);
    const levels = trade.trail.map(([, level]: [number, number]) => level);
    expect(levels[0]).toBeCloseTo(trade.entry_price * 0.9, 10);
    expect(levels.slice(1)).toEqual([110 * 0.9, 120 * 0.9, 120 * 0.9]);
    expect(trade.stop).toBeCloseTo(levels.at(-1), 10);
  });
});

describe('the account', () => {
  it('counts the hours in which what was held had no bar', async () => {
    const { halts } = await accountParts(played.run, await readTrades(played.run), played.panel);
    expect(halts).toEqual({ hours: 2, coins: 1 });
  });
});
