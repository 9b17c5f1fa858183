/** Puts models into the store: checked first, written beside their place, then renamed. What is there already is never changed. */
import { cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Fault } from '../../engine/config.ts';
import { contractFile, type ModelContract } from '../../engine/signal/contract.ts';
import { type ModelVersion, versionFile } from '../../engine/signal/version.ts';
import { asStoreFault, refuse, StoreFault } from '../faults.ts';
import type { Progress } from '../progress.ts';
import { checkedName, removeDeadStaging, type Store } from '../store.ts';
import { checkArtifactAt } from './artifact-files.ts';
import { looseFolder, placeOf } from './named-models.ts';
import { checkVersion, type VersionCheck } from './version-check.ts';
import { type ArtifactFolder, findFolder, readFolder, type VersionFolder } from './version-store.ts';

/**
 * Adds a retrain.
 * @param artifacts where its artifacts lie now; they are copied
 * @throws StoreFault `model-refused` with every refusal, or where the version is there already; `name-refused`, `disk-full`, …
 */
export async function addVersion(
  store: Store,
  manifest: ModelVersion,
  artifacts: readonly ArtifactFolder[],
  progress?: Progress,
): Promise<VersionFolder> {
  const { strategy, version } = manifest;
  const target = join(store.modelsDir, checkedName(strategy), checkedName(version));
  await stage(target, async (dir) => {
    await writeFile(join(dir, versionFile), `${JSON.stringify(manifest, null, 2)}\n`);
    for (const { model, fold, dir: source } of artifacts)
      await cp(source, join(dir, artifactPlace(model, fold)), { recursive: true });
    const folder = await readFolder(dir, strategy, version, 'store');
    refuseUnsound(
      `${strategy}/${version}`,
      await checkVersion(folder, folder.artifacts, progress === undefined ? {} : { progress }),
    );
  });
  return await findFolder(store, strategy, version);
}

/**
 * Adds what lies in a folder: a version with its `version.json`, or one artifact with its `contract.json`, which joins other artifacts
 * that were added on their own.
 * @throws StoreFault `model-missing` where there is neither; `model-refused` as for `addVersion`
 */
export async function addModels(store: Store, dir: string, progress?: Progress): Promise<VersionFolder> {
  const place = resolve(dir);
  const isThere = async (file: string) => (await stat(join(place, file)).catch(() => null)) !== null;
  if (await isThere(versionFile)) {
    const folder = await looseFolder(place);
    if (folder.manifest === null)
      throw refuse(
        'model-refused',
        `${dir} cannot be added: its ${versionFile} is not sound.`,
        folder.faults,
      );
    return await addVersion(store, folder.manifest, folder.artifacts, progress);
  }
  if (await isThere(contractFile)) return await addArtifact(store, place);
  throw new StoreFault(
    'model-missing',
    `${dir} holds neither ${versionFile} nor ${contractFile}: name the folder of a version or of an artifact.`,
  );
}

async function addArtifact(store: Store, source: string): Promise<VersionFolder> {
  const check = await checkArtifactAt(source);
  if (!check.ok)
    throw refuse(
      'model-refused',
      `The artifact at ${source} is refused.`,
      check.refusals.map(({ field, message }) => ({ path: field, message })),
    );
  const { strategy, version, model, fold }: ModelContract = check.contract;
  const folder = join(store.modelsDir, checkedName(strategy), checkedName(version));
  if ((await stat(join(folder, versionFile)).catch(() => null)) !== null)
    throw new StoreFault(
      'model-refused',
      `${strategy}/${version} is a retrain, and retrains are never changed: give the artifact a version of its own.`,
    );
  await stage(join(folder, artifactPlace(model, fold)), (dir) => cp(source, dir, { recursive: true }));
  return await findFolder(store, strategy, version);
}

function artifactPlace(model: string, fold: number | null): string {
  const name = checkedName(model);
  return fold === null ? name : join('folds', String(fold), name);
}

/** Fills a folder beside the target and renames it; whatever fails leaves nothing behind. */
async function stage(target: string, fill: (dir: string) => Promise<void>): Promise<void> {
  const doing = `Storing models at ${target}`;
  const dir = `${target}.staging-${process.pid}`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await removeDeadStaging(dirname(target), basename(target));
    if ((await stat(target).catch(() => null)) !== null)
      throw new StoreFault(
        'model-refused',
        `There are models at ${target} already, and they are never changed: remove the folder to add them anew.`,
      );
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir);
    await fill(dir);
    await rename(dir, target);
  } catch (cause) {
    await rm(dir, { recursive: true, force: true });
    throw asStoreFault(cause, doing);
  }
}

function refuseUnsound(name: string, { ok, artifacts, refusals }: VersionCheck): void {
  if (ok) return;
  const faults: Fault[] = [
    ...refusals.map(({ field, message }) => ({ path: field, message })),
    ...artifacts.flatMap((artifact) =>
      artifact.refusals.map(({ field, message }) => ({
        path: `${placeOf(artifact)} ${field}`,
        message,
      })),
    ),
  ];
  throw refuse('model-refused', `${name} is refused.`, faults);
}
