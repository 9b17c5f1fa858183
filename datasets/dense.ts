/**
 * From stored tables to the dense panel, in the order the reader needs it:
 *
 *   1. `spanOf`      symbols in byte order, first and last bar of each, the span of hours
 *   2. `fillBars`    bars and volumes into coin-major blocks
 *   3. `livesOf`     where lives begin and end, and why; gaps and renames
 *   4. `fundingOf`   settlements by coin and stamp, with the mark they are charged on
 *   5. `fillSeries`  mark and spot bars, behind the coins' own
 *   6. `scoresOf`    every score column, time-major, with its row hashes
 *
 * Coins and hours are worked out by the database; the loops here only move numbers to their cells.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { sealCloses, sealRows, symbolLanes } from '../engine/panel/fingerprint.ts';
import { hourMs } from '../engine/panel/hours.ts';
import {
  addSettlement,
  BAR_WIDTH,
  emptyFunding,
  FUNDING_JITTER_MS,
  type FundingRows,
  fundingFromRows,
  fundingHour,
  type Panel,
  sharedFloat64,
  sharedInt32,
} from '../engine/panel/panel.ts';
import type { Rows } from '../engine/panel/rows.ts';
import { livesOf } from './dense-life.ts';
import { fillSeries, type Series, seriesOf } from './dense-series.ts';
import { type DenseSource, nameCoins, relationOf, type Span, spanOf } from './dense-span.ts';
import { allRows, describeRelation, doublesOf, eachChunk, integersOf, sqlName, withDuck } from './duck.ts';
import { type Exchange, readExchange } from './exchange-tables.ts';

export interface Dense {
  /** With both volumes. */
  readonly panel: Panel;
  readonly scores: ReadonlyMap<string, Rows>;
  readonly exchange: Exchange;
}

export async function denseFromTables(source: DenseSource): Promise<Dense> {
  return await withDuck(async (duck) => {
    const span = await spanOf(duck, relationOf(source, 'bars'));
    await nameCoins(duck, span.symbols);
    const series = await seriesOf(duck, source, span);
    const blocks = await fillBars(duck, relationOf(source, 'bars'), span, series);
    const lives = await livesOf(duck, source, span);
    const panel: Dense['panel'] = {
      symbols: span.symbols,
      startMs: span.startMs,
      hours: span.hours,
      ...blocks,
      ...lives,
      ...(series === null ? {} : { series: series.rows }),
      funding: await fundingOf(duck, source, span),
      closeHash: sharedInt32(span.hours * 2),
    };
    if (series !== null) await fillSeries(duck, source, span, { ...series, bars: blocks.bars });
    sealCloses(panel, symbolLanes(span.symbols));
    return {
      panel,
      scores: await scoresOf(duck, source, span),
      exchange: await readExchange(source),
    };
  });
}

type Blocks = Pick<Panel, 'bars'> & { readonly volume: Float64Array; readonly quoteVolume: Float64Array };

async function fillBars(
  duck: DuckDBConnection,
  relation: string,
  span: Span,
  series: Series | null,
): Promise<Blocks> {
  const present = new Set((await describeRelation(duck, relation)).map(({ name }) => name));
  const volumes = ['volume', 'quote_volume'].map((name) =>
    present.has(name) ? `coalesce(${name}, 'nan'::DOUBLE)` : `'nan'::DOUBLE`,
  );
  const prices = ['open', 'high', 'low', 'close'].map((name) => `coalesce(${name}, 'nan'::DOUBLE)`);
  const cells = span.symbols.length * span.hours;
  const bars = sharedFloat64((cells + (series?.count ?? 0) * span.hours) * BAR_WIDTH);
  const volume = sharedFloat64(cells);
  const quoteVolume = sharedFloat64(cells);
  clearAbsent(span, [
    [bars, BAR_WIDTH],
    [volume, 1],
    [quoteVolume, 1],
  ]);
  const cell = `(coin * ${span.hours} + (ts - ${span.startMs}) // ${hourMs})::INTEGER`;
  await eachChunk(
    duck,
    `SELECT ${[cell, ...prices, ...volumes].join(', ')} FROM ${relation} JOIN coins USING (symbol)`,
    (chunk) => {
      const at = integersOf(chunk, 0);
      const open = doublesOf(chunk, 1);
      const high = doublesOf(chunk, 2);
      const low = doublesOf(chunk, 3);
      const close = doublesOf(chunk, 4);
      const base = doublesOf(chunk, 5);
      const quote = doublesOf(chunk, 6);
      for (let row = 0; row < at.length; row += 1) {
        const offset = at[row]! * BAR_WIDTH;
        bars[offset] = open[row]!;
        bars[offset + 1] = high[row]!;
        bars[offset + 2] = low[row]!;
        bars[offset + 3] = close[row]!;
        volume[at[row]!] = base[row]!;
        quoteVolume[at[row]!] = quote[row]!;
      }
    },
  );
  return { bars, volume, quoteVolume };
}

// Fresh memory is zero, and touching half a gigabyte twice costs as much as reading it: only what no bar will fill becomes
// NaN beforehand, which is the time outside a coin's bars and, for a coin with holes, all of its time.
function clearAbsent(span: Span, blocks: readonly (readonly [Float64Array, number])[]): void {
  for (const coin of span.symbols.keys()) {
    const from = span.firstHour[coin]!;
    const to = span.lastHour[coin]! + 1;
    const hasHoles = span.bars[coin]! !== to - from;
    const row = coin * span.hours;
    for (const [block, width] of blocks) {
      block.fill(Number.NaN, row * width, (row + (hasHoles ? span.hours : from)) * width);
      block.fill(Number.NaN, (row + to) * width, (row + span.hours) * width);
    }
  }
}

