/** What is audited, and how two statements about the same hours are compared: bit by bit, with the first hour that differs. */

import type { Rows } from '../../panel/rows.ts';
import type { MaybePromise } from '../../ports.ts';
import type { HourSpan } from './cut.ts';
import type { AuditWorld } from './world.ts';

/** What a subject says of some hours: row i is what it says once bar `fromHour + i` has closed. */
export interface ObservedColumn {
  readonly name: string;
  /** Panel hour of row 0. */
  readonly fromHour: number;
  /** One value a row for each; a single empty name where a value speaks for the whole market. */
  readonly symbols: readonly string[];
  /** `[row][symbol]`, NaN where nothing is said. */
  readonly values: Float64Array;
}

export type SubjectKind = 'features' | 'universe' | 'regime' | 'label' | 'strategy';

/** Something computed from a world. */
export interface AuditSubject {
  readonly kind: SubjectKind;
  readonly name: string;
  /** What it says of the hours of the span that the world has, as a batch computes it. */
  observe(world: AuditWorld, span: HourSpan): MaybePromise<readonly ObservedColumn[]>;
  /** What it says of the newest hour, as live code computes it; `observe` of that hour alone if absent. */
  observeNewest?(world: AuditWorld, hour: number): MaybePromise<readonly ObservedColumn[]>;
}

export interface Difference {
  readonly field: string;
  /** Panel hour. */
  readonly hour: number;
  readonly symbol: string;
  readonly before: number;
  readonly after: number;
  /** Cells that differ, this one included. */
  readonly cells: number;
}

/** The first difference of every column in hours before `toHour`, bit by bit; a NaN equals any other NaN. */
export function differences(
  before: readonly ObservedColumn[],
  after: readonly ObservedColumn[],
  toHour: number,
): readonly Difference[] {
  return before.flatMap((column) => {
    const other = after.find(({ name }) => name === column.name);
    const found = other === undefined ? null : firstDifference(column, other, toHour);
    return found === null ? [] : [found];
  });
}

function firstDifference(before: ObservedColumn, after: ObservedColumn, toHour: number): Difference | null {
  const width = before.symbols.length;
  const hoursOf = (column: ObservedColumn) => column.fromHour + column.values.length / width;
  const from = Math.max(before.fromHour, after.fromHour);
  const to = Math.min(toHour, hoursOf(before), hoursOf(after));
  let first: Omit<Difference, 'cells'> | null = null;
  let cells = 0;
  for (let hour = from; hour < to; hour += 1) {
    const [at, otherAt] = [(hour - before.fromHour) * width, (hour - after.fromHour) * width];
    for (let place = 0; place < width; place += 1) {
      const [one, other] = [before.values[at + place]!, after.values[otherAt + place]!];
      if (Object.is(one, other)) continue;
      cells += 1;
      first ??= { field: before.name, hour, symbol: before.symbols[place]!, before: one, after: other };
    }
  }
  return first === null ? null : { ...first, cells };
}

/** Columns whose row 0 is that of `fromHour`. */
export function observedRows(
  rows: readonly Rows[],
  symbols: readonly string[],
  fromHour: number,
): readonly ObservedColumn[] {
  return rows.map(({ name, values }) => ({ name, fromHour, symbols, values }));
}
