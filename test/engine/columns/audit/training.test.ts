/** What the detectors of training are made of: labels of other days, figures by fold, bands, and states that were fitted too late. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalAt } from '../../../../engine/columns/audit/chance.ts';
import { type FittedOnFold, lineageAudit } from '../../../../engine/columns/audit/lineage.ts';
import { noiseMarketAudit } from '../../../../engine/columns/audit/noise-market.ts';
import { foldFigures, judged, meanOfFolds } from '../../../../engine/columns/audit/out-of-sample.ts';
import { labelsAcrossDays, shuffledLabelAudit } from '../../../../engine/columns/audit/shuffled-labels.ts';
import type { AuditedTrainer, OutOfSample } from '../../../../engine/columns/audit/training.ts';
import { dayMs, hourMs } from '../../../../engine/panel/hours.ts';
import { mean } from '../../../../engine/stats/mean.ts';
import { studentQuantile } from '../../../../engine/stats/student-quantile.ts';

describe('studentQuantile', () => {
  it('gives the printed values', () => {
    const printed = [
      [0.975, 1, 12.706204736],
      [0.975, 2, 4.30265273],
      [0.95, 5, 2.015048373],
      [0.995, 10, 3.169272673],
      [0.9995, 11, 4.436979338],
      [0.975, 30, 2.042272456],
      [0.975, 1000, 1.962339081],
    ] as const;
    for (const [p, degrees, value] of printed) {
      expect(studentQuantile(p, degrees)).toBeCloseTo(value, 6);
      expect(studentQuantile(1 - p, degrees)).toBeCloseTo(-value, 6);
    }
  });

  it('refuses what has none', () => {
    expect(() => studentQuantile(1, 3)).toThrow(RangeError);
    expect(() => studentQuantile(0.9, 2.5)).toThrow(RangeError);
  });
});

describe('labelsAcrossDays', () => {
  const rowsOf = (days: number, hours: readonly number[], coins: number) => {
    const all = Array.from({ length: days }, (_, day) => day).flatMap((day) =>
      hours.flatMap((hour) => Array.from({ length: coins }, (_, coin) => ({ day, hour, coin }))),
    );
    return {
      all,
      timeMs: Float64Array.from(all, ({ day, hour }) => day * dayMs + hour * hourMs),
      coins: Int32Array.from(all, ({ coin }) => coin),
      // Tells where a label came from.
      labels: Float64Array.from(all, ({ day, hour, coin }) => day * 10_000 + hour * 100 + coin),
    };
  };

  it('moves whole days, and nothing but days', () => {
    fc.assert(
      fc.property(
        ...[fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 4 }), fc.nat()],
        (days, coins, seed) => {
          const dated = rowsOf(days, [0, 7, 23], coins);
          const trained = Int32Array.from(dated.all.keys()).filter((row) => dated.all[row]!.day < days - 1);
          const shuffled = labelsAcrossDays(dated, trained, seed);
          const from = new Map<number, number>();
          for (const [row, { day, hour, coin }] of dated.all.entries()) {
            if (day === days - 1) expect(shuffled[row]).toBe(dated.labels[row]);
            else {
              const other = Math.floor(shuffled[row]! / 10_000);
              expect(shuffled[row]! % 10_000).toBe(hour * 100 + coin);
              expect(from.get(day) ?? other).toBe(other);
              from.set(day, other);
            }
          }
          expect(new Set(from.values()).size).toBe(from.size);
        },
      ),
    );
  });

  it('leaves a row without a label where the other day has none', () => {
    const dated = rowsOf(2, [0], 2);
    const shuffles = Array.from({ length: 20 }, (_, seed) =>
      labelsAcrossDays(dated, Int32Array.of(0, 1, 2), seed),
    );
    const swapped = shuffles.filter((labels) => labels[0] === 10_000);
    expect(swapped.length).toBeGreaterThan(0);
    for (const labels of swapped) expect([...labels]).toEqual([10_000, Number.NaN, 0, 10_001]);
  });
});

/** Predictions of `folds` blocks of five days, twelve coins, every six hours; `knows` mixes the outcome in. */
function predictionsOf(seed: number, folds: number, knows: (hoursIn: number) => number): OutOfSample {
  const rows = Array.from({ length: folds * 20 * 12 }, (_, row) => row);
  const slot = (row: number) => Math.floor(row / 12);
  const outcome = Float64Array.from(rows, (row) => normalAt(seed, row, 1));
  return {
    timeMs: Float64Array.from(rows, (row) => slot(row) * 6 * hourMs),
    coins: Int32Array.from(rows, (row) => row % 12),
    folds: Int32Array.from(rows, (row) => Math.floor(slot(row) / 20)),
    predicted: Float64Array.from(
      rows,
      (row) => normalAt(seed, row, 2) + knows((slot(row) % 20) * 6) * outcome[row]!,
    ),
    outcome,
    label: outcome.map((value) => (value > 0 ? 1 : 0)),
  };
}

function trainerOf(knows: (hoursIn: number) => number, whenShuffled = knows): AuditedTrainer {
  return {
    ...{ name: 'made up', horizonHours: 72, parts: [{ name: 'the split', kind: 'split' }] },
    openNoise: (seed) => ({
      train: ({ shuffleSeed, honest }) => {
        const own = shuffleSeed === null ? knows : whenShuffled;
        return predictionsOf(seed * 1000 + ((shuffleSeed ?? 0) % 997), 6, honest.size > 0 ? () => 0 : own);
      },
    }),
  };
}

