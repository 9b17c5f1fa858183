import { describe, expect, it } from 'vitest';
import { drawPoint, pointSource } from '../../../datasets/planted/barrier/points.ts';
import { barrierDefaults } from '../../../datasets/planted/barrier/settings.ts';
import { burnInHours } from '../../../datasets/planted/settings.ts';
import { type DiagnosedColumn, diagnose } from '../../../engine/signal/diagnostics.ts';
import {
  constantFeatures,
  deadFeatures,
  featureDiagnoses,
  importancesOf,
} from '../../../engine/signal/feature-use.ts';
import { coverage, disagreement, memberCoverage } from '../../../engine/signal/gate-figures.ts';
import { logitOf, sigmoid } from '../../../engine/signal/probability.ts';

const gateLogit = Math.log(4);

/** BUY points of the planted market: three members that see the same hidden state. */
const points = Array.from({ length: 40 }, (_, coin) => {
  const source = pointSource(21, `BARRIER${coin}`, barrierDefaults);
  return Array.from({ length: 100 }, (__, slot) => drawPoint(source, slot, burnInHours + slot * 24));
})
  .flat()
  .filter(({ side }) => side === 1);
const member = (index: number) => points.map(({ memberLogits }) => memberLogits[index]!);

const column = (values: ArrayLike<number>, more: Partial<DiagnosedColumn> = {}): DiagnosedColumn => ({
  ...{ name: 'buy', kind: 'logit', values, gateLogit: null, members: [], returns: null },
  ...more,
});
const codesOf = (...columns: readonly DiagnosedColumn[]) => diagnose(columns).map(({ code }) => code);

describe('how scores were made', () => {
  it('finds a sigmoid taken twice, and none in the planted members themselves', () => {
    const twice = member(0).map(sigmoid);
    expect(codesOf(column(twice))).toEqual(['DOUBLE_SIGMOID', 'PROBABILITIES_STORED']);
    const [found] = diagnose([column(twice)]);
    expect(found).toMatchObject({ severity: 'fault', subject: 'buy' });
    expect(found!.figures['probabilityMin']).toBe(sigmoid(Math.min(...twice)));
    expect(found!.figures['probabilityMax']).toBeLessThanOrEqual(0.7312);
    for (const index of [0, 1, 2]) expect(codesOf(column(member(index)))).toEqual([]);
    expect(codesOf(column(twice.map(sigmoid), { kind: 'probability' }))).toEqual(['DOUBLE_SIGMOID']);
    expect(codesOf(column(twice, { kind: 'probability' }))).toEqual([]);
  });

  it('finds it in logits of twice-taken probabilities too', () => {
    const logits = member(0).map((logit) => logitOf(sigmoid(sigmoid(logit))));
    expect(codesOf(column(logits))).toContain('DOUBLE_SIGMOID');
  });

  it('says nothing of fewer than 100 scores, absent ones not counted', () => {
    const few = Float64Array.from({ length: 500 }, (_, row) => (row < 99 ? row / 99 : Number.NaN));
    expect(codesOf(column(few))).toEqual([]);
    few[99] = 0.5;
    expect(codesOf(column(few))).toEqual(['DOUBLE_SIGMOID', 'PROBABILITIES_STORED']);
  });

  it('finds class labels and constants, whatever they are called', () => {
    const labels = member(0).map((logit) => (logit > 0 ? 1 : 0));
    expect(codesOf(column(labels))).toEqual(['DOUBLE_SIGMOID', 'PROBABILITIES_STORED', 'HARD_LABEL']);
    const plusMinus = labels.map((label) => 2 * label - 1);
    expect(codesOf(column(plusMinus))).toEqual(['HARD_LABEL']);
    expect(codesOf(column(labels.map(() => -0.3)))).toEqual(['HARD_LABEL']);
    expect(
      codesOf(
        column(
          labels.map((label) => label / 50),
          { kind: 'expected-value' },
        ),
      ),
    ).toEqual(['HARD_LABEL']);
    expect(codesOf(column([...plusMinus, 0.5]))).toEqual([]);
  });

  it('calls a score inverted whose win rate falls, and says when there are too few rows to tell', () => {
    const rates = [
      [0.75, 0.42],
      [0.85, 0.37],
      [0.95, 0.3],
    ] as const;
    const rows = rates.flatMap(([probability, rate]) =>
      Array.from(
        { length: 400 },
        (_, row) => [logitOf(probability), row < rate * 400 ? 0.02 : -0.02] as const,
      ),
    );
    const scores = rows.map(([score]) => score);
    const returns = rows.map(([, outcome]) => outcome);
    const [found] = diagnose([column(scores, { returns })]);
    expect(found).toMatchObject({ code: 'INVERTED', severity: 'fault' });
    expect(found!.figures['winRateFrom0.9']).toBeCloseTo(0.3, 10);
    expect(codesOf(column(scores, { returns: returns.map((outcome) => -outcome) }))).toEqual([]);
    const few = returns.map((outcome, row) => (row < 820 ? outcome : Number.NaN));
    expect(codesOf(column(scores, { returns: few }))).toEqual(['INCONCLUSIVE']);
  });
});

