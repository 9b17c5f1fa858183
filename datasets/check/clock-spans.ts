/**
 * Spans in which a symbol's hours are not the market's, found by lead and lag of its hourly returns against the median of all.
 *
 *   1. returns are scaled by their usual size and clipped, so that one crash does not decide
 *   2. in windows of 15 and of 30 days, each symbol is correlated with the market at every lag up to half a day; a lag that beats lag 0
 *      by a margin that chance does not reach is a suspect
 *   3. the most likely division of the symbol's life into the suspect lags and lag 0 (Viterbi, a price on every change)
 *   4. each edge is put where the bars themselves show it: a stamp that was set back repeats bars, one that was set on skips
 *      some, so that an open lies off the close before it. Where they show nothing, the most likely hour stands
 */
import { hourMs } from '../../engine/panel/hours.ts';
import { type Bars, priceColumns } from './bars.ts';
import { type Grid, medianInPlace } from './grid.ts';

export interface ClockSpan {
  /** First hour, and one past the last. */
  readonly from: number;
  readonly to: number;
  /** Hours by which stamps are late; negative: early. */
  readonly lateHours: number;
  readonly correlation: number;
  readonly unshifted: number;
  /** True where the bars themselves show both edges. */
  readonly exact: boolean;
}

/** Two strides make a window. */
const strideHours = 360;
const lagMax = 14;
const lags = Array.from({ length: 2 * lagMax + 1 }, (_, index) => index - lagMax);
const hoursMin = 168;
const clip = 3;
/** The shifted correlation itself, and its lead over the unshifted one; in standard errors where a window is short. */
const correlationMin = 0.15;
const correlationErrors = 5.5;
const leadMin = 0.15;
const leadErrors = 5;
/** What a change of lag costs, in units of log likelihood; chance pays e^-10. */
const changeCost = 10;
/** No single hour says more: the return across an edge is nobody's. */
const hourGainMax = 4;
/** How far from the most likely hour an edge is looked for, and how much less likely an open off its close may be. */
const edgeHours = 720;
const edgeLossMax = 12;
/** An open off its close may be less likely still by so many times the log of how seldom one is. */
const rarityWeight = 3;
/** An open is off the close before it from so many times the usual distance on. */
const breakTimes = 8;

/** In units of the usual absolute size, clipped; absent values stay NaN. */
export function scaledReturns(returns: Float32Array): Float32Array {
  const usual = medianInPlace(returns.map(Math.abs)) * 1.4826;
  return returns.map((value) => Math.max(-clip, Math.min(clip, value / usual)));
}

/** `market` comes scaled. */
export function clockSpans(bars: Bars, grid: Grid, coin: number, market: Float32Array): readonly ClockSpan[] {
  const own = scaledReturns(grid.returns.slice(coin * grid.hours, (coin + 1) * grid.hours));
  const life = { from: grid.first[coin]!, to: grid.last[coin]! + 1 };
  const suspects = suspectLags(own, market, life);
  if (suspects.size === 0) return [];
  const series = { own, market, correlation: Math.max(...suspects.values()) };
  const coinBars = { bars, grid, coin, life };
  const spans = divided(series, [0, ...suspects.keys()], life).flatMap(({ lag, from, to }) => {
    if (lag === 0) return [];
    const fit = fitOf(own, market, from, to, lag);
    if (fit === null) return [];
    const start =
      from <= life.from ? { hour: life.from, exact: true } : edgeOf(coinBars, series, from, [0, lag]);
    const end = to >= life.to ? { hour: life.to, exact: true } : edgeOf(coinBars, series, to, [lag, 0]);
    const exact = start.exact && end.exact;
    return [{ from: start.hour, to: end.hour, lateHours: -lag, ...fit, exact }];
  });
  return joined(spans.filter((span) => span.to > span.from));
}

/** A calm week can divide a span in two, whose edges then turn out to be the same. */
function joined(spans: readonly ClockSpan[]): readonly ClockSpan[] {
  const whole: ClockSpan[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = whole.at(-1);
    if (last === undefined || last.lateHours !== span.lateHours || span.from > last.to) whole.push(span);
    else if (span.to > last.to)
      whole[whole.length - 1] = { ...last, to: span.to, exact: last.exact && span.exact };
  }
  return whole;
}

interface Life {
  readonly from: number;
  readonly to: number;
}

