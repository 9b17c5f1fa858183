/** A market in which nobody ever ends: whoever died before the data were collected is not in them. */
import { dayMs, hourMs } from '../../../engine/panel/hours.ts';
import { clusters } from '../ends.ts';
import { percent, type Rule } from '../finding.ts';
import { timeOf } from '../grid.ts';
import { tailHours } from './ragged-end.ts';

/** Coin-years from which on the absence of ends is no chance: venues end about a tenth of their contracts a year. */
const coinYearsMin = 100;
const endsAYearMin = 0.01;
/** Ends that come in a crowd are those of a source (see `mass-ending`). */
const crowdHours = 8;
const crowd = 5;

export const survivorship: Rule = ({ bars, grid }) => {
  const coinYears = bars.timeMs.length / ((365 * dayMs) / hourMs);
  if (coinYears < coinYearsMin) return [];
  const ends = [...bars.symbols.keys()]
    .map((coin) => ({ hour: grid.last[coin]! }))
    .filter(({ hour }) => hour >= 0 && hour < grid.hours - tailHours)
    .sort((a, b) => a.hour - b.hour);
  const single = clusters(ends, crowdHours).filter((group) => group.length < crowd);
  const count = single.reduce((sum, group) => sum + group.length, 0);
  if (count >= endsAYearMin * coinYears) return [];
  return [
    {
      rule: 'survivorship',
      severity: 'warning',
      symbol: null,
      fromMs: grid.startMs,
      toMs: timeOf(grid, grid.hours - 1),
      count,
      message: `${count} symbols end by themselves in ${Math.round(coinYears)} coin-years (${percent(count / coinYears)} a year; venues end some ten in a hundred): the data hold those that were alive when they were collected. Averages over coins are averages over survivors; longs look better than they were. Add the coins that ended.`,
    },
  ];
};
