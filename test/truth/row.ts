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
export function seedsOf(full: number, quick: number): readonly number[] {
  return Array.from({ length: isFull ? full : quick }, (_, index) => index + 1);
}

export function truthRow(
  id: string,
  title: string,
  target: string,
  measure: () => Measured | Promise<Measured>,
): void {
  it(`${id} ${title}`, { timeout: 3_600_000 }, async ({ task }) => {
    const { shown, holds } = await measure();
    task.meta.row = { id, title, target, shown };
    if (!holds) throw new Error(`${id} ${title}: ${shown}, wanted ${target}`);
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
