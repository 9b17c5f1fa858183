/**
 * A symbol whose hours are not the market's. Its hourly returns follow the market's median return, but best at another
 * hour: by one bar where open and close times were confused, by three or eight where a time zone was.
 *
 *   1. returns are scaled by their usual size and clipped, so that one crash does not decide
 *   2. in blocks of 30 days, each symbol is correlated with the market at every lag up to half a day
 *   3. a block is shifted where another lag beats lag 0 by a margin that chance does not reach
 *   4. neighbouring blocks with the same shift are one finding
 *
 * A symbol that hardly follows the market, or a file that is shifted as a whole, cannot be judged this way.
 */
import type { Bars } from '../bars.ts';
import type { Finding, Rule } from '../finding.ts';
import { crossSectionMin, type Grid, medianInPlace, timeOf } from '../grid.ts';

const blockHours = 720;
const lagMax = 14;
const hoursMin = 168;
const clip = 3;
/** The shifted correlation itself, and its lead over the unshifted one; five standard errors where a block is short. */
const correlationMin = 0.25;
const leadMin = 0.15;
const leadErrors = 5;

export const shiftedClock: Rule = ({ bars, grid }) => {
  if (grid.coins < crossSectionMin) return [];
  const market = scaled(Float32Array.from(grid.marketReturn));
  return bars.symbols.flatMap((_, coin) => {
    const own = scaled(grid.returns.slice(coin * grid.hours, (coin + 1) * grid.hours));
    return shiftsOf(own, market).map((shift) => findingOf(bars, grid, coin, shift));
  });
};

/** In units of the usual absolute size, clipped; absent values stay NaN. */
function scaled(returns: Float32Array): Float32Array {
  const usual = medianInPlace(returns.map(Math.abs)) * 1.4826;
  return returns.map((value) => Math.max(-clip, Math.min(clip, value / usual)));
}

interface Shift {
  readonly lag: number;
  readonly fromHour: number;
  readonly toHour: number;
  readonly correlation: number;
  readonly unshifted: number;
}

function shiftsOf(own: Float32Array, market: Float32Array): readonly Shift[] {
  const shifts: Shift[] = [];
  for (let from = 0; from < own.length; from += blockHours) {
    const shift = blockShift(own, market, from, Math.min(from + blockHours, own.length));
    if (shift === null) continue;
    const last = shifts.at(-1);
    if (last !== undefined && last.lag === shift.lag && last.toHour === shift.fromHour) {
      shifts[shifts.length - 1] = { ...last, toHour: shift.toHour };
    } else shifts.push(shift);
  }
  return shifts;
}

function blockShift(own: Float32Array, market: Float32Array, from: number, to: number): Shift | null {
  const hours: number[] = [];
  for (let hour = from; hour < to; hour += 1) if (!Number.isNaN(own[hour]!)) hours.push(hour);
  if (hours.length < hoursMin) return null;
  const unshifted = correlationAt(own, market, hours, 0);
  let best = { lag: 0, correlation: unshifted };
  for (let lag = -lagMax; lag <= lagMax; lag += 1) {
    const correlation = correlationAt(own, market, hours, lag);
    if (correlation > best.correlation) best = { lag, correlation };
  }
  const lead = Math.max(leadMin, leadErrors / Math.sqrt(hours.length));
  if (best.lag === 0 || best.correlation < correlationMin || best.correlation - unshifted < lead) return null;
  return { ...best, unshifted, fromHour: from, toHour: to };
}

/** Correlation of the symbol at `hour` with the market at `hour + lag`; means are taken as 0, as they are for returns. */
function correlationAt(
  own: Float32Array,
  market: Float32Array,
  hours: readonly number[],
  lag: number,
): number {
  let cross = 0;
  let squaresOwn = 0;
  let squaresMarket = 0;
  for (const hour of hours) {
    const a = own[hour]!;
    const b = market[hour + lag];
    if (b === undefined || Number.isNaN(b)) continue;
    cross += a * b;
    squaresOwn += a * a;
    squaresMarket += b * b;
  }
  return squaresOwn === 0 || squaresMarket === 0 ? 0 : cross / Math.sqrt(squaresOwn * squaresMarket);
}

function findingOf(bars: Bars, grid: Grid, coin: number, shift: Shift): Finding {
  const hours = Math.abs(shift.lag);
  // The symbol's hour h holds what the market did at h + lag: with a negative lag its stamps are too late.
  const sense = shift.lag < 0 ? 'late' : 'early';
  return {
    rule: 'shifted-clock',
    severity: 'error',
    symbol: bars.symbols[coin]!,
    fromMs: timeOf(grid, Math.max(shift.fromHour, grid.first[coin]!)),
    toMs: timeOf(grid, Math.min(shift.toHour - 1, grid.last[coin]!)),
    count: hours,
    message: `Its stamps run ${hours} h too ${sense}: returns follow the market's with ${shift.correlation.toFixed(2)} at that shift and with ${shift.unshifted.toFixed(2)} as they stand. An early stamp shows the future. Correct the time zone, or whether the stamp is the bar's open, and import again.`,
  };
}
