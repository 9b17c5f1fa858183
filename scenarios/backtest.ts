/**
 * One scenario, from dataset to run folder:
 *
 *   1. `openDataset`      panel on shared memory, from the dense cache
 *   2. `prepare`          columns: stored ones as they are, market columns computed in workers; finer bars of the span
 *   3. `simulate`         the account's rules from scenario and dataset, the fold, tables, headline, assumptions
 *   4. `assumptionLedger` where asked for: 3 once more for every assumption made otherwise
 *   5. `writeRun`
 */
import type { AssumptionLedger } from '../datasets/assumption-ledger.ts';
import { openDataset } from '../datasets/open.ts';
import { type StoredRun, writeRun } from '../datasets/runs.ts';
import type { Store } from '../datasets/store.ts';
import type { Panel } from '../engine/panel/panel.ts';
import { assumptionLedger, writeLedger } from './ledger.ts';
import type { LoadedStrategy } from './load-strategy.ts';
import type { Scenario } from './scenario.ts';
import { boundStrategy, needsVolumes, prepare, type SimulationOptions, simulate } from './simulate.ts';

export interface BacktestOptions extends SimulationOptions {
  /** Run the scenario once more for every assumption, with that one made otherwise. */
  readonly assumptions?: boolean;
}

export interface FinishedBacktest {
  readonly run: StoredRun;
  readonly panel: Panel;
  /** What each assumption is worth; null where it was not asked for. */
  readonly ledger: AssumptionLedger | null;
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
  const { progress, assumptions = false } = options;
  progress?.(`opening dataset ${scenario.dataset}`);
  const { columns } = boundStrategy(scenario, strategy);
  // The ledger asks what market impact would cost.
  const volumes = assumptions || needsVolumes(scenario, strategy);
  const dataset = await openDataset(store, scenario.dataset, { columns, volumes });
  const prepared = await prepare(dataset, scenario, strategy, options);
  const finished = await simulate(prepared, scenario, options);
  const ledger = assumptions
    ? await assumptionLedger(prepared, scenario, finished.manifest.headline, options)
    : null;
  progress?.('writing the run');
  const run = await writeRun(store, finished);
  if (ledger !== null) await writeLedger(run, ledger);
  return { run, panel: dataset.panel, ledger };
}
