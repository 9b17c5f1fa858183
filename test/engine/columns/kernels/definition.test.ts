/** Every kernel against its definition, written the long way, and against the golden vectors. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rollingEma } from '../../../../engine/columns/kernels/ema.ts';
import { rollingMax, rollingMin } from '../../../../engine/columns/kernels/extremes.ts';
import { rollingOls } from '../../../../engine/columns/kernels/ols.ts';
import { rollingCorrelation } from '../../../../engine/columns/kernels/pairs.ts';
import { rollingRank } from '../../../../engine/columns/kernels/rank.ts';
import { rollingKurtosis, rollingSkew } from '../../../../engine/columns/kernels/shape.ts';
import {
  rollingMean,
  rollingStandardDeviation,
  rollingVariance,
} from '../../../../engine/columns/kernels/spread.ts';
import { type RollingRange, rollingBeta } from '../../../../engine/columns/rolling.ts';
import { mean } from '../../../../engine/stats/mean.ts';
import { ranks } from '../../../../engine/stats/ranks.ts';
import golden from '../../../golden/golden_vectors.json' with { type: 'json' };
import { distance, gappy, gappyPairs, rangeOf, windowOf } from './series.ts';

type Kernel = (x: Float64Array, range: RollingRange, out: Float64Array) => void;

/** Sum of a power of the distances from the mean. */
function central(values: readonly number[], power: number): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** power, 0);
}

/** The mean of equal numbers need not be that number: variation is told by comparing. */
const varies = (values: readonly number[]) => values.some((value) => value !== values[0]);

const variance = (values: readonly number[]) =>
  values.length < 2 ? Number.NaN : varies(values) ? central(values, 2) / (values.length - 1) : 0;

function skewness(values: readonly number[]): number {
  const n = values.length;
  if (n < 3 || !varies(values)) return Number.NaN;
  const g1 = central(values, 3) / n / (central(values, 2) / n) ** 1.5;
  return (Math.sqrt(n * (n - 1)) / (n - 2)) * g1;
}

function kurtosis(values: readonly number[]): number {
  const n = values.length;
  if (n < 4 || !varies(values)) return Number.NaN;
  const g2 = central(values, 4) / n / (central(values, 2) / n) ** 2 - 3;
  return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * g2 + 6);
}

function ema(values: readonly number[], span: number): number {
  return values.reduce((average, value) => average + (2 / (span + 1)) * (value - average));
}

/** Series of moderate numbers: the long way itself loses its digits on a spread of 1e-300. */
const tame = gappy.map((x) => x.map((value) => Math.round(value * 1e6) / 1e6));

const definitions: readonly (readonly [string, Kernel, (values: readonly number[]) => number, number])[] = [
  ['rollingMean', rollingMean, mean, 1e-12],
  ['rollingVariance', rollingVariance, variance, 1e-12],
  ['rollingStandardDeviation', rollingStandardDeviation, (values) => Math.sqrt(variance(values)), 1e-9],
  ['rollingSkew', rollingSkew, skewness, 1e-9],
  ['rollingKurtosis', rollingKurtosis, kurtosis, 1e-9],
  ['rollingMin', rollingMin, (values) => Math.min(...values), 0],
  ['rollingMax', rollingMax, (values) => Math.max(...values), 0],
];

