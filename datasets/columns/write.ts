/** Puts a built set in its place: everything is written beside it first, then renamed. */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Table } from '../../engine/journal/tables.ts';
import { writeTables } from '../duck.ts';
import { asStoreFault } from '../faults.ts';
import { removeDeadStaging, type Store } from '../store.ts';
import { type ColumnSetManifest, columnFiles, columnSetDir } from './column-set.ts';

/** A set that is being built. */
export interface ColumnStaging {
  /** Where files of values go while blocks pass by. */
  readonly dir: string;
  /** Writes the rest and takes the place of a former build. */
  publish(content: ColumnSetContent): Promise<string>;
  /** Leaves nothing behind; after `publish` it does nothing. */
  discard(): Promise<void>;
}

export interface ColumnSetContent {
  readonly manifest: ColumnSetManifest;
  readonly fill: Table;
  readonly universe: Table;
  /** Null for a set without regime columns. */
  readonly regime: { readonly table: Table; readonly versions: string } | null;
}

/** @throws StoreFault `disk-full`, `permission-denied`, `disk-fault`, `name-refused` */
export async function stageColumnSet(store: Store, dataset: string, set: string): Promise<ColumnStaging> {
  const target = columnSetDir(store, dataset, set);
  const dir = `${target}.staging-${process.pid}`;
  const doing = `Storing set ${set} of dataset ${dataset}`;
  const attempt = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (cause) {
      await rm(dir, { recursive: true, force: true });
      throw asStoreFault(cause, doing);
    }
  };
  await attempt(async () => {
    await mkdir(dirname(target), { recursive: true });
    await removeDeadStaging(dirname(target), basename(target));
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir);
  });
  return {
    dir,
    publish: (content) =>
      attempt(async () => {
        await writeContent(dir, content);
        await swapIn(dir, target);
        return target;
      }),
    discard: () => rm(dir, { recursive: true, force: true }),
  };
}

async function writeContent(
  dir: string,
  { manifest, fill, universe, regime }: ColumnSetContent,
): Promise<void> {
  await writeTables(
    [
      { path: join(dir, columnFiles.fill), table: fill },
      { path: join(dir, columnFiles.universe), table: universe },
      ...(regime === null ? [] : [{ path: join(dir, columnFiles.regime), table: regime.table }]),
    ].filter(({ table }) => table.rows > 0),
  );
  if (regime !== null) await writeFile(join(dir, columnFiles.regimeVersions), regime.versions);
  await writeFile(join(dir, columnFiles.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Puts a finished folder in the place of a former one. */
export async function swapIn(dir: string, target: string): Promise<void> {
  const replaced = `${target}.staging-replaced-${process.pid}`;
  await rm(replaced, { recursive: true, force: true });
  if ((await stat(target).catch(() => null)) !== null) await rename(target, replaced);
  await rename(dir, target);
  await rm(replaced, { recursive: true, force: true });
}
