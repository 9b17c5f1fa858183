/** A dataset's manifest: what its tables are, and the hash that names their content. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetManifest, TableFile, TableName } from './dataset.ts';
import { detailTables } from './detail-tables.ts';
import { StoreFault } from './faults.ts';
import type { Store } from './store.ts';

const manifestFile = 'manifest.json';

export const tableNames: readonly TableName[] = [
  'bars',
  'funding',
  'mark',
  'scores',
  'instruments',
  'spot',
  'brackets',
  'filters',
  'renames',
  ...detailTables,
  // Further tables stand at the end: a dataset without them keeps its hash.
  'news',
  'fear_greed',
  'market_cap',
  'proxies',
  'revisions',
];

export function tableFileName(table: TableName): string {
  return `${table}.parquet`;
}

/** SHA-256 over the names and hashes of the tables, in a fixed order. */
export function datasetHash(tables: Readonly<Partial<Record<TableName, Pick<TableFile, 'sha256'>>>>): string {
  const hash = createHash('sha256');
  for (const table of tableNames) {
    const entry = tables[table];
    if (entry !== undefined) hash.update(`${table} ${entry.sha256}\n`);
  }
  return hash.digest('hex');
}

/** @throws StoreFault `dataset-missing`, `dataset-damaged` */
export async function readManifest(store: Store, name: string): Promise<DatasetManifest> {
  const path = join(store.datasetDir(name), manifestFile);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new StoreFault(
      'dataset-missing',
      `There is no dataset ${name} in ${store.dataDir}. \`hourglass data list\` shows what is there; \`hourglass data import ${name} --bars FILE…\` brings one in.`,
      { cause },
    );
  }
  const damaged = (what: string, cause?: unknown) =>
    new StoreFault('dataset-damaged', `${path} ${what}. Import the dataset again.`, { cause });
  let manifest: DatasetManifest;
  try {
    manifest = JSON.parse(text) as DatasetManifest;
  } catch (cause) {
    throw damaged('is not JSON', cause);
  }
  if (manifest.formatVersion !== 1)
    throw damaged(`has format ${manifest.formatVersion}; this version reads format 1`);
  if (manifest.tables?.bars === undefined || typeof manifest.hash !== 'string')
    throw damaged('names no bars');
  // The folder's name counts: somebody may have copied or renamed it.
  return { ...manifest, name };
}

export async function writeManifest(dir: string, manifest: DatasetManifest): Promise<void> {
  await writeFile(join(dir, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
}