describe('figures of folds', () => {
  it('tell the first day and the first hours from the rest', () => {
    const folds = foldFigures(predictionsOf(3, 20, (hoursIn) => (hoursIn < 12 ? 3 : 0)));
    expect(folds.map(({ firstTestMs }) => firstTestMs / dayMs)).toEqual(
      Array.from({ length: 20 }, (_, fold) => 5 * fold),
    );
    const [hours, day, whole] = [
      mean(folds.map(({ aucFirstHours }) => aucFirstHours)),
      mean(folds.map(({ aucFirstDay }) => aucFirstDay)),
      mean(folds.map(({ auc }) => auc)),
    ];
    expect(hours).toBeGreaterThan(0.93);
    expect(day).toBeLessThan(hours);
    expect(whole).toBeLessThan(day);
    expect(whole).toBeGreaterThan(0.5);
    const byDay = Array.from({ length: 5 }, (_, place) => mean(folds.map(({ dailyIc }) => dailyIc[place]!)));
    expect(byDay[0]!).toBeGreaterThan(0.4);
    expect(Math.max(...byDay.slice(1))).toBeLessThan(0.15);
  });

  it('have an error that grows where neighbours are alike', () => {
    const alike = [[1, 1, 1, -1, -1, -1]];
    const apart = [[1], [-1], [1], [-1], [1], [-1]];
    expect(meanOfFolds(alike).error).toBeGreaterThan(1.3 * meanOfFolds(apart).error);
    expect(meanOfFolds(alike).mean).toBe(0);
  });

  it('are judged wrongly as seldom as they say', () => {
    const options = { centre: 0.5, limitMin: 0, falseAlarmRate: 0.05 };
    const alarms = Array.from({ length: 2000 }, (_, place) => {
      const markets = Array.from({ length: 6 }, (_, fold) => [0.5 + 0.05 * normalAt(place, fold)]);
      return judged(markets, options).stands;
    }).filter(Boolean).length;
    expect(alarms / 2000).toBeGreaterThan(0.035);
    expect(alarms / 2000).toBeLessThan(0.065);
  });

  it('say nothing with a single one', () => {
    expect(judged([[0.9]], { centre: 0.5, limitMin: 0.02, falseAlarmRate: 0.01 }).stands).toBe(false);
  });
});

describe('the detectors', () => {
  const seeds = [1, 2, 3];

  it('are silent over guesses', async () => {
    const guesses = [trainerOf(() => 0)];
    expect(await noiseMarketAudit(guesses, { seeds })).toEqual({ leaks: [], count: 3 });
    expect((await shuffledLabelAudit(guesses, { seeds, permutations: 6 })).leaks).toEqual([]);
  });

  it('name the part that brings the knowledge, also where it shows in the first day alone', async () => {
    for (const knows of [() => 0.5, (hoursIn: number) => (hoursIn < 24 ? 1 : 0)]) {
      const { leaks } = await noiseMarketAudit([trainerOf(knows)], { seeds });
      expect(leaks).toMatchObject([
        { detector: 'Dd', kind: 'model', subject: 'made up', field: 'the split', timeMs: 0 },
      ]);
      expect(leaks[0]!.message).toContain('AUC of the first test day');
    }
  });

  it('name the pipeline where no part explains it', async () => {
    const { leaks } = await noiseMarketAudit([{ ...trainerOf(() => 1), parts: [] }], { seeds });
    expect(leaks).toMatchObject([{ field: 'predictions', hint: null }]);
  });

  it('find what was chosen on the test part by labels of other days', async () => {
    const chosen = trainerOf(
      () => 0,
      () => 0.3,
    );
    expect((await shuffledLabelAudit([chosen], { seeds, permutations: 3 })).leaks).toMatchObject([
      { detector: 'De', subject: 'made up' },
    ]);
  });
});

describe('states of a fold', () => {
  it('may know nothing after the test start less the embargo', () => {
    fc.assert(
      fc.property(fc.integer({ min: -200, max: 200 }), (hours) => {
        const testFromMs = 100 * dayMs;
        const state: FittedOnFold = {
          ...{ name: 'selector', model: 'meta', fold: 2, testFromMs, embargoMs: 72 * hourMs },
          trainedToMs: testFromMs + hours * hourMs,
        };
        const { leaks, count } = lineageAudit([], [state]);
        expect(count).toBe(1);
        expect(leaks.map(({ subject, field }) => [subject, field])).toEqual(
          hours <= -72 ? [] : [['meta', 'selector']],
        );
      }),
    );
    const undated = { name: 's', model: 'm', fold: 0, trainedToMs: Number.NaN, testFromMs: 1, embargoMs: 0 };
    expect(lineageAudit([], [undated]).leaks[0]!.message).toContain('does not say');
  });

  it('name what a label comes by', () => {
    const { leaks } = lineageAudit([
      { name: 'label_3d', kind: 'label', inputs: [] },
      { name: 'm_pct', kind: 'column', inputs: ['label_3d'] },
      { name: 'meta', kind: 'gate', inputs: ['m_pct'] },
    ]);
    expect(leaks.map(({ message }) => message)).toEqual([
      'label_3d reaches meta: it is a label, which has seen the future, and comes by way of m_pct',
    ]);
  });
});
