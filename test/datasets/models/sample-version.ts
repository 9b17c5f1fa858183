/** A retrain of two small models as a training would leave it: folders on disk, and the manifest over them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../../datasets/models/artifact-files.ts';
import type { ArtifactFolder } from '../../../datasets/models/version-store.ts';
import { contractFile, type ModelContract } from '../../../engine/signal/contract.ts';
import { weightSetOf } from '../../../engine/signal/ensemble.ts';
import type { ModelVersion, VersionScore } from '../../../engine/signal/version.ts';
import { artifactFiles, type Files, trainedToMs } from '../../engine/signal/sample-artifact.ts';
import { returnArtifact, treeArtifact } from '../../engine/signal/sample-models.ts';

const dayMs = 86_400_000;

export const sampleVersionName = '20240901T00-ci-small-00000000';

export async function writeFiles(dir: string, files: Files): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [name, content] of files) await writeFile(join(dir, name), content);
}

export const sampleReport = {
  features: ['a', 'b', 'c<d>'],
  importance: { split: [1, 1, 1], gain: [5, 0, 2.5], permutation: [0.03, -0.001, 0.01] },
  curve: { metric: 'logloss', train: [0.69, 0.6, 0.5], validation: [0.7, 0.65, 0.66] },
};

/** Files of the artifact of trees, with a report of it. */
export async function treeFiles(
  change: Partial<ModelContract> = {},
  report: object = sampleReport,
): Promise<Files> {
  const parts = treeArtifact();
  const more = { 'report.json': new TextEncoder().encode(JSON.stringify(report)) };
  return await artifactFiles({ ...parts, contract: { ...parts.contract, ...change }, more });
}

/** Fold 0 is tested from ten days before the end; its labels ended before the embargo of three. */
export function ofFold(version: string, toMs = trainedToMs - 13 * dayMs): Partial<ModelContract> {
  const train = { fromMs: trainedToMs - 60 * dayMs, toMs, rows: 700, sampling: [] };
  return { version, fold: 0, train };
}

export interface SampleVersion {
  readonly manifest: ModelVersion;
  readonly artifacts: readonly ArtifactFolder[];
}

/** Writes a final model, the same of fold 0, and a regressor, under `dir`. */
export async function sampleVersion(dir: string, version = sampleVersionName): Promise<SampleVersion> {
  const regressor = returnArtifact();
  const written = [
    { model: 'buy-lightgbm', fold: null, files: await treeFiles({ version }) },
    { model: 'buy-lightgbm', fold: 0, files: await treeFiles(ofFold(version)) },
    {
      ...{ model: 'buy-ev', fold: null },
      files: await artifactFiles({ ...regressor, contract: { ...regressor.contract, version } }),
    },
  ];
  const artifacts: ArtifactFolder[] = [];
  for (const { model, fold, files } of written) {
    const place = join(dir, fold === null ? model : join('folds', String(fold), model));
    await writeFiles(place, files);
    artifacts.push({ dir: place, model, fold });
  }
  const models = written.map(({ model, fold, files }) => ({
    ...{ model, fold, contractSha256: sha256(files.get(contractFile)!) },
  }));
  return { manifest: manifestOf(version, models), artifacts };
}

function manifestOf(version: string, models: ModelVersion['models']): ModelVersion {
  return {
    ...{ formatVersion: 1, strategy: 'sample', version, size: 'ci-small', seed: 1 },
    dataset: { name: 'planted', hash: 'd'.repeat(64) },
    planHash: 'e'.repeat(64),
    ...{ trainedFromMs: trainedToMs - 60 * dayMs, trainedToMs, validFromMs: trainedToMs + 3_600_000 },
    folds: [0, 1].map((index) => ({
      index,
      testFromMs: trainedToMs - (10 - 5 * index) * dayMs,
      testToMs: trainedToMs - (5 - 5 * index) * dayMs,
      ...{ trainRows: 1000, testRows: 300 },
    })),
    models,
    ensembles: [
      {
        ...{ name: 'buy', side: 'buy', members: ['buy-lightgbm'], aucs: [0.53], weights: [1] },
        weightSet: weightSetOf(['buy-lightgbm'], [1]),
      },
    ],
    scores: [
      scoreOf('buy-lightgbm', 0, 0.52),
      scoreOf('buy-lightgbm', 1, 0.49),
      scoreOf('buy-lightgbm', null, 0.505),
      scoreOf('buy', null, 0.505),
      { ...scoreOf('buy-ev', null, null), positives: null, spearman: 0.04, slope: 0.8 },
    ],
    libraries: [{ name: 'lightgbm', version: '4.7.0' }],
    notShown: [{ model: 'buy-xgboost', library: 'xgboost', reason: 'no module of that name' }],
    sampling: ['20 coins, the most liquid'],
    notes: [],
  };
}

function scoreOf(model: string, fold: number | null, auc: number | null): VersionScore {
  return {
    ...{ fold, model, side: 'buy', library: model === 'buy' ? 'ensemble' : 'lightgbm', rows: 300 },
    ...{ positives: 150, auc, aucLow: auc === null ? null : auc - 0.03 },
    ...{ aucHigh: auc === null ? null : auc + 0.03, withinHourAuc: auc, pooledAuc: auc },
    ...{ commonShare: 0.3, spearman: null, meanPredicted: null, meanRealised: null, slope: null },
  };
}
