import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayMs, hourMs } from '../../engine/panel/hours.ts';
import type { Panel } from '../../engine/panel/panel.ts';
import { btcResidualModels } from '../../strategies/btc-residual/models.ts';
import { lstmConfidenceModels } from '../../strategies/lstm-confidence/models.ts';
import { v2EnsembleModels } from '../../strategies/v2-ensemble/models.ts';
import { decisionHours, trainingWindow } from '../../training/decisions.ts';
import { TrainingFault } from '../../training/faults.ts';
import { planHash, retrainDates, sizedPlan, versionName } from '../../training/sized-plan.ts';
import { outOfFoldBlocks } from '../../training/stack.ts';

const day = (text: string) => Date.parse(`${text}T00:00Z`);
const dates = (cadence: Parameters<typeof retrainDates>[0], from: string, to: string) =>
  retrainDates(cadence, day(from), day(to)).map((timeMs) => new Date(timeMs).toISOString().slice(0, 10));

describe('sizes', () => {
  it('lower trees and epochs, and say so; the published size lowers nothing', () => {
    const small = sizedPlan(v2EnsembleModels, 'ci-small');
    expect(small.models.map(({ hyperparameters: own }) => own['n_estimators'] ?? own['iterations'])).toEqual(
      Array.from({ length: 8 }, () => 60),
    );
    expect(small.sampling).toEqual(['60 of 800 trees']);
    expect(small.coinsMax).toBe(20);
    expect(sizedPlan(btcResidualModels, 'ci-small').sampling).toEqual([
      '3 of 20 epochs at most',
      '60 of 500 trees',
    ]);
    const published = sizedPlan(v2EnsembleModels, 'published');
    expect(published.models).toEqual(v2EnsembleModels.models);
    expect([published.sampling, published.coinsMax]).toEqual([[], null]);
    expect(sizedPlan(lstmConfidenceModels, 'published').coinsMax).toBe(5);
  });

  it('a version is named by everything that went into it, and by nothing else', () => {
    const inputs = {
      datasetHash: 'a',
      planHash: planHash(v2EnsembleModels),
      size: 'ci-small',
      seed: 1,
    } as const;
    const name = versionName({ ...inputs, toMs: day('2024-10-01') });
    expect(name).toMatch(/^20241001T00-ci-small-[0-9a-f]{8}$/);
    expect(versionName({ ...inputs, toMs: day('2024-10-01') })).toBe(name);
    const others = [
      { ...inputs, seed: 2 },
      { ...inputs, datasetHash: 'b' },
      { ...inputs, planHash: planHash({ ...v2EnsembleModels, trainDays: 61 }) },
      { ...inputs, size: 'demo' } as const,
    ].map((other) => versionName({ ...other, toMs: day('2024-10-01') }).slice(-8));
    expect(new Set([...others, name.slice(-8)]).size).toBe(5);
  });
});

describe('retrain dates', () => {
  it.each([
    ['none', ['2024-03-10']],
    ['weekly', ['2024-02-12', '2024-02-19', '2024-02-26', '2024-03-04']],
    ['monthly', ['2024-03-01']],
    ['7d', ['2024-02-11', '2024-02-18', '2024-02-25', '2024-03-03', '2024-03-10']],
    [
      '5d',
      ['2024-02-09', '2024-02-14', '2024-02-19', '2024-02-24', '2024-02-29', '2024-03-05', '2024-03-10'],
    ],
  ] as const)('of cadence %s', (cadence, expected) => {
    expect(dates(cadence, '2024-02-08', '2024-03-10')).toEqual(expected);
  });
});

const panel = { startMs: day('2024-01-01'), hours: 270 * 24 } as Panel;

describe('the window of a retrain', () => {
  it('ends a label before its moment, and begins where the plan or the data do', () => {
    const toMs = day('2024-09-01');
    expect(trainingWindow(panel, v2EnsembleModels, toMs)).toEqual({
      fromMs: toMs - 60 * dayMs,
      lastDecisionMs: toMs - 72 * hourMs,
      toMs,
    });
    expect(trainingWindow(panel, lstmConfidenceModels, toMs).fromMs).toBe(panel.startMs + hourMs);
  });

  it('is refused where the data do not reach, or leave too little', () => {
    for (const toMs of [day('2025-01-01'), day('2024-01-20'), day('2024-09-01') + 60_000]) {
      expect(() => trainingWindow(panel, v2EnsembleModels, toMs)).toThrow(TrainingFault);
    }
  });

  it('takes the same decisions whatever window they lie in', () => {
    const span = (from: string, to: string) =>
      decisionHours(
        panel,
        btcResidualModels,
        { rowStride: 3 },
        {
          ...{ fromMs: day(from), lastDecisionMs: day(to) },
        },
      );
    const [wide, narrow] = [span('2024-02-01', '2024-06-01'), span('2024-03-05', '2024-04-11')];
    expect(wide).toHaveLength(40);
    expect(Array.from(wide)).toEqual(expect.arrayContaining(Array.from(narrow)));
    expect(new Set(Array.from(wide, (hour) => (hour + 1) % 24))).toEqual(new Set([12]));
  });
});

it('blocks follow each other without a hole, and each has its history behind an embargo', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 400 * 24 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 200 }),
      (spanHours, days, embargoHours) => {
        const firstMs = day('2024-01-01') + 12 * hourMs;
        const lastDecisionMs = firstMs + spanHours * hourMs;
        const plan = { folds: { count: 4, testDays: 5, embargoHours } };
        const blocks = outOfFoldBlocks(plan, days, { firstMs, lastDecisionMs });
        for (const [index, { fromMs, toMs, trainToMs }] of blocks.entries()) {
          expect(toMs - fromMs).toBe(days * dayMs);
          expect(fromMs % dayMs).toBe(0);
          expect(trainToMs).toBe(fromMs - embargoHours * hourMs);
          expect(trainToMs - day('2024-01-01')).toBeGreaterThanOrEqual(40 * dayMs);
          if (index > 0) expect(blocks[index - 1]!.toMs).toBe(fromMs);
        }
        const last = blocks.at(-1);
        if (last !== undefined) {
          expect(last.toMs).toBeGreaterThan(lastDecisionMs);
          expect(last.toMs - lastDecisionMs).toBeLessThanOrEqual(dayMs);
        }
      },
    ),
  );
});
