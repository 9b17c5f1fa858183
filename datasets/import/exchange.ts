/**
 * What the exchange publishes about its contracts, from files to tables: leverage tiers, filters, lives and renames. Each file
 * of tiers or filters is an edition that holds from a time on.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Fault } from '../../engine/config.ts';
import type { BracketEdition } from '../../engine/exchange/brackets.ts';
import type { Table } from '../../engine/journal/tables.ts';
import { hourMs, isoMinute } from '../../engine/panel/hours.ts';
import type { Rejection, TableName } from '../dataset.ts';
import { allRows, sqlFile } from '../duck.ts';
import { bracketsTable, filtersTable, type Instrument, storedFilterFaults } from '../exchange-tables.ts';
import { parseBrackets } from './brackets.ts';
import { datedFile, dateInName, misdatedFault, undatedFault } from './dated-file.ts';
import { parseExchangeInfo } from './instruments.ts';
import { livesTable } from './lives.ts';
import { parseRename, type RenameRow, renameFaults, renamesTable } from './renames.ts';
import type { ImportRequest } from './request.ts';
import { openSource, type SourceFile } from './source.ts';

/** The bars that all this is about. */
export interface BarFacts {
  readonly symbols: ReadonlySet<string>;
  /** Open time of each coin's first bar, epoch ms UTC. */
  readonly firstMs: ReadonlyMap<string, number>;
  /** Open time of the first and of the last bar, epoch ms UTC. */
  readonly fromMs: number;
  readonly toMs: number;
}

interface ExchangeTable {
  readonly name: TableName;
  readonly table: Table;
  /** Columns to sort by, so that the stored rows do not tell in which order the files had them. */
  readonly order: readonly string[];
}

export interface ExchangeTables {
  readonly tables: readonly ExchangeTable[];
  readonly sources: readonly string[];
  readonly rejected: readonly Rejection[];
  /** What coins with bars go without, in sentences. */
  readonly remarks: readonly string[];
  /** What the manifest says of the tables. */
  readonly notes: readonly string[];
}

interface Reading {
  readonly duck: DuckDBConnection;
  readonly workDir: string;
  /** Null where the bars themselves are at fault: then nothing can be said of their coins. */
  readonly bars: BarFacts | null;
  readonly faults: Fault[];
  readonly rejected: Rejection[];
  /** Number of the next file, for the names of unpacked copies. */
  nextFile: number;
}

/** Reads all such files of a request; what is wrong with them is added to `faults`. */
export async function readExchangeFiles(
  duck: DuckDBConnection,
  request: ImportRequest,
  given: { readonly workDir: string; readonly bars: BarFacts | null; readonly fileCount: number },
  faults: Fault[],
): Promise<ExchangeTables> {
  const { workDir, bars, fileCount } = given;
  const reading: Reading = { duck, workDir, bars, faults, rejected: [], nextFile: fileCount };
  const tables: ExchangeTable[] = [];
  const brackets = await readBrackets(reading, request.brackets ?? []);
  if (brackets.length > 0) {
    const order = ['effective_ms', 'symbol', 'tier'];
    tables.push({ name: 'brackets', table: bracketsTable(brackets), order });
  }
  const instruments = await readInstruments(reading, request.exchangeInfo ?? []);
  const lives = livesTable(
    instruments.map(({ instrument }) => instrument),
    bars,
  );
  if (instruments.length > 0) {
    const sound = soundOnes(reading, instruments);
    const filters = filtersTable(sound.map(({ instrument }) => instrument));
    tables.push({ name: 'filters', table: filters, order: ['effective_ms', 'symbol'] });
    tables.push({ name: 'instruments', table: lives.table, order: ['symbol'] });
  }
  const renames = await readRenames(reading, request.renames ?? []);
  if (renames.length > 0) {
    tables.push({ name: 'renames', table: renamesTable(renames), order: ['effective_ms', 'from_symbol'] });
  }
  const paths = [...(request.brackets ?? []), ...(request.exchangeInfo ?? [])].map(
    (text) => datedFile(text).path,
  );
  return {
    tables: tables.filter(({ table }) => table.rows > 0),
    sources: [...paths, ...(request.renames ?? [])].map((path) => basename(path)),
    rejected: reading.rejected,
    notes: lives.notes,
    remarks: [
      ...lacking(
        bars,
        'leverage tiers',
        brackets.flatMap(({ tiers }) => [...tiers.keys()]),
      ),
      ...lacking(
        bars,
        'filters',
        instruments.map(({ instrument }) => instrument.symbol),
      ),
    ],
  };
}

