/** A coin's exposure to the factor: an Ornstein-Uhlenbeck process around its mean, one value a day. */
import { fillNormal, openStream } from './streams.ts';

export const betaLaw = { halfLifeDays: 30, spread: 0.15 } as const;
const { halfLifeDays, spread } = betaLaw;

export function plantBeta(seed: number, id: string, betaMean: number, days: number): Float64Array {
  const beta = fillNormal(new Float64Array(days), openStream(seed, id, 'beta'));
  const keep = 0.5 ** (1 / halfLifeDays);
  const fresh = spread * Math.sqrt(1 - keep * keep);
  let offset = spread * beta[0]!;
  beta[0] = betaMean + offset;
  for (let day = 1; day < days; day += 1) {
    offset = keep * offset + fresh * beta[day]!;
    beta[day] = betaMean + offset;
  }
  return beta;
}
