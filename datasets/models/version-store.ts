/**
 * Models at rest. Every retrain is a folder of its own and is never changed:
 *
 *   models/<strategy>/<version>/version.json             what was trained on what (`ModelVersion`)
 *   models/<strategy>/<version>/<model>/                 an artifact, final
 *   models/<strategy>/<version>/folds/<k>/<model>/       an artifact of fold k
 *
 * An artifact that was added on its own (a converted model) lies in a folder without `version.json`. Versions that come with the package
 * lie in `training/demo` in the same order and are only read; one of the same name in the data directory stands before them.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fault } from '../../engine/config.ts';
import { contractFile } from '../../engine/signal/contract.ts';
import { type ModelVersion, parseModelVersion, versionFile } from '../../engine/signal/version.ts';
import { refuse, StoreFault } from '../faults.ts';
import { isStaging, type Store } from '../store.ts';

/** Folders beside versions that hold their pages. */
export const reportEnding = '.report';

/** A folder of models, whatever is in it. */
export interface VersionFolder {
  readonly dir: string;
  readonly strategy: string;
  readonly version: string;
  /** `package`: comes with the package, read-only. */
  readonly origin: 'store' | 'package';
  /** Null where there is no `version.json`, or none that can be read: then there are faults. */
  readonly manifest: ModelVersion | null;
  readonly faults: readonly Fault[];
  readonly artifacts: readonly ArtifactFolder[];
}

/** A retrain that can be used. */
export interface StoredVersion extends VersionFolder {
  readonly manifest: ModelVersion;
}

export interface ArtifactFolder {
  readonly dir: string;
  readonly model: string;
  /** 0-based; null for the final model. */
  readonly fold: number | null;
}

/** All folders of models, by strategy and then by name, which is by time; null for all strategies. */
export async function versionFolders(
  store: Store,
  strategy: string | null = null,
): Promise<readonly VersionFolder[]> {
  const found = new Map<string, VersionFolder>();
  const roots = [
    { root: demoDir(), origin: 'package' },
    { root: store.modelsDir, origin: 'store' },
  ] as const;
  for (const { root, origin } of roots) {
    for (const owner of await foldersIn(root)) {
      if (strategy !== null && owner !== strategy) continue;
      for (const version of await foldersIn(join(root, owner)))
        found.set(
          `${owner}/${version}`,
          await readFolder(join(root, owner, version), owner, version, origin),
        );
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, folder]) => folder);
}

/**
 * Retrains by strategy and name, which is by time.
 * @throws StoreFault `model-damaged` where a `version.json` cannot be read: passing over it would score with another version
 */
export async function listVersions(
  store: Store,
  strategy: string | null = null,
): Promise<readonly StoredVersion[]> {
  const folders = await versionFolders(store, strategy);
  return folders.filter(({ manifest, faults }) => manifest !== null || faults.length > 0).map(whole);
}

/** @throws StoreFault `model-missing`, naming those there are; `model-damaged` */
export async function readVersion(store: Store, strategy: string, version: string): Promise<StoredVersion> {
  const folder = await findFolder(store, strategy, version);
  if (folder.manifest === null && folder.faults.length === 0)
    throw new StoreFault(
      'model-missing',
      `${strategy}/${version} has no ${versionFile}: its artifacts were added on their own and are no retrain. Train one: hourglass train ${strategy}`,
    );
  return whole(folder);
}

/** @throws StoreFault `model-missing`, naming those there are */
export async function findFolder(store: Store, strategy: string, version: string): Promise<VersionFolder> {
  const folders = await versionFolders(store);
  const found = folders.find((folder) => folder.strategy === strategy && folder.version === version);
  if (found !== undefined) return found;
  const known = folders.map((folder) => `${folder.strategy}/${folder.version}`);
  throw new StoreFault(
    'model-missing',
    `There is no version ${strategy}/${version}; there are: ${known.join(', ') || 'none yet'}. See: hourglass model list`,
  );
}

function whole(folder: VersionFolder): StoredVersion {
  const { manifest, faults, dir, strategy, version } = folder;
  if (manifest !== null) return { ...folder, manifest };
  throw refuse(
    'model-damaged',
    `${strategy}/${version} cannot be used: restore ${join(dir, versionFile)}, or remove the folder and train again.`,
    faults,
  );
}

/** @param placed false for a folder that lies elsewhere: its manifest alone says what it is */
export async function readFolder(
  dir: string,
  strategy: string,
  version: string,
  origin: VersionFolder['origin'],
  { placed } = { placed: true },
): Promise<VersionFolder> {
  const { manifest, faults } = await readManifest(dir);
  const misplaced =
    placed && manifest !== null && (manifest.strategy !== strategy || manifest.version !== version)
      ? [
          {
            path: versionFile,
            message: `is of ${manifest.strategy}/${manifest.version}, and its folder is ${strategy}/${version}: move it there`,
          },
        ]
      : [];
  const artifacts = await artifactFolders(dir);
  return {
    ...{ dir, strategy, version, origin, artifacts, faults: [...faults, ...misplaced] },
    manifest: misplaced.length === 0 ? manifest : null,
  };
}

async function readManifest(
  dir: string,
): Promise<{ readonly manifest: ModelVersion | null; readonly faults: readonly Fault[] }> {
  const text = await readFile(join(dir, versionFile), 'utf8').catch(() => null);
  if (text === null) return { manifest: null, faults: [] };
  try {
    const parsed = parseModelVersion(JSON.parse(text));
    if (parsed.ok) return { manifest: parsed.value, faults: [] };
    return { manifest: null, faults: parsed.faults.map(atVersionFile) };
  } catch (cause) {
    const message = `is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`;
    return { manifest: null, faults: [{ path: versionFile, message }] };
  }
}

function atVersionFile({ path, message }: Fault): Fault {
  return { path: path === '' ? versionFile : `${versionFile} ${path}`, message };
}

/** Folders of a version that hold a contract: the final ones, then those of the folds, each by name. */
export async function artifactFolders(dir: string): Promise<readonly ArtifactFolder[]> {
  const final = await artifactsIn(dir, null);
  const folds = (await foldersIn(join(dir, 'folds'))).filter((name) => /^\d+$/.test(name)).map(Number);
  const ofFolds: ArtifactFolder[] = [];
  for (const fold of folds.sort((a, b) => a - b))
    ofFolds.push(...(await artifactsIn(join(dir, 'folds', String(fold)), fold)));
  return [...final, ...ofFolds];
}

async function artifactsIn(dir: string, fold: number | null): Promise<readonly ArtifactFolder[]> {
  const artifacts: ArtifactFolder[] = [];
  for (const model of await foldersIn(dir)) {
    const place = join(dir, model);
    const isThere = await stat(join(place, contractFile)).catch(() => null);
    if (isThere !== null) artifacts.push({ dir: place, model, fold });
  }
  return artifacts;
}

/** Names of folders by name; none where there is no such folder. */
async function foldersIn(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .filter((name) => !isStaging(name) && !name.endsWith(reportEnding))
    .sort();
}

/** Two folders up from the sources, three from what is built from them: where package.json lies. */
function demoDir(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const up = existsSync(join(here, '..', '..', 'package.json')) ? ['..', '..'] : ['..', '..', '..'];
  return join(here, ...up, 'training', 'demo');
}
