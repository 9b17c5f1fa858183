/**
 * Daily series: Fear & Greed and market capitalisation. A file that says when a value was published, or came in, is taken at
 * its word. None of the usual ones says at which hour of its day a value was known; it then counts as known when the day is over.
 */
import { describe } from '../../../engine/config.ts';
import type { Table } from '../../../engine/journal/tables.ts';
import { dayMs } from '../../../engine/panel/hours.ts';
import { venueSymbol } from '../layout.ts';
import { dayOf, instantOf } from './instants.ts';
import {
  fieldOf,
  type RecordFile,
  type RecordReading,
  type RecordRow,
  Rejections,
  readRecordFile,
  textOf,
} from './rows.ts';
import { tickerLinks } from './tickers.ts';

interface DatedRow {
  readonly place: string;
  /** Empty for a series of the whole market. */
  readonly symbol: string;
  readonly dayMs: number;
  readonly publishedMs: number;
  /** NaN where nobody noted it. */
  readonly ingestedMs: number;
  readonly value: number;
}

interface Series {
  /** Names of the value's column. */
  readonly value: readonly string[];
  /** What is wrong with a value; null where nothing is. */
  fault(value: number): string | null;
  readonly bySymbol: boolean;
}

const fearGreed: Series = {
  value: ['value', 'fear_greed', 'fear_greed_index', 'fng', 'index'],
  fault: (value) => (value >= 0 && value <= 100 ? null : 'is no index from 0 to 100'),
  bySymbol: false,
};
const marketCap: Series = {
  value: ['value', 'market_cap', 'market_cap_usd', 'mcap', 'cap'],
  fault: (value) => (value > 0 && Number.isFinite(value) ? null : 'is no amount of US dollars above 0'),
  bySymbol: true,
};

const day = ['day_ms', 'timestamp', 'time', 'ts', 'date', 'day'];
const published = ['published_ms', 'published_at'];
const ingested = ['ingested_ms', 'ingested_at', 'arrived_at', 'received_at'];

/** Null where no file was given, or none could be read. */
export async function readFearGreed(reading: RecordReading, paths: readonly string[]): Promise<Table | null> {
  const rows = await readSeries(reading, paths, fearGreed);
  if (rows.length === 0) return null;
  noteNextDay(reading, 'Fear & Greed', rows);
  const times = timesOf(rows);
  return {
    rows: rows.length,
    columns: {
      day_ms: { type: 'time', values: Float64Array.from(rows, (row) => row.dayMs) },
      ...times,
      value: { type: 'double', values: Float64Array.from(rows, ({ value }) => value) },
    },
  };
}

/** Null where no file was given, none could be read, or no row is of a coin with bars. */
export async function readMarketCap(reading: RecordReading, paths: readonly string[]): Promise<Table | null> {
  const rows = await readSeries(reading, paths, marketCap);
  if (rows.length === 0) return null;
  noteNextDay(reading, 'market cap', rows);
  return {
    rows: rows.length,
    columns: {
      symbol: { type: 'text', values: rows.map(({ symbol }) => symbol) },
      ...timesOf(rows),
      value: { type: 'double', values: Float64Array.from(rows, ({ value }) => value) },
    },
  };
}

function timesOf(rows: readonly DatedRow[]): Table['columns'] {
  return {
    published_ms: { type: 'time', values: Float64Array.from(rows, ({ publishedMs }) => publishedMs) },
    ingested_ms: { type: 'time', values: Float64Array.from(rows, ({ ingestedMs }) => ingestedMs) },
  };
}

function noteNextDay(reading: RecordReading, what: string, rows: readonly DatedRow[]): void {
  const late = rows.filter((row) => row.publishedMs === row.dayMs + dayMs).length;
  if (late === 0) return;
  reading.notes.push(
    `${what}: ${late} of ${rows.length} values count as published at 00:00 UTC after their day, since no file says when they were`,
  );
}

