/** Symbols that stop within the last two days while others go on to the last hour: the collector was cut off, not they. */
import { unexplainedEnds } from '../ends.ts';
import { type Rule, someOf } from '../finding.ts';
import { timeOf } from '../grid.ts';

export const tailHours = 48;
const endedShare = 0.03;
const endedCountMin = 3;

export const raggedEnd: Rule = (input) => {
  const { grid } = input;
  const ended = unexplainedEnds(input).filter(({ hour }) => hour >= grid.hours - tailHours);
  const before = grid.living[Math.max(0, grid.hours - 1 - tailHours)] ?? 0;
  if (ended.length < Math.max(endedCountMin, endedShare * before)) return [];
  return [
    {
      rule: 'ragged-end',
      severity: 'warning',
      symbol: null,
      fromMs: timeOf(grid, ended[0]!.hour),
      toMs: timeOf(grid, grid.hours - 1),
      count: ended.length,
      message: `${ended.length} symbols stop within ${tailHours} h of the end of the data (${someOf(ended.map(({ symbol }) => symbol))}): collection was most likely cut off. End runs at the first of these hours, or fetch the rest.`,
    },
  ];
};
