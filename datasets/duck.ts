/**
 * DuckDB, kept at arm's length: one in-memory instance per piece of work, tables in and out as typed columns.
 *
 * The library is loaded on first use: opening a cached dataset never needs it, and loading costs a tenth of a second.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult, DuckDBType } from '@duckdb/node-api';
import type { Table, TableColumn } from '../engine/journal/tables.ts';
import type { TableFile } from './dataset.ts';
import { asStoreFault, StoreFault } from './faults.ts';

type DuckModule = typeof import('@duckdb/node-api');
let loaded: DuckModule | null = null;

// `require` and not `import`: resolving the export names of its 150 CommonJS files for ESM doubles the loading time.
function duckModule(): DuckModule {
  loaded ??= createRequire(import.meta.url)('@duckdb/node-api') as DuckModule;
  return loaded;
}

export interface DuckOptions {
  /** Where sorts spill to when memory runs short; without it they may not spill. */
  readonly tempDir?: string;
  readonly threads?: number;
  /** Interrupts the query under way once aborted. */
  readonly signal?: AbortSignal;
}

/** Runs `work` on a fresh in-memory database and closes it, whatever happens. */
export async function withDuck<T>(
  work: (duck: DuckDBConnection) => Promise<T>,
  options: DuckOptions = {},
): Promise<T> {
  const { DuckDBInstance } = duckModule();
  const instance = await DuckDBInstance.create(':memory:', {
    temp_directory: options.tempDir ?? '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
  });
  try {
    const duck = await instance.connect();
    const interrupt = () => duck.interrupt();
    options.signal?.addEventListener('abort', interrupt);
    try {
      return await work(duck);
    } finally {
      options.signal?.removeEventListener('abort', interrupt);
      duck.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

/** A text as an SQL literal. */
export function sqlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A path as an SQL literal for `read_parquet` and its like, which would take `*`, `?` and `[` for patterns. */
export function sqlFile(path: string): string {
  return sqlText(path.replaceAll(/[*?[]/g, '[$&]'));
}

/** A name as a quoted SQL identifier. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** First row of a query as plain values; for counts and other small answers. */
export async function firstRow(duck: DuckDBConnection, sql: string): Promise<Record<string, unknown>> {
  const rows = await allRows(duck, sql);
  const first = rows[0];
  if (first === undefined) throw new Error(`no row from: ${sql}`);
  return first;
}

/** All rows of a small query as plain values; BIGINT arrives as number (exact below 2^53), NULL as null. */
export async function allRows(duck: DuckDBConnection, sql: string): Promise<Record<string, unknown>[]> {
  const result = await duck.run(sql);
  const rows = await result.getRowObjectsJS();
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
    ),
  );
}

/** Column names and SQL types of a relation, such as `read_parquet('…')`. */
export async function describeRelation(
  duck: DuckDBConnection,
  relation: string,
): Promise<readonly { name: string; type: string }[]> {
  const rows = await allRows(duck, `DESCRIBE SELECT * FROM ${relation}`);
  return rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }));
}

/** Streams a query chunk by chunk (at most 2,048 rows each). */
export async function eachChunk(
  duck: DuckDBConnection,
  sql: string,
  visit: (chunk: DuckDBDataChunk) => void,
): Promise<void> {
  const result: DuckDBResult = await duck.stream(sql);
  for (
    let chunk = await result.fetchChunk();
    chunk !== null && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    visit(chunk);
  }
}

/**
 * A DOUBLE column of a chunk, without a copy where the library lets us. Slots that are NULL hold uninitialised bytes, so
 * the query must have replaced them: `coalesce(x, 'nan'::DOUBLE)`.
 */
export function doublesOf(chunk: DuckDBDataChunk, column: number): Float64Array {
  const items: unknown = itemsOf(chunk, column);
  if (items instanceof Float64Array) return items;
  return Float64Array.from(chunk.getColumnValues(column), (value) =>
    value === null ? Number.NaN : Number(value),
  );
}

/** An INTEGER column of a chunk, under the same condition. */
export function integersOf(chunk: DuckDBDataChunk, column: number): Int32Array {
  const items: unknown = itemsOf(chunk, column);
  if (items instanceof Int32Array) return items;
  return Int32Array.from(chunk.getColumnValues(column), Number);
}