describe.each(definitions)('%s', (_name, kernel, definition, tolerance) => {
  it('follows the definition over the values present', () => {
    fc.assert(
      fc.property(tame, fc.integer({ min: 1, max: 30 }), fc.nat(60), (x, window, firstStamp) => {
        const out = new Float64Array(x.length);
        kernel(x, rangeOf(x.length, window, 1, firstStamp), out);
        for (let hour = 0; hour < x.length; hour += 1) {
          const values = windowOf(x, hour, window);
          const expected = values.length === 0 ? Number.NaN : definition(values);
          expect(distance(out[hour]!, expected)).toBeLessThanOrEqual(tolerance);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('moments', () => {
  const wave = Float64Array.from({ length: 400 }, (_, hour) => Math.sin(hour * 1.7) + (hour % 7) / 10);
  const range = rangeOf(400, 48, 48, 5);

  it.each([
    ['rollingVariance', rollingVariance],
    ['rollingSkew', rollingSkew],
    ['rollingKurtosis', rollingKurtosis],
  ] as const)('%s keeps its digits far from zero', (_name, kernel) => {
    const near = new Float64Array(400);
    const far = new Float64Array(400);
    // Sixteenths below 2^30 are exact, so both series have the very same distances.
    const grid = wave.map((value) => Math.round(value * 16) / 16);
    kernel(grid, range, near);
    kernel(
      grid.map((value) => value + 2 ** 29),
      range,
      far,
    );
    for (let hour = 47; hour < 400; hour += 1) expect(distance(far[hour]!, near[hour]!)).toBeLessThan(1e-7);
  });

  it('a constant series has exactly its own mean, no variance, and neither skew nor kurtosis', () => {
    const constant = new Float64Array(400).fill(0.1);
    const results = [rollingMean, rollingVariance, rollingSkew, rollingKurtosis].map((kernel) => {
      const out = new Float64Array(400);
      kernel(constant, range, out);
      return new Set(out.subarray(47));
    });
    expect(results).toEqual([new Set([0.1]), new Set([0]), new Set([Number.NaN]), new Set([Number.NaN])]);
  });

  it('divides by the count less ddof', () => {
    const out = new Float64Array(3);
    rollingVariance(Float64Array.of(1, 2, 6), rangeOf(3, 3, 3), out, 0);
    expect(out[2]).toBeCloseTo(14 / 3, 12);
    rollingVariance(Float64Array.of(1, 2, 6), rangeOf(3, 3, 3), out, 1);
    expect(out[2]).toBeCloseTo(7, 12);
  });

  it('a spike leaves no trace once it has left the window', () => {
    const spiked = wave.slice();
    spiked[100] = 1e9;
    const out = new Float64Array(400);
    rollingVariance(spiked, range, out);
    expect(distance(out[148]!, variance(windowOf(spiked, 148, 48)))).toBeLessThan(1e-12);
    expect(out[147]).toBeGreaterThan(1e15);
  });
});

describe('rollingRank', () => {
  it('is the average rank of the newest value less one half, over the count', () => {
    fc.assert(
      fc.property(gappy, fc.integer({ min: 1, max: 30 }), (x, window) => {
        const out = new Float64Array(x.length);
        rollingRank(x, rangeOf(x.length, window, 1), out);
        for (let hour = 0; hour < x.length; hour += 1) {
          const values = windowOf(x, hour, window);
          const expected = Number.isNaN(x[hour]!)
            ? Number.NaN
            : (ranks(values).at(-1)! - 0.5) / values.length;
          expect(distance(out[hour]!, expected)).toBeLessThanOrEqual(1e-15);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives the golden average ranks, each value brought to the end in turn', () => {
    for (const [values, expected] of [
      [golden.spearman_ties.a, golden.spearman_ties.ranks_a],
      [golden.spearman_ties.b, golden.spearman_ties.ranks_b],
    ] as const) {
      const n = values.length;
      for (let turn = 0; turn < n; turn += 1) {
        const out = new Float64Array(n);
        const rotated = Float64Array.from({ length: n }, (_, index) => values[(turn + index + 1) % n]!);
        rollingRank(rotated, rangeOf(n, n, n), out);
        expect(out[n - 1]! * n + 0.5).toBeCloseTo(expected[turn]!, 12);
      }
    }
  });
});

describe('rollingEma', () => {
  it('is the recursion over the values present, begun at the oldest one of the window', () => {
    fc.assert(
      fc.property(
        gappy,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(60),
        (x, window, span, firstStamp) => {
          const out = new Float64Array(x.length);
          rollingEma(x, span, rangeOf(x.length, window, 1, firstStamp), out);
          for (let hour = 0; hour < x.length; hour += 1) {
            const expected = Number.isNaN(x[hour]!) ? Number.NaN : ema(windowOf(x, hour, window), span);
            expect(distance(out[hour]!, expected)).toBeLessThan(1e-12);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('comes to the average with all of history once the window is long', () => {
    const x = Float64Array.from({ length: 600 }, (_, hour) => 100 + Math.sin(hour / 5));
    const out = new Float64Array(600);
    rollingEma(x, 12, rangeOf(600, 148, 134, 3), out);
    expect(out[599]).toBeCloseTo(ema([...x], 12), 8);
  });

  it('of a constant is that constant', () => {
    const out = new Float64Array(100);
    rollingEma(new Float64Array(100).fill(0.1), 5, rangeOf(100, 24, 1, 7), out);
    expect(new Set(out)).toEqual(new Set([0.1]));
  });
});

describe('rollingOls', () => {
  const { x, y, window, min_nobs: countMin, alpha, beta } = golden.rolling_ols;
  const series = (values: readonly (number | null)[]) => values.map((value) => value ?? Number.NaN);

  it('gives the golden slopes and intercepts, with a missing pair and a minimum count', () => {
    const fit = rollingOls(series(x), series(y), { window, countMin });
    for (let index = 0; index < x.length; index += 1) {
      expect(distance(fit.alpha[index]!, series(alpha)[index]!)).toBeLessThan(1e-9);
      expect(distance(fit.beta[index]!, series(beta)[index]!)).toBeLessThan(1e-9);
    }
    expect([...fit.beta.keys()].filter((index) => !Number.isNaN(fit.beta[index]!))).toEqual([
      4, 5, 6, 7, 8, 9,
    ]);
  });

  it('gives the same fit within rounding wherever the windows are cut', () => {
    const plain = rollingOls(series(x), series(y), { window, countMin });
    for (let firstStamp = 1; firstStamp < window; firstStamp += 1) {
      const other = rollingOls(series(x), series(y), { window, countMin, firstStamp });
      for (let index = 0; index < x.length; index += 1)
        expect(distance(other.beta[index]!, plain.beta[index]!)).toBeLessThan(1e-12);
    }
  });

  it('is undefined where x does not move, and has no R² where y does not', () => {
    const ramp = Array.from({ length: 12 }, (_, index) => index / 7);
    const flat = new Array<number>(12).fill(0.1);
    const still = rollingOls(flat, ramp, { window: 5 });
    for (const column of Object.values(still)) expect([...column].every(Number.isNaN)).toBe(true);
    const level = rollingOls(ramp, flat, { window: 5 });
    expect([...level.beta.subarray(4)]).toEqual(new Array(8).fill(0));
    expect([...level.alpha.subarray(4)]).toEqual(new Array(8).fill(0.1));
    expect([...level.rSquared, ...level.correlation].every(Number.isNaN)).toBe(true);
  });

  it('fits a line exactly, falling and far from zero', () => {
    const hours = Array.from({ length: 300 }, (_, index) => index);
    const line = hours.map((hour) => 60_000 - 0.25 * hour);
    const fit = rollingOls(hours, line, { window: 168 });
    expect(fit.beta[299]).toBeCloseTo(-0.25, 12);
    expect(fit.alpha[299]).toBeCloseTo(60_000, 7);
    expect(fit.correlation[299]).toBeCloseTo(-1, 12);
    expect(fit.rSquared[299]).toBeLessThanOrEqual(1);
  });

  it('follows the definition, and agrees with rollingBeta on hourly returns', () => {
    fc.assert(
      fc.property(gappyPairs, fc.integer({ min: 2, max: 30 }), fc.nat(60), (pair, length, firstStamp) => {
        const small = (values: Float64Array) => values.map((value) => Math.round(value * 1e4) / 1e6);
        const [left, right] = [small(pair.x), small(pair.y)];
        const fit = rollingOls(left, right, { window: length, countMin: 2, firstStamp });
        const slopes = new Float64Array(left.length);
        rollingBeta(left, right, rangeOf(left.length, length, 2, firstStamp), slopes);
        for (let hour = 0; hour < left.length; hour += 1) {
          const expected = fitOf(left, right, hour, length);
          // At a variance near the threshold, rounding decides which side it falls on.
          if (expected === null) continue;
          expect(distance(fit.beta[hour]!, expected.beta)).toBeLessThan(1e-9);
          expect(distance(fit.alpha[hour]!, expected.alpha)).toBeLessThan(1e-9);
          expect(distance(fit.correlation[hour]!, expected.correlation)).toBeLessThan(1e-9);
          expect(distance(fit.rSquared[hour]!, expected.correlation ** 2)).toBeLessThan(1e-9);
          expect(distance(slopes[hour]!, fit.beta[hour]!)).toBeLessThan(1e-9);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('refuses series of two lengths and windows that are no whole number', () => {
    expect(() => rollingOls([1, 2], [1], { window: 2 })).toThrow(/lengths differ \(2 and 1\)/);
    for (const wrong of [0, -3, 2.5, Number.NaN])
      expect(() => rollingOls([1], [1], { window: wrong })).toThrow(RangeError);
  });
});

describe('rollingCorrelation', () => {
  it('stays in [-1, 1] and is symmetric', () => {
    fc.assert(
      fc.property(gappyPairs, fc.integer({ min: 1, max: 30 }), ({ x, y }, window) => {
        const forward = new Float64Array(x.length);
        const backward = new Float64Array(x.length);
        rollingCorrelation(x, y, rangeOf(x.length, window, 1), forward);
        rollingCorrelation(y, x, rangeOf(x.length, window, 1), backward);
        for (let hour = 0; hour < x.length; hour += 1) {
          expect(Object.is(forward[hour], backward[hour])).toBe(true);
          expect(Number.isNaN(forward[hour]!) || Math.abs(forward[hour]!) <= 1).toBe(true);
        }
      }),
    );
  });

  it('of a price near 60,000 that moves by cents keeps its digits', () => {
    const price = Float64Array.from(
      { length: 200 },
      (_, hour) => 60_000 + Math.round(Math.sin(hour) * 64) / 64,
    );
    const volume = Float64Array.from({ length: 200 }, (_, hour) => Math.cos(hour / 3));
    const out = new Float64Array(200);
    rollingCorrelation(price, volume, rangeOf(200, 168, 126, 11), out);
    const low = price.map((value) => value - 60_000);
    expect(distance(out[199]!, fitOf(low, volume, 199, 168)!.correlation)).toBeLessThan(1e-11);
  });
});

/** Least squares the long way; null where the variance of x is near the threshold of a fit or nothing is there. */
function fitOf(x: Float64Array, y: Float64Array, hour: number, window: number) {
  const first = Math.max(0, hour - window + 1);
  const present = Array.from({ length: hour + 1 - first }, (_, index) => first + index).filter(
    (at) => Number.isFinite(x[at]!) && Number.isFinite(y[at]!),
  );
  const [ownX, ownY] = [present.map((at) => x[at]!), present.map((at) => y[at]!)];
  if (present.length < 2 || central(ownX, 2) / present.length < 1e-10) return null;
  const [meanX, meanY] = [mean(ownX), mean(ownY)];
  const cross = ownX.reduce((sum, value, index) => sum + (value - meanX) * (ownY[index]! - meanY), 0);
  const beta = cross / central(ownX, 2);
  const correlation = varies(ownY) ? cross / Math.sqrt(central(ownX, 2) * central(ownY, 2)) : Number.NaN;
  return { beta, alpha: meanY - beta * meanX, correlation };
}
