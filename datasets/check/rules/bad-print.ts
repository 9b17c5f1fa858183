/**
 * A price several times away from its neighbours that comes back at once, in one symbol and in an ordinary hour: a bad
 * print rather than a move. A true wick can look like it; only finer bars can tell, so nothing is repaired here.
 */
import { hourMs, isoMinute } from '../../../engine/panel/hours.ts';
import type { Bars } from '../bars.ts';
import type { Rule } from '../finding.ts';
import { findingOf, hitsBySymbol } from '../per-symbol.ts';

/** True hourly moves of single perpetuals reach about three times and back. */
const awayTimes = 4;
/** Neighbours that are this close to each other say that the price did not really move. */
const backTimes = 1.5;
/** The first day of a listing finds its price. */
const listingHours = 24;

export const badPrint: Rule = ({ bars, grid }) => {
  const bad = (row: number, coin: number) =>
    row >= bars.start[coin]! + listingHours &&
    row + 1 < bars.start[coin + 1]! &&
    isSpike(bars, row) &&
    grid.stormy[(bars.timeMs[row]! - grid.startMs) / hourMs] === 0;
  return hitsBySymbol(bars, bad).map((hit) =>
    findingOf(bars, hit, {
      rule: 'bad-print',
      severity: 'warning',
      message: `${hit.count} bars reach more than ${awayTimes} times away from the hours before and after, the first at ${isoMinute(bars.timeMs[hit.firstRow]!)} (open ${bars.open[hit.firstRow]}, high ${bars.high[hit.firstRow]}, low ${bars.low[hit.firstRow]}, close ${bars.close[hit.firstRow]}): compare with finer bars, and fetch them again if these do not show it.`,
    }),
  );
};

function isSpike(bars: Bars, row: number): boolean {
  const before = bars.close[row - 1]!;
  const after = bars.close[row + 1]!;
  const top = Math.max(before, after);
  const bottom = Math.min(before, after);
  return (
    top < backTimes * bottom && (bars.high[row]! > awayTimes * top || bars.low[row]! * awayTimes < bottom)
  );
}
