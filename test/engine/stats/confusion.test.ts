import { describe, expect, it } from 'vitest';
import { classScores } from '../../../engine/stats/confusion.ts';

describe('class scores', () => {
  it('of a case worked by hand', () => {
    const { confusion, accuracy, recall, precision, macroF1 } = classScores(
      [0, 0, 1, 1],
      [0, 1, 1, 1],
      ['a', 'b'],
    );
    expect(confusion).toEqual([
      [1, 1],
      [0, 2],
    ]);
    expect(accuracy).toBe(0.75);
    expect(recall).toEqual([0.5, 1]);
    expect(precision).toEqual([1, 2 / 3]);
    expect(macroF1).toBeCloseTo((2 / 3 + 4 / 5) / 2, 15);
  });

  it('leave out a class that neither occurs nor is predicted', () => {
    const scores = classScores([0, 1], [0, 1], ['a', 'b', 'c']);
    expect(scores.macroF1).toBe(1);
    expect(scores.recall[2]).toBeNaN();
    expect(classScores([0, 2], [0, 1], ['a', 'b', 'c']).macroF1).toBeCloseTo(1 / 3, 15);
  });
});
