/** The first hours hold only part of the symbols that follow soon after: what had been collected, not the market. */
import type { Rule } from '../finding.ts';
import { timeOf } from '../grid.ts';

/** Where the market is taken to be complete, and how many symbols may join until then by ordinary listings. */
const settleHours = 48;
const lateShare = 0.05;
const lateCountMin = 3;

export const raggedBeginning: Rule = ({ grid }) => {
  if (grid.hours <= settleHours) return [];
  const settled = grid.living[settleHours]!;
  const late = settled - grid.living[0]!;
  if (late < Math.max(lateCountMin, lateShare * settled)) return [];
  const enough = settled - Math.max(lateCountMin - 1, lateShare * settled);
  let until = 0;
  while (grid.living[until]! < enough) until += 1;
  return [
    {
      rule: 'ragged-beginning',
      severity: 'warning',
      symbol: null,
      fromMs: timeOf(grid, 0),
      toMs: timeOf(grid, until),
      count: late,
      message: `The data begin with ${grid.living[0]} symbols and have ${settled} two days later; a ranking in these hours ranks what had been collected. Begin runs after ${settleHours} h, or at the last of these hours.`,
    },
  ];
};
