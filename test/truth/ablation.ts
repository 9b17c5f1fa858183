/**
 * What each input of a stack is worth for the one component that moves prices. The stack reads nothing but its inputs: two networks, news,
 * regime. It is fitted walk-forward and purged, once with all of them and once without each; what is measured is how well it
 * orders the planted drift of the component over the next three days.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { allRows, copyToParquet, sqlFile, withDuck } from '../../datasets/duck.ts';
import { defaultSwitches, type MarketSettings, type Switches } from '../../datasets/planted/settings.ts';
import { s2Features } from '../../engine/columns/features/s2/index.ts';
import type { Split } from '../../engine/columns/folds/split.ts';
import { dayMs, hourMs } from '../../engine/panel/hours.ts';
import { timeAt } from '../../engine/panel/panel.ts';
import type { BoosterSpec, ModelPlan, NetworkSpec } from '../../engine/signal/model-plan.ts';
import { softmax } from '../../engine/signal/probability.ts';
import { deviation } from '../../engine/stats/deviation.ts';
import { spearman } from '../../engine/stats/spearman.ts';
import { btcResidualModels } from '../../strategies/btc-residual/models.ts';
import { readPredictions, targetOf, writeJob } from '../../training/job.ts';
import type { GridLabel } from '../../training/labels.ts';
import { newsInputs } from '../../training/news-stage.ts';
import { exportedLabel, labelledFolds, labelSpan, type PreparedTraining } from '../../training/prepare.ts';
import { runJob } from '../../training/python.ts';
import type { FilledColumn } from '../../training/row-block.ts';
import { exportRows } from '../../training/rows.ts';
import { outOfFoldColumns } from '../../training/stack.ts';
import { runStage, type TrainingRun } from '../../training/stage.ts';
import { pricesAlone } from './planted.ts';
import { meanOf } from './row.ts';
import { type MarketTraining, withTraining } from './training.ts';

export const componentNames = ['lstm', 'tcn', 'news', 'regime'] as const;
export type ComponentName = (typeof componentNames)[number];

const HORIZON_HOURS = 72;
/** Before them no coin is in the universe. */
const UNIVERSE_DAYS = 30;
const FOLDS = 3;
/** Of the days of the stack, the part that each fold tests; the rest trains the first one. */
const FOLD_SHARE = 0.2;

interface Component {
  /** Strong enough for a few thousand rows. */
  readonly switches: Partial<Switches>;
  /** Column of `truth/coin_hour` with its drift. */
  readonly drift: string;
  /** Columns of the stack that are its input. */
  readonly inputs: readonly string[];
}

const ofGroup = (group: string) =>
  s2Features.filter((feature) => feature.group === group).map(({ name }) => name);

const components: Readonly<Record<ComponentName, Component>> = {
  lstm: {
    ...{ switches: { lstmPattern: 2 }, drift: 'alpha_lstm_pattern' },
    inputs: ['lstm_prob_buy', 'lstm_prob_sell'],
  },
  tcn: {
    ...{ switches: { tcnMotif: 2 }, drift: 'alpha_tcn_motif' },
    inputs: ['tcn_prob_buy', 'tcn_prob_sell'],
  },
  news: { switches: { newsDrift: 3 }, drift: 'news', inputs: ofGroup('news') },
  regime: {
    ...{ switches: { regimeInteraction: 0.5 }, drift: 'alpha_regime_interaction' },
    inputs: ofGroup('regime'),
  },
};

/** Through them the second hidden state is seen. What it means is for the regime to say, so that they stay when that goes. */
const stateColumns = [1, 2, 3, 4, 5].map((number) => `proxy_g_${number}`);

/** A small booster, for a few thousand rows. */
const booster: BoosterSpec = {
  ...{ kind: 'booster', name: 'stack', library: 'lightgbm', objective: 'multiclass', side: null },
  ...{ label: 'tercile', featureSet: 's2' },
  hyperparameters: { n_estimators: 60, num_leaves: 8, learning_rate: 0.05, min_child_samples: 60 },
  ...{ columns: ['under', 'middle', 'out'], stored: 'probabilities', gateLogit: null },
};

