/**
 * `npm run bench:scoring`: forests of the published size through the scorer that users get, beside the general runtime and, where
 * Python is set up, XGBoost's own predictor: the same trees, the same rows, one thread each, in turns. One JSON line a task.
 *
 * Results are compared first: all three give the same bits on every row, or nothing is timed.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { sha256 } from '../../datasets/models/artifact-files.ts';
import type { FeatureBlock } from '../../engine/columns/blocks.ts';
import { barInputs } from '../../engine/columns/features/inputs.ts';
import { assertInvariant } from '../../engine/invariant.ts';
import { sharedFloat32 } from '../../engine/panel/panel.ts';
import { siblingModule, WorkerPool } from '../../engine/signal/pool.ts';
import { scoreBlock } from '../../engine/signal/score-block.ts';
import { type ScoredModel, type ScorePlan, sharedBytes } from '../../engine/signal/scored-version.ts';
import { openSession, sharedSession } from '../../engine/signal/session.ts';
import type { TreeEnsemble } from '../../engine/signal/tree-ensemble.ts';
import { ensembleOfForest, madeUpForest, madeUpRows, treeEnsembleGraph, xgboostModel } from './forest.ts';
import { madeUpWorkload } from './made-up.ts';
import { prepareWorkload } from './workload.ts';

export interface ScoringBenchOptions {
  /** Interpreter with xgboost, and the script that asks its predictor; null where there is none. */
  readonly xgboost: { readonly python: string; readonly script: string } | null;
  readonly rounds: number;
  readonly print: (line: string) => void;
}

const FEATURES = 95;
const shape = { trees: 800, depth: 6, features: FEATURES, thresholds: 255 };
const ROWS = 40_000;
/** A worker takes its rows so often: a task is then long beside its handing over, as those of a year are. */
const PASSES = 4;
/** Of a worker's task. */
const TASK_ROWS = ROWS / 2;
const COINS = 1000;

export async function scoringBench(options: ScoringBenchOptions): Promise<void> {
  await benchThroughput(options);
  await benchLive(options);
}

async function benchThroughput({ xgboost, rounds, print }: ScoringBenchOptions): Promise<void> {
  const forest = madeUpForest({ ...shape, seed: 1 });
  const graph = sharedBytes(treeEnsembleGraph(ensembleOfForest(forest), FEATURES));
  const rows = sharedFloat32(ROWS * FEATURES);
  rows.set(madeUpRows(ROWS, FEATURES, 2));
  const runtime = await openSession(graph, true);
  const wide = sharedBytes(treeEnsembleGraph({ ...ensembleOfForest(forest), precision: 'double' }, FEATURES));
  const wideRuntime = await openSession(wide, true);
  const one = new WorkerPool(1);
  const two = new WorkerPool(2);
  const native = xgboost === null ? null : await openPredictor(xgboost, xgboostModel(forest, FEATURES), rows);
  try {
    const task = { graph, rows, sha256: hashOf(graph) };
    const wideTask = { graph: wide, rows, sha256: hashOf(wide) };
    const expected = await runtime.run(rows, ROWS, [FEATURES]);
    for (const pool of [one, two]) sameBits(await byWorkers(pool, task), expected, 'the scorer');
    const wideExpected = await wideRuntime.run(rows, ROWS, [FEATURES]);
    sameBits(await byWorkers(one, wideTask), wideExpected, 'the scorer in double precision');
    if (native !== null) sameBits(await native.margins(), expected, 'XGBoost');
    const tasks: Record<string, () => Promise<number>> = {
      runtime: () => secondsOf(() => runtime.run(rows, ROWS, [FEATURES])),
      runtime_double: () => secondsOf(() => wideRuntime.run(rows, ROWS, [FEATURES])),
      one_worker_double: () => secondsOf(() => byWorkers(one, wideTask), PASSES),
      one_worker: () => secondsOf(() => byWorkers(one, task), PASSES),
      two_workers: () => secondsOf(() => byWorkers(two, task), PASSES),
      ...(native === null ? {} : { xgboost: () => native.seconds() }),
    };
    const times = await inTurns(tasks, rounds);
    const rates = new Map([...times].map(([name, { wall }]) => [name, wall.map((time) => ROWS / time)]));
    for (const [name, each] of rates)
      print(JSON.stringify({ task: `forest.${name}`, rows: ROWS, ...spread(each) }));
    const ratio = (task: string, over: string) => {
      const [a, b] = [rates.get(task), rates.get(over)];
      if (a === undefined || b === undefined) return;
      print(JSON.stringify({ task: `${task}/${over}`, ...spread(a.map((rate, round) => rate / b[round]!)) }));
    };
    ratio('one_worker', 'runtime');
    ratio('one_worker_double', 'runtime_double');
    ratio('two_workers', 'one_worker');
    // What two free cores would give, told by the processor's time alone: a busy machine hides it.
    const [alone, both] = ['one_worker', 'two_workers'].map((name) => times.get(name)!.cpu);
    const scaling = both!.map((time, round) => (2 * alone![round]!) / time);
    print(JSON.stringify({ task: 'two_workers/one_worker by processor time', ...spread(scaling) }));
    ratio('runtime', 'xgboost');
    ratio('one_worker', 'xgboost');
    if (native === null)
      print(JSON.stringify({ task: 'forest.xgboost', skipped: 'no Python with xgboost is set up' }));
  } finally {
    await Promise.all([one.close(), two.close(), runtime.close(), wideRuntime.close(), native?.close()]);
  }
}

