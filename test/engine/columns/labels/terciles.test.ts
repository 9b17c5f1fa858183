import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankBins, terciles } from '../../../../engine/columns/labels/terciles.ts';

const { quantile_bins_ties: golden } = JSON.parse(
  readFileSync(new URL('../../../golden/golden_vectors.json', import.meta.url), 'utf8'),
) as { quantile_bins_ties: { score: number[]; k: number; bin_from_bottom_0_based: number[] } };

const values = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(Number.NaN)), {
  maxLength: 60,
});

describe('rankBins', () => {
  it('gives the golden bins, ties in one of them', () => {
    expect([...rankBins(golden.score, golden.k)]).toEqual(golden.bin_from_bottom_0_based);
  });

  it('leaves missing values out, and orders bins as it orders values', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 6 }), (row, bins) => {
        const found = rankBins(row, bins);
        for (const [a, value] of row.entries()) {
          expect(Number.isNaN(found[a])).toBe(Number.isNaN(value));
          for (const [b, other] of row.entries()) {
            if (value === other) expect(found[a]).toBe(found[b]);
            if (value < other) expect(found[a]).toBeLessThanOrEqual(found[b]!);
          }
          if (!Number.isNaN(value)) expect(found[a]).toBeGreaterThanOrEqual(0);
          if (!Number.isNaN(value)) expect(found[a]).toBeLessThan(bins);
        }
      }),
    );
  });
});

describe('terciles', () => {
  it('cut values without ties into thirds, whatever their order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { minLength: 15, maxLength: 60 }), (row) => {
        const found = terciles(row);
        const sizes = [-1, 0, 1].map((third) => found.filter((value) => value === third).length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(found[row.indexOf(Math.max(...row))]).toBe(1);
        expect(found[row.indexOf(Math.min(...row))]).toBe(-1);
      }),
    );
  });

  it('judge nothing among too few', () => {
    const row = [...Array.from({ length: 14 }, (_, index) => index), Number.NaN];
    expect([...terciles(row)].every(Number.isNaN)).toBe(true);
    expect([...terciles(row, 14)].filter((value) => value === 1)).toHaveLength(5);
  });
});
