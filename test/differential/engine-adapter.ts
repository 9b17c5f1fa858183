/** Runs a case through the engine and puts what comes out into the reference's shape. */
import { type BacktestInput, type BacktestResult, runBacktestInMemory } from '../../engine/backtest.ts';
import { exitReasons } from '../../engine/journal/records.ts';
import { RunJournal } from '../../engine/journal/run-journal.ts';
import type { TableColumn } from '../../engine/journal/tables.ts';
import {
  type BarRow,
  type FundingRow,
  type Panel,
  panelFromBars,
  sharedFloat64,
} from '../../engine/panel/panel.ts';
import { emptyRows, type Rows } from '../../engine/panel/rows.ts';
import type { TradeColumns } from '../../engine/portfolio/ledger.ts';
import type { Schedule } from '../../engine/schedule.ts';
import type { DetailSource, VenueRules } from '../../engine/simulator/rules.ts';
import type { Strategy, Target } from '../../engine/strategy.ts';
import { choose } from './choice.ts';
import type { Case } from './markets.ts';
import type {
  Bar,
  Market,
  Outcome,
  Reason,
  ReferenceRefusal,
  ReferenceRun,
  ReferenceTrade,
  TargetEnd,
  Wanted,
} from './types.ts';

const hourMs = 3_600_000;

/** The part of the engine that a mutant replaces. */
export interface Engine {
  readonly runBacktestInMemory: typeof runBacktestInMemory;
}

export type EngineRun = Pick<
  ReferenceRun,
  'trades' | 'refusals' | 'targets' | 'equity' | 'wallets' | 'cash' | 'openAtEnd'
>;

/** Another source of the market than the stored panel, or a part of the run. */
export type Source = Partial<
  Pick<BacktestInput, 'panel' | 'market' | 'clock' | 'pauseAtHour' | 'resumeFrom'>
>;

