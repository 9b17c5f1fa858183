/** What the regime is read from: one observation a day, at 00:00 UTC, over days that do not overlap. */
import { assertInvariant } from '../../invariant.ts';
import { dayMs, hourMs } from '../../panel/hours.ts';

export const RETURN = 0;
export const LOG_VOLATILITY = 1;
export const FEAR_GREED = 2;
export const OBSERVATION_WIDTH = 3;

/** Hourly returns of a day that must be there for its volatility. */
const HOURS_MIN = 18;

export interface RegimeDays {
  /** Stamp of the first observation, epoch ms, a multiple of a day. */
  readonly startMs: number;
  /**
   * `[day][3]`: log return of BTC over the 24 hours before the stamp, logarithm of the square root of the sum of its
   * squared hourly log returns, Fear & Greed (0 to 100) as of the stamp. NaN where missing;
   * a day without any movement has the logarithm -Infinity, which counts as missing too.
   */
  readonly values: Float64Array;
}

export interface RegimeSources {
  /** Open of the first bar, epoch ms, a whole hour. */
  readonly startMs: number;
  /** BTC's hourly closes, by bar; NaN where absent. */
  readonly closes: Float64Array;
  /** Newest Fear & Greed that was available at a stamp; NaN if none. */
  readonly fearGreedAt: (stampMs: number) => number;
}

/** Every midnight with a bar before it; the first lacks its return. */
export function regimeDays({ startMs, closes, fearGreedAt }: RegimeSources): RegimeDays {
  assertInvariant(startMs % hourMs === 0, 'hourly bars open on the hour');
  const firstMs = (Math.floor(startMs / dayMs) + 1) * dayMs;
  const endMs = startMs + closes.length * hourMs;
  const days = Math.max(0, Math.floor((endMs - firstMs) / dayMs) + 1);
  const values = new Float64Array(days * OBSERVATION_WIDTH);
  for (let day = 0; day < days; day += 1) {
    const stampMs = firstMs + day * dayMs;
    const hour = (stampMs - startMs) / hourMs;
    const at = day * OBSERVATION_WIDTH;
    values[at + RETURN] = Math.log(closeBefore(closes, hour) / closeBefore(closes, hour - 24));
    values[at + LOG_VOLATILITY] = Math.log(dailyVolatility(closes, hour));
    values[at + FEAR_GREED] = fearGreedAt(stampMs);
  }
  return { startMs: firstMs, values };
}

function closeBefore(closes: Float64Array, hour: number): number {
  return closes[hour - 1] ?? Number.NaN;
}

/** Over the hours before `hour`; absent hours are left out, not filled. */
function dailyVolatility(closes: Float64Array, hour: number): number {
  let squares = 0;
  let present = 0;
  for (let end = hour - 23; end <= hour; end += 1) {
    const change = Math.log(closeBefore(closes, end) / closeBefore(closes, end - 1));
    if (Number.isNaN(change)) continue;
    squares += change * change;
    present += 1;
  }
  return present < HOURS_MIN ? Number.NaN : Math.sqrt(squares);
}
