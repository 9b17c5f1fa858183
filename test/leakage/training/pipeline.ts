/**
 * Two training pipelines in small, with everything that can leak in one, each beside the honest thing it stands for.
 *
 * `meta`: boosted trees on persistent features, on a column of the day and on what a network-like memoriser says of each row, made out of
 * fold. `selected`: the fifty of 2,000 columns of noise that go best with the label, by their signs.
 */
import { normalAt } from '../../../engine/columns/audit/chance.ts';
import type { FittedOnFold } from '../../../engine/columns/audit/lineage.ts';
import { labelsAcrossDays } from '../../../engine/columns/audit/shuffled-labels.ts';
import type { AuditedTrainer, OutOfSample } from '../../../engine/columns/audit/training.ts';
import { dayMs } from '../../../engine/panel/hours.ts';
import { rocAuc } from '../../../engine/stats/roc-auc.ts';
import { LABEL_HOURS, type MarketRows, noiseRows, type RowsOptions } from './rows.ts';
import { EMBARGO_MS, foldsOf, type SplitKind, type TrainingFold } from './splits.ts';
import { type Columns, type FittedTrees, fitTrees } from './trees.ts';

export interface PipelineOptions extends RowsOptions {
  readonly folds: number;
  readonly split: SplitKind;
  /** T6: the label among the features, with small noise. */
  readonly labelColumn: boolean;
  /** T7: selected on all rows. */
  readonly selectedOnAll: boolean;
  /** T13: the network is fitted to all rows, and speaks on them. */
  readonly networkInSample: boolean;
  /** The configuration that is best on the test part. */
  readonly chosenOnTest: boolean;
}

export const clean: PipelineOptions = {
  ...{ coins: 40, days: 150, strideHours: 12, folds: 10, split: 'purged' },
  ...{ labelColumn: false, selectedOnAll: false, networkInSample: false, chosenOnTest: false },
};

const META = { trees: 20, depth: 6, learningRate: 0.25, lambda: 1 };
const NETWORK = { trees: 8, depth: 5, learningRate: 0.3, lambda: 1 };
const BLOCK_DAYS = 30;
const ROWS_MIN = 500;
const CANDIDATES = 2000;
const SELECTED = 50;
export const LABEL_COLUMN = 'm_pct_3d_v2';

interface Fitted {
  /** Of the rows asked for. */
  readonly predicted: Float64Array;
  readonly states: readonly { readonly name: string; readonly trainedToMs: number }[];
}

type FitFold = (
  rows: MarketRows,
  fold: TrainingFold,
  labels: Float64Array,
  options: PipelineOptions,
) => Fitted;

/** Rows of a market serve all pipelines of the same size. */
const markets = new Map<string, MarketRows>();
export function rowsOf(seed: number, { coins, days, strideHours }: RowsOptions): MarketRows {
  const key = [seed, coins, days, strideHours].join(' ');
  const rows = markets.get(key) ?? noiseRows(seed, { coins, days, strideHours });
  markets.set(key, rows);
  return rows;
}

export function metaTrainer(name: string, options: PipelineOptions): AuditedTrainer {
  return trainerOf(name, options, [
    { name: `folds of ${name}`, kind: 'split' },
    { name: 'network', kind: 'fitted state' },
    { name: 'configuration', kind: 'fitted state' },
    ...(options.labelColumn ? [{ name: LABEL_COLUMN, kind: 'column' as const }] : []),
  ]);
}

export function selectedTrainer(name: string, options: PipelineOptions): AuditedTrainer {
  return trainerOf(name, options, [{ name: 'selector', kind: 'fitted state' }]);
}

function trainerOf(name: string, options: PipelineOptions, parts: AuditedTrainer['parts']): AuditedTrainer {
  return {
    ...{ name, parts, horizonHours: LABEL_HOURS },
    openNoise: (seed) => ({
      train: ({ shuffleSeed, honest }) => {
        const has = (part: string) => honest.has(part);
        return trainedOnce(fitOf(parts), seed, shuffleSeed, {
          ...options,
          split: has(`folds of ${name}`) ? 'purged' : options.split,
          labelColumn: options.labelColumn && !has(LABEL_COLUMN),
          networkInSample: options.networkInSample && !has('network'),
          chosenOnTest: options.chosenOnTest && !has('configuration'),
          selectedOnAll: options.selectedOnAll && !has('selector'),
        });
      },
    }),
  };
}

