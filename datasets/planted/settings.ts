/** What a planted market is made from: its size, its seed, and which components are switched on. */
import { dayMs, hourMs } from '../../engine/panel/hours.ts';

export type PresetName = 'S' | 'M' | 'L';

/** Symbols in all (the factor coin and the stablecoin included) and days that are kept. */
export const presets: Readonly<Record<PresetName, { readonly coins: number; readonly days: number }>> = {
  S: { coins: 60, days: 270 },
  M: { coins: 300, days: 365 },
  L: { coins: 1000, days: 365 },
};

/** One switch per component. With all of them off and `alphaStrength` 0 what remains is a factor market without signal. */
export interface Switches {
  /** Plants the drift that follows the score's hidden state. */
  readonly alpha: boolean;
  /** Daily drift per unit of the state, in units of the coin's daily idiosyncratic volatility. */
  readonly alphaStrength: number;
  /** A fifth of the coins list during the first year. */
  readonly listings: boolean;
  /** About a tenth of the coins a year end, half of them after a slide. */
  readonly delistings: boolean;
  /** One coin that keeps close to 1. */
  readonly stablecoin: boolean;
  /** Rare opens away from the previous close. */
  readonly gaps: boolean;
  /** Funding settlements. */
  readonly funding: boolean;
}

/** Strength .10 gives an oracle rank IC near .12 at three days: more than real markets offer, so that a demo shows it. */
export const defaultSwitches: Switches = {
  alpha: true,
  alphaStrength: 0.1,
  listings: true,
  delistings: true,
  stablecoin: true,
  gaps: true,
  funding: true,
};

export interface MarketSettings {
  readonly seed: number;
  /** Symbols, factor coin and stablecoin included. */
  readonly coins: number;
  /** Days kept after the burn-in. */
  readonly days: number;
  readonly switches: Switches;
}

export function presetSettings(preset: PresetName, seed: number): MarketSettings {
  return { seed, ...presets[preset], switches: defaultSwitches };
}

/** Open time of the first kept bar. */
export const marketStartMs = Date.UTC(2024, 0, 1);
/** Days that are generated and dropped, so that every mean-reverting state is stationary when the market opens. */
export const burnInDays = 60;
export const burnInHours = burnInDays * 24;

/** Open time of generated hour `hour`; hour 0 is the first one of the burn-in. */
export function hourTimeMs(hour: number): number {
  return marketStartMs - burnInDays * dayMs + hour * hourMs;
}
