/** A few coins over a few hours, and a store in a folder of its own: what the dataset tests stand on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { writeTable } from '../../datasets/duck.ts';
import { StoreFault } from '../../datasets/faults.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { hourMs } from '../../engine/panel/hours.ts';

export const startMs = Date.UTC(2024, 0, 1);

export async function freshDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'hourglass-datasets-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export async function freshStore(): Promise<Store & { readonly files: string }> {
  const dir = await freshDir();
  return { ...openStore(join(dir, 'store')), files: dir };
}

export interface TinyCoin {
  readonly symbol: string;
  readonly firstHour: number;
  readonly bars: number;
  /** Hours after the first in which the bar is missing. */
  readonly holes?: readonly number[];
}

export interface TinyRow {
  readonly symbol: string;
  readonly ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Bars whose every price tells coin and hour, so that a misplaced cell shows. */
export function tinyRows(coins: readonly TinyCoin[]): TinyRow[] {
  return coins.flatMap(({ symbol, firstHour, bars, holes }, coin) =>
    Array.from({ length: bars }, (_, index) => index)
      .filter((index) => holes?.includes(index) !== true)
      .map((index) => {
        const open = 100 * (coin + 1) + firstHour + index;
        const ts = startMs + (firstHour + index) * hourMs;
        return {
          symbol,
          ts,
          open,
          high: open + 0.75,
          low: open - 0.5,
          close: open + 0.25,
          volume: index + 1,
        };
      }),
  );
}

export async function writeBars(path: string, rows: readonly TinyRow[]): Promise<string> {
  const column = (name: keyof Omit<TinyRow, 'symbol'>) => ({
    type: name === 'ts' ? ('time' as const) : ('double' as const),
    values: Float64Array.from(rows, (row) => row[name]),
  });
  await writeTable(path, {
    rows: rows.length,
    columns: {
      ts: column('ts'),
      symbol: { type: 'text', values: rows.map(({ symbol }) => symbol) },
      open: column('open'),
      high: column('high'),
      low: column('low'),
      close: column('close'),
      volume: column('volume'),
    },
  });
  return path;
}

/** Rows of (symbol, ts, and one named number), as Parquet. */
export async function writeColumn(
  path: string,
  name: string,
  rows: readonly { readonly symbol: string; readonly ts: number; readonly value: number }[],
): Promise<string> {
  await writeTable(path, {
    rows: rows.length,
    columns: {
      ts: { type: 'time', values: Float64Array.from(rows, ({ ts }) => ts) },
      symbol: { type: 'text', values: rows.map(({ symbol }) => symbol) },
      [name]: { type: 'double', values: Float64Array.from(rows, ({ value }) => value) },
    },
  });
  return path;
}

/** The fault that a promise ends with; anything else, or none, fails the test. */
export async function faultOf(work: Promise<unknown>): Promise<StoreFault> {
  const outcome = await work.then(
    () => 'it went through',
    (cause: unknown) => cause,
  );
  if (outcome instanceof StoreFault) return outcome;
  throw new Error(
    `a StoreFault was expected, not ${outcome instanceof Error ? outcome.stack : String(outcome)}`,
  );
}
