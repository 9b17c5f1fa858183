/**
 * Fingerprints on disk: one file per dataset hash, written when a dataset enters the store and kept when it leaves, so that
 * a later replay can still say which hour, coin and field of its input changed.
 *
 * File: one line of JSON (symbols, span, field names), then the fields' lanes and the cells as raw 32-bit words.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textLanes } from '../engine/journal/digest.ts';
import { addCellHashes, barFields, barStride, hourHashes, symbolLanes } from '../engine/panel/fingerprint.ts';
import { hourMs } from '../engine/panel/hours.ts';
import type { Panel } from '../engine/panel/panel.ts';
import type { Rows } from '../engine/panel/rows.ts';
import type { Fingerprint } from './dataset.ts';
import { type Dense, transpose } from './dense.ts';
import { asStoreFault } from './faults.ts';
import type { Store } from './store.ts';

/** Fingerprint of a dense dataset: prices, volumes, funding, marks, spot prices and every stored column. */
export function fingerprintOf(dense: Pick<Dense, 'panel' | 'scores'>): Fingerprint {
  const { panel, scores } = dense;
  const lanes = symbolLanes(panel.symbols);
  const cells = new Int32Array(panel.symbols.length * panel.hours);
  const byHour: Record<string, Int32Array> = {};
  const take = (field: string, series: Float64Array, stride = 1, offset = 0) => {
    byHour[field] = hourHashes(panel, series, lanes, stride, offset);
    addCellHashes(cells, panel, series, textLanes(field)[0], stride, offset);
  };
  for (const [field, offset] of barFields) take(field, panel.bars, barStride, offset);
  if (panel.volume !== null) take('volume', panel.volume);
  if (panel.quoteVolume !== null) take('quoteVolume', panel.quoteVolume);
  take('funding', spread(panel, panel.funding.rate));
  take('fundingMark', spread(panel, panel.funding.mark));
  for (const [name, rows] of scores) take(name, coinMajor(rows));
  if (panel.series !== undefined) {
    byHour['mark'] = takeSeries(panel, panel.series.markRow, 'mark', cells);
    byHour['spot'] = takeSeries(panel, panel.series.spotRow, 'spot', cells);
  }
  return { symbols: panel.symbols, startMs: panel.startMs, hours: panel.hours, byHour, cells };
}

/** Hour hashes of the four prices of one kind of row as one field; adds them to the cells of their coins. */
function takeSeries(panel: Panel, rowOf: Int32Array, field: string, cells: Int32Array): Int32Array {
  const { hours, symbols } = panel;
  const lanes = new Int32Array(hours * 2);
  for (const [coin, symbol] of symbols.entries()) {
    const row = rowOf[coin]!;
    if (row < 0) continue;
    const alone = { ...panel, symbols: [symbol] };
    const bars = panel.bars.subarray(row * hours * barStride, (row + 1) * hours * barStride);
    const own = cells.subarray(coin * hours, (coin + 1) * hours);
    for (const [price, offset] of barFields) {
      // Salted by the price, or high and low could change places unseen.
      const salted = symbolLanes([`${symbol} ${price}`]);
      const added = hourHashes(alone, bars, salted, barStride, offset);
      for (let at = 0; at < lanes.length; at += 1) lanes[at] = (lanes[at]! + added[at]!) | 0;
      addCellHashes(own, alone, bars, textLanes(`${field} ${price}`)[0], barStride, offset);
    }
  }
  return lanes;
}

/** Settlements, one value per cell of the panel. */
function spread(panel: Panel, values: Float64Array): Float64Array {
  const coins = panel.symbols.length;
  const series = new Float64Array(coins * panel.hours).fill(Number.NaN);
  if (values.length === 0) return series;
  for (let hour = 0; hour < panel.hours; hour += 1) {
    const row = panel.funding.rowOf[hour]!;
    if (row < 0) continue;
    for (let coin = 0; coin < coins; coin += 1)
      series[coin * panel.hours + hour] = values[row * coins + coin]!;
  }
  return series;
}

function coinMajor(rows: Rows): Float64Array {
  const series = new Float64Array(rows.values.length);
  transpose(rows.values, series, { rows: rows.hours, columns: rows.coins });
  return series;
}

const fileVersion = 2;

function pathOf(store: Store, hash: string): string {
  return join(store.fingerprintsDir, `${hash}.bin`);
}