/** One hour of 1,000 coins through six classifiers and two regressors of 800 trees, gathering and ensembles included. */
async function benchLive({ rounds, print }: ScoringBenchOptions): Promise<void> {
  const sides = ['buy', 'sell'] as const;
  const features = Array.from({ length: FEATURES }, (_, feature) => `f${feature}`);
  // XGBoost adds leaves up in single precision, the other libraries in double.
  const model = (name: string, seed: number, precision: TreeEnsemble['precision']): ScoredModel => {
    const ensemble = { ...ensembleOfForest(madeUpForest({ ...shape, seed })), precision };
    const graph = sharedBytes(treeEnsembleGraph(ensemble, FEATURES));
    return {
      ...{ name, features, steps: 1, shape: [FEATURES], strideHours: 1, nanShareMax: 1, columns: [name] },
      ...{ stored: 'raw', sha256: hashOf(graph), graph },
    };
  };
  const members = (side: string) => [0, 1, 2].map((member) => `${side}_${member}`);
  const models = sides.flatMap((side, index) =>
    [...members(side), `${side}_ev`].map((name, at) =>
      model(name, 100 + 10 * index + at, at === 0 ? 'single' : 'double'),
    ),
  );
  const ensembles = sides.map((side) => ({
    ...{ column: `${side}_logit`, members: members(side), weights: [0.3, 0.4, 0.3], weightSet: '' },
  }));
  const plan: ScorePlan = {
    ...{ strategy: 'bench', decisionHoursUtc: null },
    columns: [...models, ...ensembles].map((one) => ('column' in one ? one.column : one.name)),
    versions: [{ version: 'bench', validFromMs: 0, models, ensembles }],
  };
  const { panel } = prepareWorkload(madeUpWorkload(COINS, 1));
  // Every coin has a bar.
  const bars = new Float64Array(panel.bars.length).fill(1);
  const block: FeatureBlock = {
    ...{
      inputs: barInputs({ ...panel, bars }),
      features,
      fromCoin: 0,
      toCoin: COINS,
      fromHour: 0,
      toHour: 1,
    },
    values: madeUpRows(COINS, FEATURES, 3),
    eligible: new Uint8Array(COINS).fill(1),
  };
  const job = { plan, fromHour: 0, toHour: 1, batchRows: 4096 };
  const opening = await secondsOf(() => scoreBlock(block, job));
  const times = await inTurns({ live: () => secondsOf(() => scoreBlock(block, job)) }, rounds);
  const { asked } = await scoreBlock(block, job);
  const rows = asked.reduce((sum, one) => sum + one, 0);
  print(
    JSON.stringify({
      task: 'live',
      rows,
      models: models.length,
      first_s: opening,
      ...spread(times.get('live')!.wall),
    }),
  );
}

interface WorkerRows {
  readonly graph: Uint8Array;
  readonly rows: Float32Array;
  readonly sha256: string;
}

