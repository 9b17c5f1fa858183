/**
 * The dense cache: the panel's blocks as raw little-endian files beside the Parquet files, read straight into shared
 * memory. It is never the truth. Its index names the Parquet files by size and modification time; where these differ, or
 * the format is another, the cache is made anew.
 */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import {
  type FundingRows,
  type LifeGap,
  type Panel,
  type PriceSeries,
  type Rename,
  sharedFloat64,
  sharedInt32,
} from '../engine/panel/panel.ts';
import type { Rows } from '../engine/panel/rows.ts';
import type { DatasetManifest } from './dataset.ts';
import type { Dense } from './dense.ts';
import type { Exchange } from './exchange-tables.ts';

/** To be raised whenever the files' layout, or the way lives, funding or row hashes come about, changes. */
const cacheVersion = 4;
const indexFile = 'index.json';
const exchangeFile = 'exchange.v8';

/** Size and modification time of every Parquet file, by file name; nanoseconds as text since they exceed a double. */
export type FileStamps = Readonly<Record<string, { readonly bytes: number; readonly mtimeNs: string }>>;

export interface CacheIndex {
  readonly version: number;
  readonly datasetHash: string;
  readonly stamps: FileStamps;
  readonly symbols: readonly string[];
  readonly startMs: number;
  readonly hours: number;
  readonly fundingRates: number;
  readonly fundingMarks: number;
  readonly scores: readonly string[];
  /** Rows of other prices behind the coins' own, by coin; null where there are none. */
  readonly series: { readonly mark: readonly number[]; readonly spot: readonly number[] } | null;
  /** Coins whose bars end before they do, coins that were delisted, by number. */
  readonly dataEnds: readonly number[];
  readonly delisted: readonly number[];
  readonly gaps: readonly LifeGap[];
  readonly renames: readonly Rename[];
}

function cacheDir(datasetDir: string): string {
  return join(datasetDir, 'cache');
}

export async function stampsOf(
  datasetDir: string,
  manifest: Pick<DatasetManifest, 'tables'>,
): Promise<FileStamps> {
  const stamps: Record<string, { bytes: number; mtimeNs: string }> = {};
  for (const table of Object.values(manifest.tables)) {
    const { size, mtimeNs } = await stat(join(datasetDir, table.file), { bigint: true });
    stamps[table.file] = { bytes: Number(size), mtimeNs: String(mtimeNs) };
  }
  return stamps;
}

export function sameStamps(a: FileStamps, b: FileStamps): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => a[name]?.bytes === b[name]?.bytes && a[name]?.mtimeNs === b[name]?.mtimeNs);
}

/** The index of a cache of this format, or null where there is none that can be read. */
export async function readCacheIndex(datasetDir: string): Promise<CacheIndex | null> {
  try {
    const index = JSON.parse(await readFile(join(cacheDir(datasetDir), indexFile), 'utf8')) as CacheIndex;
    return index.version === cacheVersion ? index : null;
  } catch {
    return null;
  }
}

/** Rewrites the index alone: for a dataset whose files were copied or touched but hold what they held. */
export async function restampCache(datasetDir: string, index: CacheIndex, stamps: FileStamps): Promise<void> {
  const path = join(cacheDir(datasetDir), indexFile);
  await writeFile(`${path}.partial-${process.pid}`, JSON.stringify({ ...index, stamps }));
  await rename(`${path}.partial-${process.pid}`, path);
}

