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

const viewsOf = new WeakMap<Rows, readonly Float64Array[]>();

/** One view per hour, made once per column, so that neither a slice nor the next run over the same column makes them anew. */
export function rowViews(rows: Rows): readonly Float64Array[] {
  let views = viewsOf.get(rows);
  if (views === undefined) {
    views = Array.from({ length: rows.hours }, (_, hour) =>
      rows.values.subarray(hour * rows.coins, (hour + 1) * rows.coins),
    );
    viewsOf.set(rows, views);
  }
  return views;
}
