/** Typed access to the columns of a run's tables. */
import type { Table } from '../engine/journal/tables.ts';

export function numbers(table: Table, name: string): Float64Array | Int32Array {
  const column = table.columns[name];
  if (column === undefined || column.type === 'text') throw missing(table, name, 'numbers');
  return column.values;
}

/** Like `numbers`, for columns that runs of earlier versions lack: null there. */
export function numbersIfAny(table: Table, name: string): Float64Array | Int32Array | null {
  return table.columns[name] === undefined ? null : numbers(table, name);
}

/** Like `numbers`, for columns that are not whole numbers. */
export function doubles(table: Table, name: string): Float64Array {
  const values = numbers(table, name);
  if (values instanceof Int32Array) throw missing(table, name, 'doubles');
  return values;
}

export function texts(table: Table, name: string): readonly (string | null)[] {
  const column = table.columns[name];
  if (column === undefined || column.type !== 'text') throw missing(table, name, 'texts');
  return column.values;
}

function missing(table: Table, name: string, kind: string): RangeError {
  const found = Object.keys(table.columns).join(', ');
  return new RangeError(`a run table lacks the column ${name} (${kind}); it has ${found}`);
}
