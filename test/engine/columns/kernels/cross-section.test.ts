import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossSectionRank, crossSectionZScore } from '../../../../engine/columns/cross-section.ts';
import { deviation } from '../../../../engine/stats/deviation.ts';
import { mean } from '../../../../engine/stats/mean.ts';
import { ranks } from '../../../../engine/stats/ranks.ts';
import golden from '../../../golden/golden_vectors.json' with { type: 'json' };
import { distance, firstDifference, gappy } from './series.ts';

const kernels = [
  ['crossSectionRank', crossSectionRank],
  ['crossSectionZScore', crossSectionZScore],
] as const;

function apply(
  kernel: typeof crossSectionRank,
  row: Float64Array,
  countMin = 1,
  eligible?: readonly number[],
): Float64Array {
  const out = new Float64Array(row.length).fill(42);
  kernel(row, countMin, out, eligible);
  return out;
}

describe('crossSectionRank', () => {
  it('gives the golden average ranks', () => {
    const { a, b, ranks_a: ranksA, ranks_b: ranksB } = golden.spearman_ties;
    for (const [values, expected] of [
      [a, ranksA],
      [b, ranksB],
    ] as const) {
      const out = apply(crossSectionRank, Float64Array.from(values));
      for (const [coin, rank] of expected.entries())
        expect(out[coin]! * values.length + 0.5).toBeCloseTo(rank, 12);
    }
  });

  it('is (average rank - 0.5) / n over the coins with a value', () => {
    fc.assert(
      fc.property(gappy, (row) => {
        const present = [...row].filter(Number.isFinite);
        const expected = ranks(present).map((rank) => (rank - 0.5) / present.length);
        expect([...apply(crossSectionRank, row)].filter(Number.isFinite)).toEqual([...expected]);
      }),
    );
  });
});

describe('crossSectionZScore', () => {
  it('is the distance from the mean in standard deviations', () => {
    fc.assert(
      fc.property(
        gappy.map((row) => row.map((value) => Math.round(value * 1e6) / 1e6)),
        (row) => {
          const present = [...row].filter(Number.isFinite);
          const varies = present.some((value) => value !== present[0]);
          for (const [coin, score] of apply(crossSectionZScore, row).entries()) {
            const expected = varies ? (row[coin]! - mean(present)) / deviation(present) : Number.NaN;
            expect(distance(score, expected)).toBeLessThan(1e-9);
          }
        },
      ),
    );
  });

  it('keeps its digits far from zero', () => {
    const low = Float64Array.of(1, 2, 4, 8, 16);
    const far = apply(
      crossSectionZScore,
      low.map((value) => value / 1024 + 2 ** 30),
    );
    for (const [coin, score] of apply(crossSectionZScore, low).entries())
      expect(distance(far[coin]!, score)).toBeLessThan(1e-12);
  });

  it('is undefined where the coins do not differ', () => {
    expect(apply(crossSectionZScore, new Float64Array(7).fill(0.1)).every(Number.isNaN)).toBe(true);
    expect(apply(crossSectionZScore, Float64Array.of(3)).every(Number.isNaN)).toBe(true);
  });
});

describe.each(kernels)('%s', (_name, kernel) => {
  it('has the same bits for any order of the coins and beside any coins that take no part', () => {
    fc.assert(
      fc.property(gappy, fc.infiniteStream(fc.nat()), fc.nat(5), (row, keys, strangers) => {
        const places = Array.from(row, (_, coin) => ({ coin, key: keys.next().value as number }));
        places.sort((a, b) => a.key - b.key);
        const absent = new Array<number>(strangers).fill(Number.NEGATIVE_INFINITY);
        const shuffled = Float64Array.from([...absent, ...places.map(({ coin }) => row[coin]!)]);
        const expected = apply(kernel, row);
        const out = apply(kernel, shuffled).subarray(strangers);
        expect(
          firstDifference(
            out,
            places.map(({ coin }) => expected[coin]!),
          ),
        ).toBe(-1);
      }),
    );
  });

  it('leaves out what is not eligible, as if it were not there', () => {
    fc.assert(
      fc.property(gappy, fc.infiniteStream(fc.constantFrom(1, 0, Number.NaN)), (row, stream) => {
        const eligible = Array.from(row, () => stream.next().value as number);
        const blanked = row.map((value, coin) => (eligible[coin] === 1 ? value : Number.NaN));
        expect(firstDifference(apply(kernel, row, 1, eligible), apply(kernel, blanked))).toBe(-1);
      }),
    );
  });

  it('gives nobody a value where fewer than the minimum take part', () => {
    const row = Float64Array.of(3, Number.NaN, 1, 2, Number.POSITIVE_INFINITY);
    expect(apply(kernel, row, 3).filter(Number.isFinite)).toHaveLength(3);
    expect(apply(kernel, row, 4).every(Number.isNaN)).toBe(true);
  });
});