describe('what passes a gate', () => {
  it('counts scores on the gate as passing, and absent ones as not scored', () => {
    const below = 1.38629436111989;
    const found = coverage([gateLogit, below, 5, Number.NaN, -1], gateLogit);
    expect(found).toEqual({ scored: 4, passed: 2, share: 0.5, signalsPerThousand: 500 });
  });

  it('finds the disagreement that was planted, pair by pair', () => {
    const members = [0, 1, 2].map((index) => ({ name: `m${index}`, logits: member(index) }));
    const found = diagnose([column(member(0), { gateLogit, members })]);
    const pairs = found.filter(({ code }) => code === 'DISAGREEMENT');
    expect(pairs.map(({ subject }) => subject)).toEqual(['m0, m1', 'm0, m2', 'm1, m2']);
    const [split, either] = ['split', 'either'].map((key) =>
      pairs.reduce((sum, { figures }) => sum + figures[key]!, 0),
    );
    expect(split! / either!).toBeGreaterThan(0.1);
    expect(split! / either!).toBeLessThan(0.25);
    expect(disagreement([2, 2, -1, Number.NaN], [2, -2, -1, 2], gateLogit)).toEqual({
      ...{ rows: 3, either: 2, split: 1, rate: 0.5 },
    });
  });

  it('tells on how many rows each member speaks', () => {
    const found = memberCoverage([
      [1, 1, Number.NaN, Number.NaN],
      [1, Number.NaN, 1, Number.NaN],
    ]);
    expect(found.rows).toBe(3);
    expect([...found.shares]).toEqual([2 / 3, 2 / 3]);
    expect(found.all).toBe(1 / 3);
  });

  it('has a sentence without figures that are not there', () => {
    const silent = { name: 'a', logits: [Number.NaN] };
    const found = diagnose([
      column([Number.NaN], { gateLogit, members: [silent, { ...silent, name: 'b' }] }),
    ]);
    expect(found.map(({ code }) => code)).toEqual(['COVERAGE', 'MEMBER_COVERAGE', 'DISAGREEMENT']);
    for (const { sentence } of found) expect(sentence).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('features', () => {
  const report = {
    features: ['a', 'b', 'c'],
    importance: { split: [3, 0, 0], gain: [1.5, 0, 0.2], permutation: null },
  };

  it('are dead where neither splits nor gain speak of them', () => {
    expect(deadFeatures(importancesOf(report)!)).toEqual(['b']);
    expect(importancesOf({ importance: { permutation: [1] } })).toBeNull();
    expect(importancesOf({ ...report, importance: { split: [1], gain: null } })).toBeNull();
    expect(importancesOf(null)).toBeNull();
  });

  it('are constant where all rows hold one value; being there or not is a value', () => {
    const nan = Number.NaN;
    const rows = Float32Array.of(...[1, 0, nan, nan], ...[1, 1, 2, nan], ...[1, 0, 2, nan]);
    expect(constantFeatures(['a', 'b', 'c', 'd'], rows)).toEqual(['a', 'd']);
  });

  it('are named in the diagnoses', () => {
    const found = featureDiagnoses(
      'm',
      importancesOf(report),
      report.features,
      Float32Array.of(1, 2, 3, 1, 3, 4),
    );
    expect(found.map(({ code, figures }) => [code, figures])).toEqual([
      ['DEAD_FEATURES', { features: 3, dead: 1 }],
      ['CONSTANT_FEATURES', { features: 3, constant: 1 }],
    ]);
    expect(found[0]!.sentence).toContain('1 of 3 features: b.');
    expect(featureDiagnoses('m', null, ['a', 'b'], null)).toEqual([]);
  });
});
