/** What stands beside the bars, as far as the rules ask for it: finer bars by the hour, marks, later versions, renames. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { hourMs } from '../../engine/panel/hours.ts';
import { type DenseSource, nameCoins, relationOf } from '../dense-span.ts';
import { type DetailLength, detailLengths, detailTable } from '../detail-tables.ts';
import { allRows, describeRelation, doublesOf, eachChunk, withDuck } from '../duck.ts';
import type { Bars } from './bars.ts';
import { type Grid, timeOf } from './grid.ts';

type Source = Pick<DenseSource, 'dir' | 'tables'>;

/** Finer bars of one length, put together by the hour. `cell` is coin * hours + hour, ascending. */
export interface DetailHours {
  readonly minutes: DetailLength;
  readonly cell: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** How many finer bars the hour has; 60 / minutes where it is whole. */
  readonly bars: Float64Array;
}

/** Index of a cell; -1 where the finer bars do not have it. */
export function detailIndex({ cell }: DetailHours, wanted: number): number {
  let from = 0;
  let to = cell.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (cell[middle]! < wanted) from = middle + 1;
    else to = middle;
  }
  return cell[from] === wanted ? from : -1;
}

export async function readDetailHours(
  source: Source,
  symbols: readonly string[],
  grid: Grid,
): Promise<readonly DetailHours[]> {
  const lengths = detailLengths.filter((minutes) => source.tables[detailTable(minutes)] !== undefined);
  if (lengths.length === 0) return [];
  return await withDuck(async (duck) => {
    await nameCoins(duck, symbols);
    const all: DetailHours[] = [];
    for (const minutes of lengths) all.push(await detailHoursOf(duck, source, minutes, grid));
    return all;
  });
}

async function detailHoursOf(
  duck: DuckDBConnection,
  source: Source,
  minutes: DetailLength,
  grid: Grid,
): Promise<DetailHours> {
  const relation = relationOf(source, detailTable(minutes));
  const from = `${relation} JOIN coins USING (symbol) WHERE ts >= ${grid.startMs} AND ts < ${timeOf(grid, grid.hours)}`;
  const cell = `coin::BIGINT * ${grid.hours} + (ts - ${grid.startMs}) // ${hourMs}`;
  const values = ['arg_min(open, ts)', 'max(high)', 'min(low)', 'arg_max(close, ts)', 'count(*)'];
  const columns: number[][] = [[], [], [], [], [], []];
  await eachChunk(
    duck,
    `SELECT (${cell})::DOUBLE AS cell, ${values.map((value) => `coalesce(${value}, 'nan'::DOUBLE)::DOUBLE`).join(', ')}
     FROM ${from} GROUP BY cell ORDER BY cell`,
    (chunk) => {
      for (const [index, into] of columns.entries())
        for (const value of doublesOf(chunk, index)) into.push(value);
    },
  );
  const [cells, open, high, low, close, bars] = columns.map((column) => Float64Array.from(column));
  return { minutes, cell: cells!, open: open!, high: high!, low: low!, close: close!, bars: bars! };
}

export interface Marks {
  /** First and last hour with a mark, by symbol, epoch ms UTC. */
  readonly spans: ReadonlyMap<string, { readonly fromMs: number; readonly toMs: number }>;
  /** Low against open of every mark in a stormy hour, by open time. */
  readonly stormFalls: ReadonlyMap<number, readonly { readonly symbol: string; readonly fall: number }[]>;
}

/** Null where the dataset has no marks. */
export async function readMarks(source: Source, grid: Grid): Promise<Marks | null> {
  if (source.tables.mark === undefined) return null;
  const relation = relationOf(source, 'mark');
  const storms = [...grid.stormy.keys()].filter((hour) => grid.stormy[hour] === 1);
  return await withDuck(async (duck) => {
    const spans = await allRows(
      duck,
      `SELECT symbol, min(ts) AS first, max(ts) AS last FROM ${relation} GROUP BY symbol`,
    );
    const falls = new Map<number, { symbol: string; fall: number }[]>();
    if (storms.length > 0) {
      const times = storms.map((hour) => timeOf(grid, hour)).join(', ');
      const rows = await allRows(
        duck,
        `SELECT ts, symbol, low / open - 1 AS fall FROM ${relation} WHERE ts IN (${times}) AND open > 0 ORDER BY ts, symbol`,
      );
      for (const row of rows) {
        const at = Number(row['ts']);
        const entry = { symbol: String(row['symbol']), fall: Number(row['fall']) };
        falls.set(at, [...(falls.get(at) ?? []), entry]);
      }
    }
    return {
      spans: new Map(
        spans.map((row) => [
          String(row['symbol']),
          { fromMs: Number(row['first']), toMs: Number(row['last']) },
        ]),
      ),
      stormFalls: falls,
    };
  });
}

