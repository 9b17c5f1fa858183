/**
 * A price far away from its neighbours that comes back at once, in one symbol and in an ordinary hour: a print at which
 * nobody traded. A true wick can look like it; where finer bars show it, it is one (see `wick`).
 */
import { isoMinute } from '../../../engine/panel/hours.ts';
import type { Rule } from '../finding.ts';
import { findingOf, hitsBySymbol } from '../per-symbol.ts';
import { spikeAt } from '../spikes.ts';

export const badPrint: Rule = (input) => {
  const { bars } = input;
  return hitsBySymbol(bars, (row, coin) => spikeAt(input, row, coin) === 'print').map((hit) => {
    const row = hit.firstRow;
    return findingOf(bars, hit, {
      rule: 'bad-print',
      severity: 'warning',
      message: `${hit.count} bars reach far away from the hours before and after, and no finer bar shows it; the first at ${isoMinute(bars.timeMs[row]!)} (open ${bars.open[row]}, high ${bars.high[row]}, low ${bars.low[row]}, close ${bars.close[row]}). Fetch them again, or drop them.`,
    });
  });
};
