/**
 * One strategy's models over one dataset, from bars to stored scores:
 *
 *   1. `chooseVersions`    retrains that are valid by the end, every artifact checked
 *   2. `scoreInputs`       panel with volumes, records, regime versions; news with the classes that the versions give
 *   3. `eachScoredBlock`   block by block in workers: features, rows or sequences, graphs, one file; what is there already stays
 *   4. `publish`           manifest beside the files, one rename
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '../../datasets/dataset.ts';
import { fileHash } from '../../datasets/duck.ts';
import { openDataset } from '../../datasets/open.ts';
import type { Progress } from '../../datasets/progress.ts';
import { type ScoredPart, scoreConsumer } from '../../datasets/scores/consume.ts';
import {
  listScores,
  type ScoreInputs,
  type ScoreManifest,
  type StoredScores,
  scorePlanHash,
  type UniverseSettings,
} from '../../datasets/scores/score-set.ts';
import { usedVersion } from '../../datasets/scores/used-versions.ts';
import { type ScoreStaging, stageScores, totalsOf } from '../../datasets/scores/write.ts';
import type { Store } from '../../datasets/store.ts';
import type { Fault } from '../../engine/config.ts';
import { isoMinute } from '../../engine/panel/hours.ts';
import { hourAt, type Panel, sharedInt32, timeAt } from '../../engine/panel/panel.ts';
import type { ModelPlan } from '../../engine/signal/model-plan.ts';
import { signalsOf } from '../../engine/signal/plan-signals.ts';
import { WorkerPool } from '../../engine/signal/pool.ts';
import { versionsByHour } from '../../engine/signal/score-block.ts';
import { batchRowsDefault, eachScoredBlock } from '../../engine/signal/score-columns.ts';
import { engineVersion } from '../../engine/version.ts';
import { modelPlans } from '../../strategies/models.ts';
import { ScenarioFault } from '../faults.ts';
import { scoreInputs } from './inputs.ts';
import { scoringProgress } from './progress.ts';
import { type ChosenVersions, chooseVersions, type VersionChoice } from './versions.ts';

export interface ScoreRequest extends VersionChoice {
  readonly strategy: string;
  readonly dataset: string;
  /** Bars from the one that opens here, to the one that closes here; all of them if null. Epoch ms. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly universe?: Partial<UniverseSettings>;
  /** As many as the machine has cores if absent. */
  readonly workers?: number;
  /** Rows handed to a graph at once. */
  readonly batchRows?: number;
  /** Coins per block. */
  readonly blockCoins?: number;
  /** Score again what is there already. */
  readonly again?: boolean;
  /** A clock that does not go back, in ms: for rows per second and the time left. */
  readonly clockMs: () => number;
  readonly progress?: Progress;
}

export interface FinishedScores {
  readonly manifest: ScoreManifest;
  readonly dir: string;
  /** Rows that were scored just now, not found; and how many a second, null where there were none. */
  readonly scoredRows: number;
  readonly rowsPerSecond: number | null;
  readonly remarks: readonly string[];
}

const BLOCK_COINS = 8;

/** @throws StoreFault, ScenarioFault listing everything that is wrong with the request */
export async function scoreDataset(store: Store, request: ScoreRequest): Promise<FinishedScores> {
  const { progress, blockCoins = BLOCK_COINS } = request;
  const plan = planNamed(request.strategy);
  progress?.(`opening dataset ${request.dataset}`);
  const dataset = await openDataset(store, request.dataset, { volumes: true });
  const { panel } = dataset;
  const span = spanOf(request, panel);
  const spanMs = { fromMs: timeAt(panel, span.fromHour), toMs: timeAt(panel, span.toHour) };
  const chosen = await chooseVersions(store, plan, dataset, spanMs.toMs, request, progress);
  const inputs: ScoreInputs = {
    ...{ datasetHash: dataset.hash, strategy: plan.strategy, planHash: scorePlanHash(plan), engineVersion },
    ...spanMs,
    versions: chosen.versions.map(({ manifest }) => usedVersion(manifest, columnsOfEnsembles(plan))),
    trainedOn: chosen.trainedOn,
    universe: { approximateQuoteVolume: false, dailyVolumeMin: 0, ...request.universe },
  };
  const former = request.again === true ? null : await wholeScores(store, dataset.name, inputs);
  if (former !== null) return { ...former, scoredRows: 0, rowsPerSecond: null, remarks: chosen.remarks };
  const staging = await stageScores(store, dataset.name, inputs, {
    coins: panel.symbols.length,
    blockCoins,
    again: request.again ?? false,
  });
  const work: Work = { store, dataset, chosen, inputs, staging, span, blockCoins };
  return await scoreAndPublish(work, request);
}

interface Work {
  readonly store: Store;
  readonly dataset: Dataset;
  readonly chosen: ChosenVersions;
  readonly inputs: ScoreInputs;
  readonly staging: ScoreStaging;
  readonly span: { readonly fromHour: number; readonly toHour: number };
  readonly blockCoins: number;
}