export async function saveFingerprint(store: Store, hash: string, fingerprint: Fingerprint): Promise<void> {
  const { symbols, startMs, hours, byHour, cells } = fingerprint;
  const fields = Object.keys(byHour);
  const header = Buffer.from(
    `${JSON.stringify({ version: fileVersion, symbols, startMs, hours, fields })}\n`,
  );
  const blocks = [...Object.values(byHour), cells].map(
    (block) => new Uint8Array(block.buffer, block.byteOffset, block.byteLength),
  );
  const path = pathOf(store, hash);
  const partial = `${path}.partial-${process.pid}`;
  try {
    await mkdir(store.fingerprintsDir, { recursive: true });
    await writeFile(partial, Buffer.concat([header, ...blocks]));
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw asStoreFault(cause, 'Writing a fingerprint');
  }
}

/** The fingerprint of a dataset by its hash; null where none was kept, or where the file is not whole. */
export async function loadFingerprint(store: Store, hash: string): Promise<Fingerprint | null> {
  let file: Buffer;
  try {
    file = await readFile(pathOf(store, hash));
  } catch {
    return null;
  }
  const lineEnd = file.indexOf(10);
  if (lineEnd < 0) return null;
  const header = JSON.parse(file.toString('utf8', 0, lineEnd)) as {
    version: number;
    symbols: string[];
    startMs: number;
    hours: number;
    fields: string[];
  };
  // Another version hashed other fields: it would differ everywhere.
  if (header.version !== fileVersion) return null;
  const { symbols, startMs, hours, fields } = header;
  const words = fields.length * hours * 2 + symbols.length * hours;
  if (file.length !== lineEnd + 1 + words * 4) return null;
  const body = new Int32Array(words);
  file.copy(new Uint8Array(body.buffer), 0, lineEnd + 1);
  const byHour = Object.fromEntries(
    fields.map((field, index) => [field, body.subarray(index * hours * 2, (index + 1) * hours * 2)]),
  );
  return { symbols, startMs, hours, byHour, cells: body.subarray(fields.length * hours * 2) };
}

export interface InputDifference {
  /** Open time of the first hour in which the two differ, epoch ms UTC. */
  readonly timeMs: number;
  readonly symbol: string;
  readonly field: string;
}

/** Where two datasets first differ, aligned by time and symbol: earliest hour, then coin, then field; null where equal. */
export function firstInputDifference(a: Fingerprint, b: Fingerprint): InputDifference | null {
  const fields = [...new Set([...Object.keys(a.byHour), ...Object.keys(b.byHour)])];
  const fromMs = Math.min(a.startMs, b.startMs);
  const toMs = Math.max(a.startMs + a.hours * hourMs, b.startMs + b.hours * hourMs);
  for (let timeMs = fromMs; timeMs < toMs; timeMs += hourMs) {
    const field = fields.find((name) => !sameLanes(a, b, name, timeMs));
    if (field !== undefined) return { timeMs, symbol: differingSymbol(a, b, timeMs), field };
  }
  return null;
}

function sameLanes(a: Fingerprint, b: Fingerprint, field: string, timeMs: number): boolean {
  const [aHigh, aLow] = lanesAt(a, field, timeMs);
  const [bHigh, bLow] = lanesAt(b, field, timeMs);
  return aHigh === bHigh && aLow === bLow;
}

// Cells without a value add nothing to a row's hash, so an hour outside the span, or a field that is not there, is zero.
function lanesAt(fingerprint: Fingerprint, field: string, timeMs: number): readonly [number, number] {
  const hour = (timeMs - fingerprint.startMs) / hourMs;
  const lanes = fingerprint.byHour[field];
  if (lanes === undefined || hour < 0 || hour >= fingerprint.hours) return [0, 0];
  return [lanes[hour * 2]!, lanes[hour * 2 + 1]!];
}

function differingSymbol(a: Fingerprint, b: Fingerprint, timeMs: number): string {
  const inA = new Map(a.symbols.map((symbol, coin) => [symbol, coin]));
  const inB = new Map(b.symbols.map((symbol, coin) => [symbol, coin]));
  for (const symbol of new Set([...a.symbols, ...b.symbols])) {
    if (cellAt(a, inA.get(symbol), timeMs) !== cellAt(b, inB.get(symbol), timeMs)) return symbol;
  }
  return '';
}

function cellAt(fingerprint: Fingerprint, coin: number | undefined, timeMs: number): number {
  const hour = (timeMs - fingerprint.startMs) / hourMs;
  if (coin === undefined || hour < 0 || hour >= fingerprint.hours) return 0;
  return fingerprint.cells[coin * fingerprint.hours + hour]!;
}
