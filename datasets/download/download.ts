/**
 * Public market data into the store:
 *
 *   1. the venue's time and list of instruments; the request is checked against them
 *   2. every month of every table and symbol that is not kept yet is fetched and kept (`parts.ts`)
 *   3. all parts of a table become one file, and the files one dataset, by the same importer as everybody's files
 *
 * Stopped at any time and started again, it goes on where it stopped. Bars that are still open are left out.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asStoreFault } from '../faults.ts';
import { type ImportResult, importDataset } from '../import/import.ts';
import type { PublishOptions } from '../publish.ts';
import type { Store } from '../store.ts';
import { type Part, partsOf, readPart, writePart } from './parts.ts';
import { checkedSymbols, type DownloadRequest, marketNames, tablesOf } from './request.ts';
import { type DownloadTable, type PublicVenue, publicVenue, type Row, tableColumns } from './venue.ts';

export interface DownloadResult extends ImportResult {
  /** Months fetched now, and months that were kept from before. */
  readonly fetched: number;
  readonly kept: number;
}

export interface PartDifference {
  readonly table: DownloadTable;
  readonly symbol: string;
  readonly timeMs: number;
  /** The row as it is kept and as the venue sends it now; null where it has none. */
  readonly kept: string | null;
  readonly now: string | null;
}

export interface Verification {
  readonly compared: number;
  readonly rows: number;
  readonly differences: readonly PartDifference[];
}

export interface DownloadOptions extends PublishOptions {
  /** Told of waits and of symbols without rows. */
  readonly remark?: (text: string) => void;
}

/**
 * Downloads and imports; `verify` is for checking what is kept.
 * @throws DownloadFault `download-refused`, `network-fault`, `venue-refused`; StoreFault as `importDataset`
 */
export async function downloadDataset(
  store: Store,
  request: DownloadRequest,
  options: DownloadOptions = {},
): Promise<DownloadResult> {
  return await withVenue(request, options, async (venue) => {
    const folder = downloadsDir(store, request.name);
    const { parts, info, nowMs } = await planned(venue, request, options);
    let fetched = 0;
    for (const [index, part] of parts.entries()) {
      options.progress?.(`downloading ${part.table} of ${part.symbol}`, index / parts.length);
      options.signal?.throwIfAborted();
      if ((await readPart(folder, part)) !== null) continue;
      await writePart(folder, part, await rowsOf(venue, part));
      fetched += 1;
    }
    const files = await tableFiles(folder, parts, options);
    const bars = files[request.market === 'spot' ? 'spot' : 'bars'];
    if (bars === undefined) throw new Error('a download has bars');
    const day = new Date(nowMs).toISOString().slice(0, 10);
    const infoFile = join(folder, 'exchangeInfo.json');
    await writeFile(infoFile, JSON.stringify(info));
    const result = await importDataset(
      store,
      {
        name: request.name,
        bars: [bars],
        ...(files.mark === undefined ? {} : { mark: [files.mark] }),
        ...(files.funding === undefined ? {} : { funding: [files.funding] }),
        ...(request.market === 'spot' || files.spot === undefined ? {} : { spot: [files.spot] }),
        ...(request.market === 'spot' ? {} : { exchangeInfo: [`${infoFile}@${day}`] }),
      },
      options,
    );
    for (const path of Object.values(files)) await rm(path, { force: true });
    return { ...result, fetched, kept: parts.length - fetched };
  });
}

/** Fetches everything that is kept for the request once more, and compares row by row. Nothing is changed. */
export async function verifyDownload(
  store: Store,
  request: DownloadRequest,
  options: DownloadOptions = {},
): Promise<Verification> {
  return await withVenue(request, options, async (venue) => {
    const folder = downloadsDir(store, request.name);
    const { parts } = await planned(venue, request, options);
    const differences: PartDifference[] = [];
    let compared = 0;
    let rows = 0;
    for (const [index, part] of parts.entries()) {
      options.progress?.(`verifying ${part.table} of ${part.symbol}`, index / parts.length);
      const kept = await readPart(folder, part);
      if (kept === null) continue;
      differences.push(...differencesOf(part, kept, await rowsOf(venue, part)));
      compared += 1;
      rows += kept.length;
    }
    return { compared, rows, differences };
  });
}

