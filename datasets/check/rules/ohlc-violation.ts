/** High lies below open, close or low, or low above them: no path of prices can have made such a bar. */
import { isoMinute } from '../../../engine/panel/hours.ts';
import type { Rule } from '../finding.ts';
import { findingOf, hitsBySymbol } from '../per-symbol.ts';

export const ohlcViolation: Rule = ({ bars }) => {
  const { open, high, low, close } = bars;
  const broken = (row: number) =>
    high[row]! < Math.max(open[row]!, close[row]!, low[row]!) ||
    low[row]! > Math.min(open[row]!, close[row]!, high[row]!);
  return hitsBySymbol(bars, broken).map((hit) =>
    findingOf(bars, hit, {
      rule: 'ohlc-violation',
      severity: 'error',
      message: `${hit.count} bars have a high or low on the wrong side of open or close, the first at ${isoMinute(bars.timeMs[hit.firstRow]!)} (open ${open[hit.firstRow]}, high ${high[hit.firstRow]}, low ${low[hit.firstRow]}, close ${close[hit.firstRow]}): fetch them again, or drop them.`,
    }),
  );
};
