/** Refusals counted by reason. */
import { table as arqueroTable, desc, op } from 'arquero';
import type { Table } from '../engine/journal/tables.ts';
import { numbers, texts } from './columns.ts';

export interface RefusalGroup {
  readonly reason: string;
  readonly count: number;
  readonly longs: number;
  readonly shorts: number;
  readonly coins: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** The commonest reason first. */
export function groupRefusals(refusals: Table): RefusalGroup[] {
  if (refusals.rows === 0) return [];
  const side = Array.from(numbers(refusals, 'side'));
  return arqueroTable({
    reason: texts(refusals, 'reason').map((reason) => reason ?? 'unstated'),
    symbol: [...texts(refusals, 'symbol')],
    long: side.map((value) => (value === 1 ? 1 : 0)),
    short: side.map((value) => (value === -1 ? 1 : 0)),
    time: Array.from(numbers(refusals, 'time')),
  })
    .groupby('reason')
    .rollup({
      count: op.count(),
      longs: op.sum('long'),
      shorts: op.sum('short'),
      coins: op.distinct('symbol'),
      firstMs: op.min('time'),
      lastMs: op.max('time'),
    })
    .orderby(desc('count'), 'reason')
    .objects() as RefusalGroup[];
}
