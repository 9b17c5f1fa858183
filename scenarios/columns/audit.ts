/**
 * The look-ahead audit of a dataset: its columns, its universe, its labels and splits, the regime's versions, and strategies over it.
 *
 *   1. `worldOf`       panel with volumes, records, regime versions, stored columns
 *   2. `subjects`      the set, the universe, the label builders
 *   3. `audit`         every detector that can run
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Dataset } from '../../datasets/dataset.ts';
import { readDatedRows } from '../../datasets/dated-rows.ts';
import { openDataset } from '../../datasets/open.ts';
import type { Progress } from '../../datasets/progress.ts';
import type { ScoreSource } from '../../datasets/scores/open.ts';
import type { Store } from '../../datasets/store.ts';
import { type AuditPlan, audit } from '../../engine/columns/audit/audit.ts';
import { columnSubject } from '../../engine/columns/audit/column-subjects.ts';
import type { AuditResult } from '../../engine/columns/audit/findings.ts';
import { labelSubject } from '../../engine/columns/audit/label-subject.ts';
import type { LineageNode } from '../../engine/columns/audit/lineage.ts';
import type { AuditedSplit } from '../../engine/columns/audit/splits.ts';
import type { AuditedStrategy } from '../../engine/columns/audit/strategy-run.ts';
import type { AuditSubject } from '../../engine/columns/audit/subject.ts';
import type { TrainingHooks } from '../../engine/columns/audit/training.ts';
import { type AuditWorld, worldOf } from '../../engine/columns/audit/world.ts';
import { computeColumns } from '../../engine/columns/compute.ts';
import { BENCHMARK_SYMBOL } from '../../engine/columns/features/coin-window.ts';
import type { FeatureDefinition, FeatureNeed } from '../../engine/columns/features/feature.ts';
import type { ColumnInputs } from '../../engine/columns/features/inputs.ts';
import { features } from '../../engine/columns/features/registry.ts';
import { pendingFeatures } from '../../engine/columns/features/sets.ts';
import { walkForwardFolds } from '../../engine/columns/folds/walk-forward.ts';
import {
  barrierLabelDefaults,
  emptyBarrierLabels,
  labelBarriers,
} from '../../engine/columns/labels/barrier-labels.ts';
import { forwardResiduals } from '../../engine/columns/labels/forward-residual.ts';
import { longestReach, needsOf } from '../../engine/columns/plan.ts';
import type { MarketRecords } from '../../engine/columns/records.ts';
import { fitMarketRegimes } from '../../engine/columns/regime/market-regimes.ts';
import { type Fault, parseConfig } from '../../engine/config.ts';
import { dayMs, hourMs } from '../../engine/panel/hours.ts';
import { type Panel, timeAt } from '../../engine/panel/panel.ts';
import { WorkerPool } from '../../engine/signal/pool.ts';
import { bindStrategy } from '../../engine/strategy.ts';
import { type ColumnAuditFacts, leakFacts } from '../../reports/column-facts.ts';
import { writeAuditPage } from '../../reports/columns-report.ts';
import { builtInStrategies } from '../../strategies/registry.ts';
import { costModel } from '../cost-models.ts';
import { ScenarioFault } from '../faults.ts';
import { loadBuiltInStrategy, loadStrategyFile } from '../load-strategy.ts';
import { type LoadedFeatureSet, loadFeatureSet } from './feature-set.ts';
import { type LineageOfVersion, mergedLineage, modelLineage } from './model-lineage.ts';
import { withRegimes } from './regimes.ts';
import { scoreSources } from './score-sources.ts';
import { takenRevisions } from './taken-revisions.ts';

export interface ColumnAuditRequest {
  readonly dataset: string;
  /** Name of a set, or path of a file that exports one. */
  readonly set: string;
  /** Names of strategies, or paths of their files; each runs with its own defaults. */
  readonly strategies?: readonly string[];
  /** Times drawn; at least 20 make a judgement. */
  readonly times?: number;
  /** Hours streamed. */
  readonly replayHours?: number;
  readonly seed?: number;
  /** Pipelines that are trained on markets without alpha. */
  readonly training?: TrainingHooks;
  /** Follows score columns back through the versions that filled them; they end the lineage if absent. */
  readonly lineageOfVersion?: LineageOfVersion;
  /** Wall clock, epoch ms: completes the set's page too, which names this time. */
  readonly pageAtMs?: number;
  /** Take volume times close where a bar has no quote volume. */
  readonly approximateQuoteVolume?: boolean;
  /** As many as the machine has cores if absent. */
  readonly workers?: number;
  readonly progress?: Progress;
}

