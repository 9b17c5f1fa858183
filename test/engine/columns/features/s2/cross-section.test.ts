import { describe, expect, it } from 'vitest';
import type { CrossSectionFeature } from '../../../../../engine/columns/features/feature.ts';
import {
  breadth24h,
  dispersion24h,
  rankFeatures,
} from '../../../../../engine/columns/features/s2/cross-section.ts';
import { draws } from './random-inputs.ts';

const COINS = 60;

/** A row with missing values and ties. */
function row(seed: number): Float64Array {
  const next = draws(seed, 'row');
  return Float64Array.from({ length: COINS }, () =>
    next() < 0.2 ? Number.NaN : Math.round(40 * (next() - 0.5)) / 100,
  );
}

function mask(seed: number, share: number): Float64Array {
  const next = draws(seed, 'mask');
  return Float64Array.from({ length: COINS }, () => (next() < share ? 1 : 0));
}

function computed(feature: CrossSectionFeature, values: Float64Array, eligible: Float64Array): Float64Array {
  const out = new Float64Array(values.length).fill(Number.NaN);
  feature.compute([values], eligible, out);
  return out;
}

const members = (values: Float64Array, eligible: Float64Array) =>
  [...values].filter((value, coin) => eligible[coin] === 1 && !Number.isNaN(value));

describe('rows across the universe', () => {
  it.each([1, 2, 3, 4])(
    'breadth and dispersion are those of the members, for every coin (draw %d)',
    (seed) => {
      const [values, eligible] = [row(seed), mask(seed, 0.8)];
      const inside = members(values, eligible);
      const mean = inside.reduce((sum, value) => sum + value, 0) / inside.length;
      const variance = inside.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (inside.length - 1);
      for (const value of computed(breadth24h, values, eligible))
        expect(value).toBe(inside.filter((each) => 1 + each > 1).length / inside.length);
      for (const value of computed(dispersion24h, values, eligible))
        expect(value).toBeCloseTo(Math.sqrt(variance), 12);
    },
  );

  it.each(rankFeatures)('$name is the mean rank less one half, as a share', (feature) => {
    const [values, eligible] = [row(9), mask(9, 0.7)];
    const inside = members(values, eligible);
    const ranks = computed(feature, values, eligible);
    for (const [coin, value] of values.entries()) {
      const lower = inside.filter((each) => each < value).length;
      const ties = inside.filter((each) => each === value).length;
      const rank = lower + (ties + 1) / 2;
      const isMember = eligible[coin] === 1 && !Number.isNaN(value);
      if (isMember) expect(ranks[coin]).toBeCloseTo((rank - 0.5) / inside.length, 12);
      else expect(ranks[coin]).toBeNaN();
    }
  });

  it('takes at least 20 coins', () => {
    const values = Float64Array.from({ length: COINS }, (_, coin) => coin - 10);
    for (const [count, isTold] of [
      [20, true],
      [19, false],
    ] as const) {
      const eligible = values.map((_, coin) => (coin < count ? 1 : 0));
      for (const feature of [breadth24h, dispersion24h, rankFeatures[0]!]) {
        expect(Number.isFinite(computed(feature, values, eligible)[0]), feature.name).toBe(isTold);
      }
    }
  });

  it('does not depend on the order of the coins, to the bit', () => {
    const [values, eligible] = [row(5), mask(5, 0.9)];
    const back = (each: Float64Array) => each.slice().reverse();
    for (const feature of [breadth24h, dispersion24h, ...rankFeatures]) {
      expect(back(computed(feature, back(values), back(eligible)))).toEqual(
        computed(feature, values, eligible),
      );
    }
  });
});
