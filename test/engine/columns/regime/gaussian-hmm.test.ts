import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flooredShares, type HmmFitOptions } from '../../../../engine/columns/regime/baum-welch.ts';
import { gaussianHmm } from '../../../../engine/columns/regime/gaussian-hmm.ts';
import { type GaussianHmm, logDensities } from '../../../../engine/columns/regime/model.ts';
import { canonicalRegimes } from '../../../../engine/columns/regime/names.ts';
import { accuracy, median, plantedDays, plantedLaw, uniformOf } from './planted-days.ts';

const seeds = [1, 2, 3, 4, 5];
const DAYS = 730;
const TRAIN_DAYS = 365;
const options = (seed: number, rest: Partial<HmmFitOptions> = {}): HmmFitOptions => ({
  ...{ states: 4, dimensions: 3, uniform: uniformOf(seed) },
  ...rest,
});

describe('filter', () => {
  const { values } = plantedDays(1, DAYS);
  const model = gaussianHmm.fit(values.subarray(0, TRAIN_DAYS * 3), options(1)).model;
  const whole = gaussianHmm.filter(model, values).probabilities;

  it('of a prefix is the prefix of the filter, bit for bit, at 50 random days', () => {
    const uniform = uniformOf(77);
    for (let draw = 0; draw < 50; draw += 1) {
      const days = 1 + Math.floor(uniform(draw) * DAYS);
      const part = gaussianHmm.filter(model, values.subarray(0, days * 3)).probabilities;
      expect(bits(part)).toEqual(bits(whole.subarray(0, days * 4)));
    }
  });

  it('holds with gaps, infinities and observations beyond all bounds; every row sums to 1', () => {
    const odd = fc.constantFrom(Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1e300, 0);
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(119), value: odd }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 40 }),
        (faults, days) => {
          const broken = values.slice(0, 120);
          for (const { at, value } of faults) broken[at] = value;
          const full = gaussianHmm.filter(model, broken);
          const part = gaussianHmm.filter(model, broken.subarray(0, days * 3));
          expect(bits(part.probabilities)).toEqual(bits(full.probabilities.subarray(0, days * 4)));
          for (const sum of rowSums(full.probabilities, 4)) expect(sum).toBeCloseTo(1, 12);
          expect(full.logLikelihood).not.toBeNaN();
          for (const sum of rowSums(gaussianHmm.smooth(model, broken).probabilities, 4)) {
            expect(sum).toBeCloseTo(1, 9);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('uses the past of the day where smoothing uses the future', () => {
    const changed = values.slice();
    for (let at = 400 * 3; at < changed.length; at += 1) changed[at] = -changed[at]!;
    const past = (table: Float64Array) => bits(table.subarray(0, 400 * 4));
    expect(past(gaussianHmm.filter(model, changed).probabilities)).toEqual(past(whole));
    const smoothed = gaussianHmm.smooth(model, values).probabilities;
    expect(past(gaussianHmm.smooth(model, changed).probabilities)).not.toEqual(past(smoothed));
  });

  it('a missing day is the day before moved on by the transitions', () => {
    const gap = values.slice(0, 30);
    gap[4 * 3 + 1] = Number.NaN;
    const { probabilities, observed } = gaussianHmm.filter(model, gap);
    expect(observed).toBe(9);
    for (let to = 0; to < 4; to += 1) {
      let moved = 0;
      for (let from = 0; from < 4; from += 1) {
        moved += probabilities[3 * 4 + from]! * model.transition[from * 4 + to]!;
      }
      expect(probabilities[4 * 4 + to]).toBeCloseTo(moved, 14);
    }
  });
});

it('densities are those of the normal law, in the units of the observations', () => {
  const model: GaussianHmm = {
    ...{ states: 1, dimensions: 2, initial: Float64Array.of(1), transition: Float64Array.of(1) },
    ...{ centre: Float64Array.of(10, -2), scale: Float64Array.of(4, 0.5) },
    ...{ means: Float64Array.of(0.5, 1), variances: Float64Array.of(2.25, 0.16) },
  };
  const normal = (value: number, mean: number, deviation: number) =>
    Math.exp(-(((value - mean) / deviation) ** 2) / 2) / (deviation * Math.sqrt(2 * Math.PI));
  const wanted = Math.log(normal(13, 12, 6) * normal(-1.4, -1.5, 0.2));
  expect(logDensities(model, [13, -1.4])[0]).toBeCloseTo(wanted, 12);
});

describe('fit', () => {
  it('the log-likelihood never falls by more than 1e-8, and is that of the filter', () => {
    for (const seed of seeds) {
      const values = plantedDays(seed, TRAIN_DAYS).values;
      const fit = gaussianHmm.fit(values, options(seed, { gainMin: 1e-9 }));
      expect(fit.climb.length).toBeGreaterThan(5);
      for (const [step, value] of fit.climb.entries()) {
        expect(value - (fit.climb[step - 1] ?? value)).toBeGreaterThan(-1e-8);
      }
      expect(fit.converged).toBe(true);
      expect(fit.climb.at(-1)! - fit.climb[0]!).toBeGreaterThan(10);
      expect(fit.logLikelihood).toBe(Math.max(...fit.restartLogLikelihoods));
      const again = gaussianHmm.filter(fit.model, values).logLikelihood;
      expect(again).toBeCloseTo(fit.logLikelihood, 6);
    }
  });

  it('ends at a maximum: no small change of any parameter does better', () => {
    const { values } = plantedDays(1, TRAIN_DAYS);
    const { model, logLikelihood } = gaussianHmm.fit(values, options(1, { gainMin: 1e-11 }));
    const rivals = [...nudged(model, 'means'), ...nudged(model, 'variances'), ...movesShifted(model)];
    expect(rivals).toHaveLength(2 * 24 + 32);
    const gains = rivals.map((rival) => gaussianHmm.filter(rival, values).logLikelihood - logLikelihood);
    expect(Math.max(...gains)).toBeLessThan(1e-6);
    expect(Math.min(...gains)).toBeLessThan(-1e-3);
  });

  it('climbs under floors that bind', () => {
    const values = plantedDays(3, 200).values;
    const floors = { varianceMin: 0.3, probabilityMin: 0.05, gainMin: 1e-9 };
    const { climb, model } = gaussianHmm.fit(values, options(3, floors));
    for (const [step, value] of climb.entries()) {
      expect(value - (climb[step - 1] ?? value)).toBeGreaterThan(-1e-8);
    }
    expect(Math.min(...model.variances)).toBe(0.3);
    expect(Math.min(...model.transition)).toBe(0.05);
    expect(Math.min(...model.initial)).toBe(0.05);
    for (const sum of rowSums(model.transition, 4)) expect(sum).toBeCloseTo(1, 12);
  });

  it('more restarts keep the former ones and never end lower', () => {
    const { values } = plantedDays(2, TRAIN_DAYS);
    const few = gaussianHmm.fit(values, options(2, { restarts: 3 }));
    const many = gaussianHmm.fit(values, options(2, { restarts: 10 }));
    expect(many.restartLogLikelihoods.slice(0, 3)).toEqual(few.restartLogLikelihoods);
    expect(many.logLikelihood).toBeGreaterThanOrEqual(few.logLikelihood);
    expect(gaussianHmm.fit(values, options(2, { restarts: 10 }))).toEqual(many);
  });

  it('does not depend on the units of the observations', () => {
    const { values } = plantedDays(4, TRAIN_DAYS);
    const units = [1000, 0.01, 3];
    const other = values.map((value, at) => value * units[at % 3]! + 5);
    const one = gaussianHmm.filter(gaussianHmm.fit(values, options(4)).model, values);
    const two = gaussianHmm.filter(gaussianHmm.fit(other, options(4)).model, other);
    const off = one.probabilities.map((value, at) => Math.abs(value - two.probabilities[at]!));
    expect(Math.max(...off)).toBeLessThan(1e-4);
  });

  it('one state is the mean and variance of the days that are there', () => {
    const values = [1, Number.NaN, 3, 8, Number.POSITIVE_INFINITY];
    const { model, observed, logLikelihood } = gaussianHmm.fit(
      values,
      options(1, { states: 1, dimensions: 1 }),
    );
    expect(observed).toBe(3);
    expect(model.centre[0]! + model.scale[0]! * model.means[0]!).toBeCloseTo(4, 12);
    expect(model.scale[0]! ** 2 * model.variances[0]!).toBeCloseTo(26 / 3, 12);
    expect(logLikelihood).toBeCloseTo(-1.5 * (Math.log((2 * Math.PI * 26) / 3) + 1), 10);
  });
});

describe('degenerate observations give NaN and no error', () => {
  const good = plantedDays(1, 100).values;
  const constant = good.map((value, at) => (at % 3 === 1 ? 0.1 : value));
  it.each([
    ['none', new Float64Array(0)],
    ['fewer days than parameters', good.subarray(0, 38 * 3)],
    ['a constant dimension', constant],
    ['all missing', good.map(() => Number.NaN)],
    ['a dimension of -Infinity', good.map((value, at) => (at % 3 === 1 ? Number.NEGATIVE_INFINITY : value))],
    ['sums beyond all numbers', good.map((_, at) => (at % 2 === 0 ? 1.7e308 : -1.7e308))],
  ])('%s', (_, values) => {
    const fit = gaussianHmm.fit(values, options(1));
    expect(fit.logLikelihood).toBeNaN();
    expect(fit.model.means.every(Number.isNaN)).toBe(true);
    expect(fit.restartLogLikelihoods).toHaveLength(10);
    const { model } = fit;
    for (const rows of [gaussianHmm.filter(model, good), gaussianHmm.smooth(model, good)]) {
      expect(rows.probabilities.every(Number.isNaN)).toBe(true);
      expect(rows.logLikelihood).toBeNaN();
    }
    expect(gaussianHmm.viterbi(model, good).states.every((state) => state === -1)).toBe(true);
  });

  it('39 days are enough, also where most of them are the same', () => {
    expect(gaussianHmm.fit(good.subarray(0, 39 * 3), options(1)).logLikelihood).not.toBeNaN();
    const same = good.map((value, at) => (at < 90 * 3 ? [0.01, -4, 50][at % 3]! : value));
    const { model, logLikelihood } = gaussianHmm.fit(same, options(1));
    expect(logLikelihood).not.toBeNaN();
    expect([...model.means, ...model.variances, ...model.transition].every(Number.isFinite)).toBe(true);
  });

  it('lengths and settings that do not fit are told, all at once', () => {
    expect(() => gaussianHmm.fit([1, 2], options(1, { states: 0, varianceMin: -1 }))).toThrow(
      /states 0 .*2 values are no whole rows of 3; varianceMin -1/,
    );
    expect(() => gaussianHmm.filter(plantedLaw(), [1, 2])).toThrow(RangeError);
  });
});

describe('recovery of the planted chain: trained on the first year, scored on the second', () => {
  const scores = seeds.map((seed) => {
    const { values, regimes } = plantedDays(seed, DAYS);
    const fit = gaussianHmm.fit(values.subarray(0, TRAIN_DAYS * 3), options(seed));
    const model = canonicalRegimes(fit.model);
    const filtered = accuracy(gaussianHmm.filter(model, values).probabilities, regimes, TRAIN_DAYS);
    const oracle = accuracy(gaussianHmm.filter(plantedLaw(), values).probabilities, regimes, TRAIN_DAYS);
    const smoothed = accuracy(gaussianHmm.smooth(model, values).probabilities, regimes, TRAIN_DAYS);
    return { filtered, oracle, smoothed };
  });

  it('filtered accuracy: median >= 0.90, at most 0.06 below the true parameters', () => {
    expect(median(scores.map(({ filtered }) => filtered))).toBeGreaterThanOrEqual(0.9);
    expect(median(scores.map(({ filtered, oracle }) => oracle - filtered))).toBeLessThanOrEqual(0.06);
  });

  it('smoothing, which sees the future, is not the filter', () => {
    expect(scores.some(({ filtered, smoothed }) => smoothed > filtered)).toBe(true);
  });

  it('a tenth of the days missing costs little', () => {
    const { values, regimes } = plantedDays(1, DAYS);
    const uniform = uniformOf(5);
    for (let day = 0; day < DAYS; day += 1) if (uniform(day) < 0.1) values[day * 3] = Number.NaN;
    const fit = gaussianHmm.fit(values.subarray(0, TRAIN_DAYS * 3), options(1));
    const { probabilities } = gaussianHmm.filter(canonicalRegimes(fit.model), values);
    expect(fit.observed).toBeLessThan(TRAIN_DAYS - 20);
    expect(accuracy(probabilities, regimes, TRAIN_DAYS)).toBeGreaterThan(0.85);
  });
});

describe('flooredShares', () => {
  it('no other shares above the floor do better', () => {
    const weight = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 4, maxLength: 4 }),
        fc.array(fc.double({ min: 1e-3, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
        fc.double({ min: 1e-6, max: 0.24, noNaN: true }),
        (weights, others, floor) => {
          const best = flooredShares(Float64Array.from(weights), floor);
          if (best === null) {
            expect(Math.max(...weights)).toBe(0);
            return;
          }
          expect(best.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
          expect(Math.min(...best)).toBeGreaterThanOrEqual(floor);
          const total = others.reduce((sum, other) => sum + other, 0);
          const rival = others.map((other) => floor + (1 - 4 * floor) * (other / total));
          expect(worth(weights, [...best])).toBeGreaterThanOrEqual(worth(weights, rival) - 1e-9);
        },
      ),
    );
  });

  it('nothing to share out', () => expect(flooredShares(new Float64Array(3), 0.1)).toBeNull());
});

/** The model with each single number of a table a hundredth higher, and as much lower. */
function nudged(model: GaussianHmm, table: 'means' | 'variances'): GaussianHmm[] {
  return [...model[table].keys()].flatMap((at) =>
    [1.01, 0.99].map((factor) => ({
      ...model,
      [table]: model[table].map((value, index) => (index === at ? value * factor : value)),
    })),
  );
}

/** The model with a thousandth moved from one entry of a row to the next, and back, where both can give it. */
function movesShifted(model: GaussianHmm): GaussianHmm[] {
  return [...model.transition.keys()].flatMap((at) => {
    const next = at % 4 === 3 ? at - 3 : at + 1;
    return [1, -1].map((sign) => {
      const [from, to] = sign === 1 ? [at, next] : [next, at];
      const shift = Math.min(1e-3, model.transition[from]! - 1e-6);
      const transition = model.transition.slice();
      transition[from] = transition[from]! - shift;
      transition[to] = transition[to]! + shift;
      return { ...model, transition };
    });
  });
}

function worth(weights: readonly number[], shares: readonly number[]): number {
  return weights.reduce((sum, weight, index) => sum + weight * Math.log(shares[index]!), 0);
}

function bits(table: Float64Array): BigUint64Array {
  return new BigUint64Array(table.slice().buffer);
}

function rowSums(table: Float64Array, width: number): number[] {
  return Array.from({ length: table.length / width }, (_, row) =>
    table.subarray(row * width, (row + 1) * width).reduce((sum, value) => sum + value, 0),
  );
}
