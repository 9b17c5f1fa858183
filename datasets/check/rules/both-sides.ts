/** Bars that reach a target and a stop of the same size: which came first, hourly bars cannot tell. */
import { percent, type Rule } from '../finding.ts';
import { timeOf } from '../grid.ts';

const barrier = 0.02;
const stop = 0.08;

export const bothSides: Rule = ({ bars, grid }) => {
  let both = 0;
  let beyond = 0;
  for (let row = 0; row < bars.open.length; row += 1) {
    const open = bars.open[row]!;
    if (bars.high[row]! >= open * (1 + barrier) && bars.low[row]! <= open * (1 - barrier)) both += 1;
    if (bars.low[row]! / open - 1 <= -stop) beyond += 1;
  }
  if (both === 0) return [];
  return [
    {
      rule: 'both-sides',
      severity: 'note',
      symbol: null,
      fromMs: grid.startMs,
      toMs: timeOf(grid, grid.hours - 1),
      count: both,
      message: `${both} of ${bars.open.length} bars (${percent(both / bars.open.length)}) reach +${percent(barrier)} and -${percent(barrier)} of their own open, and ${beyond} go ${percent(stop)} or more below it: the order inside is unknown. Assume the worse one, or add finer bars.`,
    },
  ];
};
