/** Rows of the acceptance table: each measures something against the truth, says what came out, and holds or does not. */
import { it } from 'vitest';

export interface Measured {
  /** The figure, in a few words. */
  readonly shown: string;
  readonly holds: boolean;
}

declare module 'vitest' {
  interface TaskMeta {
    row?: { readonly id: string; readonly title: string; readonly target: string; readonly shown: string };
  }
}

/** Every seed instead of the few of the quick form. */
export const isFull = process.env['HOURGLASS_TRUTH'] === 'full';

/** Seeds of the long form and of the quick one. */
export function seedsOf(full = 20, quick = 3): readonly number[] {
  return Array.from({ length: isFull ? full : quick }, (_, index) => index + 1);
}

export function truthRow(
  id: string,
  title: string,
  target: string,
  measure: () => Measured | Promise<Measured>,
): void {
  it(`${id} ${title}`, { timeout: 24 * 3_600_000 }, async ({ task }) => {
    const { shown, holds } = await measure();
    task.meta.row = { id, title, target, shown };
    if (!holds) throw new Error(`${id} ${title}: ${shown}, wanted ${target}`);
  });
}

/** A row that nothing can measure yet: it counts neither as one that holds nor as one that fails. */
export function laterRow(id: string, title: string, comesWith: string): void {
  skippedRow(id, title, `not measured yet: comes with ${comesWith}`);
}

/** A row that is not measured here, and why: it counts neither way. */
export function skippedRow(id: string, title: string, why: string): void {
  it(`${id} ${title}`, ({ skip }) => skip(why));
}

/** What `make` returns for each seed, made once. */
export function onceBySeed<Value>(make: (seed: number) => Promise<Value>): (seed: number) => Promise<Value> {
  const made = new Map<number, Promise<Value>>();
  return (seed) => {
    const value = made.get(seed) ?? make(seed);
    made.set(seed, value);
    return value;
  };
}

/** One after the other: a market at a time is in memory. */
export async function overSeeds<Value>(
  seeds: readonly number[],
  measure: (seed: number) => Promise<Value>,
): Promise<readonly Value[]> {
  const values: Value[] = [];
  for (const seed of seeds) values.push(await measure(seed));
  return values;
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Pearson's. */
export function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [index, value] of a.entries()) {
    const [x, y] = [value - meanA, b[index]! - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}
