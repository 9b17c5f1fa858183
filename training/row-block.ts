/** What workers do with a block of features in a training: choose its rows, put labels and folds beside them, write them. */
import { join } from 'node:path';
import { type BesideColumn, presentCells, writeCells } from '../datasets/columns/consume.ts';
import { sqlName, storedDouble } from '../datasets/duck.ts';
import type { FeatureBlock } from '../engine/columns/blocks.ts';
import { rowUses } from './labels.ts';

/** On shared memory where it is large. */
export interface RowBlockArgument {
  readonly dir: string;
  /** `labelled`: rows with a label. `present`: all rows with a bar, for models that read several steps. */
  readonly rows: 'labelled' | 'present';
  readonly hours: Int32Array;
  readonly coins: Int32Array;
  readonly labels: readonly ExportedLabel[];
  /** Columns that nothing computes, put in before the rows are written. */
  readonly filled: readonly FilledColumn[];
}

/** `[slot][place]` throughout, as on the grid of decisions. */
export interface ExportedLabel {
  readonly name: string;
  readonly values: Float64Array;
  readonly endMs: Float64Array;
  /** A column for each fold, and for each out-of-fold block: `rowUses`. */
  readonly folds: readonly Uint8Array[];
  readonly blocks: readonly Uint8Array[];
}

export interface FilledColumn {
  readonly name: string;
  /** `[slot][place]`, NaN where there is no value. */
  readonly values: Float32Array;
}

/** A file of rows: its name in the folder, and its rows. */
export interface RowFile {
  readonly file: string;
  readonly rows: number;
}

const NO_ROW = -1;

/** Runs in a worker. Null where the block has no row. */
export async function writeRowBlock(
  block: FeatureBlock,
  argument: RowBlockArgument,
): Promise<RowFile | null> {
  const rowOf = gridRows(block, argument);
  fillColumns(block, argument.filled, rowOf);
  const cells = chosenCells(block, argument, rowOf);
  if (cells.length === 0) return null;
  const file = `rows-${String(block.fromCoin).padStart(5, '0')}.parquet`;
  const gridRow = Int32Array.from(cells, (cell) => rowOf[cell]!);
  await writeCells(block, cells, join(argument.dir, file), besideColumns(argument.labels, gridRow));
  return { file, rows: cells.length };
}

/** Row of the grid by cell of the block; `NO_ROW` where the cell is no decision of a chosen coin. */
function gridRows(block: FeatureBlock, { hours, coins }: RowBlockArgument): Int32Array {
  const { fromCoin, toCoin, fromHour, toHour } = block;
  const span = toHour - fromHour;
  const rowOf = new Int32Array((toCoin - fromCoin) * span).fill(NO_ROW);
  const places = new Map(Array.from(coins, (coin, place) => [coin, place]));
  for (let coin = fromCoin; coin < toCoin; coin += 1) {
    const place = places.get(coin);
    if (place === undefined) continue;
    for (const [slot, hour] of hours.entries()) {
      if (hour >= fromHour && hour < toHour)
        rowOf[(coin - fromCoin) * span + hour - fromHour] = slot * coins.length + place;
    }
  }
  return rowOf;
}

function fillColumns(block: FeatureBlock, filled: readonly FilledColumn[], rowOf: Int32Array): void {
  const width = block.features.length;
  for (const { name, values } of filled) {
    const place = block.features.indexOf(name);
    if (place < 0) continue;
    for (const [cell, row] of rowOf.entries())
      if (row !== NO_ROW) block.values[cell * width + place] = values[row]!;
  }
}

function chosenCells(block: FeatureBlock, argument: RowBlockArgument, rowOf: Int32Array): Float64Array {
  const present = presentCells(block);
  if (argument.rows === 'present') return present;
  return present.filter((cell) => {
    const row = rowOf[cell]!;
    return row !== NO_ROW && argument.labels.some(({ values }) => !Number.isNaN(values[row]!));
  });
}

function besideColumns(
  labels: readonly ExportedLabel[],
  gridRow: Int32Array,
): Readonly<Record<string, BesideColumn>> {
  const beside: Record<string, BesideColumn> = {};
  const doubles = (values: Float64Array) =>
    Float64Array.from(gridRow, (row) => (row === NO_ROW ? Number.NaN : values[row]!));
  const uses = (name: string, values: Uint8Array): void => {
    const column = Int32Array.from(gridRow, (row) => (row === NO_ROW ? rowUses.neither : values[row]!));
    beside[name] = {
      column: { type: 'integer', values: column },
      stored: `CAST(${sqlName(name)} AS TINYINT)`,
    };
  };
  for (const { name, values, endMs, folds, blocks } of labels) {
    const end = `${name}_end_ms`;
    beside[name] = {
      column: { type: 'double', values: doubles(values) },
      stored: storedDouble(sqlName(name)),
    };
    beside[end] = {
      column: { type: 'time', values: doubles(endMs) },
      stored: `CAST(nullif(${sqlName(end)}, 'nan'::DOUBLE) AS BIGINT)`,
    };
    for (const [fold, column] of folds.entries()) uses(`${name}_fold_${fold}`, column);
    for (const [index, column] of blocks.entries()) uses(`${name}_block_${index}`, column);
  }
  return beside;
}
