/**
 * Many configurations of one strategy over one panel: the columns are scored once and shared, every variant is a fold.
 * Workers hold no copy of the panel, and which worker folds which variant leaves no trace in the results.
 */
import { type BacktestInput, runBacktestInMemory } from '../engine/backtest.ts';
import type { ConfigFields, ConfigOf } from '../engine/config.ts';
import { RunJournal } from '../engine/journal/run-journal.ts';
import type { Limits } from '../engine/risk/limits.ts';
import { siblingModule, type WorkerPool } from '../engine/signal/pool.ts';
import type { VenueRules } from '../engine/simulator/rules.ts';
import { bindStrategy, type StrategyDefinition } from '../engine/strategy.ts';

export interface VariantSet {
  readonly panel: BacktestInput['panel'];
  readonly columns: BacktestInput['columns'];
  /** URL of the module whose default export is the strategy. */
  readonly strategyModule: string;
  readonly codeHash: string;
  /** The module is one of this package's own (see `BacktestInput.sharedRows`). */
  readonly builtIn: boolean;
  readonly costs: BacktestInput['costs'];
  readonly capital: number;
  readonly closeAtEnd: boolean;
  /** As in a scenario; the whole panel, no limits beyond the strategy's, and any cross-section where absent. */
  readonly fromHour?: number;
  readonly toHour?: number;
  readonly minimumShare?: number;
  readonly limits?: Limits;
  /** Rules of the account; fees, funding and levels alone if absent. Finer bars are read in this thread alone. */
  readonly rules?: VenueRules;
  /** Keep a journal of each variant, for its digests. */
  readonly digests: boolean;
  /** Complete configurations, one per variant. */
  readonly configs: readonly Readonly<Record<string, unknown>>[];
}

export interface VariantResult {
  readonly trades: number;
  readonly finalEquity: number;
  /** Null where no journal was kept. */
  readonly signalDigest: string | null;
  readonly digest: string | null;
}

/**
 * Folds all variants on the pool's workers; results in the order of `configs`. With finer bars, whose source is open in this thread
 * and nowhere else, they are folded here instead.
 */
export async function runVariants(pool: WorkerPool, set: VariantSet): Promise<readonly VariantResult[]> {
  if ((set.rules?.fills.detail ?? null) !== null) return await foldVariants(set);
  // A few tasks per worker keep both busy to the end; one task per variant would copy symbols and views too often.
  const perTask = Math.max(1, Math.ceil(set.configs.length / (pool.workers * 4)));
  const module = siblingModule('variants', import.meta.url);
  const parts: Promise<readonly VariantResult[]>[] = [];
  for (let from = 0; from < set.configs.length; from += perTask) {
    parts.push(
      pool.run(module, 'foldVariants', { ...set, configs: set.configs.slice(from, from + perTask) }),
    );
  }
  return (await Promise.all(parts)).flat();
}

/** Folds variants one after the other in this thread. */
export async function foldVariants(set: VariantSet): Promise<readonly VariantResult[]> {
  const { default: definition } = (await import(set.strategyModule)) as {
    default: StrategyDefinition<ConfigFields>;
  };
  const results: VariantResult[] = [];
  for (const config of set.configs) {
    const journal = set.digests ? new RunJournal() : undefined;
    const bound = bindStrategy(definition, config as ConfigOf<ConfigFields>);
    const result = await runBacktestInMemory({
      panel: set.panel,
      columns: set.columns,
      strategy: { ...bound, limits: { ...bound.limits, ...set.limits } },
      ...(set.fromHour === undefined ? {} : { fromHour: set.fromHour }),
      ...(set.toHour === undefined ? {} : { toHour: set.toHour }),
      minimumShare: set.minimumShare ?? 0,
      costs: set.costs,
      capital: set.capital,
      ...(set.rules === undefined ? {} : { rules: set.rules }),
      closeAtEnd: set.closeAtEnd,
      codeHash: set.codeHash,
      sharedRows: set.builtIn,
      ...(journal === undefined ? {} : { journal }),
    });
    results.push({
      trades: result.trades.count,
      finalEquity: result.finalEquity,
      signalDigest: journal?.signalDigest ?? null,
      digest: journal?.runDigest(result.venue.book.ledger, set.panel) ?? null,
    });
  }
  return results;
}
