/**
 * JSON as ccxt and exchanges hand it out: `[[time, open, high, low, close, volume], …]` (also Binance's twelve-element klines
 * with their numbers as text), the same by symbol as `{ "BTC/USDT:USDT": [[…]] }`, or a list of objects with named fields.
 */
import { readFile } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Fault } from '../../engine/config.ts';
import { describe } from '../../engine/config.ts';
import type { TableColumn } from '../../engine/journal/tables.ts';
import { loadTable, sqlName } from '../duck.ts';
import {
  barMs,
  columnFor,
  type Field,
  type Layout,
  symbolOfFile,
  timeFields,
  venueSymbol,
} from './layout.ts';
import type { SourceFile } from './source.ts';
import { type Part, rowCount } from './tabular.ts';

interface JsonRow {
  readonly symbol: string | null;
  /** Value of a field by its name in the store. */
  readonly values: Readonly<Record<string, unknown>>;
}

const arrayFields = [
  'ts',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'close_time',
  'quote_volume',
  'trades',
] as const;

/** Loads a JSON file; null where faults were found (they are added to `faults`). */
export async function readJson(
  duck: DuckDBConnection,
  layout: Layout,
  source: SourceFile,
  faults: Fault[],
): Promise<Part | null> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(source.readable, 'utf8'));
  } catch (cause) {
    faults.push({
      path: source.path,
      message: `cannot be read as JSON: ${(cause as Error).message}. It may be cut short; fetch it again.`,
    });
    return null;
  }
  const before = faults.length;
  const records = recordsOf(layout, source, parsed, faults);
  if (faults.length > before) return null;
  if (records.length === 0) {
    faults.push({ path: source.path, message: 'holds no rows. Fetch it again, or leave it out.' });
    return null;
  }
  const numbers = numbersOf(layout, records);
  for (const field of layout.numbers) {
    if (field.required && !numbers.includes(field.name)) {
      faults.push({
        path: source.path,
        message: `has no field ${field.name} (known names: ${field.aliases.join(', ')}). Add it.`,
      });
    }
  }
  if (layout.open && numbers.length === 0)
    faults.push({ path: source.path, message: 'has no score: add a field of numbers.' });
  if (faults.length > before) return null;
  const unreadable: string[] = [];
  const columns = columnsOf(source, records, numbers, { faults, unreadable });
  const table = `json_${source.index}`;
  await loadTable(duck, table, { rows: records.length, columns });
  const select = numbers.map((name) => numberBack(name));
  return {
    select: `SELECT ${source.index}::INTEGER AS file, "#row"::BIGINT AS "row", CAST(nullif(ts, 'nan'::DOUBLE) AS BIGINT) AS ts,
      CAST(symbol AS VARCHAR) AS symbol, ${select.join(', ')} FROM ${table}`,
    numbers,
    unreadable,
  };
}

function numberBack(name: string): string {
  const column = `nullif(${sqlName(name)}, 'nan'::DOUBLE)`;
  return `${timeFields.has(name) ? `CAST(${column} AS BIGINT)` : column} AS ${sqlName(name)}`;
}

function recordsOf(layout: Layout, source: SourceFile, parsed: unknown, faults: Fault[]): readonly JsonRow[] {
  if (Array.isArray(parsed)) {
    const symbol = symbolOfFile(source.fileName);
    return parsed.map((row, index) =>
      recordOf(layout, source, { row, place: `row ${index + 1}`, symbol }, faults),
    );
  }
  const isObject = typeof parsed === 'object' && parsed !== null;
  if (isObject && Object.values(parsed).every((value) => Array.isArray(value))) {
    return Object.entries(parsed as Record<string, unknown[]>).flatMap(([key, rows]) =>
      rows.map((row, index) =>
        recordOf(layout, source, { row, place: `${key} row ${index + 1}`, symbol: venueSymbol(key) }, faults),
      ),
    );
  }
  faults.push({
    path: source.path,
    message: `must be a list of rows, or an object of such lists by symbol; it is ${describe(parsed)}.`,
  });
  return [];
}

