/** What holds for every kernel: its value at an hour is a function of the hours of its window, to the bit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rollingEma } from '../../../../engine/columns/kernels/ema.ts';
import { rollingMax, rollingMin } from '../../../../engine/columns/kernels/extremes.ts';
import { type OlsColumns, rollingFit } from '../../../../engine/columns/kernels/ols.ts';
import { rollingCorrelation } from '../../../../engine/columns/kernels/pairs.ts';
import { rollingRank } from '../../../../engine/columns/kernels/rank.ts';
import { rollingKurtosis, rollingSkew } from '../../../../engine/columns/kernels/shape.ts';
import {
  rollingMean,
  rollingStandardDeviation,
  rollingVariance,
} from '../../../../engine/columns/kernels/spread.ts';
import type { RollingRange } from '../../../../engine/columns/rolling.ts';
import { firstDifference, gappyPairs } from './series.ts';

type Kernel = (x: Float64Array, y: Float64Array, range: RollingRange, out: Float64Array) => void;

const ofOne =
  (kernel: (x: Float64Array, range: RollingRange, out: Float64Array) => void): Kernel =>
  (x, _y, range, out) =>
    kernel(x, range, out);

const ofFit =
  (column: keyof OlsColumns): Kernel =>
  (x, y, range, out) => {
    const spare = () => new Float64Array(out.length);
    const columns = { alpha: spare(), beta: spare(), rSquared: spare(), correlation: spare() };
    rollingFit(x, y, range, { ...columns, [column]: out });
  };

const kernels: readonly (readonly [string, Kernel])[] = [
  ['rollingMean', ofOne(rollingMean)],
  ['rollingVariance', ofOne(rollingVariance)],
  ['rollingStandardDeviation', ofOne(rollingStandardDeviation)],
  ['rollingSkew', ofOne(rollingSkew)],
  ['rollingKurtosis', ofOne(rollingKurtosis)],
  ['rollingMin', ofOne(rollingMin)],
  ['rollingMax', ofOne(rollingMax)],
  ['rollingRank', ofOne(rollingRank)],
  ['rollingEma', ofOne((x, range, out) => rollingEma(x, 3, range, out))],
  ['rollingCorrelation', rollingCorrelation],
  ['rollingFit alpha', ofFit('alpha')],
  ['rollingFit beta', ofFit('beta')],
  ['rollingFit rSquared', ofFit('rSquared')],
  ['rollingFit correlation', ofFit('correlation')],
];

const shape = fc.record({
  window: fc.integer({ min: 1, max: 30 }),
  countMin: fc.integer({ min: 1, max: 5 }),
  firstStamp: fc.nat(1000),
});

describe.each(kernels)('%s', (_name, kernel) => {
  const batch = (x: Float64Array, y: Float64Array, options: Shape) => {
    const out = new Float64Array(x.length).fill(42);
    kernel(x, y, { ...options, from: 0, to: x.length }, out);
    return out;
  };

  it('has the same bits in one batch, in blocks of any cut and hour by hour, and writes nothing else', () => {
    const cuts = fc.array(fc.nat(150), { maxLength: 6 });
    fc.assert(
      fc.property(gappyPairs, shape, cuts, ({ x, y }, options, places) => {
        const whole = batch(x, y, options);
        const edges = [0, ...places.map((place) => place % x.length), x.length].sort((a, b) => a - b);
        const blocks = new Float64Array(x.length).fill(42);
        const hours = new Float64Array(x.length).fill(42);
        for (const [index, to] of edges.entries()) {
          const from = edges[index - 1] ?? 0;
          kernel(x, y, { ...options, from, to }, blocks);
          expect(firstDifference(blocks.subarray(to), new Float64Array(x.length - to).fill(42))).toBe(-1);
        }
        for (let hour = 0; hour < x.length; hour += 1)
          kernel(x, y, { ...options, from: hour, to: hour + 1 }, hours);
        expect(firstDifference(blocks, whole)).toBe(-1);
        expect(firstDifference(hours, whole)).toBe(-1);
      }),
      { numRuns: 200 },
    );
  });

  it('has the same bits where the history begins with the window and ends with the hour', () => {
    fc.assert(
      fc.property(gappyPairs, shape, fc.nat(150), ({ x, y }, options, place) => {
        const hour = place % x.length;
        const first = Math.max(0, hour - options.window + 1);
        const length = hour + 1 - first;
        const newest = new Float64Array(length);
        const range = { ...options, firstStamp: options.firstStamp + first, from: length - 1, to: length };
        kernel(x.slice(first, hour + 1), y.slice(first, hour + 1), range, newest);
        expect(Object.is(newest[length - 1], batch(x, y, options)[hour])).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('sees no hour outside the window, whatever stands there', () => {
    const junk = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1e300, 1e300, 0, 7);
    fc.assert(
      fc.property(gappyPairs, shape, fc.nat(150), junk, ({ x, y }, options, place, value) => {
        const hour = place % x.length;
        const disturbed = (series: Float64Array) =>
          series.map((own, at) => (at > hour || at <= hour - options.window ? value : own));
        const other = batch(disturbed(x), disturbed(y), options);
        expect(Object.is(other[hour], batch(x, y, options)[hour])).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('takes infinities for missing, and is undefined below the minimum count', () => {
    fc.assert(
      fc.property(gappyPairs, shape, ({ x, y }, options) => {
        const infinite = (series: Float64Array) =>
          series.map((value, at) =>
            Number.isNaN(value) ? (at % 2 === 0 ? 1 : -1) * Number.POSITIVE_INFINITY : value,
          );
        const whole = batch(x, y, options);
        expect(firstDifference(batch(infinite(x), infinite(y), options), whole)).toBe(-1);
        const strict = batch(x, y, { ...options, countMin: options.window + 1 });
        expect(strict.every(Number.isNaN)).toBe(true);
        expect(whole.every((value) => Number.isNaN(value) || Number.isFinite(value))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

interface Shape {
  readonly window: number;
  readonly countMin: number;
  readonly firstStamp: number;
}
