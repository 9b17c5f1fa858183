/**
 * The bars of a dataset as they lie in their file, read through DuckDB without the importer's rules: a table that came by
 * another way is looked at all the same.
 *
 * Rows arrive in file order. Rows out of order and bars given twice are counted there, then the rows are put in order
 * (symbol, time) and only the first of each bar is kept, so that the other rules need not care.
 */
import { hourMs } from '../../engine/panel/hours.ts';
import {
  allRows,
  describeRelation,
  doublesOf,
  eachChunk,
  integersOf,
  sqlName,
  sqlText,
  withDuck,
} from '../duck.ts';

export const volumeColumns = ['volume', 'quote_volume', 'trades'] as const;
export const priceColumns = ['open', 'high', 'low', 'close'] as const;
type NumberColumn = (typeof priceColumns)[number] | (typeof volumeColumns)[number];

/** Rows `start[coin] .. start[coin + 1] - 1` belong to a symbol, times ascending, each time once. NaN stands for NULL. */
export interface Bars extends Readonly<Record<NumberColumn, Float64Array>> {
  readonly symbols: readonly string[];
  readonly start: Int32Array;
  readonly timeMs: Float64Array;
  /** Volume columns that the table does not have at all. */
  readonly absent: readonly NumberColumn[];
  readonly misplaced: readonly Misplaced[];
  readonly duplicates: readonly Duplicates[];
  /** Rows whose time is not a full hour, or lies outside 2009..2100; they are not among the rows above. */
  readonly offGrid: readonly Misplaced[];
}

