/** Which of its features a model never looks at, and which of them never change. */
import type { Diagnosis } from './diagnostics.ts';

export interface Importances {
  /** In the order of the graph's input. */
  readonly features: readonly string[];
  /** Number of splits and their gain, by feature; null where the library does not tell. */
  readonly split: ArrayLike<number> | null;
  readonly gain: ArrayLike<number> | null;
}

/** The importances of a parsed `report.json`, docs/training.md; null where it holds none of that form (as of networks). */
export function importancesOf(report: unknown): Importances | null {
  const { features, importance } = (report ?? {}) as { features?: unknown; importance?: unknown };
  if (!Array.isArray(features) || !features.every((name) => typeof name === 'string')) return null;
  const { split, gain } = (importance ?? {}) as { split?: unknown; gain?: unknown };
  const numbers = (list: unknown) =>
    Array.isArray(list) && list.length === features.length && list.every((value) => typeof value === 'number')
      ? (list as number[])
      : null;
  const found = { features, split: numbers(split), gain: numbers(gain) };
  return found.split === null && found.gain === null ? null : found;
}

/** Features without any importance, in the measures there are: taking them away changes no score. */
export function deadFeatures({ features, split, gain }: Importances): readonly string[] {
  if (split === null && gain === null) return [];
  return features.filter((_, index) => (split?.[index] ?? 0) === 0 && (gain?.[index] ?? 0) === 0);
}

/**
 * Features with one value (or none but NaN) in all rows, by name.
 * @param rows `[N][features]`
 */
export function constantFeatures(features: readonly string[], rows: Float32Array): readonly string[] {
  const width = features.length;
  return features.filter((_, feature) => {
    let known = Number.NaN;
    let missing = false;
    for (let cell = feature; cell < rows.length; cell += width) {
      const value = rows[cell]!;
      if (Number.isNaN(value)) missing = true;
      else if (Number.isNaN(known)) known = value;
      else if (value !== known) return false;
    }
    // A feature that is there or not tells something.
    return !(missing && !Number.isNaN(known));
  });
}

/**
 * @param rows `[N][features]` that the model was or will be asked about; null where there are none to look at.
 */
export function featureDiagnoses(
  model: string,
  importances: Importances | null,
  features: readonly string[],
  rows: Float32Array | null,
): readonly Diagnosis[] {
  const dead = importances === null ? [] : deadFeatures(importances);
  const constant = rows === null || rows.length === 0 ? [] : constantFeatures(features, rows);
  const found: Diagnosis[] = [];
  if (dead.length > 0)
    found.push({
      ...{ code: 'DEAD_FEATURES', severity: 'remark', subject: model },
      figures: { features: features.length, dead: dead.length },
      sentence: `${model} never splits on ${dead.length} of ${features.length} features: ${listedNames(dead)}.`,
    });
  if (constant.length > 0)
    found.push({
      ...{ code: 'CONSTANT_FEATURES', severity: 'remark', subject: model },
      figures: { features: features.length, constant: constant.length },
      sentence: `${constant.length} of ${features.length} features of ${model} have one value in all rows looked at: ${listedNames(constant)}.`,
    });
  return found;
}

/** Features that the library itself wrote down as never varying in training: `deadFeatures` of a parsed `report.json`. */
export function unmovedFeatures(model: string, report: unknown): readonly Diagnosis[] {
  const { features, deadFeatures: listed } = (report ?? {}) as { features?: unknown; deadFeatures?: unknown };
  if (!Array.isArray(features) || !Array.isArray(listed)) return [];
  const unmoved = listed.filter((name): name is string => typeof name === 'string');
  if (unmoved.length === 0) return [];
  return [
    {
      ...{ code: 'CONSTANT_FEATURES', severity: 'remark', subject: model },
      figures: { features: features.length, constant: unmoved.length },
      sentence: `${unmoved.length} of ${features.length} features of ${model} never varied in its training: ${listedNames(unmoved)}.`,
    },
  ];
}

const NAMED_MAX = 12;

function listedNames(names: readonly string[]): string {
  const rest = names.length - NAMED_MAX;
  return rest > 0 ? `${names.slice(0, NAMED_MAX).join(', ')} and ${rest} more` : names.join(', ');
}
