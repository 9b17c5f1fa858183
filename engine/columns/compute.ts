/**
 * Computes features over a panel as columns, in blocks of coins, in worker threads. Workers write straight into shared
 * time-major columns; a coin belongs to exactly one block and a cross-section to exactly one range of hours, so neither the
 * size of blocks nor the number of workers can show.
 */
import { sealRows, symbolLanes } from '../panel/fingerprint.ts';
import { hourMs } from '../panel/hours.ts';
import { sharedFloat32 } from '../panel/panel.ts';
import { emptyRows, type Rows } from '../panel/rows.ts';
import { siblingModule, type WorkerPool } from '../signal/pool.ts';
import { CoinRange } from './coin-range.ts';
import {
  type CoinTask,
  type ColumnSpan,
  fillCoins,
  fillCrossSections,
  fillMarket,
  type NarrowRows,
  namesOf,
  nextComputation,
  type SpanTask,
} from './column-span.ts';
import type { FeatureDefinition } from './features/feature.ts';
import type { ColumnInputs } from './features/inputs.ts';
import { featureMap, features, featuresWith } from './features/registry.ts';
import { type ColumnPlan, inputNames, planOf } from './plan.ts';

export interface ComputeOptions {
  /** Threads to use; computed in this thread if absent. */
  readonly pool?: WorkerPool;
  /** Coins per task. */
  readonly blockCoins?: number;
  readonly onBlock?: (doneCoins: number, coins: number) => void;
  /** Panel hours [fromHour, toHour) to compute; all of them if absent. */
  readonly fromHour?: number;
  readonly toHour?: number;
  /** URLs of modules whose exported features count as well. */
  readonly modules?: readonly string[];
  /** Further features by value, for computations in this thread. */
  readonly definitions?: readonly FeatureDefinition[];
}

const BLOCK_COINS = 32;
const CROSS_SECTION_HOURS = 512;

/**
 * The named columns, with row hashes, in the order of the names. All names must be registered and have a formula. Row 0 is
 * that of `fromHour`: rows of a part of the hours take room for that part alone.
 */
export async function computeColumns(
  inputs: ColumnInputs,
  names: readonly string[],
  options: ComputeOptions = {},
): Promise<readonly Rows[]> {
  const { panel } = inputs;
  const { fromHour = 0, toHour = panel.hours, modules = [] } = options;
  const plan = planOf(names, await definitionsOf(options));
  const rows = rowsOf(plan, panel.symbols.length, toHour - fromHour);
  const span: ColumnSpan = { inputs, rows: [...rows.values()], rowsFromHour: fromHour, fromHour, toHour };
  const task: SpanTask = { ...span, plan: namesOf(plan), modules, computation: nextComputation() };
  fillMarket(span, plan.market);
  await fillCoinBlocks(task, plan, options);
  await fillCrossSectionBlocks(task, plan, options.pool);
  const asked = names.map((name) => rows.get(name)!);
  const lanes = symbolLanes(panel.symbols);
  for (const column of asked) sealRows(column, lanes, panel.startMs + fromHour * hourMs);
  return asked;
}

/** One hour of columns, as a live feed computes it. `rows` are those of the whole panel. */
export function computeHour(
  inputs: ColumnInputs,
  rows: readonly Rows[],
  lanes: Int32Array,
  hour: number,
  definitions: ReadonlyMap<string, FeatureDefinition> = features,
): void {
  const coins = inputs.panel.symbols.length;
  const names = rows.map(({ name }) => name);
  for (const [at, { values, rowHash }] of columnsAt(inputs, names, lanes, hour, definitions).entries()) {
    rows[at]!.values.set(values, hour * coins);
    rows[at]!.rowHash.set(rowHash, hour * 2);
  }
}

/**
 * The named columns at one hour, with row hashes: the same kernels as over many hours, in this thread, over windows no longer
 * than the features reach back.
 */
