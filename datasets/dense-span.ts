/** What every step of making a panel dense starts from: the tables, the coins in byte order, the span of hours. */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { hourMs } from '../engine/panel/hours.ts';
import type { TableFile, TableName } from './dataset.ts';
import { allRows, sqlFile } from './duck.ts';

export interface DenseSource {
  readonly dir: string;
  readonly tables: Readonly<Partial<Record<TableName, Pick<TableFile, 'file'>>>>;
  readonly scoreColumns: readonly string[];
}

/** `read_parquet('…')` of one table of a dataset. */
export function relationOf(source: Pick<DenseSource, 'dir' | 'tables'>, table: TableName): string {
  const entry = source.tables[table];
  if (entry === undefined) throw new Error(`the dataset has no table ${table}`);
  return `read_parquet(${sqlFile(join(source.dir, entry.file))})`;
}

export interface Span {
  readonly symbols: readonly string[];
  readonly startMs: number;
  readonly hours: number;
  /** By coin: hour of the first and of the last bar, and how many bars there are. */
  readonly firstHour: readonly number[];
  readonly lastHour: readonly number[];
  readonly bars: readonly number[];
}

export async function spanOf(duck: DuckDBConnection, bars: string): Promise<Span> {
  const rows = await allRows(
    duck,
    `SELECT symbol, min(ts) AS first, max(ts) AS last, count(*) AS bars FROM ${bars} GROUP BY symbol ORDER BY symbol`,
  );
  const symbols = rows.map((row) => String(row['symbol']));
  const startMs = rows.reduce(
    (least, row) => Math.min(least, Number(row['first'])),
    Number.POSITIVE_INFINITY,
  );
  const lastMs = rows.reduce((most, row) => Math.max(most, Number(row['last'])), Number.NEGATIVE_INFINITY);
  const hourOf = (timeMs: unknown) => (Number(timeMs) - startMs) / hourMs;
  return {
    symbols,
    startMs: symbols.length === 0 ? 0 : startMs,
    hours: symbols.length === 0 ? 0 : hourOf(lastMs) + 1,
    firstHour: rows.map((row) => hourOf(row['first'])),
    lastHour: rows.map((row) => hourOf(row['last'])),
    bars: rows.map((row) => Number(row['bars'])),
  };
}

/** A table `coins (coin, symbol)` for the queries to join. */
export async function nameCoins(duck: DuckDBConnection, symbols: readonly string[]): Promise<void> {
  await duck.run('CREATE TABLE coins (coin INTEGER, symbol VARCHAR)');
  const appender = await duck.createAppender('coins');
  for (const [coin, symbol] of symbols.entries()) {
    appender.appendInteger(coin);
    appender.appendVarchar(symbol);
    appender.endRow();
  }
  appender.closeSync();
}
