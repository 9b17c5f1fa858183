/** Values of features over a range of hours, coin by coin: windows as long as the features reach back, and no longer. */
import type { Panel } from '../panel/panel.ts';
import { BENCHMARK_SYMBOL, bornHour, CoinWindow, MarketWindow, unitSpans } from './features/coin-window.ts';
import { type CoinFeature, type FeatureFacts, type MarketFeature, reachOf } from './features/feature.ts';
import type { ColumnInputs } from './features/inputs.ts';

/**
 * Takes `values[hour - base]` of one feature for panel hours [from, to). The array is used again afterwards. NaN is the only
 * value that is not finite.
 */
export type TakeValues = (
  feature: number,
  values: Float64Array,
  base: number,
  from: number,
  to: number,
) => void;

/** Features that reach no further share short windows where only a few hours are asked for. */
const REACH_STEPS_HOURS = [200, 500, 1500];

interface ReachGroup {
  readonly reachHours: number;
  /** Places in the list of features. */
  readonly places: readonly number[];
}

/** A range of hours for any number of coins; what all coins share is computed once. */
export class CoinRange {
  readonly #inputs: ColumnInputs;
  readonly #features: readonly CoinFeature[];
  readonly #fromHour: number;
  readonly #toHour: number;
  readonly #groups: readonly ReachGroup[];
  readonly #markets = new Map<number, MarketWindow>();

  constructor(inputs: ColumnInputs, features: readonly CoinFeature[], fromHour: number, toHour: number) {
    this.#inputs = inputs;
    this.#features = features;
    this.#fromHour = fromHour;
    this.#toHour = toHour;
    this.#groups = reachGroups(features, fromHour);
  }

  /** Every feature of the coin over the whole range, in one call of `take` or several that follow on one another. */
  coin(coin: number, take: TakeValues): void {
    for (const span of unitSpans(this.#inputs.panel, coin, this.#fromHour, this.#toHour)) {
      for (const { reachHours, places } of this.#groups) {
        const window = new CoinWindow(this.#market(Math.max(0, span.from - reachHours), span.to), coin);
        for (const place of places) {
          const feature = this.#features[place]!;
          const { base } = window.market;
          const out = window.market.blank(span.from - base, span.to - base);
          fillValues(feature, window, span, out);
          take(place, out, base, span.from, span.to);
          window.market.reuse(out);
        }
        window.release();
      }
    }
  }

  /** Windows that end with the range are kept; one that ends at a redenomination serves one coin. */
  #market(base: number, toHour: number): MarketWindow {
    if (toHour !== this.#toHour) return new MarketWindow(this.#inputs, base, toHour);
    const known = this.#markets.get(base);
    if (known !== undefined) return known;
    const made = new MarketWindow(this.#inputs, base, toHour);
    this.#markets.set(base, made);
    return made;
  }
}

/** One feature of the whole market over panel hours [fromHour, toHour): `values[hour - fromHour]`. */
export function marketValues(
  inputs: ColumnInputs,
  feature: MarketFeature,
  fromHour: number,
  toHour: number,
): Float64Array {
  const base = Math.max(0, fromHour - reachOf(feature));
  const market = new MarketWindow(inputs, base, toHour);
  const out = market.blank();
  const firstBar = marketBorn(inputs.panel, toHour - 1) - base;
  const from = firstIndex(feature, firstBar, fromHour - base, toHour - base);
  if (from < toHour - base) feature.compute(market, from, toHour - base, out);
  cleanse(out, fromHour - base, from, toHour - base);
  return out.subarray(fromHour - base, toHour - base);
}

/** First hour of the benchmark's life; of the oldest coin where the panel has no benchmark. */
export function marketBorn(panel: Panel, hour: number): number {
  const benchmark = panel.symbols.indexOf(BENCHMARK_SYMBOL);
  if (benchmark >= 0) return bornHour(panel, benchmark, hour);
  return panel.firstHour.reduce((first, each) => Math.min(first, each), panel.hours);
}

interface HourSpan {
  readonly from: number;
  readonly to: number;
}

function fillValues(feature: CoinFeature, window: CoinWindow, span: HourSpan, out: Float64Array): void {
  const { base } = window.market;
  const to = span.to - base;
  const from = firstIndex(feature, window.firstBar, span.from - base, to);
  if (from < to) feature.compute(window, from, to, out);
  cleanse(out, span.from - base, from, to);
}

/** First index of [from, to) at which the window is full. */
function firstIndex({ warmupHours }: FeatureFacts, firstBar: number, from: number, to: number): number {
  return Math.min(to, Math.max(from, warmupHours === 0 ? 0 : firstBar + warmupHours));
}

/** NaN in [blankFrom, from), and in [from, to) where a value is not finite. */
function cleanse(out: Float64Array, blankFrom: number, from: number, to: number): void {
  out.fill(Number.NaN, blankFrom, from);
  for (let index = from; index < to; index += 1) if (!Number.isFinite(out[index])) out[index] = Number.NaN;
}

function reachGroups(features: readonly CoinFeature[], fromHour: number): readonly ReachGroup[] {
  const groups = new Map<number, number[]>();
  for (const [place, feature] of features.entries()) {
    const reach = reachOf(feature);
    const step = REACH_STEPS_HOURS.find((hours) => reach <= hours) ?? Number.POSITIVE_INFINITY;
    // Windows that begin with the panel anyway are one and the same.
    const key = fromHour === 0 ? 0 : step;
    const places = groups.get(key) ?? [];
    places.push(place);
    groups.set(key, places);
  }
  return [...groups.values()].map((places) => ({
    places,
    reachHours: places.reduce((longest, place) => Math.max(longest, reachOf(features[place]!)), 0),
  }));
}
