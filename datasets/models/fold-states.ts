/** What was fitted for the folds of a version, each with the newest moment that its training knew of. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FittedOnFold } from '../../engine/columns/audit/lineage.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { contractFile, type ModelContract } from '../../engine/signal/contract.ts';
import { parseContract } from '../../engine/signal/contract-parse.ts';
import type { ModelVersion } from '../../engine/signal/version.ts';
import type { ArtifactFolder, StoredVersion } from './version-store.ts';

/** A state for every artifact of a fold that the version kept. */
export async function foldStates({ manifest, artifacts }: StoredVersion): Promise<readonly FittedOnFold[]> {
  const ofFolds = artifacts.filter(({ fold }) => fold !== null);
  const states = await Promise.all(
    ofFolds.map(async (folder) => foldState(manifest, folder, await readContract(folder.dir))),
  );
  return states.flatMap((state) => state ?? []);
}

/**
 * Null where nothing was tested on the artifact: it is a final model, or of a fold that the version does not have. A model of texts
 * knows of no time, and is none either.
 * @param contract null where it cannot be read: then nobody knows what the state has seen
 */
export function foldState(
  { strategy, version, folds }: ModelVersion,
  { model, fold }: ArtifactFolder,
  contract: ModelContract | null,
): FittedOnFold | null {
  const tested = folds.find(({ index }) => index === fold);
  if (fold === null || tested === undefined || contract?.input.kind === 'text') return null;
  return {
    ...{ name: `folds/${fold}/${model}`, model: `${strategy}/${version}`, fold },
    ...{ trainedToMs: contract?.train.toMs ?? Number.NaN, testFromMs: tested.testFromMs },
    embargoMs: (contract?.folds?.embargoHours ?? 0) * hourMs,
  };
}

async function readContract(dir: string): Promise<ModelContract | null> {
  try {
    const parsed = parseContract(JSON.parse(await readFile(join(dir, contractFile), 'utf8')));
    return parsed.ok ? parsed.value : null;
  } catch {
    return null;
  }
}
