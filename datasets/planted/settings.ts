/** What a planted market is made from: its size, its seed, and which components are switched on. */
import { dayMs, hourMs } from '../../engine/panel/hours.ts';

export type PresetName = 'S' | 'M' | 'L';

/** Symbols in all (the factor coin and the stablecoin included) and days that are kept. */
export const presets: Readonly<Record<PresetName, { readonly coins: number; readonly days: number }>> = {
  S: { coins: 60, days: 270 },
  M: { coins: 300, days: 365 },
  L: { coins: 1000, days: 365 },
};

/**
 * One switch per component. Numbers are strengths: of an alpha in units of the coin's daily idiosyncratic volatility, of the
 * news effects as a multiple of the stated ones; 0 is off. With all of them off a factor market without signal remains.
 */
export interface Switches {
  /** Drift of the next day per unit of the hidden state. */
  readonly core: number;
  /** Drift of the next day against the day's own residual move. */
  readonly reversal: number;
  /** Drift of the 48 hours after a surge of volume, with the sign of the move in it. */
  readonly volumeSurge: number;
  /** Drift of each of three days after thirty days in a certain order. */
  readonly lstmPattern: number;
  /** Drift against a spike that fades through the day. */
  readonly tcnMotif: number;
  /** Drift of a second hidden state, whose sign the market's regime sets. */
  readonly regimeInteraction: number;
  /** How far prices follow the news: 1 as stated for each class. Without `news` nothing happens. */
  readonly newsDrift: number;
  /** Articles, and macro news of the factor. */
  readonly news: boolean;
  /** Columns through which the hidden states can be seen, and columns of noise. */
  readonly proxies: boolean;
  /** Columns among the proxies that no feature set should take: empty, constant, doubled, broken off, rescaled. */
  readonly badColumns: boolean;
  /** Coins of their own whose paths end at a barrier. */
  readonly barrier: boolean;
  /** A fifth of the coins list during the first year. */
  readonly listings: boolean;
  /** About a tenth of the coins a year end, half of them after a slide. */
  readonly delistings: boolean;
  /** Some coins change their symbol. */
  readonly renames: boolean;
  /** One coin stands still for 90 days and comes back. */
  readonly halt: boolean;
  /** Three coins that keep close to 1. */
  readonly stablecoins: boolean;
  /** One of them loses its peg for three days. */
  readonly depeg: boolean;
  /** The factor in another wrapping: beta 1, no residual. */
  readonly wrapped: boolean;
  /** An index and a metal. */
  readonly nonCrypto: boolean;
  /** Symbols outside ASCII, with digits first, of one letter, with a multiplier. */
  readonly oddSymbols: boolean;
  /** Coins of less than ten millions, thinly traded on coarse ticks. */
  readonly lowCaps: boolean;
  /** The dated table of market capitalisations. */
  readonly marketCap: boolean;
  /** The dated Fear & Greed index. */
  readonly fearGreed: boolean;
  /** Rare opens away from the previous close. */
  readonly gaps: boolean;
  /** Funding settlements. */
  readonly funding: boolean;
  /** Hourly mark prices. */
  readonly mark: boolean;
  /** Hourly bars of the spot market. */
  readonly spot: boolean;
  /** Fear & Greed is noise, so that hourly returns alone tell of the regime. */
  readonly hardRegime: boolean;
  /** Faults of the data, each with its truth row. */
  readonly faults: boolean;
}

const allOff: Switches = {
  core: 0,
  reversal: 0,
  volumeSurge: 0,
  lstmPattern: 0,
  tcnMotif: 0,
  regimeInteraction: 0,
  newsDrift: 0,
  news: false,
  proxies: false,
  badColumns: false,
  barrier: false,
  listings: false,
  delistings: false,
  renames: false,
  halt: false,
  stablecoins: false,
  depeg: false,
  wrapped: false,
  nonCrypto: false,
  oddSymbols: false,
  lowCaps: false,
  marketCap: false,
  fearGreed: false,
  gaps: false,
  funding: false,
  mark: false,
  spot: false,
  hardRegime: false,
  faults: false,
};

/**
 * A market like a real one with one alpha in it. Core strength .10 gives an oracle rank IC near .12 at three days: more than
 * real markets offer, so that a demo shows it. The other alphas are off, so that what a study finds has one cause; nor are
 * there coins, columns and faults that no market has and only tests ask for.
 */
export const defaultSwitches: Switches = {
  ...allOff,
  core: 0.1,
  newsDrift: 1,
  news: true,
  proxies: true,
  listings: true,
  delistings: true,
  renames: true,
  halt: true,
  stablecoins: true,
  depeg: true,
  wrapped: true,
  nonCrypto: true,
  oddSymbols: true,
  lowCaps: true,
  marketCap: true,
  fearGreed: true,
  gaps: true,
  funding: true,
  mark: true,
  spot: true,
};

/** Nothing but factor, betas and noise. The columns that would show a hidden state are still made: they show one without effect. */
export const noiseSwitches: Switches = { ...allOff, proxies: true };

export interface MarketSettings {
  readonly seed: number;
  /** Symbols, factor coin and stablecoin included. */
  readonly coins: number;
  /** Days kept after the burn-in. */
  readonly days: number;
  readonly switches: Switches;
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