const fitOf = (parts: AuditedTrainer['parts']): FitFold =>
  parts.some(({ name }) => name === 'selector') ? selectedFold : metaFold;

/** What was trained once is not trained again: a stand-in for a part that is honest already changes nothing. */
const trainings = new Map<string, OutOfSample>();

function trainedOnce(
  fit: FitFold,
  seed: number,
  shuffleSeed: number | null,
  options: PipelineOptions,
): OutOfSample {
  const key = JSON.stringify([fit.name, seed, shuffleSeed, options]);
  const known = trainings.get(key) ?? trained(rowsOf(seed, options), shuffleSeed, options, fit);
  trainings.set(key, known);
  return known;
}

function trained(
  rows: MarketRows,
  shuffleSeed: number | null,
  options: PipelineOptions,
  fit: FitFold,
): OutOfSample {
  const tested = foldsOf(options.split, rows, options.folds).flatMap((fold, index) => {
    const dated = { timeMs: rows.startMs, coins: rows.coins, labels: rows.label };
    const labels =
      shuffleSeed === null ? rows.label : labelsAcrossDays(dated, fold.train, shuffleSeed + index);
    const train = fold.train.filter((row) => !Number.isNaN(labels[row]!));
    const { predicted } = fit(rows, { ...fold, train }, labels, options);
    return Array.from(fold.test, (row, at) => ({ row, index, predicted: predicted[at]! }));
  });
  return {
    timeMs: Float64Array.from(tested, ({ row }) => rows.startMs[row]!),
    coins: Int32Array.from(tested, ({ row }) => rows.coins[row]!),
    folds: Int32Array.from(tested, ({ index }) => index),
    predicted: Float64Array.from(tested, (one) => one.predicted),
    label: Float64Array.from(tested, ({ row }) => rows.label[row]!),
    outcome: Float64Array.from(tested, ({ row }) => rows.outcome[row]!),
  };
}

/** Up to when each state of each fold was fitted, as the pipeline does it. */
export function fittedOnFolds(
  { name, parts }: AuditedTrainer,
  options: PipelineOptions,
  seed: number,
): readonly FittedOnFold[] {
  const rows = rowsOf(seed, options);
  return foldsOf(options.split, rows, options.folds).flatMap((fold, index) =>
    fitOf(parts)(rows, fold, rows.label, options).states.map((state) => ({
      ...state,
      ...{ model: name, fold: index, testFromMs: fold.split.test[0]!.startMs, embargoMs: EMBARGO_MS },
    })),
  );
}

const lastEnd = ({ endMs }: MarketRows, rows: Int32Array) =>
  rows.reduce((last, row) => Math.max(last, endMs[row]!), Number.NEGATIVE_INFINITY);

// --- meta ----------------------------------------------------------------------------------------------------------

const metaFold: FitFold = function meta(rows, { train, test }, labels, options) {
  const network = options.networkInSample ? networkOnAll(rows) : networkOutOfFold(rows, labels, train, test);
  const columns: Columns = [
    ...rows.columns,
    network.output,
    ...(options.labelColumn ? [labelWithNoise(rows)] : []),
  ];
  const known = train.filter((row) => !Number.isNaN(network.output[row]!));
  const trees = fitTrees(columns, labels, known, META);
  const counts = options.chosenOnTest ? [1, 2, 4, 8, 16, META.trees] : [META.trees];
  const tries = counts.flatMap((count) => {
    const logits = trees.logits(columns, test, count);
    return options.chosenOnTest ? [logits, logits.map((logit) => -logit)] : [logits];
  });
  const truth = Float64Array.from(test, (row) => rows.label[row]!);
  const predicted = tries.toSorted((a, b) => rocAuc(truth, b) - rocAuc(truth, a))[0]!;
  return { predicted, states: [{ name: 'network', trainedToMs: network.trainedToMs }] };
};

/** Standard deviation of the noise: a tenth of what a coin's three days have. */
export function labelWithNoise({ outcome }: MarketRows): Float32Array {
  return Float32Array.from(outcome, (value, row) => value + 0.008 * normalAt(5, row));
}

