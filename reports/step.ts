/** A step of a decision's story, and what the parts of the story have in common. */
import type { Table } from '../engine/journal/tables.ts';
import { numbers } from './columns.ts';

export interface Step {
  /** Kebab-case name of the stage. */
  readonly step: string;
  /** A plain sentence with its figures. */
  readonly text: string;
  readonly values: Readonly<Record<string, number | string | null>>;
}

export function rowsAt(table: Table, timeMs: number): number[] {
  const time = numbers(table, 'time');
  return Array.from({ length: table.rows }, (_, row) => row).filter((row) => time[row] === timeMs);
}

export function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
