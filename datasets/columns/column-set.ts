/**
 * Built sets of columns at rest: what was computed over a dataset, how full it is, and, where asked for, the values.
 *
 *   columns/<dataset>/<set>/manifest.json            what was built from what
 *   columns/<dataset>/<set>/fill.parquet             by column and day
 *   columns/<dataset>/<set>/universe.parquet         by hour: coins in the universe, and why the others were not
 *   columns/<dataset>/<set>/regime.parquet           by day: filtered probabilities, and the version they are of
 *   columns/<dataset>/<set>/regime-versions.json     parameters by the date they hold from
 *   columns/<dataset>/<set>/features-<n>.parquet     values, a file for each block of coins
 *
 * A set is stale once its dataset's hash is another than that it was built from.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { QualityFinding } from '../../engine/columns/quality/verdicts.ts';
import type { UnknownSymbols } from '../dataset.ts';
import { StoreFault } from '../faults.ts';
import { readManifest } from '../manifest.ts';
import { checkedName, isStaging, type Store } from '../store.ts';

export interface StoredColumn {
  readonly name: string;
  readonly group: string;
  readonly unit: string;
  readonly formula: string;
  readonly marketWide: boolean;
  /** What it takes besides prices. */
  readonly needs: readonly string[];
  /** Rows of eligible coins after warm-up, and those of them that hold a value. */
  readonly rows: number;
  readonly filled: number;
  /** filled / rows; null where there was no such row. */
  readonly fillShare: number | null;
}

/** A column that the set declares and that waits for a model or a classifier. */
export interface PendingColumn {
  readonly column: string;
  readonly needs: readonly string[];
}

export interface Allowance {
  readonly column: string;
  readonly reason: string;
}

/** Coins in the universe by hour, from the first hour that has any. */
export interface UniverseSpan {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface ColumnSetManifest {
  readonly formatVersion: 1;
  readonly dataset: string;
  readonly datasetHash: string;
  readonly set: string;
  /** SHA-256 over names, formulas and code of the set's features. */
  readonly setHash: string;
  /** SHA-256 over what went in (dataset, set, settings, regime versions) and over the values that came out. */
  readonly hash: string;
  readonly engineVersion: string;
  /** Bars: every coin and hour that has one is a row. */
  readonly rows: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Without the pending ones. */
  readonly columns: readonly StoredColumn[];
  readonly pending: readonly PendingColumn[];
  readonly allowed: readonly Allowance[];
  /** Named replacements of inputs that the dataset lacks, in sentences. */
  readonly approximations: readonly string[];
  /** Least median daily quote volume of an eligible coin. */
  readonly dailyVolumeMin: number;
  /** Everything odd about the columns; each was allowed by name. */
  readonly findings: readonly QualityFinding[];
  readonly universe: UniverseSpan;
  /** Links and rows of records that name symbols without bars: left out. */
  readonly unknownSymbols: UnknownSymbols;
  readonly regimeVersions: number;
  /** Files of values, in the order of the coins; empty where they were not asked for. */
  readonly files: readonly string[];
}

export const columnFiles = {
  manifest: 'manifest.json',
  fill: 'fill.parquet',
  universe: 'universe.parquet',
  regime: 'regime.parquet',
  regimeVersions: 'regime-versions.json',
} as const;

export function columnSetDir(store: Store, dataset: string, set: string): string {
  return join(store.columnsDir, checkedName(dataset), checkedName(set));
}

export interface StoredColumnSet {
  readonly dir: string;
  readonly manifest: ColumnSetManifest;
  /** The dataset has changed since, or is gone. */
  readonly stale: boolean;
}

/** @throws StoreFault `columns-missing` */
export async function readColumnSet(store: Store, dataset: string, set: string): Promise<StoredColumnSet> {
  const dir = columnSetDir(store, dataset, set);
  const found = await readSet(dir);
  if (found === null) {
    throw new StoreFault(
      'columns-missing',
      `Set ${set} has not been built over dataset ${dataset}. Build it: hourglass columns build ${dataset} --set ${set}`,
    );
  }
  const { hash } = await readManifest(store, dataset).catch(() => ({ hash: null }));
  return { dir, manifest: found, stale: found.datasetHash !== hash };
}

async function readSet(dir: string): Promise<ColumnSetManifest | null> {
  try {
    const manifest = JSON.parse(await readFile(join(dir, columnFiles.manifest), 'utf8')) as ColumnSetManifest;
    return manifest.formatVersion === 1 ? manifest : null;
  } catch {
    return null;
  }
}

/** All finished sets over a dataset, by name; stale ones are marked. */
export async function listColumnSets(store: Store, dataset: string): Promise<readonly StoredColumnSet[]> {
  const folder = join(store.columnsDir, checkedName(dataset));
  const names = (await readdir(folder).catch(() => [])).filter((entry) => !isStaging(entry)).sort();
  const { hash } = await readManifest(store, dataset).catch(() => ({ hash: null }));
  const sets: StoredColumnSet[] = [];
  for (const name of names) {
    const dir = join(folder, name);
    const manifest = await readSet(dir);
    if (manifest !== null) sets.push({ dir, manifest, stale: manifest.datasetHash !== hash });
  }
  return sets;
}

/** Path of one of a set's files; null where the set has none. */
export async function columnSetFile(
  { dir }: StoredColumnSet,
  file: keyof typeof columnFiles,
): Promise<string | null> {
  const path = join(dir, columnFiles[file]);
  return (await stat(path).catch(() => null)) === null ? null : path;
}
