/**
 * Finer bars for the simulator, hour by hour and on demand.
 *
 * The Parquet file is the truth; beside it, made on first use, lies a packed copy that can be read at a place: the bars of
 * each coin in stretches of hours, `[hour][60 / minutes][open, high, low, close]` as Float64, NaN where a bar is missing. Only
 * an index is loaded on opening; a coin's day is read when an hour of it is asked for.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hourMs } from '../engine/panel/hours.ts';
import type { Panel } from '../engine/panel/panel.ts';
import type { DetailSource } from '../engine/simulator/rules.ts';
import type { DatasetManifest } from './dataset.ts';
import { nameCoins, relationOf } from './dense-span.ts';
import { type DetailLength, detailLengths, detailTable } from './detail-tables.ts';
import { doublesOf, eachChunk, integersOf, withDuck } from './duck.ts';
import { asStoreFault, StoreFault } from './faults.ts';

/** To be raised whenever the packed layout changes. */
const packedVersion = 1;
const barBytes = 32;
/** An absence as long as this begins a new stretch; shorter ones are stored as NaN. */
const stretchGapHours = 24;

interface PackedIndex {
  readonly version: number;
  /** Size and modification time of the Parquet file it was made from. */
  readonly bytes: number;
  readonly mtimeNs: string;
  /** Shape of the panel whose coins and hours the stretches count. */
  readonly startMs: number;
  readonly coins: number;
  readonly hours: number;
  readonly stretches: readonly Stretch[];
}

/** Hours [from, to) of a coin; its first bar is number `bar` of the packed file. */
interface Stretch {
  readonly coin: number;
  readonly from: number;
  readonly to: number;
  readonly bar: number;
}

type Shape = Pick<Panel, 'symbols' | 'startMs' | 'hours'>;

/** Lengths of the finer bars of a dataset, in minutes, finest first. */
export function detailMinutesOf(manifest: Pick<DatasetManifest, 'tables'>): readonly DetailLength[] {
  return detailLengths.filter((minutes) => manifest.tables[detailTable(minutes)] !== undefined);
}

/**
 * Opens the finer bars of a dataset; packs them first where that was not done yet, or where `renew` asks for it.
 * @throws StoreFault `disk-full`, `permission-denied`, `disk-fault`
 */
export async function openDetail(
  dir: string,
  manifest: Pick<DatasetManifest, 'tables'>,
  minutes: DetailLength,
  shape: Shape,
  renew = false,
): Promise<DetailSource> {
  const found = renew ? null : await readIndex(dir, manifest, minutes, shape);
  const index = found ?? (await packDetail(dir, manifest, minutes, shape));
  return new PackedDetail(packedPath(dir, minutes), minutes, index);
}

function packedPath(dir: string, minutes: number): string {
  return join(dir, 'cache-detail', `${minutes}m.f64`);
}

function indexPath(dir: string, minutes: number): string {
  return join(dir, 'cache-detail', `${minutes}m.json`);
}

async function stampOf(
  dir: string,
  manifest: Pick<DatasetManifest, 'tables'>,
  minutes: DetailLength,
): Promise<Pick<PackedIndex, 'bytes' | 'mtimeNs'>> {
  const { size, mtimeNs } = await stat(join(dir, manifest.tables[detailTable(minutes)]!.file), {
    bigint: true,
  });
  return { bytes: Number(size), mtimeNs: String(mtimeNs) };
}

/** Null where the packed copy is absent, of another format, cut short, or older than the bars. */
async function readIndex(
  dir: string,
  manifest: Pick<DatasetManifest, 'tables'>,
  minutes: DetailLength,
  shape: Shape,
): Promise<PackedIndex | null> {
  try {
    const index = JSON.parse(await readFile(indexPath(dir, minutes), 'utf8')) as PackedIndex;
    const stamp = await stampOf(dir, manifest, minutes);
    const { size } = await stat(packedPath(dir, minutes));
    const last = index.stretches.at(-1);
    const bars = last === undefined ? 0 : last.bar + (last.to - last.from) * (60 / minutes);
    const fits =
      index.version === packedVersion &&
      index.bytes === stamp.bytes &&
      index.mtimeNs === stamp.mtimeNs &&
      index.startMs === shape.startMs &&
      index.coins === shape.symbols.length &&
      index.hours === shape.hours &&
      size === bars * barBytes;
    return fits ? index : null;
  } catch {
    return null;
  }
}