function recordOf(
  layout: Layout,
  source: SourceFile,
  at: { readonly row: unknown; readonly place: string; readonly symbol: string | null },
  faults: Fault[],
): JsonRow {
  const { row, place, symbol } = at;
  const isBar = barMs(layout.table) !== null;
  if (Array.isArray(row) && isBar && row.length >= 5) {
    return {
      symbol,
      values: Object.fromEntries(arrayFields.slice(0, row.length).map((name, index) => [name, row[index]])),
    };
  }
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return namedRecord(layout, row, symbol);
  if (faults.length < 20) {
    const wanted = isBar ? '[time, open, high, low, close, volume]' : 'an object with named fields';
    faults.push({ path: `${source.path} ${place}`, message: `must be ${wanted}, was ${describe(row)}.` });
  }
  return { symbol, values: {} };
}

function namedRecord(layout: Layout, row: object, symbol: string | null): JsonRow {
  const names = Object.keys(row);
  const given = (field: Field) => {
    const column = columnFor(field, names);
    return column === null ? undefined : (row as Record<string, unknown>)[column];
  };
  const values: Record<string, unknown> = {};
  for (const field of [layout.time, ...layout.numbers, ...layout.aside]) {
    const value = given(field);
    if (value !== undefined) values[field.name] = value;
  }
  const own = given(layout.symbol);
  if (layout.open) {
    const used = new Set([columnFor(layout.time, names), columnFor(layout.symbol, names)]);
    for (const name of names) if (!used.has(name)) values[name] = (row as Record<string, unknown>)[name];
  }
  return { symbol: own === undefined || own === null ? symbol : venueSymbol(String(own)), values };
}

/** Fields that any record has; a JSON list may leave some out here and there. */
function numbersOf(layout: Layout, records: readonly JsonRow[]): readonly string[] {
  const seen = new Set<string>();
  for (const { values } of records) for (const name of Object.keys(values)) seen.add(name);
  seen.delete('ts');
  if (layout.open) return [...seen];
  return [...layout.numbers, ...layout.aside].map(({ name }) => name).filter((name) => seen.has(name));
}

interface Found {
  readonly faults: Fault[];
  /** Fields in which a value is no number. */
  readonly unreadable: string[];
}

function columnsOf(
  source: SourceFile,
  records: readonly JsonRow[],
  numbers: readonly string[],
  found: Found,
): Readonly<Record<string, TableColumn>> {
  const columns: Record<string, TableColumn> = {
    '#row': { type: 'double', values: Float64Array.from(records, (_, index) => index + 1) },
    ts: { type: 'time', values: numbersFrom(source, records, 'ts', found) },
    symbol: { type: 'text', values: records.map(({ symbol }) => symbol) },
  };
  for (const name of numbers)
    columns[name] = { type: 'double', values: numbersFrom(source, records, name, found) };
  return columns;
}

function numbersFrom(
  source: SourceFile,
  records: readonly JsonRow[],
  name: string,
  found: Found,
): Float64Array {
  const values = new Float64Array(records.length);
  let bad = 0;
  let firstRow = 0;
  for (const [index, record] of records.entries()) {
    const value = numberFrom(record.values[name], name === 'ts' || timeFields.has(name));
    if (value === null) {
      if (bad === 0) firstRow = index;
      bad += 1;
    }
    values[index] = value ?? Number.NaN;
  }
  if (bad > 0) {
    found.unreadable.push(name);
    found.faults.push({
      path: `${source.path} row ${firstRow + 1}, ${name}`,
      message: `${describe(records[firstRow]?.values[name])} is not a ${name === 'ts' ? 'time' : 'number'} (${rowCount(bad)}). Repair the file, or drop those rows.`,
    });
  }
  return values;
}

/** NaN where there is no value, null where there is one that is no number. */
function numberFrom(value: unknown, isTime: boolean): number | null {
  if (value === null || value === undefined) return Number.NaN;
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string' || value.trim() === '') return null;
  const number = Number(value);
  if (!Number.isNaN(number)) return number;
  if (!isTime) return null;
  const timeMs = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(value) ? value : `${value}Z`);
  return Number.isNaN(timeMs) ? null : timeMs;
}