export interface AblationOptions {
  /** Networks to fit; the columns of the others stay empty. */
  readonly networks: readonly NetworkSpec['name'][];
  readonly epochs: number;
  /** Also with all 95 features instead of the inputs alone. */
  readonly withAllFeatures: boolean;
}

/** Mean daily rank correlation with the drift of the component that is on. */
export interface Ablation {
  readonly all: number;
  /** Standard error of `all`, days taken as independent. */
  readonly error: number;
  /** NaN for a network that was not fitted. */
  readonly without: Readonly<Record<ComponentName, number>>;
  /** With all 95 features, and without those of the component that is on; NaN where it was not asked for. */
  readonly withAll: number;
  readonly withAllLess: number;
}

/** One component moves prices, at midnight decisions; the size of the market is the settings'. */
export async function ablation(
  name: ComponentName,
  { seed, coins, days }: Pick<MarketSettings, 'seed' | 'coins' | 'days'>,
  options: AblationOptions,
): Promise<Ablation> {
  const switches = {
    ...{ ...defaultSwitches, ...pricesAlone, core: 0, newsDrift: 0, proxies: true },
    ...components[name].switches,
  };
  const plan = planFor(name, days, options);
  return await withTraining({ seed, coins, days, switches }, plan, async (training) => {
    const models = stackModels(name, options);
    const dir = await stackJob(training, models, options);
    const drift = await driftOf(training.market.store.datasetDir(training.market.name), components[name]);
    const found = new Map<string, readonly number[]>();
    for (const model of models) found.set(model.name, await dailyIcs(dir, model.name, drift));
    const icOf = (model: string) => meanOf(found.get(model) ?? []);
    const all = found.get('stack')!;
    return {
      ...{ all: meanOf(all), error: deviation(all) / Math.sqrt(all.length) },
      without: Object.fromEntries(componentNames.map((gone) => [gone, icOf(`without-${gone}`)])) as Record<
        ComponentName,
        number
      >,
      ...{ withAll: icOf('features'), withAllLess: icOf(`features-without-${name}`) },
    };
  });
}

/** Text models only where articles move prices, or where all inputs are in play. */
function planFor(name: ComponentName, days: number, options: AblationOptions): ModelPlan {
  const { networks, epochs } = options;
  const { models, folds } = btcResidualModels;
  return {
    ...btcResidualModels,
    ...{ decisionHoursUtc: [0], trainDays: null },
    folds: {
      ...folds,
      count: FOLDS,
      testDays: Math.floor((days - stackFromDay(days, options)) * FOLD_SHARE),
    },
    models: models
      .filter((model) => {
        if (model.kind === 'text') return name === 'news' || networks.length === 2;
        return model.kind === 'booster' || networks.includes(model.name);
      })
      .map((model) => {
        const { hyperparameters: own } = model;
        return model.kind === 'network' ? { ...model, hyperparameters: { ...own, epochs } } : model;
      }),
  };
}

/** Networks of the first half of the days speak on the second one, where the stack is then fitted; without any it is fitted on all. */
function stackFromDay(days: number, { networks }: AblationOptions): number {
  return networks.length === 0 ? UNIVERSE_DAYS : Math.floor(days / 2);
}

type StackModel = BoosterSpec & { readonly features: readonly string[] };

function stackModels(
  name: ComponentName,
  { networks, withAllFeatures }: AblationOptions,
): readonly StackModel[] {
  const inputs = [...componentNames.flatMap((one) => components[one].inputs), ...stateColumns];
  const all = [...s2Features.map((feature) => feature.name), ...stateColumns];
  const isInPlay = (one: ComponentName) => one === 'news' || one === 'regime' || networks.includes(one);
  const without = (columns: readonly string[], gone: ComponentName) =>
    columns.filter((column) => !components[gone].inputs.includes(column));
  return [
    { ...booster, features: inputs },
    ...componentNames.filter(isInPlay).map((gone) => {
      return { ...booster, name: `without-${gone}`, features: without(inputs, gone) };
    }),
    ...(withAllFeatures
      ? [
          { ...booster, name: 'features', features: all },
          { ...booster, name: `features-without-${name}`, features: without(all, name) },
        ]
      : []),
  ];
}

