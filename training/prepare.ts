/** What a retrain is made from: the data as inputs of columns, its window, its coins, its labels and folds. */
import type { Dataset } from '../datasets/dataset.ts';
import { openDataset } from '../datasets/open.ts';
import type { Progress } from '../datasets/progress.ts';
import type { Store } from '../datasets/store.ts';
import { computeColumns } from '../engine/columns/compute.ts';
import { BENCHMARK_SYMBOL } from '../engine/columns/features/coin-window.ts';
import type { FeatureNeed } from '../engine/columns/features/feature.ts';
import type { ColumnInputs } from '../engine/columns/features/inputs.ts';
import { features } from '../engine/columns/features/registry.ts';
import type { Split } from '../engine/columns/folds/split.ts';
import { walkForwardFolds } from '../engine/columns/folds/walk-forward.ts';
import { ELIGIBLE } from '../engine/columns/plan.ts';
import { fitMarketRegimes } from '../engine/columns/regime/market-regimes.ts';
import { hourMs } from '../engine/panel/hours.ts';
import type { Panel } from '../engine/panel/panel.ts';
import type { WorkerPool } from '../engine/signal/pool.ts';
import { chosenCoins, decisionHours, iso, type TrainingWindow, trainingWindow } from './decisions.ts';
import { TrainingFault } from './faults.ts';
import type { JobFold } from './job.ts';
import { type DecisionGrid, decisionGrid, type GridLabel, gridLabels, rowUses, splitUses } from './labels.ts';
import type { ExportedLabel } from './row-block.ts';
import { modelFeatures, type SizedPlan } from './sized-plan.ts';

export interface TrainingInputs {
  readonly dataset: Dataset;
  readonly inputs: ColumnInputs;
}

/** Opened once for all retrains of a command. Regimes are taken where a model reads them. */
export async function trainingInputs(
  store: Store,
  datasetName: string,
  { models }: SizedPlan,
  progress?: Progress,
): Promise<TrainingInputs> {
  progress?.(`opening dataset ${datasetName}`);
  const dataset = await openDataset(store, datasetName, { volumes: true });
  const { unknown: _, ...records } = await dataset.records();
  const inputs: ColumnInputs = {
    ...{ panel: dataset.panel, records, regimes: [] },
    ...{ approximateQuoteVolume: false, dailyVolumeMin: 0 },
  };
  const needs = new Set(models.flatMap(modelFeatures).flatMap((name) => features.get(name)?.needs ?? []));
  if (!needs.has('regime')) return { dataset, inputs };
  progress?.('fitting regimes');
  return {
    dataset,
    inputs: { ...inputs, regimes: (await dataset.regimeVersions()) ?? fitMarketRegimes(inputs) },
  };
}

/** One retrain, before any model. */
export interface PreparedTraining extends TrainingInputs {
  readonly sized: SizedPlan;
  readonly window: TrainingWindow;
  readonly grid: DecisionGrid;
  readonly labels: readonly GridLabel[];
  /** What was left out on purpose, in sentences. */
  readonly sampling: readonly string[];
  readonly notes: readonly string[];
  readonly pool: WorkerPool;
}

/** @throws TrainingFault `training-refused` */
export async function prepareTraining(
  given: TrainingInputs & { readonly sized: SizedPlan; readonly pool: WorkerPool },
  toMs: number,
  progress?: Progress,
): Promise<PreparedTraining> {
  const { inputs, sized, pool } = given;
  const { plan, size } = sized;
  const { panel } = inputs;
  const window = trainingWindow(panel, plan, toMs);
  const hours = decisionHours(panel, plan, size, window);
  progress?.('finding coins and labels');
  const fromHour = hours[0]!;
  const [eligible] = await computeColumns(inputs, [ELIGIBLE], {
    ...{ pool, fromHour, toHour: hours.at(-1)! + 1 },
  });
  const chosen = chosenCoins(panel, eligible!, fromHour, hours, { window, coinsMax: sized.coinsMax });
  const grid = decisionGrid(hours, chosen.coins, eligible!, fromHour);
  const labels = await gridLabels(plan.labels, {
    ...{ inputs, grid, eligible: { rows: eligible!, fromHour }, pool },
  });
  for (const { name, values } of labels) {
    if (values.every(Number.isNaN)) {
      const message = `No row up to ${iso(toMs)} has the label ${name}: the universe is empty there, or too small for thirds. Give a later --to, or more coins.`;
      throw new TrainingFault('training-refused', message);
    }
  }
  return {
    ...{ ...given, window, grid, labels, sampling: samplingOf(sized, window, chosen) },
    notes: [
      `decisions from ${iso(window.fromMs)} to ${iso(window.lastDecisionMs)}: later ones could have labels that reach past ${iso(toMs)}`,
      ...unfilledNotes(sized, inputs),
    ],
  };
}