export function columnsAt(
  inputs: ColumnInputs,
  names: readonly string[],
  lanes: Int32Array,
  hour: number,
  definitions: ReadonlyMap<string, FeatureDefinition> = features,
): readonly Rows[] {
  const { panel } = inputs;
  const coins = panel.symbols.length;
  const plan = planOf(names, definitions);
  const hourRows = rowsOf(plan, coins, 1);
  const span: ColumnSpan = {
    ...{ inputs, rows: [...hourRows.values()], rowsFromHour: hour, fromHour: hour, toHour: hour + 1 },
  };
  fillMarket(span, plan.market);
  fillCoins(span, plan.coin, new CoinRange(inputs, plan.coin, hour, hour + 1), 0, coins);
  fillCrossSections(span, plan.crossSection);
  const asked = names.map((name) => hourRows.get(name)!);
  for (const column of asked) sealRows(column, lanes, panel.startMs + hour * hourMs);
  return asked;
}

export async function definitionsOf({
  modules = [],
  definitions = [],
}: ComputeOptions): Promise<ReadonlyMap<string, FeatureDefinition>> {
  const known = await featuresWith(modules);
  if (definitions.length === 0) return known;
  return featureMap([...known.values(), ...definitions]);
}

/** Cross-sections of a plan in single precision: row 0 is that of `fromHour`. Their inputs are computed for them and dropped. */
export async function crossSectionRows(
  inputs: ColumnInputs,
  { crossSection }: ColumnPlan,
  options: ComputeOptions,
): Promise<readonly NarrowRows[]> {
  const { panel } = inputs;
  const { fromHour = 0, toHour = panel.hours, modules = [] } = options;
  if (crossSection.length === 0) return [];
  const coins = panel.symbols.length;
  const cells = (toHour - fromHour) * coins;
  const narrow = crossSection.map(({ name }) => ({
    ...{ name, coins },
    values: sharedFloat32(cells),
  }));
  const plan = planOf(inputNames(crossSection), await definitionsOf(options));
  const rows = [...rowsOf(plan, coins, toHour - fromHour).values()];
  const span: ColumnSpan = { inputs, rows, rowsFromHour: fromHour, fromHour, toHour, narrow };
  const task: SpanTask = { ...span, plan: namesOf(plan), modules, computation: nextComputation() };
  fillMarket(span, plan.market);
  const { onBlock: _, ...quiet } = options;
  await fillCoinBlocks(task, plan, quiet);
  const whole = { ...plan, crossSection };
  await fillCrossSectionBlocks({ ...task, plan: namesOf(whole) }, whole, options.pool);
  return narrow;
}

function rowsOf(plan: ColumnPlan, coins: number, hours: number): ReadonlyMap<string, Rows> {
  const all = [...plan.market, ...plan.coin, ...plan.crossSection];
  return new Map(all.map(({ name }) => [name, emptyRows(name, coins, hours)]));
}

async function fillCoinBlocks(task: SpanTask, plan: ColumnPlan, options: ComputeOptions): Promise<void> {
  const { pool, onBlock, blockCoins = BLOCK_COINS } = options;
  const coins = task.inputs.panel.symbols.length;
  const range = new CoinRange(task.inputs, plan.coin, task.fromHour, task.toHour);
  let done = 0;
  const blocks: Promise<void>[] = [];
  for (let fromCoin = 0; fromCoin < coins; fromCoin += blockCoins) {
    const toCoin = Math.min(coins, fromCoin + blockCoins);
    if (pool === undefined) fillCoins(task, plan.coin, range, fromCoin, toCoin);
    const filled =
      pool === undefined ? Promise.resolve() : runTask(pool, 'coinTask', { ...task, fromCoin, toCoin });
    blocks.push(
      filled.then(() => {
        done += toCoin - fromCoin;
        onBlock?.(done, coins);
      }),
    );
  }
  await Promise.all(blocks);
}

async function fillCrossSectionBlocks(
  task: SpanTask,
  plan: ColumnPlan,
  pool: WorkerPool | undefined,
): Promise<void> {
  if (plan.crossSection.length === 0) return;
  if (pool === undefined) {
    fillCrossSections(task, plan.crossSection);
    return;
  }
  const blocks: Promise<void>[] = [];
  for (let fromHour = task.fromHour; fromHour < task.toHour; fromHour += CROSS_SECTION_HOURS) {
    const toHour = Math.min(task.toHour, fromHour + CROSS_SECTION_HOURS);
    blocks.push(runTask(pool, 'crossSectionTask', { ...task, fromHour, toHour }));
  }
  await Promise.all(blocks);
}

function runTask(pool: WorkerPool, functionName: string, task: SpanTask | CoinTask): Promise<void> {
  return pool.run(siblingModule('column-span', import.meta.url), functionName, task);
}
