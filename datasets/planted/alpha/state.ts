/**
 * Hidden states of a coin: daily AR(1) processes with half-life two days and unit variance, each known when its day has
 * closed. The first one drives the core alpha, the second the alpha whose sign the regime sets.
 */
import { fillNormal, openStream } from '../streams.ts';

export const stateHalfLifeDays = 2;
const keep = 0.5 ** (1 / stateHalfLifeDays);

/** State of each day, burn-in included. */
export function plantState(seed: number, id: string, name: 'alpha-state' | 'second-state', days: number) {
  const state = fillNormal(new Float64Array(days), openStream(seed, id, name));
  const fresh = Math.sqrt(1 - keep * keep);
  for (let day = 1; day < days; day += 1) state[day] = keep * state[day - 1]! + fresh * state[day]!;
  return state;
}
