/** The figures at the top of a report, from the tables of a finished run. */
import type { Headline, RunTable } from '../datasets/runs.ts';
import type { BacktestResult } from '../engine/backtest.ts';
import type { UndatedSpan } from '../engine/exchange/dated.ts';
import { exitReasons } from '../engine/journal/records.ts';
import type { Table } from '../engine/journal/tables.ts';
import { dayMs } from '../engine/panel/hours.ts';
import type { Exposure } from '../engine/portfolio/holdings.ts';
import type { VenueRules } from '../engine/simulator/rules.ts';
import { cagr } from '../engine/stats/cagr.ts';
import { calmar } from '../engine/stats/calmar.ts';
import { dailyReturns } from '../engine/stats/daily-returns.ts';
import { maxDrawdown } from '../engine/stats/max-drawdown.ts';
import { sharpe } from '../engine/stats/sharpe.ts';
import { sortino } from '../engine/stats/sortino.ts';
import { doubles, texts } from '../reports/columns.ts';
import type { PriceSources } from './held.ts';

const DAYS_PER_YEAR = 365;

/** For how long the coins that were held were judged by editions younger than the time. */
export interface Undated {
  readonly brackets: UndatedSpan;
  readonly filters: UndatedSpan;
}

export function headlineOf(run: {
  readonly result: BacktestResult;
  readonly tables: Readonly<Record<RunTable, Table>>;
  readonly exposure: Exposure;
  readonly openAtEnd: number;
  readonly capital: number;
  readonly startMs: number;
  readonly rules: VenueRules;
  readonly prices: PriceSources;
  readonly undated: Undated;
  /** Holes of the funding record that positions were held through, and settlements charged that were made up. */
  readonly fundingHoles: number;
  readonly fundingInterpolated: number;
}): Headline {
  const { result, tables, exposure, capital, startMs } = run;
  const { trades } = result;
  const times = doubles(tables.equity, 'time');
  const equity = doubles(tables.equity, 'equity');
  const finalEquity = equity.at(-1) ?? capital;
  const daily = dailyReturns({ timeMs: times, equity, startMs, startEquity: capital });
  const deepest = maxDrawdown(equity, capital);
  const years = ((times.at(-1) ?? startMs) - startMs) / (DAYS_PER_YEAR * dayMs);
  const refusals = result.counts.refusals;
  return {
    trades: trades.count,
    startEquity: capital,
    finalEquity,
    totalReturn: finalEquity / capital - 1,
    sharpe: known(sharpe(daily)),
    sortino: known(sortino(daily)),
    calmar: known(calmar(cagr({ startEquity: capital, finalEquity, years }), deepest)),
    maxDrawdown: Number.isNaN(deepest) ? 0 : deepest,
    winRate: trades.count === 0 ? null : trades.pnl.filter((pnl) => pnl > 0).length / trades.count,
    fees: sum(doubles(tables.fills, 'fee')),
    funding: sum(doubles(tables.funding, 'cash')),
    slippage: slippageOf(tables.fills),
    ...accountFigures(run),
    refusals: Object.values(refusals).reduce((total, count) => total + count, 0),
    refusalsByReason: refusals,
    exitsByReason: exitsByReason(trades.exitReason),
    accountingError: result.accountingError,
    ambiguousBars: result.positionBars === 0 ? 0 : result.ambiguousBars / result.positionBars,
    openAtEnd: run.openAtEnd,
    fundingUncoveredNotionalHours: exposure.uncoveredNotionalHours,
    fundingUncoveredShare:
      exposure.fundedNotionalHours === 0 ? 0 : exposure.uncoveredNotionalHours / exposure.fundedNotionalHours,
    fundingHoles: run.fundingHoles,
    fundingInterpolated: run.fundingInterpolated,
    decisions: result.counts.decisions,
    hours: tables.equity.rows,
  };
}

type AccountKey =
  | 'liquidations'
  | 'clearanceFees'
  | 'insurance'
  | 'makerFees'
  | 'partialFills'
  | 'droppedRests'
  | 'transfers'
  | 'margin'
  | 'spot'
  | 'mark'
  | 'markShare'
  | 'detailMinutes'
  | 'detailHours'
  | 'bracketsUndatedDays'
  | 'filtersUndatedDays';

function accountFigures(run: Parameters<typeof headlineOf>[0]): Pick<Headline, AccountKey> {
  const { result, rules, tables, prices, undated } = run;
  const fee = doubles(tables.fills, 'fee');
  const feesOf = (column: string, value: string) =>
    texts(tables.fills, column).reduce((total, text, row) => (text === value ? total + fee[row]! : total), 0);
  const counted = (table: Table, column: string, value: string) =>
    texts(table, column).filter((text) => text === value).length;
  const markShare = rules.account.mark === 'mark' ? (prices.markShare ?? 0) : 0;
  return {
    liquidations: result.venue.accountCounts.liquidations,
    clearanceFees: feesOf('exit_reason', 'liquidation'),
    insurance: sum(result.trades.insurance),
    makerFees: feesOf('liquidity', 'maker'),
    partialFills: counted(tables.orders, 'outcome', 'partial'),
    droppedRests: counted(tables.account_events, 'event', 'dropped-rest'),
    transfers: counted(tables.account_events, 'event', 'transfer'),
    margin: rules.account.margin,
    spot: prices.spot,
    mark: markShare === 1 ? 'mark' : markShare === 0 ? 'trade' : 'mixed',
    markShare,
    detailMinutes: rules.fills.detail?.minutes ?? null,
    detailHours: result.detailHours,
    bracketsUndatedDays: undated.brackets.days,
    filtersUndatedDays: undated.filters.days,
  };
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** What fills cost against their raw prices: a buy above, a sell below. */
function slippageOf(fills: Table): number {
  const price = doubles(fills, 'price');
  const rawPrice = doubles(fills, 'raw_price');
  const quantity = doubles(fills, 'quantity');
  return quantity.reduce((total, amount, row) => total + amount * Math.abs(price[row]! - rawPrice[row]!), 0);
}

function exitsByReason(codes: Int8Array): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const code of codes) {
    const reason = exitReasons[code]!;
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}
