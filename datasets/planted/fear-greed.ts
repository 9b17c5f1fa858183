/** The Fear & Greed index: a noisy view of the market's state, published the next day. */
import { burnInDays, hourTimeMs } from './settings.ts';
import { fillNormal, openStream, uniformAt } from './streams.ts';

export interface FearGreedRow {
  /** 00:00 UTC of the day that the value is about. */
  readonly dayMs: number;
  /** 0 to 100, whole. */
  readonly value: number;
  readonly publishedMs: number;
  readonly ingestedMs: number;
}

/** Mean and standard deviation by state, in the order of `regimeNames`. */
export const fearGreedLaws: readonly { readonly mean: number; readonly spread: number }[] = [
  { mean: 65, spread: 9 },
  { mean: 25, spread: 9 },
  { mean: 48, spread: 8 },
  { mean: 80, spread: 7 },
];
/** What it is where it tells nothing. */
const noise = { mean: 50, spread: 20 };

const publishMsMax = 20 * 60_000;
const ingestMsMax = 10 * 60_000;

/**
 * One row a day, from the day before the market opens to the last one that is published before it ends. `regimes` holds the
 * state of every generated day, `days` of them. With `hard` the index knows nothing of the states.
 */
export function plantFearGreed(
  seed: number,
  regimes: Uint8Array,
  days: number,
  hard: boolean,
): readonly FearGreedRow[] {
  const values = fillNormal(new Float64Array(days), openStream(seed, 'BTC', 'fear-greed'));
  const times = openStream(seed, 'BTC', 'fear-greed-times');
  return Array.from({ length: days - burnInDays }, (_, index) => {
    const day = burnInDays - 1 + index;
    const { mean, spread } = hard ? noise : fearGreedLaws[regimes[day]!]!;
    const publishedMs = hourTimeMs((day + 1) * 24) + Math.floor(uniformAt(times, 2 * day) * publishMsMax);
    return {
      dayMs: hourTimeMs(day * 24),
      value: Math.max(0, Math.min(100, Math.round(mean + spread * values[day]!))),
      publishedMs,
      ingestedMs: publishedMs + Math.floor(uniformAt(times, 2 * day + 1) * ingestMsMax),
    };
  });
}
