/** A scenario over an open dataset, without a run folder: columns once, then the fold as often as somebody asks. */
import type { Dataset } from '../datasets/dataset.ts';
import type { Progress } from '../datasets/progress.ts';
import type { FinishedRun } from '../datasets/runs.ts';
import { runBacktestInMemory } from '../engine/backtest.ts';
import type { ConfigFields, ConfigOf, Fault } from '../engine/config.ts';
import { RunJournal } from '../engine/journal/run-journal.ts';
import { isoMinute } from '../engine/panel/hours.ts';
import { hourAt, type Panel, timeAt } from '../engine/panel/panel.ts';
import type { Rows } from '../engine/panel/rows.ts';
import type { DetailSource } from '../engine/simulator/rules.ts';
import { bindStrategy, type Strategy } from '../engine/strategy.ts';
import { readVolumes, strategyColumns } from './columns/strategy-columns.ts';
import { ScenarioFault } from './faults.ts';
import { finishedRun } from './finished-run.ts';
import { interpolated } from './funding-holes.ts';
import type { LoadedStrategy } from './load-strategy.ts';
import type { Scenario } from './scenario.ts';
import { datasetFaults, detailMinutesOf, venueRulesOf } from './venue-rules.ts';

export interface SimulationOptions {
  /** Threads for columns; as many as the machine has cores if absent. */
  readonly workers?: number;
  readonly progress?: Progress;
  /** Stops the run between two decisions. */
  readonly signal?: AbortSignal;
}

/** Whether a scenario's costs, or the columns that its strategy reads, depend on volumes. */
export function needsVolumes(scenario: Scenario, strategy: LoadedStrategy): boolean {
  return scenario.costs.impact !== undefined || readVolumes(boundStrategy(scenario, strategy).columns);
}

/** A dataset with the columns that a strategy reads: what all runs of one scenario, however it is varied, have in common. */
export interface Prepared {
  /** Its finer bars are those that the run's span has some of. */
  readonly dataset: Dataset;
  readonly strategy: LoadedStrategy;
  readonly columns: readonly Rows[];
  /** Scores among them, as the run's manifest names them. */
  readonly models: readonly string[];
}

/** @throws ScenarioFault listing everything that the scenario asks of the dataset in vain */
export async function prepare(
  dataset: Dataset,
  scenario: Scenario,
  strategy: LoadedStrategy,
  options: SimulationOptions = {},
): Promise<Prepared> {
  const bound = boundStrategy(scenario, strategy);
  const { fromHour, toHour } = hoursOf(scenario, dataset.panel);
  const detailMinutes = await detailWithin(dataset, fromHour, toHour);
  const within = { ...dataset, detailMinutes };
  checkAgainst(within, scenario, bound);
  const read = await strategyColumns(dataset, bound.columns, scenario.universe, {
    ...options,
    hours: { fromHour, toHour },
  });
  return { dataset: within, strategy, ...read };
}

/** Lengths of the finer bars of which there are any inside the span. */
async function detailWithin(dataset: Dataset, fromHour: number, toHour: number): Promise<readonly number[]> {
  const lengths: number[] = [];
  for (const minutes of dataset.detailMinutes) {
    const source = await dataset.detail(minutes);
    if (source !== null && hasBars(source, dataset.panel, fromHour, toHour)) lengths.push(minutes);
  }
  return lengths;
}

function hasBars(source: DetailSource, { symbols, hours }: Panel, fromHour: number, toHour: number): boolean {
  for (let coin = 0; coin < symbols.length; coin += 1) {
    for (let hour = Math.max(0, fromHour); hour < Math.min(hours, toHour); hour += 1) {
      if (source.bars(coin, hour) !== null) return true;
    }
  }
  return false;
}

/**
 * The run as it would be written, without writing it: what a replay compares, and what the ledger of assumptions repeats.
 * @throws ScenarioFault listing everything that the scenario asks of the dataset in vain
 */
