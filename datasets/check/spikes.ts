/**
 * Prices that are there for less than an hour: real wicks, and prints that nobody traded at. Finer bars tell the two apart;
 * where there are none, only what no wick reaches is taken for a print.
 */
import { hourMs } from '../../engine/panel/hours.ts';
import { detailIndex } from './beside-bars.ts';
import type { CheckInput } from './input.ts';

/** A spike reaches this many times beyond both open and close, or is denied by finer bars. */
const wickTimes = 1.25;
/** True hourly moves of single perpetuals reach about three times and back. */
const awayTimes = 4;
/** Neighbours that are this close to each other say that the price did not really move. */
const backTimes = 1.5;
/** What finer bars may miss of a bar that they belong to. */
const deniedTimes = 1.05;
/** Finer bars this far from the close before have another unit. */
const unitTimes = 4;
/** The first day of a listing finds its price. */
const listingHours = 24;

/** `print`: false. `shown`: finer bars have it. `untold`: a wick, and there are no finer bars. */
export type Spike = 'print' | 'shown' | 'untold';

/** Null where the bar has no spike. Prices that are no prices, and hours in which the whole market moves, are left to others. */
export function spikeAt(input: CheckInput, row: number, coin: number): Spike | null {
  const { bars, grid } = input;
  const { open, high, low, close } = bars;
  if (!(low[row]! > 0 && high[row]! >= low[row]! && open[row]! > 0 && close[row]! > 0)) return null;
  const hour = (bars.timeMs[row]! - grid.startMs) / hourMs;
  const isWick =
    high[row]! > wickTimes * Math.max(open[row]!, close[row]!) ||
    low[row]! * wickTimes < Math.min(open[row]!, close[row]!);
  const away = timesAway(input, row, coin);
  if (!isWick && away < wickTimes) return null;
  const told = detailSays(input, coin * grid.hours + hour, row);
  if (told === 'denied' && away > 0) return 'print';
  if (row < bars.start[coin]! + listingHours || grid.stormy[hour] === 1) return null;
  if (told === 'shown') return isWick ? 'shown' : null;
  if (away > awayTimes) return 'print';
  return isWick ? 'untold' : null;
}

/** How many times high or low lie beyond both neighbours' closes; 0 where these are apart themselves, or absent. */
function timesAway({ bars }: CheckInput, row: number, coin: number): number {
  if (row === bars.start[coin] || row + 1 >= bars.start[coin + 1]!) return 0;
  const before = bars.close[row - 1]!;
  const after = bars.close[row + 1]!;
  const [top, bottom] = [Math.max(before, after), Math.min(before, after)];
  if (!(bottom > 0 && top < backTimes * bottom)) return 0;
  return Math.max(bars.high[row]! / top, bottom / bars.low[row]!);
}

/** `silent` where no whole hour of finer bars is there, or they are in another unit. */
function detailSays({ bars, detail }: CheckInput, cell: number, row: number): 'shown' | 'denied' | 'silent' {
  for (const fine of detail) {
    const at = detailIndex(fine, cell);
    if (at < 0 || fine.bars[at]! * fine.minutes < 60) continue;
    const unit = fine.open[at]! / bars.close[Math.max(0, row - 1)]!;
    if (!(unit < unitTimes && unit * unitTimes > 1)) continue;
    const beyond = Math.max(bars.high[row]! / fine.high[at]!, fine.low[at]! / bars.low[row]!);
    return beyond > deniedTimes ? 'denied' : 'shown';
  }
  return 'silent';
}
