/** The bars of one coin in the order of time: hourly ones, and finer ones in place of the hours that have them. */
import { BAR_WIDTH } from '../../panel/bar.ts';
import type { DetailSource } from '../../simulator/rules.ts';

export interface CoinPath {
  /** `[bar][open, high, low, close]`, NaN where absent. */
  readonly bars: Float64Array;
  /** Place of the first bar of an hour; one past the last bar for the hour after the last. */
  firstBar(hour: number): number;
  hourOf(bar: number): number;
}

/** `hourly`: `[hour][open, high, low, close]` of the coin. */
export function pathOf(hourly: Float64Array, coin: number, detail: DetailSource | null): CoinPath {
  const hours = hourly.length / BAR_WIDTH;
  const finer = new Map<number, Float64Array>();
  for (let hour = 0; detail !== null && hour < hours; hour += 1) {
    const bars = detail.bars(coin, hour);
    if (bars !== null) finer.set(hour, bars);
  }
  return finer.size === 0
    ? { bars: hourly, firstBar: (hour) => hour, hourOf: (bar) => bar }
    : finerPath(hourly, hours, finer);
}

function finerPath(hourly: Float64Array, hours: number, finer: ReadonlyMap<number, Float64Array>): CoinPath {
  const firstBar = new Int32Array(hours + 1);
  for (let hour = 0; hour < hours; hour += 1) {
    firstBar[hour + 1] = firstBar[hour]! + (finer.get(hour)?.length ?? BAR_WIDTH) / BAR_WIDTH;
  }
  const bars = new Float64Array(firstBar[hours]! * BAR_WIDTH);
  const hourOf = new Int32Array(firstBar[hours]!);
  for (let hour = 0; hour < hours; hour += 1) {
    const from = firstBar[hour]!;
    bars.set(finer.get(hour) ?? hourly.subarray(hour * BAR_WIDTH, (hour + 1) * BAR_WIDTH), from * BAR_WIDTH);
    hourOf.fill(hour, from, firstBar[hour + 1]!);
  }
  return { bars, firstBar: (hour) => firstBar[hour]!, hourOf: (bar) => hourOf[bar]! };
}
