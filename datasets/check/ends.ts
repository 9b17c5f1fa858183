/** Symbols that end while the data go on, unless the instruments table knows of their end. */
import { hourMs } from '../../engine/panel/hours.ts';
import { timeOf } from './grid.ts';
import type { CheckInput } from './input.ts';

export interface End {
  readonly symbol: string;
  /** Hour of the last bar. */
  readonly hour: number;
}

/** A delisting that is on record explains an end this close to it. */
const explainedHours = 24;

/** Ends that nothing explains, by hour. */
export function unexplainedEnds({ bars, grid, endedMs }: CheckInput): readonly End[] {
  const ends: End[] = [];
  for (const [coin, symbol] of bars.symbols.entries()) {
    const hour = grid.last[coin]!;
    if (hour < 0 || hour === grid.hours - 1) continue;
    const known = endedMs.get(symbol);
    if (known !== undefined && Math.abs(known - timeOf(grid, hour)) <= explainedHours * hourMs) continue;
    ends.push({ symbol, hour });
  }
  return ends.sort((a, b) => a.hour - b.hour);
}

/** Consecutive elements of `hours` (ascending) no more than `window` apart from the first of their group. */
export function clusters<T extends { readonly hour: number }>(
  events: readonly T[],
  window: number,
): readonly T[][] {
  const groups: T[][] = [];
  for (const event of events) {
    const group = groups.at(-1);
    if (group !== undefined && event.hour - group[0]!.hour <= window) group.push(event);
    else groups.push([event]);
  }
  return groups;
}
