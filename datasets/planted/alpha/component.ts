/** What a planted alpha is made of, whichever its form. */

/** Components with a drift of their own, as the truth tables name them. */
export const alphaNames = [
  'core',
  'reversal',
  'volumeSurge',
  'lstmPattern',
  'tcnMotif',
  'regimeInteraction',
] as const;
export type AlphaName = (typeof alphaNames)[number];

/** Hours and days count from the first of the burn-in. */
export interface AlphaInput {
  readonly seed: number;
  readonly id: string;
  readonly days: number;
  /** Standard deviation of the coin's daily residual log return. */
  readonly idioVolatility: number;
  /** State of the market on each day, as an index into `regimeNames`. */
  readonly regimes: Uint8Array;
}

/** What one component does to one coin. */
export interface PlantedAlpha {
  /** Log drift of each hour, all of it known before the hour begins. */
  readonly drift: Float64Array;
  /** What is known at each day's close of the drift to come: the best column that a model could have, in any unit. */
  readonly signal: Float64Array;
}

/** Spreads the log return `total` evenly over `count` hours from `fromHour`; what lies beyond the end is left out. */
export function addSpread(drift: Float64Array, fromHour: number, count: number, total: number): void {
  const to = Math.min(drift.length, fromHour + count);
  for (let hour = fromHour; hour < to; hour += 1) drift[hour]! += total / count;
}

/** An alpha whose signal of one day is the next day's drift: `strength * signal * idioVolatility` over its 24 hours. */
export function dailyAlpha(input: AlphaInput, signal: Float64Array, strength: number): PlantedAlpha {
  const drift = new Float64Array(input.days * 24);
  for (let day = 1; day < input.days; day += 1) {
    addSpread(drift, day * 24, 24, strength * signal[day - 1]! * input.idioVolatility);
  }
  return { drift, signal };
}
