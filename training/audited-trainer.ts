/**
 * The real pipeline under the audit of training: planted markets without alpha are made, trained on as any dataset is, and what the
 * folds' models say of their test days is handed to the detectors. One trainer for each label that models classify.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSwitches, type MarketSettings, type Switches } from '../datasets/planted/settings.ts';
import { synthMarket } from '../datasets/planted/synth.ts';
import type { Progress } from '../datasets/progress.ts';
import { openStore } from '../datasets/store.ts';
import { labelsAcrossDays } from '../engine/columns/audit/shuffled-labels.ts';
import type { AuditedTrainer, OpenedTraining, OutOfSample } from '../engine/columns/audit/training.ts';
import { dayMs } from '../engine/panel/hours.ts';
import { sharedFloat64, timeAt } from '../engine/panel/panel.ts';
import type { ModelPlan, SizeName } from '../engine/signal/model-plan.ts';
import { WorkerPool } from '../engine/signal/pool.ts';
import { modelPlans } from '../strategies/models.ts';
import { TrainingFault } from './faults.ts';
import { type JobFold, readPredictions } from './job.ts';
import type { GridLabel } from './labels.ts';
import { ensembleRows, type TestRows, testRows } from './out-of-sample.ts';
import { labelledFolds, type PreparedTraining, prepareTraining, trainingInputs } from './prepare.ts';
import { findPython } from './python.ts';
import { planHash, type SizedPlan, sizedPlan, versionName } from './sized-plan.ts';
import { trainStack } from './stack.ts';
import { type FinishedStage, labelLookup, runStage, type TrainingRun } from './stage.ts';

export interface AuditedTrainerOptions {
  readonly strategy: string;
  /** `ci-small` if absent: what is looked for does not hang on the number of trees. */
  readonly size?: SizeName;
  /** Coins and days of a market; those of preset S if absent. */
  readonly coins?: number;
  readonly days?: number;
  readonly threads?: number;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/**
 * A market like the planted ones, with what features read and without anything that moves prices for a reason: no signal, no news that
 * drift, no slides before an end, no peg, no coarse ticks.
 */
const noiseMarket: Switches = {
  ...defaultSwitches,
  ...{ core: 0, newsDrift: 0, news: false, proxies: false, delistings: false, renames: false, halt: false },
  ...{ stablecoins: false, depeg: false, wrapped: false, nonCrypto: false, oddSymbols: false },
  ...{ lowCaps: false, gaps: false, funding: false, spot: false, mark: false },
};

const COINS = 60;
const DAYS = 270;
const DATASET = 'noise';

/** @throws TrainingFault `training-refused` for a strategy without models, `python-missing` */
export function auditedTrainers(options: AuditedTrainerOptions): readonly AuditedTrainer[] {
  const plan = modelPlans.get(options.strategy);
  if (plan === undefined) {
    const message = `strategy ${options.strategy} has no models to train; there are ${[...modelPlans.keys()].join(', ')}`;
    throw new TrainingFault('training-refused', message, { faults: [{ path: '--train', message }] });
  }
  findPython();
  return classifiedLabels(plan).map((label) => ({
    name: `${plan.strategy} on ${label}`,
    horizonHours: plan.labelHours,
    parts: [],
    openNoise: (seed) => openNoise(plan, label, seed, options),
  }));
}

function classifiedLabels({ labels }: ModelPlan): readonly string[] {
  return labels.filter(({ kind }) => kind !== 'barrier-return').map(({ name }) => name);
}

/** Models that have nothing to do with the label are left out, unless models feed each other. */
function planFor(plan: ModelPlan, label: string, size: SizeName): SizedPlan {
  const sized = sizedPlan(plan, size);
  if (isStacked(sized)) return sized;
  return { ...sized, models: sized.models.filter((model) => model.kind !== 'text' && model.label === label) };
}

function isStacked({ models }: SizedPlan): boolean {
  return models.some((model) => model.kind === 'network' && model.outOfFoldDays !== null);
}

interface OpenedNoise {
  readonly label: string;
  readonly seed: number;
  readonly prepared: PreparedTraining;
  readonly datasetDir: string;
  /** Folder of everything that is made, gone at the end. */
  readonly dir: string;
  readonly options: AuditedTrainerOptions;
}

