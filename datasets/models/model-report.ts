/** What training says of a model to people: importances and curves (`report.json`). Nothing is computed from it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelContract, reportFile } from '../../engine/signal/contract.ts';

export const importanceKinds = ['split', 'gain', 'permutation'] as const;
export type ImportanceKind = (typeof importanceKinds)[number];

export interface ModelReport {
  /** By feature; null for a measure that was not taken. */
  readonly features: readonly string[];
  readonly importance: Readonly<Record<ImportanceKind, readonly number[] | null>>;
  /** What `gain` counts; null where nobody says. */
  readonly gainMeasure: string | null;
  /** Rows behind the permutation importance; null where nobody says. */
  readonly permutationRows: number | null;
  readonly curve: TrainingCurve | null;
  readonly notes: readonly string[];
}

/** By iteration or epoch. */
export interface TrainingCurve {
  readonly metric: string;
  readonly train: readonly number[];
  readonly validation: readonly number[];
}

/** Null where an artifact has no report, or none that can be read. */
export async function readModelReport(dir: string, contract: ModelContract): Promise<ModelReport | null> {
  try {
    return reportOf(JSON.parse(await readFile(join(dir, reportFile), 'utf8')), contract);
  } catch {
    return null;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function reportOf(input: unknown, contract: ModelContract): ModelReport {
  const report = fieldsOf(input);
  const listed = report['features'];
  const features =
    Array.isArray(listed) && listed.every((name) => typeof name === 'string')
      ? (listed as readonly string[])
      : contract.input.features;
  const importance = fieldsOf(report['importance']);
  const aligned = (kind: ImportanceKind) => {
    const values = numbers(importance[kind]);
    return values !== null && values.length === features.length && values.length > 0 ? values : null;
  };
  const { gainMeasure, permutationRows, notes } = report as Fields & {
    gainMeasure?: unknown;
    permutationRows?: unknown;
    notes?: unknown;
  };
  return {
    features,
    importance: { split: aligned('split'), gain: aligned('gain'), permutation: aligned('permutation') },
    gainMeasure: typeof gainMeasure === 'string' ? gainMeasure : null,
    permutationRows: typeof permutationRows === 'number' ? permutationRows : null,
    curve: curveOf(fieldsOf(report['curve'])),
    notes: Array.isArray(notes) ? notes.filter((note) => typeof note === 'string') : [],
  };
}

function curveOf(curve: Fields): TrainingCurve | null {
  const train = numbers(curve['train']) ?? [];
  const validation = numbers(curve['validation']) ?? [];
  if (train.length === 0 && validation.length === 0) return null;
  const metric = typeof curve['metric'] === 'string' ? curve['metric'] : 'loss';
  return { metric, train, validation };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function numbers(value: unknown): readonly number[] | null {
  return Array.isArray(value) && value.every((item) => typeof item === 'number') ? value : null;
}

export interface Importance {
  readonly feature: string;
  readonly value: number;
}

/** The features that count most by a measure, the largest first; empty where the measure was not taken. */
export function topFeatures(
  report: ModelReport,
  kind: ImportanceKind,
  countMax: number,
): readonly Importance[] {
  const values = report.importance[kind];
  if (values === null) return [];
  return report.features
    .map((feature, at) => ({ feature, value: values[at]! }))
    .sort((a, b) => b.value - a.value || (a.feature < b.feature ? -1 : 1))
    .slice(0, countMax);
}
