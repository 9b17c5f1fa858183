/** Files of dated records, from what an import was given to tables. */

import { basename } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Fault } from '../../../engine/config.ts';
import type { Table } from '../../../engine/journal/tables.ts';
import type { Rejection, TableName } from '../../dataset.ts';
import type { ImportRequest } from '../request.ts';
import { readFearGreed, readMarketCap } from './dated-values.ts';
import { readNews } from './news.ts';
import type { RecordReading } from './rows.ts';

export interface RecordTables {
  readonly tables: readonly {
    readonly name: TableName;
    readonly table: Table;
    readonly order: readonly string[];
  }[];
  readonly sources: readonly string[];
  readonly rejected: readonly Rejection[];
  readonly notes: readonly string[];
}

/** Reads all such files of a request; what is wrong with them is added to `faults`. */
export async function readRecordFiles(
  duck: DuckDBConnection,
  request: ImportRequest,
  given: {
    readonly workDir: string;
    readonly symbols: ReadonlySet<string> | null;
    readonly fileCount: number;
  },
  faults: Fault[],
): Promise<RecordTables> {
  const { workDir, symbols, fileCount } = given;
  const reading: RecordReading = {
    duck,
    workDir,
    symbols,
    faults,
    rejected: [],
    notes: [],
    nextFile: fileCount,
  };
  const { news = [], fearGreed = [], marketCap = [] } = request;
  const read = [
    { name: 'news', table: await readNews(reading, news), order: ['published_ms', 'id'] },
    {
      name: 'fear_greed',
      table: await readFearGreed(reading, fearGreed),
      order: ['published_ms', 'day_ms', 'ingested_ms'],
    },
    {
      name: 'market_cap',
      table: await readMarketCap(reading, marketCap),
      order: ['symbol', 'published_ms', 'ingested_ms'],
    },
  ] as const;
  return {
    tables: read.flatMap(({ table, ...rest }) => (table === null ? [] : [{ ...rest, table }])),
    sources: [...news, ...fearGreed, ...marketCap].map((path) => basename(path)),
    rejected: reading.rejected,
    notes: reading.notes,
  };
}
