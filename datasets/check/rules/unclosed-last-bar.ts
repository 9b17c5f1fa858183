/**
 * The last hour was still open when it was collected. A single thin bar tells nothing; that the whole market traded a
 * fraction of what is usual, inside a fraction of the usual range, in exactly the last hour, does.
 */
import type { Bars } from '../bars.ts';
import type { Rule } from '../finding.ts';
import { percent } from '../finding.ts';
import { crossSectionMin, type Grid, medianInPlace, rangeOf, timeOf } from '../grid.ts';

/** What the last hour is compared with. */
const usualHours = 168;
/** Below these shares of the usual, in the median symbol; quiet hours of whole markets stay above a third. */
const volumeShareMax = 0.25;
const rangeShareMax = 0.5;
/** Without volumes, and with fewer symbols than make a cross-section, only the extreme counts. */
const extremeShareMax = 0.1;

export const unclosedLastBar: Rule = ({ bars, grid }) => {
  const last = grid.hours - 1;
  const rows = lastRows(bars, grid, last);
  if (rows.length === 0) return [];
  const volumeShare = medianShare(rows, (row) => bars.volume[row]!);
  const rangeShare = medianShare(rows, (row) => rangeOf(bars, row));
  const crowd = rows.length >= crossSectionMin;
  const unclosed = Number.isNaN(volumeShare)
    ? rangeShare < extremeShareMax
    : volumeShare < (crowd ? volumeShareMax : extremeShareMax) && rangeShare < rangeShareMax;
  if (!unclosed) return [];
  const traded = Number.isNaN(volumeShare) ? '' : `${percent(volumeShare)} of its usual volume and `;
  return [
    {
      rule: 'unclosed-last-bar',
      severity: 'warning',
      symbol: null,
      fromMs: timeOf(grid, last),
      toMs: timeOf(grid, last),
      count: rows.length,
      message: `In the last hour the median symbol has ${traded}${percent(rangeShare)} of its usual range: the bar was most likely still open when it was collected. Drop the last hour.`,
    },
  ];
};

/** Rows of the last hour of symbols with enough history to say what is usual. */
function lastRows(bars: Bars, grid: Grid, last: number): readonly number[] {
  const rows: number[] = [];
  for (let coin = 0; coin < grid.coins; coin += 1) {
    const row = grid.row[coin * grid.hours + last]!;
    if (row >= 0 && row - usualHours >= bars.start[coin]!) rows.push(row);
  }
  return rows;
}

function medianShare(rows: readonly number[], valueAt: (row: number) => number): number {
  const share = (row: number) => {
    const usual = Float64Array.from({ length: usualHours }, (_, back) => valueAt(row - 1 - back));
    return valueAt(row) / medianInPlace(usual);
  };
  return medianInPlace(Float64Array.from(rows, share));
}