async function readSeries(
  reading: RecordReading,
  paths: readonly string[],
  series: Series,
): Promise<readonly DatedRow[]> {
  const rows: DatedRow[] = [];
  const taken = new Map<string, DatedRow>();
  for (const path of paths) {
    const file = await readRecordFile(reading, path);
    if (file === null) continue;
    const rejections = new Rejections();
    const found = known(reading, file, rowsOf(reading, file, series), series, rejections);
    for (const row of found) {
      // A later version of a value has another arrival; the same arrival twice is the same row twice.
      const key = `${row.symbol} ${row.dayMs} ${row.publishedMs} ${row.ingestedMs}`;
      const former = taken.get(key);
      if (former === undefined) {
        taken.set(key, row);
        rows.push(row);
      } else if (former.value === row.value) {
        rejections.add('duplicate', `${row.place.replace(`${file.path} `, '')}: ${dateOf(row.dayMs)}`);
      } else {
        reading.faults.push({
          path: row.place,
          message:
            `${row.symbol} ${dateOf(row.dayMs)}: ${row.value} here, ${former.value} in ${former.place}. Keep one of the two.`.trimStart(),
        });
      }
    }
    reading.rejected.push(...rejections.of(file.fileName));
  }
  return rows;
}

function dateOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

function rowsOf(reading: RecordReading, file: RecordFile, series: Series): readonly DatedRow[] {
  const rows: DatedRow[] = [];
  const bad = new Map<string, { count: number; readonly path: string; readonly message: string }>();
  for (const row of file.rows) {
    const place = `${file.path} row ${row.row}`;
    const parsed = rowOf(row, place, series);
    if (!('field' in parsed)) {
      rows.push(parsed);
      continue;
    }
    const former = bad.get(parsed.field);
    if (former !== undefined) former.count += 1;
    else bad.set(parsed.field, { count: 1, path: `${place}, ${parsed.field}`, message: parsed.message });
  }
  for (const { count, path, message } of bad.values()) {
    const more = count === 1 ? '1 such row' : `${count} such rows`;
    reading.faults.push({ path, message: `${message} (${more}). Repair the file, or drop those rows.` });
  }
  return rows;
}

function rowOf(
  row: RecordRow,
  place: string,
  series: Series,
): DatedRow | { readonly field: string; readonly message: string } {
  const given = fieldOf(row, series.value);
  const value = typeof given === 'string' || typeof given === 'number' ? Number(given) : Number.NaN;
  const fault = Number.isNaN(value) ? 'is no number' : series.fault(value);
  if (fault !== null) return { field: 'value', message: `${describe(given)} ${fault}` };
  const symbol = series.bySymbol ? textOf(row, ['symbol', 'ticker', 'coin']) : '';
  if (symbol === null) return { field: 'symbol', message: 'the symbol is missing' };
  const publishedMs = instantOf(fieldOf(row, published));
  const timeMs = instantOf(fieldOf(row, day)) ?? publishedMs;
  if (timeMs === null) return { field: 'time', message: `${describe(fieldOf(row, day))} is no time` };
  const arrival = instantOf(fieldOf(row, ingested));
  return {
    place,
    symbol: venueSymbol(symbol),
    dayMs: dayOf(timeMs),
    publishedMs: publishedMs ?? dayOf(timeMs) + dayMs,
    ingestedMs: arrival ?? Number.NaN,
    value,
  };
}

/** Rows of coins with bars, under the names of the bars; the others are counted. A file of strangers alone is a fault. */
function known(
  { symbols, faults }: RecordReading,
  file: RecordFile,
  rows: readonly DatedRow[],
  series: Series,
  rejections: Rejections,
): readonly DatedRow[] {
  if (!series.bySymbol || symbols === null) return rows;
  const { symbolOf } = tickerLinks(symbols);
  const nameOf = new Map<string, string | null>();
  const kept = rows.flatMap((row) => {
    if (!nameOf.has(row.symbol)) nameOf.set(row.symbol, symbolOf(row.symbol));
    const name = nameOf.get(row.symbol) ?? null;
    if (name !== null) return [{ ...row, symbol: name }];
    rejections.add('unknown-symbol', `${row.place.replace(`${file.path} `, '')}: ${row.symbol}`);
    return [];
  });
  if (rows.length > 0 && kept.length === 0) {
    faults.push({
      path: `${file.path}, symbol`,
      message: `none of its symbols has bars (${rows[0]!.symbol} here, ${[...symbols].sort()[0]} there). Name the coins alike.`,
    });
  }
  return kept;
}
