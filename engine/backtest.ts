/**
 * A backtest in memory: panel and columns in, trades and equity out. Assembles the four ports over history and hands
 * them to the loop of `run.ts`; files, scenarios and reports stand around this.
 */
import { scheduleClock } from './clock.ts';
import { assertInvariant } from './invariant.ts';
import { textLanes } from './journal/digest.ts';
import type { RefusalReason } from './journal/records.ts';
import type { JournalCheckpoint, RunJournal } from './journal/run-journal.ts';
import { type Panel, timeAt } from './panel/panel.ts';
import type { Rows } from './panel/rows.ts';
import { StoredMarket } from './panel/stored-market.ts';
import type { TradeColumns } from './portfolio/ledger.ts';
import type { Clock, MarketData } from './ports.ts';
import { CrossSectionGuard } from './risk/cross-section.ts';
import { refusalByLimits } from './risk/limits.ts';
import { type RunCounts, run } from './run.ts';
import type { Costs } from './simulator/costs.ts';
import type { VenueRules } from './simulator/rules.ts';
import { SimulatedVenue, type VenueCheckpoint } from './simulator/venue.ts';
import type { Strategy } from './strategy.ts';

export interface BacktestInput {
  readonly panel: Panel;
  /** The columns that the strategy declares, time-major, in panel order of coins. */
  readonly columns: readonly Rows[];
  readonly strategy: Strategy;
  readonly costs: Costs;
  /** Quote currency in the futures wallet at the start, > 0; the spot wallet's stands in the rules. */
  readonly capital: number;
  /** Rules of the account; fees, funding and levels alone if absent. */
  readonly rules?: VenueRules;
  /** First hour and one past the last; the whole panel if absent. Decisions and fills happen inside. */
  readonly fromHour?: number;
  readonly toHour?: number;
  /** Close what is open at the last close instead of leaving it marked. */
  readonly closeAtEnd?: boolean;
  /** Least share of the usual cross-section a decision needs (see `CrossSectionGuard`); 0 if absent. */
  readonly minimumShare?: number;
  /** Hand out views of shared columns (see `StoredMarket`); for the strategies of this package. False if absent. */
  readonly sharedRows?: boolean;
  /** Names the strategy's code in order ids. */
  readonly codeHash?: string;
  readonly journal?: RunJournal;
  /** Another source of ticks or slices than the stored ones: a stream, a wall clock. */
  readonly clock?: Clock;
  readonly market?: MarketData;
  readonly onDecision?: (timeMs: number) => void;
  /** Go on from here instead of from the start. */
  readonly resumeFrom?: BacktestCheckpoint;
  /** Stop before this hour and return a checkpoint; positions stay open. */
  readonly pauseAtHour?: number;
}

export interface BacktestResult {
  readonly trades: TradeColumns;
  /** Equity at the close of each panel hour, NaN outside the run. */
  readonly equity: Float64Array;
  readonly cash: Float64Array;
  /** Cash of the spot wallet alone. */
  readonly spotCash: Float64Array;
  readonly finalEquity: number;
  readonly counts: RunCounts;
  readonly positionBars: number;
  readonly ambiguousBars: number;
  readonly detailHours: number;
  /** Largest error of the accounting identity in any hour, as a fraction of equity. */
  readonly accountingError: number;
  readonly venue: SimulatedVenue;
  /** Where the run was paused; null where it ran to its end. */
  readonly checkpoint: BacktestCheckpoint | null;
}

/** All that the rest of a run depends on. Structured-cloneable; numbers keep their bits. */
export interface BacktestCheckpoint {
  readonly venue: VenueCheckpoint;
  readonly guard: readonly number[];
  readonly journal: JournalCheckpoint | null;
  /** Counts so far. */
  readonly counts: RunCounts;
  /** The panel it was taken on: positions and books stand in its hours and coins. */
  readonly panel: { readonly symbols: readonly string[]; readonly startMs: number; readonly hours: number };
}

