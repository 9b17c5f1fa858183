/** Average directional index (Wilder 1978) on a fixed window. */
import type { RollingRange } from '../../rolling.ts';
import { giveFloats, takeFloats } from '../../scratch.ts';
import { dropPresent, type PresentBars, packed, presentBars } from './present.ts';

/** Turns 0 / 0 into 0 and changes no other quotient: sums of price moves are far larger, or exactly nothing. */
const TINY = 1e-300;

/**
 * ADX as a share, in [0, 1]: the Wilder mean of DX = |+DI - -DI| / (+DI + -DI), 0 where the sum is 0, over the present bars
 * of each window. NaN where the newest bar is absent, or fewer than `countMin` or 2 period bars are present.
 *
 * The true range is a divisor of both directional indicators and falls out of DX. A bar moves in one direction at most, so
 * one signed series carries both: their difference is its Wilder sum, their sum that of its size. DX is not linear in the
 * start of the window: O(window) per element, four elements side by side to fill the waits of the processor.
 */
export function rollingAdx(
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  period: number,
  range: RollingRange,
  out: Float64Array,
): void {
  const { window, countMin, from, to } = range;
  const present = presentBars(close, range);
  const { before, start } = present;
  const moves = signedMoves(high, low, present);
  const firstOf = (index: number) => before[Math.max(start, index - window + 1)]!;
  let index = from;
  while (index < to) {
    const first = firstOf(index);
    const changes = before[index]! - first;
    if (before[index + 1] === before[index] || changes + 1 < countMin || changes < 2 * period - 1) {
      out[index] = Number.NaN;
      index += 1;
    } else if (
      index + 3 < to &&
      // Both ends moved on by three in three bars: no bar of the four is absent, and the windows are equally long.
      before[index + 4]! === before[index]! + 4 &&
      firstOf(index + 3) === first + 3
    ) {
      fourAdx(moves, first + 1, changes, period, out, index);
      index += 4;
    } else {
      out[index] = adxOf(moves, first + 1, changes, period);
      index += 1;
    }
  }
  giveFloats(moves);
  dropPresent(present);
}

/** +DM, or minus -DM, of each place against the place before. */
function signedMoves(high: Float64Array, low: Float64Array, present: PresentBars): Float64Array {
  const [highs, lows] = [packed(high, present), packed(low, present)];
  const moves = takeFloats(present.places).fill(0, 0, present.places);
  for (let place = 1; place < present.places; place += 1) {
    const up = highs[place]! - highs[place - 1]!;
    const down = lows[place - 1]! - lows[place]!;
    if (up > down && up > 0) moves[place] = up;
    else if (down > up && down > 0) moves[place] = -down;
  }
  giveFloats(highs, lows);
  return moves;
}

/** Sums instead of means: q = 1 - 1 / n, n y_i = q n y_(i-1) + x_i, and the factors n fall out of DX. */
function adxOf(moves: Float64Array, from: number, changes: number, period: number): number {
  const keep = 1 - 1 / period;
  let net = 0;
  let gross = 0;
  let sum = 0;
  for (let i = 0; i < changes; i += 1) {
    const move = moves[from + i]!;
    const kept = i < period ? 1 : keep;
    net = net * kept + move;
    gross = gross * kept + Math.abs(move);
    if (i >= period - 1) sum = sum * (i < 2 * period - 1 ? 1 : keep) + Math.abs(net) / (gross + TINY);
  }
  return sum / period;
}

/** `adxOf` for four windows, each a place later than the one before: the same operations on each, in the same order. */
function fourAdx(
  moves: Float64Array,
  from: number,
  changes: number,
  period: number,
  out: Float64Array,
  at: number,
): void {
  const keep = 1 - 1 / period;
  // One by one: what comes out of a pattern is boxed anew at every step.
  let netA = 0;
  let netB = 0;
  let netC = 0;
  let netD = 0;
  let grossA = 0;
  let grossB = 0;
  let grossC = 0;
  let grossD = 0;
  let sumA = 0;
  let sumB = 0;
  let sumC = 0;
  let sumD = 0;
  for (let i = 0; i < changes; i += 1) {
    const kept = i < period ? 1 : keep;
    const place = from + i;
    const a = moves[place]!;
    const b = moves[place + 1]!;
    const c = moves[place + 2]!;
    const d = moves[place + 3]!;
    netA = netA * kept + a;
    netB = netB * kept + b;
    netC = netC * kept + c;
    netD = netD * kept + d;
    grossA = grossA * kept + Math.abs(a);
    grossB = grossB * kept + Math.abs(b);
    grossC = grossC * kept + Math.abs(c);
    grossD = grossD * kept + Math.abs(d);
    if (i < period - 1) continue;
    const held = i < 2 * period - 1 ? 1 : keep;
    sumA = sumA * held + Math.abs(netA) / (grossA + TINY);
    sumB = sumB * held + Math.abs(netB) / (grossB + TINY);
    sumC = sumC * held + Math.abs(netC) / (grossC + TINY);
    sumD = sumD * held + Math.abs(netD) / (grossD + TINY);
  }
  out[at] = sumA / period;
  out[at + 1] = sumB / period;
  out[at + 2] = sumC / period;
  out[at + 3] = sumD / period;
}
