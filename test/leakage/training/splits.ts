/** How rows are divided: as the engine does it, and as published code does. */

import { uniformAt } from '../../../engine/columns/audit/chance.ts';
import type { AuditedSplit } from '../../../engine/columns/audit/splits.ts';
import { type SplitSamples, splitSamples } from '../../../engine/columns/folds/split.ts';
import { walkForwardFolds } from '../../../engine/columns/folds/walk-forward.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { dayOf, LABEL_HOURS, type MarketRows } from './rows.ts';

export type SplitKind = 'purged' | 'T14' | 'T15' | 'T16';

export const EMBARGO_MS = LABEL_HOURS * hourMs;
const TEST_DAYS = 5;

export interface TrainingFold extends SplitSamples {
  readonly split: AuditedSplit['split'];
}

/** Purged; T14: all that was decided before the test trains; T15: rows at random; T16: blocks by share of rows. */
export function foldsOf(kind: SplitKind, rows: MarketRows, folds: number): readonly TrainingFold[] {
  const [first, last] = [rows.startMs[0]!, rows.startMs.at(-1)!];
  const honest = walkForwardFolds({
    ...{ startMs: first, endMs: last + 24 * hourMs, folds, testDays: TEST_DAYS, labelHours: LABEL_HOURS },
  });
  const all = Int32Array.from(rows.startMs.keys());
  return honest.map((split, fold) => {
    const { train, test } = splitSamples(split, rows);
    const testFromMs = split.test[0]!.startMs;
    if (kind === 'purged') return { split, train, test };
    if (kind === 'T14') return { split, test, train: all.filter((row) => rows.startMs[row]! < testFromMs) };
    if (kind === 'T15') {
      const isTest = (row: number) => Math.floor(uniformAt(97, row) * folds) === fold;
      return { split, test: all.filter(isTest), train: all.filter((row) => !isTest(row)) };
    }
    return byShare(rows, all, folds, fold);
  });
}

/** The fold's share of rows is that of its days among all days; no border is a day's, and nothing is purged. */
function byShare(rows: MarketRows, all: Int32Array, folds: number, fold: number): TrainingFold {
  const days = new Set(Array.from(all, (row) => dayOf(rows, row))).size;
  const size = Math.floor(all.length * (TEST_DAYS / days));
  const from = all.length - size * (folds - fold);
  const test = all.subarray(from, from + size);
  const [startMs, endMs] = [rows.startMs[test[0]!]!, rows.startMs[test.at(-1)!]! + 1];
  return {
    ...{ train: all.subarray(0, from), test },
    split: { train: { startMs: 0, endMs: startMs }, test: [{ startMs, endMs }], embargoMs: 0 },
  };
}

/** What the audit of splits is told of them. */
export function auditedSplits(
  name: string,
  kind: SplitKind,
  rows: MarketRows,
  folds: number,
): readonly AuditedSplit[] {
  const kinds = { purged: 'days', T14: 'days', T15: 'random', T16: 'row-share' } as const;
  return foldsOf(kind, rows, folds).map(({ split, train, test }) => ({
    ...{ name, kind: kinds[kind], samples: rows, split, chosen: { train, test } },
  }));
}
