/** Numbers by place for the audit's noise: each is a function of seed and place, so that a finding can be looked at again. */
import { mix32 } from '../../journal/digest.ts';

/** Uniform in (0, 1). */
export function uniformAt(seed: number, place: number, column = 0): number {
  const word = mix32(mix32(mix32(0x6a09e667 | 0, seed), place | 0), column ^ Math.floor(place / 2 ** 32));
  return ((mix32(word, place) >>> 0) + 0.5) / 2 ** 32;
}

/** Standard normal, by the method of Box and Muller. */
export function normalAt(seed: number, place: number, column = 0): number {
  const radius = Math.sqrt(-2 * Math.log(uniformAt(seed, place, column * 2)));
  return radius * Math.cos(2 * Math.PI * uniformAt(seed, place, column * 2 + 1));
}

/** Distinct whole numbers of [from, to), ascending: `count` of them, or all where there are fewer. */
export function drawnHours(seed: number, count: number, from: number, to: number): readonly number[] {
  const hours = new Set<number>();
  const wanted = Math.min(count, Math.max(0, to - from));
  for (let place = 0; hours.size < wanted; place += 1) {
    hours.add(from + Math.floor(uniformAt(seed, place, 7) * (to - from)));
  }
  return [...hours].sort((a, b) => a - b);
}
