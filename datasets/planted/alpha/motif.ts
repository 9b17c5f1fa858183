/**
 * A motif of one day: a first hour of +3 hourly standard deviations that fades back to nothing over the other 23. The day
 * after a motif drifts down. Its decoy is the mirror in time, which fades first and jumps last, has the same sum and the same
 * steps, and is followed by nothing.
 */
import { fillUniform, openStream } from '../streams.ts';
import { type AlphaInput, dailyAlpha, type PlantedAlpha } from './component.ts';

/** Share of the days that hold a motif; as many hold a decoy. */
const share = 0.15;
const jumpSigmas = 3;

export const motifKinds = { none: 0, motif: 1, mirror: 2 } as const;

/** What each day holds, as one of `motifKinds`. */
export function plantMotifDays(seed: number, id: string, days: number): Uint8Array {
  const draws = fillUniform(new Float64Array(days), openStream(seed, id, 'tcn-motif'));
  return Uint8Array.from(draws, (draw) => {
    if (draw < share) return motifKinds.motif;
    return draw < 2 * share ? motifKinds.mirror : motifKinds.none;
  });
}

/** Adds the motifs and their mirrors to the coin's hourly noise. */
export function addMotifs(noise: Float64Array, input: AlphaInput, kinds: Uint8Array): void {
  const jump = (jumpSigmas * input.idioVolatility) / Math.sqrt(24);
  for (const [day, kind] of kinds.entries()) {
    if (kind === motifKinds.none) continue;
    const jumpsAt = kind === motifKinds.motif ? 0 : 23;
    for (let hour = 0; hour < 24; hour += 1) {
      noise[day * 24 + hour]! += hour === jumpsAt ? jump : -jump / 23;
    }
  }
}

export function motifAlpha(input: AlphaInput, kinds: Uint8Array, strength: number): PlantedAlpha {
  const signal = Float64Array.from(kinds, (kind) => (kind === motifKinds.motif ? -1 : 0));
  return dailyAlpha(input, signal, strength);
}