async function openNoise(
  plan: ModelPlan,
  label: string,
  seed: number,
  options: AuditedTrainerOptions,
): Promise<OpenedTraining> {
  const { size = 'ci-small', coins = COINS, days = DAYS, threads = 1, progress, signal } = options;
  const dir = await mkdtemp(join(tmpdir(), 'hourglass-noise-'));
  const pool = new WorkerPool(threads);
  const close = async () => {
    await pool.close();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const store = openStore(join(dir, 'store'));
    const settings: MarketSettings = { seed, coins, days, switches: noiseMarket };
    await synthMarket(store, {
      ...{ name: DATASET, settings, title: 'without alpha', workers: 0 },
      ...(signal === undefined ? {} : { signal }),
    });
    const sized = planFor(plan, label, size);
    const opened = await trainingInputs(store, DATASET, sized, progress);
    const { panel } = opened.dataset;
    const toMs = Math.floor(timeAt(panel, panel.hours) / dayMs) * dayMs;
    const prepared = await prepareTraining({ ...opened, sized, pool }, toMs, progress);
    const noise = { label, seed, prepared, datasetDir: store.datasetDir(DATASET), dir, options };
    return { train: ({ shuffleSeed }) => trained(noise, shuffleSeed), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Shuffled labels are others in every fold, so every fold is a training of its own. */
async function trained(noise: OpenedNoise, shuffleSeed: number | null): Promise<OutOfSample> {
  const { prepared } = noise;
  if (shuffleSeed === null) {
    const { stages, folds } = await trainOn(noise, prepared.labels, null);
    return outOfSample(noise, await testedRows(noise, stages, folds));
  }
  const { folds } = labelledFolds(prepared, prepared.labels, prepared.window.fromMs);
  const rows: TestRows[] = [];
  for (const { index } of folds) {
    const shuffled = prepared.labels.map((label) =>
      shuffledLabel(prepared, label, folds[index]!, shuffleSeed),
    );
    const { stages, folds: own } = await trainOn(noise, shuffled, index);
    rows.push(partOf(await testedRows(noise, stages, own), own[own.length === 1 ? 0 : index]!.index, index));
  }
  return outOfSample(noise, joined(rows));
}

interface TrainedFolds {
  readonly stages: readonly FinishedStage[];
  readonly folds: readonly JobFold[];
}

/** @param only the one fold to train where models do not feed each other; null for all of them */
async function trainOn(
  { prepared, dir, datasetDir, seed, options }: OpenedNoise,
  labels: readonly GridLabel[],
  only: number | null,
): Promise<TrainedFolds> {
  const { sized, dataset, window } = prepared;
  const named = { datasetHash: dataset.hash, planHash: planHash(sized.plan), size: sized.sizeName };
  const workDir = await mkdtemp(join(dir, 'job-'));
  const run: TrainingRun = {
    ...{ prepared: { ...prepared, labels }, workDir, datasetDir, seed, keepFolds: false },
    ...{ version: versionName({ ...named, seed, toMs: window.toMs }), threads: options.threads ?? 1 },
    ...(options.progress === undefined ? {} : { progress: options.progress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  if (isStacked(sized)) return await trainStack(run);
  const all = labelledFolds(run.prepared, labels, window.fromMs);
  const kept = all.folds.filter(({ index }) => only === null || index === only);
  const folds = kept.map((fold, index) => ({ ...fold, index }));
  const exported = all.labels.map((label) => ({
    ...label,
    folds: kept.map(({ index }) => label.folds[index]!),
  }));
  const stage = await runStage(run, { name: 'models', models: sized.models, labels: exported, folds });
  return { stages: [stage], folds };
}

/** Rows whose label was known before the fold's embargo have labels of other days; what tests the fold keeps its own. */
function shuffledLabel(
  { inputs: { panel }, grid: { hours, coins } }: PreparedTraining,
  label: GridLabel,
  { trainToMs }: JobFold,
  seed: number,
): GridLabel {
  const rows: number[] = [];
  for (const [row, endMs] of label.endMs.entries()) if (endMs < trainToMs) rows.push(row);
  const dated = {
    timeMs: label.values.map((_, row) => timeAt(panel, hours[Math.floor(row / coins.length)]! + 1)),
    coins: Int32Array.from(label.values, (_, row) => row % coins.length),
    labels: label.values,
  };
  const values = sharedFloat64(label.values.length);
  values.set(labelsAcrossDays(dated, Int32Array.from(rows), seed));
  return { ...label, values };
}

/** What decides: the mean of the members where several models classify the label, else the last model that does. */
async function testedRows(
  { prepared, label }: OpenedNoise,
  stages: readonly FinishedStage[],
  folds: readonly JobFold[],
): Promise<TestRows> {
  const { sized, labels } = prepared;
  const own = labels.find(({ name }) => name === label)!;
  const tested: TestRows[] = [];
  for (const { dir, models, result } of stages) {
    for (const model of models) {
      if (model.kind === 'text' || model.label !== label) continue;
      if (!result.models.some((shown) => shown.model === model.name)) continue;
      const predictions = await readPredictions(dir, model.name, model.columns.length);
      const named = { model: model.name, side: model.side, library: '', kind: own.kind };
      tested.push(testRows(named, predictions, folds, labelLookup(prepared, own)));
    }
  }
  const last = tested.at(-1);
  if (last === undefined)
    throw new TrainingFault(
      'training-failed',
      `No model of ${label} was trained: no library of theirs is there.`,
    );
  const members = tested.filter(({ model }) =>
    sized.plan.ensembles.some((one) => one.members.includes(model)),
  );
  if (members.length === 0) return last;
  return ensembleRows(
    label,
    members,
    members.map(() => 1 / members.length),
  );
}

/** Rows of fold `index`, as fold `renamed`. */
function partOf(rows: TestRows, index: number, renamed: number): TestRows {
  const kept = Array.from(rows.folds.keys()).filter((row) => rows.folds[row] === index);
  const pick = (values: Float64Array) => Float64Array.from(kept, (row) => values[row]!);
  return {
    ...rows,
    keys: kept.map((row) => rows.keys[row]!),
    ...{ decisionMs: pick(rows.decisionMs), scores: pick(rows.scores), labels: pick(rows.labels) },
    folds: Int32Array.from(kept, () => renamed),
  };
}

function joined(parts: readonly TestRows[]): TestRows {
  const all = (pick: (part: TestRows) => Float64Array) =>
    Float64Array.from(parts.flatMap((part) => [...pick(part)]));
  return {
    ...parts[0]!,
    keys: parts.flatMap(({ keys }) => keys),
    ...{ decisionMs: all((part) => part.decisionMs), scores: all((part) => part.scores) },
    ...{
      labels: all((part) => part.labels),
      folds: Int32Array.from(parts.flatMap(({ folds }) => [...folds])),
    },
  };
}

/**
 * Of three classes the outcome is the class, and rows of the middle one are neither. Labels that are no residuals follow the planted
 * regime's drift, which a model may know honestly: there the prediction is what it says of a coin beside the others of its hour.
 */
function outOfSample({ prepared, label }: OpenedNoise, rows: TestRows): OutOfSample {
  const own = prepared.labels.find(({ name }) => name === label)!;
  const labelOf = labelLookup(prepared, own);
  const symbols = rows.keys.map((key) => key.slice(0, key.lastIndexOf(' ')));
  const outcome = Float64Array.from(symbols, (symbol, row) => labelOf(symbol, rows.decisionMs[row]!));
  const isTercile = own.kind === 'residual-tercile';
  return {
    ...{ timeMs: rows.decisionMs, folds: rows.folds, outcome },
    predicted: isTercile ? rows.scores : besideOthers(rows),
    coins: Int32Array.from(symbols, (symbol) => prepared.inputs.panel.symbols.indexOf(symbol)),
    label: isTercile ? outcome.map((third) => (third === 1 ? Number.NaN : third / 2)) : rows.labels,
  };
}

/** Scores less the mean of their decision time. */
function besideOthers({ decisionMs, scores }: TestRows): Float64Array {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [row, timeMs] of decisionMs.entries()) {
    const own = sums.get(timeMs) ?? { sum: 0, count: 0 };
    sums.set(timeMs, { sum: own.sum + scores[row]!, count: own.count + 1 });
  }
  return scores.map((score, row) => {
    const { sum, count } = sums.get(decisionMs[row]!)!;
    return score - sum / count;
  });
}
