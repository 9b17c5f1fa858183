/**
 * Training a strategy: one version for each retrain date.
 *
 *   1. `prepareTraining`   window, coins, labels
 *   2. stages              rows out, a job in Python, models and predictions back; three of them where models feed each other
 *   3. `versionOf`         tables, weights, what was not shown
 *   4. `addVersion`        every artifact is checked by the loader that scoring uses, then one rename
 */
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { addVersion } from '../datasets/models/add-version.ts';
import { versionFolders } from '../datasets/models/version-store.ts';
import type { Progress } from '../datasets/progress.ts';
import { removeDeadStaging, type Store } from '../datasets/store.ts';
import { hourMs } from '../engine/panel/hours.ts';
import { timeAt } from '../engine/panel/panel.ts';
import type { SizeName } from '../engine/signal/model-plan.ts';
import { WorkerPool } from '../engine/signal/pool.ts';
import type { ModelVersion } from '../engine/signal/version.ts';
import { modelPlans } from '../strategies/models.ts';
import { iso } from './decisions.ts';
import { TrainingFault } from './faults.ts';
import { type FinishedTraining, versionOf } from './manifest.ts';
import { labelledFolds, prepareTraining, type TrainingInputs, trainingInputs } from './prepare.ts';
import { findPython } from './python.ts';
import {
  type Cadence,
  planHash,
  retrainDates,
  type SizedPlan,
  sizedPlan,
  versionName,
} from './sized-plan.ts';
import { trainStack } from './stack.ts';
import { runStage, type TrainingRun } from './stage.ts';

export interface TrainingRequest {
  readonly strategy: string;
  readonly dataset: string;
  /** `demo` if absent. */
  readonly size?: SizeName;
  /** 1 if absent. */
  readonly seed?: number;
  /** Nothing later is looked at, epoch ms UTC on the hour; the last 00:00 of the data if absent. */
  readonly toMs?: number;
  /** First retrain date of a cadence, epoch ms UTC. */
  readonly fromMs?: number;
  /** `none` if absent: one version, at `toMs`. */
  readonly cadence?: Cadence;
  /** Of a numeric library, and of the export of rows; the machine's cores if absent. */
  readonly threads?: number;
  /** Store the folds' models too. */
  readonly keepFolds?: boolean;
  readonly progress?: Progress;
  /** Once up, the job under way is ended and nothing is stored of its version. */
  readonly signal?: AbortSignal;
}

export interface TrainResult {
  /** Retrains by date; those that were there already are not trained again. */
  readonly versions: readonly {
    readonly manifest: ModelVersion;
    readonly dir: string;
    readonly isNew: boolean;
  }[];
}

/** @throws TrainingFault, StoreFault */
export async function trainStrategy(store: Store, request: TrainingRequest): Promise<TrainResult> {
  const { progress, threads = availableParallelism() } = request;
  const sized = planFor(request);
  findPython();
  const opened = await trainingInputs(store, request.dataset, sized, progress);
  const dates = datesOf(request, opened);
  const pool = new WorkerPool(threads);
  try {
    const versions: TrainResult['versions'][number][] = [];
    for (const toMs of dates) {
      versions.push(await trainVersion(store, { ...request, threads }, { ...opened, sized, pool }, toMs));
    }
    return { versions };
  } finally {
    await pool.close();
  }
}

function planFor({ strategy, size = 'demo' }: TrainingRequest): SizedPlan {
  const plan = modelPlans.get(strategy);
  if (plan !== undefined) return sizedPlan(plan, size);
  const message = `strategy ${strategy} has no models to train; there are ${[...modelPlans.keys()].join(', ')}`;
  throw new TrainingFault('training-refused', message, { faults: [{ path: 'strategy', message }] });
}

function datesOf(
  { toMs, fromMs, cadence = 'none' }: TrainingRequest,
  { dataset: { panel } }: TrainingInputs,
): readonly number[] {
  const dayMs = 24 * hourMs;
  const lastMs = toMs ?? Math.floor(timeAt(panel, panel.hours) / dayMs) * dayMs;
  const refused = (path: string, message: string) =>
    new TrainingFault('training-refused', message, { faults: [{ path, message }] });
  if (cadence === 'none') {
    if (fromMs !== undefined)
      throw refused('--from', '--from is the first retrain date of a cadence: give --cadence as well');
    return [lastMs];
  }
  if (fromMs === undefined || fromMs > lastMs)
    throw refused('--from', `a cadence needs --from, the first retrain date, at or before ${iso(lastMs)}`);
  const dates = retrainDates(cadence, fromMs, lastMs);
  if (dates.length === 0)
    throw refused('--from', `no ${cadence} retrain date lies between ${iso(fromMs)} and ${iso(lastMs)}`);
  return dates;
}

type Opened = TrainingInputs & { readonly sized: SizedPlan; readonly pool: WorkerPool };

async function trainVersion(
  store: Store,
  request: TrainingRequest & { readonly threads: number },
  opened: Opened,
  toMs: number,
): Promise<TrainResult['versions'][number]> {
  const { seed = 1, progress, signal, threads, keepFolds = false } = request;
  const { sized, dataset } = opened;
  const { plan, sizeName } = sized;
  const named = { datasetHash: dataset.hash, planHash: planHash(plan), size: sizeName, seed, toMs };
  const version = versionName(named);
  const there = (await versionFolders(store, plan.strategy)).find((folder) => folder.version === version);
  if (there?.manifest !== undefined && there.manifest !== null)
    return { manifest: there.manifest, dir: there.dir, isNew: false };
  const workDir = await freshWorkDir(store, plan.strategy, version);
  try {
    const prepared = await prepareTraining(opened, toMs, progress);
    const run: TrainingRun = {
      ...{ prepared, version, seed, threads, keepFolds, workDir },
      datasetDir: store.datasetDir(dataset.name),
      ...(progress === undefined ? {} : { progress }),
      ...(signal === undefined ? {} : { signal }),
    };
    const finished = isStacked(sized) ? await trainStack(run) : await trainAtOnce(run);
    const { manifest, artifacts } = await versionOf(run, finished);
    const stored = await addVersion(store, manifest, artifacts, progress);
    return { manifest, dir: stored.dir, isNew: true };
  } finally {
    // Workers that were writing when the command was stopped may be at it still.
    await rm(workDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Beside the versions, under a name that the store passes over. */
async function freshWorkDir(store: Store, strategy: string, version: string): Promise<string> {
  const place = join(store.modelsDir, strategy, `${version}.job`);
  await mkdir(dirname(place), { recursive: true });
  await removeDeadStaging(dirname(place), basename(place));
  const dir = `${place}.staging-${process.pid}`;
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir);
  return dir;
}

/** Some model reads columns that another one fills. */
function isStacked({ models }: SizedPlan): boolean {
  return models.some((model) => model.kind === 'network' && model.outOfFoldDays !== null);
}

/** All models read the market alone: one job. */
async function trainAtOnce(run: TrainingRun): Promise<FinishedTraining> {
  const { prepared } = run;
  const { folds, labels } = labelledFolds(prepared, prepared.labels, prepared.window.fromMs);
  const { models } = prepared.sized;
  const stage = await runStage(run, { name: 'models', models, labels, folds });
  return { stages: [stage], folds, labels, notes: [] };
}
