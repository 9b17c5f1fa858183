/**
 * Columns through which the hidden states of a coin can be seen, one row a day, known at the day's close: five that show the
 * first state through noise of sd 2, fifteen of noise alone, five that show the second state. On request also columns that no
 * feature set should take.
 */
import { fillNormal, openStream } from './streams.ts';

const seenPerState = 5;
const noiseColumns = 15;
export const proxyNoise = 2;
/** The middle of the smallest preset, so that it does not move with the number of days. */
const breakDay = 135;
const rescaled = 1000;

export interface ProxyInput {
  readonly seed: number;
  readonly id: string;
  /** Hidden states by day. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** Days that are dropped before the market opens. */
  readonly burnInDays: number;
  readonly withBad: boolean;
}

/** Columns by name, one value for each day of the states. */
export function plantProxies(input: ProxyInput): ReadonlyMap<string, Float64Array> {
  const columns = new Map<string, Float64Array>();
  const noisy = (name: string, state: Float64Array | null) => {
    const values = fillNormal(new Float64Array(input.first.length), openStream(input.seed, input.id, name));
    if (state === null) columns.set(name, values.map(round6));
    else
      columns.set(
        name,
        values.map((noise, day) => round6(state[day]! + proxyNoise * noise)),
      );
  };
  for (let number = 1; number <= seenPerState; number += 1) noisy(`proxy_f_${number}`, input.first);
  for (let number = 1; number <= noiseColumns; number += 1) noisy(`noise_${number}`, null);
  for (let number = 1; number <= seenPerState; number += 1) noisy(`proxy_g_${number}`, input.second);
  if (input.withBad) addBad(columns, input.burnInDays + breakDay);
  return columns;
}

function addBad(columns: Map<string, Float64Array>, breaksAt: number): void {
  const [honest, doubled, broken, scaled] = [1, 2, 3, 4].map((number) => columns.get(`proxy_f_${number}`)!);
  columns.set(
    'bad_constant',
    honest!.map(() => 1),
  );
  columns.set(
    'bad_empty',
    honest!.map(() => Number.NaN),
  );
  columns.set('bad_duplicate', doubled!.slice());
  columns.set(
    'bad_broken_off',
    broken!.map((value, day) => (day < breaksAt ? value : Number.NaN)),
  );
  columns.set(
    'bad_rescaled',
    scaled!.map((value, day) => (day < breaksAt ? value : round6(value * rescaled))),
  );
}

// Adding 0 turns -0, which no table keeps, into 0.
function round6(value: number): number {
  return Math.round(value * 1e6) / 1e6 + 0;
}
