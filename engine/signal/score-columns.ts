/**
 * Scores of a strategy's models over a panel, as columns in memory: what a live session asks for at the newest hour, and what the store
 * writes down for a whole history.
 */
import { type BlockConsumer, computeBlocks, type FeatureBlock } from '../columns/blocks.ts';
import type { ColumnInputs } from '../columns/features/inputs.ts';
import { sealRows, symbolLanes } from '../panel/fingerprint.ts';
import { hourMs } from '../panel/hours.ts';
import { emptyRows, type Rows } from '../panel/rows.ts';
import { siblingModule, type WorkerPool } from './pool.ts';
import { type BlockScores, type ScoreJob, scoreBlock } from './score-block.ts';
import { inputFeatures, type ScorePlan, sequenceReach, storedInputs } from './scored-version.ts';

export interface ScoreOptions {
  /** Threads to use; scored in this thread if absent. */
  readonly pool?: WorkerPool;
  /** Coins per task. */
  readonly blockCoins?: number;
  readonly batchRows?: number;
  /** Panel hours [fromHour, toHour) to score; all of them if absent. */
  readonly fromHour?: number;
  readonly toHour?: number;
  /** Coins to score; all of them if absent. */
  readonly coins?: ReadonlySet<number>;
  /** Stored columns over all hours of the panel, for features that no model of the plan fills. */
  readonly stored?: readonly Rows[];
  readonly onBlock?: (doneCoins: number, coins: number) => void;
}

/** Measured: fewer rows cost calls, more save nothing. */
export const batchRowsDefault = 4096;

/** Computes what the models read, block by block, and hands each block with the job to the consumer. */
export async function eachScoredBlock<Result>(
  inputs: ColumnInputs,
  plan: ScorePlan,
  consumerOf: (job: ScoreJob) => BlockConsumer,
  options: ScoreOptions = {},
): Promise<readonly Result[]> {
  const { fromHour = 0, toHour = inputs.panel.hours, batchRows = batchRowsDefault } = options;
  const { pool, blockCoins, coins, onBlock, stored = [] } = options;
  const needed = new Set(storedInputs(plan));
  return await computeBlocks<Result>(inputs, inputFeatures(plan), {
    ...(pool === undefined ? {} : { pool }),
    ...(blockCoins === undefined ? {} : { blockCoins }),
    ...(coins === undefined ? {} : { coins }),
    ...(onBlock === undefined ? {} : { onBlock }),
    fromHour: Math.max(0, fromHour - sequenceReach(plan)),
    ...{ toHour, eligible: true },
    // A column of the same name that lies in the dataset is somebody else's.
    stored: stored.filter(({ name }) => needed.has(name)),
    consumer: consumerOf({ plan, fromHour, toHour, batchRows }),
  });
}

/**
 * One column for each name of the plan, in its order, sealed. Row 0 is that of `fromHour`. The newest hour alone, with
 * `fromHour` at the last one, gives the bits of the whole history.
 */
export async function scoreColumns(
  inputs: ColumnInputs,
  plan: ScorePlan,
  options: ScoreOptions = {},
): Promise<readonly Rows[]> {
  const { panel } = inputs;
  const { fromHour = 0, toHour = panel.hours } = options;
  const rows = plan.columns.map((name) => emptyRows(name, panel.symbols.length, toHour - fromHour));
  const consumerOf = (job: ScoreJob): BlockConsumer => ({
    module: siblingModule('score-columns', import.meta.url),
    functionName: 'scoreIntoRows',
    argument: { job, rows },
  });
  await eachScoredBlock<void>(inputs, plan, consumerOf, options);
  const lanes = symbolLanes(panel.symbols);
  for (const column of rows) sealRows(column, lanes, panel.startMs + fromHour * hourMs);
  return rows;
}

/** Runs in a worker: rows lie on shared memory, and a coin is of one block. */
export async function scoreIntoRows(
  block: FeatureBlock,
  { job, rows }: { readonly job: ScoreJob; readonly rows: readonly Rows[] },
): Promise<void> {
  const scores = await scoreBlock(block, job);
  for (const [index, column] of rows.entries()) copyColumn(scores, index, column);
}

function copyColumn({ values, asked, ...span }: BlockScores, column: number, rows: Rows): void {
  const hours = span.toHour - span.fromHour;
  let at = column * asked.length;
  for (let coin = span.fromCoin; coin < span.toCoin; coin += 1) {
    for (let hour = 0; hour < hours; hour += 1, at += 1) rows.values[hour * rows.coins + coin] = values[at]!;
  }
}
