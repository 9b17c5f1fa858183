import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combinatorialPurgedSplits } from '../../../../engine/columns/folds/combinatorial.ts';
import { type SampleSpans, splitOverlap, splitSamples } from '../../../../engine/columns/folds/split.ts';
import { walkForwardFolds } from '../../../../engine/columns/folds/walk-forward.ts';
import { dayMs, hourMs } from '../../../../engine/panel/hours.ts';
import { publishedRowFolds } from './published-row-folds.ts';

interface GoldenFolds {
  readonly data_days: [number, number];
  readonly n_folds: number;
  readonly test_days: number;
  readonly label_horizon_h: number;
  readonly embargo_h: number;
  readonly folds: readonly {
    readonly test_start_day: number;
    readonly test_end_day_exclusive: number;
    readonly train_start_day: number;
    readonly keep_if_label_end_before_day: number;
  }[];
  readonly samples: readonly {
    readonly fold_test_start_day: number;
    readonly t_day: number;
    readonly label_end_day: number;
    readonly in_train?: boolean;
    readonly in_test?: boolean;
  }[];
}
const { walk_forward_60d: golden } = JSON.parse(
  readFileSync(new URL('../../../golden/golden_vectors.json', import.meta.url), 'utf8'),
) as { walk_forward_60d: GoldenFolds };

const startMs = Date.UTC(2025, 11, 31);
const day = (days: number) => startMs + days * dayMs;

function spansOf(spans: readonly (readonly [number, number])[]): SampleSpans {
  return {
    startMs: Float64Array.from(spans, ([start]) => start),
    endMs: Float64Array.from(spans, ([, end]) => end),
  };
}

/** Decisions within `days` days, in any order, with labels of up to `labelHours`. */
function samplesOver(days: number, labelHours: number): fc.Arbitrary<SampleSpans> {
  const sample = fc.tuple(fc.nat(days * 24 - 1), fc.integer({ min: 0, max: labelHours }));
  return fc
    .array(sample, { minLength: 1, maxLength: 300 })
    .map((list) =>
      spansOf(list.map(([hour, life]) => [day(0) + hour * hourMs, day(0) + (hour + life) * hourMs])),
    );
}

/** By the definition, pair by pair: how near training comes to the label windows of the test. */
function gapHours(samples: SampleSpans, train: Int32Array, test: Int32Array): number {
  let gap = Number.POSITIVE_INFINITY;
  for (const i of train) {
    for (const j of test) {
      const apart = Math.max(
        samples.startMs[j]! - samples.endMs[i]!,
        samples.startMs[i]! - samples.endMs[j]!,
      );
      gap = Math.min(gap, apart / hourMs);
    }
  }
  return gap;
}

const golden60 = walkForwardFolds({
  startMs: day(golden.data_days[0]),
  endMs: day(golden.data_days[1]),
  folds: golden.n_folds,
  testDays: golden.test_days,
  labelHours: golden.label_horizon_h,
  embargoHours: golden.embargo_h,
});

