/** One job of a training: rows out, models and predictions back. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '../datasets/progress.ts';
import type { ColumnInputs } from '../engine/columns/features/inputs.ts';
import { timeAt } from '../engine/panel/panel.ts';
import type { FoldDefinition } from '../engine/signal/contract.ts';
import type { ModelPlan, ModelSpec } from '../engine/signal/model-plan.ts';
import { type JobFile, type JobFold, type JobResult, readJobResult, targetOf, writeJob } from './job.ts';
import type { GridLabel } from './labels.ts';
import { labelSpan, type PreparedTraining } from './prepare.ts';
import { runJob } from './python.ts';
import type { ExportedLabel, FilledColumn } from './row-block.ts';
import { exportRows } from './rows.ts';
import { modelFeatureSet, modelFeatures, modelReachHours, validFromOf } from './sized-plan.ts';

/** What every job of one retrain has in common. */
export interface TrainingRun {
  readonly prepared: PreparedTraining;
  readonly version: string;
  readonly seed: number;
  readonly threads: number;
  readonly keepFolds: boolean;
  /** Folder of the dataset's tables. */
  readonly datasetDir: string;
  /** Folder of the jobs, gone when the retrain ends. */
  readonly workDir: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

export interface Stage {
  /** Name of its folder. */
  readonly name: string;
  readonly models: readonly ModelSpec[];
  readonly labels: readonly ExportedLabel[];
  readonly folds: readonly JobFold[];
  readonly outOfFold?: JobFile['outOfFold'];
  readonly filled?: readonly FilledColumn[];
  /** Where they differ from those of the retrain. */
  readonly inputs?: ColumnInputs;
}

export interface FinishedStage {
  readonly dir: string;
  readonly models: readonly ModelSpec[];
  readonly result: JobResult;
  /** First decision and newest moment that a label knew of. */
  readonly span: { readonly fromMs: number; readonly toMs: number };
}

/** @throws TrainingFault */
export async function runStage(run: TrainingRun, stage: Stage): Promise<FinishedStage> {
  const { prepared, progress, signal, threads } = run;
  const { sized, grid, window, dataset, sampling, pool } = prepared;
  const inputs = stage.inputs ?? prepared.inputs;
  const dir = join(run.workDir, stage.name);
  await mkdir(dir, { recursive: true });
  const features = [...new Set(stage.models.flatMap(modelFeatures))];
  const files = await exportRows({
    ...{ dir, inputs, grid, features, labels: stage.labels, pool, filled: stage.filled ?? [] },
    rows: stage.models.some(({ kind }) => kind === 'network') ? 'present' : 'labelled',
    reachHours: Math.max(...stage.models.map(modelReachHours)),
    ...(progress === undefined ? {} : { progress }),
  });
  const span = labelSpan(inputs, grid, stage.labels);
  await writeJob(dir, {
    ...jobNames(run),
    rows: { files: files.map(({ file }) => file), features },
    labels: sized.plan.labels.map((label) => {
      return { name: label.name, kind: label.kind, target: targetOf(label) };
    }),
    ...{ folds: stage.folds, models: stage.models },
    contract: {
      dataset: { name: dataset.name, hash: dataset.hash },
      featureSet: featureSetOf(stage.models),
      folds: foldDefinition(sized.plan),
      train: { ...span, sampling },
      validFromMs: validFromOf(window.toMs),
    },
    ...{ outOfFold: stage.outOfFold ?? null, text: null },
  });
  await runJob(dir, {
    threads,
    ...(progress === undefined ? {} : { progress }),
    ...(signal === undefined ? {} : { signal }),
  });
  return { dir, models: stage.models, result: await readJobResult(dir), span };
}

/** The corpus of a text model, as the job names it. */
export interface TextStage {
  readonly models: readonly ModelSpec[];
  /** Writes `headlines.parquet` into the folder. */
  readonly writeCorpus: (dir: string) => Promise<void>;
  readonly folds: number;
}

const corpusFile = 'headlines.parquet';

/** A job without rows: its models know no dates. @throws TrainingFault */
export async function runTextStage(run: TrainingRun, stage: TextStage): Promise<FinishedStage> {
  const { prepared, progress, signal, threads } = run;
  const { window, dataset } = prepared;
  const dir = join(run.workDir, 'text');
  await mkdir(dir, { recursive: true });
  await stage.writeCorpus(join(dir, corpusFile));
  await writeJob(dir, {
    ...jobNames(run),
    ...{ rows: null, labels: [], folds: [], models: stage.models },
    contract: {
      dataset: { name: dataset.name, hash: dataset.hash },
      ...{ featureSet: null, folds: null },
      train: { fromMs: null, toMs: null, rows: null, sampling: [] },
      validFromMs: validFromOf(window.toMs),
    },
    ...{ outOfFold: null, text: { corpus: corpusFile, folds: stage.folds } },
  });
  await runJob(dir, {
    threads,
    ...(progress === undefined ? {} : { progress }),
    ...(signal === undefined ? {} : { signal }),
  });
  const none = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY };
  return { dir, models: stage.models, result: await readJobResult(dir), span: none };
}

function jobNames({ prepared, version, seed, threads, keepFolds }: TrainingRun) {
  const { sized } = prepared;
  return {
    ...{ formatVersion: 1 as const, strategy: sized.plan.strategy, version, size: sized.sizeName },
    ...{ seed, threads, keepFolds },
  };
}

function foldDefinition({ folds, labelHours }: ModelPlan): FoldDefinition {
  return {
    ...{ count: folds.count, testDays: folds.testDays },
    ...{ labelHours, embargoHours: folds.embargoHours },
  };
}

/** That of the models; models of one job read one set. */
function featureSetOf(models: readonly ModelSpec[]) {
  return models.map(modelFeatureSet).find((set) => set !== null) ?? null;
}

/** Finds the label of a row by coin and decision. */
export function labelLookup(
  { inputs: { panel }, grid }: PreparedTraining,
  { values }: Pick<GridLabel, 'values'>,
): (symbol: string, decisionMs: number) => number {
  const { slotOf, placeOf } = gridPlaces(panel, grid);
  return (symbol, decisionMs) => {
    const [slot, place] = [slotOf.get(decisionMs), placeOf.get(symbol)];
    if (slot === undefined || place === undefined) return Number.NaN;
    return values[slot * grid.coins.length + place]!;
  };
}

/** Slots by decision time and places by symbol. */
export function gridPlaces(
  panel: PreparedTraining['inputs']['panel'],
  { hours, coins }: PreparedTraining['grid'],
): { readonly slotOf: ReadonlyMap<number, number>; readonly placeOf: ReadonlyMap<string, number> } {
  return {
    slotOf: new Map(Array.from(hours, (hour, slot) => [timeAt(panel, hour + 1), slot])),
    placeOf: new Map(Array.from(coins, (coin, place) => [panel.symbols[coin]!, place])),
  };
}