/** Writes the whole cache under a temporary name and puts it in place. */
export async function writeCache(
  datasetDir: string,
  dense: Dense,
  origin: { readonly datasetHash: string; readonly stamps: FileStamps },
): Promise<void> {
  const { panel, scores, exchange } = dense;
  const partial = `${cacheDir(datasetDir)}.partial-${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  try {
    await mkdir(partial);
    await writeBlock(join(partial, 'bars.f64'), panel.bars);
    await writeBlock(join(partial, 'volume.f64'), panel.volume!);
    await writeBlock(join(partial, 'quote-volume.f64'), panel.quoteVolume!);
    await writeBlock(join(partial, 'lives.i32'), Int32Array.of(...panel.firstHour, ...panel.endHour));
    await writeBlock(join(partial, 'close-hash.i32'), panel.closeHash);
    await writeBlock(join(partial, 'funding-rows.i32'), panel.funding.rowOf);
    await writeBlock(join(partial, 'funding-rate.f64'), panel.funding.rate);
    await writeBlock(join(partial, 'funding-mark.f64'), panel.funding.mark);
    for (const [index, rows] of [...scores.values()].entries()) {
      await writeBlock(join(partial, `score-${index}.f64`), rows.values);
      await writeBlock(join(partial, `score-${index}-hash.i32`), rows.rowHash);
    }
    await writeFile(join(partial, exchangeFile), serialize(exchange));
    const index: CacheIndex = {
      version: cacheVersion,
      ...origin,
      symbols: panel.symbols,
      startMs: panel.startMs,
      hours: panel.hours,
      fundingRates: panel.funding.rate.length,
      fundingMarks: panel.funding.mark.length,
      scores: [...scores.keys()],
      ...lifeIndex(panel),
    };
    await writeFile(join(partial, indexFile), JSON.stringify(index));
    await rm(cacheDir(datasetDir), { recursive: true, force: true });
    await rename(partial, cacheDir(datasetDir));
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    throw cause;
  }
}

function lifeIndex(panel: Panel): Pick<CacheIndex, 'series' | 'dataEnds' | 'delisted' | 'gaps' | 'renames'> {
  const { series, life } = panel;
  return {
    series: series === undefined ? null : { mark: [...series.markRow], spot: [...series.spotRow] },
    dataEnds: flagged(life?.dataEnds),
    delisted: flagged(life?.delisted),
    gaps: life?.gaps ?? [],
    renames: life?.renames ?? [],
  };
}

function flagged(flags: Uint8Array | undefined): readonly number[] {
  return flags === undefined ? [] : [...flags.keys()].filter((coin) => flags[coin] === 1);
}

function flags(coins: number, flagged: readonly number[]): Uint8Array {
  const flags = new Uint8Array(coins);
  for (const coin of flagged) flags[coin] = 1;
  return flags;
}

/** The panel of a valid cache. A coin-hour's four prices, and volumes only where asked for. */
export async function readCachedPanel(
  datasetDir: string,
  index: CacheIndex,
  volumes: boolean,
): Promise<Panel> {
  const dir = cacheDir(datasetDir);
  const coins = index.symbols.length;
  const cells = coins * index.hours;
  const lives = sharedInt32(coins * 2);
  const funding: FundingRows = {
    rowOf: sharedInt32(index.hours),
    rate: sharedFloat64(index.fundingRates),
    mark: sharedFloat64(index.fundingMarks),
  };
  const series = index.series === null ? null : seriesOf(index.series);
  const further = index.series === null ? 0 : rowCount(index.series);
  const bars = sharedFloat64((cells + further * index.hours) * 4);
  const closeHash = sharedInt32(index.hours * 2);
  const volume = volumes ? sharedFloat64(cells) : null;
  const quoteVolume = volumes ? sharedFloat64(cells) : null;
  await Promise.all([
    readBlock(join(dir, 'bars.f64'), bars),
    readBlock(join(dir, 'lives.i32'), lives),
    readBlock(join(dir, 'close-hash.i32'), closeHash),
    readBlock(join(dir, 'funding-rows.i32'), funding.rowOf),
    readBlock(join(dir, 'funding-rate.f64'), funding.rate),
    readBlock(join(dir, 'funding-mark.f64'), funding.mark),
    ...(volume === null ? [] : [readBlock(join(dir, 'volume.f64'), volume)]),
    ...(quoteVolume === null ? [] : [readBlock(join(dir, 'quote-volume.f64'), quoteVolume)]),
  ]);
  return {
    symbols: index.symbols,
    startMs: index.startMs,
    hours: index.hours,
    bars,
    volume,
    quoteVolume,
    firstHour: lives.subarray(0, coins),
    endHour: lives.subarray(coins),
    funding,
    closeHash,
    ...(series === null ? {} : { series }),
    life: {
      dataEnds: flags(coins, index.dataEnds),
      delisted: flags(coins, index.delisted),
      gaps: index.gaps,
      renames: index.renames,
    },
  };
}

function seriesOf({ mark, spot }: NonNullable<CacheIndex['series']>): PriceSeries {
  const series = { markRow: sharedInt32(mark.length), spotRow: sharedInt32(spot.length) };
  series.markRow.set(mark);
  series.spotRow.set(spot);
  return series;
}

function rowCount({ mark, spot }: NonNullable<CacheIndex['series']>): number {
  return [...mark, ...spot].filter((row) => row >= 0).length;
}

/** Tiers and filters of a valid cache. */
export async function readCachedExchange(datasetDir: string): Promise<Exchange> {
  return deserialize(await readFile(join(cacheDir(datasetDir), exchangeFile))) as Exchange;
}

/** One stored column of a valid cache, with its row hashes. */
export async function readCachedRows(datasetDir: string, index: CacheIndex, name: string): Promise<Rows> {
  const at = index.scores.indexOf(name);
  const coins = index.symbols.length;
  const values = sharedFloat64(coins * index.hours);
  const rowHash = sharedInt32(index.hours * 2);
  await Promise.all([
    readBlock(join(cacheDir(datasetDir), `score-${at}.f64`), values),
    readBlock(join(cacheDir(datasetDir), `score-${at}-hash.i32`), rowHash),
  ]);
  return { name, coins, hours: index.hours, values, rowHash };
}

type Block = Float64Array | Int32Array;
// Large enough that few calls are needed, small enough that two or more threads share one file.
const partBytes = 16 << 20;

async function writeBlock(path: string, block: Block): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC);
  try {
    await eachPart(block, async (part, position) => {
      let done = 0;
      while (done < part.byteLength) {
        done += (await file.write(part, done, part.byteLength - done, position + done)).bytesWritten;
      }
    });
  } finally {
    await file.close();
  }
}

async function readBlock(path: string, block: Block): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size !== block.byteLength) throw new CacheMisfit(path, size, block.byteLength);
    await eachPart(block, (part, position) => readPart(file, part, position));
  } finally {
    await file.close();
  }
}

async function readPart(file: FileHandle, part: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < part.byteLength) {
    const { bytesRead } = await file.read(part, done, part.byteLength - done, position + done);
    if (bytesRead === 0) throw new Error('a cache file ended early');
    done += bytesRead;
  }
}

/** A cache file of another size than its index says: somebody cut it short. The caller makes the cache anew. */
export class CacheMisfit extends Error {
  constructor(path: string, bytes: number, expected: number) {
    super(`${path} has ${bytes} bytes instead of ${expected}`);
    this.name = 'CacheMisfit';
  }
}

async function eachPart(
  block: Block,
  visit: (part: Uint8Array, position: number) => Promise<void>,
): Promise<void> {
  const jobs: Promise<void>[] = [];
  for (let position = 0; position < block.byteLength; position += partBytes) {
    const bytes = Math.min(partBytes, block.byteLength - position);
    jobs.push(visit(new Uint8Array(block.buffer, block.byteOffset + position, bytes), position));
  }
  await Promise.all(jobs);
}
