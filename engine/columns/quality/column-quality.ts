/**
 * What a set of columns is filled with, counted while its blocks pass by. Everything kept is a count, an extreme or a sum of
 * whole numbers, so blocks may come in any order and counts of several threads may be merged in any order: the result is
 * the same to the bit.
 *
 * Rows count where the coin is eligible and the column's warm-up lies behind it.
 */
import { assertInvariant } from '../../invariant.ts';
import { mix32, textLanes } from '../../journal/digest.ts';
import { hourMs } from '../../panel/hours.ts';
import { sharedFloat32, sharedInt32 } from '../../panel/panel.ts';
import type { FeatureBlock } from '../blocks.ts';
import { marketBorn } from '../coin-range.ts';
import { bornHour, unitSpans } from '../features/coin-window.ts';
import type { FeatureDefinition } from '../features/feature.ts';

const DAY_HOURS = 24;

/** Of a column: what its counts need to know. */
export type QualityColumn = Pick<
  FeatureDefinition,
  'name' | 'unit' | 'scope' | 'warmupHours' | 'marketWide' | 'restValue'
>;

/** Arrays on shared memory. */
export interface ColumnQuality {
  readonly columns: readonly QualityColumn[];
  /** Epoch hours of the span's first hour; days are those of the calendar, UTC, the first and the last may be parts. */
  readonly firstStamp: number;
  readonly hours: number;
  readonly days: number;
  /** `[hour][column]`. Rows that count, and those of them that hold a finite number. */
  readonly rows: Int32Array;
  readonly filled: Int32Array;
  /** `[hour][column]`, of the filled rows; infinite where there is none. */
  readonly lowest: Float32Array;
  readonly highest: Float32Array;
  /** `[day][column]`: a hash of (coin, hour, value), summed over the filled rows modulo 2^32. */
  readonly hash: Int32Array;
  /** `[day][column]`: filled rows that are not zero, and the sum of floor(log2 |value|) over them. */
  readonly sized: Int32Array;
  readonly exponents: Int32Array;
}

/** @param span open of its first hour, epoch ms on the hour, and its length. */
export function emptyQuality(
  columns: readonly QualityColumn[],
  span: { readonly startMs: number; readonly hours: number },
): ColumnQuality {
  const { hours } = span;
  const firstStamp = span.startMs / hourMs;
  const days = hours === 0 ? 0 : dayOf(firstStamp, hours - 1) + 1;
  const hourCells = hours * columns.length;
  const dayCells = days * columns.length;
  return {
    // Without the functions of a definition, which no thread can take over from another.
    columns: columns.map(({ name, unit, scope, warmupHours, marketWide = false, restValue = Number.NaN }) => {
      return { name, unit, scope, warmupHours, marketWide, restValue };
    }),
    ...{ firstStamp, hours, days },
    rows: sharedInt32(hourCells),
    filled: sharedInt32(hourCells),
    lowest: sharedFloat32(hourCells).fill(Number.POSITIVE_INFINITY),
    highest: sharedFloat32(hourCells).fill(Number.NEGATIVE_INFINITY),
    hash: sharedInt32(dayCells),
    sized: sharedInt32(dayCells),
    exponents: sharedInt32(dayCells),
  };
}

/** Day of the span in which its hour lies. */
function dayOf(firstStamp: number, hour: number): number {
  return Math.floor((firstStamp + hour) / DAY_HOURS) - Math.floor(firstStamp / DAY_HOURS);
}

/** Counts a block of the columns, in their order, with its mask of eligible coins. */
export function addBlock(quality: ColumnQuality, block: FeatureBlock): void {
  const { columns, firstStamp } = quality;
  const { eligible, features, values, fromHour, toHour } = block;
  const { panel } = block.inputs;
  const isSame = features.length === columns.length && columns.every(({ name }, at) => name === features[at]);
  assertInvariant(isSame, 'a block has the columns that are counted, in their order');
  assertInvariant(eligible !== null, 'a block that is counted says who is eligible');
  const lives = livesOf(quality, block);
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const hours = toHour - fromHour;
  // Panel hour h is hour h + shift of the span.
  const shift = panel.startMs / hourMs - firstStamp;
  // Hour by hour through all coins: the counts of an hour are at hand for the next coin.
  for (let hour = fromHour; hour < toHour; hour += 1) {
    for (const life of lives) {
      const row = (life.coin - block.fromCoin) * hours + hour - fromHour;
      if (hour < life.fromHour || hour >= life.toHour || eligible[row] !== 1) continue;
      addRow(quality, life, hour + shift, values, bits, row);
    }
  }
}

/** A coin through one of its lives. */
interface Life {
  readonly coin: number;
  readonly lane: number;
  /** Panel hours [fromHour, toHour). */
  readonly fromHour: number;
  readonly toHour: number;
  /** By column: hour of the span from which on it is warm. */
  readonly warmFrom: Float64Array;
}

