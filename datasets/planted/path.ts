/**
 * Prices inside the hours: a path of 60 minute steps, a Brownian bridge that begins at the hour's open, ends at its close and
 * wanders with the hour's own volatility. The open is the previous close, but for rare gaps. Bars of an hour and finer ones
 * (`detail.ts`) are cut from this one path.
 */
import { normalQuantile } from './quantiles.ts';
import { fillWords, openStream, type Stream, uniformAt } from './streams.ts';

export interface PricePath {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
}

export interface BarPath extends PricePath {
  /** Mean price of the hour, each minute weighted by its share of the volume. */
  readonly average: Float64Array;
}

export interface PathInput {
  readonly seed: number;
  readonly id: string;
  /** Log price at the close of every generated hour, and before the first. */
  readonly logClose: Float64Array;
  readonly logStart: number;
  /** Standard deviation of the log return of each generated hour. */
  readonly hourlyVolatility: Float64Array;
  readonly gaps: boolean;
  /** Prices are whole multiples of it; at most 1. */
  readonly tickSize: number;
  /** Generated hours [fromHour, toHour) to make bars for. */
  readonly fromHour: number;
  readonly toHour: number;
}

export const minutesPerHour = 60;
const draws = 4096;
// A fine table of normal quantiles is exact enough for steps of which sixty are summed, and five of its indices fit into
// one block of the stream.
const normals = Float64Array.from({ length: draws }, (_, index) => normalQuantile((index + 0.5) / draws));
const drawsPerBlock = 5;
const blocksPerHour = minutesPerHour / drawsPerBlock;

/** About one hour in 3,000 opens away from the previous close, by up to .8 %. */
const gapShare = 1 / 3000;
const gapSizeMax = 0.008;
/** Weight of a minute in which the price stands still; one of an average step has 1.8 times as much. */
const stillWeight = 1;

/** The minutes of one hour, filled by `walkHour`. */
export interface HourPath {
  /** Log price at the hour's open and at the end of each minute. */
  readonly points: Float64Array;
  /** What each minute's volume is in proportion to. */
  readonly weights: Float64Array;
}

export function emptyHourPath(): HourPath {
  return { points: new Float64Array(minutesPerHour + 1), weights: new Float64Array(minutesPerHour) };
}

export interface PathStreams {
  readonly steps: Stream;
  readonly gaps: Stream;
}

export function openPath(input: Pick<PathInput, 'seed' | 'id'>): PathStreams {
  return {
    steps: openStream(input.seed, input.id, 'intrabar'),
    gaps: openStream(input.seed, input.id, 'gap'),
  };
}

const words = new Int32Array(blocksPerHour * 2);

/** Walks generated hour `hour`, whichever hours were walked before. */
export function walkHour(path: HourPath, input: PathInput, { steps, gaps }: PathStreams, hour: number): void {
  const before = hour === 0 ? input.logStart : input.logClose[hour - 1]!;
  const start = input.gaps ? before + gapAt(uniformAt(gaps, hour)) : before;
  const end = input.logClose[hour]!;
  fillWords(words, steps, hour * blocksPerHour);
  bridge(path, start, end, input.hourlyVolatility[hour]! / Math.sqrt(minutesPerHour));
}

export function plantPath(input: PathInput): BarPath {
  const count = input.toHour - input.fromHour;
  const column = () => new Float64Array(count);
  const path = { open: column(), high: column(), low: column(), close: column(), average: column() };
  const streams = openPath(input);
  const hourPath = emptyHourPath();
  const { points } = hourPath;
  const round = priceRounding(input.tickSize);
  for (let row = 0; row < count; row += 1) {
    walkHour(hourPath, input, streams, input.fromHour + row);
    let high = points[0]!;
    let low = high;
    for (let minute = 1; minute <= minutesPerHour; minute += 1) {
      const point = points[minute]!;
      if (point > high) high = point;
      else if (point < low) low = point;
    }
    path.open[row] = round(Math.exp(points[0]!));
    path.high[row] = round(Math.exp(high));
    path.low[row] = round(Math.exp(low));
    path.close[row] = round(Math.exp(points[minutesPerHour]!));
    path.average[row] = within(Math.exp(meanLog(hourPath)), path.low[row]!, path.high[row]!);
  }
  return path;
}

/** Mean log price over the hour's volume. */
function meanLog({ points, weights }: HourPath): number {
  let sum = 0;
  let weight = 0;
  for (let minute = 0; minute < minutesPerHour; minute += 1) {
    weight += weights[minute]!;
    sum += weights[minute]! * (points[minute]! + points[minute + 1]!);
  }
  return sum / (2 * weight);
}

function within(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function gapAt(draw: number): number {
  return draw < gapShare ? ((2 * draw) / gapShare - 1) * gapSizeMax : 0;
}

/** From `start` to `end` by the steps that stand in `words`. */
function bridge({ points, weights }: HourPath, start: number, end: number, stepSize: number): void {
  let at = 0;
  for (let block = 0, minute = 1; block < words.length; block += 2, minute += drawsPerBlock) {
    const a = words[block]!;
    const b = words[block + 1]!;
    points[minute] = at += normals[a & 4095]!;
    points[minute + 1] = at += normals[(a >>> 12) & 4095]!;
    points[minute + 2] = at += normals[b & 4095]!;
    points[minute + 3] = at += normals[(b >>> 12) & 4095]!;
    points[minute + 4] = at += normals[((a >>> 24) << 4) | (b >>> 28)]!;
  }
  const tilt = (end - start) / minutesPerHour - (at * stepSize) / minutesPerHour;
  points[0] = start;
  let before = 0;
  for (let minute = 1; minute <= minutesPerHour; minute += 1) {
    const walked = points[minute]!;
    weights[minute - 1] = stillWeight + Math.abs(walked - before);
    before = walked;
    points[minute] = start + walked * stepSize + tilt * minute;
  }
  points[minutesPerHour] = end;
}

/** Rounding keeps order, so high and low stay on their sides, and that of the highest price is the highest rounded one. */
export function priceRounding(tickSize: number): (price: number) => number {
  const perUnit = Math.round(1 / tickSize);
  return (price) => Math.max(1, Math.round(price * perUnit)) / perUnit;
}

/** A price to six significant digits. */
export function roundPrice(price: number): number {
  const power = 5 - Math.floor(Math.log10(price));
  if (power < 0) return Math.round(price / 10 ** -power) * 10 ** -power;
  const scale = powers[power] ?? 10 ** power;
  return Math.round(price * scale) / scale;
}

const powers = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
