/** Which coins have marks, over how much of their life, and what the marks did while the whole market fell. */
import { hourMs } from '../../../engine/panel/hours.ts';
import { rowAt } from '../beside-bars.ts';
import { type Observation, percent, type Rule, someOf } from '../finding.ts';
import { medianInPlace, timeOf } from '../grid.ts';

/** A day at either edge is no loss. */
const edgeHours = 24;

export const markCoverage: Rule = (input) => {
  const { bars, grid, marks } = input;
  const span = { fromMs: grid.startMs, toMs: timeOf(grid, Math.max(0, grid.hours - 1)) };
  if (bars.symbols.length === 0) return [];
  const told = (rule: string, symbols: readonly string[], message: string): readonly Observation[] =>
    symbols.length === 0
      ? []
      : [{ rule, severity: 'note', symbol: null, ...span, count: symbols.length, message }];
  const without = bars.symbols.filter((symbol) => marks?.spans.has(symbol) !== true);
  const partly = bars.symbols.filter((symbol, coin) => {
    const marked = marks?.spans.get(symbol);
    if (marked === undefined) return false;
    const [first, last] = [timeOf(grid, grid.first[coin]!), timeOf(grid, grid.last[coin]!)];
    return marked.fromMs - first > edgeHours * hourMs || last - marked.toMs > edgeHours * hourMs;
  });
  const instead = 'margin and stops on marks work on traded prices there, and a run says so.';
  return [
    ...told(
      'mark-missing',
      without,
      `${without.length} of ${bars.symbols.length} symbols have no marks (${someOf(without)}): ${instead}`,
    ),
    ...told(
      'mark-part',
      partly,
      `${partly.length} symbols have marks for part of their bars only (${someOf(partly)}): ${instead}`,
    ),
  ];
};

/** Marks that fell with the market stop and liquidate as traded prices do. */
export const markMove: Rule = ({ bars, grid, marks }) =>
  [...(marks?.stormFalls ?? [])].map(([timeMs, falls]) => {
    const traded = falls.flatMap(({ symbol }) => {
      const row = rowAt(bars, grid, symbol, timeMs);
      return row < 0 ? [] : [bars.low[row]! / bars.open[row]! - 1];
    });
    const marked = medianInPlace(Float64Array.from(falls, ({ fall }) => fall));
    return {
      rule: 'mark-move',
      severity: 'note',
      symbol: null,
      fromMs: timeMs,
      toMs: timeMs,
      count: falls.length,
      message: `While the whole market moved, the marks of ${falls.length} symbols did too: their median low lies ${percent(marked)} from the open, that of the traded prices ${percent(medianInPlace(Float64Array.from(traded)))}. Orders on marks were not spared.`,
    };
  });
