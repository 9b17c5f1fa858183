/**
 * Recursive indicators run over the bars that are present, one after another: an absent bar is skipped, and the change of
 * the next bar is taken from the last one that was there. Series packed this way have a place for every present bar.
 */
import type { RollingRange } from '../../rolling.ts';
import { giveInts, takeFloats, takeInts } from '../../scratch.ts';

/** The present bars that the windows of a range can hold. */
export interface PresentBars {
  /** First element of the oldest window. */
  readonly start: number;
  /** One past the newest element. */
  readonly to: number;
  /** By element: places before it. It is present where the next entry is larger. */
  readonly before: Int32Array;
  /** Places in all. */
  readonly places: number;
}

/** To be given up with `dropPresent`. */
export function presentBars(close: Float64Array, range: RollingRange): PresentBars {
  const { from, to, window } = range;
  const start = Math.max(0, from - window + 1);
  const before = takeInts(to + 1);
  let places = 0;
  for (let index = start; index < to; index += 1) {
    before[index] = places;
    if (Number.isFinite(close[index])) places += 1;
  }
  before[to] = places;
  return { start, to, before, places };
}

export function dropPresent({ before }: PresentBars): void {
  giveInts(before);
}

/** The values of the present bars, by place: room that was taken, as long as there are places or longer. */
export function packed(x: Float64Array, { start, to, before, places }: PresentBars): Float64Array {
  const values = takeFloats(places);
  for (let index = start; index < to; index += 1) {
    if (before[index + 1]! > before[index]!) values[before[index]!] = x[index]!;
  }
  return values;
}

/** base^0 to base^count. Multiplied step by step, as the recursions themselves do. */
export function powersOf(base: number, count: number): Float64Array {
  const key = `${base} ${count}`;
  const known = powersKnown.get(key);
  if (known !== undefined) return known;
  const powers = new Float64Array(count + 1).fill(1);
  for (let power = 1; power <= count; power += 1) powers[power] = powers[power - 1]! * base;
  powersKnown.set(key, powers);
  return powers;
}

/** Constants, made once: for a single hour they would cost more than its value. Nobody writes to them. */
const powersKnown = new Map<string, Float64Array>();
