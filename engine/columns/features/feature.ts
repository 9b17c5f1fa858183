/**
 * What a feature is: a named column with its formula, its reach into the past, its unit and its source, and one pure function.
 *
 * ```ts
 * import { defineFeature } from 'hourglass';
 *
 * export const range24h = defineFeature({
 *   name: 'range_24h', group: 'price', scope: 'coin', needs: [],
 *   formula: 'max_24(h) / min_24(l) - 1', unit: 'fraction', lookbackHours: 24, warmupHours: 23,
 *   compute: (coin, from, to, out) => { … },
 * });
 * ```
 */
import type { CoinWindow, MarketWindow } from './coin-window.ts';

/** What a feature takes besides the prices of its coin. A build names the columns whose needs the dataset does not meet. */
export type FeatureNeed =
  | 'benchmark'
  | 'volume'
  | 'quote-volume'
  | 'fear-greed'
  | 'news'
  | 'news-classes'
  | 'instruments'
  | 'regime'
  | 'stored';

export interface FeatureFacts {
  /** Names are unique across all features. */
  readonly name: string;
  readonly group: string;
  /** The value at bar t, in the symbols of docs/features.md. */
  readonly formula: string;
  readonly unit: string;
  /** Nominal window. */
  readonly lookbackHours: number;
  /**
   * W: the value at hour t is a function of hours t - W to t and of records available by then inside them, and of nothing else.
   * NaN is written where fewer than W hours lie between the coin's first bar and t (for a `market` feature: the benchmark's).
   */
  readonly warmupHours: number;
  /**
   * Where a value may stand before its window is full: how far back it reaches, in hours, instead of `warmupHours`, which then
   * tells only from when on it is written.
   */
  readonly reachHours?: number;
  readonly needs: readonly FeatureNeed[];
  /** The same value for every coin by nature: may be constant across a cross-section. */
  readonly marketWide?: boolean;
  /** Value where nothing happened: all coins may have it for days, or for good. */
  readonly restValue?: number;
  /** Where the idea comes from. */
  readonly reference?: string;
}

/** One coin's series. `compute` fills `out[i]` for local hours i of [from, to); `out` comes filled with NaN. */
export interface CoinFeature extends FeatureFacts {
  readonly scope: 'coin';
  compute(coin: CoinWindow, from: number, to: number, out: Float64Array): void;
}

/** One series for the whole market. */
export interface MarketFeature extends FeatureFacts {
  readonly scope: 'market';
  compute(market: MarketWindow, from: number, to: number, out: Float64Array): void;
}

/**
 * One hour across all coins. `rows` holds the inputs in their order, `eligible` 1 or 0 by coin; `out[coin]` comes filled with
 * NaN. Inputs are features of scope `coin` or `market`.
 */
export interface CrossSectionFeature extends FeatureFacts {
  readonly scope: 'cross-section';
  readonly inputs: readonly string[];
  compute(rows: readonly Float64Array[], eligible: Float64Array, out: Float64Array): void;
}

/** Filled from a stored column of the same name: outputs of models, which no formula gives. */
export interface StoredFeature extends FeatureFacts {
  readonly scope: 'stored';
}

export type FeatureDefinition = CoinFeature | MarketFeature | CrossSectionFeature | StoredFeature;

/** Hours before t that the value at t is a function of. */
export function reachOf({ reachHours, warmupHours }: FeatureDefinition): number {
  return Math.max(reachHours ?? 0, warmupHours);
}

/** Features in the order of a model's input vector. */
export interface FeatureSet {
  readonly name: string;
  readonly features: readonly FeatureDefinition[];
}

/** Checks nothing at run time that the compiler has not checked; gives the definition its types. */
export function defineFeature<const Definition extends FeatureDefinition>(
  definition: Definition,
): Definition {
  return definition;
}
