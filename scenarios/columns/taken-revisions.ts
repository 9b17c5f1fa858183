/** What a dataset's own manifest confesses: bars replaced by versions that came in later, of which no trace is left in the rows. */
import type { DatasetManifest } from '../../datasets/dataset.ts';
import { type Leak, placeText } from '../../engine/columns/audit/findings.ts';
import { hourMs } from '../../engine/panel/hours.ts';

export function takenRevisions({ repairs = [] }: DatasetManifest): readonly Leak[] {
  return repairs
    .filter(({ rule }) => rule === 'take-revisions')
    .map(({ symbol, fromMs, rows }): Leak => {
      const timeMs = fromMs + hourMs;
      return {
        ...{
          detector: 'Dg',
          kind: 'join',
          subject: 'bars join',
          field: 'bars',
          timeMs,
          symbol: symbol ?? '',
        },
        ...{ before: Number.NaN, after: Number.NaN, hint: 'revised bars' },
        message: `the bar of ${placeText(symbol ?? '', timeMs)} was replaced by a later version, by the repair take-revisions (${rows} such ${rows === 1 ? 'bar' : 'bars'}): audit and backtest the dataset as it was before`,
      };
    });
}
