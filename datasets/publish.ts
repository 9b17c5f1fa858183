/**
 * How tables become a dataset, whoever made them (an importer or a generator):
 *
 *   1. the caller fills a staging folder with `bars.parquet` and what else there is, sorted by symbol and time
 *   2. `describeTables`   rows, sizes and hashes; span and symbols
 *   3. manifest, dense cache and fingerprint are written into place beside them
 *   4. `swapIn`           one rename puts the folder where the store looks for it
 *
 * Until step 4 the store does not know of any of it; whatever fails before leaves only the staging folder, which goes too.
 */
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hourMs } from '../engine/panel/hours.ts';
import { stampsOf, writeCache } from './cache.ts';
import type { DatasetManifest, Rejection, Repair, TableFile, TableName } from './dataset.ts';
import { denseFromTables } from './dense.ts';
import { detailMinutesOf, packDetail } from './detail.ts';
import { allRows, describeRelation, firstRow, sqlFile, tableFile, withDuck } from './duck.ts';
import { asStoreFault, stopIfAborted } from './faults.ts';
import { fingerprintOf, saveFingerprint } from './fingerprints.ts';
import { datasetHash, tableFileName, tableNames, writeManifest } from './manifest.ts';
import type { Progress } from './progress.ts';
import { withRecords } from './record-fingerprint.ts';
import { readRecords } from './records.ts';
import { replacedName, restoreReplaced, type Store, stagingDir } from './store.ts';

/** A dataset that has just been published, as commands answer it. */
export interface PublishedDataset {
  readonly dataset: string;
  readonly hash: string;
  /** Bars stored. */
  readonly rows: number;
  readonly symbols: number;
  /** Open time of the first bar and close time of the last, as ISO text and as epoch ms UTC. */
  readonly from: string;
  readonly to: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export function publishedDataset(manifest: DatasetManifest): PublishedDataset {
  const { name, hash, rows, symbols, fromMs, toMs } = manifest;
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  return { dataset: name, hash, rows, symbols, from, to, fromMs, toMs };
}

export interface Provenance {
  /** File names without folders, or the generator and its seed. */
  readonly sources: readonly string[];
  readonly rejected?: readonly Rejection[];
  readonly notes?: readonly string[];
  readonly repairs?: readonly Repair[];
  /** Hash of the dataset that was repaired. */
  readonly parent?: string;
}

export interface PublishOptions {
  readonly progress?: Progress;
  /** Looked at between stages; once aborted, the staging folder goes and the store is as it was. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a dataset out of the tables that `fill` writes into the folder it is given, replacing an older one of that name.
 * @example await publishDataset(store, 'tiny', async (dir) => { await writeTable(join(dir, 'bars.parquet'), bars, ['symbol', 'ts']); return { sources: ['tiny seed 1'] }; })
 * @throws StoreFault `disk-full`, `permission-denied`, `disk-fault`, `cancelled`, and whatever `fill` throws
 */
export async function publishDataset(
  store: Store,
  name: string,
  fill: (dir: string) => Promise<Provenance>,
  options: PublishOptions = {},
): Promise<DatasetManifest> {
  const { progress, signal } = options;
  const doing = `Storing dataset ${name}`;
  const dir = await stagingDir(store, name);
  try {
    const provenance = await fill(dir);
    stopIfAborted(signal, doing);
    progress?.('hashing tables');
    const manifest = await describeTables(dir, name, provenance);
    await writeManifest(dir, manifest);
    stopIfAborted(signal, doing);
    progress?.('building the dense cache');
    const dense = await denseFromTables({ dir, ...manifest });
    await writeCache(dir, dense, { datasetHash: manifest.hash, stamps: await stampsOf(dir, manifest) });
    for (const minutes of detailMinutesOf(manifest)) {
      stopIfAborted(signal, doing);
      progress?.(`packing ${minutes}-minute bars`);
      await packDetail(dir, manifest, minutes, dense.panel);
    }
    stopIfAborted(signal, doing);
    progress?.('taking the fingerprint');
    const records = await readRecords({ dir, tables: manifest.tables }, dense.panel.symbols);
    await saveFingerprint(store, manifest.hash, withRecords(fingerprintOf(dense), dense.panel, records));
    stopIfAborted(signal, doing);
    await swapIn(store, name, dir);
    return manifest;
  } catch (cause) {
    await rm(dir, { recursive: true, force: true });
    stopIfAborted(signal, doing);
    throw asStoreFault(cause, doing);
  }
}

async function describeTables(dir: string, name: string, provenance: Provenance): Promise<DatasetManifest> {
  const tables: Partial<Record<TableName, TableFile>> = {};
  const present = await presentTables(dir);
  const facts = await withDuck(async (duck) => {
    for (const table of present) {
      const path = join(dir, tableFileName(table));
      const { rows } = await firstRow(duck, `SELECT count(*) AS rows FROM read_parquet(${sqlFile(path)})`);
      tables[table] = await tableFile(path, tableFileName(table), Number(rows));
    }
    const bars = `read_parquet(${sqlFile(join(dir, tableFileName('bars')))})`;
    const [span] = await allRows(
      duck,
      `SELECT count(DISTINCT symbol) AS symbols, min(ts) AS first, max(ts) AS last FROM ${bars}`,
    );
    const scoreColumns = present.includes('scores')
      ? (await describeRelation(duck, `read_parquet(${sqlFile(join(dir, tableFileName('scores')))})`))
          .map((column) => column.name)
          .filter((column) => column !== 'ts' && column !== 'symbol')
      : [];
    return { span, scoreColumns };
  });
  return {
    formatVersion: 1,
    name,
    hash: datasetHash(tables),
    symbols: Number(facts.span?.['symbols']),
    rows: tables.bars?.rows ?? 0,
    fromMs: Number(facts.span?.['first']),
    toMs: Number(facts.span?.['last']) + hourMs,
    tables,
    scoreColumns: facts.scoreColumns,
    sources: provenance.sources,
    rejected: provenance.rejected ?? [],
    ...((provenance.notes ?? []).length === 0 ? {} : { notes: provenance.notes! }),
    ...((provenance.repairs ?? []).length === 0 ? {} : { repairs: provenance.repairs! }),
    ...(provenance.parent === undefined ? {} : { parent: provenance.parent }),
  };
}

async function presentTables(dir: string): Promise<readonly TableName[]> {
  const present: TableName[] = [];
  for (const table of tableNames) {
    const found = await stat(join(dir, tableFileName(table))).catch(() => null);
    if (found !== null) present.push(table);
  }
  if (!present.includes('bars')) throw new Error(`no ${tableFileName('bars')} was written`);
  return present;
}

/** Two renames; should the process die between them, the next access to the dataset puts the old version back. */
async function swapIn(store: Store, name: string, dir: string): Promise<void> {
  const target = store.datasetDir(name);
  const replaced = replacedName(store, name);
  const existed = (await stat(target).catch(() => null)) !== null;
  await rm(replaced, { recursive: true, force: true });
  if (existed) await rename(target, replaced);
  try {
    await rename(dir, target);
  } catch (cause) {
    await restoreReplaced(store, name);
    throw cause;
  }
  await rm(replaced, { recursive: true, force: true });
}
