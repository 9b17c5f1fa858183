/**
 * The basis of a perpetual: perp = spot * (1 + basis). An Ornstein-Uhlenbeck process around 0 with a standard deviation of
 * .1 % and a half-life of 12 hours, given on the hour and straight in between.
 */
import { fillNormal, openStream } from './streams.ts';

const halfLifeHours = 12;
const spread = 0.001;

/**
 * The basis at the open of each generated hour, a fraction. Hours are as many as asked for: one more than there are bars
 * gives the basis at the last close as well.
 */
export function plantBasis(seed: number, id: string, hours: number): Float64Array {
  const basis = fillNormal(new Float64Array(hours), openStream(seed, id, 'basis'));
  const keep = 0.5 ** (1 / halfLifeHours);
  const fresh = spread * Math.sqrt(1 - keep * keep);
  basis[0] = spread * basis[0]!;
  for (let hour = 1; hour < hours; hour += 1) basis[hour] = keep * basis[hour - 1]! + fresh * basis[hour]!;
  return basis;
}

/** Mean of the basis over the 30 minutes before the open of a generated hour (> 0). */
function halfHourMean(basis: Float64Array, hour: number): number {
  return 0.75 * basis[hour]! + 0.25 * basis[hour - 1]!;
}

/** What the mark is of the perpetual's price at the open of a generated hour (> 0): spot index times 1 + the mean basis. */
export function markScale(basis: Float64Array, hour: number): number {
  return (1 + halfHourMean(basis, hour)) / (1 + basis[hour]!);
}

/** Mean of the basis over generated hours [from, to), of which `to` opens the hour after. */
export function meanBasis(basis: Float64Array, from: number, to: number): number {
  let sum = (basis[from]! + basis[to]!) / 2;
  for (let hour = from + 1; hour < to; hour += 1) sum += basis[hour]!;
  return sum / (to - from);
}
