/** A stablecoin's price: its log reverts to 0 within hours, the factor does not move it, and one loses its peg for three days. */
import { depeggedId, type Entity } from './entities.ts';
import { burnInHours, type Switches } from './settings.ts';
import { fillNormal, openStream, uniformAt } from './streams.ts';

export interface PegPath {
  /** Log price at the close of every generated hour. */
  readonly logClose: Float64Array;
  /** Log return of every hour. */
  readonly residual: Float64Array;
  /** Standard deviation of an hour's log return, for the path inside it. */
  readonly hourlyVolatility: Float64Array;
}

const spread = 0.0004;
const keep = 0.9;
const minuteNoise = 0.00012;

/** Log price of the floor: a loss of 12 %. */
const floorLog = Math.log(0.88);
const fallHours = 6;
const floorHours = 72;
const returnHours = 18;
/** Day of the market on which the fall begins: all presets hold it. */
const depegDayFirst = 45;
const depegDaySpan = 60;
/** Volatilities while the peg is in doubt: of the distance from the planted path, and within the hour. */
const doubtSpread = 0.004;
const doubtNoise = 0.004;

/** The first `hours` generated hours. `depeg` concerns one of the stablecoins alone. */
export function plantPeg(
  seed: number,
  entity: Entity,
  switches: Pick<Switches, 'depeg'>,
  hours: number,
): PegPath {
  const logClose = fillNormal(new Float64Array(hours), openStream(seed, entity.id, 'peg'));
  const residual = new Float64Array(hours);
  const hourlyVolatility = new Float64Array(hours).fill(minuteNoise);
  const from = switches.depeg && entity.id === depeggedId ? depegHour(seed) : Number.POSITIVE_INFINITY;
  const doubt = openStream(seed, entity.id, 'depeg-noise');
  const noise = fillNormal(new Float64Array(fallHours + floorHours + returnHours), doubt);
  const fresh = spread * Math.sqrt(1 - keep * keep);
  let offset = 0;
  for (let hour = 0; hour < hours; hour += 1) {
    offset = keep * offset + fresh * logClose[hour]!;
    logClose[hour] = offset;
    const into = hour - from;
    if (into >= 0 && into < noise.length) {
      logClose[hour] = offset + floorLog * depthAt(into) + doubtSpread * noise[into]!;
      hourlyVolatility[hour] = doubtNoise;
    }
    residual[hour] = logClose[hour]! - (hour === 0 ? 0 : logClose[hour - 1]!);
  }
  return { logClose, residual, hourlyVolatility };
}

/** First generated hour of the fall. */
export function depegHour(seed: number): number {
  const draw = uniformAt(openStream(seed, depeggedId, 'depeg'));
  return burnInHours + Math.floor((depegDayFirst + depegDaySpan * draw) * 24);
}

/** Share of the whole fall at the close of the hour `into` the event. */
function depthAt(into: number): number {
  if (into < fallHours) return (into + 1) / fallHours;
  if (into < fallHours + floorHours) return 1;
  return 1 - (into + 1 - fallHours - floorHours) / returnHours;
}
