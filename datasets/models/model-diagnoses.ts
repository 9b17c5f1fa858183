/** What an artifact's own files say of features that it has no use for. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goldenFile, type ModelContract, reportFile } from '../../engine/signal/contract.ts';
import type { Diagnosis } from '../../engine/signal/diagnostics.ts';
import { featureDiagnoses, importancesOf, unmovedFeatures } from '../../engine/signal/feature-use.ts';
import { readGolden } from '../../engine/signal/golden-check.ts';

/**
 * Dead features by the importances of `report.json`, those that never varied in training where the library wrote them down, and
 * those with one value in all golden rows, which are few: a hint. None where the files cannot be read.
 */
export async function modelDiagnoses(dir: string, contract: ModelContract): Promise<readonly Diagnosis[]> {
  const { features, kind } = contract.input;
  if (kind === 'text') return [];
  const report = await readReport(dir);
  const importances = importancesOf(report);
  return [
    ...featureDiagnoses(contract.model, importances, features, await goldenInputs(dir, contract)),
    ...unmovedFeatures(contract.model, report),
  ];
}

async function readReport(dir: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(dir, reportFile), 'utf8'));
  } catch {
    return null;
  }
}

/** Steps of a sequence count as rows. */
async function goldenInputs(dir: string, contract: ModelContract): Promise<Float32Array | null> {
  try {
    const golden = readGolden(
      await readFile(join(dir, goldenFile)),
      contract,
      contract.input.features.length,
    );
    return typeof golden === 'string' ? null : golden.inputs;
  } catch {
    return null;
  }
}