/** Rows of a coin in consecutive hours. */
export interface Misplaced {
  readonly coin: number;
  readonly count: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Duplicates extends Misplaced {
  /** How many of them differ in a price from the row that came first. */
  readonly differing: number;
}

export async function readBars(path: string): Promise<Bars> {
  const raw = await withDuck(async (duck) => {
    const relation = `read_parquet(${sqlText(path)})`;
    const columns = new Set((await describeRelation(duck, relation)).map(({ name }) => name));
    const named = await allRows(duck, `SELECT DISTINCT symbol FROM ${relation} ORDER BY symbol`);
    const symbols = named.map((row) => String(row['symbol']));
    const [counted] = await allRows(duck, `SELECT count(*) AS rows FROM ${relation}`);
    const raw = emptyRows(Number(counted?.['rows']));
    if (symbols.length > 0)
      await duck.run(
        `CREATE TYPE coin AS ENUM (SELECT coalesce(symbol, 'null') FROM (SELECT DISTINCT symbol FROM ${relation}) ORDER BY symbol)`,
      );
    const number = (name: string) =>
      columns.has(name) ? `coalesce(CAST(${sqlName(name)} AS DOUBLE), 'nan'::DOUBLE)` : `'nan'::DOUBLE`;
    const select = [
      `enum_code(CAST(coalesce(symbol, 'null') AS coin))::INTEGER`,
      number('ts'),
      ...numberColumns.map(number),
    ];
    let next = 0;
    if (symbols.length > 0) {
      await eachChunk(duck, `SELECT ${select.join(', ')} FROM ${relation}`, (chunk) => {
        raw.coin.set(integersOf(chunk, 0), next);
        raw.timeMs.set(doublesOf(chunk, 1), next);
        for (const [index, name] of numberColumns.entries()) raw[name].set(doublesOf(chunk, index + 2), next);
        next += chunk.rowCount;
      });
    }
    return { symbols, rows: raw, absent: volumeColumns.filter((name) => !columns.has(name)) };
  });
  return inOrder(raw.symbols, raw.rows, raw.absent);
}

const numberColumns: readonly NumberColumn[] = [...priceColumns, ...volumeColumns];

type Rows = Record<NumberColumn | 'timeMs', Float64Array> & { coin: Int32Array };

function emptyRows(count: number): Rows {
  const doubles = () => new Float64Array(count);
  return {
    coin: new Int32Array(count),
    timeMs: doubles(),
    open: doubles(),
    high: doubles(),
    low: doubles(),
    close: doubles(),
    volume: doubles(),
    quote_volume: doubles(),
    trades: doubles(),
  };
}

function inOrder(symbols: readonly string[], rows: Rows, absent: readonly NumberColumn[]): Bars {
  const offGrid = new Tally();
  const misplaced = new Tally();
  let tidy = true;
  let before = -1;
  for (let row = 0; row < rows.coin.length; row += 1) {
    const time = rows.timeMs[row]!;
    const coin = rows.coin[row]!;
    if (!onGrid(time)) {
      offGrid.add(coin, time);
      tidy = false;
      continue;
    }
    if (before >= 0 && !follows(rows, row, before)) {
      tidy = false;
      if (!sameBar(rows, row, before)) misplaced.add(coin, time);
    }
    before = row;
  }
  const sorted = tidy ? { rows, duplicates: [] } : sortedOnce(rows, misplaced.size > 0);
  return {
    ...sorted.rows,
    symbols,
    start: startsOf(sorted.rows.coin, symbols.length),
    absent,
    misplaced: misplaced.entries(),
    duplicates: sorted.duplicates,
    offGrid: offGrid.entries(),
  };
}

function follows(rows: Rows, row: number, before: number): boolean {
  const coin = rows.coin[row]!;
  const coinBefore = rows.coin[before]!;
  return coin > coinBefore || (coin === coinBefore && rows.timeMs[row]! > rows.timeMs[before]!);
}

function sameBar(rows: Rows, row: number, other: number): boolean {
  return rows.coin[row] === rows.coin[other] && rows.timeMs[row] === rows.timeMs[other];
}

const earliestMs = Date.UTC(2009, 0, 1);
const latestMs = Date.UTC(2100, 0, 1);

function onGrid(timeMs: number): boolean {
  return timeMs % hourMs === 0 && timeMs >= earliestMs && timeMs < latestMs;
}

/** Rows on the grid, in order, the first of each bar. */
function sortedOnce(rows: Rows, mixed: boolean): { rows: Rows; duplicates: readonly Duplicates[] } {
  const order = Array.from(rows.coin.keys()).filter((row) => onGrid(rows.timeMs[row]!));
  if (mixed)
    order.sort((a, b) => rows.coin[a]! - rows.coin[b]! || rows.timeMs[a]! - rows.timeMs[b]! || a - b);
  const twice = new Tally();
  const differing = new Tally();
  const kept: number[] = [];
  for (const row of order) {
    const first = kept.at(-1);
    if (first === undefined || !sameBar(rows, row, first)) {
      kept.push(row);
      continue;
    }
    twice.add(rows.coin[row]!, rows.timeMs[row]!);
    if (priceColumns.some((name) => rows[name][first] !== rows[name][row])) {
      differing.add(rows.coin[row]!, rows.timeMs[row]!);
    }
  }
  const out = emptyRows(kept.length);
  out.coin = Int32Array.from(kept, (row) => rows.coin[row]!);
  for (const name of ['timeMs', ...numberColumns] as const) {
    out[name] = Float64Array.from(kept, (row) => rows[name][row]!);
  }
  return {
    rows: out,
    duplicates: twice.entries().map((entry) => ({ ...entry, differing: differing.countIn(entry) })),
  };
}

function startsOf(coin: Int32Array, coins: number): Int32Array {
  const start = new Int32Array(coins + 1);
  for (const at of coin) start[at + 1]! += 1;
  for (let at = 0; at < coins; at += 1) start[at + 1]! += start[at]!;
  return start;
}

/** Rows of coins, as runs of consecutive hours. */
class Tally {
  readonly #timesOf = new Map<number, number[]>();

  get size(): number {
    return this.#timesOf.size;
  }

  add(coin: number, timeMs: number): void {
    const times = this.#timesOf.get(coin);
    if (times === undefined) this.#timesOf.set(coin, [timeMs]);
    else times.push(timeMs);
  }

  /** How many of a coin's rows lie in a run. */
  countIn({ coin, fromMs, toMs }: Misplaced): number {
    return (this.#timesOf.get(coin) ?? []).filter((time) => time >= fromMs && time <= toMs).length;
  }

  entries(): readonly Misplaced[] {
    return [...this.#timesOf].flatMap(([coin, times]) => {
      const runs: { coin: number; count: number; fromMs: number; toMs: number }[] = [];
      for (const time of times.sort((a, b) => a - b)) {
        const last = runs.at(-1);
        if (last !== undefined && time - last.toMs <= hourMs) {
          last.toMs = time;
          last.count += 1;
        } else runs.push({ coin, count: 1, fromMs: time, toMs: time });
      }
      return runs;
    });
  }
}
