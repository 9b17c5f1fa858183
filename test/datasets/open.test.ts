import { cp, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTable, writeTable } from '../../datasets/duck.ts';
import { importDataset } from '../../datasets/import/import.ts';
import { openDataset } from '../../datasets/open.ts';
import { publishDataset } from '../../datasets/publish.ts';
import type { Store } from '../../datasets/store.ts';
import { sealRows, symbolLanes } from '../../engine/panel/fingerprint.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { panelFromBars, settlementsOf } from '../../engine/panel/panel.ts';
import { emptyRows } from '../../engine/panel/rows.ts';
import {
  faultOf,
  freshStore,
  startMs,
  type TinyCoin,
  tinyRows,
  writeBars,
  writeColumn,
} from './tiny-market.ts';

// In byte order, so that the engine's own panel (order of first rows) has the store's order.
const coins: readonly TinyCoin[] = [
  { symbol: '1INCHUSDT', firstHour: 2, bars: 6 },
  { symbol: '4', firstHour: 0, bars: 5, holes: [2, 3] },
  { symbol: 'BTCUSDT', firstHour: 0, bars: 12 },
  { symbol: '币安人生USDT', firstHour: 4, bars: 8 },
];

const funding = [
  { symbol: 'BTCUSDT', ts: startMs + 13, value: 0.0001 },
  { symbol: 'BTCUSDT', ts: startMs + 8 * hourMs, value: -0.0002 },
  { symbol: '4', ts: startMs + hourMs - 5, value: 0.0003 },
  { symbol: 'BTCUSDT', ts: startMs - 24 * hourMs, value: 0.5 },
  { symbol: 'BTCUSDT', ts: startMs + 40 * hourMs, value: 0.5 },
  { symbol: 'GONEUSDT', ts: startMs, value: 0.5 },
];

async function importTiny(store: Store & { files: string }): Promise<string> {
  const at = (name: string) => join(store.files, name);
  const rows = tinyRows(coins);
  const scores = rows.map(({ symbol, ts, open }) => ({ symbol, ts, value: open / 7 }));
  const result = await importDataset(store, {
    name: 'tiny',
    bars: [await writeBars(at('bars.parquet'), rows.toReversed())],
    funding: [await writeColumn(at('funding.parquet'), 'funding_rate', funding)],
    mark: [await writeBars(at('mark.parquet'), tinyRows([{ symbol: 'BTCUSDT', firstHour: 0, bars: 5 }]))],
    scores: [
      await writeColumn(at('scores.parquet'), 'score', scores),
      await writeColumn(at('logits.parquet'), 'logit', scores.slice(3)),
    ],
  });
  return result.hash;
}

