import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extremes, reaching } from '../../strategies/select.ts';

const row = (...values: number[]) => Float64Array.from(values);
const all = () => true;

describe('extremes', () => {
  it('gives both ends, best and worst first', () => {
    expect(extremes(row(3, 1, 5, 4, 2), 2, all)).toEqual({ best: [2, 3], worst: [1, 4] });
  });

  it('ties go to the lower index on both sides', () => {
    expect(extremes(row(1, 1, 1, 1), 2, all)).toEqual({ best: [0, 1], worst: [0, 1] });
    expect(extremes(row(0, 7, 7, 7, 9), 2, all)).toEqual({ best: [4, 1], worst: [0, 1] });
  });

  it('passes over missing and infinite values, and what is not admitted', () => {
    const values = row(Number.NaN, 1, Number.POSITIVE_INFINITY, 2, Number.NEGATIVE_INFINITY, 3);
    expect(extremes(values, 1, (coin) => coin !== 5)).toEqual({ best: [3], worst: [1] });
  });

  it('gives what there is when there is less than asked for', () => {
    expect(extremes(row(2, Number.NaN, 1), 5, all)).toEqual({ best: [0, 2], worst: [2, 0] });
    expect(extremes(row(), 5, all)).toEqual({ best: [], worst: [] });
  });

  it('agrees with a stable sort of everything', () => {
    const values = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(Number.NaN)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 12 }), (list, count) => {
        const coins = [...list.keys()].filter((coin) => !Number.isNaN(list[coin]) && coin % 7 !== 0);
        expect(extremes(Float64Array.from(list), count, (coin) => coin % 7 !== 0)).toEqual({
          best: coins.toSorted((a, b) => list[b]! - list[a]!).slice(0, count),
          worst: coins.toSorted((a, b) => list[a]! - list[b]!).slice(0, count),
        });
      }),
    );
  });
});

describe('reaching', () => {
  it('takes the threshold itself, best first, ties to the lower index', () => {
    expect(reaching(row(1, 2, 3, 2, 1.5), 1.5)).toEqual([2, 1, 3, 4]);
  });

  it('agrees with a stable sort of everything, for every length', () => {
    const values = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(Number.NaN)), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(values, fc.integer({ min: -5, max: 5 }), (list, threshold) => {
        const passed = [...list.keys()].filter((coin) => list[coin]! >= threshold);
        expect(reaching(Float64Array.from(list), threshold)).toEqual(
          passed.toSorted((a, b) => list[b]! - list[a]!),
        );
      }),
    );
  });
});
