/** Rows of a training as Parquet, by blocks of coins: features, labels, what each fold may do with them. Memory is that of a block. */
import { mkdir } from 'node:fs/promises';
import type { Progress } from '../datasets/progress.ts';
import { computeBlocks } from '../engine/columns/blocks.ts';
import type { ColumnInputs } from '../engine/columns/features/inputs.ts';
import { siblingModule, type WorkerPool } from '../engine/signal/pool.ts';
import type { DecisionGrid } from './labels.ts';
import type { RowBlockArgument, RowFile } from './row-block.ts';

export interface RowExport extends Pick<RowBlockArgument, 'dir' | 'rows' | 'labels'> {
  readonly inputs: ColumnInputs;
  readonly grid: DecisionGrid;
  readonly features: readonly string[];
  /** Hours before the first decision that a row's oldest step lies back. */
  readonly reachHours: number;
  /** `[slot][place]` by name: columns that nothing computes. */
  readonly filled?: RowBlockArgument['filled'];
  readonly pool?: WorkerPool;
  readonly progress?: Progress;
}

/** Writes `rows-<first coin>.parquet` into the folder, as docs/training.md describes them. */
export async function exportRows(request: RowExport): Promise<readonly RowFile[]> {
  const { dir, rows, labels, inputs, grid, features, reachHours, filled = [], pool, progress } = request;
  await mkdir(dir, { recursive: true });
  const [first, last] = [grid.hours[0], grid.hours.at(-1)];
  if (first === undefined || last === undefined || grid.coins.length === 0) return [];
  const argument: RowBlockArgument = {
    ...{ dir, rows, labels, filled },
    ...{ hours: grid.hours, coins: grid.coins },
  };
  const files = await computeBlocks<RowFile | null>(inputs, features, {
    ...{ fromHour: Math.max(0, first - reachHours), toHour: last + 1, coins: new Set(grid.coins) },
    ...(pool === undefined ? {} : { pool }),
    consumer: {
      module: siblingModule('row-block', import.meta.url),
      ...{ functionName: 'writeRowBlock', argument },
    },
    onBlock: (done, coins) => progress?.('exporting rows', done / coins),
  });
  return files.filter((file) => file !== null);
}
