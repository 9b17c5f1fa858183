/**
 * What the account costs: workloads A and B with every rule on (tiers, cross margin, filters, impact with a participation cap, two
 * dated editions), beside the same fold without them. Tiers, filters and volumes are made up, by coin and hour alone; the figures of
 * such a run are nobody's result, its time is.
 */
import { runBacktestInMemory } from '../../engine/backtest.ts';
import type { BracketEdition, Tier } from '../../engine/exchange/brackets.ts';
import type { FilterEdition } from '../../engine/exchange/filters.ts';
import { RunJournal } from '../../engine/journal/run-journal.ts';
import { dayMs } from '../../engine/panel/hours.ts';
import { type Panel, sharedFloat64 } from '../../engine/panel/panel.ts';
import type { Costs } from '../../engine/simulator/costs.ts';
import { plainRules, type VenueRules } from '../../engine/simulator/rules.ts';
import { type Workload, workloadCapital, workloadCosts, workloadStrategy } from './workload.ts';

export interface AccountBench {
  readonly panel: Panel;
  readonly rules: VenueRules;
  readonly costs: Costs;
}

/** Rungs of every made-up ladder: cap in quote currency, maintenance rate, greatest leverage. */
const rungs = [
  [50_000, 0.01, 50],
  [250_000, 0.02, 25],
  [1_000_000, 0.05, 10],
  [10_000_000, 0.1, 5],
  [1_000_000_000, 0.25, 2],
] as const;

export function accountBench({ panel }: Workload): AccountBench {
  const { symbols, startMs, hours } = panel;
  const cells = symbols.length * hours;
  const quoteVolume = sharedFloat64(cells);
  for (let cell = 0; cell < cells; cell += 1) quoteVolume[cell] = 200_000 * (1 + (cell % 37));
  const later = startMs + 180 * dayMs;
  const brackets = [editionOf(symbols, 0, 1), editionOf(symbols, later, 0.8)];
  const filters = [filtersOf(symbols, 0, 1e-6), filtersOf(symbols, later, 1e-7)];
  return {
    panel: { ...panel, quoteVolume },
    rules: {
      ...plainRules,
      account: { ...plainRules.account, margin: 'cross', leverage: 3, brackets, filters },
    },
    costs: {
      ...workloadCosts,
      makerFeeBps: 2,
      impact: { coefficient: 1, participationMax: 0.02, rest: 'carry' },
    },
  };
}

function editionOf(symbols: readonly string[], effectiveMs: number, scale: number): BracketEdition {
  const tiers: Tier[] = [];
  for (const [cap, rate, leverageMax] of rungs) {
    const below = tiers.at(-1);
    const floor = below?.cap ?? 0;
    const cum = below === undefined ? 0 : below.cum + floor * (rate - below.maintenanceRate);
    tiers.push({ floor, cap: cap * scale, maintenanceRate: rate, cum, leverageMax });
  }
  return { effectiveMs, tiers: new Map(symbols.map((symbol) => [symbol, tiers])) };
}

function filtersOf(symbols: readonly string[], effectiveMs: number, tickSize: number): FilterEdition {
  const filters = {
    tickSize,
    stepSize: 0.001,
    quantityMin: 0.001,
    marketQuantityMax: Number.POSITIVE_INFINITY,
    notionalMin: 5,
    percentUp: 1.15,
    percentDown: 0.85,
    liquidationFee: 0.0125,
  };
  return { effectiveMs, filters: new Map(symbols.map((symbol) => [symbol, filters])) };
}

/** One journaled fold of a task, plain or with the whole account. */
export async function foldAccount(
  workload: Workload,
  task: 'A' | 'B',
  bench: AccountBench | null,
): Promise<{ readonly trades: number; readonly finalEquity: number }> {
  const journal = new RunJournal();
  const panel = bench?.panel ?? workload.panel;
  const result = await runBacktestInMemory({
    panel,
    columns: [task === 'A' ? workload.score : workload.logit],
    strategy: workloadStrategy(task, panel.symbols),
    costs: bench?.costs ?? workloadCosts,
    capital: workloadCapital,
    closeAtEnd: true,
    sharedRows: true,
    journal,
    ...(bench === null ? {} : { rules: bench.rules }),
  });
  journal.runDigest(result.venue.book.ledger, panel);
  return { trades: result.trades.count, finalEquity: result.finalEquity };
}
