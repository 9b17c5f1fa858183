/**
 * The equity table made ready for drawing. Every hour is drawn up to `MARKS_MAX` of them; beyond that each stretch keeps
 * its first, lowest, highest and last mark, so that no peak and no fall is smoothed away.
 */
import type { StoredRun } from '../datasets/runs.ts';
import type { Table } from '../engine/journal/tables.ts';
import { drawdowns } from '../engine/stats/drawdowns.ts';
import { mean } from '../engine/stats/mean.ts';
import { numbers } from './columns.ts';
import type { ChartColumns } from './csv.ts';

const MARKS_MAX = 20_000;

export interface MarkColumns {
  readonly time: Float64Array;
  readonly equity: Float64Array;
  /** <= 0: fraction below the running peak. */
  readonly drawdown: Float64Array;
  /** Exposures as fractions of equity; `short` <= 0. */
  readonly long: Float64Array;
  readonly short: Float64Array;
  readonly gross: Float64Array;
  readonly net: Float64Array;
  readonly positions: Float64Array;
}

/** Equity as it lies: cash of the spot wallet, and everything else; quote currency. */
export interface WalletColumns {
  readonly time: Float64Array;
  readonly spot_cash: Float64Array;
  readonly rest: Float64Array;
}

export interface Marks {
  /** Every hour of the run. */
  readonly all: MarkColumns;
  /** The hours that are drawn. */
  readonly columns: MarkColumns & ChartColumns;
  readonly hours: number;
  readonly grossMean: number;
  readonly grossMax: number;
  readonly netMean: number;
  readonly positionsMean: number;
  readonly positionsMax: number;
  readonly hoursFlat: number;
  /** The hours that are drawn; null where the spot wallet never held cash. */
  readonly wallets: (WalletColumns & ChartColumns) | null;
}

export async function readMarks(run: StoredRun): Promise<Marks> {
  const table = await run.table('equity');
  const all = columnsOf(table, run.manifest.headline.startEquity);
  const kept = keptRows(all.equity);
  const drawn =
    kept === null
      ? all
      : Object.fromEntries(
          Object.entries(all).map(([name, values]) => [name, Float64Array.from(kept, (row) => values[row]!)]),
        );
  return {
    all,
    columns: drawn as Marks['columns'],
    hours: all.equity.length,
    grossMean: mean(all.gross),
    grossMax: most(all.gross),
    netMean: mean(all.net),
    positionsMean: mean(all.positions),
    positionsMax: most(all.positions),
    wallets: walletsOf(all, numbers(table, 'spot_cash'), kept),
    hoursFlat: all.positions.filter((value) => value === 0).length,
  };
}

function columnsOf(table: Table, startEquity: number): MarkColumns {
  const equity = Float64Array.from(numbers(table, 'equity'));
  const longNotional = numbers(table, 'long_notional');
  const shortNotional = numbers(table, 'short_notional');
  const long = equity.map((mark, row) => longNotional[row]! / mark);
  const short = equity.map((mark, row) => -Math.abs(shortNotional[row]!) / mark);
  return {
    time: Float64Array.from(numbers(table, 'time')),
    equity,
    drawdown: drawdowns(equity, startEquity).map((depth) => (depth > 0 ? -depth : 0)),
    long,
    short,
    gross: long.map((share, row) => share - short[row]!),
    net: long.map((share, row) => share + short[row]!),
    positions: Float64Array.from(numbers(table, 'positions')),
  };
}

function walletsOf(
  all: MarkColumns,
  spotCash: ArrayLike<number>,
  kept: readonly number[] | null,
): Marks['wallets'] {
  const rows = kept ?? Array.from(all.equity.keys());
  if (!rows.some((row) => spotCash[row] !== 0)) return null;
  return {
    time: Float64Array.from(rows, (row) => all.time[row]!),
    spot_cash: Float64Array.from(rows, (row) => spotCash[row]!),
    rest: Float64Array.from(rows, (row) => all.equity[row]! - spotCash[row]!),
  };
}

/** The named columns over every hour, as a chart's CSV. */
export function csvOf(marks: Marks, names: readonly (keyof MarkColumns)[]): ChartColumns {
  return Object.fromEntries(names.map((name) => [name, marks.all[name]]));
}

function most(values: Float64Array): number {
  return values.reduce((best, value) => Math.max(best, value), 0);
}

/** Rows to draw in time order; null where all are. */
export function keptRows(equity: Float64Array, most = MARKS_MAX): number[] | null {
  if (equity.length <= most) return null;
  const stretch = Math.ceil(equity.length / (most / 4));
  const kept = new Set<number>();
  for (let from = 0; from < equity.length; from += stretch) {
    const to = Math.min(from + stretch, equity.length) - 1;
    let low = from;
    let high = from;
    for (let row = from; row <= to; row += 1) {
      if (equity[row]! < equity[low]!) low = row;
      if (equity[row]! > equity[high]!) high = row;
    }
    for (const row of [from, low, high, to]) kept.add(row);
  }
  return [...kept].sort((a, b) => a - b);
}
