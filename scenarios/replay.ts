/**
 * Recomputes a stored run from its scenario and compares the two bit for bit. Datasets are rehashed, never trusted. Where
 * something differs, the cause is named before the effect: first the input (hour, coin, field), else the first row that
 * came out otherwise.
 */

import type { Dataset } from '../datasets/dataset.ts';
import { StoreFault } from '../datasets/faults.ts';
import { firstInputDifference, loadFingerprint } from '../datasets/fingerprints.ts';
import { openDataset } from '../datasets/open.ts';
import { damagedTables, type FinishedRun, type RunTable, readRun, type StoredRun } from '../datasets/runs.ts';
import type { Store } from '../datasets/store.ts';
import { firstRunDifference } from './diff.ts';
import { ScenarioFault } from './faults.ts';
import type { LoadedStrategy } from './load-strategy.ts';
import type { Scenario } from './scenario.ts';
import { needsVolumes, type Prepared, prepare, type SimulationOptions, simulate } from './simulate.ts';

export interface ReplayDifference {
  /** Epoch ms; null where the difference has no time, such as another version of the code. */
  readonly timeMs: number | null;
  readonly time: string | null;
  readonly symbol: string | null;
  /** An input field (`close`, `funding`, `score` …), a table's column, or what else went in. */
  readonly field: string;
  readonly kind: 'input' | 'strategy' | 'result';
  readonly recorded: string | number | null;
  readonly recomputed: string | number | null;
}

export interface Replay {
  readonly runId: string;
  /** True where inputs, decisions, trades and equity are all the same to the last bit. */
  readonly equal: boolean;
  readonly firstDifference: ReplayDifference | null;
  /** Recomputed: null where an input differs so that nothing could be. */
  readonly signalDigest: { readonly recorded: string; readonly recomputed: string | null };
  readonly digest: { readonly recorded: string; readonly recomputed: string | null };
}

export interface ReplayOptions extends SimulationOptions {
  /** Another dataset than the run's own: what would these prices have done? */
  readonly dataset?: string;
  /** Loads the strategy that the run names; the scenario's own loader where absent. */
  readonly loadStrategy: (run: StoredRun) => Promise<LoadedStrategy>;
}

export async function replayRun(store: Store, runId: string, options: ReplayOptions): Promise<Replay> {
  const run = await readRun(store, runId);
  const name = options.dataset ?? run.manifest.dataset.name;
  const scenario = { ...recordedScenario(run), dataset: name };
  const strategy = await options.loadStrategy(run);
  options.progress?.(`hashing dataset ${name}`);
  const volumes = needsVolumes(scenario, strategy);
  const dataset = await openDataset(store, name, { verify: true, allowChanged: true, volumes });
  const prepared = await prepareOrName(store, run, dataset, () =>
    prepare(dataset, scenario, strategy, options),
  );
  if (!('dataset' in prepared)) return unlike(run, prepared);
  const again = await simulate(prepared, scenario, options);
  const { signalDigest, digest } = again.manifest;
  const damaged = await damagedTables(run);
  const same =
    signalDigest === run.manifest.signalDigest &&
    digest === run.manifest.digest &&
    dataset.hash === run.manifest.dataset.hash &&
    strategy.codeHash === run.manifest.strategy.codeHash &&
    sameModels(run, again) &&
    damaged.length === 0;
  return {
    runId: run.manifest.runId,
    equal: same,
    firstDifference: same ? null : await firstDifference(store, run, { again, dataset, strategy, damaged }),
    signalDigest: { recorded: run.manifest.signalDigest, recomputed: signalDigest },
    digest: { recorded: run.manifest.digest, recomputed: digest },
  };
}

/**
 * What the run is simulated with; where scores are stale because the dataset is another one, what differs in the dataset.
 * @throws StoreFault `scores-stale` where they are so for another reason
 */
async function prepareOrName(
  store: Store,
  run: StoredRun,
  dataset: Dataset,
  prepared: () => Promise<Prepared>,
): Promise<Prepared | ReplayDifference> {
  try {
    return await prepared();
  } catch (cause) {
    if (!(cause instanceof StoreFault) || cause.code !== 'scores-stale') throw cause;
    if (dataset.hash === run.manifest.dataset.hash) throw cause;
    return (await inputDifference(store, run, dataset)) ?? otherDataset(run, dataset);
  }
}

