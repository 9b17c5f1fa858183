/**
 * Finer bars, cut from the same minutes as the hourly ones, so that these follow from them exactly: opens, highs, lows and
 * closes to the bit, volumes and quote volumes in whole units of the grid they lie on (see `volume.ts`).
 */
import type { Grid } from './grid.ts';
import { minutesPerHour, priceRounding } from './path.ts';
import { quoteUnits, unitsPerOne } from './volume.ts';

/** The minutes of one hour. */
export interface Minutes {
  /** Price at the hour's open and at the end of each minute. */
  readonly prices: Float64Array;
  /** What each minute's volume is in proportion to. */
  readonly weights: Float64Array;
}

export interface DetailBars {
  /** Open time of each bar in minutes since the first generated hour. */
  readonly minute: Int32Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  readonly quoteVolume: Float64Array;
}

export interface DetailInput {
  /** Minutes of a generated hour; what it returns holds until it is asked again. */
  readonly minutesOf: (hour: number) => Minutes;
  readonly grid: Grid;
  /** Of the hourly bars, whose first is that of hour `fromHour`. */
  readonly volume: Float64Array;
  readonly quoteVolume: Float64Array;
  readonly fromHour: number;
  /** Length of the bars in minutes; it divides an hour. */
  readonly length: number;
  /** Generated hours to cut, ascending, each with a bar. */
  readonly hours: readonly number[];
}

export function cutDetail(input: DetailInput): DetailBars {
  const { hours, length } = input;
  const perHour = minutesPerHour / length;
  const round = priceRounding(input.grid.tickSize);
  const volumeUnits = unitsPerOne(input.grid.stepSize);
  const column = () => new Float64Array(hours.length * perHour);
  const bars = {
    minute: new Int32Array(hours.length * perHour),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    quoteVolume: column(),
  };
  for (const [index, hour] of hours.entries()) {
    const { prices, weights } = input.minutesOf(hour);
    const from = index * perHour;
    const part = (values: Float64Array) => values.subarray(from, from + perHour);
    for (let at = 0; at < perHour; at += 1) bars.minute[from + at] = hour * minutesPerHour + at * length;
    cutPrices(bars, from, prices, length, round);
    const worth = weights.map((weight, minute) => (weight * (prices[minute]! + prices[minute + 1]!)) / 2);
    const row = hour - input.fromHour;
    share(part(bars.volume), input.volume[row]!, weights, volumeUnits);
    share(part(bars.quoteVolume), input.quoteVolume[row]!, worth, quoteUnits);
  }
  return bars;
}

function cutPrices(
  bars: Pick<DetailBars, 'open' | 'high' | 'low' | 'close'>,
  from: number,
  prices: Float64Array,
  minutes: number,
  round: (price: number) => number,
): void {
  for (let first = 0, at = from; first < minutesPerHour; first += minutes, at += 1) {
    const part = prices.subarray(first, first + minutes + 1);
    bars.open[at] = round(part[0]!);
    bars.high[at] = round(Math.max(...part));
    bars.low[at] = round(Math.min(...part));
    bars.close[at] = round(part[minutes]!);
  }
}

/** Shares `total` by the weights of the minutes, in whole units: the parts' units add up to those of the total. */
function share(out: Float64Array, total: number, weights: Float64Array, perOne: number): void {
  const units = Math.round(total * perOne);
  let whole = 0;
  for (const weight of weights) whole += weight;
  const minutes = minutesPerHour / out.length;
  let sum = 0;
  let given = 0;
  for (let part = 0; part < out.length; part += 1) {
    for (let minute = part * minutes; minute < (part + 1) * minutes; minute += 1) sum += weights[minute]!;
    const upTo = part === out.length - 1 ? units : Math.round((units * sum) / whole);
    out[part] = (upTo - given) / perOne;
    given = upTo;
  }
}
