/** Parquet and CSV: which column means what, and one SELECT that gives the rows in the store's own terms. */
import { open } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Fault } from '../../engine/config.ts';
import { allRows, describeRelation, sqlFile, sqlName, sqlText } from '../duck.ts';
import {
  barMs,
  columnFor,
  type Field,
  klineColumns,
  type Layout,
  symbolOfFile,
  timeFields,
} from './layout.ts';
import type { SourceFile } from './source.ts';

/** Rows of one file as a SELECT of `file, row, ts, symbol` and the numbers that the file has. */
export interface Part {
  readonly select: string;
  readonly numbers: readonly string[];
  /** Fields in which text stands where a number belongs: reported already, and NULL in the rows. */
  readonly unreadable: readonly string[];
}

interface Relation {
  readonly from: string;
  /** 1-based number of the data row. */
  readonly row: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** Reads the columns of a Parquet or CSV file; null where faults were found (they are added to `faults`). */
export async function readTabular(
  duck: DuckDBConnection,
  layout: Layout,
  source: SourceFile,
  faults: Fault[],
): Promise<Part | null> {
  const relation =
    source.format === 'parquet'
      ? await parquetRelation(duck, source, faults)
      : await csvRelation(duck, layout, source, faults);
  if (relation === null) return null;
  const resolved = resolveColumns(layout, source, relation, faults);
  if (resolved === null) return null;
  const unreadable = await checkTexts(duck, source, relation, resolved, faults);
  if (unreadable === null) return null;
  const select = resolved.map(({ name, expression }) => `${expression} AS ${sqlName(name)}`);
  return {
    select: `SELECT ${source.index}::INTEGER AS file, ${relation.row} AS "row", ${select.join(', ')} FROM ${relation.from}`,
    numbers: resolved.map(({ name }) => name).filter((name) => name !== 'ts' && name !== 'symbol'),
    unreadable,
  };
}

async function parquetRelation(
  duck: DuckDBConnection,
  source: SourceFile,
  faults: Fault[],
): Promise<Relation | null> {
  const from = `read_parquet(${sqlFile(source.readable)}, file_row_number = true)`;
  try {
    const described = await describeRelation(duck, from);
    const columns = described.filter(({ name }) => name !== 'file_row_number');
    return { from, row: '(file_row_number + 1)', columns };
  } catch (cause) {
    faults.push({
      path: source.path,
      message: `cannot be read as Parquet: ${firstLine(cause)}. It may be cut short; fetch or write it again.`,
    });
    return null;
  }
}

async function csvRelation(
  duck: DuckDBConnection,
  layout: Layout,
  source: SourceFile,
  faults: Fault[],
): Promise<Relation | null> {
  const first = await firstTextLine(source.readable);
  const delimiter = [',', ';', '\t'].reduce((best, mark) =>
    first.split(mark).length > first.split(best).length ? mark : best,
  );
  const cells = first.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  const hasHeader = cells.some((cell) => cell !== '' && !Number.isFinite(Number(cell)));
  const names = hasHeader ? cells : headerless(layout, cells.length);
  if (names === null) {
    faults.push({
      path: source.path,
      message: `has no header and ${cells.length} columns; without a header only Binance's ${klineColumns.length} kline columns are known. Add a header line.`,
    });
    return null;
  }
  const unique = names.map((name, index) =>
    names.indexOf(name) === index && name !== '' ? name : `${name}#${index}`,
  );
  const declared = unique.map((name) => `${sqlText(name)}: 'VARCHAR'`).join(', ');
  const table = `csv_${source.index}`;
  try {
    await duck.run(`CREATE OR REPLACE TEMP TABLE ${table} AS SELECT row_number() OVER () AS "#row", * FROM read_csv(
      ${sqlFile(source.readable)}, auto_detect = false, header = ${hasHeader}, delim = ${sqlText(delimiter)}, quote = '"',
      escape = '"', columns = {${declared}})`);
  } catch (cause) {
    faults.push({
      path: source.path,
      message: `cannot be read as CSV: ${firstLine(cause)}. Repair that line.`,
    });
    return null;
  }
  return { from: table, row: '"#row"', columns: unique.map((name) => ({ name, type: 'VARCHAR' })) };
}

function headerless(layout: Layout, count: number): readonly string[] | null {
  const isKline = barMs(layout.table) !== null && count === klineColumns.length;
  return isKline ? klineColumns : null;
}

/** Database errors go on for lines; the first says what is wrong. */
function firstLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const [line = ''] = text.split('\n');
  const columns = /Expected Number of Columns: \d+ Found: \d+/.exec(text);
  return `${line}${columns === null ? '' : ` (${columns[0]})`}`
    .replace(/^(Invalid Input|IO|Conversion|Binder|Invalid) Error: /, '')
    .replace(/\.$/, '');
}

