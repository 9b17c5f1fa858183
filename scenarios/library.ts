/** The engine for programs and notebooks: a panel and a strategy in, trades, equity and digests out. */
import { type BacktestResult, runBacktestInMemory } from '../engine/backtest.ts';
import { computeColumns } from '../engine/columns/compute.ts';
import { barInputs } from '../engine/columns/features/inputs.ts';
import { features } from '../engine/columns/features/registry.ts';
import { type ConfigFields, parseConfig } from '../engine/config.ts';
import { RunJournal } from '../engine/journal/run-journal.ts';
import { sealRows, symbolLanes } from '../engine/panel/fingerprint.ts';
import type { Panel } from '../engine/panel/panel.ts';
import { emptyRows, type Rows } from '../engine/panel/rows.ts';
import type { Costs } from '../engine/simulator/costs.ts';
import { bindStrategy, type StrategyDefinition } from '../engine/strategy.ts';
import { costModel } from './cost-models.ts';
import { ScenarioFault } from './faults.ts';
import { type RuleChoice, rulesOf } from './fill-model.ts';
import { costFaults, ruleFaults } from './rule-faults.ts';

export interface BacktestRequest<Fields extends ConfigFields> {
  readonly panel: Panel;
  readonly strategy: StrategyDefinition<Fields>;
  /** Settings that differ from the strategy's defaults. */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * Columns that the engine does not compute, by name: `[hour][coin]` in panel order, row h known at the close of bar h.
   * Length hours x coins.
   */
  readonly columns?: Readonly<Record<string, ArrayLike<number>>>;
  /** Those of `binance-vip0` if absent: 5 bps taker and 2 bps maker on futures, 10 bps on spot, 2 bps slippage. */
  readonly costs?: Costs;
  /** Parts of the account's rules that differ from `plainRules`, such as `{ fills: fillModel({ path: 'adaptive' }) }`. */
  readonly rules?: RuleChoice;
  /** Quote currency in the futures wallet at the start; 10,000 if absent. The spot wallet's is `rules.account.spotCapital`. */
  readonly capital?: number;
  /** Close what is open at the last close; false if absent. */
  readonly closeAtEnd?: boolean;
}

export interface BacktestAnswer extends Omit<BacktestResult, 'venue' | 'checkpoint'> {
  readonly signalDigest: string;
  readonly digest: string;
  /** Positions that were liquidated. */
  readonly liquidations: number;
}

const CAPITAL = 10_000;

/**
 * Runs a strategy over a panel in this thread, without files.
 *
 * ```ts
 * const { trades, equity } = await backtest({ panel: panelFromBars(bars), strategy, columns: { score } });
 * ```
 *
 * @throws ScenarioFault listing every wrong setting and every column that is missing or has the wrong length
 * @throws StrategyFault where `decide` throws or returns what is no target
 */
export async function backtest<Fields extends ConfigFields>(
  request: BacktestRequest<Fields>,
): Promise<BacktestAnswer> {
  const { panel, strategy } = request;
  const parsed = parseConfig(strategy.config, request.config);
  const rules = rulesOf(request.rules ?? {});
  const costs = request.costs ?? costModel('binance-vip0');
  const faults = [...(parsed.ok ? [] : parsed.faults), ...ruleFaults(rules), ...costFaults(costs)];
  if (!parsed.ok || faults.length > 0) throw new ScenarioFault(faults);
  const bound = bindStrategy(strategy, parsed.value);
  const columns = await columnsOf(request, bound.columns);
  const journal = new RunJournal();
  const {
    venue,
    checkpoint: _,
    ...result
  } = await runBacktestInMemory({
    panel,
    columns,
    strategy: bound,
    costs,
    rules,
    capital: request.capital ?? CAPITAL,
    closeAtEnd: request.closeAtEnd ?? false,
    journal,
  });
  return {
    ...result,
    signalDigest: journal.signalDigest,
    digest: journal.runDigest(venue.book.ledger, panel),
    liquidations: venue.accountCounts.liquidations,
  };
}

async function columnsOf<Fields extends ConfigFields>(
  request: BacktestRequest<Fields>,
  names: readonly string[],
): Promise<readonly Rows[]> {
  const { panel } = request;
  const given = request.columns ?? {};
  const cells = panel.hours * panel.symbols.length;
  const faults = names.flatMap((name) => {
    const values = given[name];
    const path = `columns.${name}`;
    if (values === undefined) {
      return (features.get(name)?.scope ?? 'stored') !== 'stored'
        ? []
        : [{ path, message: 'the strategy reads it and the engine does not compute it' }];
    }
    return values.length === cells
      ? []
      : [{ path, message: `must hold hours x coins = ${cells} values, holds ${values.length}` }];
  });
  if (faults.length > 0) throw new ScenarioFault(faults);
  const computed = await computeColumns(
    barInputs(panel),
    names.filter((name) => given[name] === undefined),
  );
  const lanes = symbolLanes(panel.symbols);
  return names.map((name) => {
    const values = given[name];
    if (values === undefined) return computed.find((rows) => rows.name === name)!;
    const rows = emptyRows(name, panel.symbols.length, panel.hours);
    rows.values.set(values);
    sealRows(rows, lanes, panel.startMs);
    return rows;
  });
}
