/**
 * A time-major column: `values[hour * coins + coin]`, so that the cross-section of one hour is one contiguous view.
 * Row `h` holds what is known when bar `h` has closed.
 */
import { sharedFloat64, sharedInt32 } from './panel.ts';

export interface Rows {
  readonly name: string;
  readonly coins: number;
  readonly hours: number;
  /** `[hour][coin]`, NaN where there is no value. */
  readonly values: Float64Array;
  /** Two 32-bit lanes per hour (see `fingerprint.ts`); empty until the column is sealed. */
  readonly rowHash: Int32Array;
}

export function emptyRows(name: string, coins: number, hours: number): Rows {
  return {
    name,
    coins,
    hours,
    values: sharedFloat64(coins * hours).fill(Number.NaN),
    rowHash: sharedInt32(hours * 2),
  };
}

/** One view per hour, made once per column so that a slice costs nothing. */
export function rowViews(rows: Rows): readonly Float64Array[] {
  const views: Float64Array[] = new Array(rows.hours);
  for (let hour = 0; hour < rows.hours; hour += 1) {
    views[hour] = rows.values.subarray(hour * rows.coins, (hour + 1) * rows.coins);
  }
  return views;
}
