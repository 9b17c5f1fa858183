/** The real pipeline as the audit trains it, on a market without alpha; runs where there is a Python with the packages. */
import { describe, expect, it } from 'vitest';
import { foldFigures } from '../../engine/columns/audit/out-of-sample.ts';
import { dayMs } from '../../engine/panel/hours.ts';
import { auditedTrainers } from '../../training/audited-trainer.ts';
import { hasPython } from '../../training/python.ts';

const nothing = { shuffleSeed: null, honest: new Set<string>() };

describe('audited trainers', () => {
  it('refuse a strategy without models', () => {
    expect(() => auditedTrainers({ strategy: 'residual-momentum' })).toThrow(/no models to train/);
  });

  it.runIf(hasPython())(
    'train on labels of other days, and are tested on the true ones',
    async () => {
      const trainers = auditedTrainers({ strategy: 'v2-ensemble', coins: 16, days: 95 });
      expect(trainers.map(({ name }) => name)).toEqual([
        'v2-ensemble on buy_first',
        'v2-ensemble on sell_first',
      ]);
      const market = await trainers[0]!.openNoise(1);
      try {
        const plain = await market.train(nothing);
        const shuffled = await market.train({ ...nothing, shuffleSeed: 5 });
        expect(plain.timeMs.length).toBeGreaterThan(500);
        expect(plain.predicted.every(Number.isFinite)).toBe(true);
        for (const field of ['timeMs', 'coins', 'folds', 'label', 'outcome'] as const)
          expect(sorted(shuffled[field]), field).toEqual(sorted(plain[field]));
        expect(sorted(shuffled.predicted)).not.toEqual(sorted(plain.predicted));
        const folds = foldFigures(plain);
        expect(folds).toHaveLength(4);
        for (const [index, { firstTestMs, dailyIc }] of folds.entries()) {
          expect(firstTestMs % dayMs).toBe(0);
          expect(firstTestMs - folds[0]!.firstTestMs).toBe(index * 5 * dayMs);
          expect(dailyIc).toHaveLength(5);
        }
      } finally {
        await market.close?.();
      }
    },
    600_000,
  );
});

const sorted = (values: Float64Array | Int32Array) => Array.from(values).sort((a, b) => a - b);