/** A later version of a bar. */
export interface RevisedBar {
  readonly symbol: string;
  readonly timeMs: number;
  readonly close: number;
  readonly volume: number;
  readonly ingestedMs: number;
}

/** By symbol and time, the newest version of each bar. */
export async function readRevised(source: Source): Promise<readonly RevisedBar[]> {
  if (source.tables.revisions === undefined) return [];
  return await withDuck(async (duck) => {
    const rows = await allRows(
      duck,
      `SELECT symbol, ts, arg_max(close, ingested_ms) AS close, arg_max(volume, ingested_ms) AS volume, max(ingested_ms) AS ingested
       FROM ${relationOf(source, 'revisions')} GROUP BY symbol, ts ORDER BY symbol, ts`,
    );
    return rows.map((row) => ({
      symbol: String(row['symbol']),
      timeMs: Number(row['ts']),
      close: Number(row['close'] ?? Number.NaN),
      volume: Number(row['volume'] ?? Number.NaN),
      ingestedMs: Number(row['ingested']),
    }));
  });
}

/** A change of name or unit that is on record. */
export interface KnownRename {
  readonly from: string;
  readonly to: string;
  readonly factor: number;
  readonly timeMs: number;
}

export async function readRenames(source: Source): Promise<readonly KnownRename[]> {
  if (source.tables.renames === undefined) return [];
  return await withDuck(async (duck) => {
    const rows = await allRows(
      duck,
      `SELECT from_symbol, to_symbol, factor, effective_ms FROM ${relationOf(source, 'renames')} ORDER BY effective_ms, from_symbol`,
    );
    return rows.map((row) => ({
      from: String(row['from_symbol']),
      to: String(row['to_symbol']),
      factor: Number(row['factor']),
      timeMs: Number(row['effective_ms']),
    }));
  });
}

/** What the exchange's newest list and the instruments table say of each symbol. */
export interface Listed {
  /** Empty where nobody says. */
  readonly kind: ReadonlyMap<string, string>;
  readonly onboardMs: ReadonlyMap<string, number>;
}

export async function readListed(source: Source): Promise<Listed> {
  return await withDuck(async (duck) => {
    const columnOf = async (table: 'instruments' | 'filters', name: string, order: string) => {
      if (source.tables[table] === undefined) return [];
      const relation = relationOf(source, table);
      const columns = (await describeRelation(duck, relation)).map((column) => column.name);
      if (!columns.includes(name)) return [];
      return await allRows(
        duck,
        `SELECT symbol, ${name} AS value FROM ${relation} WHERE ${name} IS NOT NULL ORDER BY ${order}`,
      );
    };
    const kinds = await columnOf('instruments', 'kind', 'symbol');
    const onboard = await columnOf('filters', 'onboard_ms', 'effective_ms');
    return {
      kind: new Map(kinds.map((row) => [String(row['symbol']), String(row['value'])])),
      onboardMs: new Map(onboard.map((row) => [String(row['symbol']), Number(row['value'])])),
    };
  });
}

/** The row of a symbol's bar at a time; -1 where it has none. */
export function rowAt(bars: Bars, grid: Grid, symbol: string, timeMs: number): number {
  const coin = bars.symbols.indexOf(symbol);
  const hour = (timeMs - grid.startMs) / hourMs;
  if (coin < 0 || !Number.isInteger(hour) || hour < 0 || hour >= grid.hours) return -1;
  return grid.row[coin * grid.hours + hour]!;
}
