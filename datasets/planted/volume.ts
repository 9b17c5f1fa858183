/** What is traded in each hour: log-normal, with the day's rhythm, more where the price moves, thin after a listing. */
import type { BarPath } from './path.ts';
import { fillNormal, openStream } from './streams.ts';

export interface Volumes {
  /** Base asset. */
  readonly volume: Float64Array;
  readonly quoteVolume: Float64Array;
  readonly trades: Int32Array;
}

const logSpread = 0.45;
const thinHours = 72;
const thinShare = 0.15;
const quotePerTrade = 400;

// Busy around 00, 08 and 14 UTC.
const rhythm = Float64Array.from({ length: 24 }, (_, hour) => {
  const near = (peak: number) =>
    Math.exp(-((Math.min(Math.abs(hour - peak), 24 - Math.abs(hour - peak)) / 1.6) ** 2));
  return 0.75 + 0.6 * near(0) + 0.45 * near(8) + 0.7 * near(14);
});

export interface VolumeInput {
  readonly seed: number;
  readonly id: string;
  readonly path: BarPath;
  readonly hourlyVolatility: Float64Array;
  readonly hourlyTurnover: number;
  readonly fromHour: number;
  /** Generated hour of the listing; the first three days after it are thin. */
  readonly listHour: number;
  /** Volumes are whole multiples of it. */
  readonly stepSize: number;
  /** Scale of each generated hour's volume; null where nothing scales it. */
  readonly scale: Float64Array | null;
}

export function plantVolumes(input: VolumeInput): Volumes {
  const { open, close, average } = input.path;
  const perOne = unitsPerOne(input.stepSize);
  const count = close.length;
  const volume = fillNormal(
    new Float64Array(count),
    openStream(input.seed, input.id, 'volume'),
    input.fromHour,
  );
  const quoteVolume = new Float64Array(count);
  const trades = new Int32Array(count);
  for (let row = 0; row < count; row += 1) {
    const hour = input.fromHour + row;
    const price = average[row]!;
    const move = Math.abs(close[row]! / open[row]! - 1) / (input.hourlyVolatility[hour]! + 1e-9);
    const thin = hour < input.listHour + thinHours && input.listHour > 0 ? thinShare : 1;
    const quote =
      input.hourlyTurnover *
      thin *
      (input.scale === null ? 1 : input.scale[hour]!) *
      rhythm[hour % 24]! *
      Math.exp(logSpread * volume[row]!) *
      (0.6 + 0.5 * move);
    volume[row] = Math.max(1, Math.round((quote / price) * perOne)) / perOne;
    quoteVolume[row] = Math.round(volume[row]! * price * quoteUnits) / quoteUnits;
    trades[row] = 1 + Math.floor(quote / quotePerTrade);
  }
  return { volume, quoteVolume, trades };
}

/** Whole steps in one unit of the base asset. */
export function unitsPerOne(stepSize: number): number {
  return Math.round(1 / stepSize);
}

/** Quote volumes have six decimals. */
export const quoteUnits = 1e6;
