/**
 * Models that feed each other, one job after the other, all of it causal:
 *
 *   1. text      a classifier of headlines, from a corpus without dates; its probabilities of the dataset's articles feed 3
 *   2. networks  fitted on the whole window, and anew for every out-of-fold block on what was known before the block
 *   3. boosters  rows of the blocks, the networks' columns filled with what the networks of the blocks said of them
 *
 * A booster so never reads what a network says of rows that the network was fitted on.
 */
import type { Split } from '../engine/columns/folds/split.ts';
import { dayMs, hourMs } from '../engine/panel/hours.ts';
import { sharedFloat32, sharedFloat64 } from '../engine/panel/panel.ts';
import type { ModelPlan, NetworkSpec } from '../engine/signal/model-plan.ts';
import { softmax } from '../engine/signal/probability.ts';
import { iso } from './decisions.ts';
import { TrainingFault } from './faults.ts';
import { readPredictions } from './job.ts';
import type { GridLabel } from './labels.ts';
import type { FinishedTraining } from './manifest.ts';
import { newsInputs } from './news-stage.ts';
import { exportedLabel, labelledFolds, labelSpan, type PreparedTraining } from './prepare.ts';
import type { FilledColumn } from './row-block.ts';
import { type FinishedStage, gridPlaces, runStage, type TrainingRun } from './stage.ts';

/** Days of labels behind the first out-of-fold block: fewer fit no network. */
const HISTORY_DAYS_MIN = 40;

export interface OutOfFoldBlock {
  readonly index: number;
  /** Decisions in [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
  /** No label that trains the block's networks was known later. */
  readonly trainToMs: number;
}

/**
 * Blocks of whole days, counted back from the day after the last decision that has a label, oldest first.
 *
 * @param firstMs first decision that has a label; its whole day counts as history
 */
export function outOfFoldBlocks(
  plan: Pick<ModelPlan, 'folds'>,
  days: number,
  { firstMs, lastDecisionMs }: { readonly firstMs: number; readonly lastDecisionMs: number },
): readonly OutOfFoldBlock[] {
  const fromMs = Math.floor(firstMs / dayMs) * dayMs;
  const endMs = (Math.floor(lastDecisionMs / dayMs) + 1) * dayMs;
  const embargoMs = plan.folds.embargoHours * hourMs;
  const blocks: Omit<OutOfFoldBlock, 'index'>[] = [];
  for (let toMs = endMs; ; toMs -= days * dayMs) {
    const startMs = toMs - days * dayMs;
    const trainToMs = startMs - embargoMs;
    if (trainToMs - fromMs < HISTORY_DAYS_MIN * dayMs) break;
    blocks.push({ fromMs: startMs, toMs, trainToMs });
  }
  return blocks.reverse().map((block, index) => ({ index, ...block }));
}

/** @throws TrainingFault */
export async function trainStack(run: TrainingRun): Promise<FinishedTraining> {
  const { prepared } = run;
  const { sized, labels, window } = prepared;
  const networks = sized.models.filter(
    (model): model is NetworkSpec => model.kind === 'network' && model.outOfFoldDays !== null,
  );
  const days = Math.max(...networks.map(({ outOfFoldDays }) => outOfFoldDays!));
  const { fromMs: firstMs } = labelSpan(prepared.inputs, prepared.grid, labels);
  const { lastDecisionMs } = window;
  const blocks = outOfFoldBlocks(sized.plan, days, { firstMs, lastDecisionMs });
  const [first] = blocks;
  const foldDays = sized.plan.folds.count * sized.plan.folds.testDays;
  if (first === undefined || lastDecisionMs - first.fromMs < (foldDays + HISTORY_DAYS_MIN) * dayMs) {
    const message = `Up to ${iso(window.toMs)} there are too few days for a model that reads the outputs of others: it takes ${HISTORY_DAYS_MIN} days before the first block of ${days}, and ${foldDays + HISTORY_DAYS_MIN} days of blocks. Give a later --to, or more data.`;
    throw new TrainingFault('training-refused', message, { faults: [{ path: '--to', message }] });
  }
  const news = await newsInputs(run);
  const netted = await networkStage(run, networks, blocks);
  const filled = await outOfFoldColumns(prepared, netted, networks);
  const inBlocks = labels.map((label) => labelFrom(prepared, label, first.fromMs));
  const folded = labelledFolds(prepared, inBlocks, first.fromMs);
  const boosters = await runStage(run, {
    ...{ name: 'boosters', filled, ...folded, inputs: news.inputs },
    models: sized.models.filter(({ kind }) => kind === 'booster'),
  });
  return {
    ...{ stages: [...news.stages, netted, boosters], ...folded },
    notes: [
      ...news.notes,
      `outputs of ${networks.map(({ name }) => name).join(' and ')} that train the others come from ${blocks.length} blocks of ${days} days from ${iso(first.fromMs)}, each fitted on labels known ${sized.plan.folds.embargoHours} h before the block; decisions before that train the networks alone`,
    ],
  };
}