/** Nothing is said where no file was given: then nobody expects any. */
function lacking(bars: BarFacts | null, what: string, symbols: readonly string[]): readonly string[] {
  if (bars === null || symbols.length === 0) return [];
  const given = new Set(symbols);
  const without = [...bars.symbols].filter((symbol) => !given.has(symbol)).sort();
  if (without.length === 0) return [];
  return [`${without.length} of ${bars.symbols.size} coins with bars have no ${what}, such as ${without[0]}`];
}

/** A file none of whose coins has bars names them in another style, or is of another market. */
function refuseStrangers({ bars, faults }: Reading, path: string, symbols: readonly string[]): void {
  if (bars === null || symbols.length === 0 || symbols.some((symbol) => bars.symbols.has(symbol))) return;
  const [wanted] = [...bars.symbols].sort();
  faults.push({
    path: `${path}, symbol`,
    message: `none of its symbols has bars (${symbols[0]} here, ${wanted} there). Name the coins alike.`,
  });
}

async function openFile(reading: Reading, path: string): Promise<SourceFile | null> {
  const opened = await openSource(path, reading.nextFile, reading.workDir);
  reading.nextFile += 1;
  if (opened.ok) return opened.value;
  reading.faults.push(...opened.faults);
  return null;
}

async function readJsonFile(
  reading: Reading,
  path: string,
): Promise<{ readonly fileName: string; readonly parsed: unknown } | null> {
  const source = await openFile(reading, path);
  if (source === null) return null;
  if (source.format !== 'json') {
    reading.faults.push({ path, message: 'must be JSON (.json or .json.gz).' });
    return null;
  }
  try {
    return { fileName: source.fileName, parsed: JSON.parse(await readFile(source.readable, 'utf8')) };
  } catch (cause) {
    reading.faults.push({
      path,
      message: `cannot be read as JSON: ${(cause as Error).message}. It may be cut short; fetch it again.`,
    });
    return null;
  }
}

interface DatedJson {
  readonly path: string;
  /** The time given with the path, epoch ms UTC; null where none was. */
  readonly given: number | null;
  readonly fileName: string;
  readonly parsed: unknown;
}

async function readDatedJson(reading: Reading, text: string): Promise<DatedJson | null> {
  const { path, effectiveMs: given } = datedFile(text);
  const misdated = given === null ? await misdatedFault(path) : null;
  if (misdated !== null) {
    reading.faults.push(misdated);
    return null;
  }
  const file = await readJsonFile(reading, path);
  return file === null ? null : { path, given, ...file };
}

async function readBrackets(reading: Reading, texts: readonly string[]): Promise<readonly BracketEdition[]> {
  const editions: (BracketEdition & { readonly path: string })[] = [];
  for (const text of texts) {
    const file = await readDatedJson(reading, text);
    if (file === null) continue;
    const { path, given, fileName, parsed } = file;
    const before = reading.faults.length;
    const tiers = parseBrackets(path, parsed, reading.faults);
    if (reading.faults.length === before) refuseStrangers(reading, path, [...tiers.keys()]);
    const effectiveMs = given ?? dateInName(fileName);
    if (effectiveMs === null) reading.faults.push(undatedFault(path));
    else editions.push({ path, effectiveMs, tiers });
  }
  refuseSameTime(editions, reading.faults);
  return editions.sort((a, b) => a.effectiveMs - b.effectiveMs);
}

/** Two files that hold from the same time on would contradict each other. */
function refuseSameTime(
  editions: readonly { readonly path: string; readonly effectiveMs: number }[],
  faults: Fault[],
): void {
  for (const [index, { path, effectiveMs }] of editions.entries()) {
    const former = editions.findIndex((edition) => edition.effectiveMs === effectiveMs);
    if (former === index) continue;
    faults.push({
      path,
      message: `holds from ${isoMinute(effectiveMs)} on, and so does ${editions[former]!.path}. Give one of them another date, such as FILE@2026-03-01.`,
    });
  }
}

interface FiledInstrument {
  readonly path: string;
  readonly instrument: Instrument;
}

async function readInstruments(
  reading: Reading,
  texts: readonly string[],
): Promise<readonly FiledInstrument[]> {
  const editions: { path: string; effectiveMs: number; instruments: readonly FiledInstrument[] }[] = [];
  for (const text of texts) {
    const file = await readDatedJson(reading, text);
    if (file === null) continue;
    const { path, given, fileName, parsed } = file;
    const before = reading.faults.length;
    const info = parseExchangeInfo(path, parsed, reading.faults);
    if (info === null) continue;
    const symbols = info.instruments.map(({ symbol }) => symbol);
    if (reading.faults.length === before) refuseStrangers(reading, path, symbols);
    const effectiveMs = given ?? info.serverMs ?? dateInName(fileName);
    if (effectiveMs === null) {
      reading.faults.push(undatedFault(path));
      continue;
    }
    const instruments = info.instruments.map((one) => ({ path, instrument: { ...one, effectiveMs } }));
    editions.push({ path, effectiveMs, instruments });
  }
  refuseSameTime(editions, reading.faults);
  return editions.sort((a, b) => a.effectiveMs - b.effectiveMs).flatMap(({ instruments }) => instruments);
}