async function withVenue<Result>(
  request: DownloadRequest,
  options: DownloadOptions,
  work: (venue: PublicVenue) => Promise<Result>,
): Promise<Result> {
  const venue = await publicVenue({
    ...(request.proxy === undefined ? {} : { proxy: request.proxy }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onWait: (why, waitMs) => options.remark?.(`waiting ${Math.ceil(waitMs / 1000)} s: ${why}`),
  });
  try {
    return await work(venue);
  } finally {
    await venue.close();
  }
}

interface Plan {
  readonly parts: readonly Part[];
  readonly info: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
}

/** What there is to fetch. A perpetual need not have a spot market: those that have none are left out of the spot bars. */
async function planned(
  venue: PublicVenue,
  request: DownloadRequest,
  options: DownloadOptions,
): Promise<Plan> {
  const nowMs = await venue.serverTimeMs();
  const info = await venue.exchangeInfo(request.market);
  const { symbols, fromMs, toMs } = checkedSymbols(request, info, nowMs);
  const tables = tablesOf(request);
  if (request.market === 'spot' || !tables.includes('spot')) {
    return { parts: partsOf(tables, symbols, fromMs, toMs), info, nowMs };
  }
  const inSpot = new Set(marketNames(await venue.exchangeInfo('spot')));
  for (const symbol of symbols) if (!inSpot.has(symbol)) options.remark?.(`${symbol} has no spot market`);
  const others = tables.filter((table) => table !== 'spot');
  const parts = [
    ...partsOf(others, symbols, fromMs, toMs),
    ...partsOf(
      ['spot'],
      symbols.filter((symbol) => inSpot.has(symbol)),
      fromMs,
      toMs,
    ),
  ];
  return { parts, info, nowMs };
}

/** All rows of a part, however many answers they take. */
async function rowsOf(venue: PublicVenue, { table, symbol, fromMs, toMs }: Part): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let nextMs = fromMs; nextMs < toMs; ) {
    const page = await venue.rows(table, symbol, nextMs, toMs);
    if (page.length === 0) break;
    rows.push(...page);
    nextMs = Number(page.at(-1)![0]) + 1;
  }
  return rows;
}

function differencesOf(part: Part, kept: readonly Row[], now: readonly Row[]): PartDifference[] {
  const byTime = (rows: readonly Row[]) => new Map(rows.map((row) => [Number(row[0]), row.join(',')]));
  const [before, after] = [byTime(kept), byTime(now)];
  const times = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b);
  return times.flatMap((timeMs) => {
    const [one, other] = [before.get(timeMs) ?? null, after.get(timeMs) ?? null];
    return one === other ? [] : [{ table: part.table, symbol: part.symbol, timeMs, kept: one, now: other }];
  });
}

/** Where a dataset's downloads are kept, beside the store's datasets. */
export function downloadsDir(store: Store, name: string): string {
  // Refuses names that could not be one folder.
  store.datasetDir(name);
  return join(store.dataDir, 'downloads', name);
}

/** One CSV file a table, out of all its parts; tables without a row have none. */
async function tableFiles(
  folder: string,
  parts: readonly Part[],
  options: DownloadOptions,
): Promise<Partial<Record<DownloadTable, string>>> {
  const files: Partial<Record<DownloadTable, string>> = {};
  for (const table of new Set(parts.map((part) => part.table))) {
    const own = parts.filter((part) => part.table === table);
    const empty = new Set(own.map(({ symbol }) => symbol));
    const path = join(folder, `${table}.csv`);
    try {
      await mkdir(folder, { recursive: true });
      await pipeline(Readable.from(linesOf(folder, own, empty)), createWriteStream(path));
    } catch (cause) {
      throw asStoreFault(cause, `Joining the downloaded ${table}`);
    }
    for (const symbol of empty) options.remark?.(`${symbol} has no ${table} in this span`);
    if (own.some(({ symbol }) => !empty.has(symbol))) files[table] = path;
    else await rm(path, { force: true });
  }
  return files;
}

async function* linesOf(folder: string, parts: readonly Part[], empty: Set<string>): AsyncGenerator<string> {
  yield `symbol,${tableColumns[parts[0]!.table].join(',')}\n`;
  for (const part of parts) {
    const rows = (await readPart(folder, part)) ?? [];
    if (rows.length === 0) continue;
    empty.delete(part.symbol);
    yield rows.map((row) => `${part.symbol},${row.join(',')}\n`).join('');
  }
}
