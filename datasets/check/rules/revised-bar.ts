/** Bars that came in a second time with other values. The version known first is the bar; the later ones stand beside it. */
import { isoMinute } from '../../../engine/panel/hours.ts';
import { rowAt } from '../beside-bars.ts';
import { type Observation, percent, type Rule } from '../finding.ts';

export const revisedBar: Rule = ({ bars, grid, revised }) =>
  revised.map(({ symbol, timeMs, close, volume, ingestedMs }): Observation => {
    const row = rowAt(bars, grid, symbol, timeMs);
    const changed = (later: number, first: number) =>
      Number.isNaN(later / first) ? 'unknown' : percent(later / first - 1);
    const moved =
      row < 0
        ? 'The table of bars does not have it'
        : `Its close changed by ${changed(close, bars.close[row]!)} and its volume by ${changed(volume, bars.volume[row]!)}`;
    return {
      rule: 'revised-bar',
      severity: 'warning',
      symbol,
      fromMs: timeMs,
      toMs: timeMs,
      count: 1,
      message: `${moved} in the version of ${isoMinute(ingestedMs)}. Decisions of that time knew the first version, so a backtest keeps it.`,
    };
  });
