/**
 * Fingerprints of market data, fine enough to say *where* two datasets differ.
 *
 * The hash of a row is the sum, modulo 2^32 in two lanes, of the hashes of its cells; a cell's hash depends on symbol, time
 * and value and on nothing else. So a row hash does not depend on the order of coins, on absent coins, or on the block in
 * which it was computed; and one hour computed alone gives the bits of the whole batch.
 */
import { mix32, textLanes } from '../journal/digest.ts';
import { BAR_WIDTH, CLOSE } from './bar.ts';
import { hourMs } from './hours.ts';
import type { Panel } from './panel.ts';
import type { Rows } from './rows.ts';

/** Words of a Float64Array that lies on 4-byte boundaries: low word first on every platform Node runs on. */
function wordsOf(values: Float64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2);
}

export function symbolLanes(symbols: readonly string[]): Int32Array {
  const lanes = new Int32Array(symbols.length * 2);
  for (const [coin, symbol] of symbols.entries()) lanes.set(textLanes(symbol), coin * 2);
  return lanes;
}

/** Fills `rows.rowHash` for hours [fromHour, toHour). `startMs` is the open time of hour 0. */
export function sealRows(
  rows: Rows,
  lanes: Int32Array,
  startMs: number,
  fromHour = 0,
  toHour = rows.hours,
): void {
  const words = wordsOf(rows.values);
  const values = rows.values;
  const coins = rows.coins;
  for (let hour = fromHour; hour < toHour; hour += 1) {
    const stamp = (startMs / hourMs + hour) | 0;
    let high = 0;
    let low = 0;
    for (let coin = 0, cell = hour * coins; coin < coins; coin += 1, cell += 1) {
      if (values[cell] !== values[cell]) continue;
      const first = words[cell * 2]!;
      const second = words[cell * 2 + 1]! + stamp;
      high = (high + mix32(mix32(lanes[coin * 2]!, first), second)) | 0;
      low = (low + mix32(mix32(lanes[coin * 2 + 1]!, second), first)) | 0;
    }
    rows.rowHash[hour * 2] = high;
    rows.rowHash[hour * 2 + 1] = low;
  }
}

/** Fills `panel.closeHash` for hours [fromHour, toHour). */
export function sealCloses(panel: Panel, lanes: Int32Array, fromHour = 0, toHour = panel.hours): void {
  panel.closeHash.fill(0, fromHour * 2, toHour * 2);
  addHourHashes(panel.closeHash, panel, panel.bars, lanes, BAR_WIDTH, CLOSE, fromHour, toHour);
}

/** Two lanes per hour over one coin-major series: element (coin, hour) stands at `(coin * hours + hour) * stride + offset`. */
export function hourHashes(
  panel: Panel,
  series: Float64Array,
  lanes: Int32Array,
  stride = 1,
  offset = 0,
): Int32Array {
  const hashes = new Int32Array(panel.hours * 2);
  addHourHashes(hashes, panel, series, lanes, stride, offset, 0, panel.hours);
  return hashes;
}

function addHourHashes(
  hashes: Int32Array,
  panel: Panel,
  series: Float64Array,
  lanes: Int32Array,
  stride: number,
  offset: number,
  fromHour: number,
  toHour: number,
): void {
  const words = wordsOf(series);
  const firstStamp = panel.startMs / hourMs;
  for (let coin = 0; coin < panel.symbols.length; coin += 1) {
    const laneA = lanes[coin * 2]!;
    const laneB = lanes[coin * 2 + 1]!;
    let cell = (coin * panel.hours + fromHour) * stride + offset;
    for (let hour = fromHour; hour < toHour; hour += 1, cell += stride) {
      if (series[cell] !== series[cell]) continue;
      const first = words[cell * 2]!;
      const second = words[cell * 2 + 1]! + ((firstStamp + hour) | 0);
      hashes[hour * 2] = (hashes[hour * 2]! + mix32(mix32(laneA, first), second)) | 0;
      hashes[hour * 2 + 1] = (hashes[hour * 2 + 1]! + mix32(mix32(laneB, second), first)) | 0;
    }
  }
}

/**
 * Adds one coin-major series to the cell hashes `[coin][hour]` (32 bits each). Several series of one panel are added to
 * one array under different `salt`s: a cell's hash then speaks for all fields of that coin and hour.
 */
export function addCellHashes(
  cells: Int32Array,
  panel: Panel,
  series: Float64Array,
  salt: number,
  stride = 1,
  offset = 0,
): void {
  const words = wordsOf(series);
  const count = panel.symbols.length * panel.hours;
  for (let cell = 0, at = offset; cell < count; cell += 1, at += stride) {
    if (series[at] !== series[at]) continue;
    cells[cell] = (cells[cell]! + mix32(mix32(salt, words[at * 2]!), words[at * 2 + 1]!)) | 0;
  }
}

/** The four price fields of the panel's `bars` block, as (name, offset) pairs for the functions above (stride 4). */
export const barFields = [
  ['open', 0],
  ['high', 1],
  ['low', 2],
  ['close', 3],
] as const;

export const barStride = BAR_WIDTH;