async function fundingOf(duck: DuckDBConnection, source: DenseSource, span: Span): Promise<FundingRows> {
  const coins = span.symbols.length;
  if (source.tables.funding === undefined) return fundingFromRows([], span.symbols, span.startMs, span.hours);
  const endMs = span.startMs + (span.hours - 1) * hourMs + FUNDING_JITTER_MS;
  const stamp = `CAST(ceil((f.ts - ${FUNDING_JITTER_MS}) / ${hourMs}) AS BIGINT) * ${hourMs}`;
  const bar = source.tables.mark === undefined ? `'nan'::DOUBLE` : 'm.open';
  const mark =
    source.tables.mark === undefined
      ? ''
      : `LEFT JOIN ${relationOf(source, 'mark')} m ON m.symbol = f.symbol AND m.ts = ${stamp}`;
  const from = `${relationOf(source, 'funding')} f JOIN coins USING (symbol) ${mark}
    WHERE f.ts > ${span.startMs - hourMs + FUNDING_JITTER_MS} AND f.ts <= ${endMs}`;
  const found = await allRows(
    duck,
    `SELECT f.ts::DOUBLE AS ts, count(coalesce(f.mark, nullif(${bar}, 'nan'::DOUBLE))) AS marks FROM ${from} GROUP BY f.ts`,
  );
  const stamps = found.map(({ ts }) => fundingHour(Number(ts), span.startMs));
  const marked = found.some(({ marks }) => Number(marks) > 0);
  const funding = emptyFunding(coins, span.hours, stamps, marked);
  await eachChunk(
    duck,
    `SELECT coin::DOUBLE, f.ts::DOUBLE, coalesce(f.rate, 'nan'::DOUBLE), coalesce(f.mark, ${bar}, 'nan'::DOUBLE)
     FROM ${from} ORDER BY coin, f.ts`,
    (chunk) => {
      const [coin, timeMs, rate, mark] = [0, 1, 2, 3].map((column) => doublesOf(chunk, column));
      for (let row = 0; row < rate!.length; row += 1) {
        const hour = fundingHour(timeMs![row]!, span.startMs);
        addSettlement(funding, coins, { coin: coin![row]!, hour, rate: rate![row]!, mark: mark![row]! });
      }
    },
  );
  return funding;
}

const scoreBatch = 4;

async function scoresOf(
  duck: DuckDBConnection,
  source: DenseSource,
  span: Span,
): Promise<ReadonlyMap<string, Rows>> {
  const scores = new Map<string, Rows>();
  if (source.tables.scores === undefined) return scores;
  const lanes = symbolLanes(span.symbols);
  for (let from = 0; from < source.scoreColumns.length; from += scoreBatch) {
    const names = source.scoreColumns.slice(from, from + scoreBatch);
    const series = await scoreSeries(duck, relationOf(source, 'scores'), names, span);
    for (const [index, name] of names.entries()) {
      const rows: Rows = {
        name,
        coins: span.symbols.length,
        hours: span.hours,
        values: sharedFloat64(span.symbols.length * span.hours),
        rowHash: sharedInt32(span.hours * 2),
      };
      transpose(series[index]!, rows.values, { rows: rows.coins, columns: rows.hours });
      sealRows(rows, lanes, span.startMs);
      scores.set(name, rows);
    }
  }
  return scores;
}

/** Score columns coin-major, in the order they are stored in; writing them time-major at once misses the cache at every row. */
async function scoreSeries(
  duck: DuckDBConnection,
  relation: string,
  names: readonly string[],
  span: Span,
): Promise<readonly Float64Array[]> {
  const series = names.map(() => new Float64Array(span.symbols.length * span.hours).fill(Number.NaN));
  const values = names.map((name) => `coalesce(CAST(${sqlName(name)} AS DOUBLE), 'nan'::DOUBLE)`);
  const cell = `(coin * ${span.hours} + (ts - ${span.startMs}) // ${hourMs})::INTEGER`;
  await eachChunk(
    duck,
    `SELECT ${[cell, ...values].join(', ')} FROM ${relation} JOIN coins USING (symbol)
     WHERE ts >= ${span.startMs} AND ts < ${span.startMs + span.hours * hourMs}`,
    (chunk) => {
      const at = integersOf(chunk, 0);
      for (const [index, into] of series.entries()) {
        const given = doublesOf(chunk, index + 1);
        for (let row = 0; row < at.length; row += 1) into[at[row]!] = given[row]!;
      }
    },
  );
  return series;
}

/** `into[column][row] = from[row][column]`, in tiles, so that neither side leaves the cache at every step. */
export function transpose(
  from: Float64Array,
  into: Float64Array,
  shape: { readonly rows: number; readonly columns: number },
): void {
  const { rows, columns } = shape;
  const tile = 32;
  for (let rowFrom = 0; rowFrom < rows; rowFrom += tile) {
    const rowTo = Math.min(rowFrom + tile, rows);
    for (let columnFrom = 0; columnFrom < columns; columnFrom += tile) {
      const columnTo = Math.min(columnFrom + tile, columns);
      for (let column = columnFrom; column < columnTo; column += 1) {
        for (let row = rowFrom; row < rowTo; row += 1) {
          into[column * rows + row] = from[row * columns + column]!;
        }
      }
    }
  }
}
