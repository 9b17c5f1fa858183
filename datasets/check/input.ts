/** What the rules look at: a dataset's bars, their layout by hour, and what stands beside them. */
import { join } from 'node:path';
import type { BracketEdition } from '../../engine/exchange/brackets.ts';
import type { FilterEdition } from '../../engine/exchange/filters.ts';
import type { DatasetManifest } from '../dataset.ts';
import { allRows, describeRelation, doublesOf, eachChunk, sqlText, withDuck } from '../duck.ts';
import { readExchange } from '../exchange-tables.ts';
import { type Bars, readBars } from './bars.ts';
import {
  type DetailHours,
  type KnownRename,
  type Listed,
  type Marks,
  type RevisedBar,
  readDetailHours,
  readListed,
  readMarks,
  readRenames,
  readRevised,
} from './beside-bars.ts';
import { type Grid, gridOf } from './grid.ts';
import { type RecordFacts, readRecordFacts } from './record-facts.ts';

export interface CheckInput {
  readonly bars: Bars;
  readonly grid: Grid;
  /** Settlement times by symbol, ascending; null where the dataset has no funding table. */
  readonly funding: ReadonlyMap<string, Float64Array> | null;
  /** Times at which coins are known to have ended. */
  readonly endedMs: ReadonlyMap<string, number>;
  /** Times in which the exchange's list says that a coin stands still, by symbol, ascending; empty where nobody says so. */
  readonly halts: ReadonlyMap<string, readonly Halt[]>;
  /** Leverage tiers and trading filters, oldest edition first; empty where the dataset has none. */
  readonly brackets: readonly BracketEdition[];
  readonly filters: readonly FilterEdition[];
  /** Finer bars by the hour, finest first. */
  readonly detail: readonly DetailHours[];
  readonly marks: Marks | null;
  readonly revised: readonly RevisedBar[];
  readonly renames: readonly KnownRename[];
  readonly listed: Listed;
  readonly records: RecordFacts;
}

export interface Halt {
  readonly fromMs: number;
  /** When trading began again; Infinity where it did not. */
  readonly toMs: number;
}

export async function readInput(dir: string, manifest: DatasetManifest): Promise<CheckInput> {
  const { tables } = manifest;
  const source = { dir, tables };
  const bars = await readBars(join(dir, tables.bars?.file ?? 'bars.parquet'));
  const grid = gridOf(bars);
  return {
    bars,
    grid,
    funding: tables.funding === undefined ? null : await readFunding(join(dir, tables.funding.file)),
    endedMs:
      tables.instruments === undefined ? new Map() : await readEnds(join(dir, tables.instruments.file)),
    halts: tables.filters === undefined ? new Map() : await readHalts(join(dir, tables.filters.file)),
    ...(await readExchange(source)),
    detail: await readDetailHours(source, bars.symbols, grid),
    marks: await readMarks(source, grid),
    revised: await readRevised(source),
    renames: await readRenames(source),
    listed: await readListed(source),
    records: await readRecordFacts(source),
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

async function readHalts(path: string): Promise<ReadonlyMap<string, readonly Halt[]>> {
  return await withDuck(async (duck) => {
    const relation = `read_parquet(${sqlText(path)})`;
    const columns = new Set((await describeRelation(duck, relation)).map(({ name }) => name));
    if (!columns.has('status')) return new Map();
    const rows = await allRows(
      duck,
      `SELECT symbol, effective_ms, until FROM (
         SELECT symbol, status, effective_ms, lead(effective_ms) OVER (PARTITION BY symbol ORDER BY effective_ms) AS until
         FROM ${relation}) WHERE status IN ('HALT', 'BREAK') ORDER BY symbol, effective_ms`,
    );
    const halts = new Map<string, Halt[]>();
    for (const row of rows) {
      const symbol = String(row['symbol']);
      const toMs = row['until'] === null ? Number.POSITIVE_INFINITY : Number(row['until']);
      halts.set(symbol, [...(halts.get(symbol) ?? []), { fromMs: Number(row['effective_ms']), toMs }]);
    }
    return halts;
  });
}