describe('walkForwardFolds', () => {
  it('gives the golden folds, which are the defaults as well', () => {
    const found = golden60.map(({ train, test, embargoMs }) => ({
      test_start_day: (test[0]!.startMs - startMs) / dayMs,
      test_end_day_exclusive: (test[0]!.endMs - startMs) / dayMs,
      train_start_day: (train.startMs - startMs) / dayMs,
      keep_if_label_end_before_day: (test[0]!.startMs - embargoMs - startMs) / dayMs,
    }));
    expect(found).toEqual(golden.folds);
    expect(golden60.map(({ test }) => test.length)).toEqual([1, 1, 1, 1]);
    expect(walkForwardFolds({ startMs: day(0), endMs: day(60), labelHours: 72 })).toEqual(golden60);
  });

  it.each(golden.samples)('golden sample at day $t_day, label to $label_end_day', (sample) => {
    const fold = golden60.find(({ test }) => test[0]!.startMs === day(sample.fold_test_start_day))!;
    const { train, test } = splitSamples(fold, spansOf([[day(sample.t_day), day(sample.label_end_day)]]));
    expect(train.length === 1).toBe(sample.in_train ?? false);
    expect(test.length === 1).toBe(sample.in_test ?? false);
  });

  it('ends its last block at the last midnight of the data, and begins to train where they begin', () => {
    const folds = walkForwardFolds({ startMs: day(0.4), endMs: day(59.9), labelHours: 24 });
    expect(folds.at(-1)!.test).toEqual([{ startMs: day(54), endMs: day(59) }]);
    expect(folds.every(({ train }) => train.startMs === day(0.4))).toBe(true);
  });

  it('tests every sample of the last days once and in order, trains on nothing within embargo of it, and expands', () => {
    const embargoes = fc.integer({ min: 0, max: 96 });
    fc.assert(
      fc.property(
        samplesOver(60, 72),
        embargoes,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (samples, embargoHours, folds, testDays) => {
          const options = { startMs: day(0), endMs: day(60), folds, testDays, labelHours: 72, embargoHours };
          const splits = walkForwardFolds(options);
          expect(walkForwardFolds(options)).toEqual(splits);
          const chosen = splits.map((split) => splitSamples(split, samples));
          const tested = chosen.flatMap(({ test }) => [...test]);
          const late = [...samples.startMs.keys()].filter(
            (row) => samples.startMs[row]! >= day(60 - folds * testDays),
          );
          expect(tested.toSorted((a, b) => a - b)).toEqual(late);
          for (const [fold, { train, test }] of chosen.entries()) {
            expect(gapHours(samples, train, test)).toBeGreaterThan(embargoHours);
            const { startMs: testStart } = splits[fold]!.test[0]!;
            expect(testStart % dayMs).toBe(0);
            const earlier = new Set(chosen[fold - 1]?.train);
            expect([...train].filter((row) => earlier.has(row)).length).toBe(earlier.size);
            const kept = [...samples.endMs.keys()].filter(
              (row) => samples.endMs[row]! < testStart - embargoHours * hourMs,
            );
            expect([...train]).toEqual(kept);
          }
        },
      ),
    );
  });

  it('refuses what cannot stand, all of it at once, and folds without training', () => {
    const wrong = { startMs: day(3), endMs: day(2), folds: 0, testDays: 1.5, labelHours: -1 };
    expect(() => walkForwardFolds(wrong)).toThrowError(/startMs .*folds 0 .*testDays 1\.5 .*labelHours -1 /);
    expect(() => walkForwardFolds({ startMs: day(0), endMs: day(26), labelHours: 72 })).toThrowError(
      /nothing to train on/,
    );
    expect(walkForwardFolds({ startMs: day(0), endMs: day(27), labelHours: 72 })).toHaveLength(4);
  });
});

describe('splitSamples', () => {
  it('names rows that are no spans, and none but them', () => {
    const rows = spansOf([
      [day(1), day(2)],
      [day(2), day(1)],
      [day(1), Number.NaN],
    ]);
    expect(() => splitSamples(golden60[0]!, rows)).toThrowError(/row 1 .*row 2 /);
    expect(() => splitSamples(golden60[0]!, { ...rows, endMs: new Float64Array(1) })).toThrowError(
      /3 starts and 1 ends/,
    );
  });
});

describe('splitOverlap', () => {
  it('finds a shared moment exactly where there is one, whatever chose the rows', () => {
    const roles = fc.array(fc.constantFrom('train', 'test', 'neither'), { minLength: 12, maxLength: 12 });
    let overlapping = 0;
    fc.assert(
      fc.property(samplesOver(12, 30), roles, (samples, list) => {
        const rowsOf = (role: string) =>
          [...samples.startMs.keys()].filter((row) => list[row % list.length] === role);
        const [train, test] = [Int32Array.from(rowsOf('train')), Int32Array.from(rowsOf('test'))];
        const found = splitOverlap({ train, test }, samples);
        const gap = gapHours(samples, train, test);
        expect(found !== null).toBe(gap <= 0);
        if (found === null) return;
        overlapping += 1;
        expect(gapHours(samples, Int32Array.of(found.train), Int32Array.of(found.test))).toBeLessThanOrEqual(
          0,
        );
      }),
    );
    expect(overlapping).toBeGreaterThan(10);
  });

  it('looks behind a short label for a long one that began before it', () => {
    const samples = spansOf([
      [day(0), day(10)],
      [day(2), day(3)],
      [day(5), day(6)],
    ]);
    const chosen = { train: Int32Array.of(2), test: Int32Array.of(0, 1) };
    expect(splitOverlap(chosen, samples)).toEqual({ train: 2, test: 0 });
    expect(splitOverlap({ ...chosen, test: Int32Array.of(1) }, samples)).toBeNull();
  });

  it('catches the published splitter, whose folds on a growing universe begin in mid-day', () => {
    const times: number[] = [];
    for (let hour = 0; hour < 60 * 24; hour += 1) {
      for (let coin = 0; coin < 200 + hour / 2; coin += 40) times.push(day(0) + hour * hourMs);
    }
    const samples = spansOf(times.map((timeMs) => [timeMs, timeMs + 72 * hourMs]));
    const folds = publishedRowFolds(times);
    expect(folds.at(-1)!.testEnd).toBe(times.length);
    expect(folds.some(({ testStart }) => times[testStart]! % dayMs !== 0)).toBe(true);
    for (const { testStart, testEnd } of folds) {
      const rows = Int32Array.from(times.keys());
      const chosen = { train: rows.slice(0, testStart), test: rows.slice(testStart, testEnd) };
      expect(splitOverlap(chosen, samples)).not.toBeNull();
    }
  });

  it('knows the published splitter by its figures', () => {
    // 10 rows a day over 60 days: int(600 * (5 / 60)) = 50 rows a fold; 7 rows over 3 days: int(7 * (5 / 3)) = 11 rows.
    const even = Array.from({ length: 600 }, (_, row) => day(Math.floor(row / 10)));
    expect(publishedRowFolds(even).map(({ testStart }) => testStart)).toEqual([400, 450, 500, 550]);
    expect(publishedRowFolds([0, 1, 1, 1, 2, 2, 2].map(day), 1, 1)).toEqual([{ testStart: 5, testEnd: 7 }]);
  });
});

