import { dayMs } from '../panel/hours.ts';

/** Equity marks with the stamps at which they were taken (epoch ms UTC, ascending). */
export interface EquityMarks {
  readonly timeMs: ArrayLike<number>;
  readonly equity: ArrayLike<number>;
  /** Start of the run and the equity it began with: a mark of its own where the run starts at midnight. */
  readonly startMs?: number;
  readonly startEquity?: number;
}

/** Simple returns between successive marks at 00:00 UTC. Hours before the first and after the last midnight are left out. */
export function dailyReturns(marks: EquityMarks): Float64Array {
  const atMidnight: number[] = [];
  if (marks.startMs !== undefined && marks.startEquity !== undefined && marks.startMs % dayMs === 0) {
    atMidnight.push(marks.startEquity);
  }
  for (let index = 0; index < marks.equity.length; index += 1) {
    const isMidnight = marks.timeMs[index]! % dayMs === 0 && marks.timeMs[index] !== marks.startMs;
    if (isMidnight && !Number.isNaN(marks.equity[index]!)) atMidnight.push(marks.equity[index]!);
  }
  const returns = new Float64Array(Math.max(0, atMidnight.length - 1));
  for (let day = 0; day < returns.length; day += 1)
    returns[day] = atMidnight[day + 1]! / atMidnight[day]! - 1;
  return returns;
}
