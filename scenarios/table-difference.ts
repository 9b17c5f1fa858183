/** The first place where two tables of the same kind differ, bit for bit. */
import type { Table, TableColumn } from '../engine/journal/tables.ts';

export interface TableDifference {
  /** Time of the row, epoch ms; NaN where its table has none. */
  readonly timeMs: number;
  readonly symbol: string | null;
  /** `table.column`, or `table` where one of them ends. */
  readonly field: string;
  readonly a: string | number | null;
  readonly b: string | number | null;
}

export function firstTableDifference(name: string, a: Table, b: Table): TableDifference | null {
  const rows = Math.min(a.rows, b.rows);
  for (let row = 0; row < rows; row += 1) {
    for (const column of Object.keys(a.columns)) {
      const left = cell(a.columns[column], row);
      const right = cell(b.columns[column], row);
      if (!Object.is(left, right)) return { ...place(a, row), field: `${name}.${column}`, a: left, b: right };
    }
  }
  if (a.rows === b.rows) return null;
  const longer = a.rows > b.rows ? a : b;
  return { ...place(longer, rows), field: name, a: `${a.rows} rows`, b: `${b.rows} rows` };
}

function place(table: Table, row: number): { readonly timeMs: number; readonly symbol: string | null } {
  const time = cell(table.columns['time'] ?? table.columns['exit_time'], row);
  const symbol = cell(table.columns['symbol'], row);
  return {
    timeMs: typeof time === 'number' ? time : Number.NaN,
    symbol: typeof symbol === 'string' ? symbol : null,
  };
}

function cell(column: TableColumn | undefined, row: number): string | number | null {
  const value = column?.values[row] ?? null;
  return typeof value === 'number' && Number.isNaN(value) ? null : value;
}
