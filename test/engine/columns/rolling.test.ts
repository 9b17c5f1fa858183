import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rollingBeta, rollingDeviation, rollingSum } from '../../../engine/columns/rolling.ts';
import golden from '../../golden/golden_vectors.json' with { type: 'json' };

const missing = Number.NaN;

/** Numbers with holes, as (x, y) pairs. */
const pairs = fc.array(
  fc.record({
    x: fc.option(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { nil: missing, freq: 8 }),
    y: fc.option(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { nil: missing, freq: 8 }),
  }),
  { minLength: 1, maxLength: 90 },
);

describe('rollingBeta', () => {
  it('gives the golden values, with a missing pair and a minimum count', () => {
    const { x, y, window, min_nobs: countMin, beta } = golden.rolling_ols;
    const out = new Float64Array(x.length);
    const series = (values: readonly (number | null)[]) =>
      Float64Array.from(values, (value) => value ?? missing);
    rollingBeta(series(x), series(y), { window, countMin, firstStamp: 0, from: 0, to: x.length }, out);
    for (const [hour, expected] of beta.entries()) {
      if (expected === null) expect(out[hour]).toBeNaN();
      else expect(out[hour]).toBeCloseTo(expected, 9);
    }
  });

  it('is undefined where the benchmark does not move', () => {
    const x = new Float64Array(10).fill(0.01);
    const y = Float64Array.from({ length: 10 }, (_, hour) => hour / 100);
    const out = new Float64Array(10);
    rollingBeta(x, y, { window: 5, countMin: 3, firstStamp: 0, from: 0, to: 10 }, out);
    expect([...out].every(Number.isNaN)).toBe(true);
  });

  it('follows the definition within rounding', () => {
    fc.assert(
      fc.property(pairs, fc.integer({ min: 2, max: 20 }), (list, window) => {
        const { x, y } = seriesOf(list);
        const out = new Float64Array(list.length);
        rollingBeta(x, y, { window, countMin: 2, firstStamp: 7, from: 0, to: list.length }, out);
        for (let hour = 0; hour < list.length; hour += 1) {
          const expected = slope(list.slice(Math.max(0, hour - window + 1), hour + 1));
          if (expected === null || Number.isNaN(out[hour])) continue; // Variance at the threshold may fall on either side.
          expect(Math.abs(out[hour]! - expected)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(expected)));
        }
      }),
    );
  });
});

describe.each([
  ['rollingBeta', rollingBeta],
  [
    'rollingSum',
    (x: Float64Array, _y: Float64Array, range: Range, out: Float64Array) => rollingSum(x, range, out),
  ],
  [
    'rollingDeviation',
    (x: Float64Array, _y: Float64Array, range: Range, out: Float64Array) => rollingDeviation(x, range, out),
  ],
] as const)('%s', (_name, kernel) => {
  it('has the same bits for a batch, for any cut of it, and wherever the history starts', () => {
    fc.assert(
      fc.property(
        pairs,
        fc.integer({ min: 2, max: 20 }),
        fc.nat(100),
        fc.nat(89),
        fc.nat(89),
        (list, window, firstStamp, a, b) => {
          const { x, y } = seriesOf(list);
          const range = { window, countMin: 2, firstStamp };
          const whole = new Float64Array(list.length);
          kernel(x, y, { ...range, from: 0, to: list.length }, whole);
          const [from, to] = [Math.min(a, b) % list.length, (Math.max(a, b) % list.length) + 1];
          if (from >= to) return;
          const part = new Float64Array(list.length).fill(42);
          kernel(x, y, { ...range, from, to }, part);
          expect(part.slice(from, to)).toEqual(whole.slice(from, to));
          expect(part.slice(0, from).every((value) => value === 42)).toBe(true);

          // The same hours with a history that begins just one window before.
          const skip = Math.max(0, to - window);
          const late = new Float64Array(list.length - skip);
          const shifted = { ...range, firstStamp: firstStamp + skip, from: to - 1 - skip, to: to - skip };
          kernel(x.slice(skip), y.slice(skip), shifted, late);
          expect(late[to - 1 - skip]).toEqual(whole[to - 1]);
        },
      ),
      { numRuns: 500 },
    );
  });
});

type Range = Parameters<typeof rollingSum>[1];

function seriesOf(list: readonly { x: number; y: number }[]) {
  return { x: Float64Array.from(list, ({ x }) => x), y: Float64Array.from(list, ({ y }) => y) };
}

function slope(list: readonly { x: number; y: number }[]): number | null {
  const known = list.filter(({ x, y }) => !Number.isNaN(x) && !Number.isNaN(y));
  if (known.length < 2) return null;
  const mean = (pick: (pair: { x: number; y: number }) => number) =>
    known.reduce((sum, pair) => sum + pick(pair), 0) / known.length;
  const [mx, my] = [mean(({ x }) => x), mean(({ y }) => y)];
  const sxx = known.reduce((sum, { x }) => sum + (x - mx) ** 2, 0);
  if (sxx / known.length < 1e-6) return null;
  return known.reduce((sum, { x, y }) => sum + (x - mx) * (y - my), 0) / sxx;
}
