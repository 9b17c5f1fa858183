/**
 * One scenario, from dataset to run folder:
 *
 *   1. `openDataset`     panel on shared memory, from the dense cache
 *   2. `columnsFor`      stored columns as they are, market columns computed in workers
 *   3. `runBacktestInMemory`
 *   4. `finishedRun`     tables, headline, assumptions
 *   5. `writeRun`
 */
import { availableParallelism } from 'node:os';
import type { Dataset } from '../datasets/dataset.ts';
import { openDataset } from '../datasets/open.ts';
import type { Progress } from '../datasets/progress.ts';
import { type FinishedRun, type StoredRun, writeRun } from '../datasets/runs.ts';
import type { Store } from '../datasets/store.ts';
import { type BacktestResult, runBacktestInMemory } from '../engine/backtest.ts';
import { computeColumns } from '../engine/columns/compute.ts';
import { BENCHMARK_SYMBOL, marketColumns } from '../engine/columns/market-columns.ts';
import type { ConfigFields, ConfigOf, Fault } from '../engine/config.ts';
import { RunJournal } from '../engine/journal/run-journal.ts';
import { isoMinute } from '../engine/panel/hours.ts';
import { hourAt, type Panel, timeAt } from '../engine/panel/panel.ts';
import type { Rows } from '../engine/panel/rows.ts';
import { exposureOf } from '../engine/portfolio/holdings.ts';
import { equityTable, tradeTable } from '../engine/portfolio/tables.ts';
import { WorkerPool } from '../engine/signal/pool.ts';
import { bindStrategy, type Strategy } from '../engine/strategy.ts';
import { engineVersion } from '../engine/version.ts';
import { assumptionsOf } from './assumptions.ts';
import { ScenarioFault } from './faults.ts';
import { headlineOf } from './headline.ts';
import type { LoadedStrategy } from './load-strategy.ts';
import type { Scenario } from './scenario.ts';

export interface BacktestOptions {
  /** Threads for columns; as many as the machine has cores if absent. */
  readonly workers?: number;
  readonly progress?: Progress;
  /** Stops the run between two decisions. */
  readonly signal?: AbortSignal;
}

export interface FinishedBacktest {
  readonly run: StoredRun;
  readonly panel: Panel;
}

/**
 * Runs a scenario and writes its run folder.
 * @throws StoreFault, ScenarioFault, StrategyFault
 */
export async function runBacktest(
  store: Store,
  scenario: Scenario,
  strategy: LoadedStrategy,
  options: BacktestOptions = {},
): Promise<FinishedBacktest> {
  options.progress?.(`opening dataset ${scenario.dataset}`);
  const { columns } = boundStrategy(scenario, strategy);
  const dataset = await openDataset(store, scenario.dataset, { columns });
  const finished = await simulateScenario(dataset, scenario, strategy, options);
  options.progress?.('writing the run');
  return { run: await writeRun(store, finished), panel: dataset.panel };
}

/** The run as it would be written, without writing it: what a replay compares. */
export async function simulateScenario(
  dataset: Dataset,
  scenario: Scenario,
  strategy: LoadedStrategy,
  options: BacktestOptions = {},
): Promise<FinishedRun> {
  const bound = boundStrategy(scenario, strategy);
  const { panel } = dataset;
  const { fromHour, toHour } = spanOf(scenario, panel);
  const columns = await columnsFor(dataset, bound, options);
  const journal = new RunJournal();
  const result = await runBacktestInMemory({
    panel,
    columns,
    strategy: bound,
    costs: scenario.costs,
    capital: scenario.capital.usdm,
    fromHour,
    toHour,
    closeAtEnd: scenario.closeAtEnd,
    minimumShare: scenario.universe.minimumShare,
    codeHash: strategy.codeHash,
    sharedRows: strategy.builtIn,
    journal,
    onDecision: decisionWatch(options, timeAt(panel, fromHour), timeAt(panel, toHour)),
  });
  return finishedRun({ dataset, scenario, strategy, bound, fromHour, toHour, journal, result });
}

/** The strategy with its configuration, and the scenario's limits over its own. */
export function boundStrategy(scenario: Scenario, strategy: LoadedStrategy): Strategy {
  // The parser has checked the settings against this very definition.
  const bound = bindStrategy(strategy.definition, scenario.config as ConfigOf<ConfigFields>);
  return { ...bound, limits: { ...bound.limits, ...scenario.limits } };
}

function spanOf(scenario: Scenario, panel: Panel): { readonly fromHour: number; readonly toHour: number } {
  const fromHour = scenario.fromMs === null ? 0 : hourAt(panel, scenario.fromMs);
  const toHour = scenario.toMs === null ? panel.hours : hourAt(panel, scenario.toMs);
  const span = `dataset ${scenario.dataset} runs from ${isoMinute(panel.startMs)} to ${isoMinute(timeAt(panel, panel.hours))}`;
  const faults: Fault[] = [];
  if (fromHour < 0 || fromHour >= panel.hours)
    faults.push({ path: 'from', message: `lies outside the data: ${span}` });
  if (toHour <= 0 || toHour > panel.hours)
    faults.push({ path: 'to', message: `lies outside the data: ${span}` });
  if (faults.length > 0) throw new ScenarioFault(faults);
  return { fromHour, toHour };
}

