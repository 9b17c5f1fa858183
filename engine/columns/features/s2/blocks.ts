/**
 * Blocks of 24 hours that end at a bar: block k of bar t holds the hours t - 24 k - 23 to t - 24 k, whatever the calendar. A
 * block counts where at least 18 of its hours are there. The blocks of one bar are those of every 24th hour before it, so each
 * figure of a block is one rolling series.
 */
import { rollingMax, rollingMin } from '../../kernels/extremes.ts';
import { rollingSum } from '../../rolling.ts';
import type { CoinWindow } from '../coin-window.ts';

export const BLOCK_HOURS = 24;
export const BLOCK_HOURS_MIN = 18;

/** H of the block that ends at each hour, quote currency. */
export function blockHigh(coin: CoinWindow): Float64Array {
  return coin.cached('max_24(h)', (out) => {
    rollingMax(coin.high, coin.range(BLOCK_HOURS, 0, coin.hours, BLOCK_HOURS_MIN), out);
  });
}

/** L. */
export function blockLow(coin: CoinWindow): Float64Array {
  return coin.cached('min_24(l)', (out) => {
    rollingMin(coin.low, coin.range(BLOCK_HOURS, 0, coin.hours, BLOCK_HOURS_MIN), out);
  });
}

/** O: the first open that is there. */
export function blockOpen(coin: CoinWindow): Float64Array {
  return coin.cached('O of 24 h', (out) => {
    const { open } = coin;
    const high = blockHigh(coin);
    let first = Number.NaN;
    for (let index = coin.hours - 1; index > -BLOCK_HOURS; index -= 1) {
      const value = index < 0 ? Number.NaN : open[index]!;
      if (!Number.isNaN(value)) first = value;
      const end = index + BLOCK_HOURS - 1;
      // The block counts, so what was carried lies inside it.
      if (end < coin.hours && !Number.isNaN(high[end])) out[end] = first;
    }
  });
}

/** C: the last close that is there. */
export function blockClose(coin: CoinWindow): Float64Array {
  return coin.cached('C of 24 h', (out) => {
    const { close } = coin;
    const high = blockHigh(coin);
    let last = Number.NaN;
    for (let index = 0; index < coin.hours; index += 1) {
      if (!Number.isNaN(close[index])) last = close[index]!;
      if (!Number.isNaN(high[index])) out[index] = last;
    }
  });
}

/** r^2, the squared hourly log return. */
export function squaredReturns(coin: CoinWindow): Float64Array {
  return coin.cached('r^2', (out) => {
    const { returns } = coin;
    for (let index = 0; index < coin.hours; index += 1) out[index] = returns[index]! * returns[index]!;
  });
}

/** sqrt of the sum of r^2 over the block: its volatility, log return per square root of a day. */
export function blockVolatility(coin: CoinWindow): Float64Array {
  return coin.cached('sqrt(sum_24(r^2))', (out) => {
    rollingSum(squaredReturns(coin), coin.range(BLOCK_HOURS, 0, coin.hours, BLOCK_HOURS_MIN), out);
    for (let index = 0; index < coin.hours; index += 1) out[index] = Math.sqrt(out[index]!);
  });
}

/** Sum of the ex-ante residual over the block, log return. */
export function blockResidual(coin: CoinWindow): Float64Array {
  return coin.cached('sum_24(e)', (out) => {
    rollingSum(coin.residual, coin.range(BLOCK_HOURS, 0, coin.hours, BLOCK_HOURS_MIN), out);
  });
}

/** What the blocks of one bar come to. */
export interface BlockMoments {
  count: number;
  mean: number;
  /** Sums of squares and cubes of the distances from the mean. */
  m2: number;
  m3: number;
}

/** Moments of `series` over the blocks 0 .. `blocks` - 1 that end at `index`. Blocks that are NaN are left out. */
export function blockMoments(
  series: Float64Array,
  index: number,
  blocks: number,
  out: BlockMoments,
): BlockMoments {
  let count = 0;
  let sum = 0;
  const oldest = index - (blocks - 1) * BLOCK_HOURS;
  for (let at = oldest; at <= index; at += BLOCK_HOURS) {
    const value = series[at]!;
    if (value !== value) continue;
    count += 1;
    sum += value;
  }
  const mean = sum / count;
  let m2 = 0;
  let m3 = 0;
  for (let at = oldest; at <= index; at += BLOCK_HOURS) {
    const off = series[at]! - mean;
    if (off !== off) continue;
    m2 += off * off;
    m3 += off * off * off;
  }
  out.count = count;
  out.mean = mean;
  out.m2 = m2;
  out.m3 = m3;
  return out;
}