/** A replay that found the difference before there was anything to simulate. */
function unlike(run: StoredRun, firstDifference: ReplayDifference): Replay {
  const { runId, signalDigest, digest } = run.manifest;
  return {
    ...{ runId, equal: false, firstDifference },
    signalDigest: { recorded: signalDigest, recomputed: null },
    digest: { recorded: digest, recomputed: null },
  };
}

function otherDataset(run: StoredRun, dataset: Dataset): ReplayDifference {
  const place = { timeMs: null, time: null, symbol: null, field: 'dataset.hash' };
  return { ...place, kind: 'input', recorded: run.manifest.dataset.hash, recomputed: dataset.hash };
}

/** @throws ScenarioFault where the run was written before scenarios said how the account works */
function recordedScenario({ manifest }: StoredRun): Scenario {
  if (!('account' in manifest.scenario)) {
    const message = `run ${manifest.runId} was written by a version whose scenarios said nothing about the account; run its scenario again`;
    throw new ScenarioFault([{ path: 'account', message }]);
  }
  return manifest.scenario as unknown as Scenario;
}

async function firstDifference(
  store: Store,
  run: StoredRun,
  found: {
    readonly again: FinishedRun;
    readonly dataset: Dataset;
    readonly strategy: LoadedStrategy;
    readonly damaged: readonly RunTable[];
  },
): Promise<ReplayDifference> {
  const { again, dataset, strategy, damaged } = found;
  return (
    (await inputDifference(store, run, dataset)) ??
    codeDifference(run, strategy) ??
    modelDifference(run, again) ??
    (await resultDifference(run, again)) ??
    damageOf(run, damaged) ??
    otherDataset(run, dataset)
  );
}

/** Null where the inputs are the same, or where nobody kept the fingerprint of the recorded ones. */
async function inputDifference(
  store: Store,
  run: StoredRun,
  dataset: Dataset,
): Promise<ReplayDifference | null> {
  const recorded = run.manifest.dataset.hash;
  if (recorded === dataset.hash) return null;
  const before = await loadFingerprint(store, recorded);
  const difference = before === null ? null : firstInputDifference(before, await dataset.fingerprint());
  if (difference === null) return null;
  const { timeMs, symbol, field } = difference;
  return { timeMs, time: iso(timeMs), symbol, field, kind: 'input', recorded: null, recomputed: null };
}

function codeDifference(run: StoredRun, strategy: LoadedStrategy): ReplayDifference | null {
  const recorded = run.manifest.strategy.codeHash;
  if (recorded === strategy.codeHash) return null;
  const place = { timeMs: null, time: null, symbol: null, field: 'strategy.codeHash' };
  return { ...place, kind: 'strategy', recorded, recomputed: strategy.codeHash };
}

function sameModels(run: StoredRun, again: FinishedRun): boolean {
  return run.manifest.models.join() === again.manifest.models.join();
}

/** Scores are named by a hash over their values: other scores are another input, whatever the strategy made of them. */
function modelDifference(run: StoredRun, again: FinishedRun): ReplayDifference | null {
  if (sameModels(run, again)) return null;
  const [recorded, recomputed] = [run.manifest.models, again.manifest.models].map((names) =>
    names.join(', '),
  );
  const place = { timeMs: null, time: null, symbol: null, field: 'models' };
  return { ...place, kind: 'input', recorded: recorded!, recomputed: recomputed! };
}

async function resultDifference(run: StoredRun, again: FinishedRun): Promise<ReplayDifference | null> {
  const difference = await firstRunDifference(async (name: RunTable) => [
    await run.table(name),
    again.tables[name],
  ]);
  if (difference === null) return null;
  const { timeMs, symbol, field, a, b } = difference;
  return { timeMs, time: iso(timeMs), symbol, field, kind: 'result', recorded: a, recomputed: b };
}

/** A table whose rows compare equal and whose file is another one all the same. */
function damageOf(run: StoredRun, [name]: readonly RunTable[]): ReplayDifference | null {
  if (name === undefined) return null;
  const place = { timeMs: null, time: null, symbol: null, field: `${name}.parquet` };
  return { ...place, kind: 'result', recorded: run.manifest.tables[name]?.sha256 ?? null, recomputed: null };
}

function iso(timeMs: number): string | null {
  return Number.isFinite(timeMs) ? new Date(timeMs).toISOString() : null;
}
