/**
 * Open, high, low and close of each hour, from a path of 60 minute steps inside it: a Brownian bridge that begins at the
 * open, ends at the close and wanders with the hour's own volatility. The open is the previous close, but for rare gaps.
 */
import { normalQuantile } from './quantiles.ts';
import { fillWords, openStream, uniformAt } from './streams.ts';

export interface PricePath {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
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
  /** Generated hours [fromHour, toHour) to make bars for. */
  readonly fromHour: number;
  readonly toHour: number;
}

const minutes = 60;
const draws = 4096;
// A fine table of normal quantiles is exact enough for steps of which sixty are summed, and five of its indices fit into
// one block of the stream.
const normals = Float64Array.from({ length: draws }, (_, index) => normalQuantile((index + 0.5) / draws));
const drawsPerBlock = 5;
const blocksPerHour = minutes / drawsPerBlock;

/** About one hour in 3,000 opens away from the previous close, by up to .8 %. */
const gapShare = 1 / 3000;
const gapSizeMax = 0.008;

export function plantPath(input: PathInput): PricePath {
  const count = input.toHour - input.fromHour;
  const path = {
    open: new Float64Array(count),
    high: new Float64Array(count),
    low: new Float64Array(count),
    close: new Float64Array(count),
  };
  const steps = openStream(input.seed, input.id, 'intrabar');
  const gaps = openStream(input.seed, input.id, 'gap');
  const words = new Int32Array(blocksPerHour * 2);
  const reach = new Float64Array(2);
  for (let row = 0; row < count; row += 1) {
    const hour = input.fromHour + row;
    const before = hour === 0 ? input.logStart : input.logClose[hour - 1]!;
    const start = input.gaps ? before + gapAt(uniformAt(gaps, hour)) : before;
    const end = input.logClose[hour]!;
    fillWords(words, steps, hour * blocksPerHour);
    bridgeReach(reach, words, start, end, input.hourlyVolatility[hour]! / Math.sqrt(minutes));
    path.open[row] = roundPrice(Math.exp(start));
    path.high[row] = roundPrice(Math.exp(reach[0]!));
    path.low[row] = roundPrice(Math.exp(reach[1]!));
    path.close[row] = roundPrice(Math.exp(end));
  }
  return path;
}

function gapAt(draw: number): number {
  return draw < gapShare ? ((2 * draw) / gapShare - 1) * gapSizeMax : 0;
}

const walk = new Float64Array(minutes + 1);

/** Highest and lowest point of the bridge from `start` to `end`, into `reach`. */
function bridgeReach(
  reach: Float64Array,
  words: Int32Array,
  start: number,
  end: number,
  stepSize: number,
): void {
  let at = 0;
  for (let block = 0, minute = 1; block < words.length; block += 2, minute += drawsPerBlock) {
    const a = words[block]!;
    const b = words[block + 1]!;
    walk[minute] = at += normals[a & 4095]!;
    walk[minute + 1] = at += normals[(a >>> 12) & 4095]!;
    walk[minute + 2] = at += normals[b & 4095]!;
    walk[minute + 3] = at += normals[(b >>> 12) & 4095]!;
    walk[minute + 4] = at += normals[((a >>> 24) << 4) | (b >>> 28)]!;
  }
  const tilt = (end - start) / minutes - (at * stepSize) / minutes;
  let high = Math.max(start, end);
  let low = Math.min(start, end);
  for (let minute = 1; minute < minutes; minute += 1) {
    const point = start + walk[minute]! * stepSize + tilt * minute;
    if (point > high) high = point;
    else if (point < low) low = point;
  }
  reach[0] = high;
  reach[1] = low;
}

/** A price to six significant digits. Rounding keeps order, so high and low stay on their sides. */
export function roundPrice(price: number): number {
  const power = 5 - Math.floor(Math.log10(price));
  if (power < 0) return Math.round(price / 10 ** -power) * 10 ** -power;
  const scale = powers[power] ?? 10 ** power;
  return Math.round(price * scale) / scale;
}

const powers = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