export interface ColumnAudit extends AuditResult {
  readonly dataset: string;
  readonly set: string;
  /** Columns of the set that nothing fills yet, and that were passed over. */
  readonly pending: readonly string[];
  /** Path of the page; null where it was not asked for. */
  readonly page: string | null;
}

const LABEL_HOURS = 72;
const CAPITAL = 100_000;
/** A walk-forward split needs sixty days behind it. */
const SPLIT_DAYS_MIN = 100;

/** @throws StoreFault, StrategyLoadFault, ScenarioFault listing everything that is wrong with the request */
export async function auditColumns(store: Store, request: ColumnAuditRequest): Promise<ColumnAudit> {
  const { progress, workers = availableParallelism(), seed = 1 } = request;
  const loaded = await loadFeatureSet(request.set, store.dataDir);
  const strategies = await strategiesOf(request.strategies ?? [], store.dataDir);
  progress?.(`opening dataset ${request.dataset}`);
  const stored = [...new Set(strategies.flatMap(({ strategy }) => strategy.columns))];
  const dataset = await openDataset(store, request.dataset, { volumes: true, columns: stored });
  const scored = await scoreSources(dataset, stored);
  refuseUnknownColumns(dataset, strategies, scored);
  const { unknown: _, ...records } = await dataset.records();
  const columns = computedFeatures(loaded, dataset, records);
  const read = strategies.flatMap(({ strategy }) => strategy.columns.filter((name) => features.has(name)));
  const needs = new Set([...columns.flatMap(({ needs: own }) => own), ...needsOf(read, features)]);
  const world = await worldFor(store, { dataset, records, columns: stored, scored, needs }, request);
  const { lineageOfVersion, training } = request;
  const models =
    lineageOfVersion === undefined
      ? { nodes: [], fittedOnFolds: [] }
      : await modelLineage(store, scored.values(), lineageOfVersion);
  const pool = new WorkerPool(workers);
  try {
    const result = await audit({
      ...{
        world,
        seed,
        historyHours: longestReach([...columns, ...read.map((name) => features.get(name)!)]),
      },
      subjects: subjectsOf(loaded, columns, world, pool),
      strategies: strategies.map((strategy) => ({ ...strategy, pool })),
      ...(needs.has('regime') ? { fitRegimes: fitMarketRegimes } : {}),
      ...capFlagOf(loaded, columns, world, pool),
      lineage: mergedLineage([...lineageOf(loaded, columns, world.inputs, strategies), ...models.nodes]),
      fittedOnFolds: models.fittedOnFolds,
      ...(training === undefined ? {} : { training }),
      splits: splitsOf(dataset.panel),
      onRecord: takenRevisions(dataset.manifest),
      ...(request.times === undefined ? {} : { times: request.times }),
      ...(request.replayHours === undefined ? {} : { replayHours: request.replayHours }),
      ...(progress === undefined ? {} : { onProgress: progress }),
    });
    const names = new Set(columns.map(({ name }) => name));
    const pending = loaded.set.features.filter(({ name }) => !names.has(name)).map(({ name }) => name);
    const named = { dataset: dataset.name, set: loaded.set.name, pending };
    const hashes = { datasetHash: dataset.hash, setHash: loaded.hash };
    const page = await writePage(store, result, { ...request, ...named, ...hashes });
    return { ...named, page, ...result };
  } finally {
    await pool.close();
  }
}

