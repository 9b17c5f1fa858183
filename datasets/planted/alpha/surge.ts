/**
 * Surges of volume: six hours with a push in the price and five times the volume, after which the residual drifts on for 48
 * hours in the direction it took. Their decoys are as many pushes of the same size without the volume, after which nothing
 * follows.
 */
import { fillUniform, openStream, uniformAt } from '../streams.ts';
import { type AlphaInput, addSpread, type PlantedAlpha } from './component.ts';

/** One surge per coin and ten days, and as many decoys. */
const surgesPerHour = 1 / 240;
export const surgeHours = 6;
const driftHours = 48;
const volumeScale = 5;
/** The push over the whole surge, in standard deviations of six hours. */
const pushSigmas = 2;

export interface Surge {
  /** First of its six hours. */
  readonly hour: number;
  /** Without the volume. */
  readonly isDecoy: boolean;
  readonly pushSign: 1 | -1;
}

/** All surges and decoys that begin before hour `hours`. One that would begin while another is under way does not come. */
export function plantSurges(seed: number, id: string, hours: number): readonly Surge[] {
  const starts = fillUniform(new Float64Array(hours), openStream(seed, id, 'surge'));
  const signs = openStream(seed, id, 'surge-sign');
  const surges: Surge[] = [];
  let freeFrom = 0;
  for (let hour = 0; hour < hours; hour += 1) {
    const draw = starts[hour]!;
    if (draw >= 2 * surgesPerHour || hour < freeFrom) continue;
    const pushSign = uniformAt(signs, hour) < 0.5 ? 1 : -1;
    surges.push({ hour, isDecoy: draw >= surgesPerHour, pushSign });
    freeFrom = hour + surgeHours;
  }
  return surges;
}

export function addPushes(noise: Float64Array, input: AlphaInput, surges: readonly Surge[]): void {
  const push = pushSigmas * input.idioVolatility * Math.sqrt(surgeHours / 24);
  for (const { hour, pushSign } of surges) addSpread(noise, hour, surgeHours, pushSign * push);
}

/** Scale of each hour's volume. */
export function surgeVolumes(surges: readonly Surge[], hours: number): Float64Array {
  const scale = new Float64Array(hours).fill(1);
  for (const { hour, isDecoy } of surges) if (!isDecoy) scale.fill(volumeScale, hour, hour + surgeHours);
  return scale;
}

/** The direction is that of the noise within the surge, push and all. */
export function surgeAlpha(
  input: AlphaInput,
  surges: readonly Surge[],
  noise: Float64Array,
  strength: number,
): PlantedAlpha {
  const hours = input.days * 24;
  const drift = new Float64Array(hours);
  const signal = new Float64Array(input.days);
  for (const { hour, isDecoy } of surges) {
    const end = hour + surgeHours;
    if (isDecoy || end > hours) continue;
    let move = 0;
    for (let at = hour; at < end; at += 1) move += noise[at]!;
    const sign = Math.sign(move);
    addSpread(drift, end, driftHours, sign * strength * input.idioVolatility);
    // A day closes at the end of its last hour; what of the drift is left then is known.
    for (let day = Math.ceil(end / 24) - 1; day < input.days; day += 1) {
      const left = end + driftHours - (day + 1) * 24;
      if (left <= 0) break;
      signal[day]! += (sign * left) / driftHours;
    }
  }
  return { drift, signal };
}
