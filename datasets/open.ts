/**
 * Opening a dataset. The Parquet files are the truth and the manifest names them; the dense cache only saves time:
 *
 *   1. cache fits the files by size and time, nothing to verify  → read the cache
 *   2. otherwise hash the files: as the manifest says            → refresh or rebuild the cache, go on
 *   3.                           not as the manifest says        → fault, or (allowChanged) open what is there, uncached
 */
import { join } from 'node:path';
import type { Panel } from '../engine/panel/panel.ts';
import type { Rows } from '../engine/panel/rows.ts';
import type { DetailSource } from '../engine/simulator/rules.ts';
import {
  type CacheIndex,
  type FileStamps,
  readCachedExchange,
  readCachedPanel,
  readCachedRows,
  readCacheIndex,
  restampCache,
  sameStamps,
  stampsOf,
  writeCache,
} from './cache.ts';
import { knownRegimeVersions } from './columns/regime-versions.ts';
import type {
  Dataset,
  DatasetManifest,
  DatasetRecords,
  Fingerprint,
  OpenOptions,
  TableFile,
  TableName,
} from './dataset.ts';
import { type Dense, denseFromTables } from './dense.ts';
import { detailMinutesOf, openDetail } from './detail.ts';
import { fileHash } from './duck.ts';
import type { Exchange } from './exchange-tables.ts';
import { refuse, StoreFault } from './faults.ts';
import { fingerprintOf, loadFingerprint, saveFingerprint } from './fingerprints.ts';
import { datasetHash, readManifest } from './manifest.ts';
import { withRecords } from './record-fingerprint.ts';
import { readRecords } from './records.ts';
import { openScores } from './scores/open.ts';
import { restoreReplaced, type Store } from './store.ts';

/**
 * Opens a stored dataset; its panel is on shared memory and ready to be handed to workers.
 * @throws StoreFault `dataset-missing`, `dataset-damaged`, `dataset-changed`
 */
export async function openDataset(store: Store, name: string, options: OpenOptions = {}): Promise<Dataset> {
  await restoreReplaced(store, name);
  const manifest = await readManifest(store, name);
  const dir = store.datasetDir(name);
  const stamps = await stampsOf(dir, manifest).catch((cause: unknown) => {
    throw new StoreFault(
      'dataset-damaged',
      `Dataset ${name} lacks a file that its manifest names (${(cause as Error).message}). Import it again.`,
      { cause },
    );
  });
  const index = await readCacheIndex(dir);
  const fits = index !== null && index.datasetHash === manifest.hash && sameStamps(index.stamps, stamps);
  if (fits && options.verify !== true) return await openCached(store, manifest, { index, stamps }, options);

  const found = await hashTables(dir, manifest);
  if (datasetHash(found) !== manifest.hash) {
    if (options.allowChanged !== true) throw changedFault(dir, manifest, found);
    return openDense(
      store,
      { ...manifest, hash: datasetHash(found) },
      await readDense(dir, manifest),
      options,
    );
  }
  // Who verifies wants what the files hold, not what was once made of them.
  if (index === null || index.datasetHash !== manifest.hash || options.verify === true) {
    return await openRebuilt(store, manifest, stamps, options);
  }
  // Copied or touched files that hold what they held: the cache is good, only its stamps are old.
  if (!fits) await ifWritable(restampCache(dir, index, stamps));
  return await openCached(store, manifest, { index, stamps }, options);
}

async function hashTables(
  dir: string,
  manifest: DatasetManifest,
): Promise<Partial<Record<TableName, { sha256: string }>>> {
  const entries = await Promise.all(
    Object.entries(manifest.tables).map(async ([table, { file }]) => [
      table,
      { sha256: await fileHash(join(dir, file)) },
    ]),
  );
  return Object.fromEntries(entries);
}

function changedFault(
  dir: string,
  manifest: DatasetManifest,
  found: Partial<Record<TableName, { sha256: string }>>,
): StoreFault {
  const tables = Object.entries(manifest.tables) as [TableName, TableFile][];
  const faults = tables
    .filter(([table, { sha256 }]) => found[table]?.sha256 !== sha256)
    .map(([table, { file, sha256 }]) => ({
      path: join(dir, file),
      message: `was imported with SHA-256 ${sha256} and now has ${found[table]?.sha256}`,
    }));
  if (faults.length === 0) {
    faults.push({
      path: dir,
      message: `manifest.json names hash ${manifest.hash}, its tables add up to ${datasetHash(found)}`,
    });
  }
  return refuse(
    'dataset-changed',
    `Dataset ${manifest.name} changed since it was imported. Put the former file back, or import it again to make this its content:`,
    faults,
  );
}

async function openCached(
  store: Store,
  manifest: DatasetManifest,
  cache: { readonly index: CacheIndex; readonly stamps: FileStamps },
  options: OpenOptions,
): Promise<Dataset> {
  const dir = store.datasetDir(manifest.name);
  const wanted = (options.columns ?? []).filter((column) => cache.index.scores.includes(column));
  const early = new Map(wanted.map((column) => [column, readCachedRows(dir, cache.index, column)]));
  // Whoever asks for the column gets its fault; until then it is nobody's.
  for (const reading of early.values()) reading.catch(() => undefined);
  let panel: Panel;
  let exchange: Exchange;
  try {
    [panel, exchange] = await Promise.all([
      readCachedPanel(dir, cache.index, options.volumes === true),
      readCachedExchange(dir),
    ]);
  } catch {
    return await openRebuilt(store, manifest, cache.stamps, options);
  }
  const rows = (column: string) => early.get(column) ?? readCachedRows(dir, cache.index, column);
  return datasetOf(store, manifest, { panel, exchange, rows, scores: cache.index.scores });
}

