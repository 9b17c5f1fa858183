/** Bars that a source sent more than once with different values: the first known is the bar, the later ones are kept beside it. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Fault } from '../../engine/config.ts';
import { allRows, copyToParquet, sqlName, storedDouble } from '../duck.ts';
import { asideFields } from './layout.ts';
import type { RawTable } from './rules.ts';
import type { SourceFile } from './source.ts';
import { rowCount } from './tabular.ts';

export interface Revised {
  /** Relation without the later versions. */
  readonly first: string;
  /** Relation of the later versions. */
  readonly later: string;
  readonly numbers: readonly string[];
  readonly note: string;
}

/** Arrivals that are no epoch milliseconds: one fault a file. */
export async function arrivalFaults(
  duck: DuckDBConnection,
  raw: RawTable,
  sources: ReadonlyMap<number, SourceFile>,
): Promise<readonly Fault[]> {
  if (!raw.numbers.includes('ingested_ms')) return [];
  const found = await allRows(
    duck,
    `SELECT file, count(*) AS count, min("row") AS first, arg_min(ingested_ms, "row") AS shown FROM ${raw.relation}
     WHERE ingested_ms < 100000000000 OR ingested_ms >= 100000000000000 GROUP BY file ORDER BY file`,
  );
  return found.map(({ file, count, first, shown }) => ({
    path: `${sources.get(Number(file))!.path} row ${first}, ingested_ms`,
    message: `${shown} is no time in epoch milliseconds (${rowCount(Number(count))}). Convert the column.`,
  }));
}

/**
 * Null where no row is a later version: one of the same coin and time as another, with a later arrival and other values than the
 * version before. Rows of equal arrival, or of none, that contradict each other stay together, to be refused.
 */
export async function splitRevisions(duck: DuckDBConnection, raw: RawTable): Promise<Revised | null> {
  if (raw.table !== 'bars' || !raw.numbers.includes('ingested_ms')) return null;
  const values = raw.numbers.filter((name) => !asideFields.has(name));
  const row = `struct_pack(${values.map((name) => `${sqlName(name)} := ${sqlName(name)}`).join(', ')})`;
  const later = `later_${raw.id}`;
  await duck.run(
    `CREATE TEMP TABLE ${later} AS SELECT * EXCLUDE (former, former_ms) FROM (
       SELECT *, lag(${row}) OVER versions AS former, lag(ingested_ms) OVER versions AS former_ms FROM ${raw.relation}
       WINDOW versions AS (PARTITION BY symbol, ts ORDER BY ingested_ms NULLS FIRST, file, "row"))
     WHERE ingested_ms > former_ms AND ${row} IS DISTINCT FROM former`,
  );
  const [counted] = await allRows(
    duck,
    `SELECT count(*) AS rows, count(DISTINCT (symbol, ts)) AS bars FROM ${later}`,
  );
  if (Number(counted?.['rows']) === 0) return null;
  const first = `first_${raw.id}`;
  await duck.run(
    `CREATE TEMP VIEW ${first} AS SELECT * FROM ${raw.relation} ANTI JOIN ${later} USING (file, "row")`,
  );
  const note = `bars: ${counted?.['bars']} came in more than once with other values; the version known first is the bar, ${counted?.['rows']} later ones are in revisions`;
  return { first, later, numbers: values, note };
}

/** Writes the later versions: `symbol, ts, open … trades, ingested_ms`, by coin, time and arrival. */
export async function writeRevisions(
  duck: DuckDBConnection,
  { later, numbers }: Revised,
  path: string,
): Promise<void> {
  const columns = ['open', 'high', 'low', 'close', 'volume', 'quote_volume'].map((name) =>
    numbers.includes(name)
      ? `${storedDouble(sqlName(name))} AS ${sqlName(name)}`
      : `CAST(NULL AS DOUBLE) AS ${sqlName(name)}`,
  );
  await copyToParquet(
    duck,
    `SELECT ts, symbol, ${columns.join(', ')}, ingested_ms FROM ${later} ORDER BY symbol, ts, ingested_ms`,
    path,
  );
}