async function networkStage(
  run: TrainingRun,
  networks: readonly NetworkSpec[],
  blocks: readonly OutOfFoldBlock[],
): Promise<FinishedStage> {
  const { grid, inputs, labels, window, sized } = run.prepared;
  const splits = blocks.map(
    ({ fromMs, toMs }): Split => ({
      train: { startMs: window.fromMs, endMs: fromMs },
      test: [{ startMs: fromMs, endMs: toMs }],
      embargoMs: sized.plan.folds.embargoHours * hourMs,
    }),
  );
  return await runStage(run, {
    ...{ name: 'networks', models: networks, folds: [] },
    labels: labels.map((label) => exportedLabel(inputs.panel, grid, label, [], splits)),
    outOfFold: { blocks: blocks.map(({ index, fromMs, toMs }) => ({ index, fromMs, toMs })) },
  });
}

/** Probabilities of the networks' classes as columns on the grid: what scoring would have stored. */
export async function outOfFoldColumns(
  { inputs: { panel }, grid }: PreparedTraining,
  { dir, result }: FinishedStage,
  networks: readonly NetworkSpec[],
): Promise<readonly FilledColumn[]> {
  const { slotOf, placeOf } = gridPlaces(panel, grid);
  const columns: FilledColumn[] = [];
  for (const { name, columns: own } of networks) {
    const filled = own.map((column) => ({
      name: column,
      values: sharedFloat32(grid.eligible.length).fill(Number.NaN),
    }));
    columns.push(...filled);
    if (!result.models.some(({ model }) => model === name)) continue;
    const { symbols, coins, decisionMs, outputs } = await readPredictions(dir, name, own.length);
    for (const [row, timeMs] of decisionMs.entries()) {
      const [slot, place] = [slotOf.get(timeMs), placeOf.get(symbols[coins[row]!]!)];
      if (slot === undefined || place === undefined) continue;
      // A model's input is cast once: its outputs are single precision already where they are stored.
      const shares = softmax(outputs.map((output) => Math.fround(output[row]!)));
      for (const [index, { values }] of filled.entries())
        values[slot * grid.coins.length + place] = shares[index]!;
    }
  }
  return columns;
}

/** The label without the rows decided before `fromMs`. */
function labelFrom({ inputs, grid }: PreparedTraining, label: GridLabel, fromMs: number): GridLabel {
  const { panel } = inputs;
  const firstHour = (fromMs - panel.startMs) / hourMs - 1;
  const slots = grid.hours.findIndex((hour) => hour >= firstHour);
  const rows = (slots < 0 ? grid.hours.length : slots) * grid.coins.length;
  const without = (values: Float64Array) => {
    const shared = sharedFloat64(values.length);
    shared.set(values);
    return shared.fill(Number.NaN, 0, rows);
  };
  return { ...label, values: without(label.values), endMs: without(label.endMs) };
}