/** Rows of the stack's own days, and the job that is fitted on them; its folder. */
async function stackJob(
  { market, run }: MarketTraining,
  models: readonly StackModel[],
  options: AblationOptions,
): Promise<string> {
  const { prepared, workDir } = run;
  const { sized, grid, window, dataset, labels, pool, inputs: own } = prepared;
  const { panel } = own;
  const fromMs = panel.startMs + stackFromDay(panel.hours / 24, options) * dayMs;
  const filled = options.networks.length === 0 ? [] : await networkColumns(run, fromMs);
  const { inputs } = await newsInputs(run);
  const dir = join(workDir, 'stack');
  const rowsDir = join(workDir, 'rows');
  await mkdir(dir);
  const later = labels.map((label) => labelIn(prepared, label, fromMs, window.toMs));
  const folded = labelledFolds(prepared, later, fromMs);
  const features = [...new Set(models.flatMap((model) => model.features))];
  await exportRows({
    ...{ dir: rowsDir, rows: 'labelled', labels: folded.labels, inputs, grid, filled, reachHours: 0, pool },
    features: features.filter((feature) => !stateColumns.includes(feature)),
  });
  const file = 'rows.parquet';
  await withStates(rowsDir, join(market.store.datasetDir(market.name), 'proxies.parquet'), join(dir, file));
  const { count, testDays, embargoHours } = sized.plan.folds;
  await writeJob(dir, {
    ...{ formatVersion: 1, strategy: 'truth', version: run.version, size: 'published' },
    ...{ seed: run.seed, threads: run.threads, keepFolds: false, rows: { files: [file], features } },
    labels: sized.plan.labels.map((label) => {
      return { name: label.name, kind: label.kind, target: targetOf(label) };
    }),
    ...{ folds: folded.folds, models, outOfFold: null, text: null },
    contract: {
      ...{ dataset: { name: dataset.name, hash: dataset.hash }, featureSet: null },
      folds: { count, testDays, embargoHours, labelHours: sized.plan.labelHours },
      train: { ...labelSpan(inputs, grid, folded.labels), sampling: [] },
      validFromMs: window.toMs + hourMs,
    },
  });
  await runJob(dir, { threads: run.threads });
  return dir;
}

/** The label of decisions in [fromMs, toMs) alone. */
function labelIn(
  { grid: { hours, coins }, inputs: { panel } }: PreparedTraining,
  label: GridLabel,
  fromMs: number,
  toMs: number,
): GridLabel {
  const values = new Float64Array(new SharedArrayBuffer(label.values.byteLength));
  for (const [row, value] of label.values.entries()) {
    const decisionMs = timeAt(panel, hours[Math.floor(row / coins.length)]! + 1);
    values[row] = decisionMs >= fromMs && decisionMs < toMs ? value : Number.NaN;
  }
  return { ...label, values };
}

async function networkColumns(run: TrainingRun, fromMs: number): Promise<readonly FilledColumn[]> {
  const { prepared } = run;
  const { inputs, grid, window, sized } = prepared;
  const networks = sized.models.filter((model): model is NetworkSpec => model.kind === 'network');
  const toMs = window.lastDecisionMs + 1;
  const split: Split = {
    train: { startMs: window.fromMs, endMs: fromMs },
    test: [{ startMs: fromMs, endMs: toMs }],
    embargoMs: sized.plan.folds.embargoHours * hourMs,
  };
  // What a network fitted on all days would say is of no use here: labels end with the first day of the block.
  const labels = prepared.labels.map((label) => labelIn(prepared, label, 0, fromMs + dayMs));
  const stage = await runStage(run, {
    ...{ name: 'networks', models: networks, folds: [] },
    labels: labels.map((label) => exportedLabel(inputs.panel, grid, label, [], [split])),
    outOfFold: { blocks: [{ index: 0, fromMs, toMs }] },
  });
  return await outOfFoldColumns(prepared, stage, networks);
}