/** Writes the packed copy and its index, each under a temporary name first. */
export async function packDetail(
  dir: string,
  manifest: Pick<DatasetManifest, 'tables'>,
  minutes: DetailLength,
  shape: Shape,
): Promise<PackedIndex> {
  const partial = `.partial-${process.pid}`;
  const [packed, indexed] = [packedPath(dir, minutes), indexPath(dir, minutes)];
  try {
    await mkdir(join(dir, 'cache-detail'), { recursive: true });
    const stamp = await stampOf(dir, manifest, minutes);
    const stretches = await writePacked(`${packed}${partial}`, {
      dir,
      tables: manifest.tables,
      minutes,
      shape,
    });
    const { startMs, hours } = shape;
    const index = {
      version: packedVersion,
      ...stamp,
      startMs,
      coins: shape.symbols.length,
      hours,
      stretches,
    };
    await writeFile(`${indexed}${partial}`, JSON.stringify(index));
    await rename(`${packed}${partial}`, packed);
    await rename(`${indexed}${partial}`, indexed);
    return index;
  } catch (cause) {
    await rm(`${packed}${partial}`, { force: true });
    throw asStoreFault(cause, `Packing the ${minutes}-minute bars`);
  }
}

interface PackSource {
  readonly dir: string;
  readonly tables: DatasetManifest['tables'];
  readonly minutes: DetailLength;
  readonly shape: Shape;
}

async function writePacked(path: string, source: PackSource): Promise<readonly Stretch[]> {
  const { startMs, hours, symbols } = source.shape;
  const writer = new PackedWriter(path, 60 / source.minutes);
  try {
    await withDuck(async (duck) => {
      await nameCoins(duck, symbols);
      const slot = `((ts - ${startMs}) // ${source.minutes * 60_000})::INTEGER`;
      const prices = ['open', 'high', 'low', 'close'].map((name) => `coalesce(${name}, 'nan'::DOUBLE)`);
      await eachChunk(
        duck,
        `SELECT ${['coin', slot, ...prices].join(', ')} FROM ${relationOf(source, detailTable(source.minutes))}
         JOIN coins USING (symbol) WHERE ts >= ${startMs} AND ts < ${startMs + hours * hourMs} ORDER BY coin, ts`,
        (chunk) => {
          const coin = integersOf(chunk, 0);
          const at = integersOf(chunk, 1);
          const values = [2, 3, 4, 5].map((column) => doublesOf(chunk, column));
          for (let row = 0; row < at.length; row += 1) writer.add(coin[row]!, at[row]!, values, row);
        },
      );
    });
    return writer.end();
  } finally {
    writer.close();
  }
}

/** Takes bars by coin and time, in order, and writes whole stretches of hours with NaN where bars are missing. */
class PackedWriter {
  readonly #perHour: number;
  readonly #file: number;
  readonly #stretches: Stretch[] = [];
  /** Bars of the current stretch; NaN beyond them. */
  #pending = new Float64Array(1 << 14).fill(Number.NaN);
  #coin = -1;
  #from = 0;
  #to = 0;
  #bars = 0;

  constructor(path: string, perHour: number) {
    this.#perHour = perHour;
    this.#file = openSync(path, 'w');
  }

