/**
 * The path of a barrier coin, in steps of a minute. Inside an episode the relative price is a symmetric walk of equal steps until
 * it meets a barrier; where that is not the barrier of the drawn outcome, the whole episode is mirrored. So the outcome has
 * exactly the law it was drawn from, and the walk stays a walk. Between episodes the price wanders about the level it was left at.
 *
 * Every step is a bit of a stream, by its minute: no step depends on how many were taken before.
 */
import { roundPrice } from '../path.ts';
import { fillWords, openStream, type Stream, uniformAt } from '../streams.ts';
import { barrierFraction } from './settings.ts';

const minutes = 60;
/** Steps from the entry to a barrier: 256 minutes in the mean. */
const barrierSteps = 16;
/** Between episodes the walk turns here, so that the hour that met one barrier never reaches the other. */
const restSteps = 8;
const stepFraction = barrierFraction / barrierSteps;

/** Of an episode. Hours are generated hours. */
export interface Episode<Point> {
  readonly point: Point;
  /** The position is entered at the open of this hour, which is the close of the hour before. */
  readonly entryHour: number;
  readonly entryPrice: number;
  /** The barrier is met in this hour; it may lie beyond the path's end. */
  readonly exitHour: number;
}

export interface BarrierPath<Point> {
  /** Price at the end of each minute of hours [fromHour, toHour). */
  readonly minuteClose: Float64Array;
  readonly episodes: readonly Episode<Point>[];
}

export interface BarrierPathInput<Point> {
  readonly seed: number;
  readonly id: string;
  /** Generated hours; the path is the same from any end. */
  readonly fromHour: number;
  readonly toHour: number;
  readonly priceStart: number;
  /** The decision number `slot`, taken at the stamp that `hour` begins with. */
  readonly decide: (slot: number, hour: number) => Point;
}

/** The side of a decision and whether it wins: all that a path has to know. */
interface Decision {
  readonly side: 1 | -1;
  readonly outcome: 0 | 1;
}

export function plantBarrierPath<Point extends Decision>(input: BarrierPathInput<Point>): BarrierPath<Point> {
  const { seed, id, fromHour, toHour, priceStart, decide } = input;
  const steps = openStream(seed, id, 'barrier-walk');
  const rests = openStream(seed, id, 'barrier-rest');
  const minuteClose = new Float64Array((toHour - fromHour) * minutes);
  const episodes: Episode<Point>[] = [];
  const walk = { level: roundPrice(priceStart), at: 0 };
  let next = fromHour + 1;
  let [exitMinute, mirror] = [-1, 1];
  for (let hour = fromHour; hour < toHour; hour += 1) {
    fillWords(words, steps, hour);
    if (hour === next) {
      const slot = episodes.length;
      const point = decide(slot, hour);
      const met = firstMeeting(steps, hour);
      exitMinute = met.minute;
      mirror = met.direction === (point.outcome === 1 ? point.side : -point.side) ? 1 : -1;
      walk.level = priceAt(walk.level, walk.at);
      walk.at = 0;
      const exitHour = Math.floor(exitMinute / minutes);
      episodes.push({ point, entryHour: hour, entryPrice: walk.level, exitHour });
      next = exitHour + 2 + Math.floor(3 * uniformAt(rests, slot));
      fillWords(words, steps, hour);
    }
    for (let minute = 0; minute < minutes; minute += 1) {
      const now = hour * minutes + minute;
      if (now <= exitMinute) walk.at += mirror * stepAt(minute);
      else rest(walk, stepAt(minute));
      const price = priceAt(walk.level, walk.at);
      minuteClose[now - fromHour * minutes] = price;
      if (now === exitMinute) {
        walk.level = price;
        walk.at = 0;
      }
    }
  }
  return { minuteClose, episodes };
}

function rest(walk: { at: number }, step: number): void {
  walk.at += Math.abs(walk.at + step) > restSteps ? -step : step;
}

const words = new Int32Array(2);

/** +1 or -1: thirty minutes of the hour in each of the two words. */
function stepAt(minute: number): 1 | -1 {
  return ((words[minute < 30 ? 0 : 1]! >>> (minute % 30)) & 1) === 1 ? 1 : -1;
}

/** Where the walk that begins with `hour` first meets a barrier, and which. Overwrites `words`. */
function firstMeeting(steps: Stream, hour: number): { readonly minute: number; readonly direction: 1 | -1 } {
  for (let at = 0, block = hour; ; block += 1) {
    fillWords(words, steps, block);
    for (let minute = 0; minute < minutes; minute += 1) {
      at += stepAt(minute);
      if (Math.abs(at) === barrierSteps)
        return { minute: block * minutes + minute, direction: at > 0 ? 1 : -1 };
    }
  }
}

/** At a barrier the grid must not fall short of it: there prices are rounded outwards. */
function priceAt(level: number, at: number): number {
  if (at === barrierSteps) return roundOutwards(level * (1 + barrierFraction), 1);
  if (at === -barrierSteps) return roundOutwards(level * (1 - barrierFraction), -1);
  return roundPrice(level * (1 + at * stepFraction));
}

function roundOutwards(price: number, direction: 1 | -1): number {
  let rounded = roundPrice(price);
  const unit = 10 ** (Math.floor(Math.log10(price)) - 5);
  while (direction * (rounded - price) < 0) rounded = roundPrice(rounded + direction * unit);
  return rounded;
}
