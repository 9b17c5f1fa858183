/** What the store holds: one line a dataset, or everything about one. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetManifest, TableName } from './dataset.ts';
import { allRows, describeRelation, sqlFile, sqlName, withDuck } from './duck.ts';
import { StoreFault } from './faults.ts';
import { readManifest } from './manifest.ts';
import { isStaging, replacedDataset, restoreReplaced, type Store } from './store.ts';

export interface DatasetLine {
  readonly name: string;
  readonly hash: string;
  readonly rows: number;
  readonly symbols: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** All Parquet files together. */
  readonly bytes: number;
  readonly tables: readonly TableName[];
}

export interface DatasetList {
  readonly datasets: readonly DatasetLine[];
  /** Folders that look like datasets and cannot be read, with what is wrong. */
  readonly unreadable: readonly { readonly name: string; readonly message: string }[];
}

export async function listDatasets(store: Store): Promise<DatasetList> {
  const datasets: DatasetLine[] = [];
  const unreadable: { name: string; message: string }[] = [];
  for (const name of await datasetNames(store)) {
    try {
      datasets.push(lineOf(await readManifest(store, name)));
    } catch (cause) {
      if (!(cause instanceof StoreFault)) throw cause;
      unreadable.push({ name, message: cause.message });
    }
  }
  return { datasets, unreadable };
}

/** Names of all finished dataset folders, sorted. */
export async function datasetNames(store: Store): Promise<readonly string[]> {
  const entries = await readdir(store.datasetsDir, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const replaced = replacedDataset(entry.name);
    if (replaced !== null) await restoreReplaced(store, replaced);
  }
  const settled = await readdir(store.datasetsDir, { withFileTypes: true }).catch(() => []);
  return settled
    .filter((entry) => entry.isDirectory() && !isStaging(entry.name) && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
}

function lineOf(manifest: DatasetManifest): DatasetLine {
  const { name, hash, rows, symbols, fromMs, toMs, tables } = manifest;
  const bytes = Object.values(tables).reduce((sum, table) => sum + table.bytes, 0);
  return { name, hash, rows, symbols, fromMs, toMs, bytes, tables: Object.keys(tables) as TableName[] };
}

export interface TableFacts {
  readonly table: TableName;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly symbols: number;
  /** First and last stamp, epoch ms UTC; null for tables without times. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nulls: number }[];
}

/** The manifest of a dataset and, per table, its span and the gaps of every column. */
export async function showDataset(
  store: Store,
  name: string,
): Promise<{ readonly manifest: DatasetManifest; readonly tables: readonly TableFacts[] }> {
  await restoreReplaced(store, name);
  const manifest = await readManifest(store, name);
  const tables = await withDuck(async (duck) => {
    const facts: TableFacts[] = [];
    for (const [table, { file, rows, bytes, sha256 }] of Object.entries(manifest.tables)) {
      const relation = `read_parquet(${sqlFile(join(store.datasetDir(name), file))})`;
      const described = await describeRelation(duck, relation);
      const nameOf = (names: readonly string[]) =>
        names.find((wanted) => described.some((column) => column.name === wanted));
      const time = nameOf(['ts', 'effective_ms', 'published_ms']);
      const symbol = nameOf(['symbol', 'from_symbol']);
      const select = [
        symbol === undefined ? '0 AS symbols' : `count(DISTINCT ${symbol}) AS symbols`,
        ...(time === undefined ? [] : [`min(${time}) AS first`, `max(${time}) AS last`]),
        ...described.map((column, index) => `count(*) - count(${sqlName(column.name)}) AS nulls_${index}`),
      ];
      const [row] = await allRows(duck, `SELECT ${select.join(', ')} FROM ${relation}`);
      facts.push({
        table: table as TableName,
        rows,
        bytes,
        sha256,
        symbols: Number(row?.['symbols']),
        fromMs: time === undefined ? null : Number(row?.['first']),
        toMs: time === undefined ? null : Number(row?.['last']),
        columns: described.map((column, index) => ({ ...column, nulls: Number(row?.[`nulls_${index}`]) })),
      });
    }
    return facts;
  });
  return { manifest, tables };
}