export async function simulate(
  { dataset, strategy, columns, models }: Prepared,
  scenario: Scenario,
  options: SimulationOptions = {},
): Promise<FinishedRun> {
  const bound = boundStrategy(scenario, strategy);
  const { fromHour, toHour } = checkAgainst(dataset, scenario, bound);
  const minutes = detailMinutesOf(scenario, dataset);
  const detail = minutes === null ? null : await dataset.detail(minutes);
  const rules = venueRulesOf(scenario, dataset, detail);
  const funded = scenario.funding.missing === 'interpolate' ? interpolated(dataset.panel) : null;
  const panel = funded?.panel ?? dataset.panel;
  const journal = new RunJournal();
  const result = await runBacktestInMemory({
    panel,
    columns,
    strategy: bound,
    costs: scenario.costs,
    capital: scenario.capital.usdm,
    rules,
    fromHour,
    toHour,
    closeAtEnd: scenario.closeAtEnd,
    minimumShare: scenario.universe.minimumShare,
    codeHash: strategy.codeHash,
    sharedRows: strategy.builtIn,
    journal,
    onDecision: decisionWatch(options, timeAt(panel, fromHour), timeAt(panel, toHour)),
  });
  return finishedRun({
    dataset,
    scenario,
    strategy,
    bound,
    models,
    rules,
    panel,
    funded,
    fromHour,
    toHour,
    journal,
    result,
  });
}

/** The strategy with its configuration, and the scenario's limits over its own. */
export function boundStrategy(scenario: Scenario, strategy: LoadedStrategy): Strategy {
  // The parser has checked the settings against this very definition.
  const bound = bindStrategy(strategy.definition, scenario.config as ConfigOf<ConfigFields>);
  return { ...bound, limits: { ...bound.limits, ...scenario.limits } };
}

/** The span of the run in panel hours; it may lie outside the data. */
function hoursOf(
  { fromMs, toMs }: Scenario,
  panel: Panel,
): { readonly fromHour: number; readonly toHour: number } {
  return {
    fromHour: fromMs === null ? 0 : hourAt(panel, fromMs),
    toHour: toMs === null ? panel.hours : hourAt(panel, toMs),
  };
}

/** The span of the run, once nothing stands against it. */
function checkAgainst(
  dataset: Dataset,
  scenario: Scenario,
  { schedule }: Strategy,
): { readonly fromHour: number; readonly toHour: number } {
  const { panel } = dataset;
  const { fromHour, toHour } = hoursOf(scenario, panel);
  const span = `dataset ${scenario.dataset} runs from ${isoMinute(panel.startMs)} to ${isoMinute(timeAt(panel, panel.hours))}`;
  const { name, brackets, detailMinutes } = dataset;
  const offer = { name, hasBrackets: brackets.length > 0, detailMinutes };
  const faults: Fault[] = [...datasetFaults(scenario, schedule, offer)];
  if (fromHour < 0 || fromHour >= panel.hours)
    faults.push({ path: 'from', message: `lies outside the data: ${span}` });
  if (toHour <= 0 || toHour > panel.hours)
    faults.push({ path: 'to', message: `lies outside the data: ${span}` });
  if (faults.length === 0) faults.push(...transferFaults(scenario, panel, fromHour, toHour));
  if (faults.length > 0) throw new ScenarioFault(faults);
  return { fromHour, toHour };
}

/** A transfer happens at the end of an hour of the run: the stamps after the first one, up to the last. */
function transferFaults(
  { account: { transfers } }: Scenario,
  panel: Panel,
  fromHour: number,
  toHour: number,
): Fault[] {
  if (typeof transfers === 'string') return [];
  return transfers.flatMap(({ atMs }, index) => {
    const hour = hourAt(panel, atMs);
    if (hour > fromHour && hour <= toHour) return [];
    const span = `after ${isoMinute(timeAt(panel, fromHour))}, up to ${isoMinute(timeAt(panel, toHour))}`;
    const message = `must lie inside the run (${span}), was ${isoMinute(atMs)}`;
    return [{ path: `account.transfers[${index}].at`, message }];
  });
}

function decisionWatch(options: SimulationOptions, fromMs: number, toMs: number): (timeMs: number) => void {
  let seen = 0;
  return (timeMs) => {
    seen += 1;
    if (seen % 256 !== 0) return;
    if (options.signal?.aborted === true) throw options.signal.reason;
    options.progress?.('replaying', (timeMs - fromMs) / (toMs - fromMs));
  };
}
