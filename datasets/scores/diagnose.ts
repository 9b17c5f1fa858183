/** Diagnoses of stored scores, column by column, as a plan tells what each of them holds. */
import { join } from 'node:path';
import { type DiagnosedColumn, type Diagnosis, diagnose } from '../../engine/signal/diagnostics.ts';
import type { ModelPlan } from '../../engine/signal/model-plan.ts';
import { doublesOf, eachChunk, sqlFile, sqlName, withDuck } from '../duck.ts';
import type { StoredScores } from './score-set.ts';

interface Subject extends Pick<DiagnosedColumn, 'name' | 'kind' | 'gateLogit'> {
  /** Columns of an ensemble's members. */
  readonly members: readonly string[];
}

/** Models in the order of the plan, then ensembles. All stored rows are looked at: they are the whole universe, before any gate. */
export async function diagnoseScores(
  { dir, manifest }: StoredScores,
  plan: ModelPlan,
): Promise<readonly Diagnosis[]> {
  const stored = new Set(manifest.columns.map(({ name }) => name));
  const subjects = subjectsOf(plan).filter(({ name }) => stored.has(name));
  const paths = manifest.files.map(({ file }) => join(dir, file));
  const found: Diagnosis[] = [];
  // One at a time: a year of a thousand coins is 70 MB a column.
  for (const { members, ...subject } of subjects) {
    const known = members.filter((name) => stored.has(name));
    const [values, ...logits] = await readColumns(paths, [subject.name, ...known], manifest.rows);
    found.push(
      ...diagnose([
        {
          ...{ ...subject, values: values!, returns: null },
          members: known.map((name, index) => ({ name, logits: logits[index]! })),
        },
      ]),
    );
  }
  return found;
}

function subjectsOf({ models, ensembles }: ModelPlan): readonly Subject[] {
  const ofModels = models.flatMap((model) => {
    if (model.kind === 'text') return [];
    const isRegressor = model.kind === 'booster' && model.objective === 'regression';
    const kind = isRegressor ? 'expected-value' : model.stored === 'probabilities' ? 'probability' : 'logit';
    const gateLogit = isRegressor ? null : model.gateLogit;
    return model.columns.map((name): Subject => ({ name, kind, gateLogit, members: [] }));
  });
  const ofEnsembles = ensembles.map(({ column, members }): Subject => {
    const parts = members.flatMap((name) => models.find((model) => model.name === name) ?? []);
    const gateLogit = parts[0]?.gateLogit ?? null;
    return { name: column, kind: 'logit', gateLogit, members: parts.flatMap(({ columns }) => columns) };
  });
  return [...ofModels, ...ofEnsembles];
}

/** Rows are in the same order in all columns; NaN where there is no number. */
async function readColumns(
  paths: readonly string[],
  names: readonly string[],
  rows: number,
): Promise<readonly Float64Array[]> {
  const columns = names.map(() => new Float64Array(rows).fill(Number.NaN));
  if (paths.length === 0) return columns;
  const select = names.map((name) => `coalesce(${sqlName(name)}, 'nan'::DOUBLE)`).join(', ');
  let from = 0;
  await withDuck(async (duck) => {
    await eachChunk(
      duck,
      `SELECT ${select} FROM read_parquet([${paths.map(sqlFile).join(', ')}])`,
      (chunk) => {
        for (const [index, column] of columns.entries()) column.set(doublesOf(chunk, index), from);
        from += chunk.rowCount;
      },
    );
  });
  return columns;
}
