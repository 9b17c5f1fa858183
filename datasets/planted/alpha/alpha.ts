/** All alphas of one coin: what they put into its noise and its volume, and the drift that each of them plants. */
import { regimeNames } from '../regime.ts';
import type { Switches } from '../settings.ts';
import { type AlphaInput, type AlphaName, dailyAlpha, type PlantedAlpha } from './component.ts';
import { addMotifs, motifAlpha, plantMotifDays } from './motif.ts';
import { patternAlpha, plantPatterns, shapePatterns, slotDays } from './pattern.ts';
import { addPushes, plantSurges, surgeAlpha, surgeVolumes } from './surge.ts';

/** Days of noise that must be drawn beyond those that are kept. */
export function noiseDaysBeyond(switches: Switches): number {
  return switches.lstmPattern === 0 ? 0 : slotDays;
}

export interface CoinAlphas {
  /** Those that are switched on. */
  readonly byName: ReadonlyMap<AlphaName, PlantedAlpha>;
  /** Scale of each hour's volume; null where nothing scales it. */
  readonly volumeScale: Float64Array | null;
}

/** The two hidden states of a coin, by day. */
export interface HiddenStates {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/**
 * Plants every alpha that is switched on. `noise` holds the coin's hourly noise for `noiseDaysBeyond` days more than are
 * kept, and is changed in place: patterns, motifs and pushes are part of it.
 */
export function plantAlphas(
  input: AlphaInput,
  switches: Switches,
  states: HiddenStates,
  noise: Float64Array,
): CoinAlphas {
  const { seed, id, days } = input;
  const byName = new Map<AlphaName, PlantedAlpha>();
  if (switches.core !== 0) byName.set('core', dailyAlpha(input, states.first, switches.core));
  const patterns = switches.lstmPattern === 0 ? [] : plantPatterns(seed, id, days);
  shapePatterns(noise, input, patterns);
  if (switches.lstmPattern !== 0) {
    byName.set('lstmPattern', patternAlpha(input, patterns, switches.lstmPattern));
  }
  if (switches.tcnMotif !== 0) {
    const kinds = plantMotifDays(seed, id, days);
    addMotifs(noise, input, kinds);
    byName.set('tcnMotif', motifAlpha(input, kinds, switches.tcnMotif));
  }
  let volumeScale: Float64Array | null = null;
  if (switches.volumeSurge !== 0) {
    const surges = plantSurges(seed, id, days * 24);
    addPushes(noise, input, surges);
    volumeScale = surgeVolumes(surges, days * 24);
    byName.set('volumeSurge', surgeAlpha(input, surges, noise, switches.volumeSurge));
  }
  if (switches.reversal !== 0) {
    byName.set('reversal', dailyAlpha(input, reversalSignal(input, noise), switches.reversal));
  }
  if (switches.regimeInteraction !== 0) {
    const signal = regimeSignal(input, states.second);
    byName.set('regimeInteraction', dailyAlpha(input, signal, switches.regimeInteraction));
  }
  return { byName, volumeScale };
}

/** The day's residual move, turned round, in units of the daily volatility. */
function reversalSignal(input: AlphaInput, noise: Float64Array): Float64Array {
  return Float64Array.from({ length: input.days }, (_, day) => {
    let move = 0;
    for (let hour = day * 24; hour < day * 24 + 24; hour += 1) move += noise[hour]!;
    return -move / input.idioVolatility;
  });
}

const followed = new Set<string>(['risk-on', 'breakout']);

/** The second state as it is in two regimes and turned round in the other two, by the regime of the day that closed. */
function regimeSignal(input: AlphaInput, second: Float64Array): Float64Array {
  return second.map((state, day) => (followed.has(regimeNames[input.regimes[day]!]!) ? state : -state));
}