async function writePage(
  store: Store,
  { leaks, ...result }: AuditResult,
  audited: Omit<ColumnAuditFacts, 'formatVersion' | 'auditedMs' | 'strategies' | 'result'> &
    Pick<ColumnAuditRequest, 'pageAtMs' | 'strategies' | 'progress'>,
): Promise<string | null> {
  const { pageAtMs, strategies = [], progress, dataset, datasetHash, set, setHash, pending } = audited;
  if (pageAtMs === undefined) return null;
  progress?.('writing the page');
  return await writeAuditPage(store, {
    ...{ formatVersion: 1, auditedMs: pageAtMs, dataset, datasetHash, set, setHash, strategies, pending },
    result: { ...result, leaks: leaks.map(leakFacts) },
  });
}

async function strategiesOf(asked: readonly string[], dataDir: string): Promise<readonly AuditedStrategy[]> {
  const strategies: AuditedStrategy[] = [];
  const faults: Fault[] = [];
  for (const nameOrFile of asked) {
    const isFile = /[./\\]/.test(nameOrFile);
    const loaded = isFile
      ? await loadStrategyFile(resolve(nameOrFile), dataDir, nameOrFile)
      : await loadBuiltInStrategy(nameOrFile);
    if (loaded === null) {
      const known = [...builtInStrategies.keys()].join(', ');
      faults.push({
        path: '--strategy',
        message: `there is no strategy ${nameOrFile}; there are ${known}, and files such as ./my-strategy.ts`,
      });
      continue;
    }
    const config = parseConfig(loaded.definition.config, {});
    if (!config.ok) faults.push(...config.faults);
    else
      strategies.push({
        strategy: bindStrategy(loaded.definition, config.value),
        costs: costModel('binance-vip0'),
        capital: CAPITAL,
      });
  }
  if (faults.length > 0) throw new ScenarioFault(faults);
  return strategies;
}

function refuseUnknownColumns(
  dataset: Dataset,
  strategies: readonly AuditedStrategy[],
  scored: ReadonlyMap<string, ScoreSource>,
): void {
  const faults = strategies.flatMap(({ strategy }) =>
    strategy.columns
      .filter(
        (name) =>
          !dataset.storedColumns.includes(name) &&
          !scored.has(name) &&
          (features.get(name)?.scope ?? 'stored') === 'stored',
      )
      .map((name) => ({
        path: '--strategy',
        message: `${strategy.name} reads column ${name}, which dataset ${dataset.name} does not store and the engine does not compute`,
      })),
  );
  if (faults.length > 0) throw new ScenarioFault(faults);
}

/** Those of the set with a formula; outputs of models are audited with the models. */
function computedFeatures(
  { set }: LoadedFeatureSet,
  { panel }: Dataset,
  { news }: MarketRecords,
): readonly FeatureDefinition[] {
  const met = new Set<FeatureNeed>([
    ...(['volume', 'quote-volume', 'fear-greed', 'news', 'instruments', 'regime'] as const),
    ...((news?.classes.length ?? 0) > 0 ? (['news-classes'] as const) : []),
    ...(panel.symbols.includes(BENCHMARK_SYMBOL) ? (['benchmark'] as const) : []),
  ]);
  const pending = pendingFeatures(set, met);
  return set.features.filter((feature) => feature.scope !== 'stored' && !pending.includes(feature));
}

async function worldFor(
  store: Store,
  given: {
    readonly dataset: Dataset;
    readonly records: MarketRecords;
    readonly columns: readonly string[];
    readonly scored: ReadonlyMap<string, ScoreSource>;
    readonly needs: ReadonlySet<FeatureNeed>;
  },
  { approximateQuoteVolume = false, progress }: ColumnAuditRequest,
): Promise<AuditWorld> {
  const { dataset, records, columns, scored, needs } = given;
  const inputs = { panel: dataset.panel, records, regimes: [], approximateQuoteVolume, dailyVolumeMin: 0 };
  const stored = await Promise.all(
    columns
      .filter((name) => dataset.storedColumns.includes(name) || scored.has(name))
      .map((name) => scored.get(name)?.rows(name) ?? dataset.rows(name)),
  );
  progress?.('reading dated rows');
  const more = { stored, ...(await readDatedRows(store, dataset)) };
  return worldOf(needs.has('regime') ? await withRegimes(inputs, dataset, progress) : inputs, more);
}

