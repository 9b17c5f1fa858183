import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTable } from '../../../datasets/duck.ts';
import { openDataset } from '../../../datasets/open.ts';
import { defaultSwitches, marketStartMs } from '../../../datasets/planted/settings.ts';
import { type SynthResult, synthMarket } from '../../../datasets/planted/synth.ts';
import { openStore, type Store } from '../../../datasets/store.ts';
import { dayMs, hourMs } from '../../../engine/panel/hours.ts';
import { CLOSE, OPEN, settlementsOf } from '../../../engine/panel/panel.ts';

let dataDir: string;
let store: Store;
let made: SynthResult;
// More coins than one block, so that parts are joined.
const settings = { seed: 3, coins: 70, days: 35, switches: defaultSwitches };

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hourglass-synth-'));
  store = openStore(dataDir);
  made = await synthMarket(store, { name: 'small', settings, title: 'for a test' });
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

describe('a planted market as a dataset', () => {
  it('opens like any other, sorted by symbol and time', async () => {
    const dataset = await openDataset(store, 'small', { volumes: true });
    const { panel } = dataset;
    expect(dataset.hash).toBe(made.hash);
    expect(panel.startMs).toBe(marketStartMs);
    expect(panel.hours).toBe(35 * 24);
    expect(made).toMatchObject({
      dataset: 'small',
      symbols: panel.symbols.length,
      from: '2024-01-01T00:00:00.000Z',
      fromMs: marketStartMs,
      toMs: marketStartMs + 35 * dayMs,
    });
    const sorted = [...panel.symbols].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(panel.symbols).toEqual(sorted);
    expect(panel.symbols).toContain('沙漏USDT');
    const btc = panel.symbols.indexOf('BTCUSDT');
    const at = (hour: number, field: number) => panel.bars[(btc * panel.hours + hour) * 4 + field];
    expect(at(1, OPEN)).toBe(at(0, CLOSE));
    expect(settlementsOf(panel, btc)).toHaveLength(35 * 3);
  });

  it('has a score for every bar of a coin, and none for BTC and the stablecoin', async () => {
    const dataset = await openDataset(store, 'small');
    expect(dataset.storedColumns).toEqual(['score', 'logit']);
    const score = await dataset.rows('score');
    const { symbols, bars, hours } = dataset.panel;
    for (const [coin, symbol] of symbols.entries()) {
      const scored = symbol !== 'BTCUSDT' && symbol !== 'USDPUSDT';
      for (let hour = 0; hour < hours; hour += 7) {
        const present = !Number.isNaN(bars[(coin * hours + hour) * 4]!);
        expect(!Number.isNaN(score.values[hour * symbols.length + coin]!)).toBe(present && scored);
      }
    }
  });

  it('keeps the truth beside the tables, not among them', async () => {
    const dataset = await openDataset(store, 'small');
    expect(Object.keys(dataset.manifest.tables).sort()).toEqual([
      'bars',
      'brackets',
      'filters',
      'funding',
      'instruments',
      'scores',
    ]);
    const files = await readdir(join(store.datasetDir('small'), 'truth'));
    expect(files.sort()).toEqual(['coin_day.parquet', 'coins.parquet', 'oracle.parquet', 'regime.parquet']);
    const oracle = await readTable(join(store.datasetDir('small'), 'truth', 'oracle.parquet'));
    expect(oracle.rows).toBe(9);
    const worth = made.oracle.find(({ column, horizonDays }) => column === 'score' && horizonDays === 3)!;
    expect(dataset.manifest.sources.join('\n')).toContain(`${worth.mean.toFixed(4)} at 3 d`);
    expect(dataset.manifest.sources[0]).toContain('seed 3');
  });

  it('accounts for every hour of return: factor times beta plus residual', async () => {
    const days = await readTable(join(store.datasetDir('small'), 'truth', 'coin_day.parquet'));
    const dataset = await openDataset(store, 'small');
    const { panel } = dataset;
    const column = (name: string) => days.columns[name]!.values as Float64Array;
    const symbols = days.columns['symbol']!.values as readonly string[];
    const closeOf = (symbol: string, timeMs: number) => {
      const hour = (timeMs - panel.startMs) / hourMs;
      return panel.bars[(panel.symbols.indexOf(symbol) * panel.hours + hour) * 4 + CLOSE]!;
    };
    let compared = 0;
    for (let row = 0; row < days.rows; row += 1) {
      const start = column('ts')[row]!;
      const move = (symbol: string) =>
        Math.log(closeOf(symbol, start + 23 * hourMs) / closeOf(symbol, start - hourMs));
      if (start === panel.startMs || symbols[row] === 'USDPUSDT') continue;
      const expected = column('beta')[row]! * move('BTCUSDT') + column('residual')[row]!;
      const measured = move(symbols[row]!);
      if (Number.isNaN(measured)) continue;
      compared += 1;
      expect(Math.abs(measured - expected)).toBeLessThan(2e-5);
    }
    expect(compared).toBeGreaterThan(1500);
  });

  it('has the same hash for the same seed and another for another', async () => {
    const again = await synthMarket(store, { name: 'again', settings, title: 'for a test' });
    const other = await synthMarket(store, {
      name: 'other',
      settings: { ...settings, seed: 4, coins: 12 },
      title: 'for a test',
    });
    expect(again.hash).toBe(made.hash);
    expect(other.hash).not.toBe(made.hash);
  });

  it.each(['planting coins', 'joining tables', 'measuring the planted signal'])(
    'leaves nothing behind when it is cancelled while %s',
    async (when) => {
      const stop = new AbortController();
      const before = await readdir(store.datasetsDir);
      const request = { name: 'never', settings, title: 'for a test', signal: stop.signal };
      const run = synthMarket(store, request, (stage, fraction) => {
        if (stage === when && fraction !== 0) stop.abort();
      });
      await expect(run).rejects.toMatchObject({ code: 'cancelled' });
      expect(await readdir(store.datasetsDir)).toEqual(before);
    },
  );

  it('does without the tables of components that are switched off', async () => {
    const switches = { ...defaultSwitches, funding: false };
    await synthMarket(store, {
      name: 'bare',
      settings: { ...settings, coins: 8, switches },
      title: 'for a test',
    });
    const { manifest } = await openDataset(store, 'bare');
    expect(Object.keys(manifest.tables).sort()).toEqual([
      'bars',
      'brackets',
      'filters',
      'instruments',
      'scores',
    ]);
  });
});