/** Lags that win a window or a half of one, with the best correlation each of them has. */
function suspectLags(own: Float32Array, market: Float32Array, life: Life): ReadonlyMap<number, number> {
  const suspects = new Map<number, number>();
  let former = lags.map(() => noSums);
  for (let from = life.from; from < life.to; from += strideHours) {
    const to = Math.min(from + strideHours, life.to);
    const sums = lags.map((lag) => sumsAt(own, market, from, to, lag));
    const windows = [
      { from, others: lags.map(() => noSums) },
      { from: Math.max(life.from, from - strideHours), others: former },
    ];
    for (const window of windows) {
      const correlations = sums.map((one, index) => correlationOf(one, window.others[index]!));
      const best = correlations.reduce(
        (top, value, index) => (value > correlations[top]! ? index : top),
        lagMax,
      );
      const lag = lags[best]!;
      if (lag === 0 || fitOf(own, market, window.from, to, lag) === null) continue;
      suspects.set(lag, Math.max(correlations[best]!, suspects.get(lag) ?? 0));
    }
    former = sums;
  }
  return suspects;
}

/** Null where the lag does not beat lag 0 by enough. */
function fitOf(
  own: Float32Array,
  market: Float32Array,
  from: number,
  to: number,
  lag: number,
): Pick<ClockSpan, 'correlation' | 'unshifted'> | null {
  let hours = 0;
  for (let hour = from; hour < to; hour += 1) if (!Number.isNaN(own[hour]!)) hours += 1;
  if (hours < hoursMin) return null;
  const correlation = correlationOf(sumsAt(own, market, from, to, lag), noSums);
  const unshifted = correlationOf(sumsAt(own, market, from, to, 0), noSums);
  const lead = Math.max(leadMin, leadErrors / Math.sqrt(hours));
  const least = Math.max(correlationMin, correlationErrors / Math.sqrt(hours));
  if (correlation < least || correlation - unshifted < lead) return null;
  return { correlation, unshifted };
}

/** Of the symbol at `hour` with the market at `hour + lag`; means are taken as 0, as they are for returns. */
interface Sums {
  readonly cross: number;
  readonly own: number;
  readonly market: number;
}

const noSums: Sums = { cross: 0, own: 0, market: 0 };

function sumsAt(own: Float32Array, market: Float32Array, from: number, to: number, lag: number): Sums {
  let cross = 0;
  let squaresOwn = 0;
  let squaresMarket = 0;
  for (let hour = Math.max(from, -lag); hour < Math.min(to, market.length - lag); hour += 1) {
    const a = own[hour]!;
    const b = market[hour + lag]!;
    if (Number.isNaN(b) || Number.isNaN(a)) continue;
    cross += a * b;
    squaresOwn += a * a;
    squaresMarket += b * b;
  }
  return { cross, own: squaresOwn, market: squaresMarket };
}

/** Of two stretches together. */
function correlationOf(a: Sums, b: Sums): number {
  const squares = (a.own + b.own) * (a.market + b.market);
  return squares === 0 ? 0 : (a.cross + b.cross) / Math.sqrt(squares);
}

interface Series {
  readonly own: Float32Array;
  readonly market: Float32Array;
  readonly correlation: number;
}

/** Log likelihood of an hour's return under a lag, up to what all lags share; 0 where one of the two is absent. */
function likelihood({ own, market, correlation }: Series, hour: number, lag: number): number {
  const a = own[hour];
  const b = market[hour + lag];
  if (a === undefined || b === undefined || Number.isNaN(a) || Number.isNaN(b)) return 0;
  const share = Math.min(correlation, 0.95);
  const gain = (share * b * (2 * a - share * b)) / (2 * (1 - share * share));
  return Math.max(-hourGainMax, Math.min(hourGainMax, gain));
}

interface Piece extends Life {
  readonly lag: number;
}

function divided(series: Series, states: readonly number[], life: Life): readonly Piece[] {
  const hours = life.to - life.from;
  const cameFrom = new Uint8Array(hours * states.length);
  let scores = new Float64Array(states.length);
  for (let at = 0; at < hours; at += 1) {
    let best = 0;
    for (let state = 1; state < states.length; state += 1) if (scores[state]! > scores[best]!) best = state;
    const next = new Float64Array(states.length);
    for (const [state, lag] of states.entries()) {
      const changes = at > 0 && scores[best]! - changeCost > scores[state]!;
      cameFrom[at * states.length + state] = changes ? best : state;
      next[state] =
        (changes ? scores[best]! - changeCost : scores[state]!) + likelihood(series, life.from + at, lag);
    }
    scores = next;
  }
  let state = scores.indexOf(Math.max(...scores));
  const pieces: { lag: number; from: number; to: number }[] = [];
  for (let at = hours - 1; at >= 0; at -= 1) {
    const hour = life.from + at;
    const last = pieces.at(-1);
    if (last !== undefined && last.lag === states[state]) last.from = hour;
    else pieces.push({ lag: states[state]!, from: hour, to: hour + 1 });
    state = cameFrom[at * states.length + state]!;
  }
  return pieces.reverse();
}