/** Halves of the rows as tasks of their own, whatever the number of workers. */
async function byWorkers(pool: WorkerPool, task: WorkerRows): Promise<Float32Array> {
  const module = siblingModule('scoring', import.meta.url);
  const parts = [0, 1].map((part) => {
    const rows = task.rows.subarray(part * TASK_ROWS * FEATURES, (part + 1) * TASK_ROWS * FEATURES);
    return pool.run<Float32Array>(module, 'scoreRows', { ...task, rows });
  });
  const outputs = new Float32Array(ROWS);
  for (const [part, found] of (await Promise.all(parts)).entries()) outputs.set(found, part * TASK_ROWS);
  return outputs;
}

/** Runs in a worker. */
export async function scoreRows({ graph, rows, sha256 }: WorkerRows): Promise<Float32Array> {
  const session = await sharedSession(sha256, graph);
  for (let pass = 1; pass < PASSES; pass += 1) await session.run(rows, rows.length / FEATURES, [FEATURES]);
  return await session.run(rows, rows.length / FEATURES, [FEATURES]);
}

interface Predictor {
  margins(): Promise<Float32Array>;
  /** Of one prediction of all rows, by its own clock. */
  seconds(): Promise<number>;
  close(): Promise<void>;
}

/** A process that holds model and rows, and predicts whenever it is asked for a line. */
async function openPredictor(
  { python, script }: NonNullable<ScoringBenchOptions['xgboost']>,
  model: string,
  rows: Float32Array,
): Promise<Predictor> {
  const dir = await mkdtemp(join(tmpdir(), 'hourglass-bench-'));
  const files = ['model.json', 'rows.f32', 'margins.f32'].map((name) => join(dir, name));
  await writeFile(files[0]!, model);
  await writeFile(files[1]!, Uint8Array.from(new Uint8Array(rows.buffer)));
  const env = { ...process.env, OMP_NUM_THREADS: '1' };
  const process_: ChildProcessByStdio<Writable, Readable, null> = spawn(
    python,
    [script, ...files, String(FEATURES)],
    { env, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines: Interface = createInterface({ input: process_.stdout });
  const answers = lines[Symbol.asyncIterator]();
  const seconds = async () => {
    process_.stdin.write('\n');
    const { value, done } = await answers.next();
    if (done === true) throw new Error('the XGBoost predictor ended; see its message above');
    return Number(value);
  };
  return {
    seconds,
    margins: async () => {
      await seconds();
      const bytes = await readFile(files[2]!);
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    },
    close: async () => {
      process_.stdin.end();
      lines.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function sameBits(found: Float32Array, expected: Float32Array, what: string): void {
  const differing = found.findIndex((value, row) => !Object.is(value, expected[row]));
  assertInvariant(
    found.length === expected.length && differing < 0,
    `${what} gives the runtime's bits: row ${differing}, ${found[differing]} and ${expected[differing]}`,
  );
}

const WARM_UPS = 2;

interface Times {
  /** Seconds by round. */
  readonly wall: number[];
  /** Of all threads of this process. */
  readonly cpu: number[];
}

/** Times of every task, one after the other within a round. */
async function inTurns(
  tasks: Readonly<Record<string, () => Promise<number>>>,
  rounds: number,
): Promise<ReadonlyMap<string, Times>> {
  const times = new Map(Object.keys(tasks).map((name) => [name, { wall: [], cpu: [] } as Times]));
  for (let round = 0; round < WARM_UPS + rounds; round += 1) {
    for (const [name, run] of Object.entries(tasks)) {
      const before = process.cpuUsage();
      const seconds = await run();
      const { user, system } = process.cpuUsage(before);
      if (round < WARM_UPS) continue;
      times.get(name)!.wall.push(seconds);
      times.get(name)!.cpu.push((user + system) / 1e6);
    }
  }
  return times;
}

async function secondsOf(run: () => Promise<unknown>, passes = 1): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000 / passes;
}

function spread(values: readonly number[]): Record<string, number> {
  const sorted = values.toSorted((a, b) => a - b);
  const rounded = (value: number) => Number(value.toPrecision(4));
  return {
    median: rounded(sorted[Math.floor(sorted.length / 2)]!),
    min: rounded(sorted[0]!),
    max: rounded(sorted.at(-1)!),
  };
}

/** Digests take no shared memory. */
function hashOf(bytes: Uint8Array): string {
  return sha256(Uint8Array.from(bytes));
}
