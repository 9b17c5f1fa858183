/** Models as a person names them: STRATEGY, STRATEGY/VERSION, STRATEGY/VERSION/MODEL, one of a fold, or a folder on disk. */
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { contractFile } from '../../engine/signal/contract.ts';
import { versionFile } from '../../engine/signal/version.ts';
import { StoreFault } from '../faults.ts';
import type { Store } from '../store.ts';
import { type ArtifactFolder, readFolder, type VersionFolder, versionFolders } from './version-store.ts';

export interface NamedModels {
  /** Null for an artifact in a folder of somebody's. */
  readonly version: VersionFolder | null;
  readonly artifacts: readonly ArtifactFolder[];
  /** The version as such was named, and not one of its artifacts. */
  readonly isWhole: boolean;
}

/**
 * @param name null for all there are
 * @throws StoreFault `model-missing`, naming what there is
 */
export async function namedModels(store: Store, name: string | null): Promise<readonly NamedModels[]> {
  const folders = await versionFolders(store);
  const all = folders.map((version) => ({ version, artifacts: version.artifacts, isWhole: true }));
  if (name === null) return all;
  const [strategy, version, ...rest] = name.split('/');
  const ofStrategy = all.filter((one) => one.version.strategy === strategy);
  if (version === undefined && ofStrategy.length > 0) return ofStrategy;
  const found = ofStrategy.find((one) => one.version.version === version);
  if (found !== undefined && rest.length === 0) return [found];
  const artifacts = found?.version.artifacts.filter((one) => placeOf(one) === rest.join('/')) ?? [];
  if (found !== undefined && artifacts.length > 0)
    return [{ version: found.version, artifacts, isWhole: false }];
  const onDisk = await inFolder(resolve(name));
  if (onDisk !== null) return [onDisk];
  const known =
    found === undefined
      ? folders.map((folder) => `${folder.strategy}/${folder.version}`)
      : found.version.artifacts.map(placeOf);
  throw new StoreFault(
    'model-missing',
    `${name} names no model and no folder of one; there are: ${known.join(', ') || 'none yet'}. See: hourglass model list`,
  );
}

/** Place of an artifact in its version: `buy-lightgbm`, `folds/0/buy-lightgbm`. */
export function placeOf({ model, fold }: ArtifactFolder): string {
  return fold === null ? model : `folds/${fold}/${model}`;
}

async function inFolder(dir: string): Promise<NamedModels | null> {
  const isThere = async (file: string) => (await stat(join(dir, file)).catch(() => null)) !== null;
  if (await isThere(versionFile)) {
    const version = await looseFolder(dir);
    return { version, artifacts: version.artifacts, isWhole: true };
  }
  if (!(await isThere(contractFile))) return null;
  return { version: null, artifacts: [{ dir, model: basename(dir), fold: null }], isWhole: false };
}

/** A version that lies outside a store: its manifest says what it is. */
export async function looseFolder(dir: string): Promise<VersionFolder> {
  const folder = await readFolder(dir, '', basename(dir), 'store', { placed: false });
  const { strategy, version } = folder.manifest ?? folder;
  return { ...folder, strategy, version };
}