/** Broken filters of a coin with bars are faults; those of any other instrument are left out and counted. */
function soundOnes(reading: Reading, instruments: readonly FiledInstrument[]): readonly FiledInstrument[] {
  const leftOut = new Map<string, { rows: number; example: string }>();
  const sound = instruments.filter(({ path, instrument }) => {
    const found = instrumentFaults(instrument);
    if (found.length === 0) return true;
    if (reading.bars?.symbols.has(instrument.symbol) === true) {
      for (const message of found) {
        reading.faults.push({
          path: `${path}, ${instrument.symbol}`,
          message: `${message}. The coin has bars: import the filters of its own market, or drop the entry.`,
        });
      }
    } else {
      const { rows, example } = leftOut.get(path) ?? {
        rows: 0,
        example: `${instrument.symbol}: ${found[0]}`,
      };
      leftOut.set(path, { rows: rows + 1, example });
    }
    return false;
  });
  for (const [path, counted] of leftOut)
    reading.rejected.push({ file: basename(path), rule: 'broken-filters', ...counted });
  return sound;
}

function instrumentFaults({ filters }: Instrument): readonly string[] {
  const { tickSize, stepSize } = filters;
  const missing = [
    ...(Number.isNaN(tickSize) ? ['has no PRICE_FILTER with a tickSize'] : []),
    ...(Number.isNaN(stepSize) ? ['has no LOT_SIZE with a stepSize'] : []),
  ];
  if (missing.length === 0) return storedFilterFaults(filters);
  // What is missing has been told; any size that can stand lets the others be judged.
  const sizes = {
    tickSize: Number.isNaN(tickSize) ? Number.MIN_VALUE : tickSize,
    stepSize: Number.isNaN(stepSize) ? Number.MIN_VALUE : stepSize,
  };
  return [...missing, ...storedFilterFaults({ ...filters, ...sizes })];
}

async function readRenames(reading: Reading, paths: readonly string[]): Promise<readonly RenameRow[]> {
  const renames: RenameRow[] = [];
  for (const path of paths) {
    const rows = await renameRows(reading, path);
    for (const [index, row] of rows.entries()) {
      const rename = parseRename(`${path} row ${index + 1}`, row, reading.faults);
      if (rename !== null) renames.push(rename);
    }
  }
  reading.faults.push(...renameFaults(renames, reading.bars?.symbols ?? null));
  return insideSpan(reading, renames);
}

async function renameRows(reading: Reading, path: string): Promise<readonly Record<string, unknown>[]> {
  const source = await openFile(reading, path);
  if (source === null) return [];
  if (source.format === 'json') {
    const file = await readJsonFile(reading, path);
    if (file === null) return [];
    if (Array.isArray(file.parsed) && file.parsed.every((row) => typeof row === 'object' && row !== null))
      return file.parsed as Record<string, unknown>[];
    reading.faults.push({ path, message: 'must be a list of objects with from, to, factor and time.' });
    return [];
  }
  const file = sqlFile(source.readable);
  const relation =
    source.format === 'csv'
      ? `read_csv(${file}, header = true, all_varchar = true)`
      : `read_parquet(${file})`;
  try {
    return await allRows(reading.duck, `SELECT * FROM ${relation}`);
  } catch (cause) {
    const [line] = (cause as Error).message.split('\n');
    reading.faults.push({ path, message: `cannot be read: ${line}. Repair it.` });
    return [];
  }
}

/** Renames before the first bar or after the last concern nobody here. */
function insideSpan(reading: Reading, renames: readonly RenameRow[]): readonly RenameRow[] {
  const { bars } = reading;
  if (bars === null) return renames;
  const outside = renames.filter(({ timeMs }) => timeMs < bars.fromMs || timeMs >= bars.toMs + hourMs);
  const files = new Set(outside.map(({ place }) => place.replace(/ row \d+$/, '')));
  for (const file of files) {
    const rows = outside.filter(({ place }) => place.startsWith(`${file} row `));
    const { from, timeMs } = rows[0]!;
    reading.rejected.push({
      file: basename(file),
      rule: 'outside-span',
      rows: rows.length,
      example: `${from} ${isoMinute(timeMs)}`,
    });
  }
  return renames.filter((rename) => !outside.includes(rename));
}
