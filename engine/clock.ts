/** The clock of a run over history: the ticks of a schedule, as fast as the loop can take them. */
import type { Clock } from './ports.ts';
import { type Schedule, scheduleTicks } from './schedule.ts';

/** Decision times in [fromMs, toMs): a decision at the end of the data could never be filled. */
export function scheduleClock(schedule: Schedule, fromMs: number, toMs: number): Clock {
  return { ticks: () => scheduleTicks(schedule, fromMs, toMs) };
}
