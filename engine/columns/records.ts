/**
 * Dated records beside the bars, ready for as-of joins: what was known when. A record is visible at a time T only where its
 * `availableMs`, the later of publication and arrival, is at or before T. Coins are panel indices; all arrays lie on shared
 * memory, so that workers read them in place.
 */

/** One value from each time on. Times ascend strictly. */
export interface DatedValues {
  readonly availableMs: Float64Array;
  readonly values: Float64Array;
}

/** The same for every coin: the values of coin c are those of rows [start[c], start[c + 1]). */
export interface DatedValuesByCoin extends DatedValues {
  readonly start: Int32Array;
}

/** The seven classes of news, in the order of their probabilities. */
export const newsClasses = [
  'listing',
  'hack',
  'regulatory',
  'partnership',
  'tokenomics',
  'macro',
  'neutral',
] as const;
export type NewsClass = (typeof newsClasses)[number];

/** Articles in the order in which they became available, ties by publication. */
export interface NewsRecords {
  readonly availableMs: Float64Array;
  readonly publishedMs: Float64Array;
  /** Coins an article is linked to: those of `coins` in [start[article], start[article + 1]). */
  readonly start: Int32Array;
  readonly coins: Int32Array;
  /** `[article][class]`, probabilities as stored when the article came in; empty where no classifier has seen the articles. */
  readonly classes: Float64Array;
}

/** What an instrument is, whatever its name sounds like. */
export const instrumentKinds = ['coin', 'benchmark', 'stablecoin', 'wrapped', 'index', 'non-crypto'] as const;
export type InstrumentKind = (typeof instrumentKinds)[number];

/** By coin. */
export interface InstrumentRecords {
  /** Index into `instrumentKinds`; 0 where the metadata say nothing. */
  readonly kind: Uint8Array;
  /** Listing, epoch ms UTC; NaN where unknown. */
  readonly onboardMs: Float64Array;
  /** When trading ended, epoch ms UTC; NaN where it did not, or nobody knows. */
  readonly delistedMs: Float64Array;
}

/** A record type that the dataset lacks is null. */
export interface MarketRecords {
  /** Fear & Greed index, 0 to 100. */
  readonly fearGreed: DatedValues | null;
  readonly news: NewsRecords | null;
  /** Market capitalisation in US dollars. */
  readonly marketCap: DatedValuesByCoin | null;
  readonly instruments: InstrumentRecords | null;
}

export const noRecords: MarketRecords = { fearGreed: null, news: null, marketCap: null, instruments: null };

/** Row of the newest record available at `timeMs` among rows [from, to); -1 where there is none. */
export function newestAvailable(
  availableMs: Float64Array,
  timeMs: number,
  from = 0,
  to = availableMs.length,
): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (availableMs[middle]! <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low === from ? -1 : low - 1;
}
