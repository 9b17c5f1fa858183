/** Trades as rows, each joined with its two fills: what slippage cost, and where the stop was to hold. */
import type { StoredRun } from '../datasets/runs.ts';
import type { Table } from '../engine/journal/tables.ts';
import { numbers, texts } from './columns.ts';

export interface FillRow {
  readonly timeMs: number;
  readonly symbol: string;
  readonly side: 1 | -1;
  readonly leg: string;
  readonly quantity: number;
  readonly price: number;
  readonly rawPrice: number;
  readonly fee: number;
  readonly exitReason: string | null;
  /** The stop's level where a stop filled; NaN otherwise. */
  readonly level: number;
  readonly decidedMs: number;
  /** Quote currency, > 0 where the fill was worse than the raw price. */
  readonly slippage: number;
}

export interface TradeRow {
  readonly symbol: string;
  readonly side: 1 | -1;
  readonly entryMs: number;
  readonly exitMs: number;
  readonly quantity: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  readonly entryReason: string;
  readonly exitReason: string;
  readonly fees: number;
  readonly funding: number;
  readonly pnl: number;
  /** Pnl over the notional at entry. */
  readonly netReturn: number;
  /** Worst and best excursion as fractions of the entry price: adverse <= 0 <= favourable; NaN where unknown. */
  readonly adverse: number;
  readonly favourable: number;
  readonly score: number;
  /** Both legs, quote currency. */
  readonly slippage: number;
  readonly entryFill: FillRow | null;
  readonly exitFill: FillRow | null;
}

function fillRows(table: Table): FillRow[] {
  const symbol = texts(table, 'symbol');
  const leg = texts(table, 'leg');
  const exitReason = texts(table, 'exit_reason');
  const [time, side, quantity, price, raw, fee, level, decided] = columnsOf(table, [
    'time',
    'side',
    'quantity',
    'price',
    'raw_price',
    'fee',
    'level',
    'decided_time',
  ] as const);
  return Array.from({ length: table.rows }, (_, row) => {
    const buys = side![row]! * (leg[row] === 'entry' ? 1 : -1);
    return {
      timeMs: time![row]!,
      symbol: symbol[row] ?? '',
      side: side![row]! === 1 ? 1 : -1,
      leg: leg[row] ?? '',
      quantity: quantity![row]!,
      price: price![row]!,
      rawPrice: raw![row]!,
      fee: fee![row]!,
      exitReason: exitReason[row] ?? null,
      level: level![row]!,
      decidedMs: decided![row]!,
      slippage: buys * (price![row]! - raw![row]!) * quantity![row]!,
    };
  });
}

export async function readTrades(run: StoredRun): Promise<{ trades: TradeRow[]; fills: FillRow[] }> {
  const table = await run.table('trades');
  const fills = fillRows(await run.table('fills'));
  const pairs = pairFills(fills);
  const symbol = texts(table, 'symbol');
  const entryReason = texts(table, 'entry_reason');
  const exitReason = texts(table, 'exit_reason');
  const [side, entry, exit, quantity, entryPrice, exitPrice, fees, funding, pnl, mae, mfe, score] = columnsOf(
    table,
    [
      'side',
      'entry_time',
      'exit_time',
      'quantity',
      'entry_price',
      'exit_price',
      'fees',
      'funding',
      'pnl',
      'mae',
      'mfe',
      'score',
    ] as const,
  );
  const trades = Array.from({ length: table.rows }, (_, row): TradeRow => {
    const coin = symbol[row] ?? '';
    const pair = pairs.get(coin)?.shift() ?? null;
    return {
      symbol: coin,
      side: side![row]! === 1 ? 1 : -1,
      entryMs: entry![row]!,
      exitMs: exit![row]!,
      quantity: quantity![row]!,
      entryPrice: entryPrice![row]!,
      exitPrice: exitPrice![row]!,
      entryReason: entryReason[row] ?? '',
      exitReason: exitReason[row] ?? '',
      fees: fees![row]!,
      funding: funding![row]!,
      pnl: pnl![row]!,
      netReturn: pnl![row]! / (quantity![row]! * entryPrice![row]!),
      adverse: -Math.abs(mae![row]!),
      favourable: Math.abs(mfe![row]!),
      score: score![row]!,
      slippage: pair === null ? Number.NaN : pair.entry.slippage + pair.exit.slippage,
      entryFill: pair?.entry ?? null,
      exitFill: pair?.exit ?? null,
    };
  });
  return { trades, fills };
}

/** A coin has one position at a time, so its entries and exits alternate, and trades stand in the order of their exits. */
function pairFills(fills: readonly FillRow[]): Map<string, { entry: FillRow; exit: FillRow }[]> {
  const open = new Map<string, FillRow>();
  const pairs = new Map<string, { entry: FillRow; exit: FillRow }[]>();
  for (const fill of fills) {
    if (fill.leg === 'entry') {
      open.set(fill.symbol, fill);
      continue;
    }
    const entry = open.get(fill.symbol);
    if (entry === undefined) continue;
    open.delete(fill.symbol);
    const list = pairs.get(fill.symbol) ?? [];
    list.push({ entry, exit: fill });
    pairs.set(fill.symbol, list);
  }
  return pairs;
}

function columnsOf(table: Table, names: readonly string[]): (Float64Array | Int32Array)[] {
  return names.map((name) => numbers(table, name));
}