/** The rows, each with the dataset's own columns of its day. */
async function withStates(rowsDir: string, proxies: string, out: string): Promise<void> {
  const files = (await readdir(rowsDir)).map((file) => sqlFile(join(rowsDir, file)));
  const states = stateColumns.map((name) => `CAST(p.${name} AS FLOAT) AS ${name}`).join(', ');
  await withDuck((duck) =>
    copyToParquet(
      duck,
      `SELECT r.*, ${states} FROM read_parquet([${files.join(', ')}]) r
       LEFT JOIN read_parquet(${sqlFile(proxies)}) p USING (ts, symbol) ORDER BY r.ts, r.symbol`,
      out,
    ),
  );
}

type DriftOf = (symbol: string, decisionMs: number) => number;

/**
 * The component's planted drift over the hours after a decision, in units of the coin's volatility. Planted drifts have one sign
 * more than the other, so that a coin's own mean, which its volatility alone would tell, is taken away later.
 */
async function driftOf(datasetDir: string, { drift }: Component): Promise<DriftOf> {
  const hours = sqlFile(join(datasetDir, 'truth', 'coin_hour.parquet'));
  const ahead = `sum(coalesce(${drift}, 0)) OVER (PARTITION BY symbol ORDER BY ts RANGE BETWEEN 1 FOLLOWING AND ${HORIZON_HOURS * hourMs} FOLLOWING)`;
  const rows = await withDuck((duck) =>
    allRows(
      duck,
      `SELECT symbol, CAST(ts + ${hourMs} AS DOUBLE) AS decision_ms, ahead / volatility AS drift FROM (
         SELECT symbol, ts, ${ahead} AS ahead, stddev_pop(e) OVER (PARTITION BY symbol) AS volatility FROM read_parquet(${hours})
       ) WHERE (ts + ${hourMs}) % ${dayMs} = 0`,
    ),
  );
  const drifts = new Map(rows.map((row) => [`${row['symbol']} ${row['decision_ms']}`, Number(row['drift'])]));
  return (symbol, decisionMs) => drifts.get(`${symbol} ${decisionMs}`) ?? Number.NaN;
}

interface Row {
  readonly coin: number;
  readonly timeMs: number;
  readonly score: number;
  readonly drift: number;
}

/** By test day, on rows less the mean of their coin, score and drift alike. */
async function dailyIcs(dir: string, model: string, drift: DriftOf): Promise<readonly number[]> {
  const { symbols, coins, decisionMs, outputs } = await readPredictions(dir, model, 3);
  const rows = Array.from(coins, (coin, row): Row => {
    const [under, , out] = softmax(outputs.map((output) => output[row]!));
    const timeMs = decisionMs[row]!;
    return { coin, timeMs, score: out! - under!, drift: drift(symbols[coin]!, timeMs) };
  }).filter((row) => !Number.isNaN(row.drift));
  const meansOf = (own: readonly Row[]) => ({
    score: meanOf(own.map(({ score }) => score)),
    drift: meanOf(own.map((row) => row.drift)),
  });
  const means = new Map([...grouped(rows, ({ coin }) => coin)].map(([coin, own]) => [coin, meansOf(own)]));
  return [...grouped(rows, ({ timeMs }) => timeMs).values()]
    .map((day) =>
      spearman(
        day.map(({ coin, score }) => score - means.get(coin)!.score),
        day.map((row) => row.drift - means.get(row.coin)!.drift),
      ),
    )
    .filter((ic) => !Number.isNaN(ic));
}

function grouped(rows: readonly Row[], keyOf: (row: Row) => number): ReadonlyMap<number, readonly Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