async function scoreAndPublish(work: Work, request: ScoreRequest): Promise<FinishedScores> {
  const { store, dataset, chosen, inputs, staging, span } = work;
  const { progress, clockMs } = request;
  const made = await scoreInputs(store, dataset, chosen, { ...inputs.universe, dir: staging.dir }, progress);
  const startMs = clockMs();
  const fresh = await scoreBlocks(work, made, request);
  const scoredRows = fresh.reduce((sum, { rows }) => sum + rows, 0);
  const seconds = (clockMs() - startMs) / 1000;
  const versionOf = versionsByHour(chosen.plan, dataset.panel.startMs, span.fromHour, span.toHour);
  const totals = totalsOf(chosen.plan, [...staging.done.values(), ...fresh], versionOf);
  const signals = signalsOf(planNamed(request.strategy));
  const manifest: ScoreManifest = {
    ...{ formatVersion: 1, dataset: dataset.name, ...inputs, ...totals, signals },
  };
  progress?.('storing the scores');
  const dir = await staging.publish(manifest);
  return {
    ...{ manifest, dir, scoredRows, remarks: [...chosen.remarks, ...made.remarks] },
    rowsPerSecond: scoredRows === 0 ? null : Math.round(scoredRows / seconds),
  };
}

async function scoreBlocks(
  { dataset: { panel }, chosen, staging, span, blockCoins }: Work,
  { inputs, stored }: Awaited<ReturnType<typeof scoreInputs>>,
  { workers = availableParallelism(), batchRows = batchRowsDefault, progress, clockMs }: ScoreRequest,
): Promise<readonly ScoredPart[]> {
  const coins = new Set(
    [...panel.symbols.keys()].filter((coin) => !staging.done.has(coin - (coin % blockCoins))),
  );
  if (coins.size === 0) return [];
  const scoredRows = sharedInt32(1);
  const report = scoringProgress(progress, clockMs, () => Atomics.load(scoredRows, 0));
  report(0);
  const pool = new WorkerPool(workers);
  try {
    return await eachScoredBlock<ScoredPart>(
      inputs,
      chosen.plan,
      (job) => scoreConsumer(job, staging.dir, scoredRows),
      {
        ...{ pool, batchRows, blockCoins, coins, stored, ...span },
        onBlock: (done, all) => report(done / all),
      },
    );
  } finally {
    await pool.close();
  }
}

/** Finished scores of the very same inputs whose files are what was written; null where there are none. */
async function wholeScores(store: Store, dataset: string, inputs: ScoreInputs): Promise<StoredScores | null> {
  const found = (await listScores(store, dataset)).find(
    ({ manifest }) => manifest.strategy === inputs.strategy,
  );
  if (found === undefined) return null;
  const same = (Object.keys(inputs) as (keyof ScoreInputs)[]).every(
    (key) => JSON.stringify(found.manifest[key]) === JSON.stringify(inputs[key]),
  );
  if (!same) return null;
  for (const { file, sha256 } of found.manifest.files) {
    if ((await fileHash(join(found.dir, file)).catch(() => null)) !== sha256) return null;
  }
  return found;
}

function planNamed(strategy: string): ModelPlan {
  const plan = modelPlans.get(strategy);
  if (plan !== undefined) return plan;
  const message = `there are no models of a strategy ${strategy}; there are ${[...modelPlans.keys()].join(', ')}`;
  throw new ScenarioFault([{ path: 'strategy', message }]);
}

function columnsOfEnsembles({ ensembles }: ModelPlan): (name: string) => string | null {
  return (name) => ensembles.find((ensemble) => ensemble.name === name)?.column ?? null;
}

function spanOf(
  { fromMs, toMs }: ScoreRequest,
  panel: Panel,
): { readonly fromHour: number; readonly toHour: number } {
  const endMs = timeAt(panel, panel.hours);
  const faults: Fault[] = [];
  const hourOf = (path: string, timeMs: number | null, otherwise: number): number => {
    if (timeMs === null) return otherwise;
    const hour = hourAt(panel, timeMs);
    if (!Number.isInteger(hour))
      faults.push({ path, message: `must be a whole hour, was ${isoMinute(timeMs)}` });
    if (hour < 0 || hour > panel.hours)
      faults.push({
        path,
        message: `${isoMinute(timeMs)} lies outside the data, which run from ${isoMinute(panel.startMs)} to ${isoMinute(endMs)}`,
      });
    return hour;
  };
  const [fromHour, toHour] = [hourOf('--from', fromMs, 0), hourOf('--to', toMs, panel.hours)];
  if (faults.length === 0 && fromHour >= toHour)
    faults.push({ path: '--to', message: 'must be later than --from' });
  if (faults.length > 0) throw new ScenarioFault(faults);
  return { fromHour, toHour };
}
