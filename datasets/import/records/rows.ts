/** Rows of a file of dated records, whatever its form: CSV, Parquet, a JSON list, or one JSON object a line. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { DuckDBConnection } from '@duckdb/node-api';
import { describe, type Fault } from '../../../engine/config.ts';
import type { Rejection } from '../../dataset.ts';
import { allRows, sqlFile } from '../../duck.ts';
import { columnFor } from '../layout.ts';
import { openSource, type SourceFile } from '../source.ts';

export interface RecordRow {
  /** 1-based number of the data row, or of the line. */
  readonly row: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RecordFile {
  readonly path: string;
  readonly fileName: string;
  readonly rows: readonly RecordRow[];
}

/** What the readers of an import's record files share. */
export interface RecordReading {
  readonly duck: DuckDBConnection;
  readonly workDir: string;
  /** Symbols that have bars; null where the bars themselves are at fault. */
  readonly symbols: ReadonlySet<string> | null;
  readonly faults: Fault[];
  readonly rejected: Rejection[];
  /** What the manifest says of the rows. */
  readonly notes: string[];
  /** Number of the next file, for the names of unpacked copies. */
  nextFile: number;
}

/** Null where the file cannot be read or holds nothing; that has been added to the faults. */
export async function readRecordFile(reading: RecordReading, path: string): Promise<RecordFile | null> {
  const opened = await openSource(path, reading.nextFile, reading.workDir);
  reading.nextFile += 1;
  if (!opened.ok) {
    reading.faults.push(...opened.faults);
    return null;
  }
  const source = opened.value;
  const rows = await rowsOf(reading, source);
  if (rows === null) return null;
  if (rows.length === 0) {
    reading.faults.push({ path, message: 'holds no rows. Fetch it again, or leave it out.' });
    return null;
  }
  return { path, fileName: source.fileName, rows };
}

async function rowsOf(reading: RecordReading, source: SourceFile): Promise<readonly RecordRow[] | null> {
  if (source.format === 'json') return await jsonRows(reading, source);
  if (source.format === 'jsonl') return await lineRows(reading, source);
  const file = sqlFile(source.readable);
  const relation =
    source.format === 'csv'
      ? `read_csv(${file}, header = true, all_varchar = true, quote = '"', escape = '"')`
      : `read_parquet(${file})`;
  try {
    const rows = await allRows(reading.duck, `SELECT * FROM ${relation}`);
    return rows.map((fields, index) => ({ row: index + 1, fields }));
  } catch (cause) {
    const [line] = (cause as Error).message.split('\n');
    reading.faults.push({ path: source.path, message: `cannot be read: ${line}. Repair it.` });
    return null;
  }
}

/** A list of objects, or an answer that holds one under `data`. */
async function jsonRows(reading: RecordReading, source: SourceFile): Promise<readonly RecordRow[] | null> {
  const refused = (message: string) => {
    reading.faults.push({ path: source.path, message });
    return null;
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(source.readable, 'utf8'));
  } catch (cause) {
    return refused(
      `cannot be read as JSON: ${(cause as Error).message}. It may be cut short, or hold one object a line (.jsonl); fetch it again.`,
    );
  }
  const list = isFields(parsed) ? parsed['data'] : parsed;
  if (!Array.isArray(list)) return refused(`must be a list of objects, was ${describe(parsed)}.`);
  const stray = list.findIndex((row) => !isFields(row));
  if (stray >= 0) return refused(`entry ${stray + 1} must be an object, was ${describe(list[stray])}.`);
  return list.map((fields, index) => ({ row: index + 1, fields: fields as Record<string, unknown> }));
}

/** Lines that are no JSON objects are left out and counted: an archive is not worth less for one torn line. */
async function lineRows(reading: RecordReading, source: SourceFile): Promise<readonly RecordRow[]> {
  const rows: RecordRow[] = [];
  const torn: number[] = [];
  let row = 0;
  const lines = createInterface({
    input: createReadStream(source.readable),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    row += 1;
    if (line.trim() === '') continue;
    const fields = objectOf(line);
    if (fields === null) torn.push(row);
    else rows.push({ row, fields });
  }
  if (torn.length > 0) {
    const { fileName: file } = source;
    reading.rejected.push({ file, rule: 'no-json', rows: torn.length, example: `line ${torn[0]}` });
  }
  return rows;
}

function objectOf(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(line);
    return isFields(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value under the first of the names that the row has; null where it has none, or nothing under it. */
export function fieldOf({ fields }: RecordRow, aliases: readonly string[]): unknown {
  const names = Object.keys(fields);
  for (const alias of aliases) {
    const name = columnFor({ name: alias, required: false, aliases: [alias] }, names);
    const value = name === null ? null : fields[name];
    if (value !== null && value !== undefined && value !== '') return value;
  }
  return null;
}

/** The same as text without blanks at its ends; null where it is no text and no number. */
export function textOf(row: RecordRow, aliases: readonly string[]): string | null {
  const value = fieldOf(row, aliases);
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).trim();
  return text === '' ? null : text;
}

/** Rows left out of one file by rule: how many, and the first of them. */
export class Rejections {
  readonly #counts = new Map<string, { rows: number; readonly example: string }>();

  add(rule: string, example: string): void {
    const former = this.#counts.get(rule);
    if (former === undefined) this.#counts.set(rule, { rows: 1, example });
    else former.rows += 1;
  }

  of(file: string): readonly Rejection[] {
    return [...this.#counts].map(([rule, counted]) => ({ file, rule, ...counted }));
  }
}
