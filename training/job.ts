/** Jobs: what is handed to Python, and what it leaves behind (docs/training.md). */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { doublesOf, eachChunk, firstRow, sqlFile, sqlText, withDuck } from '../datasets/duck.ts';
import { describe, type Fault } from '../engine/config.ts';
import type { FoldDefinition, ModelTarget, TrainingSpan } from '../engine/signal/contract.ts';
import type { LabelPlan, ModelSpec } from '../engine/signal/model-plan.ts';
import { TrainingFault } from './faults.ts';

export interface JobFold {
  readonly index: number;
  /** Whole UTC days [testFromMs, testToMs). */
  readonly testFromMs: number;
  readonly testToMs: number;
  /** No training label was known later. */
  readonly trainToMs: number;
}

export interface JobFile {
  readonly formatVersion: 1;
  readonly strategy: string;
  readonly version: string;
  readonly size: string;
  readonly seed: number;
  readonly threads: number;
  readonly rows: { readonly files: readonly string[]; readonly features: readonly string[] } | null;
  readonly labels: readonly { readonly name: string; readonly kind: string; readonly target: ModelTarget }[];
  readonly folds: readonly JobFold[];
  readonly models: readonly ModelSpec[];
  readonly contract: {
    readonly dataset: { readonly name: string; readonly hash: string };
    readonly featureSet: { readonly name: string; readonly hash: string } | null;
    readonly folds: FoldDefinition | null;
    readonly train: TrainingSpan;
    readonly validFromMs: number;
  };
  readonly outOfFold: {
    readonly blocks: readonly { readonly index: number; readonly fromMs: number; readonly toMs: number }[];
  } | null;
  readonly text: { readonly corpus: string; readonly folds: number } | null;
  readonly keepFolds: boolean;
}

export async function writeJob(dir: string, job: JobFile): Promise<void> {
  await writeFile(join(dir, 'job.json'), `${JSON.stringify(job, null, 2)}\n`);
}

/** What a contract says of a label. */
export function targetOf(label: LabelPlan): ModelTarget {
  if (label.kind === 'residual-tercile')
    return { kind: 'residual-tercile', horizonHours: label.horizonHours };
  const { side, profitFraction, lossFraction, horizonHours } = label.rules;
  return {
    ...{ kind: label.kind, side: side === 1 ? 'buy' : 'sell' },
    ...{ profitFraction, lossFraction, horizonHours },
  };
}

export interface JobResult {
  readonly libraries: readonly { readonly name: string; readonly version: string }[];
  readonly notShown: readonly { readonly library: string; readonly reason: string }[];
  readonly models: readonly JobModel[];
}

export interface JobModel {
  readonly model: string;
  /** Null for the final model; -1 - b for out-of-fold block b. */
  readonly fold: number | null;
  readonly rows: number;
  readonly seconds: number;
  readonly notes: readonly string[];
}

/** @throws TrainingFault `training-failed` where the job left no result, or one of another form */
export async function readJobResult(dir: string): Promise<JobResult> {
  const path = join(dir, 'out', 'result.json');
  let read: unknown;
  try {
    read = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const message = 'The job ended without a readable result. Run the training again.';
    throw new TrainingFault('training-failed', message, { cause });
  }
  const faults: Fault[] = [];
  const list = (name: string): readonly Record<string, unknown>[] => {
    const value = (read as Record<string, unknown> | null)?.[name];
    if (Array.isArray(value)) return value as readonly Record<string, unknown>[];
    faults.push({ path: `result.json, ${name}`, message: `must be a list, was ${describe(value)}` });
    return [];
  };
  const result = {
    libraries: list('libraries').map(({ name, version }) => {
      return { name: String(name), version: String(version) };
    }),
    notShown: list('notShown').map(({ library, reason }) => {
      return { library: String(library), reason: String(reason) };
    }),
    models: list('models').map(({ model, fold, rows, seconds, notes }) => ({
      ...{ model: String(model), fold: fold === null ? null : Number(fold) },
      ...{ rows: Number(rows), seconds: Number(seconds), notes: (notes ?? []) as readonly string[] },
    })),
  };
  if (faults.length > 0)
    throw new TrainingFault('training-failed', 'The job left a result of another form.', { faults });
  return result;
}

/** Out-of-sample outputs of one model, parallel by row. */
export interface Predictions {
  /** Places in `symbols`. */
  readonly coins: Int32Array;
  readonly symbols: readonly string[];
  /** Decision, epoch ms UTC: an hour after the open of the row's bar. */
  readonly decisionMs: Float64Array;
  /** k for fold k, -1 - b for out-of-fold block b. */
  readonly folds: Int32Array;
  /** By output, raw as the native library gave them. */
  readonly outputs: readonly Float64Array[];
}

const HOUR_MS_SQL = '3600000';

/** @param outputs how many the model has */
export async function readPredictions(dir: string, model: string, outputs: number): Promise<Predictions> {
  const relation = `read_parquet(${sqlFile(join(dir, 'out', 'predictions.parquet'))})`;
  const where = `FROM ${relation} WHERE model = ${sqlText(model)}`;
  return await withDuck(async (duck) => {
    const { count } = await firstRow(duck, `SELECT count(*) AS count ${where}`);
    const named = await firstRow(
      duck,
      `SELECT coalesce(string_agg(DISTINCT symbol, '\n' ORDER BY symbol), '') AS symbols ${where}`,
    );
    const symbols = String(named['symbols']).split('\n');
    const columns = Array.from({ length: outputs + 3 }, () => new Float64Array(Number(count)));
    const raw = Array.from(
      { length: outputs },
      (_, place) => `coalesce(CAST(output_${place} AS DOUBLE), 'nan'::DOUBLE)`,
    );
    const ranked = `(SELECT *, dense_rank() OVER (ORDER BY symbol) - 1 AS coin ${where})`;
    const select = ['coin', `ts + ${HOUR_MS_SQL}`, 'fold'].map((sql) => `CAST(${sql} AS DOUBLE)`);
    let next = 0;
    // In one order: sums over the rows then have the same bits every time.
    const ordered = `SELECT ${[...select, ...raw].join(', ')} FROM ${ranked} ORDER BY fold, ts, coin`;
    await eachChunk(duck, ordered, (chunk) => {
      for (const [index, column] of columns.entries()) column.set(doublesOf(chunk, index), next);
      next += chunk.rowCount;
    });
    const [coins, decisionMs, folds, ...given] = columns;
    return {
      ...{ coins: Int32Array.from(coins!), symbols, decisionMs: decisionMs! },
      ...{ folds: Int32Array.from(folds!), outputs: given },
    };
  });
}