// The vectors' `items` are private in the types but are what makes this ten times faster than values one by one; the
// callers check what they got and fall back to the public way.
function itemsOf(chunk: DuckDBDataChunk, column: number): unknown {
  return (chunk.getColumnVector(column) as unknown as { items?: unknown }).items;
}

export interface TableEntry {
  readonly path: string;
  readonly table: Table;
  /** Columns to sort by; without it the rows keep their order. */
  readonly order?: readonly string[];
}

/**
 * Writes a table as Parquet (zstd): under a temporary name first, then renamed. NaN becomes NULL, -0 becomes 0.
 * @throws StoreFault `disk-full`, `permission-denied`, `disk-fault`
 */
export async function writeTable(path: string, table: Table, order?: readonly string[]): Promise<TableFile> {
  const files = await writeTables([{ path, table, ...(order === undefined ? {} : { order }) }]);
  return files[0]!;
}

/** Writes several tables, two at a time; either all of them get their final names or none does. */
export async function writeTables(entries: readonly TableEntry[]): Promise<readonly TableFile[]> {
  if (entries.length === 0) return [];
  const written: TableFile[] = new Array(entries.length);
  const waiting = [...entries.entries()].sort(([, a], [, b]) => b.table.rows - a.table.rows);
  const writer = () =>
    withDuck(async (duck) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [index, entry] = next;
        written[index] = await writePartial(duck, entry);
      }
    });
  try {
    // Filling a table is this thread's work and writing its file the database's: two of them keep both busy.
    const writers = await Promise.allSettled(entries.length === 1 ? [writer()] : [writer(), writer()]);
    for (const outcome of writers) if (outcome.status === 'rejected') throw outcome.reason;
    for (const entry of entries) await rename(partialName(entry.path), entry.path);
    return written;
  } catch (cause) {
    for (const entry of entries) await rm(partialName(entry.path), { force: true });
    throw asStoreFault(cause, `Writing ${entries.map((entry) => basename(entry.path)).join(', ')}`);
  }
}

async function writePartial(duck: DuckDBConnection, entry: TableEntry): Promise<TableFile> {
  const { path, table, order } = entry;
  await duck.run('DROP TABLE IF EXISTS out');
  await loadTable(duck, 'out', table);
  await copyToParquet(duck, storedSelect('out', table, order ?? []), partialName(path));
  return await tableFile(partialName(path), basename(path), table.rows);
}

function partialName(path: string): string {
  return `${path}.partial-${process.pid}`;
}

/** Row count, size and SHA-256 of a file that is complete. */
export async function tableFile(path: string, file: string, rows: number): Promise<TableFile> {
  const { size } = await stat(path);
  return { file, sha256: await fileHash(path), bytes: size, rows };
}

export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/**
 * SQL that makes a DOUBLE fit to be stored: NaN becomes NULL, and -0 becomes 0. The writer's dictionaries take the two zeros
 * for one value and give back whichever came first, so that without this a sign would depend on its neighbours.
 */
export function storedDouble(expression: string): string {
  return `CASE WHEN ${expression} = 0 THEN 0::DOUBLE ELSE nullif(${expression}, 'nan'::DOUBLE) END`;
}

/** `COPY (query) TO path` as zstd Parquet. Doubles that may be NaN or -0 go through `storedDouble` first. */
export async function copyToParquet(duck: DuckDBConnection, query: string, path: string): Promise<void> {
  await duck.run(`COPY (${query}) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd)`);
}

// Doubles travel with NaN and times as doubles (their vectors can be set whole); SQL makes them NULL and BIGINT.
function storedSelect(name: string, table: Table, order: readonly string[]): string {
  const parts = Object.entries(table.columns).map(([column, { type }]) => {
    const quoted = sqlName(column);
    if (type === 'double') return `${storedDouble(quoted)} AS ${quoted}`;
    if (type === 'time') return `CAST(nullif(${quoted}, 'nan'::DOUBLE) AS BIGINT) AS ${quoted}`;
    return type === 'text' ? `CAST(${quoted} AS VARCHAR) AS ${quoted}` : quoted;
  });
  const stored = `SELECT ${parts.join(', ')} FROM ${sqlName(name)}`;
  return order.length === 0 ? stored : `SELECT * FROM (${stored}) ORDER BY ${order.map(sqlName).join(', ')}`;
}

