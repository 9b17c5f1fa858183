/** The daily chain of market states that sets the factor's drift and volatility. */
import { openStream, uniformAt } from './streams.ts';

export const regimeNames = ['risk-on', 'risk-off', 'choppy', 'breakout'] as const;

export interface RegimeLaw {
  /** Mean stay. */
  readonly days: number;
  /** Where it goes when it leaves, in the order of `regimeNames`. */
  readonly leaves: readonly [number, number, number, number];
  /** Mean log return of the factor per day. */
  readonly dailyDrift: number;
  /** Mean of the log of the factor's daily volatility. */
  readonly logVolatility: number;
}

export const regimeLaws: readonly RegimeLaw[] = [
  { days: 14, leaves: [0, 0.35, 0.45, 0.2], dailyDrift: 0.006, logVolatility: -3.95 },
  { days: 7, leaves: [0.35, 0, 0.5, 0.15], dailyDrift: -0.012, logVolatility: -3.1 },
  { days: 10, leaves: [0.45, 0.3, 0, 0.25], dailyDrift: 0, logVolatility: -4.35 },
  { days: 4, leaves: [0.6, 0.25, 0.15, 0], dailyDrift: 0.02, logVolatility: -2.95 },
];
/** Standard deviation of the log of the daily volatility, in every state. */
export const logVolatilitySpread = 0.22;

/** Probability that a state is that of the next day too. */
export function stayProbability(law: RegimeLaw): number {
  return 1 - 1 / law.days;
}

const firstRegime = 2;

/** State of each day, as an index into `regimeNames`. The first day of the burn-in is choppy. */
export function plantRegimes(seed: number, days: number): Uint8Array {
  const moves = openStream(seed, 'BTC', 'regime');
  const states = new Uint8Array(days).fill(firstRegime);
  for (let day = 1; day < days; day += 1) states[day] = nextRegime(states[day - 1]!, uniformAt(moves, day));
  return states;
}

function nextRegime(state: number, draw: number): number {
  const law = regimeLaws[state]!;
  let rest = draw * law.days;
  if (rest >= 1) return state;
  for (const [target, share] of law.leaves.entries()) {
    if (rest < share) return target;
    rest -= share;
  }
  return state;
}
