/** The number of symbols jumps inside the data: two sources were joined there, and the cross-section changes its meaning. */
import { clusters, unexplainedEnds } from '../ends.ts';
import { type Observation, type Rule, someOf } from '../finding.ts';
import { timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';

const windowHours = 12;
/** The edges of the data have rules of their own. */
const edgeHours = 48;
/** More than venues list or delist in half a day. */
const jumpShare = 0.04;
const jumpCountMin = 5;

export const seam: Rule = (input) => [
  ...jumps(input, begins(input), 'rises'),
  ...jumps(input, unexplainedEnds(input), 'falls'),
];

interface Step {
  readonly symbol: string;
  readonly hour: number;
}

function begins({ bars, grid }: CheckInput): readonly Step[] {
  const steps = bars.symbols.map((symbol, coin) => ({ symbol, hour: grid.first[coin]! }));
  return steps.sort((a, b) => a.hour - b.hour);
}

function jumps({ grid }: CheckInput, steps: readonly Step[], sense: 'rises' | 'falls'): Observation[] {
  const inside = steps.filter(({ hour }) => hour >= edgeHours && hour < grid.hours - edgeHours);
  return clusters(inside, windowHours)
    .filter((group) => group.length >= Math.max(jumpCountMin, jumpShare * grid.living[group[0]!.hour]!))
    .map((group) => {
      const from = group[0]!.hour;
      const to = Math.min(grid.hours - 1, group.at(-1)!.hour + 1);
      const before = grid.living[sense === 'rises' ? from - 1 : from]!;
      return {
        rule: 'seam',
        severity: 'warning',
        symbol: null,
        fromMs: timeOf(grid, from),
        toMs: timeOf(grid, to),
        count: group.length,
        message: `The number of symbols ${sense} from ${before} to ${grid.living[to]} within ${to - from} h (${someOf(group.map(({ symbol }) => symbol))}): two sources seem to meet here. Compare results before and after, and do not rank across it without care.`,
      };
    });
}