const chunkRows = 2048;

/**
 * Creates `name` in the database and fills it from typed columns, NaN and all. `time` columns arrive as DOUBLE. Texts of few
 * different values travel as codes, because a text costs a call into the database and a code costs nothing.
 */
export async function loadTable(duck: DuckDBConnection, name: string, table: Table): Promise<void> {
  const loads = Object.entries(table.columns).map(([column, given]) => {
    if (given.values.length < table.rows) {
      throw new Error(`column ${column} has ${given.values.length} of ${table.rows} rows`);
    }
    return { column, ...loadOf(given, table.rows) };
  });
  const coded = loads.some(({ texts }) => texts !== undefined);
  const target = coded ? `${name} in codes` : name;
  const declared = loads.map(({ column, sqlType }) => `${sqlName(column)} ${sqlType}`);
  await duck.run(`CREATE TABLE ${sqlName(target)} (${declared.join(', ')})`);
  await append(duck, target, table.rows, loads);
  if (!coded) return;
  const decoded = loads.map(({ column, texts }) => {
    const quoted = sqlName(column);
    // Lists count from 1, and what lies before the first is NULL: so is a text that is not there.
    return texts === undefined ? quoted : `[${texts.map(sqlText).join(', ')}][${quoted}] AS ${quoted}`;
  });
  await duck.run(`CREATE TABLE ${sqlName(name)} AS SELECT ${decoded.join(', ')} FROM ${sqlName(target)}`);
  await duck.run(`DROP TABLE ${sqlName(target)}`);
}

async function append(
  duck: DuckDBConnection,
  target: string,
  rows: number,
  loads: readonly Load[],
): Promise<void> {
  const { DuckDBDataChunk: Chunk } = duckModule();
  const types = loads.map(({ type }) => type);
  const appender = await duck.createAppender(target);
  try {
    for (let from = 0; from < rows; from += chunkRows) {
      const count = Math.min(chunkRows, rows - from);
      const chunk = Chunk.create(types, count);
      for (const [index, { fill }] of loads.entries()) fill(chunk, index, from, count);
      appender.appendDataChunk(chunk);
    }
  } finally {
    appender.closeSync();
  }
}

interface Load {
  readonly type: DuckDBType;
  readonly sqlType: string;
  /** What the codes stand for, from code 1 on; absent where the column holds its values themselves. */
  readonly texts?: readonly string[];
  fill(chunk: DuckDBDataChunk, index: number, from: number, count: number): void;
}

function loadOf(column: TableColumn, rows: number): Load {
  const { DOUBLE, INTEGER, VARCHAR } = duckModule();
  if (column.type === 'text') {
    return (
      codedLoad(column.values, rows) ?? {
        type: VARCHAR,
        sqlType: 'VARCHAR',
        fill: (chunk, index, from, count) =>
          chunk.setColumnValues(index, column.values.slice(from, from + count)),
      }
    );
  }
  const { values } = column;
  return {
    type: column.type === 'integer' ? INTEGER : DOUBLE,
    sqlType: column.type === 'integer' ? 'INTEGER' : 'DOUBLE',
    fill: (chunk, index, from, count) => fillNumbers(chunk, index, values.subarray(from, from + count)),
  };
}

const codesMax = 4_096;

/** Null where the different texts are too many, or the rows too few, for codes to be worth it. */
function codedLoad(texts: readonly (string | null)[], rows: number): Load | null {
  const codeOf = new Map<string, number>();
  const codes = new Int32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const text = texts[row] ?? null;
    if (text === null) continue;
    let code = codeOf.get(text);
    if (code === undefined) {
      if (codeOf.size === codesMax) return null;
      code = codeOf.size + 1;
      codeOf.set(text, code);
    }
    codes[row] = code;
  }
  if (codeOf.size === 0 || codeOf.size > rows / 4) return null;
  return {
    type: duckModule().INTEGER,
    sqlType: 'INTEGER',
    texts: [...codeOf.keys()],
    fill: (chunk, index, from, count) => fillNumbers(chunk, index, codes.subarray(from, from + count)),
  };
}