  /** `slot` counts bars since the panel's first hour. */
  add(coin: number, slot: number, prices: readonly Float64Array[], row: number): void {
    const hour = Math.floor(slot / this.#perHour);
    if (coin !== this.#coin || hour >= this.#to + stretchGapHours) {
      this.#finish();
      this.#coin = coin;
      this.#from = hour;
    }
    this.#to = hour + 1;
    const place = (slot - this.#from * this.#perHour) * 4;
    if (place + 4 > this.#pending.length) this.#grow(place + 4);
    for (let price = 0; price < 4; price += 1) this.#pending[place + price] = prices[price]![row]!;
  }

  end(): readonly Stretch[] {
    this.#finish();
    return this.#stretches;
  }

  close(): void {
    closeSync(this.#file);
  }

  #grow(length: number): void {
    const wider = new Float64Array(Math.max(length, this.#pending.length * 2)).fill(Number.NaN);
    wider.set(this.#pending);
    this.#pending = wider;
  }

  #finish(): void {
    if (this.#to === this.#from) return;
    const bars = (this.#to - this.#from) * this.#perHour;
    if (bars * 4 > this.#pending.length) this.#grow(bars * 4);
    const stretch = this.#pending.subarray(0, bars * 4);
    const bytes = new Uint8Array(stretch.buffer, 0, stretch.byteLength);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
    this.#stretches.push({ coin: this.#coin, from: this.#from, to: this.#to, bar: this.#bars });
    this.#bars += bars;
    this.#from = this.#to;
    stretch.fill(Number.NaN);
  }
}

// A file stays readable as long as it is open, even when its dataset is replaced; whoever forgets the reader closes it.
const openFiles = new FinalizationRegistry<number>(closeSync);

const blockHours = 24;
const blocksMax = 256;

class PackedDetail implements DetailSource {
  readonly minutes: number;
  readonly #file: number;
  readonly #stretches: readonly Stretch[];
  /** Index of each coin's first stretch, and one past the last of all. */
  readonly #first: Int32Array;
  /** Days of coins, the one that was asked for last at the end. */
  readonly #blocks = new Map<number, Float64Array>();
  readonly #days: number;

  constructor(path: string, minutes: number, index: PackedIndex) {
    this.minutes = minutes;
    this.#stretches = index.stretches;
    this.#first = new Int32Array(index.coins + 1);
    this.#days = Math.ceil(index.hours / blockHours) + 1;
    for (const { coin } of index.stretches) this.#first[coin + 1]! += 1;
    for (let coin = 0; coin < index.coins; coin += 1) this.#first[coin + 1]! += this.#first[coin]!;
    this.#file = openSync(path, 'r');
    openFiles.register(this, this.#file);
  }

  bars(coin: number, hour: number): Float64Array | null {
    for (let at = this.#first[coin]!; at < this.#first[coin + 1]!; at += 1) {
      const stretch = this.#stretches[at]!;
      if (hour < stretch.from) return null;
      if (hour >= stretch.to) continue;
      const width = (60 / this.minutes) * 4;
      const day = Math.floor((hour - stretch.from) / blockHours);
      const from = (hour - stretch.from - day * blockHours) * width;
      const bars = this.#block(at * this.#days + day, stretch, day).subarray(from, from + width);
      return bars.every(Number.isNaN) ? null : bars;
    }
    return null;
  }

  #block(key: number, stretch: Stretch, day: number): Float64Array {
    const found = this.#blocks.get(key);
    if (found !== undefined) {
      this.#blocks.delete(key);
      this.#blocks.set(key, found);
      return found;
    }
    const perHour = 60 / this.minutes;
    const hours = Math.min(blockHours, stretch.to - stretch.from - day * blockHours);
    const block = new Float64Array(hours * perHour * 4);
    const bytes = new Uint8Array(block.buffer);
    const position = (stretch.bar + day * blockHours * perHour) * barBytes;
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(this.#file, bytes, done, bytes.length - done, position + done);
      if (read === 0)
        throw new StoreFault(
          'dataset-damaged',
          'A file of packed bars was cut short while it was read. Run again.',
        );
      done += read;
    }
    if (this.#blocks.size >= blocksMax) this.#blocks.delete(this.#blocks.keys().next().value!);
    this.#blocks.set(key, block);
    return block;
  }
}