async function firstTextLine(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1 << 16), 0, 1 << 16, 0);
    const [line = ''] = buffer
      .toString('utf8', 0, bytesRead)
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/);
    return line;
  } finally {
    await file.close();
  }
}

interface Resolved {
  readonly name: string;
  /** Column in the file; null for a symbol that the file name gives. */
  readonly column: string | null;
  readonly type: string;
  readonly expression: string;
}

function resolveColumns(
  layout: Layout,
  source: SourceFile,
  relation: Relation,
  faults: Fault[],
): readonly Resolved[] | null {
  const names = relation.columns.map(({ name }) => name);
  const typeOf = new Map(relation.columns.map(({ name, type }) => [name, type]));
  const resolved: Resolved[] = [];
  const before = faults.length;
  const take = (
    field: Field,
    expressionOf: (column: string, type: string) => string | null,
    wanted: string,
  ) => {
    const column = columnFor(field, names);
    if (column === null) {
      if (field.required) faults.push({ path: source.path, message: missingColumn(field, names) });
      return;
    }
    const type = typeOf.get(column)!;
    const expression = expressionOf(column, type);
    if (expression !== null) resolved.push({ name: field.name, column, type, expression });
    else {
      faults.push({
        path: `${source.path}, ${field.name}`,
        message: `column ${column} has type ${type}; ${wanted}.`,
      });
    }
  };
  take(layout.time, timeExpression, 'times must be epoch milliseconds (BIGINT) or TIMESTAMP');
  takeSymbol(layout, source, names, typeOf, resolved, faults);
  for (const field of [...layout.numbers, ...layout.aside]) {
    const expressionOf = timeFields.has(field.name)
      ? timeExpression
      : field.name === 'closed'
        ? flagExpression
        : numberExpression;
    take(field, expressionOf, 'it must be a number. Convert the column');
  }
  if (layout.open) takeFurther(source, relation, resolved, faults);
  return faults.length > before ? null : resolved;
}

function missingColumn(field: Field, names: readonly string[]): string {
  return `has no column ${field.name} (known names: ${field.aliases.join(', ')}); it has ${names.join(', ')}. Rename or add the column.`;
}

function takeSymbol(
  layout: Layout,
  source: SourceFile,
  names: readonly string[],
  typeOf: ReadonlyMap<string, string>,
  resolved: Resolved[],
  faults: Fault[],
): void {
  const column = columnFor(layout.symbol, names);
  if (column === null) {
    const symbol = source.format === 'parquet' ? null : symbolOfFile(source.fileName);
    if (symbol === null) faults.push({ path: source.path, message: missingColumn(layout.symbol, names) });
    else resolved.push({ name: 'symbol', column: null, type: 'VARCHAR', expression: sqlText(symbol) });
    return;
  }
  const type = typeOf.get(column)!;
  if (type === 'VARCHAR' || type.startsWith('ENUM')) {
    resolved.push({ name: 'symbol', column, type, expression: `CAST(${sqlName(column)} AS VARCHAR)` });
    return;
  }
  faults.push({
    path: `${source.path}, symbol`,
    message: `column ${column} has type ${type}; symbols are text (a coin may be called 4). Write the column as text.`,
  });
}