/** Every column the strategy declares, in its order: stored where the dataset has it, computed where the engine can. */
export async function columnsFor(
  dataset: Dataset,
  strategy: Strategy,
  options: BacktestOptions = {},
): Promise<readonly Rows[]> {
  const computed = strategy.columns.filter((name) => !dataset.storedColumns.includes(name));
  const faults = computed.flatMap((name) => columnFault(name, dataset));
  if (faults.length > 0) throw new ScenarioFault(faults);
  const byName = new Map<string, Rows>();
  for (const name of strategy.columns) {
    if (dataset.storedColumns.includes(name)) byName.set(name, await dataset.rows(name));
  }
  if (computed.length > 0) {
    for (const rows of await computedColumns(dataset.panel, computed, options)) byName.set(rows.name, rows);
  }
  return strategy.columns.map((name) => byName.get(name)!);
}

function columnFault(name: string, dataset: Dataset): Fault[] {
  const column = marketColumns.get(name);
  if (column === undefined) {
    const known = [...dataset.storedColumns, ...marketColumns.keys()].join(', ');
    const message = `the strategy reads column ${name}, which dataset ${dataset.name} does not store and the engine does not compute; there are ${known}`;
    return [{ path: 'strategy', message }];
  }
  if (column.needsBenchmark && !dataset.panel.symbols.includes(BENCHMARK_SYMBOL)) {
    return [
      {
        path: 'dataset',
        message: `column ${name} measures against ${BENCHMARK_SYMBOL}, which ${dataset.name} lacks`,
      },
    ];
  }
  return [];
}

async function computedColumns(
  panel: Panel,
  names: readonly string[],
  options: BacktestOptions,
): Promise<readonly Rows[]> {
  const pool = new WorkerPool(options.workers ?? defaultWorkers());
  try {
    return await computeColumns(panel, names, {
      pool,
      onBlock: (done, coins) => options.progress?.(`computing ${names.join(', ')}`, done / coins),
    });
  } finally {
    await pool.close();
  }
}

function defaultWorkers(): number {
  return Math.max(1, Math.min(8, availableParallelism()));
}

function decisionWatch(options: BacktestOptions, fromMs: number, toMs: number): (timeMs: number) => void {
  let seen = 0;
  return (timeMs) => {
    seen += 1;
    if (seen % 256 !== 0) return;
    if (options.signal?.aborted === true) throw options.signal.reason;
    options.progress?.('replaying', (timeMs - fromMs) / (toMs - fromMs));
  };
}

interface Simulated {
  readonly dataset: Dataset;
  readonly scenario: Scenario;
  readonly strategy: LoadedStrategy;
  readonly bound: Strategy;
  readonly fromHour: number;
  readonly toHour: number;
  readonly journal: RunJournal;
  readonly result: BacktestResult;
}

function finishedRun(simulated: Simulated): FinishedRun {
  const { dataset, scenario, strategy, bound, fromHour, toHour, journal, result } = simulated;
  const { panel } = dataset;
  const open = result.venue.book.positions();
  const exposure = exposureOf(panel, result.trades, open, toHour);
  if (scenario.funding.missing === 'strict' && exposure.uncoveredNotionalHours > 0) {
    const share = ((exposure.uncoveredNotionalHours / exposure.notionalHours) * 100).toFixed(1);
    const message = `is strict, and ${share} % of the notional-hours held have no funding row in dataset ${dataset.name}; import funding for those coins, or choose "zero" and read the share in the headline`;
    throw new ScenarioFault([{ path: 'funding.missing', message }]);
  }
  const tables = {
    ...journal.tables(panel.symbols),
    trades: tradeTable(panel, result.trades),
    equity: equityTable(panel, result, exposure, fromHour, toHour),
  };
  const headline = headlineOf({
    result,
    tables,
    exposure,
    openAtEnd: open.length,
    capital: scenario.capital.usdm,
    startMs: timeAt(panel, fromHour),
  });
  return {
    manifest: {
      kind: 'backtest',
      engineVersion,
      scenario: { ...scenario },
      strategy: { name: bound.name, codeHash: strategy.codeHash, config: bound.config },
      dataset: { name: dataset.name, hash: dataset.hash },
      models: [],
      seed: scenario.seed,
      parentRunId: null,
      fromMs: timeAt(panel, fromHour),
      toMs: timeAt(panel, toHour),
      signalDigest: journal.signalDigest,
      digest: journal.runDigest(result.venue.book.ledger, panel),
      headline,
      assumptions: assumptionsOf({ scenario, panel, headline, result, toHour }),
    },
    tables,
  };
}
