/**
 * Many symbols end within a few hours while the data go on. Venues delist a handful at a time; a crowd is the end of a
 * source. A position that is open there would be closed at a last price at which nobody had to leave.
 */
import { clusters, unexplainedEnds } from '../ends.ts';
import { type Rule, someOf } from '../finding.ts';
import { timeOf } from '../grid.ts';
import { tailHours } from './ragged-end.ts';

const windowHours = 8;
/** Real delistings come in batches of up to about four; of a large market two in a hundred. */
const endedCountMin = 5;
const endedShare = 0.02;

export const massEnding: Rule = (input) => {
  const { grid } = input;
  const ends = unexplainedEnds(input).filter(({ hour }) => hour < grid.hours - tailHours);
  return clusters(ends, windowHours)
    .filter((group) => group.length >= Math.max(endedCountMin, endedShare * grid.living[group[0]!.hour]!))
    .map((group) => ({
      rule: 'mass-ending',
      severity: 'warning',
      symbol: null,
      fromMs: timeOf(grid, group[0]!.hour),
      toMs: timeOf(grid, group.at(-1)!.hour),
      count: group.length,
      message: `${group.length} symbols end within ${windowHours} h (${someOf(group.map(({ symbol }) => symbol))}); these are suspected false delistings. Add the true dates as an instruments table, or keep these symbols out of runs that cross this time.`,
    }));
};
