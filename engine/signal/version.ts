/**
 * What one retrain says of itself (`version.json`, docs/models.md): what was trained on what, how good it was out of sample, what each
 * member counts in an ensemble, and what was left out. Numbers that could not be had are null.
 */
import type { Fault, Parsed } from '../config.ts';
import { weightSetOf } from './ensemble.ts';
import { count, hash, listOf, number, oneOf, orNull, record, text, timeMs } from './shapes.ts';

export interface ModelVersion {
  readonly formatVersion: 1;
  readonly strategy: string;
  /** `20241001T00-ci-small-1a2b3c4d`: trained to, size, what went in. */
  readonly version: string;
  readonly size: string;
  readonly seed: number;
  readonly dataset: { readonly name: string; readonly hash: string };
  /** SHA-256 over the strategy's plan as it was trained, in hex. */
  readonly planHash: string;
  /** First decision and newest moment that a training label knew of, epoch ms UTC. */
  readonly trainedFromMs: number;
  readonly trainedToMs: number;
  /** First decision time that may use it; later than `trainedToMs`. */
  readonly validFromMs: number;
  readonly folds: readonly VersionFold[];
  readonly models: readonly VersionModel[];
  readonly ensembles: readonly VersionEnsemble[];
  readonly scores: readonly VersionScore[];
  readonly libraries: readonly { readonly name: string; readonly version: string }[];
  readonly notShown: readonly NotShown[];
  /** What was left out on purpose, in sentences; empty where nothing was. */
  readonly sampling: readonly string[];
  readonly notes: readonly string[];
}

export interface VersionFold {
  readonly index: number;
  /** Whole UTC days [testFromMs, testToMs). */
  readonly testFromMs: number;
  readonly testToMs: number;
  /** Of the label with the most rows. */
  readonly trainRows: number;
  readonly testRows: number;
}

export interface VersionModel {
  readonly model: string;
  /** 0-based; null for the final model. */
  readonly fold: number | null;
  readonly contractSha256: string;
}

export interface VersionEnsemble {
  readonly name: string;
  readonly side: 'buy' | 'sell';
  /** Those that were trained; members that were not shown are left out. */
  readonly members: readonly string[];
  /** Mean out-of-sample AUC over the folds, by member. */
  readonly aucs: readonly (number | null)[];
  /** By member; they sum to 1. */
  readonly weights: readonly number[];
  /** `weightSetOf` members and weights. */
  readonly weightSet: string;
}

/** One model on the test days of one fold, or of all folds together. */
export interface VersionScore {
  /** Null: all folds. `auc` is then the plain mean of the folds, `pooledAuc` that of all test rows thrown together. */
  readonly fold: number | null;
  /** Name of a model or of an ensemble. */
  readonly model: string;
  readonly side: 'buy' | 'sell' | null;
  /** `ensemble` for an ensemble. */
  readonly library: string;
  readonly rows: number;
  /** Rows of label 1 (terciles: of the top third); null for returns. */
  readonly positives: number | null;
  readonly auc: number | null;
  /** 95 % interval over resampled blocks of days of `pooledAuc`; null where there are too few days. */
  readonly aucLow: number | null;
  readonly aucHigh: number | null;
  /** Mean over hours that have both classes. */
  readonly withinHourAuc: number | null;
  readonly pooledAuc: number | null;
  /** Share of the scores' variance that is between hours. */
  readonly commonShare: number | null;
  /** Regressors: rank correlation with what was realised, the two means, and the slope of realised on predicted. */
  readonly spearman: number | null;
  readonly meanPredicted: number | null;
  readonly meanRealised: number | null;
  readonly slope: number | null;
}

export interface NotShown {
  readonly model: string;
  readonly library: string;
  readonly reason: string;
}

export const versionFile = 'version.json';

/** Reads a parsed `version.json`; every fault is reported, with its path. */
export function parseModelVersion(input: unknown): Parsed<ModelVersion> {
  const faults: Fault[] = [];
  versionShape(input, '', faults);
  if (faults.length === 0) faults.push(...contradictions(input as ModelVersion));
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: input as ModelVersion };
}

