/**
 * Where things lie in a data directory.
 *
 *   datasets/<name>/manifest.json, bars.parquet, …   the truth
 *   datasets/<name>/cache/                            dense columns, rebuilt whenever they do not fit the truth
 *   fingerprints/<hash>.bin                           what stood where, kept beyond a dataset's life
 *   columns/<dataset>/<set>/                          built sets of columns
 *   columns/<dataset>/<set>.report/                   what the build and the audit said of a set, as a page
 *   scores/<dataset>/<strategy>/                      columns that a strategy's models filled
 *   models/<strategy>/<version>/                     what retrains left behind (see models/version-store.ts)
 *   runs/<runId>/                                     one folder a run
 */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { asStoreFault, StoreFault } from './faults.ts';

export interface Store {
  readonly dataDir: string;
  readonly datasetsDir: string;
  readonly columnsDir: string;
  readonly modelsDir: string;
  readonly scoresDir: string;
  readonly runsDir: string;
  readonly fingerprintsDir: string;
  /** Folder of a dataset; refuses names that could not be one folder. */
  datasetDir(name: string): string;
}

export function openStore(dataDir: string): Store {
  const root = resolve(dataDir);
  const datasetsDir = join(root, 'datasets');
  return {
    dataDir: root,
    datasetsDir,
    columnsDir: join(root, 'columns'),
    modelsDir: join(root, 'models'),
    scoresDir: join(root, 'scores'),
    runsDir: join(root, 'runs'),
    fingerprintsDir: join(root, 'fingerprints'),
    datasetDir: (name) => join(datasetsDir, checkedName(name)),
  };
}

const stagingMark = '.staging-';
const replacedMark = `${stagingMark}replaced`;

/** A name that can be one folder. @throws StoreFault `name-refused` */
export function checkedName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name) && !name.includes(stagingMark)) return name;
  throw new StoreFault(
    'name-refused',
    `${JSON.stringify(name)} cannot name a dataset or a set: use letters, digits, "-", "_" and ".", and begin with a letter, digit or "_".`,
  );
}

/**
 * An empty folder beside the dataset's place, to be filled and then renamed. Folders that an interrupted import of the
 * same dataset left behind are removed first, unless the process that made them is still at work.
 */
export async function stagingDir(store: Store, name: string): Promise<string> {
  const target = store.datasetDir(name);
  try {
    await mkdir(store.datasetsDir, { recursive: true });
    await removeStaleStaging(store, name);
    const dir = `${target}${stagingMark}${process.pid}`;
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir);
    return dir;
  } catch (cause) {
    throw asStoreFault(cause, `Preparing dataset ${name}`);
  }
}

async function removeStaleStaging(store: Store, name: string): Promise<void> {
  await restoreReplaced(store, name);
  await removeDeadStaging(store.datasetsDir, name);
}

/** Removes what processes that are gone left beside `name` in a folder. */
export async function removeDeadStaging(folder: string, name: string): Promise<void> {
  const prefix = `${name}${stagingMark}`;
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(prefix) || isAlive(Number(entry.slice(prefix.length)))) continue;
    await rm(join(folder, entry), { recursive: true, force: true });
  }
}

/** Where the former version of a dataset waits while the new one takes its place. */
export function replacedName(store: Store, name: string): string {
  return `${store.datasetDir(name)}${replacedMark}`;
}

/** The dataset whose former version a folder holds, or null for any other folder. */
export function replacedDataset(entry: string): string | null {
  return entry.endsWith(replacedMark) ? entry.slice(0, -replacedMark.length) : null;
}

/** Puts the former version back if a process died after moving it away and before the new one was in place. */
export async function restoreReplaced(store: Store, name: string): Promise<void> {
  const target = store.datasetDir(name);
  const replaced = replacedName(store, name);
  const there = async (path: string) => (await stat(path).catch(() => null)) !== null;
  if (!(await there(target)) && (await there(replaced))) await rename(replaced, target);
}

/** Whether another process of this number runs; false for this one. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** True for folders of the store that are somebody's unfinished work. */
export function isStaging(entry: string): boolean {
  return entry.includes(stagingMark);
}