export async function runEngine(drawn: Case, engine?: Engine, source?: Source): Promise<EngineRun> {
  const { panel, journal, result } = await backtestOf(drawn, engine, source);
  return {
    trades: tradesOf(result.trades, drawn.startMs),
    refusals: refusalsOf(journal, panel),
    targets: targetsOf(journal, panel),
    equity: Array.from(result.equity),
    wallets: Array.from(result.cash, (cash, hour) => {
      const spot = result.spotCash[hour]!;
      return { usdm: cash - spot, spot };
    }),
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
  const { capital, closeAtEnd, fromHour, toHour } = drawn;
  const result = await engine.runBacktestInMemory({
    panel,
    columns: columnsOf(drawn),
    strategy: strategyOf(drawn),
    costs: costsOf(drawn),
    ...(drawn.venue === undefined ? {} : { rules: rulesOf(drawn, drawn.venue) }),
    capital,
    closeAtEnd,
    fromHour,
    toHour,
    journal,
    ...source,
  });
  return { panel, journal, result };
}

function costsOf(drawn: Case): BacktestInput['costs'] {
  const { takerFeeBps, slippageBps, makerFeeBps, spotTakerFeeBps, spotMakerFeeBps, impact } = drawn;
  return {
    takerFeeBps,
    slippageBps,
    ...(makerFeeBps === undefined ? {} : { makerFeeBps }),
    ...(spotTakerFeeBps === undefined ? {} : { spotTakerFeeBps }),
    ...(spotMakerFeeBps === undefined ? {} : { spotMakerFeeBps }),
    ...(impact === undefined ? {} : { impact }),
  };
}

function rulesOf({ market }: Case, venue: VenueRules): VenueRules {
  return { ...venue, fills: { ...venue.fills, detail: detailOf(market) } };
}

function detailOf({ detailMinutes, coins }: Market): DetailSource | null {
  if (detailMinutes === undefined) return null;
  return {
    minutes: detailMinutes,
    bars: (coin, hour) => {
      const bars = coins[coin]!.detail?.[hour] ?? null;
      return bars === null ? null : Float64Array.from(bars.flatMap(pricesOf));
    },
  };
}

function pricesOf(bar: Bar | null): number[] {
  return bar === null ? new Array<number>(4).fill(Number.NaN) : [bar.open, bar.high, bar.low, bar.close];
}

export function panelOf({ market, startMs, venue }: Case): Panel {
  const bars: BarRow[] = [];
  const funding: FundingRow[] = [];
  for (const { symbol, bars: own, quoteVolume, volume, funding: rows } of market.coins) {
    for (const [hour, bar] of own.entries()) {
      if (bar === null) continue;
      const volumes = {
        quoteVolume: quoteVolume?.[hour] ?? Number.NaN,
        volume: volume?.[hour] ?? Number.NaN,
      };
      bars.push({ symbol, timeMs: startMs + hour * hourMs, ...bar, ...volumes });
    }
    for (const { offsetMs, rate, mark } of rows) {
      funding.push({ symbol, timeMs: startMs + offsetMs, rate, ...(mark === null ? {} : { mark }) });
    }
  }
  const panel = panelFromBars(bars, funding);
  return venue === undefined ? panel : withSeries(panel, market);
}

/** Marks and spot prices behind the coins' own bars, and what is known of the coins' lives. */
function withSeries(panel: Panel, { coins, renames = [] }: Market): Panel {
  const markRow = new Int32Array(coins.length).fill(-1);
  const spotRow = new Int32Array(coins.length).fill(-1);
  const rows: (readonly (Bar | null)[])[] = [];
  for (const [coin, { marks, spot }] of coins.entries()) {
    if (marks !== undefined) markRow[coin] = coins.length + rows.push(marks) - 1;
    if (spot !== undefined) spotRow[coin] = coins.length + rows.push(spot) - 1;
  }
  const bars = sharedFloat64((coins.length + rows.length) * panel.hours * 4);
  bars.set(panel.bars);
  for (const [row, series] of rows.entries()) {
    bars.set(series.flatMap(pricesOf), (coins.length + row) * panel.hours * 4);
  }
  return {
    ...panel,
    bars,
    series: { markRow, spotRow },
    life: {
      dataEnds: Uint8Array.from(coins, ({ dataEnds }) => (dataEnds === true ? 1 : 0)),
      delisted: Uint8Array.from(coins, ({ delisted }) => (delisted === true ? 1 : 0)),
      gaps: coins.flatMap(({ gaps = [] }, coin) =>
        gaps.map(({ from, to }) => ({ coin, fromHour: from, toHour: to })),
      ),
      renames,
    },
  };
}

export function scoreColumn({ market, scores }: Case): Rows {
  return column('score', market, scores);
}

function columnsOf(drawn: Case): Rows[] {
  const { market, limitPrices } = drawn;
  return limitPrices === undefined
    ? [scoreColumn(drawn)]
    : [scoreColumn(drawn), column('limit', market, limitPrices)];
}

function column(name: string, market: Market, values: readonly (readonly number[])[]): Rows {
  const rows = emptyRows(name, market.coins.length, market.hours);
  for (const [hour, row] of values.entries()) rows.values.set(row, hour * market.coins.length);
  return rows;
}

export function strategyOf(drawn: Case): Strategy {
  const { choice, capital, everyHours, everyMinutes, slotsMax, sideNotionalFractionMax, limitPrices } = drawn;
  return {
    name: 'random-choice',
    config: { ...choice },
    columns: limitPrices === undefined ? ['score'] : ['score', 'limit'],
    schedule: everyMinutes === undefined ? scheduleOf(everyHours) : { kind: 'every', minutes: everyMinutes },
    limits: {
      ...(slotsMax === null ? {} : { slotsMax }),
      ...(sideNotionalFractionMax === null ? {} : { sideNotionalFractionMax }),
    },
    decide: (slice, account) => {
      const view = { capital, equity: account.equity, isOpen: (coin: number) => account.isOpen(coin) };
      const prices = limitPrices === undefined ? [] : slice.column('limit');
      return choose(choice, slice.column('score'), view, prices).map(targetOf);
    },
  };
}

function scheduleOf(everyHours: number): Schedule {
  if (everyHours === 1) return { kind: 'hourly' };
  if (everyHours === 24) return { kind: 'daily', at: '12:00', timeZone: 'UTC' };
  return { kind: 'every', minutes: everyHours * 60 };
}

function targetOf(wanted: Wanted): Target {
  const { coin, side, notional, stop, target, holdHours, reduce } = wanted;
  const market = wanted.market === undefined ? {} : { market: wanted.market };
  if (side === 0)
    return { coin, side, ...market, ...(reduce === undefined ? {} : { reduceFraction: reduce }) };
  return {
    ...{ coin, side, notional, ...market },
    ...(stop === null ? {} : { stopLossFraction: stop }),
    ...(target === null ? {} : { takeProfitFraction: target }),
    ...(holdHours === null ? {} : { holdHoursMax: holdHours }),
    ...(wanted.leverage === undefined ? {} : { leverage: wanted.leverage }),
    ...(wanted.trailing === undefined ? {} : { trailingStopFraction: wanted.trailing }),
    ...(wanted.stopOn === undefined ? {} : { stopOn: wanted.stopOn }),
    ...(wanted.targetKind === undefined ? {} : { takeProfitKind: wanted.targetKind }),
    ...(wanted.limit === undefined ? {} : { limitPrice: wanted.limit }),
    ...(wanted.postOnly === undefined ? {} : { postOnly: wanted.postOnly }),
    ...(wanted.orderHours === undefined ? {} : { orderHoursMax: wanted.orderHours }),
  };
}

function tradesOf(trades: TradeColumns, startMs: number): ReferenceTrade[] {
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
    market: trades.market[row] === 1 ? 'spot' : 'usdm',
    // Spot has none.
    leverage: trades.market[row] === 1 ? 1 : trades.leverage[row]!,
    insurance: trades.insurance[row]!,
    entryMinute: (trades.entryMs[row]! - startMs) / 60_000,
    exitMinute: (trades.exitMs[row]! - startMs) / 60_000,
  }));
}

function targetsOf(journal: RunJournal, panel: Panel): TargetEnd[] {
  const { columns, rows } = journal.tables(panel.symbols).targets;
  const at = (name: string, row: number): number | string | null => columns[name]!.values[row] ?? null;
  return Array.from({ length: rows }, (_, row) => {
    const refusal = at('refusal', row) as string | null;
    const outcome = at('outcome', row) as Outcome;
    return {
      stamp: (Number(at('time', row)) - panel.startMs) / hourMs,
      coin: panel.symbols.indexOf(String(at('symbol', row))),
      side: at('side', row) as 1 | -1 | 0,
      ...(refusal === 'cancelled' ? { outcome: 'cancelled', refusal: null } : { outcome, refusal }),
    };
  });
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