describe('combinatorialPurgedSplits', () => {
  it('makes 45 splits and 9 paths of 10 groups by 2', () => {
    const { groups, splits, paths } = combinatorialPurgedSplits({
      startMs: day(0),
      endMs: day(60),
      labelHours: 72,
    });
    expect([groups.length, splits.length, paths.length]).toEqual([10, 45, 9]);
    expect(splits.slice(0, 3).map(({ testGroups }) => testGroups)).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
    expect(splits[0]!.test).toEqual([{ startMs: day(0), endMs: day(12) }]);
    expect(splits[1]!.test).toEqual([
      { startMs: day(0), endMs: day(6) },
      { startMs: day(12), endMs: day(18) },
    ]);
  });

  it('covers the whole days by its groups, and every group by every path, each (split, group) once', () => {
    const shapes = fc
      .integer({ min: 2, max: 8 })
      .chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 1, max: n - 1 })));
    fc.assert(
      fc.property(shapes, fc.nat(72), fc.integer({ min: 288, max: 960 }), ([n, k], from, to) => {
        const { groups, splits, paths } = combinatorialPurgedSplits({
          startMs: day(from / 24),
          endMs: day(to / 24),
          groups: n,
          testGroups: k,
          labelHours: 24,
        });
        expect(groups[0]!.startMs).toBe(day(Math.ceil(from / 24)));
        expect(groups.at(-1)!.endMs).toBe(day(Math.floor(to / 24)));
        for (const [group, range] of groups.entries()) {
          expect(range.startMs % dayMs).toBe(0);
          expect(range.endMs).toBeGreaterThan(range.startMs);
          if (group > 0) expect(range.startMs).toBe(groups[group - 1]!.endMs);
        }
        expect(paths).toHaveLength((splits.length * k) / n);
        const used = paths.flatMap((path) => path.map((split, group) => `${split} ${group}`));
        expect(new Set(used).size).toBe(splits.length * k);
        for (const path of paths) {
          for (const [group, split] of path.entries()) expect(splits[split]!.testGroups).toContain(group);
        }
      }),
    );
  });

  it('keeps training away from both sides of every test block, and takes nothing else from it', () => {
    fc.assert(
      fc.property(
        samplesOver(30, 48),
        fc.integer({ min: 0, max: 60 }),
        fc.nat(14),
        (samples, embargoHours, pick) => {
          const options = {
            startMs: day(0),
            endMs: day(30),
            groups: 6,
            testGroups: 2,
            labelHours: 48,
            embargoHours,
          };
          const split = combinatorialPurgedSplits(options).splits[pick]!;
          const { train, test } = splitSamples(split, samples);
          expect(gapHours(samples, train, test)).toBeGreaterThan(embargoHours);
          const far = (48 + embargoHours) * hourMs;
          for (const row of samples.startMs.keys()) {
            const [start, end] = [samples.startMs[row]!, samples.endMs[row]!];
            const isTest = split.test.some((block) => start >= block.startMs && start < block.endMs);
            expect(test.includes(row)).toBe(isTest);
            const isFar = split.test.every((block) => end < block.startMs - far || start > block.endMs + far);
            if (isFar) expect(train.includes(row)).toBe(true);
          }
        },
      ),
    );
  });

  it('refuses what cannot stand', () => {
    const days = { startMs: day(0), endMs: day(60), labelHours: 72 };
    expect(() => combinatorialPurgedSplits({ ...days, groups: 61 })).toThrowError(
      /60 whole UTC days, fewer than the 61/,
    );
    expect(() => combinatorialPurgedSplits({ ...days, testGroups: 10, embargoHours: -1 })).toThrowError(
      /testGroups 10 .*embargoHours -1/,
    );
    expect(() => combinatorialPurgedSplits({ ...days, groups: 40, testGroups: 20 })).toThrowError(
      /more than 100000 splits/,
    );
  });
});
