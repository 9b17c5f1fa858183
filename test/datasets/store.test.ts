import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listDatasets } from '../../datasets/catalogue.ts';
import { importDataset } from '../../datasets/import/import.ts';
import { openDataset } from '../../datasets/open.ts';
import { openStore, replacedName } from '../../datasets/store.ts';
import { faultOf, freshStore, tinyRows, writeBars } from './tiny-market.ts';

describe('names of datasets', () => {
  it.each(['usdm', 'usdm-2025.v2', '4', '_x'])('%s is one', (name) => {
    expect(openStore('/somewhere').datasetDir(name)).toBe(join('/somewhere', 'datasets', name));
  });

  it.each(['', '..', '.', '.x', 'a/b', 'a b', 'x.staging-1', '币'])(
    '%j is none, and the fault says which are',
    (name) => {
      expect(() => openStore('/somewhere').datasetDir(name)).toThrow(/letters, digits/);
    },
  );
});

describe('unfinished work in the store', () => {
  const coins = [{ symbol: 'BTCUSDT', firstHour: 0, bars: 3 }];

  it('given a folder a dead import left, when the dataset is imported, then the folder goes', async () => {
    const store = await freshStore();
    const left = `${store.datasetDir('tiny')}.staging-999999999`;
    await mkdir(left, { recursive: true });
    await writeFile(join(left, 'bars.parquet'), 'half');
    expect((await listDatasets(store)).datasets).toEqual([]);
    const bars = await writeBars(join(store.files, 'bars.parquet'), tinyRows(coins));
    await importDataset(store, { name: 'tiny', bars: [bars] });
    expect(await readdir(store.datasetsDir)).toEqual(['tiny']);
  });

  it('given a death between the two renames, when the dataset is opened, then its former version is back', async () => {
    const store = await freshStore();
    const bars = await writeBars(join(store.files, 'bars.parquet'), tinyRows(coins));
    const { hash } = await importDataset(store, { name: 'tiny', bars: [bars] });
    await rename(store.datasetDir('tiny'), replacedName(store, 'tiny'));
    expect((await openDataset(store, 'tiny')).hash).toBe(hash);
    await rename(store.datasetDir('tiny'), replacedName(store, 'tiny'));
    expect((await listDatasets(store)).datasets.map(({ name }) => name)).toEqual(['tiny']);
  });

  it('given a dataset that is not there, then the fault says how to get one', async () => {
    const fault = await faultOf(openDataset(await freshStore(), 'usdm'));
    expect(fault.code).toBe('dataset-missing');
    expect(fault.message).toContain('hourglass data import usdm');
  });
});
