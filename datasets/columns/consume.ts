/** What workers do with each block of a set being built: count its quality, and write its values where they were asked for. */
import { join } from 'node:path';
import type { BlockConsumer, FeatureBlock } from '../../engine/columns/blocks.ts';
import { countBlock, type SharedQuality } from '../../engine/columns/quality/shared-quality.ts';
import type { TableColumn } from '../../engine/journal/tables.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { barLayout } from '../../engine/panel/panel.ts';
import { siblingModule } from '../../engine/signal/pool.ts';
import { copyToParquet, loadTable, sqlName, withDuck } from '../duck.ts';

interface ConsumeArgument {
  readonly quality: SharedQuality;
  /** Folder for files of values; null where they are not asked for. */
  readonly exportDir: string | null;
}

/** The consumer to hand to `computeBlocks`; results are names of files written in `exportDir`, or null. */
export function blockConsumer(quality: SharedQuality, exportDir: string | null): BlockConsumer {
  const argument: ConsumeArgument = { quality, exportDir };
  return { module: siblingModule('consume', import.meta.url), functionName: 'consumeBlock', argument };
}

/** Runs in a worker. */
export async function consumeBlock(
  block: FeatureBlock,
  { quality, exportDir }: ConsumeArgument,
): Promise<string | null> {
  countBlock(block, quality);
  return exportDir === null ? null : await writeBlock(block, exportDir);
}

/** `ts`, `symbol` and every feature in single precision, for the hours that have a bar. */
async function writeBlock(block: FeatureBlock, dir: string): Promise<string | null> {
  const cells = presentCells(block);
  if (cells.length === 0) return null;
  const file = `features-${String(block.fromCoin).padStart(5, '0')}.parquet`;
  await writeCells(block, cells, join(dir, file));
  return file;
}

/** A column beside the features: its values, one a row, and how SQL stores the one that is loaded under its name. */
export interface BesideColumn {
  readonly column: TableColumn;
  readonly stored: string;
}

/**
 * Writes chosen rows of a block as Parquet: `ts`, `symbol`, every feature in single precision (absent values as NULL), and what is
 * handed in beside them.
 *
 * @param cells rows, as indices into `[coin][hour]` of the block
 */
export async function writeCells(
  { inputs: { panel }, features, values: blockValues, ...span }: FeatureBlock,
  cells: Float64Array,
  path: string,
  beside: Readonly<Record<string, BesideColumn>> = {},
): Promise<void> {
  const hours = span.toHour - span.fromHour;
  const columns: Record<string, TableColumn> = {
    ts: {
      type: 'time',
      values: cells.map((cell) => panel.startMs + (span.fromHour + (cell % hours)) * hourMs),
    },
    symbol: {
      type: 'text',
      values: Array.from(cells, (cell) => panel.symbols[span.fromCoin + Math.floor(cell / hours)]!),
    },
  };
  for (const [place, name] of features.entries()) {
    const values = cells.map((cell) => blockValues[cell * features.length + place]!);
    columns[name] = { type: 'double', values };
  }
  for (const [name, { column }] of Object.entries(beside)) columns[name] = column;
  await withDuck(
    async (duck) => {
      await loadTable(duck, 'block', { rows: cells.length, columns });
      const stored = [
        ...features.map((name) => [name, `CAST(nullif(${sqlName(name)}, 'nan'::DOUBLE) AS FLOAT)`]),
        ...Object.entries(beside).map(([name, column]) => [name, column.stored]),
      ].map(([name, sql]) => `${sql} AS ${sqlName(name!)}`);
      const select = ['CAST(ts AS BIGINT) AS ts', 'symbol', ...stored].join(', ');
      await copyToParquet(duck, `SELECT ${select} FROM block`, path);
    },
    { threads: 1 },
  );
}

/** `[coin][hour]` of the block, where there is a bar. */
export function presentCells({ inputs, fromCoin, toCoin, fromHour, toHour }: FeatureBlock): Float64Array {
  const { bars, hours } = inputs.panel;
  const { BAR_WIDTH, CLOSE } = barLayout;
  const cells: number[] = [];
  for (let coin = fromCoin; coin < toCoin; coin += 1) {
    for (let hour = fromHour; hour < toHour; hour += 1) {
      if (!Number.isNaN(bars[(coin * hours + hour) * BAR_WIDTH + CLOSE]!))
        cells.push((coin - fromCoin) * (toHour - fromHour) + hour - fromHour);
    }
  }
  return Float64Array.from(cells);
}
