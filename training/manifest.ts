/** From finished jobs to a version: tables of what was shown out of sample, weights, libraries, and what was not shown. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../datasets/models/artifact-files.ts';
import { type ArtifactFolder, artifactFolders } from '../datasets/models/version-store.ts';
import { contractFile } from '../engine/signal/contract.ts';
import { weightSetOf } from '../engine/signal/ensemble.ts';
import type { EnsembleSpec, ModelSpec } from '../engine/signal/model-plan.ts';
import type { ModelVersion, NotShown, VersionEnsemble, VersionFold } from '../engine/signal/version.ts';
import { TrainingFault } from './faults.ts';
import { type JobFold, readPredictions } from './job.ts';
import { ensembleRows, type TestRows, testRows, versionScores, weighedMembers } from './out-of-sample.ts';
import { foldRows } from './prepare.ts';
import type { ExportedLabel } from './row-block.ts';
import { planHash, validFromOf } from './sized-plan.ts';
import { type FinishedStage, labelLookup, type TrainingRun } from './stage.ts';

export interface TrainedVersion {
  readonly manifest: ModelVersion;
  /** Where the artifacts lie until they are stored. */
  readonly artifacts: readonly ArtifactFolder[];
}

export interface FinishedTraining {
  readonly stages: readonly FinishedStage[];
  /** Test days, and how the labels' rows are used on them. */
  readonly folds: readonly JobFold[];
  readonly labels: readonly ExportedLabel[];
  readonly notes: readonly string[];
}

/** @throws TrainingFault where a model is neither trained nor known to be missing */
export async function versionOf(run: TrainingRun, finished: FinishedTraining): Promise<TrainedVersion> {
  const { prepared, version, seed } = run;
  const { sized, dataset, window, sampling } = prepared;
  const notShown = absentModels(finished.stages);
  const tested = await testedModels(run, finished, notShown);
  const { ensembles, rows, notes } = weighedEnsembles(sized.plan.ensembles, tested, finished.folds);
  const artifacts = (
    await Promise.all(finished.stages.map(({ dir }) => artifactFolders(join(dir, 'out'))))
  ).flat();
  const spans = finished.stages.map(({ span }) => span);
  const manifest: ModelVersion = {
    ...{ formatVersion: 1, strategy: sized.plan.strategy, version, size: sized.sizeName, seed },
    dataset: { name: dataset.name, hash: dataset.hash },
    planHash: planHash(sized.plan),
    trainedFromMs: Math.min(...spans.map(({ fromMs }) => fromMs)),
    trainedToMs: Math.max(...spans.map(({ toMs }) => toMs)),
    validFromMs: validFromOf(window.toMs),
    folds: finished.folds.map((fold) => versionFold(fold, finished.labels)),
    models: await namedArtifacts(artifacts),
    ensembles,
    scores: [...tested, ...rows].flatMap((each) => versionScores(each, finished.folds, seed)),
    libraries: librariesOf(finished.stages),
    ...{ notShown, sampling },
    notes: [...prepared.notes, ...finished.notes, ...notes, ...modelNotes(finished.stages)],
  };
  return { manifest, artifacts };
}

/** Models whose library could not be imported, each with the reason. */
function absentModels(stages: readonly FinishedStage[]): readonly NotShown[] {
  return stages.flatMap(({ models, result }) =>
    models.flatMap((model): NotShown[] => {
      if (result.models.some((trained) => trained.model === model.name && trained.fold === null)) return [];
      const library = libraryOf(model);
      const missing = result.notShown.find((entry) => entry.library === library);
      if (missing !== undefined) return [{ model: model.name, library, reason: missing.reason }];
      throw new TrainingFault('training-failed', `The job left no model ${model.name}, and no reason.`);
    }),
  );
}

function libraryOf(model: ModelSpec): string {
  if (model.kind === 'booster') return model.library;
  return model.kind === 'network' ? 'torch' : 'scikit-learn';
}

/** Test rows of every model that reads rows, in the order of the plan. */
async function testedModels(
  run: TrainingRun,
  { stages, folds }: FinishedTraining,
  notShown: readonly NotShown[],
): Promise<readonly TestRows[]> {
  const tested: TestRows[] = [];
  for (const { dir, models } of stages) {
    for (const model of models) {
      if (model.kind === 'text' || notShown.some((entry) => entry.model === model.name)) continue;
      const label = run.prepared.labels.find(({ name }) => name === model.label)!;
      const predictions = await readPredictions(dir, model.name, model.columns.length);
      const named = { model: model.name, side: model.side, library: libraryOf(model), kind: label.kind };
      tested.push(testRows(named, predictions, folds, labelLookup(run.prepared, label)));
    }
  }
  return tested;
}

/** Weights and test rows of the ensembles: a member that was not shown has neither, and a note says so. */
export function weighedEnsembles(
  specs: readonly EnsembleSpec[],
  tested: readonly TestRows[],
  folds: readonly JobFold[],
): {
  readonly ensembles: readonly VersionEnsemble[];
  readonly rows: readonly TestRows[];
  readonly notes: readonly string[];
} {
  const ensembles: VersionEnsemble[] = [];
  const rows: TestRows[] = [];
  const notes: string[] = [];
  for (const { name, side, members } of specs) {
    const shown = members.flatMap((member) => tested.find(({ model }) => model === member) ?? []);
    const missing = members.filter((member) => !shown.some(({ model }) => model === member));
    if (shown.length === 0) {
      notes.push(`ensemble ${name} has no member that was shown, so there is none`);
      continue;
    }
    if (missing.length > 0)
      notes.push(
        `ensemble ${name} goes without ${missing.join(', ')}: the weights are shared among the others`,
      );
    const { aucs, weights } = weighedMembers(shown, folds);
    const named = shown.map(({ model }) => model);
    ensembles.push({ name, side, members: named, aucs, weights, weightSet: weightSetOf(named, weights) });
    rows.push(ensembleRows(name, shown, weights));
  }
  return { ensembles, rows, notes };
}

function versionFold(
  { index, testFromMs, testToMs }: JobFold,
  labels: readonly ExportedLabel[],
): VersionFold {
  const counts = labels.map((label) => foldRows(label, index));
  return {
    ...{ index, testFromMs, testToMs },
    trainRows: Math.max(0, ...counts.map(({ train }) => train)),
    testRows: Math.max(0, ...counts.map(({ test }) => test)),
  };
}

async function namedArtifacts(artifacts: readonly ArtifactFolder[]): Promise<ModelVersion['models']> {
  return await Promise.all(
    artifacts.map(async ({ dir, model, fold }) => {
      return { model, fold, contractSha256: sha256(await readFile(join(dir, contractFile))) };
    }),
  );
}

function librariesOf(stages: readonly FinishedStage[]): ModelVersion['libraries'] {
  const all = stages.flatMap(({ result }) => result.libraries);
  return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index);
}

/** What the jobs had to say of final models; the rest stands in their reports. */
function modelNotes(stages: readonly FinishedStage[]): readonly string[] {
  return stages.flatMap(({ result }) =>
    result.models.filter(({ fold }) => fold === null).flatMap(({ notes }) => notes),
  );
}
