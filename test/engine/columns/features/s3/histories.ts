/** One coin's hourly history for the tests of set s3, and its features computed over windows of any shape. */
import { CoinWindow, MarketWindow } from '../../../../../engine/columns/features/coin-window.ts';
import type { FeatureDefinition } from '../../../../../engine/columns/features/feature.ts';
import { barInputs, type ColumnInputs } from '../../../../../engine/columns/features/inputs.ts';
import { emptyPanel, type Panel } from '../../../../../engine/panel/panel.ts';
import type { HourBar } from './reference.ts';

const hourMs = 3_600_000;

export interface History {
  /** Absolute number of the first hour. */
  readonly firstStamp: number;
  readonly bars: readonly (HourBar | null)[];
}

/** A seeded stream of numbers in [0, 1). Source: Park and Miller 1988. */
export function chances(seed: number): () => number {
  let state = (seed * 48_271 + 11) % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

export interface HistoryShape {
  readonly hours: number;
  readonly firstStamp: number;
  /** Chance that an hour begins a gap of one to twelve hours, or a stretch of up to 60 without any move or trade. */
  readonly gaps: number;
  readonly stills: number;
  readonly unknownVolumes: number;
}

/** A walk with gaps, prices on a grid (so that equal ones occur), still stretches, and volumes that are not known. */
export function walk(seed: number, shape: HistoryShape): History {
  const chance = chances(seed);
  const grid = (price: number) => Math.round(price * 50) / 50;
  const bars: (HourBar | null)[] = [];
  let close = 100;
  let [absent, still] = [0, 0];
  for (let hour = 0; hour < shape.hours; hour += 1) {
    if (chance() < shape.gaps) absent = 1 + Math.floor(chance() * 12);
    if (chance() < shape.stills) still = 1 + Math.floor(chance() * 60);
    const moves = [chance(), chance(), chance(), chance()] as const;
    const volume = chance() < 0.02 ? 0 : Math.exp(4 * chance());
    const isKnown = chance() >= shape.unknownVolumes;
    const isQuoteKnown = isKnown && chance() >= shape.unknownVolumes;
    const volumes = (base: number, quote: number) => ({
      volume: isKnown ? base : Number.NaN,
      quoteVolume: isQuoteKnown ? quote : Number.NaN,
    });
    if (still === 0) {
      const open = close;
      close = Math.max(1, grid(open * (1 + 0.02 * (moves[0] - 0.5) + 0.0002 * Math.sin(hour / 90))));
      const high = grid(Math.max(open, close) * (1 + 0.004 * moves[1])) + 0.02;
      const low = Math.max(0.5, grid(Math.min(open, close) * (1 - 0.004 * moves[2])) - 0.02);
      const value = volume * (low + (high - low) * moves[3]);
      bars.push(absent > 0 ? null : { open, high, low, close, ...volumes(volume, value) });
    } else {
      const flat = { open: close, high: close, low: close, close };
      bars.push(absent > 0 ? null : { ...flat, ...volumes(0, 0) });
      still -= 1;
    }
    absent = Math.max(0, absent - 1);
  }
  // The first bar is there, so that the coin begins where the history does.
  bars[0] ??= { open: 100, high: 101, low: 99, close: 100, volume: 1, quoteVolume: 100 };
  return { firstStamp: shape.firstStamp, bars };
}

/** A panel of the one coin over hours [from, to) of its history. */
export function inputsOf({ firstStamp, bars }: History, from = 0, to = bars.length): ColumnInputs {
  const hours = to - from;
  const panel: Panel = emptyPanel({
    symbols: ['AUSDT'],
    startMs: (firstStamp + from) * hourMs,
    hours,
    volumes: true,
  });
  for (let hour = 0; hour < hours; hour += 1) {
    const bar = bars[from + hour];
    if (!bar) continue;
    panel.bars.set([bar.open, bar.high, bar.low, bar.close], hour * 4);
    panel.volume![hour] = bar.volume;
    panel.quoteVolume![hour] = bar.quoteVolume;
    panel.firstHour[0] = Math.min(panel.firstHour[0]!, hour);
    panel.endHour[0] = hour + 1;
  }
  return barInputs(panel);
}

/** Values of panel hours [from, to), from a window over [base, to). */
export function computed(
  feature: FeatureDefinition,
  inputs: ColumnInputs,
  window: { readonly base: number; readonly from: number; readonly to: number },
): Float64Array {
  const market = new MarketWindow(inputs, window.base, window.to);
  const out = new Float64Array(market.hours).fill(Number.NaN);
  const from = window.from - window.base;
  if (feature.scope === 'coin') feature.compute(new CoinWindow(market, 0), from, market.hours, out);
  if (feature.scope === 'market') feature.compute(market, from, market.hours, out);
  return out.slice(from);
}