function samplingOf(
  { sampling, size, coinsMax }: SizedPlan,
  { fromMs, toMs }: TrainingWindow,
  { coins, candidates }: { readonly coins: Int32Array; readonly candidates: number },
): readonly string[] {
  return [
    ...(coinsMax === null || coins.length === candidates
      ? []
      : [
          `${coins.length} of ${candidates} coins: those of the highest median daily quote volume from ${iso(fromMs)} to ${iso(toMs)}`,
        ]),
    ...(size.rowStride === 1 ? [] : [`one decision hour in ${size.rowStride}`]),
    ...sampling,
  ];
}

/** Features that the data cannot fill: their columns are empty, and models learn nothing from them. */
function unfilledNotes({ models }: SizedPlan, { panel, records }: ColumnInputs): readonly string[] {
  const absent = new Set<FeatureNeed>();
  if (!panel.symbols.includes(BENCHMARK_SYMBOL)) absent.add('benchmark').add('regime');
  if (panel.volume === null) absent.add('volume');
  if (panel.quoteVolume === null) absent.add('quote-volume');
  if (records.news === null) absent.add('news').add('news-classes');
  if (records.fearGreed === null) absent.add('fear-greed').add('regime');
  if (records.instruments === null) absent.add('instruments');
  const names = [...new Set(models.flatMap(modelFeatures))].filter((name) =>
    features.get(name)?.needs.some((need) => absent.has(need)),
  );
  if (names.length === 0) return [];
  return [`${names.length} features are empty, because the dataset lacks ${[...absent].join(', ')}`];
}

export interface LabelledFolds {
  readonly folds: readonly JobFold[];
  readonly labels: readonly ExportedLabel[];
}

/**
 * Expanding folds whose last test day ends with the last decision that has a whole label, and what each label's rows are to them.
 *
 * @param fromMs first decision that may train
 */
export function labelledFolds(
  { sized: { plan }, inputs: { panel }, grid, window }: PreparedTraining,
  labels: readonly GridLabel[],
  fromMs: number,
): LabelledFolds {
  const { count, testDays, embargoHours } = plan.folds;
  const splits = walkForwardFolds({
    ...{ startMs: fromMs, endMs: window.lastDecisionMs, folds: count, testDays },
    ...{ labelHours: plan.labelHours, embargoHours },
  });
  return {
    folds: splits.map(({ test, embargoMs }, index) => ({
      ...{ index, testFromMs: test[0]!.startMs, testToMs: test[0]!.endMs },
      trainToMs: test[0]!.startMs - embargoMs,
    })),
    labels: labels.map((label) => exportedLabel(panel, grid, label, splits)),
  };
}

export function exportedLabel(
  panel: Panel,
  grid: DecisionGrid,
  { name, values, endMs, kind }: GridLabel,
  folds: readonly Split[],
  blocks: readonly Split[] = [],
): ExportedLabel {
  const label = { name, kind, values, endMs };
  return {
    ...{ name, values, endMs },
    folds: splitUses(panel, grid, label, folds),
    blocks: splitUses(panel, grid, label, blocks),
  };
}

/** Rows of a label that train and that test a fold. */
export function foldRows(
  { folds }: ExportedLabel,
  fold: number,
): { readonly train: number; readonly test: number } {
  let [train, test] = [0, 0];
  for (const use of folds[fold]!) {
    if (use === rowUses.trains) train += 1;
    else if (use === rowUses.tests) test += 1;
  }
  return { train, test };
}

/** From the first decision that has a label to the newest moment any label knew of. */
export function labelSpan(
  { panel }: ColumnInputs,
  { hours, coins }: DecisionGrid,
  labels: readonly Pick<GridLabel, 'values' | 'endMs'>[],
): { readonly fromMs: number; readonly toMs: number; readonly rows: number } {
  let [fromMs, toMs, rows] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const slot of hours.keys()) {
    const decisionMs = panel.startMs + (hours[slot]! + 1) * hourMs;
    for (let row = slot * coins.length; row < (slot + 1) * coins.length; row += 1) {
      const own = labels.filter(({ values }) => !Number.isNaN(values[row]!));
      if (own.length === 0) continue;
      rows += 1;
      fromMs = Math.min(fromMs, decisionMs);
      for (const { endMs } of own) toMs = Math.max(toMs, endMs[row]!);
    }
  }
  return { fromMs, toMs, rows };
}
