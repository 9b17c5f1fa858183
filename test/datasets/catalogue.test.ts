import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listDatasets, showDataset } from '../../datasets/catalogue.ts';
import { importDataset } from '../../datasets/import/import.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { faultOf, freshStore, startMs, tinyRows, writeBars, writeColumn } from './tiny-market.ts';

describe('the catalogue', () => {
  it('is empty for a store that is not there yet', async () => {
    expect(await listDatasets(await freshStore())).toEqual({ datasets: [], unreadable: [] });
  });

  it('lists what can be opened, and names what cannot', async () => {
    const store = await freshStore();
    const rows = tinyRows([{ symbol: 'BTCUSDT', firstHour: 0, bars: 4 }]);
    const bars = [await writeBars(join(store.files, 'bars.parquet'), rows)];
    const { hash } = await importDataset(store, { name: 'b', bars });
    await importDataset(store, { name: 'a', bars });
    await mkdir(store.datasetDir('broken'));
    await writeFile(join(store.datasetDir('broken'), 'manifest.json'), '{');
    const { datasets, unreadable } = await listDatasets(store);
    expect(datasets.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(datasets[1]).toMatchObject({
      hash,
      rows: 4,
      symbols: 1,
      fromMs: startMs,
      toMs: startMs + 4 * hourMs,
      tables: ['bars'],
    });
    expect(unreadable).toMatchObject([
      { name: 'broken', message: expect.stringContaining('Import the dataset again') },
    ]);
  });

  it('shows every table of one, with its span and its gaps', async () => {
    const store = await freshStore();
    const rows = tinyRows([{ symbol: 'BTCUSDT', firstHour: 0, bars: 4 }]);
    await importDataset(store, {
      name: 'a',
      bars: [await writeBars(join(store.files, 'bars.parquet'), rows)],
      funding: [
        await writeColumn(join(store.files, 'f.parquet'), 'rate', [
          { symbol: 'BTCUSDT', ts: startMs + 9, value: 0 },
        ]),
      ],
    });
    const { manifest, tables } = await showDataset(store, 'a');
    expect(manifest.sources).toEqual(['bars.parquet', 'f.parquet']);
    expect(tables.map(({ table, rows: count }) => [table, count])).toEqual([
      ['bars', 4],
      ['funding', 1],
    ]);
    expect(tables[0]?.columns).toContainEqual({ name: 'quote_volume', type: 'DOUBLE', nulls: 4 });
    expect(tables[1]).toMatchObject({ symbols: 1, fromMs: startMs + 9, toMs: startMs + 9 });
    expect((await faultOf(showDataset(store, 'z'))).code).toBe('dataset-missing');
  });
});
