/** How well the booster of all 95 features orders the residual over the next three days, walk-forward and purged. */

import type { MarketSettings } from '../../datasets/planted/settings.ts';
import { computeColumns } from '../../engine/columns/compute.ts';
import { BENCHMARK_SYMBOL } from '../../engine/columns/features/coin-window.ts';
import { forwardResiduals } from '../../engine/columns/labels/forward-residual.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import type { ModelPlan, ModelSpec } from '../../engine/signal/model-plan.ts';
import { softmax } from '../../engine/signal/probability.ts';
import { spearman } from '../../engine/stats/spearman.ts';
import { btcResidualModels } from '../../strategies/btc-residual/models.ts';
import { readPredictions } from '../../training/job.ts';
import { labelledFolds, type PreparedTraining } from '../../training/prepare.ts';
import { trainStack } from '../../training/stack.ts';
import { runStage, type TrainingRun } from '../../training/stage.ts';
import { withTraining } from './training.ts';

/** Days that are tested, the last ones before the labels end. */
const TEST_DAYS = 120;
const BLOCK_DAYS = 60;
const EPOCHS = 6;
const META = 'meta';

export interface MetaOptions {
  /** Networks and the news classifier too; else their columns are empty. */
  readonly isStacked: boolean;
  readonly trees: number;
  /** Fits, each tested on as many days. */
  readonly folds: number;
}

/** Rank correlations by test day, at the strategy's own decision hour. */
export async function metaModelIcs(
  settings: MarketSettings,
  options: MetaOptions,
): Promise<readonly number[]> {
  return await withTraining(settings, planFor(options), async ({ run }) => {
    const dir = options.isStacked ? await stackedJob(run) : await boosterJob(run);
    const { symbols, coins, decisionMs, outputs } = await readPredictions(dir, META, 3);
    const outcomeOf = await outcomes(run.prepared);
    const days = new Map<number, { readonly score: number; readonly outcome: number }[]>();
    for (const [row, timeMs] of decisionMs.entries()) {
      const outcome = outcomeOf(symbols[coins[row]!]!, timeMs);
      if (Number.isNaN(outcome)) continue;
      const [under, , out] = softmax(outputs.map((output) => output[row]!));
      const day = days.get(timeMs) ?? [];
      day.push({ score: out! - under!, outcome });
      days.set(timeMs, day);
    }
    return [...days.values()].map((day) =>
      spearman(
        day.map(({ score }) => score),
        day.map(({ outcome }) => outcome),
      ),
    );
  });
}

function planFor({ isStacked, trees, folds: count }: MetaOptions): ModelPlan {
  const lowered = (model: ModelSpec): ModelSpec => {
    const { hyperparameters: own } = model;
    if (model.kind === 'booster') return { ...model, hyperparameters: { ...own, n_estimators: trees } };
    if (model.kind === 'text') return model;
    return { ...model, outOfFoldDays: BLOCK_DAYS, hyperparameters: { ...own, epochs: EPOCHS } };
  };
  const { folds, models } = btcResidualModels;
  return {
    ...btcResidualModels,
    ...{ trainDays: null, folds: { ...folds, count, testDays: TEST_DAYS / count } },
    models: models.filter(({ kind }) => isStacked || kind === 'booster').map(lowered),
  };
}

/** Folders of the jobs that ended with the booster. */
async function stackedJob(run: TrainingRun): Promise<string> {
  return (await trainStack(run)).stages.at(-1)!.dir;
}

async function boosterJob(run: TrainingRun): Promise<string> {
  const { prepared } = run;
  const folded = labelledFolds(prepared, prepared.labels, prepared.window.fromMs);
  return (await runStage(run, { name: 'boosters', models: prepared.sized.models, ...folded })).dir;
}

/** Residual over the hours after a decision; NaN where it is not known. */
async function outcomes({
  inputs,
  sized,
}: PreparedTraining): Promise<(symbol: string, decisionMs: number) => number> {
  const { panel } = inputs;
  const [beta] = await computeColumns(inputs, ['beta_720h']);
  const benchmark = panel.symbols.indexOf(BENCHMARK_SYMBOL);
  const { residual } = forwardResiduals({
    panel,
    beta: beta!,
    benchmark,
    horizonHours: sized.plan.labelHours,
  });
  return (symbol, decisionMs) => {
    const hour = (decisionMs - panel.startMs) / hourMs - 1;
    return residual.values[hour * residual.coins + panel.symbols.indexOf(symbol)]!;
  };
}
