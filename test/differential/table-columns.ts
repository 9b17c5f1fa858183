/** Columns of a journal table as plain arrays. */
import type { Table } from '../../engine/journal/tables.ts';

export function reals(table: Table, name: string): readonly number[] {
  const column = table.columns[name]!;
  if (column.type === 'text') throw new TypeError(`column ${name} holds text`);
  return Array.from(column.values);
}

export function texts(table: Table, name: string): readonly (string | null)[] {
  const column = table.columns[name]!;
  if (column.type !== 'text') throw new TypeError(`column ${name} holds numbers`);
  return column.values;
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
