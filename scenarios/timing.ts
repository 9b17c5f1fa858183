/** Whether bars of some length can carry a schedule and a delay. */
import type { Fault } from '../engine/config.ts';
import { type Schedule, scheduleFault } from '../engine/schedule.ts';

/** Orders act where a bar opens, so a bar of `barMinutes` must open at every stamp, and at every stamp plus the delay. */
export function timingFaults(schedule: Schedule, delayMinutes: number, barMinutes: number): readonly Fault[] {
  const faults: Fault[] = [];
  const stray = scheduleFault(schedule, barMinutes);
  if (stray !== null) faults.push({ path: 'config', message: `gives a schedule that ${stray}` });
  if (delayMinutes % barMinutes !== 0) {
    const message = `is ${delayMinutes}, but the bars are ${barMinutes} minutes long and a delayed order acts only where a bar opens; choose a multiple of ${barMinutes}, or bring detail bars whose interval divides it`;
    faults.push({ path: 'fills.delayMinutes', message });
  }
  return faults;
}
