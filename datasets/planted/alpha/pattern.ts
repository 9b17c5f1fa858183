/**
 * A pattern of thirty days: twenty that drift up a little, then ten at half volatility. Each of the three days after it
 * drifts up. Its decoy is the same thirty days in random order, so that sums and spreads over the thirty days agree, and is
 * followed by nothing. What tells the two apart is the order of days alone.
 */
import { fillUniform, openStream, type Stream, uniformAt } from '../streams.ts';
import { type AlphaInput, addSpread, type PlantedAlpha } from './component.ts';

const risingDays = 20;
const calmDays = 10;
export const patternDays = risingDays + calmDays;
const driftDays = 3;
/** Rise of each of the first days, in units of the daily idiosyncratic volatility. */
const rise = 0.15;
const calmScale = 0.5;
/** Each slot of days holds one pattern or one decoy, at a place that is drawn; they never overlap. */
export const slotDays = 36;

export interface Pattern {
  /** First of its thirty days. */
  readonly day: number;
  /** Order in which its days stand; null where they stand as they were made. */
  readonly order: readonly number[] | null;
}

/** All patterns and decoys that begin before day `days`. Each coin's slots begin on a day of its own. */
export function plantPatterns(seed: number, id: string, days: number): readonly Pattern[] {
  const draws = openStream(seed, id, 'lstm-pattern');
  const patterns: Pattern[] = [];
  const phase = Math.floor(uniformAt(openStream(seed, id, 'lstm-phase')) * slotDays);
  const spare = slotDays - patternDays - driftDays + 1;
  for (let slot = 0; slot * slotDays < days; slot += 1) {
    const day = phase + slot * slotDays + Math.floor(uniformAt(draws, 2 * slot) * spare);
    const isDecoy = uniformAt(draws, 2 * slot + 1) < 0.5;
    if (day < days) patterns.push({ day, order: isDecoy ? orderOf(seed, id, slot) : null });
  }
  return patterns;
}

/** A random order of the thirty days: by the size of one number each. */
function orderOf(seed: number, id: string, slot: number): readonly number[] {
  const stream: Stream = openStream(seed, id, 'lstm-order');
  const keys = fillUniform(new Float64Array(patternDays), stream, slot * patternDays);
  return Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]!);
}

/**
 * Shapes the hourly noise in place. `noise` must reach a whole slot beyond the days that are kept: a decoy brings days of its
 * end forward, and those must be the same however many days are kept.
 */
export function shapePatterns(noise: Float64Array, input: AlphaInput, patterns: readonly Pattern[]): void {
  for (const { day, order } of patterns) {
    const window = noise.subarray(day * 24, (day + patternDays) * 24);
    for (let hour = 0; hour < window.length; hour += 1) {
      if (hour < risingDays * 24) window[hour]! += (rise * input.idioVolatility) / 24;
      else window[hour]! *= calmScale;
    }
    if (order === null) continue;
    const made = window.slice();
    for (const [place, from] of order.entries())
      window.set(made.subarray(from * 24, from * 24 + 24), place * 24);
  }
}

export function patternAlpha(
  input: AlphaInput,
  patterns: readonly Pattern[],
  strength: number,
): PlantedAlpha {
  const drift = new Float64Array(input.days * 24);
  const signal = new Float64Array(input.days);
  for (const { day, order } of patterns) {
    if (order !== null) continue;
    const end = day + patternDays;
    addSpread(drift, end * 24, driftDays * 24, driftDays * strength * input.idioVolatility);
    for (let known = end - 1; known < Math.min(input.days, end + driftDays - 1); known += 1) {
      signal[known] = end + driftDays - 1 - known;
    }
  }
  return { drift, signal };
}
