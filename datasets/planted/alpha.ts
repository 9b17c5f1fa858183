/**
 * The planted signal. A hidden state f per coin follows a daily AR(1) with half-life two days and unit variance; it is
 * known when the day has closed, and the next day's residual drifts by `strength * f * daily idiosyncratic volatility`.
 */
import { fillNormal, openStream } from './streams.ts';

const keep = 0.5 ** (1 / 2);

/** f of each day, burn-in included. */
export function plantState(seed: number, id: string, days: number): Float64Array {
  const state = fillNormal(new Float64Array(days), openStream(seed, id, 'alpha-state'));
  const fresh = Math.sqrt(1 - keep * keep);
  for (let day = 1; day < days; day += 1) state[day] = keep * state[day - 1]! + fresh * state[day]!;
  return state;
}

/** Drift of the log price in each hour of `day`. */
export function hourlyDrift(
  state: Float64Array,
  day: number,
  strength: number,
  idioVolatility: number,
): number {
  return day === 0 ? 0 : (strength * state[day - 1]! * idioVolatility) / 24;
}
