/**
 * Funding settlements from a basis that reverts to zero. A rate is what the venue's formula makes of the mean basis P over
 * the interval, P + clamp(.01 % - P, +-.05 %) per eight hours; intervals are 8, 4 or 1 hour by coin and rarely change once.
 */
import type { Entity } from './entities.ts';
import type { Life } from './life.ts';
import { roundPrice } from './path.ts';
import { burnInHours } from './settings.ts';
import { fillNormal, openStream, uniformAt } from './streams.ts';

export interface Settlements {
  /** Generated hour of each stamp. */
  readonly hour: Int32Array;
  readonly rate: Float64Array;
  readonly mark: Float64Array;
}

const halfLifeHours = 12;
const basisSpread = 0.001;
const interest = 0.0001;
const clampSize = 0.0005;
const changeShare = 0.05;

export interface FundingInput {
  readonly seed: number;
  readonly entity: Entity;
  readonly life: Life;
  /** Open of each bar of generated hours [fromHour, toHour). */
  readonly open: Float64Array;
  readonly fromHour: number;
  readonly toHour: number;
}

export function plantFunding(input: FundingInput): Settlements {
  const basis = plantBasis(input.seed, input.entity.id, input.toHour);
  const intervalAt = intervalRule(input.seed, input.entity);
  const hours: number[] = [];
  const rates: number[] = [];
  const marks: number[] = [];
  // A coin that lists now settles for the first time at the next stamp after its first bar.
  const first = input.fromHour === input.life.listHour ? input.fromHour + 1 : input.fromHour;
  for (let hour = first; hour < input.toHour; hour += 1) {
    const interval = intervalAt(hour);
    if (hour % interval !== 0) continue;
    const before = basis[hour - 1]!;
    const halfHourMean = (basis[hour - 2]! + before) / 2;
    hours.push(hour);
    rates.push(rateOf(meanOf(basis, hour - interval, hour), interval));
    marks.push(roundPrice((input.open[hour - input.fromHour]! / (1 + before)) * (1 + halfHourMean)));
  }
  return { hour: Int32Array.from(hours), rate: Float64Array.from(rates), mark: Float64Array.from(marks) };
}

function plantBasis(seed: number, id: string, hours: number): Float64Array {
  const basis = fillNormal(new Float64Array(hours), openStream(seed, id, 'basis'));
  const keep = 0.5 ** (1 / halfLifeHours);
  const fresh = basisSpread * Math.sqrt(1 - keep * keep);
  basis[0] = basisSpread * basis[0]!;
  for (let hour = 1; hour < hours; hour += 1) basis[hour] = keep * basis[hour - 1]! + fresh * basis[hour]!;
  return basis;
}

function rateOf(premium: number, intervalHours: number): number {
  const correction = Math.max(-clampSize, Math.min(clampSize, interest - premium));
  // Adding 0 turns -0, which no table keeps, into 0.
  return Math.round(((premium + correction) * intervalHours * 1e8) / 8) / 1e8 + 0;
}

/** The interval in force at a generated hour: a function of the coin alone. */
function intervalRule(seed: number, entity: Entity): (hour: number) => number {
  if (entity.kind === 'factor') return () => 8;
  const draws = openStream(seed, entity.id, 'funding-interval');
  const first = intervalOf(uniformAt(draws, 0));
  if (uniformAt(draws, 1) >= changeShare) return () => first;
  // The change comes at 00:00, a stamp of every interval, on a day of the first year.
  const changeHour = burnInHours + 24 * (1 + Math.floor(uniformAt(draws, 2) * 364));
  const second = first === 8 ? 4 : 8;
  return (hour) => (hour > changeHour ? second : first);
}

function intervalOf(draw: number): number {
  if (draw < 0.05) return 1;
  return draw < 0.35 ? 8 : 4;
}

function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 1) sum += values[at]!;
  return sum / (to - from);
}
