/** What workers do with each block of a dataset that is scored: ask the models, write what they said, and count it. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { threadId } from 'node:worker_threads';
import type { BlockConsumer, FeatureBlock } from '../../engine/columns/blocks.ts';
import type { TableColumn } from '../../engine/journal/tables.ts';
import { hourHashes, symbolLanes } from '../../engine/panel/fingerprint.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import type { Panel } from '../../engine/panel/panel.ts';
import { siblingModule } from '../../engine/signal/pool.ts';
import { type BlockScores, type ScoreJob, scoreBlock } from '../../engine/signal/score-block.ts';
import type { TableFile } from '../dataset.ts';
import { copyToParquet, fileHash, loadTable, sqlName, storedDouble, tableFile, withDuck } from '../duck.ts';
import { asStoreFault } from '../faults.ts';
import { scoreFile } from './score-set.ts';

/** What is known of a block that was scored and written. */
export interface ScoredPart {
  readonly fromCoin: number;
  readonly toCoin: number;
  /** Null where no row was asked. */
  readonly file: TableFile | null;
  readonly rows: number;
  /** By column. */
  readonly filled: readonly number[];
  /** By column: two lanes an hour, as `Rows.rowHash`; parts of other coins are added. */
  readonly rowHash: readonly Int32Array[];
}

interface ConsumeArgument {
  readonly job: ScoreJob;
  readonly dir: string;
  /** One number on shared memory: rows that all workers have scored. */
  readonly scoredRows: Int32Array;
}

/** The consumer to hand to `eachScoredBlock`; results are `ScoredPart`s. */
export function scoreConsumer(job: ScoreJob, dir: string, scoredRows: Int32Array): BlockConsumer {
  const argument: ConsumeArgument = { job, dir, scoredRows };
  return {
    module: siblingModule('consume', import.meta.url),
    functionName: 'consumeScoredBlock',
    argument,
  };
}

/** Runs in a worker. The file stands before the part that tells of it: a part that is there is whole. */
export async function consumeScoredBlock(
  block: FeatureBlock,
  { job, dir, scoredRows }: ConsumeArgument,
): Promise<ScoredPart> {
  const scores = await scoreBlock(block, job);
  const { panel } = block.inputs;
  const part = await storePart(scores, job, panel, dir).catch((cause: unknown) => {
    throw asStoreFault(cause, 'Storing scores');
  });
  Atomics.add(scoredRows, 0, part.rows);
  return part;
}

async function storePart(scores: BlockScores, job: ScoreJob, panel: Panel, dir: string): Promise<ScoredPart> {
  const cells = askedCells(scores);
  const file = cells.length === 0 ? null : await writeScores(scores, cells, job, panel, dir);
  const part = partOf(scores, cells.length, file, panel);
  const path = join(dir, partFile(scores.fromCoin));
  const partial = `${path}.partial-${process.pid}-${threadId}`;
  await writeFile(partial, serialize(part));
  await rename(partial, path);
  return part;
}

export function partFile(fromCoin: number): string {
  return `part-${String(fromCoin).padStart(5, '0')}.v8`;
}

/** A part of an interrupted run; null where there is none, or its file is not what was written. */
export async function readPart(dir: string, fromCoin: number): Promise<ScoredPart | null> {
  try {
    const part = deserialize(await readFile(join(dir, partFile(fromCoin)))) as ScoredPart;
    const { file } = part;
    return file === null || (await fileHash(join(dir, file.file))) === file.sha256 ? part : null;
  } catch {
    return null;
  }
}

/** `[coin][hour]`, where a version was asked. */
function askedCells({ asked }: BlockScores): Int32Array {
  const cells = new Int32Array(asked.reduce((count, one) => count + one, 0));
  let count = 0;
  for (let cell = 0; cell < asked.length; cell += 1) {
    if (asked[cell] !== 1) continue;
    cells[count] = cell;
    count += 1;
  }
  return cells;
}

function partOf(scores: BlockScores, rows: number, file: TableFile | null, panel: Panel): ScoredPart {
  const { fromCoin, toCoin, fromHour, toHour, asked, values } = scores;
  const symbols = panel.symbols.slice(fromCoin, toCoin);
  const span = {
    ...panel,
    ...{ symbols, startMs: panel.startMs + fromHour * hourMs, hours: toHour - fromHour },
  };
  const lanes = symbolLanes(symbols);
  const columns = Array.from({ length: asked.length === 0 ? 0 : values.length / asked.length }, (_, index) =>
    values.subarray(index * asked.length, (index + 1) * asked.length),
  );
  return {
    ...{ fromCoin, toCoin, file, rows },
    filled: columns.map((column) =>
      column.reduce((count, value) => (value === value ? count + 1 : count), 0),
    ),
    rowHash: columns.map((column) => hourHashes(span, column, lanes)),
  };
}

async function writeScores(
  { values, asked, versionOf, ...span }: BlockScores,
  cells: Int32Array,
  { plan }: ScoreJob,
  panel: Panel,
  dir: string,
): Promise<TableFile> {
  const file = scoreFile(span.fromCoin);
  const path = join(dir, file);
  const hours = span.toHour - span.fromHour;
  const texts = (of: (cell: number) => string): TableColumn => ({
    type: 'text',
    values: Array.from(cells, of),
  });
  const startMs = panel.startMs + span.fromHour * hourMs;
  const columns: Record<string, TableColumn> = {
    ts: { type: 'time', values: Float64Array.from(cells, (cell) => startMs + (cell % hours) * hourMs) },
    symbol: texts((cell) => panel.symbols[span.fromCoin + Math.floor(cell / hours)]!),
  };
  for (const [index, name] of plan.columns.entries()) {
    const at = index * asked.length;
    columns[name] = { type: 'double', values: Float64Array.from(cells, (cell) => values[at + cell]!) };
  }
  columns['version'] = texts((cell) => plan.versions[versionOf[cell % hours]!]!.version);
  const stored = plan.columns.map((name) => `${storedDouble(sqlName(name))} AS ${sqlName(name)}`);
  const partial = `${path}.partial-${process.pid}-${threadId}`;
  await withDuck(
    async (duck) => {
      await loadTable(duck, 'scores', { rows: cells.length, columns });
      const select = ['CAST(ts AS BIGINT) AS ts', 'symbol', ...stored, 'version'].join(', ');
      await copyToParquet(duck, `SELECT ${select} FROM scores`, partial);
    },
    { threads: 1 },
  );
  const written = await tableFile(partial, file, cells.length);
  await rename(partial, path);
  return written;
}
