/** What the rules look at: a dataset's bars, their layout by hour, funding, filters, and what the instruments table says. */
import { join } from 'node:path';
import type { FilterEdition } from '../../engine/exchange/filters.ts';
import type { DatasetManifest } from '../dataset.ts';
import { allRows, doublesOf, eachChunk, sqlText, withDuck } from '../duck.ts';
import { readExchange } from '../exchange-tables.ts';
import { type Bars, readBars } from './bars.ts';
import { type Grid, gridOf } from './grid.ts';

export interface CheckInput {
  readonly bars: Bars;
  readonly grid: Grid;
  /** Settlement times by symbol, ascending; null where the dataset has no funding table. */
  readonly funding: ReadonlyMap<string, Float64Array> | null;
  /** Times at which coins are known to have ended. */
  readonly endedMs: ReadonlyMap<string, number>;
  /** Trading filters, oldest edition first; empty where the dataset has none. */
  readonly filters: readonly FilterEdition[];
}

export async function readInput(dir: string, manifest: DatasetManifest): Promise<CheckInput> {
  const { tables } = manifest;
  const bars = await readBars(join(dir, tables.bars?.file ?? 'bars.parquet'));
  return {
    bars,
    grid: gridOf(bars),
    funding: tables.funding === undefined ? null : await readFunding(join(dir, tables.funding.file)),
    endedMs:
      tables.instruments === undefined ? new Map() : await readEnds(join(dir, tables.instruments.file)),
    filters: (await readExchange({ dir, tables })).filters,
  };
}

async function readFunding(path: string): Promise<ReadonlyMap<string, Float64Array>> {
  return await withDuck(async (duck) => {
    const relation = `read_parquet(${sqlText(path)})`;
    const counts = await allRows(
      duck,
      `SELECT symbol, count(*) AS rows FROM ${relation} GROUP BY symbol ORDER BY symbol`,
    );
    const times: number[] = [];
    await eachChunk(duck, `SELECT ts::DOUBLE FROM ${relation} ORDER BY symbol, ts`, (chunk) => {
      for (const time of doublesOf(chunk, 0)) times.push(time);
    });
    let next = 0;
    return new Map(
      counts.map((row) => {
        const from = next;
        next += Number(row['rows']);
        return [String(row['symbol']), Float64Array.from(times.slice(from, next))];
      }),
    );
  });
}

async function readEnds(path: string): Promise<ReadonlyMap<string, number>> {
  return await withDuck(async (duck) => {
    const rows = await allRows(
      duck,
      `SELECT symbol, delisted_ms FROM read_parquet(${sqlText(path)}) WHERE delisted_ms IS NOT NULL`,
    );
    return new Map(rows.map((row) => [String(row['symbol']), Number(row['delisted_ms'])]));
  });
}
