import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreInversion } from '../../../engine/stats/inversion.ts';
import { wilson } from '../../../engine/stats/wilson.ts';

/** `count` scores of which `wins` earn one, each paired with a loss of one otherwise. */
function at(score: number, count: number, wins: number): [number, number][] {
  return Array.from({ length: count }, (_, index) => [score, index < wins ? 1 : -1]);
}

function inversionOf(rows: readonly (readonly [number, number])[], ...rest: [number[]?, number?]) {
  return scoreInversion(
    rows.map(([score]) => score),
    rows.map(([, earned]) => earned),
    ...rest,
  );
}

describe('scoreInversion', () => {
  it('finds the rates from each threshold up, and calls a falling series under one half inverted', () => {
    // 42 %, 37 % and 30 % from .70, .80 and .90 up, as once seen.
    const rows = [...at(0.75, 300, 140), ...at(0.85, 200, 88), ...at(0.95, 200, 60), ...at(0.2, 50, 50)];
    const { verdict, rates } = inversionOf(rows);
    expect(verdict).toBe('INVERTED');
    expect(rates.map(({ threshold, count, wins }) => [threshold, count, wins])).toEqual([
      [0.7, 700, 288],
      [0.8, 400, 148],
      [0.9, 200, 60],
    ]);
    expect(rates[2]).toMatchObject({ winRate: 0.3, interval: wilson(60, 200) });
  });

  it('needs a rate that falls at every step, and one half above the interval at the last', () => {
    const tail = at(0.95, 200, 60);
    expect(inversionOf([...at(0.75, 300, 20), ...at(0.85, 200, 88), ...tail]).verdict).toBe('NOT_INVERTED');
    expect(inversionOf([...at(0.75, 300, 240), ...at(0.85, 200, 150), ...at(0.95, 40, 18)]).verdict).toBe(
      'NOT_INVERTED',
    );
    expect(inversionOf([...at(0.75, 300, 90), ...at(0.85, 200, 60), ...tail]).verdict).toBe('NOT_INVERTED');
  });

  it('is inconclusive below thirty at the highest threshold', () => {
    const before = [...at(0.75, 300, 150), ...at(0.85, 200, 80)];
    expect(inversionOf([...before, ...at(0.95, 29, 0)]).verdict).toBe('INCONCLUSIVE');
    expect(inversionOf([...before, ...at(0.95, 30, 0)]).verdict).toBe('INVERTED');
    expect(inversionOf([...before, ...at(0.95, 29, 0)], [0.7, 0.8]).verdict).toBe('INVERTED');
    expect(inversionOf([...before, ...at(0.95, 30, 0)], [0.7, 0.9], 31).verdict).toBe('INCONCLUSIVE');
    expect(inversionOf([]).verdict).toBe('INCONCLUSIVE');
  });

  it('leaves out what is not known, and refuses thresholds that do not ascend', () => {
    const { rates } = inversionOf([...at(0.95, 10, 4), [0.95, Number.NaN], [Number.NaN, 1]]);
    expect(rates[2]).toMatchObject({ count: 10, wins: 4 });
    expect(() => inversionOf([], [0.8, 0.8])).toThrow(RangeError);
    expect(() => inversionOf([], [0.8])).toThrow(RangeError);
  });

  it('does not depend on the order of the rows', () => {
    const row = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(-1, 1));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 200 }), (rows) => {
        expect(inversionOf(rows.toReversed(), [0.3, 0.6])).toEqual(inversionOf(rows, [0.3, 0.6]));
      }),
    );
  });
});
