/** The rules of an account that ask for nothing leave no trace: the digests are those of a run without rules. */
import { expect, test } from 'vitest';
import { runBacktestInMemory } from '../../engine/backtest.ts';
import { computeColumns } from '../../engine/columns/compute.ts';
import { barInputs } from '../../engine/columns/features/inputs.ts';
import { parseConfig } from '../../engine/config.ts';
import { RunJournal } from '../../engine/journal/run-journal.ts';
import { plainRules, type VenueRules } from '../../engine/simulator/rules.ts';
import { bindStrategy } from '../../engine/strategy.ts';
import { builtInStrategies } from '../../strategies/registry.ts';
import { readSlice } from './w-slice/read.ts';
import { firstOtherBit } from './workload-w.ts';

const slice = readSlice();
const cases = [
  { name: 'ranked-long-short', config: {} },
  { name: 'score-gate', config: { slotsMax: 10 } },
  { name: 'residual-momentum', config: { historyHoursMin: 100 } },
];

test.each(cases)('$name', async ({ name, config }) => {
  const bare = await fold(name, config);
  const plain = await fold(name, config, plainRules);
  expect(plain.digests).toEqual(bare.digests);
  expect(firstOtherBit(bare.result.equity, plain.result.equity)).toBe(-1);
  expect(bare.result.trades.count).toBeGreaterThan(0);
});

async function fold(name: string, config: Readonly<Record<string, unknown>>, rules?: VenueRules) {
  const definition = builtInStrategies.get(name)!;
  const parsed = parseConfig(definition.config, config);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const strategy = bindStrategy(definition, parsed.value);
  const stored = new Map(slice.columns.map((rows) => [rows.name, rows]));
  const missing = strategy.columns.filter((column) => !stored.has(column));
  for (const rows of await computeColumns(barInputs(slice.panel), missing)) stored.set(rows.name, rows);
  const journal = new RunJournal();
  const result = await runBacktestInMemory({
    panel: slice.panel,
    columns: strategy.columns.map((column) => stored.get(column)!),
    strategy,
    costs: { takerFeeBps: 5, slippageBps: 2 },
    capital: 1_000_000,
    closeAtEnd: true,
    journal,
    ...(rules === undefined ? {} : { rules }),
  });
  const { ledger } = result.venue.book;
  return { result, digests: [journal.signalDigest, journal.runDigest(ledger, slice.panel)] };
}
