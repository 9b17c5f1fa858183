/**
 * Dated records at rest, back as what columns are computed from: news, Fear & Greed, market capitalisation, instruments. Rows
 * come by availability, which is the later of publication and arrival; an arrival that nobody noted counts as none.
 */
import { join } from 'node:path';
import {
  type DatedValues,
  type DatedValuesByCoin,
  type InstrumentRecords,
  instrumentKinds,
  type MarketRecords,
  type NewsRecords,
  newsClasses,
} from '../engine/columns/records.ts';
import type { Table } from '../engine/journal/tables.ts';
import { sharedFloat64, sharedInt32 } from '../engine/panel/panel.ts';
import type { DatasetRecords, TableFile, TableName, UnknownSymbols } from './dataset.ts';
import { readTable } from './duck.ts';
import { listedKind } from './instrument-kinds.ts';

/** @throws StoreFault `file-missing`, `file-unreadable` */
export async function readRecords(
  source: {
    readonly dir: string;
    readonly tables: Readonly<Partial<Record<TableName, Pick<TableFile, 'file'>>>>;
  },
  symbols: readonly string[],
): Promise<DatasetRecords> {
  const read = async (name: TableName): Promise<Table | null> => {
    const table = source.tables[name];
    return table === undefined ? null : await readTable(join(source.dir, table.file));
  };
  const [news, fearGreed, marketCap, instruments] = await Promise.all([
    read('news'),
    read('fear_greed'),
    read('market_cap'),
    read('instruments'),
  ]);
  const coinOf = new Map(symbols.map((symbol, coin) => [symbol, coin]));
  const unknown = { news: 0, marketCap: 0, instruments: 0 };
  const records: MarketRecords = {
    fearGreed: fearGreed === null ? null : datedValues(fearGreed, rowNumbers(fearGreed)),
    news: news === null ? null : newsRecords(news, coinOf, unknown),
    marketCap: marketCap === null ? null : byCoin(marketCap, coinOf, unknown),
    instruments: instruments === null ? null : instrumentRecords(instruments, coinOf, unknown),
  };
  return { ...records, unknown };
}

type Counted = { -readonly [Name in keyof UnknownSymbols]: number };

function rowNumbers({ rows }: Table): number[] {
  return Array.from({ length: rows }, (_, row) => row);
}

/** NaN throughout where the table has no such column. */
export function numbersOf(table: Table, name: string): ArrayLike<number> {
  const column = table.columns[name];
  if (column === undefined) return new Float64Array(table.rows).fill(Number.NaN);
  if (column.type === 'text') throw new Error(`column ${name} holds text where numbers belong`);
  return column.values;
}

export function textsOf(table: Table, name: string): readonly (string | null)[] {
  const column = table.columns[name];
  if (column === undefined) return new Array<null>(table.rows).fill(null);
  if (column.type !== 'text') throw new Error(`column ${name} holds numbers where text belongs`);
  return column.values;
}

/** Later of publication and arrival, by row. */
function availability(table: Table): Float64Array {
  const published = numbersOf(table, 'published_ms');
  const ingested = numbersOf(table, 'ingested_ms');
  return Float64Array.from({ length: table.rows }, (_, row) =>
    ingested[row]! > published[row]! ? ingested[row]! : published[row]!,
  );
}

function sharedFrom(values: ArrayLike<number>): Float64Array {
  const shared = sharedFloat64(values.length);
  shared.set(values);
  return shared;
}

function sharedWhole(values: ArrayLike<number>): Int32Array {
  const shared = sharedInt32(values.length);
  shared.set(values);
  return shared;
}

/**
 * Rows in the order in which they were known. A record that came in after a later one had been published says nothing new
 * about the present and is left out; of two that were known at the same moment the later published one stays.
 */
