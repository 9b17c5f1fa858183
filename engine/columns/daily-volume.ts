/** A coin's daily quote volume: the 30 sums over the 24-hour blocks that end at a bar, and on which side of a bound their median lies. */
import type { CoinWindow } from './features/coin-window.ts';
import { rollingSum } from './rolling.ts';
import { giveInts, takeInts } from './scratch.ts';

const BLOCK_HOURS = 24;
const BLOCK_HOURS_MIN = 18;
const BLOCKS = 30;
const BLOCKS_MIN = 24;

/** Quote volume of the 24 hours that end at a bar, quote currency; NaN with fewer than 18 of them. */
export function dailyVolume(coin: CoinWindow): Float64Array {
  return coin.cached('sum_24(qv)', (out) => {
    rollingSum(coin.quoteVolume, coin.range(BLOCK_HOURS, 0, coin.hours, BLOCK_HOURS_MIN), out);
  });
}

/**
 * Whether the median of a coin's daily volume over the blocks t - 24 k, k = 0 .. 29, lies below `bound`: 1 or 0 at every local
 * hour of [from, to), NaN where fewer than 24 blocks are there. Where their number is even the median is the mean of the two
 * in the middle.
 *
 * Blocks are counted below and at or above the bound, in whole numbers, so the count may roll; only where both halves are
 * equally large are the blocks looked at.
 */
export function medianVolumeBelow(
  coin: CoinWindow,
  bound: number,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const volume = dailyVolume(coin);
  const count = takeInts(to - from).fill(0, 0, to - from);
  const below = takeInts(to - from).fill(0, 0, to - from);
  for (let index = from; index < to; index += 1) {
    const at = index - from;
    const oldest = index - BLOCK_HOURS * BLOCKS;
    if (at < BLOCK_HOURS) {
      for (let block = index; block > oldest; block -= BLOCK_HOURS) {
        count[at]! += isThere(volume[block]);
        below[at]! += isBelow(volume[block], bound);
      }
    } else {
      count[at] = count[at - BLOCK_HOURS]! + isThere(volume[index]) - isThere(volume[oldest]);
      below[at] = below[at - BLOCK_HOURS]! + isBelow(volume[index], bound) - isBelow(volume[oldest], bound);
    }
    out[index] = verdict(volume, bound, index, count[at]!, below[at]!);
  }
  giveInts(count, below);
}

function verdict(volume: Float64Array, bound: number, index: number, count: number, below: number): number {
  if (count < BLOCKS_MIN) return Number.NaN;
  if (2 * below !== count) return 2 * below > count ? 1 : 0;
  let highestBelow = Number.NEGATIVE_INFINITY;
  let lowestAbove = Number.POSITIVE_INFINITY;
  for (let block = index; block > index - BLOCK_HOURS * BLOCKS; block -= BLOCK_HOURS) {
    const value = volume[block]!;
    if (value < bound) highestBelow = Math.max(highestBelow, value);
    else if (value >= bound) lowestAbove = Math.min(lowestAbove, value);
  }
  return (highestBelow + lowestAbove) / 2 < bound ? 1 : 0;
}

/** Blocks before the window are not there. */
function isThere(volume: number | undefined): number {
  return volume !== undefined && !Number.isNaN(volume) ? 1 : 0;
}

function isBelow(volume: number | undefined, bound: number): number {
  return volume !== undefined && volume < bound ? 1 : 0;
}
