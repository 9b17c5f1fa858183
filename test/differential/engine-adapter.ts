/** Runs a case through the engine and puts what comes out into the reference's shape. */
import { type BacktestInput, type BacktestResult, runBacktestInMemory } from '../../engine/backtest.ts';
import { exitReasons } from '../../engine/journal/records.ts';
import { RunJournal } from '../../engine/journal/run-journal.ts';
import type { TableColumn } from '../../engine/journal/tables.ts';
import { type BarRow, type FundingRow, type Panel, panelFromBars } from '../../engine/panel/panel.ts';
import { emptyRows, type Rows } from '../../engine/panel/rows.ts';
import type { TradeColumns } from '../../engine/portfolio/ledger.ts';
import type { Schedule } from '../../engine/schedule.ts';
import type { Strategy, Target } from '../../engine/strategy.ts';
import { choose } from './choice.ts';
import type { Case } from './markets.ts';
import type { Reason, ReferenceRefusal, ReferenceRun, ReferenceTrade, Wanted } from './reference.ts';

const hourMs = 3_600_000;

/** The part of the engine that a mutant replaces. */
export interface Engine {
  readonly runBacktestInMemory: typeof runBacktestInMemory;
}

export type EngineRun = Omit<ReferenceRun, 'events'>;

/** Another source of the market than the stored panel. */
export type Source = Partial<Pick<BacktestInput, 'panel' | 'market' | 'clock'>>;

export async function runEngine(drawn: Case, engine?: Engine, source?: Source): Promise<EngineRun> {
  const { panel, journal, result } = await backtestOf(drawn, engine, source);
  return {
    trades: tradesOf(result.trades),
    refusals: refusalsOf(journal, panel),
    equity: Array.from(result.equity),
    cash: result.cash[drawn.toHour - 1]!,
    openAtEnd: result.venue.book.positionCount,
  };
}

export interface EngineBacktest {
  readonly panel: Panel;
  readonly journal: RunJournal;
  readonly result: BacktestResult;
}

export async function backtestOf(
  drawn: Case,
  engine: Engine = { runBacktestInMemory },
  source: Source = {},
): Promise<EngineBacktest> {
  const panel = panelOf(drawn);
  const journal = new RunJournal();
  const { capital, takerFeeBps, slippageBps, closeAtEnd, fromHour, toHour } = drawn;
  const result = await engine.runBacktestInMemory({
    panel,
    columns: [scoreColumn(drawn)],
    strategy: strategyOf(drawn),
    costs: { takerFeeBps, slippageBps },
    capital,
    closeAtEnd,
    fromHour,
    toHour,
    journal,
    ...source,
  });
  return { panel, journal, result };
}

export function panelOf({ market, startMs }: Case): Panel {
  const bars: BarRow[] = [];
  const funding: FundingRow[] = [];
  for (const coin of market.coins) {
    for (const [hour, bar] of coin.bars.entries()) {
      if (bar !== null) bars.push({ symbol: coin.symbol, timeMs: startMs + hour * hourMs, ...bar });
    }
    for (const { offsetMs, rate, mark } of coin.funding) {
      funding.push({
        symbol: coin.symbol,
        timeMs: startMs + offsetMs,
        rate,
        ...(mark === null ? {} : { mark }),
      });
    }
  }
  return panelFromBars(bars, funding);
}

export function scoreColumn({ market, scores }: Case): Rows {
  const rows = emptyRows('score', market.coins.length, market.hours);
  for (const [hour, row] of scores.entries()) rows.values.set(row, hour * market.coins.length);
  return rows;
}

export function strategyOf({ choice, everyHours, slotsMax, sideNotionalFractionMax }: Case): Strategy {
  return {
    name: 'random-choice',
    config: { ...choice },
    columns: ['score'],
    schedule: scheduleOf(everyHours),
    limits: {
      ...(slotsMax === null ? {} : { slotsMax }),
      ...(sideNotionalFractionMax === null ? {} : { sideNotionalFractionMax }),
    },
    decide: (slice, account) => choose(choice, slice.column('score'), account).map(targetOf),
  };
}

function scheduleOf(everyHours: number): Schedule {
  if (everyHours === 1) return { kind: 'hourly' };
  if (everyHours === 24) return { kind: 'daily', at: '12:00', timeZone: 'UTC' };
  return { kind: 'every', minutes: everyHours * 60 };
}

function targetOf({ coin, side, notional, stop, target, holdHours }: Wanted): Target {
  if (side === 0) return { coin, side };
  return {
    coin,
    side,
    notional,
    ...(stop === null ? {} : { stopLossFraction: stop }),
    ...(target === null ? {} : { takeProfitFraction: target }),
    ...(holdHours === null ? {} : { holdHoursMax: holdHours }),
  };
}

function tradesOf(trades: TradeColumns): ReferenceTrade[] {
  return Array.from({ length: trades.count }, (_, row) => ({
    coin: trades.coin[row]!,
    side: trades.side[row] === 1 ? 1 : -1,
    entryHour: trades.entryHour[row]!,
    exitHour: trades.exitHour[row]!,
    quantity: trades.quantity[row]!,
    entryPrice: trades.entryPrice[row]!,
    exitPrice: trades.exitPrice[row]!,
    fees: trades.fees[row]!,
    funding: trades.funding[row]!,
    pnl: trades.pnl[row]!,
    reason: exitReasons[trades.exitReason[row]!]! as Reason,
  }));
}

function refusalsOf(journal: RunJournal, panel: Panel): ReferenceRefusal[] {
  const { columns, rows } = journal.tables(panel.symbols).refusals;
  const at = (name: string, row: number): number | string => valueAt(columns[name]!, row);
  return Array.from({ length: rows }, (_, row) => ({
    stamp: (Number(at('time', row)) - panel.startMs) / hourMs,
    coin: panel.symbols.indexOf(String(at('symbol', row))),
    side: at('side', row) as 1 | -1 | 0,
    reason: String(at('reason', row)),
  }));
}

function valueAt(column: TableColumn, row: number): number | string {
  return column.values[row] ?? Number.NaN;
}