const numberOrNull = orNull(number);
const countOrNull = orNull(count);
const side = oneOf('buy', 'sell');
const sideOrNull = orNull(side);

const versionShape = record({
  formatVersion: oneOf(1),
  ...{ strategy: text, version: text, size: text, seed: count },
  dataset: record({ name: text, hash: text }),
  ...{ planHash: hash, trainedFromMs: timeMs, trainedToMs: timeMs, validFromMs: timeMs },
  folds: listOf(
    record({ index: count, testFromMs: timeMs, testToMs: timeMs, trainRows: count, testRows: count }),
  ),
  models: listOf(record({ model: text, fold: countOrNull, contractSha256: hash })),
  ensembles: listOf(
    record({
      ...{ name: text, side, members: listOf(text), aucs: listOf(numberOrNull) },
      ...{ weights: listOf(number), weightSet: text },
    }),
  ),
  scores: listOf(
    record({
      ...{ fold: countOrNull, model: text, side: sideOrNull, library: text, rows: count },
      ...{ positives: countOrNull, auc: numberOrNull, aucLow: numberOrNull, aucHigh: numberOrNull },
      ...{ withinHourAuc: numberOrNull, pooledAuc: numberOrNull, commonShare: numberOrNull },
      ...{ spearman: numberOrNull, meanPredicted: numberOrNull, meanRealised: numberOrNull },
      slope: numberOrNull,
    }),
  ),
  libraries: listOf(record({ name: text, version: text })),
  notShown: listOf(record({ model: text, library: text, reason: text })),
  ...{ sampling: listOf(text), notes: listOf(text) },
});

/** A mean of probabilities has weights that sum to 1. */
const WEIGHT_SUM_OFF_MAX = 1e-9;

/** What each field allows alone and all together do not. */
function contradictions(version: ModelVersion): readonly Fault[] {
  const faults: Fault[] = [];
  const { trainedFromMs, trainedToMs, validFromMs, ensembles, folds, models } = version;
  if (validFromMs <= trainedToMs)
    faults.push({ path: 'validFromMs', message: `must be later than trainedToMs ${trainedToMs}` });
  if (trainedFromMs > trainedToMs)
    faults.push({ path: 'trainedFromMs', message: `must not be later than trainedToMs ${trainedToMs}` });
  const finals = new Set(models.flatMap(({ model, fold }) => (fold === null ? [model] : [])));
  for (const [index, { members, aucs, weights, weightSet }] of ensembles.entries()) {
    const path = `ensembles[${index}]`;
    for (const member of members.filter((name) => !finals.has(name)))
      faults.push({ path: `${path}.members`, message: `${member} is none of the version's final models` });
    const sum = weights.reduce((total, weight) => total + weight, 0);
    if (members.length === 0) faults.push({ path: `${path}.members`, message: 'is empty' });
    if (weights.length !== members.length || aucs.length !== members.length)
      faults.push({ path, message: `has ${members.length} members: give a weight and an AUC for each` });
    else if (weights.some((weight) => weight < 0) || Math.abs(sum - 1) > WEIGHT_SUM_OFF_MAX)
      faults.push({ path: `${path}.weights`, message: `must be 0 or more and sum to 1, sum to ${sum}` });
    else if (weightSet !== weightSetOf(members, weights))
      faults.push({
        path: `${path}.weightSet`,
        message: `must be ${weightSetOf(members, weights)} for these members and weights, was ${weightSet}: weights are never changed by hand`,
      });
  }
  for (const [index, { testFromMs, testToMs }] of folds.entries()) {
    if (testToMs <= testFromMs) faults.push({ path: `folds[${index}]`, message: 'must end after it begins' });
  }
  const names = models.map(({ model, fold }) => `${model}, fold ${fold}`);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index)
      faults.push({ path: `models[${index}]`, message: `${name} stands twice` });
  }
  return faults;
}
