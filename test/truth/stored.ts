/** A planted market as a stored dataset, for as long as something is measured on it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '../../datasets/dataset.ts';
import { readTable } from '../../datasets/duck.ts';
import { openDataset } from '../../datasets/open.ts';
import type { MarketSettings } from '../../datasets/planted/settings.ts';
import { synthMarket } from '../../datasets/planted/synth.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import type { Table } from '../../engine/journal/tables.ts';

export interface StoredMarket {
  readonly store: Store;
  readonly name: string;
  readonly dataset: Dataset;
  /** Rows of a table under `truth/`. */
  truth(table: string): Promise<Table>;
}

/** In this thread, so that it needs no built workers. */
export async function withStoredMarket<Value>(
  settings: MarketSettings,
  use: (market: StoredMarket) => Promise<Value>,
): Promise<Value> {
  const store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-truth-')));
  const name = 'planted';
  try {
    await synthMarket(store, { name, settings, title: 'acceptance', workers: 0 });
    const dataset = await openDataset(store, name, { volumes: true });
    const dir = join(store.datasetDir(name), 'truth');
    return await use({ store, name, dataset, truth: (table) => readTable(join(dir, `${table}.parquet`)) });
  } finally {
    await rm(store.dataDir, { recursive: true, force: true });
  }
}

export function numbersIn({ columns }: Table, name: string): ArrayLike<number> {
  const column = columns[name];
  if (column === undefined || column.type === 'text') throw new TypeError(`no numbers in column ${name}`);
  return column.values;
}

export function textsIn({ columns }: Table, name: string): readonly (string | null)[] {
  const column = columns[name];
  if (column?.type !== 'text') throw new TypeError(`no text in column ${name}`);
  return column.values;
}
