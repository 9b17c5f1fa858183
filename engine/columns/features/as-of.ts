/** Dated values at the closes of a window's bars: what was available then, and not too old. */
import { type DatedValues, newestAvailable } from '../records.ts';
import type { MarketWindow } from './coin-window.ts';

/** Rows of `values` that belong together: all of them, or those of one coin. */
export interface RowSpan {
  readonly from: number;
  readonly to: number;
}

/** Newest value available at `timeMs` and at most `ageMaxMs` old; NaN where there is none. */
export function valueAt(dated: DatedValues, timeMs: number, ageMaxMs: number): number {
  const row = newestAvailable(dated.availableMs, timeMs);
  return row < 0 ? Number.NaN : freshValue(dated, row, timeMs, ageMaxMs);
}

/** The same at the close of every local hour of [from, to), `lagMs` before it; writes `out[index]`. */
export function valuesAsOf(
  dated: DatedValues,
  market: MarketWindow,
  from: number,
  to: number,
  rule: { readonly ageMaxMs: number; readonly lagMs?: number; readonly rows?: RowSpan },
  out: Float64Array,
): void {
  if (to <= from) return;
  const { ageMaxMs, lagMs = 0 } = rule;
  const rows = rule.rows ?? { from: 0, to: dated.availableMs.length };
  const first = newestAvailable(dated.availableMs, market.closeTimeMs(from) - lagMs, rows.from, rows.to);
  let next = first < 0 ? rows.from : first + 1;
  for (let index = from; index < to; index += 1) {
    const timeMs = market.closeTimeMs(index) - lagMs;
    while (next < rows.to && dated.availableMs[next]! <= timeMs) next += 1;
    out[index] = next === rows.from ? Number.NaN : freshValue(dated, next - 1, timeMs, ageMaxMs);
  }
}

function freshValue(dated: DatedValues, row: number, timeMs: number, ageMaxMs: number): number {
  return timeMs - dated.availableMs[row]! <= ageMaxMs ? dated.values[row]! : Number.NaN;
}