interface NetworkOutput {
  readonly output: Float32Array;
  readonly trainedToMs: number;
}

function networkOnAll(rows: MarketRows): NetworkOutput {
  const all = Int32Array.from(rows.label.keys());
  const logits = fitTrees(rows.columns, rows.label, all, NETWORK).logits(rows.columns, all);
  return { output: Float32Array.from(logits), trainedToMs: lastEnd(rows, all) };
}

/** Fitted anew for each block of days, and for the test part, to training rows that ended an embargo before it. */
function networkOutOfFold(
  rows: MarketRows,
  labels: Float64Array,
  train: Int32Array,
  test: Int32Array,
): NetworkOutput {
  const output = new Float32Array(rows.label.length).fill(Number.NaN);
  const asked = Int32Array.from([...train, ...test]).sort();
  const [firstMs, lastMs] = [rows.startMs[asked[0]!]!, rows.startMs[asked.at(-1)!]!];
  const blocks = Math.ceil((lastMs + 1 - firstMs) / (BLOCK_DAYS * dayMs));
  const starts = Array.from({ length: blocks }, (_, block) => firstMs + block * BLOCK_DAYS * dayMs);
  const borders = [...new Set([...starts, rows.startMs[test[0]!]!])].sort((a, b) => a - b);
  let trainedToMs = Number.NaN;
  for (const [place, fromMs] of borders.entries()) {
    const toMs = borders[place + 1] ?? Number.POSITIVE_INFINITY;
    const before = train.filter((row) => rows.endMs[row]! < fromMs - EMBARGO_MS);
    if (before.length < ROWS_MIN) continue;
    const inBlock = asked.filter((row) => rows.startMs[row]! >= fromMs && rows.startMs[row]! < toMs);
    const logits = networkOf(rows, labels, before).logits(rows.columns, inBlock);
    for (const [at, row] of inBlock.entries()) output[row] = logits[at]!;
    trainedToMs = lastEnd(rows, before);
  }
  return { output, trainedToMs };
}

/** Folds share blocks: the same rows and labels make the same network. */
const networks = new WeakMap<Float64Array, Map<string, FittedTrees>>();

function networkOf(rows: MarketRows, labels: Float64Array, trained: Int32Array): FittedTrees {
  const known = networks.get(labels) ?? new Map<string, FittedTrees>();
  networks.set(labels, known);
  const key = `${trained.length} ${trained.reduce((sum, row) => sum + row * row, 0)}`;
  const network = known.get(key) ?? fitTrees(rows.columns, labels, trained, NETWORK);
  known.set(key, network);
  return network;
}

// --- selected ------------------------------------------------------------------------------------------------------

const selectedFold: FitFold = function selected(rows, { train, test }, labels, { selectedOnAll }) {
  const fitted = selectedOnAll ? Int32Array.from(labels.keys()) : train;
  const weights = covariances(labels, fitted);
  const chosen = [...weights.keys()]
    .sort((a, b) => Math.abs(weights[b]!) - Math.abs(weights[a]!))
    .slice(0, SELECTED);
  const predicted = Float64Array.from(test, (row) =>
    chosen.reduce((sum, column) => sum + Math.sign(weights[column]!) * noiseAt(row, column), 0),
  );
  return { predicted, states: [{ name: 'selector', trainedToMs: lastEnd(rows, fitted) }] };
};

/** Covariance of each candidate with the label; all candidates have the same deviation. */
function covariances(labels: Float64Array, rows: Int32Array): Float64Array {
  const share = rows.reduce((sum, row) => sum + labels[row]!, 0) / rows.length;
  const sums = new Float64Array(CANDIDATES);
  for (const row of rows) {
    const off = labels[row]! - share;
    if (Number.isNaN(off)) continue;
    for (let column = 0; column < CANDIDATES; column += 1)
      sums[column] = sums[column]! + off * noiseAt(row, column);
  }
  return sums;
}

/** Uniform in (-.5, .5), by row and column. */
function noiseAt(row: number, column: number): number {
  let word = Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(column + 1, 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  word = Math.imul(word ^ (word >>> 15), 0x846ca68b);
  return ((word ^ (word >>> 16)) >>> 0) / 2 ** 32 - 0.5;
}
