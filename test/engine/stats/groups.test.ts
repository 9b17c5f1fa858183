import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayAuc } from '../../../engine/stats/day-auc.ts';
import { rocAuc } from '../../../engine/stats/roc-auc.ts';
import { slope } from '../../../engine/stats/slope.ts';
import { betweenGroupShare, withinGroupAuc } from '../../../engine/stats/within-group.ts';

const sample = fc.array(
  fc.record({ label: fc.constantFrom(0, 1), score: fc.integer({ min: -4, max: 4 }), day: fc.nat(4) }),
  { minLength: 1, maxLength: 60 },
);
const DAYS = 5;

describe('statistics of rows in groups', () => {
  it('the area over chosen days is that of their rows, repeated as often as the day', () => {
    fc.assert(
      fc.property(sample, fc.array(fc.nat(DAYS - 1), { maxLength: 8 }), (rows, chosen) => {
        const auc = dayAuc(
          rows.map(({ label }) => label),
          rows.map(({ score }) => score),
          rows.map(({ day }) => day),
          DAYS,
        );
        const repeated = chosen.flatMap((day) => rows.filter((row) => row.day === day));
        const direct = rocAuc(
          repeated.map(({ label }) => label),
          repeated.map(({ score }) => score),
        );
        if (Number.isNaN(direct)) expect(auc.over(chosen)).toBeNaN();
        else expect(auc.over(chosen)).toBeCloseTo(direct, 12);
      }),
    );
  });

  it('a score of the hour alone has no area within hours, and all of its variance between them', () => {
    const hours = [0, 0, 0, 1, 1, 1];
    const labels = [0, 1, 0, 1, 1, 0];
    const scores = [1, 1, 1, 2, 2, 2];
    expect(withinGroupAuc(labels, scores, hours)).toBe(0.5);
    expect(betweenGroupShare(scores, hours)).toBe(1);
    // Ranked by coin inside each hour, and alike from hour to hour.
    expect(withinGroupAuc(labels, [0, 1, 0, 1, 1, 0], hours)).toBe(1);
    expect(betweenGroupShare([1, 2, 3, 1, 2, 3], hours)).toBe(0);
    expect(betweenGroupShare([1, 3, 5, 7], [0, 0, 1, 1])).toBeCloseTo(16 / 20, 12);
    expect(withinGroupAuc([1, 1], [1, 2], [0, 1])).toBeNaN();
  });

  it('a slope is what a line has', () => {
    expect(slope([0, 1, 2, Number.NaN], [1, 3, 5, 9])).toBeCloseTo(2, 12);
    expect(slope([1, 1], [0, 1])).toBeNaN();
  });
});
