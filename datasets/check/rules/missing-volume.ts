/** Volumes that are missing in part of the rows. A filter on such a column empties exactly those rows, without a word. */
import { isoMinute } from '../../../engine/panel/hours.ts';
import { type Bars, volumeColumns } from '../bars.ts';
import { type Observation, percent, type Rule } from '../finding.ts';

export const missingVolume: Rule = ({ bars }) => volumeColumns.flatMap((name) => missingIn(bars, name));

function missingIn(bars: Bars, name: (typeof volumeColumns)[number]): readonly Observation[] {
  const values = bars[name];
  const rows = values.length;
  let missing = 0;
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  let firstValueMs = Number.POSITIVE_INFINITY;
  for (let row = 0; row < rows; row += 1) {
    const time = bars.timeMs[row]!;
    if (!Number.isNaN(values[row]!)) {
      firstValueMs = Math.min(firstValueMs, time);
      continue;
    }
    missing += 1;
    fromMs = Math.min(fromMs, time);
    toMs = Math.max(toMs, time);
  }
  if (missing === 0) return [];
  if (missing === rows) {
    const what = bars.absent.includes(name) ? 'The table has no column' : 'No row has a value in';
    return [
      {
        rule: 'missing-volume',
        severity: 'note',
        symbol: null,
        fromMs,
        toMs,
        count: missing,
        message: `${what} ${name}: rules that need it cannot run on this dataset.`,
      },
    ];
  }
  return [
    {
      rule: 'missing-volume',
      severity: 'warning',
      symbol: null,
      fromMs,
      toMs,
      count: missing,
      message: `${name} is missing in ${missing} of ${rows} bars (${percent(missing / rows)}); it begins at ${isoMinute(firstValueMs)}, and ${emptySymbols(bars, values)} symbols never have it. A rule on ${name} would drop these bars silently: use volume times close and name it an approximation, or begin later.`,
    },
  ];
}

function emptySymbols(bars: Bars, values: Float64Array): number {
  return bars.symbols.filter((_, coin) =>
    values.subarray(bars.start[coin]!, bars.start[coin + 1]!).every((value) => Number.isNaN(value)),
  ).length;
}