export async function runBacktestInMemory(input: BacktestInput): Promise<BacktestResult> {
  const { panel, strategy, journal, resumeFrom } = input;
  const fromHour = input.fromHour ?? 0;
  const toHour = input.toHour ?? panel.hours;
  const untilHour = input.pauseAtHour ?? toHour;
  const venue = new SimulatedVenue({
    panel,
    costs: input.costs,
    capital: input.capital,
    fromHour,
    toHour,
    closeAtEnd: input.closeAtEnd ?? false,
    ...(input.rules === undefined ? {} : { rules: input.rules }),
    ...(journal === undefined ? {} : { journal }),
  });
  const guard = new CrossSectionGuard(input.minimumShare ?? 0);
  if (resumeFrom !== undefined) {
    assertSamePanel(panel, resumeFrom);
    venue.restore(resumeFrom.venue, (order, account) => refusalByLimits(strategy.limits, order, account));
    guard.restore(resumeFrom.guard);
    if (resumeFrom.journal !== null) journal?.restore(resumeFrom.journal);
  }
  const startHour = resumeFrom?.venue.hour ?? fromHour;
  const clock =
    input.clock ?? scheduleClock(strategy.schedule, timeAt(panel, startHour), timeAt(panel, untilHour));
  const pausing = input.pauseAtHour !== undefined;
  const since = await run(
    {
      clock,
      market: input.market ?? new StoredMarket(panel, input.columns, input.sharedRows ?? false),
      venue,
      strategy,
      strategyHash: textLanes(`${input.codeHash ?? ''}${JSON.stringify(strategy.config)}`),
      guard,
      ...(journal === undefined ? {} : { journal: pausing ? unsealed(journal) : journal }),
      ...(input.onDecision === undefined ? {} : { onDecision: input.onDecision }),
    },
    timeAt(panel, untilHour),
  );
  // Late refusals are the venue's to count, over the whole run: they are added once, at the end of it.
  const decided = resumeFrom === undefined ? since : summed(resumeFrom.counts, since);
  const { lateRefusals } = venue.accountCounts;
  const counts = summed(decided, { decisions: 0, targets: 0, refusals: pausing ? {} : lateRefusals });
  const { ledger } = venue.book;
  venue.book.assertAccounts();
  return {
    trades: ledger.trades(),
    equity: ledger.equity,
    cash: ledger.cash,
    spotCash: ledger.spotCash,
    finalEquity: venue.book.equity,
    counts,
    ...venue.barCounts,
    accountingError: venue.book.accountingError,
    venue,
    checkpoint: pausing
      ? {
          venue: venue.checkpoint(),
          guard: guard.checkpoint(),
          journal: journal?.checkpoint() ?? null,
          counts,
          panel: { symbols: panel.symbols, startMs: panel.startMs, hours: panel.hours },
        }
      : null,
  };
}

function assertSamePanel(panel: Panel, { panel: before }: BacktestCheckpoint): void {
  const same =
    panel.startMs === before.startMs &&
    panel.hours === before.hours &&
    panel.symbols.length === before.symbols.length &&
    panel.symbols.every((symbol, coin) => symbol === before.symbols[coin]);
  assertInvariant(same, 'a run is resumed on the panel it was paused on');
}

function summed(a: RunCounts, b: RunCounts): RunCounts {
  const refusals = { ...a.refusals };
  for (const [reason, count] of Object.entries(b.refusals) as [RefusalReason, number][]) {
    refusals[reason] = (refusals[reason] ?? 0) + count;
  }
  return { decisions: a.decisions + b.decisions, targets: a.targets + b.targets, refusals };
}

/** A paused run is to be continued: its journal stays open. */
function unsealed(journal: RunJournal): { append: RunJournal['append']; seal(): void } {
  return { append: (record) => journal.append(record), seal: () => undefined };
}