describe('a dataset, opened', () => {
  it('is the panel that the engine makes of the same rows', async () => {
    const store = await freshStore();
    await importTiny(store);
    const { panel } = await openDataset(store, 'tiny', { volumes: true });
    const rows = tinyRows(coins).map(({ ts, ...row }) => ({ ...row, timeMs: ts }));
    const settled = funding.map(({ symbol, ts, value }) => ({ symbol, timeMs: ts, rate: value }));
    const expected = panelFromBars(rows, settled);
    expect(panel.symbols).toEqual(expected.symbols);
    // Mark bars follow the coins' own.
    expect(panel.bars.slice(0, expected.bars.length)).toEqual(expected.bars);
    expect(panel.volume).toEqual(expected.volume);
    expect(panel.quoteVolume).toEqual(expected.quoteVolume);
    expect(panel.firstHour).toEqual(expected.firstHour);
    expect(panel.endHour).toEqual(expected.endHour);
    expect(panel.funding.rowOf).toEqual(expected.funding.rowOf);
    expect(panel.funding.rate).toEqual(expected.funding.rate);
    expect(panel.bars.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('charges funding on the open of the mark bar at the stamp, where there is one', async () => {
    const store = await freshStore();
    await importTiny(store);
    const { panel } = await openDataset(store, 'tiny');
    const [first, second] = settlementsOf(panel, panel.symbols.indexOf('BTCUSDT'));
    expect(first?.mark).toBe(100);
    expect(second?.mark).toBeNaN();
  });

  it('hands out its stored columns time-major, with the hashes the engine would give them', async () => {
    const store = await freshStore();
    await importTiny(store);
    const dataset = await openDataset(store, 'tiny');
    expect(dataset.storedColumns).toEqual(['score', 'logit']);
    const rows = await dataset.rows('score');
    const { panel } = dataset;
    const expected = emptyRows('score', panel.symbols.length, panel.hours);
    for (const { symbol, ts, open } of tinyRows(coins)) {
      const hour = (ts - startMs) / hourMs;
      expected.values[hour * expected.coins + panel.symbols.indexOf(symbol)] = open / 7;
    }
    sealRows(expected, symbolLanes(panel.symbols), panel.startMs);
    expect(rows).toEqual(expected);
    const fault = await faultOf(dataset.rows('prob'));
    expect(fault.code).toBe('column-missing');
    expect(fault.message).toContain('score, logit');
  });

  it('is the same whether it comes from the cache, a new cache, or no cache', async () => {
    const store = await freshStore();
    await importTiny(store);
    const dir = store.datasetDir('tiny');
    const cached = await openDataset(store, 'tiny', { volumes: true });
    const score = await cached.rows('logit');
    await rm(join(dir, 'cache'), { recursive: true });
    const rebuilt = await openDataset(store, 'tiny', { volumes: true });
    expect(rebuilt.panel).toEqual(cached.panel);
    expect(await rebuilt.rows('logit')).toEqual(score);
    await truncate(join(dir, 'cache', 'bars.f64'), 16);
    const repaired = await openDataset(store, 'tiny', { volumes: true, verify: true });
    expect(repaired.panel).toEqual(cached.panel);
    expect((await readFile(join(dir, 'cache', 'bars.f64'))).length).toBe(cached.panel.bars.byteLength);
  });

  it('leaves volumes out unless they are asked for', async () => {
    const store = await freshStore();
    await importTiny(store);
    expect((await openDataset(store, 'tiny')).panel).toMatchObject({ volume: null, quoteVolume: null });
  });

  it('takes lives from the instruments table, where there is one', async () => {
    const store = await freshStore();
    await publishDataset(store, 'lived', async (dir) => {
      await writeBars(join(dir, 'bars.parquet'), tinyRows(coins));
      await writeTable(join(dir, 'instruments.parquet'), {
        rows: 3,
        columns: {
          symbol: { type: 'text', values: ['1INCHUSDT', '4', '币安人生USDT'] },
          listed_ms: {
            type: 'time',
            values: Float64Array.of(startMs + hourMs, Number.NaN, startMs - 99 * hourMs),
          },
          delisted_ms: { type: 'time', values: Float64Array.of(startMs + 9.5 * hourMs, Number.NaN, startMs) },
        },
      });
      return { sources: ['made up'] };
    });
    const { panel } = await openDataset(store, 'lived');
    expect([...panel.firstHour]).toEqual([1, 0, 0, 0]);
    // Delisted within two days of its last bar: there its life ends, and so it does for an end that the bars contradict.
    expect([...panel.endHour]).toEqual([8, 5, 12, 12]);
    expect([...panel.life!.delisted]).toEqual([1, 0, 0, 1]);
    // Known, and without an end: its bars stop, it does not.
    expect([...panel.life!.dataEnds]).toEqual([0, 1, 0, 0]);
  });

  it('keeps an end that lies long after the last bar as an end of the data, and knows nothing of other coins', async () => {
    const store = await freshStore();
    const rows = tinyRows([
      { symbol: 'EARLY', firstHour: 0, bars: 10 },
      { symbol: 'LATE', firstHour: 0, bars: 10 },
      { symbol: 'LEFT', firstHour: 0, bars: 10 },
      { symbol: 'STAYS', firstHour: 0, bars: 100 },
    ]);
    await publishDataset(store, 'ends', async (dir) => {
      await writeBars(join(dir, 'bars.parquet'), rows);
      await writeTable(join(dir, 'instruments.parquet'), {
        rows: 3,
        columns: {
          symbol: { type: 'text', values: ['EARLY', 'LATE', 'STAYS'] },
          listed_ms: { type: 'time', values: new Float64Array(3).fill(Number.NaN) },
          delisted_ms: {
            type: 'time',
            values: Float64Array.of(startMs + 58 * hourMs, startMs + 59 * hourMs, startMs + 101 * hourMs),
          },
        },
      });
      return { sources: ['made up'] };
    });
    const { panel } = await openDataset(store, 'ends');
    expect([...panel.endHour]).toEqual([10, 10, 10, 100]);
    expect([...panel.life!.delisted]).toEqual([1, 0, 0, 0]);
    expect([...panel.life!.dataEnds]).toEqual([0, 1, 0, 0]);
  });

  it('tells two lives of a coin that was away for a month', async () => {
    const store = await freshStore();
    const away = (bars: number) => Array.from({ length: bars }, (_, index) => index + 5);
    await publishDataset(store, 'gaps', async (dir) => {
      await writeBars(
        join(dir, 'bars.parquet'),
        tinyRows([
          { symbol: 'A', firstHour: 0, bars: 800, holes: away(720) },
          { symbol: 'B', firstHour: 2, bars: 798, holes: away(719) },
        ]),
      );
      return { sources: ['made up'] };
    });
    const { panel } = await openDataset(store, 'gaps');
    expect(panel.life?.gaps).toEqual([{ coin: 0, fromHour: 5, toHour: 725 }]);
  });
});

describe('a dataset whose files changed', () => {
  async function changeOnePrice(store: Store): Promise<void> {
    const path = join(store.datasetDir('tiny'), 'bars.parquet');
    const table = await readTable(path);
    const open = table.columns['open']!.values as Float64Array;
    open[7] = open[7]! + 0.01;
    await writeTable(path, table);
  }

  it('opens again when they were only touched or copied, and mends the cache', async () => {
    const store = await freshStore();
    const hash = await importTiny(store);
    await utimes(join(store.datasetDir('tiny'), 'bars.parquet'), 1, 1);
    expect((await openDataset(store, 'tiny')).hash).toBe(hash);
    await cp(store.datasetDir('tiny'), store.datasetDir('copy'), { recursive: true });
    await rm(store.datasetDir('tiny'), { recursive: true });
    expect((await openDataset(store, 'copy')).name).toBe('copy');
    expect((await openDataset(store, 'copy')).hash).toBe(hash);
  });

  it('is refused, with the file, both hashes and what to do', async () => {
    const store = await freshStore();
    await importTiny(store);
    await changeOnePrice(store);
    const fault = await faultOf(openDataset(store, 'tiny'));
    expect(fault.code).toBe('dataset-changed');
    expect(fault.faults).toHaveLength(1);
    expect(fault.message).toMatch(
      /bars\.parquet: was imported with SHA-256 [0-9a-f]{64} and now has [0-9a-f]{64}/,
    );
    expect(fault.message).toContain('import it again');
  });

  it('is opened as it is when that is wanted, with the hash of what is there, and nothing cached', async () => {
    const store = await freshStore();
    const hash = await importTiny(store);
    const before = await openDataset(store, 'tiny');
    const index = await readFile(join(store.datasetDir('tiny'), 'cache', 'index.json'), 'utf8');
    await changeOnePrice(store);
    const changed = await openDataset(store, 'tiny', { allowChanged: true });
    expect(changed.hash).not.toBe(hash);
    expect(changed.panel.bars).not.toEqual(before.panel.bars);
    expect(await readFile(join(store.datasetDir('tiny'), 'cache', 'index.json'), 'utf8')).toBe(index);
    expect((await changed.rows('score')).values).toEqual((await before.rows('score')).values);
  });

  it('is found out by verifying, even where size and time are as before', async () => {
    const store = await freshStore();
    await importTiny(store);
    const path = join(store.datasetDir('tiny'), 'funding.parquet');
    const bytes = await readFile(path);
    const { atime, mtime } = await stat(path);
    bytes[40] = bytes[40]! ^ 1;
    await writeFile(path, bytes);
    await utimes(path, atime, mtime);
    expect((await faultOf(openDataset(store, 'tiny', { verify: true }))).code).toBe('dataset-changed');
  });

  it('is called damaged when a file is gone', async () => {
    const store = await freshStore();
    await importTiny(store);
    await rm(join(store.datasetDir('tiny'), 'scores.parquet'));
    expect((await faultOf(openDataset(store, 'tiny'))).code).toBe('dataset-damaged');
  });
});
