/** Columns of tables, put together from many pieces. */
import type { Table, TableColumn } from '../../engine/journal/tables.ts';
import type { PlantedCoin } from './market.ts';
import { type Piece, rowsOf } from './pieces.ts';
import { hourTimeMs } from './settings.ts';

/** One row per bar: ts, symbol and the named columns, each `[row]` of its coin. */
export function hourlyTable(
  pieces: readonly Piece[],
  columns: Readonly<Record<string, (coin: PlantedCoin) => Float64Array>>,
): Table {
  const rows = rowsOf(pieces);
  const ts = new Float64Array(rows);
  let at = 0;
  for (const { coin, spans } of pieces) {
    for (const { from, to } of spans) {
      for (let row = from; row < to; row += 1, at += 1) ts[at] = hourTimeMs(coin.fromHour + row);
    }
  }
  const doubles = Object.entries(columns).map(([name, pick]): [string, TableColumn] => [
    name,
    { type: 'double', values: gathered(pieces, rows, pick, new Float64Array(rows)) },
  ]);
  return {
    rows,
    columns: {
      ts: { type: 'time', values: ts },
      symbol: { type: 'text', values: symbolsOf(pieces, rows) },
      ...Object.fromEntries(doubles),
    },
  };
}

/** The pieces' rows of one hourly column, one piece after the other, written into `out`. */
export function gathered<Numbers extends Float64Array | Int32Array>(
  pieces: readonly Piece[],
  rows: number,
  pick: (coin: PlantedCoin) => Numbers,
  out: Numbers,
): Numbers {
  let at = 0;
  for (const { coin, spans } of pieces) {
    const values = pick(coin);
    for (const { from, to } of spans) {
      out.set(values.subarray(from, to), at);
      at += to - from;
    }
  }
  if (at !== rows) throw new Error(`${at} of ${rows} rows`);
  return out;
}

function symbolsOf(pieces: readonly Piece[], rows: number): readonly string[] {
  const symbols = new Array<string>(rows);
  let at = 0;
  for (const piece of pieces) {
    const to = at + rowsOf([piece]);
    symbols.fill(piece.symbol, at, to);
    at = to;
  }
  return symbols;
}

/** A table with one row per element, of doubles, times, integers and texts. */
export function tableOf<Row>(rows: readonly Row[], columns: Readonly<Record<string, ColumnOf<Row>>>): Table {
  return {
    rows: rows.length,
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, column]): [string, TableColumn] => [name, columnOf(rows, column)]),
    ),
  };
}

type ColumnOf<Row> =
  | { readonly type: 'double' | 'time' | 'integer'; readonly at: (row: Row) => number }
  | { readonly type: 'text'; readonly at: (row: Row) => string | null };

function columnOf<Row>(rows: readonly Row[], column: ColumnOf<Row>): TableColumn {
  switch (column.type) {
    case 'text':
      return { type: 'text', values: rows.map(column.at) };
    case 'integer':
      return { type: 'integer', values: Int32Array.from(rows, column.at) };
    default:
      return { type: column.type, values: Float64Array.from(rows, column.at) };
  }
}

export function double<Row>(at: (row: Row) => number): ColumnOf<Row> {
  return { type: 'double', at };
}

export function time<Row>(at: (row: Row) => number): ColumnOf<Row> {
  return { type: 'time', at };
}

export function integer<Row>(at: (row: Row) => number): ColumnOf<Row> {
  return { type: 'integer', at };
}

export function text<Row>(at: (row: Row) => string | null): ColumnOf<Row> {
  return { type: 'text', at };
}
