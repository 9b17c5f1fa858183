/**
 * Funding settlements from the basis. A rate is what the venue's formula makes of the mean basis P over the interval,
 * P + clamp(.01 % - P, +-.05 %) per eight hours; intervals are 8, 4 or 1 hour by coin and rarely change once.
 */
import { markScale, meanBasis } from './basis.ts';
import type { Entity } from './entities.ts';
import { type Life, tradesAt } from './life.ts';
import { roundPrice } from './path.ts';
import { burnInHours } from './settings.ts';
import { openStream, uniformAt } from './streams.ts';

export interface Settlements {
  /** Generated hour of each stamp. */
  readonly hour: Int32Array;
  readonly rate: Float64Array;
  /** Mark price at the stamp: the open of that hour's mark bar. */
  readonly mark: Float64Array;
}

const interest = 0.0001;
const clampSize = 0.0005;
const changeShare = 0.05;

export interface FundingInput {
  readonly seed: number;
  readonly entity: Entity;
  readonly life: Life;
  /** Of every generated hour up to `toHour`, see `plantBasis`. */
  readonly basis: Float64Array;
  /** Open of each bar of generated hours [fromHour, toHour). */
  readonly open: Float64Array;
  readonly fromHour: number;
  readonly toHour: number;
}

/** Stamps at which the coin traded in the hour before as well: who lists, or comes back, settles at the next one. */
export function plantFunding(input: FundingInput): Settlements {
  const { basis, life, fromHour } = input;
  const intervalAt = fundingIntervals(input.seed, input.entity);
  const hours: number[] = [];
  const rates: number[] = [];
  const marks: number[] = [];
  for (let hour = fromHour; hour < input.toHour; hour += 1) {
    const interval = intervalAt(hour);
    if (hour % interval !== 0 || !tradesAt(life, hour) || !tradesAt(life, hour - 1)) continue;
    hours.push(hour);
    rates.push(fundingRate(meanBasis(basis, hour - interval, hour), interval));
    marks.push(roundPrice(input.open[hour - fromHour]! * markScale(basis, hour)));
  }
  return { hour: Int32Array.from(hours), rate: Float64Array.from(rates), mark: Float64Array.from(marks) };
}

/** What one settlement pays per unit of notional, as the venue quotes it: eight decimals. */
export function fundingRate(premium: number, intervalHours: number): number {
  const correction = Math.max(-clampSize, Math.min(clampSize, interest - premium));
  // Adding 0 turns -0, which no table keeps, into 0.
  return Math.round(((premium + correction) * intervalHours * 1e8) / 8) / 1e8 + 0;
}

/** Hours between settlements at a generated hour: a function of the coin alone. */
export function fundingIntervals(seed: number, entity: Entity): (hour: number) => number {
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