interface CoinBars {
  readonly bars: Bars;
  readonly grid: Grid;
  readonly coin: number;
  readonly life: Life;
}

interface Edge {
  readonly hour: number;
  readonly exact: boolean;
}

/** The hour from which on the second lag holds, near the most likely one. */
function edgeOf(
  coinBars: CoinBars,
  series: Series,
  likely: number,
  [before, after]: readonly [number, number],
): Edge {
  const late = before - after;
  const breaks = late < 0 ? breaksOf(coinBars) : null;
  const lossMax = edgeLossMax + (breaks?.allowance ?? 0);
  let best: { hour: number; loss: number } | null = null;
  for (const sense of [1, -1]) {
    let loss = 0;
    for (let step = 0; step <= edgeHours; step += 1) {
      const hour = likely + sense * step;
      // Going on, the hour behind counts for the first lag; going back, the hour itself for the second.
      const passed = sense > 0 ? hour - 1 : hour;
      if (step > 0) loss += sense * (likelihood(series, passed, after) - likelihood(series, passed, before));
      if (best !== null && loss >= best.loss) continue;
      // Bars that stand twice are no chance, wherever they stand.
      const shown =
        breaks === null
          ? repeats(coinBars, hour, late) || (loss <= edgeLossMax && meetsHole(coinBars, hour, before === 0))
          : loss <= lossMax &&
            (isBreak(coinBars, hour, breaks.size) || meetsHole(coinBars, hour, before === 0));
      if (shown) best = { hour, loss };
    }
  }
  return best === null ? { hour: likely, exact: false } : { hour: best.hour, exact: true };
}

function rowOf({ grid, coin }: CoinBars, hour: number): number {
  return hour < 0 || hour >= grid.hours ? -1 : grid.row[coin * grid.hours + hour]!;
}

/** Whether the bars from `hour` on are those of so many hours before it once more. */
function repeats(coinBars: CoinBars, hour: number, hours: number): boolean {
  const { bars } = coinBars;
  for (let at = hour; at < hour + hours; at += 1) {
    const [former, row] = [rowOf(coinBars, at - hours), rowOf(coinBars, at)];
    // A feed that stands still repeats itself as well.
    if (former < 0 || row < 0 || bars.high[row] === bars.low[row]) return false;
    if (priceColumns.some((name) => bars[name][former] !== bars[name][row])) return false;
    if (!Number.isNaN(bars.volume[row]!) && bars.volume[former] !== bars.volume[row]) return false;
  }
  return true;
}

function isBreak(coinBars: CoinBars, hour: number, size: number): boolean {
  const [former, row] = [rowOf(coinBars, hour - 1), rowOf(coinBars, hour)];
  if (former < 0 || row < 0) return false;
  const { open, close } = coinBars.bars;
  return Math.abs(Math.log(open[row]! / close[former]!)) > size;
}

/** True where the span begins after an absence, or ends before one. */
function meetsHole(coinBars: CoinBars, hour: number, isStart: boolean): boolean {
  if (hour <= coinBars.life.from || hour >= coinBars.life.to) return false;
  const [former, row] = [rowOf(coinBars, hour - 1) >= 0, rowOf(coinBars, hour) >= 0];
  return isStart ? row && !former : former && !row;
}

/**
 * From which size on an open is off the close before it: many times what is usual, or anything where they mostly agree. The
 * fewer such opens there are, the more one of them says.
 */
function breaksOf({ bars, coin }: CoinBars): { readonly size: number; readonly allowance: number } {
  const distances: number[] = [];
  for (let row = bars.start[coin]! + 1; row < bars.start[coin + 1]!; row += 1) {
    if (bars.timeMs[row]! - bars.timeMs[row - 1]! !== hourMs) continue;
    distances.push(Math.abs(Math.log(bars.open[row]! / bars.close[row - 1]!)));
  }
  if (distances.length === 0) return { size: 0, allowance: 0 };
  const size = breakTimes * medianInPlace(Float64Array.from(distances));
  const count = distances.filter((distance) => distance > size).length;
  return { size, allowance: rarityWeight * Math.log(distances.length / Math.max(1, count)) };
}