function datedRows(table: Table, available: Float64Array, rows: readonly number[]): readonly number[] {
  const published = numbersOf(table, 'published_ms');
  const sorted = [...rows].sort((a, b) => available[a]! - available[b]! || published[a]! - published[b]!);
  const kept: number[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  for (const row of sorted) {
    if (published[row]! < newest) continue;
    newest = published[row]!;
    const former = kept.at(-1);
    if (former !== undefined && available[former] === available[row]) kept.pop();
    kept.push(row);
  }
  return kept;
}

function datedValues(table: Table, rows: readonly number[]): DatedValues {
  const available = availability(table);
  const values = numbersOf(table, 'value');
  const kept = datedRows(table, available, rows);
  return {
    availableMs: sharedFrom(kept.map((row) => available[row]!)),
    values: sharedFrom(kept.map((row) => values[row]!)),
  };
}

function byCoin(table: Table, coinOf: ReadonlyMap<string, number>, unknown: Counted): DatedValuesByCoin {
  const rowsOf: number[][] = Array.from({ length: coinOf.size }, () => []);
  for (const [row, symbol] of textsOf(table, 'symbol').entries()) {
    const coin = coinOf.get(symbol ?? '');
    if (coin === undefined) unknown.marketCap += 1;
    else rowsOf[coin]!.push(row);
  }
  const available = availability(table);
  const values = numbersOf(table, 'value');
  const kept = rowsOf.map((rows) => datedRows(table, available, rows));
  const start = [0];
  for (const rows of kept) start.push(start.at(-1)! + rows.length);
  const all = kept.flat();
  return {
    start: sharedWhole(start),
    availableMs: sharedFrom(all.map((row) => available[row]!)),
    values: sharedFrom(all.map((row) => values[row]!)),
  };
}

/** Rows of a news table in the order of `NewsRecords`: as they became available, ties by publication, then by id. */
function newsOrder(table: Table): readonly number[] {
  const available = availability(table);
  const published = numbersOf(table, 'published_ms');
  const ids = textsOf(table, 'id');
  return rowNumbers(table).sort(
    (a, b) =>
      available[a]! - available[b]! ||
      published[a]! - published[b]! ||
      compareTexts(ids[a] ?? '', ids[b] ?? ''),
  );
}

export interface Article {
  readonly id: string;
  readonly title: string;
  readonly availableMs: number;
}

/**
 * What articles say, in the order of `NewsRecords`.
 * @throws StoreFault `file-missing`, `file-unreadable`
 */
export async function readArticles(path: string): Promise<readonly Article[]> {
  const table = await readTable(path);
  const available = availability(table);
  const [ids, titles] = [textsOf(table, 'id'), textsOf(table, 'title')];
  return newsOrder(table).map((row) => ({
    ...{ id: ids[row] ?? '', title: titles[row] ?? '', availableMs: available[row]! },
  }));
}

function newsRecords(table: Table, coinOf: ReadonlyMap<string, number>, unknown: Counted): NewsRecords {
  const available = availability(table);
  const published = numbersOf(table, 'published_ms');
  const rows = newsOrder(table);
  const linked = textsOf(table, 'symbols');
  const start = [0];
  const coins: number[] = [];
  for (const row of rows) {
    const own = new Set<number>();
    for (const symbol of (linked[row] ?? '').split(' ')) {
      const coin = coinOf.get(symbol);
      if (coin !== undefined) own.add(coin);
      else if (symbol !== '') unknown.news += 1;
    }
    coins.push(...[...own].sort((a, b) => a - b));
    start.push(coins.length);
  }
  return {
    availableMs: sharedFrom(rows.map((row) => available[row]!)),
    publishedMs: sharedFrom(rows.map((row) => published[row]!)),
    start: sharedWhole(start),
    coins: sharedWhole(coins),
    classes: classesOf(table, rows),
  };
}

/** By code unit: the same order anywhere. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function classesOf(table: Table, rows: readonly number[]): Float64Array {
  const names = newsClasses.map((name) => `p_${name}`);
  if (names.some((name) => table.columns[name] === undefined)) return sharedFloat64(0);
  const columns = names.map((name) => numbersOf(table, name));
  return sharedFrom(rows.flatMap((row) => columns.map((column) => column[row]!)));
}

function instrumentRecords(
  table: Table,
  coinOf: ReadonlyMap<string, number>,
  unknown: Counted,
): InstrumentRecords {
  const symbols = [...coinOf.keys()];
  const kind = new Uint8Array(new SharedArrayBuffer(symbols.length));
  const onboardMs = sharedFloat64(symbols.length).fill(Number.NaN);
  const delistedMs = sharedFloat64(symbols.length).fill(Number.NaN);
  // The dated list of names goes first: a table made without it would call a gold token a coin.
  for (const [coin, symbol] of symbols.entries())
    kind[coin] = instrumentKinds.indexOf(listedKind(symbol) ?? 'coin');
  const kinds = textsOf(table, 'kind');
  const [onboard, listed, delisted] = ['onboard_ms', 'listed_ms', 'delisted_ms'].map((name) =>
    numbersOf(table, name),
  );
  for (const [row, symbol] of textsOf(table, 'symbol').entries()) {
    const coin = coinOf.get(symbol ?? '');
    if (coin === undefined) {
      unknown.instruments += 1;
      continue;
    }
    const given = instrumentKinds.indexOf(kinds[row] as (typeof instrumentKinds)[number]);
    if (given > 0) kind[coin] = given;
    const since = Number.isNaN(onboard![row]!) ? listed![row]! : onboard![row]!;
    if (!(onboardMs[coin]! <= since)) onboardMs[coin] = since;
    delistedMs[coin] = delisted![row]!;
  }
  return { kind, onboardMs, delistedMs };
}
