/** Series with holes for the tests of the kernels, and kernels as functions of one or two series. */
import fc from 'fast-check';
import type { RollingRange } from '../../../../engine/columns/rolling.ts';

const missing = Number.NaN;

/** Numbers with holes, repeats and stretches without any value. */
const stretch = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(
      fc.option(fc.double({ min: -5, max: 5, noNaN: true, noDefaultInfinity: true }), {
        nil: missing,
        freq: 8,
      }),
      { minLength: 1, maxLength: 25 },
    ),
  },
  { weight: 2, arbitrary: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 15 }) },
  { weight: 1, arbitrary: fc.nat(15).map((length) => new Array<number>(length + 1).fill(missing)) },
  { weight: 1, arbitrary: fc.nat(15).map((length) => new Array<number>(length + 1).fill(0.1)) },
);

export const gappy: fc.Arbitrary<Float64Array> = fc
  .array(stretch, { minLength: 1, maxLength: 6 })
  .map((parts) => Float64Array.from(parts.flat()));

/** Two series of one length. */
export const gappyPairs: fc.Arbitrary<{ readonly x: Float64Array; readonly y: Float64Array }> = fc
  .tuple(gappy, gappy)
  .map(([x, y]) => {
    const length = Math.min(x.length, y.length);
    return { x: x.slice(0, length), y: y.slice(0, length) };
  });

export function rangeOf(length: number, window: number, countMin: number, firstStamp = 0): RollingRange {
  return { window, countMin, firstStamp, from: 0, to: length };
}

/** The finite values of the window that ends at `hour`. */
export function windowOf(x: Float64Array, hour: number, window: number): number[] {
  return [...x.subarray(Math.max(0, hour - window + 1), hour + 1)].filter(Number.isFinite);
}

/** First element that is not the very same number (NaN equals NaN, 0 is not -0), or -1. */
export function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  for (let index = 0; index < a.length; index += 1) if (!Object.is(a[index], b[index])) return index;
  return -1;
}

/** Distance relative to the larger of 1 and the expected size; 0 where both are NaN. */
export function distance(actual: number, expected: number): number {
  if (Number.isNaN(actual) && Number.isNaN(expected)) return 0;
  const gap = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  return Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
}