function subjectsOf(
  { set, modules }: LoadedFeatureSet,
  columns: readonly FeatureDefinition[],
  world: AuditWorld,
  pool: WorkerPool,
): readonly AuditSubject[] {
  const barriers = labelSubject({
    ...{ name: 'triple barrier', horizonHours: LABEL_HOURS },
    labels: ({ inputs: { panel } }) => {
      const labels = emptyBarrierLabels(panel, 'barrier_72h');
      labelBarriers(panel, barrierLabelDefaults, labels);
      return [labels.label];
    },
  });
  const residuals = labelSubject({
    ...{
      name: 'forward residual',
      horizonHours: LABEL_HOURS,
      historyHours: features.get('beta_720h')!.lookbackHours,
    },
    labels: async ({ inputs }) => {
      const [beta] = await computeColumns(inputs, ['beta_720h'], { pool });
      const benchmark = inputs.panel.symbols.indexOf(BENCHMARK_SYMBOL);
      return [
        forwardResiduals({ panel: inputs.panel, beta: beta!, benchmark, horizonHours: LABEL_HOURS }).residual,
      ];
    },
  });
  const hasBenchmark = world.inputs.panel.symbols.includes(BENCHMARK_SYMBOL);
  return [
    columnSubject({ name: set.name, columns: columns.map(({ name }) => name), modules, pool }),
    columnSubject({ kind: 'universe', name: 'universe', columns: ['eligible'], pool }),
    barriers,
    ...(hasBenchmark ? [residuals] : []),
  ];
}

function capFlagOf(
  { modules }: LoadedFeatureSet,
  columns: readonly FeatureDefinition[],
  { tables }: AuditWorld,
  pool: WorkerPool,
): Pick<AuditPlan, 'capFlag'> {
  const field = 'low_cap_flag';
  const table = tables['marketCap'];
  if (table === undefined || !columns.some(({ name }) => name === field)) return {};
  return {
    capFlag: { subject: columnSubject({ name: field, columns: [field], modules, pool }), field, table },
  };
}

/** The set as the input of a model to come, and the strategies as gates; regime versions are the states fitted so far. */
function lineageOf(
  { set }: LoadedFeatureSet,
  columns: readonly FeatureDefinition[],
  { regimes }: ColumnInputs,
  strategies: readonly AuditedStrategy[],
): readonly LineageNode[] {
  const read = strategies.flatMap(({ strategy }) => strategy.columns);
  const own = new Set(columns.map(({ name }) => name));
  const versions = regimes.map(({ trainedToMs, validFromMs }) => ({
    ...{
      name: `regime of ${new Date(validFromMs).toISOString().slice(0, 10)}`,
      kind: 'fitted state' as const,
    },
    ...{ inputs: [], trainedToMs, validFromMs },
  }));
  const others = [...new Set(read)]
    .filter((name) => !own.has(name))
    .flatMap((name) => features.get(name) ?? name);
  return [
    ...versions,
    ...[...columns, ...others].map((column) => ({
      name: typeof column === 'string' ? column : column.name,
      kind: 'column' as const,
      inputs:
        typeof column !== 'string' && column.needs.includes('regime') ? versions.map(({ name }) => name) : [],
    })),
    { name: `input of ${set.name}`, kind: 'gate', inputs: columns.map(({ name }) => name) },
    ...strategies.map(({ strategy }) => ({
      ...{ name: strategy.name, kind: 'gate' as const, inputs: strategy.columns },
    })),
  ];
}

/** The walk-forward folds that models will be trained on, with a sample every day whose label takes its whole horizon. */
function splitsOf(panel: Panel): readonly AuditedSplit[] {
  const [startMs, endMs] = [panel.startMs, timeAt(panel, panel.hours)];
  const days = Math.floor((endMs - startMs) / dayMs);
  if (days < SPLIT_DAYS_MIN) return [];
  const starts = Float64Array.from({ length: days }, (_, day) => startMs + day * dayMs);
  const samples = { startMs: starts, endMs: starts.map((start) => start + LABEL_HOURS * hourMs) };
  return walkForwardFolds({ startMs, endMs, folds: 4, testDays: 5, labelHours: LABEL_HOURS }).map(
    (split, fold) => ({
      ...{ name: `walk-forward ${fold + 1}`, kind: 'days' as const, split, samples },
    }),
  );
}
