/**
 * Wilder's mean and what is built on it (Wilder 1978), on a fixed window: the mean starts anew inside each window, so its
 * value is a function of the window alone. NaN where the newest bar is absent, fewer than `countMin` bars of the window are
 * present, or there are not enough changes for the first plain mean. Cost: O(period) per element, whatever the window.
 */
import { forEachBlock, type RollingRange } from '../../rolling.ts';
import { giveFloats, takeFloats } from '../../scratch.ts';
import { writeDot } from '../dot.ts';
import { dropPresent, type PresentBars, packed, powersOf, presentBars } from './present.ts';

/**
 * Relative strength index as a share, in [0, 1]: G / (G + L) with G and L the Wilder means of rises and falls of the close
 * from one present bar to the next; 0.5 where there is neither.
 */
export function rollingRsi(
  close: Float64Array,
  period: number,
  range: RollingRange,
  out: Float64Array,
): void {
  const present = presentBars(close, range);
  const closes = packed(close, present);
  const rises = takeFloats(present.places);
  const falls = takeFloats(present.places);
  for (let place = 1; place < present.places; place += 1) {
    const change = closes[place]! - closes[place - 1]!;
    rises[place] = change > 0 ? change : 0;
    falls[place] = change > 0 ? 0 : -change;
  }
  const fall = takeFloats(range.to);
  rollingWilderMean(rises, period, present, range, out);
  rollingWilderMean(falls, period, present, range, fall);
  for (let index = range.from; index < range.to; index += 1) {
    const both = out[index]! + fall[index]!;
    out[index] = both === 0 ? 0.5 : out[index]! / both;
  }
  giveFloats(closes, rises, falls, fall);
  dropPresent(present);
}

/**
 * True range of a bar, in the unit of its prices: the largest of the three distances. Not the range stretched to the last
 * close, which differs where a faulty bar has its high below its low.
 */
export function trueRange(high: number, low: number, lastClose: number): number {
  return Math.max(high - low, Math.abs(high - lastClose), Math.abs(low - lastClose));
}

/**
 * Average true range, in the unit of the prices: the Wilder mean of the true ranges max(h - l, |h - c'|, |l - c'|), c' the
 * close of the present bar before. The oldest bar of a window has none.
 */
export function rollingAtr(
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  period: number,
  range: RollingRange,
  out: Float64Array,
): void {
  const present = presentBars(close, range);
  const [highs, lows, closes] = [packed(high, present), packed(low, present), packed(close, present)];
  const trueRanges = takeFloats(present.places);
  for (let place = 1; place < present.places; place += 1) {
    trueRanges[place] = trueRange(highs[place]!, lows[place]!, closes[place - 1]!);
  }
  rollingWilderMean(trueRanges, period, present, range, out);
  giveFloats(highs, lows, closes, trueRanges);
  dropPresent(present);
}

/**
 * Wilder mean of the changes of each window: the plain mean of the first n, then y += (x - y) / n. `x` holds at each place
 * the change from the place before; the first place of a window has no change inside it.
 *
 * With q = 1 - 1 / n the mean of m changes is (sum q^(m-1-i) x_i + q^(m-n) sum_(i<n) (1 - q^(n-1-i)) x_i) / n: all changes
 * as if the recursion had begun at nothing, and what the plain mean gives the first n beyond that. The first sum is parted
 * at the window's cut; the second has n terms. Nothing cancels where the changes have one sign.
 */
function rollingWilderMean(
  x: Float64Array,
  period: number,
  present: PresentBars,
  range: RollingRange,
  out: Float64Array,
): void {
  const { window, countMin } = range;
  const { before } = present;
  const keep = 1 - 1 / period;
  const powers = powersOf(keep, window);
  const seedWeight = powers.slice(0, period).reverse();
  for (let i = 0; i < period; i += 1) seedWeight[i] = 1 - seedWeight[i]!;
  const older = takeFloats(window + 1);
  forEachBlock(range, (cut, from, to) => {
    const begin = Math.max(cut, present.start);
    const cutPlace = before[begin]!;
    fillOlder(older, x, powers, cutPlace, before[Math.max(present.start, from - window + 1)]!);
    let recent = 0;
    for (let index = begin; index < to; index += 1) {
      const place = before[index]!;
      const isPresent = before[index + 1]! > place;
      if (isPresent && place > cutPlace) recent = recent * keep + x[place]!;
      if (index < from) continue;
      const first = before[Math.max(present.start, index - window + 1)]!;
      const changes = place - first;
      if (!isPresent || changes + 1 < countMin || changes < period) {
        out[index] = Number.NaN;
        continue;
      }
      let sum = recent;
      if (first < cutPlace) {
        const steps = place - cutPlace;
        sum += powers[steps]! * x[cutPlace]! + powers[steps + 1]! * older[cutPlace - 1 - first]!;
      }
      writeDot(seedWeight, x, first + 1, out, index);
      out[index] = (sum + powers[changes - period]! * out[index]!) / period;
    }
  });
  giveFloats(older);
}

/** Entry r: the weighted sum of the r changes before the cut, those of the places cutPlace - r .. cutPlace - 1. */
function fillOlder(
  older: Float64Array,
  x: Float64Array,
  powers: Float64Array,
  cutPlace: number,
  oldest: number,
): void {
  older[0] = 0;
  for (let r = 1; r <= cutPlace - 1 - oldest; r += 1) {
    older[r] = older[r - 1]! + powers[r - 1]! * x[cutPlace - r]!;
  }
}