async function openRebuilt(
  store: Store,
  manifest: DatasetManifest,
  stamps: FileStamps,
  options: OpenOptions,
): Promise<Dataset> {
  const dir = store.datasetDir(manifest.name);
  const dense = await readDense(dir, manifest);
  await ifWritable(writeCache(dir, dense, { datasetHash: manifest.hash, stamps }));
  return openDense(store, manifest, dense, options);
}

/** A cache that cannot be written costs time at the next opening and nothing else. */
async function ifWritable(write: Promise<void>): Promise<void> {
  await write.catch(() => undefined);
}

async function readDense(dir: string, manifest: DatasetManifest): Promise<Dense> {
  try {
    return await denseFromTables({ dir, ...manifest });
  } catch (cause) {
    throw new StoreFault(
      'dataset-damaged',
      `The tables of dataset ${manifest.name} cannot be read: ${(cause as Error).message}. Import it again.`,
      { cause },
    );
  }
}

function openDense(store: Store, manifest: DatasetManifest, dense: Dense, options: OpenOptions): Dataset {
  const panel = options.volumes === true ? dense.panel : { ...dense.panel, volume: null, quoteVolume: null };
  const rows = async (column: string) => dense.scores.get(column)!;
  const scores = [...dense.scores.keys()];
  const renewDetail = options.verify === true;
  return datasetOf(store, manifest, { panel, exchange: dense.exchange, rows, scores, dense, renewDetail });
}

interface Opened {
  readonly panel: Panel;
  readonly exchange: Exchange;
  readonly scores: readonly string[];
  /** Whoever verifies does not trust finer bars that were packed before. */
  readonly renewDetail?: boolean;
  rows(column: string): Promise<Rows>;
  /** Everything in memory; absent where the cache holds it. */
  readonly dense?: Dense;
}

function datasetOf(store: Store, manifest: DatasetManifest, opened: Opened): Dataset {
  const dir = store.datasetDir(manifest.name);
  let records: Promise<DatasetRecords> | null = null;
  return {
    name: manifest.name,
    hash: manifest.hash,
    manifest,
    panel: opened.panel,
    storedColumns: opened.scores,
    ...opened.exchange,
    ...detailOf(dir, manifest, opened),
    regimeVersions: () => knownRegimeVersions(store, manifest),
    scores: () => openScores(store, manifest, opened.panel),
    records: async () => {
      records ??= recordsOf(dir, manifest, opened.panel.symbols);
      // A fault is forgotten, so that the next asking tries again.
      records.catch(() => (records = null));
      return await records;
    },
    rows: async (column) => {
      if (opened.scores.includes(column)) return await opened.rows(column);
      throw new StoreFault(
        'column-missing',
        `Dataset ${manifest.name} stores no column ${column}; it stores ${opened.scores.join(', ') || 'none'}. Import one with --scores FILE, or choose another strategy.`,
      );
    },
    fingerprint: async () => {
      if (opened.dense !== undefined) return await wholeFingerprint(dir, manifest, opened.dense);
      return (await loadFingerprint(store, manifest.hash)) ?? (await newFingerprint(store, manifest));
    },
  };
}

async function recordsOf(
  dir: string,
  manifest: DatasetManifest,
  symbols: readonly string[],
): Promise<DatasetRecords> {
  try {
    return await readRecords({ dir, tables: manifest.tables }, symbols);
  } catch (cause) {
    throw new StoreFault(
      'dataset-damaged',
      `The records of dataset ${manifest.name} cannot be read: ${(cause as Error).message}. Import it again.`,
      { cause },
    );
  }
}

/** Each length is opened once; a fault is forgotten, so that the next asking tries again. */
function detailOf(
  dir: string,
  manifest: DatasetManifest,
  { panel, renewDetail }: Opened,
): Pick<Dataset, 'detail' | 'detailMinutes'> {
  const lengths = detailMinutesOf(manifest);
  const sources = new Map<number, Promise<DetailSource>>();
  return {
    detailMinutes: lengths,
    detail: async (minutes) => {
      const length = minutes === undefined ? lengths[0] : lengths.find((one) => one === minutes);
      if (length === undefined) return null;
      const source = sources.get(length) ?? openDetail(dir, manifest, length, panel, renewDetail);
      sources.set(length, source);
      source.catch(() => sources.delete(length));
      return await source;
    },
  };
}

/** Of bars and records alike. */
async function wholeFingerprint(dir: string, manifest: DatasetManifest, dense: Dense): Promise<Fingerprint> {
  const { panel } = dense;
  return withRecords(fingerprintOf(dense), panel, await recordsOf(dir, manifest, panel.symbols));
}

async function newFingerprint(store: Store, manifest: DatasetManifest): Promise<Fingerprint> {
  const dir = store.datasetDir(manifest.name);
  const fingerprint = await wholeFingerprint(dir, manifest, await readDense(dir, manifest));
  await ifWritable(saveFingerprint(store, manifest.hash, fingerprint));
  return fingerprint;
}
