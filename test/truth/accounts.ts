/** Runs of the strategies of this package on a planted market, under three kinds of account. */
import type { Dataset } from '../../datasets/dataset.ts';
import { type BacktestResult, runBacktestInMemory } from '../../engine/backtest.ts';
import { computeColumns } from '../../engine/columns/compute.ts';
import { barInputs } from '../../engine/columns/features/inputs.ts';
import { type ConfigFields, type ConfigOf, parseConfig } from '../../engine/config.ts';
import { type AccountRules, plainRules } from '../../engine/simulator/rules.ts';
import { bindStrategy, type Strategy } from '../../engine/strategy.ts';
import { builtInStrategies } from '../../strategies/registry.ts';

export interface AccountRun {
  readonly name: string;
  readonly trades: number;
  readonly liquidations: number;
  /** Largest error of any hour as the engine finds it, and that of the whole run from its trades alone; fractions of equity. */
  readonly hourlyError: number;
  readonly tradesError: number;
}

const CAPITAL = 100_000;
const settings: Readonly<Record<string, Record<string, unknown>>> = {
  'ranked-long-short': { count: 6, notionalFraction: 0.3 },
  'score-gate': { probabilityMin: 0.6, slotsMax: 12, notionalFraction: 0.5, stopLossFraction: 0 },
  'residual-momentum': { count: 6, notionalFraction: 0.3, historyHoursMin: 800 },
};
const accounts: Readonly<Record<string, Partial<AccountRules>>> = {
  'no margin': {},
  'cross at 5': { margin: 'cross', leverage: 5 },
  'isolated at 10': { margin: 'isolated', leverage: 10 },
};

export async function accountRuns(dataset: Dataset): Promise<readonly AccountRun[]> {
  const { panel } = dataset;
  const runs: AccountRun[] = [];
  for (const [name, definition] of builtInStrategies) {
    const parsed = parseConfig(definition.config, settings[name]);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
    const strategy = bindStrategy(definition, parsed.value as ConfigOf<ConfigFields>);
    const columns = await columnsOf(dataset, strategy);
    for (const [kind, account] of Object.entries(accounts)) {
      const { brackets, filters } = dataset;
      const margin = account.margin === undefined ? {} : { ...account, brackets, filters };
      const result = await runBacktestInMemory({
        ...{ panel, columns, strategy, capital: CAPITAL, closeAtEnd: true },
        costs: { takerFeeBps: 5, slippageBps: 2 },
        rules: { ...plainRules, account: { ...plainRules.account, ...margin } },
      });
      runs.push({ name: `${name}, ${kind}`, ...figuresOf(result) });
    }
  }
  return runs;
}

async function columnsOf(dataset: Dataset, strategy: Strategy) {
  const computed = strategy.columns.filter((name) => !dataset.storedColumns.includes(name));
  const made = await computeColumns(barInputs(dataset.panel), computed);
  const all = strategy.columns.map((name) => made.find((rows) => rows.name === name) ?? dataset.rows(name));
  return await Promise.all(all);
}

/** sum(side q (exit - entry)) - fees + funding + insurance is the change of equity. */
function figuresOf(result: BacktestResult): Omit<AccountRun, 'name'> {
  const { trades, finalEquity, accountingError, venue } = result;
  let earned = 0;
  for (let row = 0; row < trades.count; row += 1) {
    const moved = trades.exitPrice[row]! - trades.entryPrice[row]!;
    const gross = trades.side[row]! * trades.quantity[row]! * moved;
    earned += gross - trades.fees[row]! + trades.funding[row]! + trades.insurance[row]!;
  }
  return {
    trades: trades.count,
    liquidations: venue.accountCounts.liquidations,
    hourlyError: accountingError,
    tradesError: Math.abs(earned - (finalEquity - CAPITAL)) / Math.max(Math.abs(finalEquity), 1),
  };
}
