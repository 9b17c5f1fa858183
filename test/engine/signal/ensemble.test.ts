import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allAgree, ensembleLogit, ensembleWeights, weightSetOf } from '../../../engine/signal/ensemble.ts';
import { sigmoid, softmax } from '../../../engine/signal/probability.ts';
import golden from '../../golden/golden_vectors.json' with { type: 'json' };
import { isCode, projectFiles, readSource } from '../../tidy/sources.ts';

const means = (folds: readonly (readonly number[])[]) =>
  folds.map((aucs) => aucs.reduce((sum, auc) => sum + auc, 0) / aucs.length);

describe('the published ensemble', () => {
  it.each([
    ['BUY', ['.57225', '.58125', '.57350'], ['.318282', '.357930', '.323789']],
    ['SELL', ['.53525', '.54225', '.53375'], ['.316854', '.379775', '.303371']],
  ] as const)('%s: the plain mean of four folds, and its weights, as printed', (side, printed, weights) => {
    const combined = means(Object.values(golden.ensemble_seed_F0[side].folds));
    expect(combined.map((auc) => auc.toFixed(5).slice(1))).toEqual(printed);
    const found = [...ensembleWeights(combined)];
    expect(found.map((weight) => weight.toFixed(6).slice(1))).toEqual(weights);
    expect(found.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 15);
  });

  it('has all six means as printed, to three decimals', () => {
    const { BUY, SELL } = golden.ensemble_seed_F0;
    const found = [BUY, SELL].flatMap(({ folds }) => means(Object.values(folds)));
    expect(found.map((auc) => auc.toFixed(3))).toEqual([
      '0.572',
      '0.581',
      '0.574',
      '0.535',
      '0.542',
      '0.534',
    ]);
  });

  it('weighs a member no better than chance at the floor, and all the same where one is unknown or all are 0', () => {
    const { floor_example, nan_example } = golden.ensemble_seed_F0;
    expect([...ensembleWeights(floor_example.aucs)].map((weight) => weight.toFixed(12))).toEqual(
      floor_example.weights.map((weight) => weight.toFixed(12)),
    );
    expect([...ensembleWeights(nan_example.aucs.map((auc) => auc ?? Number.NaN))]).toEqual(
      nan_example.weights,
    );
    expect([...ensembleWeights([0, 0])]).toEqual([0.5, 0.5]);
  });

  it('stores the logit whose sigmoid is the weighted mean', () => {
    const { logits, weights, ensemble_sigmoid, stored_logit } = golden.ensemble_seed_F0.score_example;
    const score = ensembleLogit(logits, weights);
    expect(Math.abs(score - stored_logit)).toBeLessThan(1e-9);
    expect(Math.abs(sigmoid(score) - ensemble_sigmoid)).toBeLessThan(1e-9);
  });

  it('lies between its members for any logits, and has no score where one of them is silent', () => {
    const logit = fc.double({ min: -30, max: 30, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(logit, logit, logit), (logits) => {
        const score = ensembleLogit(logits, [0.2, 0.3, 0.5]);
        expect(score).toBeGreaterThanOrEqual(Math.min(...logits) - 1e-6);
        expect(score).toBeLessThanOrEqual(Math.max(...logits) + 1e-6);
      }),
    );
    expect(ensembleLogit([1, Number.NaN, 2], [0.2, 0.3, 0.5])).toBeNaN();
  });

  it('is there where all members are certain, whatever their weights sum to in doubles', () => {
    const auc = fc.double({ min: 0.501, max: 0.99, noNaN: true });
    const sums: number[] = [];
    fc.assert(
      fc.property(fc.array(auc, { minLength: 2, maxLength: 7 }), (aucs) => {
        const weights = ensembleWeights(aucs);
        sums.push(weights.reduce((sum, weight) => sum + weight, 0));
        expect(
          ensembleLogit(
            weights.map(() => 50),
            weights,
          ),
        ).toBeGreaterThan(30);
      }),
      { seed: 1 },
    );
    expect(Math.max(...sums)).toBeGreaterThan(1);
  });
});

describe('the id of weights', () => {
  it('is that of members with their weights, in any order', () => {
    const id = weightSetOf(['a', 'b', 'c'], [0.2, 0.3, 0.5]);
    expect(id).toMatch(/^[0-9a-f]{8}$/);
    expect(weightSetOf(['c', 'a', 'b'], [0.5, 0.2, 0.3])).toBe(id);
    expect(weightSetOf(['a', 'b', 'c'], [0.3, 0.2, 0.5])).not.toBe(id);
    expect(weightSetOf(['a', 'b', 'd'], [0.2, 0.3, 0.5])).not.toBe(id);
    expect(weightSetOf(['a', 'b', 'c'], [0.2, 0.3, 0.5 + 2 ** -53])).not.toBe(id);
  });
});

describe('the agreement gate', () => {
  it('lets through where all pass, on the gate included, and nothing else', () => {
    const gate = Math.log(4);
    expect(allAgree([gate, 2, 3], gate)).toBe(true);
    expect(allAgree([1.3, 5, 5], gate)).toBe(false);
    expect(allAgree([2, Number.NaN, 3], gate)).toBe(false);
    expect(allAgree([], gate)).toBe(false);
  });
});

describe('probabilities', () => {
  it('are finite for any logit', () => {
    expect([-1000, 1000, 0, -0].map(sigmoid)).toEqual([0, 1, 0.5, 0.5]);
    expect(sigmoid(Number.NaN)).toBeNaN();
    expect([...softmax([1000, 0, -1000])]).toEqual([1, 0, 0]);
    expect([...softmax([-1e6, -1e6])]).toEqual([0.5, 0.5]);
    expect([...softmax([0, Number.NaN])].every(Number.isNaN)).toBe(true);
  });

  it('of two classes are the sigmoid of the difference, and of any number sum to one', () => {
    const logit = fc.double({ min: -50, max: 50, noNaN: true });
    fc.assert(
      fc.property(fc.array(logit, { minLength: 2, maxLength: 7 }), (logits) => {
        expect(softmax(logits).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
        expect(softmax(logits.slice(0, 2))[0]).toBeCloseTo(sigmoid(logits[0]! - logits[1]!), 12);
      }),
    );
  });

  const logistic = [
    /\b1\s*\+\s*Math\.exp\b/,
    /\bMath\.exp\([^\n]*\)\s*\+\s*1\b/,
    /\bMath\.expm1\b|\bMath\.tanh\b/,
    /\/\s*\(\s*1\s*\+\s*\w*(?:odds|exp)\w*\s*\)/i,
  ];

  it('come from one sigmoid: no other module spells the logistic function out', () => {
    const product = projectFiles()
      .filter(
        (path) =>
          isCode(path) && /^(?:engine|strategies|datasets|reports|scenarios|training|live|cli)\//.test(path),
      )
      .map(readSource);
    const spelled = product.flatMap(({ path, bare }) =>
      bare
        .split('\n')
        .flatMap((line, index) =>
          logistic.some((pattern) => pattern.test(line)) ? [`${path}:${index + 1} ${line.trim()}`] : [],
        ),
    );
    expect(spelled.filter((place) => !place.startsWith('engine/signal/probability.ts:'))).toEqual([]);
    // The rule sees the one that there is.
    expect(spelled.length).toBeGreaterThanOrEqual(2);
  });
});
