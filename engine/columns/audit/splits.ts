/** Splits: that no label of the training part shares a moment with one of the test part, and that they are of a kind that can be trusted. */

import { dayMs, isoMinute } from '../../panel/hours.ts';
import {
  type SampleSpans,
  type Split,
  type SplitSamples,
  splitOverlap,
  splitSamples,
} from '../folds/split.ts';
import type { Leak } from './findings.ts';
import type { Findings } from './look-ahead.ts';

export interface AuditedSplit {
  readonly name: string;
  /** `days`: by whole UTC days. The others stand for what published systems do, and are refused by kind. */
  readonly kind: 'days' | 'row-share' | 'random';
  readonly samples: SampleSpans;
  /** Rows as the splitter under audit chose them; those of `splitSamples` over `split` if absent. */
  readonly chosen?: SplitSamples;
  readonly split: Split;
}

export function splitAudit(splits: readonly AuditedSplit[]): Findings {
  return { leaks: splits.flatMap(splitLeaks), count: splits.length };
}

function splitLeaks(audited: AuditedSplit): readonly Leak[] {
  const { name, kind, samples, split } = audited;
  const leaks: Leak[] = [];
  const add = (field: string, timeMs: number, message: string) => {
    leaks.push({
      ...{ detector: 'splits', kind: 'split', subject: name, field, timeMs, symbol: '', hint: null },
      ...{ before: Number.NaN, after: Number.NaN, message: `split ${name}: ${message}` },
    });
  };
  if (kind !== 'days') {
    const word = kind === 'random' ? 'at random' : 'by share of rows';
    add('kind', Number.NaN, `rows are divided ${word}: divide by whole days, with purge and embargo`);
  }
  for (const { startMs, endMs } of split.test) {
    for (const borderMs of [startMs, endMs]) {
      if (borderMs % dayMs !== 0)
        add('border', borderMs, `a fold has its border at ${isoMinute(borderMs)}, not at 00:00 UTC`);
    }
  }
  const overlap = splitOverlap(audited.chosen ?? splitSamples(split, samples), samples);
  if (overlap !== null) {
    const { train, test } = overlap;
    const timeMs = samples.startMs[test]!;
    add(
      'overlap',
      timeMs,
      `the label of training row ${train} (${isoMinute(samples.startMs[train]!)} to ${isoMinute(samples.endMs[train]!)}) shares a moment with test row ${test} (from ${isoMinute(timeMs)}): purge by label end, and keep an embargo`,
    );
  }
  return leaks;
}
