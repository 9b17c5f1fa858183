/** Diagnoses of stored scores, column by column, as a plan tells what each of them holds. */
import { join } from 'node:path';
import type { Panel } from '../../engine/panel/panel.ts';
import { type DiagnosedColumn, type Diagnosis, diagnose } from '../../engine/signal/diagnostics.ts';
import type { ModelPlan } from '../../engine/signal/model-plan.ts';
import { doublesOf, eachChunk, sqlFile, sqlName, withDuck } from '../duck.ts';
import { readScoreRows } from './rows.ts';
import type { StoredScores } from './score-set.ts';

export interface ScoreOutcomes {
  /** Of the dataset that was scored. */
  readonly panel: Panel;
  /** By label of the plan: `[hour][coin]` of the panel, at the bar whose close is the decision; NaN where nobody knows yet. */
  readonly returns: ReadonlyMap<string, Float64Array>;
}

interface Subject extends Pick<DiagnosedColumn, 'name' | 'kind' | 'gateLogit'> {
  /** Columns of an ensemble's members. */
  readonly members: readonly string[];
  /** What it was trained on; null for what is no log-odds of a barrier. */
  readonly label: string | null;
}

/** Models in the order of the plan, then ensembles. All stored rows are looked at: they are the whole universe, before any gate. */
export async function diagnoseScores(
  scores: StoredScores,
  plan: ModelPlan,
  outcomes: ScoreOutcomes | null = null,
): Promise<readonly Diagnosis[]> {
  const { manifest } = scores;
  const stored = new Set(manifest.columns.map(({ name }) => name));
  const subjects = subjectsOf(plan).filter(({ name }) => stored.has(name));
  const found: Diagnosis[] = [];
  // One at a time: a year of a thousand coins is 70 MB a column.
  for (const { members, label, ...subject } of subjects) {
    const known = members.filter((name) => stored.has(name));
    const returns = label === null ? null : (outcomes?.returns.get(label) ?? null);
    const names = [subject.name, ...known];
    const [values, ...logits] =
      returns === null ? await readColumns(scores, names) : await readCells(scores, names, outcomes!.panel);
    found.push(
      ...diagnose([
        {
          ...{ ...subject, values: values!, returns },
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
    const label = kind === 'logit' && model.columns.length === 1 ? model.label : null;
    return model.columns.map((name): Subject => ({ name, kind, gateLogit, members: [], label }));
  });
  const ofEnsembles = ensembles.map(({ column, members }): Subject => {
    const parts = members.flatMap((name) => models.find((model) => model.name === name) ?? []);
    const gateLogit = parts[0]?.gateLogit ?? null;
    const labels = parts.flatMap((part) => (part.kind === 'text' ? [] : part.label));
    return {
      ...{ name: column, kind: 'logit', gateLogit, label: labels[0] ?? null },
      members: parts.flatMap(({ columns }) => columns),
    };
  });
  return [...ofModels, ...ofEnsembles];
}

/** Rows are in the same order in all columns; NaN where there is no number. */
async function readColumns(
  { dir, manifest: { files, rows } }: StoredScores,
  names: readonly string[],
): Promise<readonly Float64Array[]> {
  const paths = files.map(({ file }) => join(dir, file));
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

/** `[hour][coin]` of the panel, beside outcomes; NaN where nothing was scored. */
async function readCells(
  scores: StoredScores,
  names: readonly string[],
  panel: Panel,
): Promise<readonly Float64Array[]> {
  const columns: Float64Array[] = [];
  for (const name of names) columns.push((await readScoreRows(scores, name, panel)).values);
  return columns;
}