function livesOf({ columns, firstStamp }: ColumnQuality, block: FeatureBlock): readonly Life[] {
  const { panel } = block.inputs;
  const shift = panel.startMs / hourMs - firstStamp;
  const lives: Life[] = [];
  for (let coin = block.fromCoin; coin < block.toCoin; coin += 1) {
    for (const { from, to } of unitSpans(panel, coin, block.fromHour, block.toHour)) {
      const born = { coin: bornHour(panel, coin, to - 1), market: marketBorn(panel, to - 1) };
      const warmFrom = Float64Array.from(columns, (column) => warmHour(column, born) + shift);
      lives.push({ coin, lane: textLanes(panel.symbols[coin]!)[0], fromHour: from, toHour: to, warmFrom });
    }
  }
  return lives;
}

/** First panel hour at which a column is warm: a coin's from the coin's first bar, the market's from the benchmark's. */
function warmHour(
  { scope, warmupHours, marketWide }: QualityColumn,
  born: { readonly coin: number; readonly market: number },
): number {
  if (warmupHours === 0) return 0;
  return warmupHours + (scope === 'market' || marketWide === true ? born.market : born.coin);
}

const WITHOUT_SIGN = 0x7fff_ffff;

/** Counts one row of a block; `hour` is that of the span, `bits` are those of the values. */
function addRow(
  quality: ColumnQuality,
  { lane, warmFrom }: Life,
  hour: number,
  values: Float32Array,
  bits: Int32Array,
  row: number,
): void {
  const { firstStamp, rows, filled, lowest, highest, hash, sized, exponents } = quality;
  const width = quality.columns.length;
  const salt = mix32(lane, firstStamp + hour);
  let cell = hour * width;
  let dayCell = dayOf(firstStamp, hour) * width;
  for (let column = 0, at = row * width; column < width; column += 1, at += 1, cell += 1, dayCell += 1) {
    if (hour < warmFrom[column]!) continue;
    rows[cell]! += 1;
    const value = values[at]!;
    // Neither NaN nor infinite.
    if (value - value !== 0) continue;
    filled[cell]! += 1;
    if (value < lowest[cell]!) lowest[cell] = value;
    if (value > highest[cell]!) highest[cell] = value;
    // -0 is the same number as 0.
    const isZero = (bits[at]! & WITHOUT_SIGN) === 0;
    hash[dayCell]! += mix32(salt, isZero ? 0 : bits[at]!);
    if (isZero) continue;
    sized[dayCell]! += 1;
    // The exponent of a Float32; numbers below 2^-126 count as 2^-127.
    exponents[dayCell]! += ((bits[at]! >>> 23) & 0xff) - 127;
  }
}

/** Adds `other` to `quality`: both of the same columns and span. */
export function mergeQuality(quality: ColumnQuality, other: ColumnQuality): void {
  const { columns, firstStamp, hours } = quality;
  const isSame =
    other.firstStamp === firstStamp &&
    other.hours === hours &&
    other.columns.length === columns.length &&
    columns.every(({ name }, column) => other.columns[column]!.name === name);
  assertInvariant(isSame, 'only counts of the same columns over the same hours are merged');
  addTo(quality.rows, other.rows);
  addTo(quality.filled, other.filled);
  addTo(quality.hash, other.hash);
  addTo(quality.sized, other.sized);
  addTo(quality.exponents, other.exponents);
  for (const [cell, value] of other.lowest.entries()) {
    if (value < quality.lowest[cell]!) quality.lowest[cell] = value;
  }
  for (const [cell, value] of other.highest.entries()) {
    if (value > quality.highest[cell]!) quality.highest[cell] = value;
  }
}

/** Whole numbers; a sum of hashes wraps around as the array does. */
function addTo(sums: Int32Array, others: Int32Array): void {
  for (let cell = 0; cell < sums.length; cell += 1) sums[cell]! += others[cell]!;
}

export interface DayQuality {
  readonly rows: number;
  readonly filled: number;
  /** Hours with at least `coinsMin` filled rows, and those of them in which all coins had the same value. */
  readonly hours: number;
  readonly constantHours: number;
  /** Infinite where no row is filled. */
  readonly lowest: number;
  readonly highest: number;
}

/** A column's counts of one day; hours with fewer than `coinsMin` filled rows tell nothing about constants. */
export function dayQuality(
  quality: ColumnQuality,
  column: number,
  day: number,
  coinsMin: number,
): DayQuality {
  const { firstStamp, columns } = quality;
  const fromHour = Math.max(0, (Math.floor(firstStamp / DAY_HOURS) + day) * DAY_HOURS - firstStamp);
  let [rows, filled, hours, constantHours] = [0, 0, 0, 0];
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let hour = fromHour; hour < quality.hours && dayOf(firstStamp, hour) === day; hour += 1) {
    const cell = hour * columns.length + column;
    const count = quality.filled[cell]!;
    rows += quality.rows[cell]!;
    filled += count;
    lowest = Math.min(lowest, quality.lowest[cell]!);
    highest = Math.max(highest, quality.highest[cell]!);
    if (count < coinsMin) continue;
    hours += 1;
    if (quality.lowest[cell] === quality.highest[cell]) constantHours += 1;
  }
  return { rows, filled, hours, constantHours, lowest, highest };
}
