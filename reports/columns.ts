/** Typed access to the columns of a run's tables. */
import type { Table } from '../engine/journal/tables.ts';

export function numbers(table: Table, name: string): Float64Array | Int32Array {
  const column = table.columns[name];
  if (column === undefined || column.type === 'text') throw missing(table, name, 'numbers');
  return column.values;
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
