/**
 * The world that the look-ahead audit cuts, spoils and streams: everything that can be known, each thing with the time from which it is
 * known. A bar is known at its close; a dated row at `availableMs`, the later of publication and arrival; a fitted state from
 * `validFromMs` on.
 */
import type { Rows } from '../../panel/rows.ts';
import type { ColumnInputs } from '../features/inputs.ts';

/** Dated rows as they were delivered, before any join. Parallel columns, in any order. */
export interface DatedTable {
  /** Epoch ms UTC. */
  readonly publishedMs: Float64Array;
  /** Epoch ms UTC; NaN where the arrival is not known. */
  readonly ingestedMs: Float64Array;
  /** The moment a row speaks of (the 00:00 UTC of its day, say), epoch ms UTC. */
  readonly aboutMs: Float64Array;
  /** Panel index; -1 for the whole market. */
  readonly coins: Int32Array;
  readonly values: Float64Array;
}

/** A later version of a bar. The panel holds the version that was known first. */
export interface BarRevision {
  readonly coin: number;
  readonly hour: number;
  /** When it arrived, epoch ms UTC; later than the bar's close. */
  readonly availableMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** NaN where the version came without. */
  readonly volume: number;
  readonly quoteVolume: number;
}

export interface AuditWorld {
  /** Bars, records as joined, and fitted states. */
  readonly inputs: ColumnInputs;
  /** Rows that joins are audited against: `fearGreed`, `marketCap`, `news` (a row for each article and coin); others for joins of one's own. */
  readonly tables: Readonly<Record<string, DatedTable>>;
  readonly revisions: readonly BarRevision[];
  /** Columns that come with the market and are not computed (scores), `[hour][coin]`: row h is known at the close of bar h. */
  readonly stored: readonly Rows[];
}

/** A world of bars and joined records alone. */
export function worldOf(inputs: ColumnInputs, more: Partial<Omit<AuditWorld, 'inputs'>> = {}): AuditWorld {
  return { inputs, tables: {}, revisions: [], stored: [], ...more };
}

/** When a row could first be used, epoch ms UTC. */
export function rowAvailableMs({ publishedMs, ingestedMs }: DatedTable, row: number): number {
  const arrivedMs = ingestedMs[row]!;
  return Number.isNaN(arrivedMs) ? publishedMs[row]! : Math.max(publishedMs[row]!, arrivedMs);
}
