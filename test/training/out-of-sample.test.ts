import { describe, expect, it } from 'vitest';
import { dayMs, hourMs } from '../../engine/panel/hours.ts';
import { ensembleLogit, weightSetOf } from '../../engine/signal/ensemble.ts';
import { softmax } from '../../engine/signal/probability.ts';
import type { Predictions } from '../../training/job.ts';
import { weighedEnsembles } from '../../training/manifest.ts';
import {
  ensembleRows,
  type TestRows,
  testRows,
  versionScores,
  weighedMembers,
} from '../../training/out-of-sample.ts';

const folds = [0, 1, 2].map((index) => ({
  ...{ index, testFromMs: (100 + 5 * index) * dayMs, testToMs: (105 + 5 * index) * dayMs },
  trainToMs: (97 + 5 * index) * dayMs,
}));
const named = { model: 'one', side: 'buy', library: 'lightgbm', kind: 'barrier' } as const;

/** Four coins at noon of every test day; the label is 1 for coins that `score` puts in the upper half. */
function rowsOf(model: string, score: (coin: number, day: number) => number): TestRows {
  const cells = Array.from(
    { length: 15 * 4 },
    (_, index) => [index % 4, 100 + Math.floor(index / 4)] as const,
  );
  return {
    ...{ ...named, model },
    keys: cells.map(([coin, day]) => `C${coin} ${day}`),
    decisionMs: Float64Array.from(cells, ([, day]) => day * dayMs + 12 * hourMs),
    folds: Int32Array.from(cells, ([, day]) => Math.floor((day - 100) / 5)),
    scores: Float64Array.from(cells, ([coin, day]) => score(coin, day)),
    labels: Float64Array.from(cells, ([coin, day]) => Number((coin + day) % 4 > 1)),
  };
}

describe('out of sample', () => {
  it('the mean of the folds stands beside the pooled area, and what hours share beside both', () => {
    // Right at every hour, and in fold 1 on another level: the pooled area suffers, that of folds and hours does not.
    const rows = rowsOf('one', (coin, day) => ((coin + day) % 4) + (day >= 105 && day < 110 ? 100 : 0));
    const scores = versionScores(rows, folds, 1);
    const whole = scores.at(-1)!;
    expect(scores.map(({ fold, rows: count, auc }) => [fold, count, auc])).toEqual([
      [0, 20, 1],
      [1, 20, 1],
      [2, 20, 1],
      [null, 60, 1],
    ]);
    expect(whole.withinHourAuc).toBe(1);
    expect(whole.pooledAuc).toBeLessThan(0.8);
    expect(whole.commonShare).toBeGreaterThan(0.99);
    expect(whole.aucLow).toBeLessThanOrEqual(whole.pooledAuc!);
    expect(whole.aucHigh).toBeGreaterThanOrEqual(whole.pooledAuc!);
    expect(versionScores(rows, folds, 1)).toEqual(scores);
    expect(scores[0]!.aucLow).toBeNull();
  });

  it('returns have no area, but a rank correlation, means and a slope', () => {
    const rows = { ...rowsOf('ev', (coin) => coin / 100), kind: 'barrier-return' as const };
    const labels = rows.scores.map((score) => 2 * score - 0.01);
    const whole = versionScores({ ...rows, labels }, folds, 1).at(-1)!;
    expect([whole.auc, whole.positives, whole.withinHourAuc]).toEqual([null, null, null]);
    expect(whole.spearman).toBeCloseTo(1, 12);
    expect(whole.slope).toBeCloseTo(2, 12);
    expect(whole.meanPredicted).toBeCloseTo(0.015, 12);
    expect(whole.meanRealised).toBeCloseTo(0.02, 12);
  });

  it('weights follow the mean of the folds, and an ensemble speaks where all its members do', () => {
    const good = rowsOf('good', (coin, day) => (coin + day) % 4);
    const bad = rowsOf('bad', (coin, day) => -((coin + day) % 4));
    const { aucs, weights } = weighedMembers([good, bad], folds);
    expect(aucs).toEqual([1, 0]);
    expect(weights[0]).toBeCloseTo(0.5 / 0.501, 12);
    const short = { ...bad, keys: bad.keys.map((key, row) => (row < 30 ? key : `other ${row}`)) };
    const both = ensembleRows('buy', [good, short], weights);
    expect(both.keys).toEqual(good.keys.slice(0, 30));
    expect([both.library, both.model]).toEqual(['ensemble', 'buy']);
    expect(both.scores[7]).toBe(ensembleLogit([good.scores[7]!, bad.scores[7]!], weights));
  });

  it('an ensemble goes on without a member that was not shown, says so, and is absent without any', () => {
    const members = ['good', 'fair', 'absent'];
    const specs = [
      { name: 'buy', side: 'buy', members, column: 'buy_logit' },
      { name: 'sell', side: 'sell', members: ['absent'], column: 'sell_logit' },
    ] as const;
    const shown = ['good', 'fair'].map((model) => rowsOf(model, (coin, day) => (coin + day) % 4));
    const { ensembles, rows, notes } = weighedEnsembles(specs, shown, folds);
    expect(ensembles).toMatchObject([{ members: ['good', 'fair'], weights: [0.5, 0.5], aucs: [1, 1] }]);
    expect(ensembles[0]!.weightSet).toBe(weightSetOf(['fair', 'good'], [0.5, 0.5]));
    expect(rows.map(({ model, library }) => [model, library])).toEqual([['buy', 'ensemble']]);
    expect(notes).toEqual([
      expect.stringContaining('ensemble buy goes without absent'),
      expect.stringContaining('ensemble sell has no member'),
    ]);
    expect(weighedEnsembles(specs.slice(0, 1), shown.slice(0, 1), folds).ensembles[0]!.weights).toEqual([1]);
  });

  it('rows of blocks count for the fold of their day; thirds are judged by the chance of the top one', () => {
    const decisionMs = Float64Array.of(99, 100, 106, 106, 114).map((day) => day * dayMs + 12 * hourMs);
    const predictions: Predictions = {
      ...{ symbols: ['A', 'B'], coins: Int32Array.of(0, 0, 0, 1, 1), decisionMs },
      folds: Int32Array.of(-1, -1, -2, -2, -2),
      outputs: [0, 1, 2].map((output) => Float64Array.from(decisionMs, (_, row) => output * (row + 1))),
    };
    const labels = new Map([
      [`A ${decisionMs[1]}`, 2],
      [`A ${decisionMs[2]}`, 0],
      [`B ${decisionMs[3]}`, Number.NaN],
      [`B ${decisionMs[4]}`, 1],
    ]);
    const rows = testRows({ ...named, kind: 'residual-tercile' }, predictions, folds, (symbol, timeMs) => {
      return labels.get(`${symbol} ${timeMs}`) ?? Number.NaN;
    });
    expect([...rows.folds]).toEqual([0, 1, 2]);
    expect([...rows.labels]).toEqual([1, 0, 0]);
    expect(rows.scores[1]).toBe(softmax([0, 3, 6])[2]);
  });
});