function takeFurther(source: SourceFile, relation: Relation, resolved: Resolved[], faults: Fault[]): void {
  const used = new Set(resolved.map(({ column }) => column));
  let found = 0;
  for (const { name, type } of relation.columns) {
    if (used.has(name)) continue;
    const expression = numberExpression(name, type);
    if (expression !== null) {
      resolved.push({ name, column: name, type, expression });
      found += 1;
    } else {
      faults.push({
        path: `${source.path}, ${name}`,
        message: `has type ${type}; scores are numbers. Leave it out.`,
      });
    }
  }
  if (found === 0)
    faults.push({ path: source.path, message: 'has no score: add at least one column of numbers.' });
}

const wholeType = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;
const realType = /^(FLOAT|DOUBLE|DECIMAL)/;

function numberExpression(column: string, type: string): string | null {
  if (type === 'DOUBLE') return sqlName(column);
  if (wholeType.test(type) || realType.test(type)) return `CAST(${sqlName(column)} AS DOUBLE)`;
  return type === 'VARCHAR' ? `TRY_CAST(${sqlName(column)} AS DOUBLE)` : null;
}

function timeExpression(column: string, type: string): string | null {
  const quoted = sqlName(column);
  if (type === 'BIGINT') return quoted;
  if (wholeType.test(type) || realType.test(type)) return `TRY_CAST(${quoted} AS BIGINT)`;
  if (type.startsWith('TIMESTAMP')) return `epoch_ms(${quoted})`;
  if (type === 'DATE') return `epoch_ms(${quoted}::TIMESTAMP)`;
  if (type === 'VARCHAR')
    return `coalesce(TRY_CAST(${quoted} AS BIGINT), epoch_ms(TRY_CAST(${quoted} AS TIMESTAMP)))`;
  return null;
}

function flagExpression(column: string, type: string): string | null {
  return type === 'BOOLEAN' || type === 'VARCHAR'
    ? `CAST(TRY_CAST(${sqlName(column)} AS BOOLEAN) AS DOUBLE)`
    : null;
}

/**
 * Finds text where a number or a time belongs, in one scan over all columns that are text in the file. Returns the fields
 * that have such text, or null for a file without rows.
 */
async function checkTexts(
  duck: DuckDBConnection,
  source: SourceFile,
  relation: Relation,
  resolved: readonly Resolved[],
  faults: Fault[],
): Promise<readonly string[] | null> {
  const texts = resolved.filter(
    ({ name, type }) => type === 'VARCHAR' && name !== 'symbol' && name !== 'closed',
  );
  const select = texts.flatMap(({ column, expression }, index) => {
    const bad = `${sqlName(column!)} IS NOT NULL AND ${expression} IS NULL`;
    return [
      `count(*) FILTER (WHERE ${bad}) AS count_${index}`,
      `min(${relation.row}) FILTER (WHERE ${bad}) AS row_${index}`,
      `arg_min(${sqlName(column!)}, ${relation.row}) FILTER (WHERE ${bad}) AS text_${index}`,
    ];
  });
  const [found] = await allRows(
    duck,
    `SELECT ${['count(*) AS rows', ...select].join(', ')} FROM ${relation.from}`,
  );
  if (Number(found?.['rows']) === 0) {
    faults.push({ path: source.path, message: 'holds no rows. Fetch it again, or leave it out.' });
    return null;
  }
  const unreadable: string[] = [];
  for (const [index, { name }] of texts.entries()) {
    const count = Number(found?.[`count_${index}`]);
    if (count === 0) continue;
    unreadable.push(name);
    const kind = name === 'ts' || timeFields.has(name) ? 'not a time' : 'not a number';
    faults.push({
      path: `${source.path} row ${found?.[`row_${index}`]}, ${name}`,
      message: `${JSON.stringify(found?.[`text_${index}`])} is ${kind} (${rowCount(count)}). Repair the file, or drop those rows.`,
    });
  }
  return unreadable;
}

export function rowCount(count: number): string {
  return count === 1 ? '1 such row' : `${count} such rows`;
}
