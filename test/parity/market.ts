/** A made-up market for parity tests, and the folds run over it. */
import { type BacktestInput, type BacktestResult, runBacktestInMemory } from '../../engine/backtest.ts';
import { computeColumns } from '../../engine/columns/compute.ts';
import { barInputs } from '../../engine/columns/features/inputs.ts';
import { parseConfig } from '../../engine/config.ts';
import { RunJournal } from '../../engine/journal/run-journal.ts';
import type { Rows } from '../../engine/panel/rows.ts';
import { bindStrategy, type Strategy } from '../../engine/strategy.ts';
import { madeUpWorkload } from '../../scenarios/bench/made-up.ts';
import { prepareWorkload } from '../../scenarios/bench/workload.ts';
import rankedLongShort from '../../strategies/ranked-long-short/index.ts';
import residualMomentum from '../../strategies/residual-momentum/index.ts';
import scoreGate from '../../strategies/score-gate/index.ts';

export const workload = prepareWorkload(madeUpWorkload(24, 1400, 7));
export const costs = { takerFeeBps: 5, slippageBps: 2 };

export function bound(
  definition: Parameters<typeof bindStrategy>[0],
  settings: Record<string, unknown>,
): Strategy {
  const parsed = parseConfig(definition.config, settings);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return bindStrategy(definition, parsed.value);
}

export type AnyDefinition = Parameters<typeof bindStrategy>[0];

export const strategies: Readonly<Record<string, Strategy>> = {
  'ranked-long-short': bound(rankedLongShort as unknown as AnyDefinition, { count: 4 }),
  'score-gate': bound(scoreGate as unknown as AnyDefinition, { slotsMax: 3 }),
  'residual-momentum': bound(residualMomentum as unknown as AnyDefinition, {
    count: 4,
    historyHoursMin: 800,
  }),
};

export async function columnsOf(strategy: Strategy): Promise<readonly Rows[]> {
  const stored = new Map([workload.score, workload.logit].map((rows) => [rows.name, rows]));
  const missing = strategy.columns.filter((name) => !stored.has(name));
  for (const rows of await computeColumns(barInputs(workload.panel), missing)) stored.set(rows.name, rows);
  return strategy.columns.map((name) => stored.get(name)!);
}

export interface Digests {
  readonly signal: string;
  readonly decision: string;
  readonly trades: number;
}

export async function fold(
  strategy: Strategy,
  more: Partial<BacktestInput> & { readonly columns: readonly Rows[] },
): Promise<{ readonly result: BacktestResult; readonly journal: RunJournal; readonly digests: Digests }> {
  const journal = new RunJournal();
  const result = await runBacktestInMemory({
    panel: workload.panel,
    strategy,
    costs,
    capital: 100_000,
    closeAtEnd: true,
    minimumShare: 0.5,
    journal,
    ...more,
  });
  return { result, journal, digests: digestsOf(journal, result) };
}

export function digestsOf(journal: RunJournal, result: BacktestResult): Digests {
  return {
    signal: journal.signalDigest,
    decision: journal.runDigest(result.venue.book.ledger, workload.panel),
    trades: result.trades.count,
  };
}
