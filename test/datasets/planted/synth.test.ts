import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileHash, readTable } from '../../../datasets/duck.ts';
import { openDataset } from '../../../datasets/open.ts';
import { defaultSwitches, marketStartMs, noiseSwitches } from '../../../datasets/planted/settings.ts';
import { type SynthResult, synthMarket } from '../../../datasets/planted/synth.ts';
import { openStore, type Store } from '../../../datasets/store.ts';
import { dayMs, hourMs } from '../../../engine/panel/hours.ts';
import { CLOSE, OPEN, settlementsOf } from '../../../engine/panel/panel.ts';

let dataDir: string;
let store: Store;
let made: SynthResult;
// More coins than one block, so that parts are joined.
const settings = { seed: 3, coins: 45, days: 35, switches: defaultSwitches };

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

  it('has a score for every bar of an ordinary coin, and none for any other', async () => {
    const dataset = await openDataset(store, 'small');
    expect(dataset.storedColumns).toEqual(['score', 'logit']);
    const score = await dataset.rows('score');
    const { symbols, bars, hours } = dataset.panel;
    const instruments = await readTable(join(store.datasetDir('small'), 'instruments.parquet'));
    const kinds = instruments.columns['kind']!.values as readonly string[];
    const named = instruments.columns['symbol']!.values as readonly string[];
    expect(new Set(kinds)).toEqual(
      new Set(['coin', 'benchmark', 'stablecoin', 'wrapped', 'index', 'non-crypto']),
    );
    for (const [coin, symbol] of symbols.entries()) {
      const scored = kinds[named.indexOf(symbol)] === 'coin';
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
      'fear_greed',
      'filters',
      'funding',
      'instruments',
      'mark',
      'market_cap',
      'news',
      'proxies',
      'scores',
      'spot',
    ]);
    const files = await readdir(join(store.datasetDir('small'), 'truth'));
    expect(files.map((file) => file.replace('.parquet', '')).sort()).toEqual([
      'coin_day',
      'coin_hour',
      'coin_names',
      'coins',
      'news',
      'oracle',
      'regime',
      'regime_law',
      'universe',
    ]);
    const oracle = await readTable(join(store.datasetDir('small'), 'truth', 'oracle.parquet'));
    // Three horizons of the state, the two stored columns and the news.
    expect(oracle.rows).toBe(12);
    const worth = made.oracle.find(({ column, horizonDays }) => column === 'score' && horizonDays === 3)!;
    expect(dataset.manifest.sources.join('\n')).toContain(`${worth.mean.toFixed(4)} at 3 d`);
    expect(dataset.manifest.sources[0]).toContain('seed 3');
  });

  it('accounts for every hour of return: factor times beta plus residual', async () => {
    const truth = (name: string) => readTable(join(store.datasetDir('small'), 'truth', `${name}.parquet`));
    const days = await truth('coin_day');
    const coins = await truth('coins');
    const kinds = coins.columns['kind']!.values as readonly string[];
    const lowCaps = coins.columns['low_cap']!.values as Int32Array;
    const rowOf = new Map(
      (coins.columns['symbol']!.values as readonly string[]).map((name, row) => [name, row]),
    );
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
      const coin = rowOf.get(symbols[row]!)!;
      if (start === panel.startMs || kinds[coin] === 'stablecoin') continue;
      const expected = column('beta')[row]! * move('BTCUSDT') + column('residual')[row]!;
      const measured = move(symbols[row]!);
      if (Number.isNaN(measured)) continue;
      compared += 1;
      // Two closes off by half a tick each, and the factor's.
      expect(Math.abs(measured - expected)).toBeLessThan(lowCaps[coin] === 1 ? 2e-3 : 3e-5);
    }
    expect(compared).toBeGreaterThan(1000);
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

  it('tells by the hour what the residual is made of', async () => {
    const truth = (name: string) => readTable(join(store.datasetDir('small'), 'truth', `${name}.parquet`));
    const [hours, days] = [await truth('coin_hour'), await truth('coin_day')];
    expect(Object.keys(hours.columns)).toEqual(['ts', 'symbol', 'beta', 'e', 'alpha_core', 'news', 'slide']);
    const column = (table: typeof hours, name: string) => table.columns[name]!.values as Float64Array;
    const key = (table: typeof hours, row: number) =>
      `${(table.columns['symbol']!.values as readonly string[])[row]} ${Math.floor(column(table, 'ts')[row]! / dayMs)}`;
    const parts = ['e', 'alpha_core', 'news', 'slide'].map((name) => column(hours, name));
    const sums = new Map<string, { hours: number; residual: number }>();
    for (let row = 0; row < hours.rows; row += 1) {
      const sum = sums.get(key(hours, row)) ?? { hours: 0, residual: 0 };
      sums.set(key(hours, row), {
        hours: sum.hours + 1,
        residual: parts.reduce((total, values) => total + values[row]!, sum.residual),
      });
    }
    let compared = 0;
    for (let row = 0; row < days.rows; row += 1) {
      const sum = sums.get(key(days, row))!;
      if (sum.hours < 24) continue;
      compared += 1;
      expect(Math.abs(sum.residual - column(days, 'residual')[row]!)).toBeLessThan(1e-6);
    }
    expect(compared).toBeGreaterThan(1000);
  });

  it.each([1, 2])('has the same tables when %i threads plant it', async (workers) => {
    const name = `threads-${workers}`;
    const request = {
      name,
      settings,
      title: 'for a test',
      workers,
      detail: { minutes: 15, symbols: ['4USDT'] },
    } as const;
    const result = await synthMarket(store, request);
    const { tables } = (await openDataset(store, name)).manifest;
    const { detail_15m: detail, ...others } = tables;
    expect(detail!.rows).toBe(35 * 24 * 4);
    expect(others).toEqual((await openDataset(store, 'small')).manifest.tables);
    for (const file of await readdir(join(store.datasetDir('small'), 'truth'))) {
      const [own, first] = [name, 'small'].map((dataset) => join(store.datasetDir(dataset), 'truth', file));
      expect(await fileHash(own!), file).toBe(await fileHash(first!));
    }
    expect(result.oracle).toEqual(made.oracle);
  });

  it('takes every component at once, faults and barrier coins among them', async () => {
    const switches = {
      ...defaultSwitches,
      ...{ reversal: 0.1, volumeSurge: 0.5, lstmPattern: 0.5, tcnMotif: 0.5, regimeInteraction: 0.1 },
      ...{ badColumns: true, barrier: true, faults: true },
    };
    await synthMarket(store, {
      name: 'all',
      settings: { ...settings, days: 50, switches },
      title: 'for a test',
    });
    const dataset = await openDataset(store, 'all');
    expect(dataset.panel.symbols).toContain('BARRIER001USDT');
    expect(dataset.manifest.tables.revisions!.rows).toBeGreaterThan(0);
    expect(dataset.detailMinutes).toEqual([15]);
    const truth = join(store.datasetDir('all'), 'truth');
    const hours = await readTable(join(truth, 'coin_hour.parquet'));
    expect(Object.keys(hours.columns).slice(3)).toEqual([
      'e',
      'alpha_core',
      'alpha_reversal',
      'alpha_volume_surge',
      'alpha_lstm_pattern',
      'alpha_tcn_motif',
      'alpha_regime_interaction',
      'news',
      'slide',
    ]);
    expect(hours.columns['symbol']!.values).not.toContain('BARRIER001USDT');
    const kinds = (await readTable(join(truth, 'faults.parquet'))).columns['kind']!.values;
    expect(new Set(kinds as readonly string[]).size).toBeGreaterThan(10);
    expect((await readTable(join(truth, 'barrier.parquet'))).rows).toBeGreaterThan(100);
    const oracle = await readTable(join(truth, 'oracle.parquet'));
    expect(oracle.rows).toBe(3 * 9);
  });

  it('leaves nothing but bars, scores and proxies of a noise market', async () => {
    await synthMarket(store, {
      name: 'bare',
      settings: { ...settings, coins: 8, switches: noiseSwitches },
      title: 'for a test',
    });
    const { manifest } = await openDataset(store, 'bare');
    expect(Object.keys(manifest.tables).sort()).toEqual([
      'bars',
      'brackets',
      'filters',
      'instruments',
      'proxies',
      'scores',
    ]);
  });
});