/** What the library's vectors can do beyond their types. */
interface WritableVector {
  readonly items: unknown;
  setItem(row: number, value: null): void;
  flush(): void;
}

function fillNumbers(chunk: DuckDBDataChunk, index: number, part: Float64Array | Int32Array): void {
  const vector = chunk.getColumnVector(index) as unknown as Partial<WritableVector>;
  const { items } = vector;
  const sameKind =
    (items instanceof Float64Array && part instanceof Float64Array) ||
    (items instanceof Int32Array && part instanceof Int32Array);
  if (sameKind && vector.flush !== undefined) {
    items.set(part);
    vector.flush();
    return;
  }
  chunk.setColumnValues(index, Array.from(part));
}

/**
 * Reads a whole Parquet file as typed columns: DOUBLE and FLOAT as `double` (NULL as NaN), BIGINT as `time`, INTEGER as
 * `integer`, VARCHAR as `text`.
 * @throws StoreFault `file-missing`, `file-unreadable`
 */
export async function readTable(path: string): Promise<Table> {
  try {
    await stat(path);
  } catch (cause) {
    throw new StoreFault('file-missing', `${path} is not there.`, { cause });
  }
  try {
    return await withDuck((duck) => tableOf(duck, `read_parquet(${sqlFile(path)})`));
  } catch (cause) {
    if (cause instanceof StoreFault) throw cause;
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new StoreFault('file-unreadable', `${path} cannot be read as a table: ${text}. Write it again.`, {
      cause,
    });
  }
}

/** A relation as typed columns. */
async function tableOf(duck: DuckDBConnection, relation: string): Promise<Table> {
  const described = await describeRelation(duck, relation);
  const plans = described.map(({ name, type }) => ({ name, kind: kindOf(name, type) }));
  const { count } = await firstRow(duck, `SELECT count(*) AS count FROM ${relation}`);
  const rows = Number(count);
  const columns = plans.map(({ kind }) => emptyColumn(kind, rows));
  let next = 0;
  const select = plans.map(({ name, kind }) => readExpression(name, kind)).join(', ');
  await eachChunk(duck, `SELECT ${select} FROM ${relation}`, (chunk) => {
    for (const [index, column] of columns.entries()) takeColumn(column, chunk, index, next);
    next += chunk.rowCount;
  });
  return { rows, columns: Object.fromEntries(plans.map(({ name }, index) => [name, columns[index]!])) };
}

function kindOf(name: string, type: string): TableColumn['type'] {
  if (type === 'DOUBLE' || type === 'FLOAT') return 'double';
  if (type === 'BIGINT') return 'time';
  if (type === 'INTEGER') return 'integer';
  if (type === 'VARCHAR') return 'text';
  throw new StoreFault(
    'file-unreadable',
    `Column ${name} has type ${type}; tables hold DOUBLE, BIGINT, INTEGER and VARCHAR.`,
  );
}

function readExpression(name: string, kind: TableColumn['type']): string {
  const column = sqlName(name);
  if (kind === 'double' || kind === 'time') return `coalesce(CAST(${column} AS DOUBLE), 'nan'::DOUBLE)`;
  return kind === 'integer' ? `coalesce(${column}, 0)` : column;
}

function emptyColumn(type: TableColumn['type'], rows: number): TableColumn {
  if (type === 'integer') return { type, values: new Int32Array(rows) };
  if (type === 'text') return { type, values: new Array<string | null>(rows).fill(null) };
  return { type, values: new Float64Array(rows) };
}

function takeColumn(column: TableColumn, chunk: DuckDBDataChunk, index: number, at: number): void {
  if (column.type === 'integer') column.values.set(integersOf(chunk, index), at);
  else if (column.type === 'text') {
    const texts = column.values as (string | null)[];
    for (const [row, value] of chunk.getColumnValues(index).entries())
      texts[at + row] = value as string | null;
  } else column.values.set(doublesOf(chunk, index), at);
}
