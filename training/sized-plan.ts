/** A strategy's plan lowered to a named size, what that leaves out in sentences, and what names a version. */
import { createHash } from 'node:crypto';
import { featureSetHash } from '../datasets/columns/set-hash.ts';
import { featureSets } from '../engine/columns/features/sets.ts';
import { assertInvariant } from '../engine/invariant.ts';
import { dayMs, hourMs } from '../engine/panel/hours.ts';
import type { ModelPlan, ModelSpec, SizeName, SizeSpec } from '../engine/signal/model-plan.ts';
import { engineVersion } from '../engine/version.ts';

export interface SizedPlan {
  readonly plan: ModelPlan;
  readonly sizeName: SizeName;
  readonly size: SizeSpec;
  /** The plan's models with the size's numbers of trees and epochs. */
  readonly models: readonly ModelSpec[];
  /** The smaller of the plan's cap and the size's; null for all coins of the universe. */
  readonly coinsMax: number | null;
  /** What the size leaves out of the models themselves, in sentences. */
  readonly sampling: readonly string[];
}

/** Hyperparameters that count trees, by library. */
const treeCounts = ['n_estimators', 'iterations'];

export function sizedPlan(plan: ModelPlan, sizeName: SizeName): SizedPlan {
  const size = plan.sizes[sizeName];
  const sampling = new Set<string>();
  const models = plan.models.map((model) => {
    const { treesMax, epochsMax } = size;
    const lowered = { ...model.hyperparameters };
    const lower = (name: string, most: number | null, what: string): void => {
      const published = lowered[name];
      if (most === null || typeof published !== 'number' || published <= most) return;
      lowered[name] = most;
      sampling.add(`${most} of ${published} ${what}`);
    };
    for (const name of treeCounts) if (model.kind === 'booster') lower(name, treesMax, 'trees');
    if (model.kind === 'network') lower('epochs', epochsMax, 'epochs at most');
    return { ...model, hyperparameters: lowered } as ModelSpec;
  });
  const caps = [plan.coinsMax, size.coinsMax].filter((cap) => cap !== null);
  const coinsMax = caps.length === 0 ? null : Math.min(...caps);
  return { plan, sizeName, size, models, coinsMax, sampling: [...sampling] };
}

/** SHA-256 in hex over the plan and over the features it reads. */
export function planHash(plan: ModelPlan): string {
  const sets = plan.models.flatMap((model) =>
    model.kind === 'text' || model.featureSet === null ? [] : [setHash(model.featureSet)],
  );
  return createHash('sha256')
    .update(JSON.stringify([plan, sets]))
    .digest('hex');
}

function setHash(name: string): string {
  const set = featureSets.get(name);
  assertInvariant(set !== undefined, `${name} is a feature set of the package`);
  return featureSetHash(set);
}

/** Name and hash of a model's feature set; null for a list of the model's own. */
export function modelFeatureSet(model: ModelSpec): { readonly name: string; readonly hash: string } | null {
  if (model.kind === 'text' || model.featureSet === null) return null;
  return { name: model.featureSet, hash: setHash(model.featureSet) };
}

/** In the order of the model's input. */
export function modelFeatures(model: ModelSpec): readonly string[] {
  if (model.kind === 'text') return [];
  if (model.featureSet !== null) return featureSets.get(model.featureSet)!.features.map(({ name }) => name);
  return model.kind === 'network' ? model.features : [];
}

/** Hours from a row's oldest step to the row itself. */
export function modelReachHours(model: ModelSpec): number {
  return model.kind === 'network' ? (model.steps - 1) * model.strideHours : 0;
}

/** The name of a version: the same inputs have the same one, and names sort by time. */
export function versionName(named: {
  readonly datasetHash: string;
  readonly planHash: string;
  readonly size: SizeName;
  readonly seed: number;
  readonly toMs: number;
}): string {
  const { datasetHash, size, seed, toMs } = named;
  const digest = createHash('sha256')
    .update(JSON.stringify([datasetHash, named.planHash, size, seed, engineVersion]))
    .digest('hex');
  const stamp = new Date(toMs).toISOString().slice(0, 13).replaceAll('-', '');
  return `${stamp}-${size}-${digest.slice(0, 8)}`;
}

export type Cadence = 'none' | 'weekly' | '5d' | '7d' | 'monthly';

/**
 * Retrain moments in [fromMs, toMs], ascending, at 00:00 UTC: Mondays, first days of months, or days counted back from `toMs`; `toMs`
 * alone for `none`.
 */
export function retrainDates(cadence: Cadence, fromMs: number, toMs: number): readonly number[] {
  if (cadence === 'none') return [toMs];
  const first = Math.ceil(fromMs / dayMs);
  const last = Math.floor(toMs / dayMs);
  const holds = (day: number): boolean => {
    const date = new Date(day * dayMs);
    if (cadence === 'weekly') return date.getUTCDay() === 1;
    if (cadence === 'monthly') return date.getUTCDate() === 1;
    return (last - day) % (cadence === '5d' ? 5 : 7) === 0;
  };
  const days = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  return days.filter(holds).map((day) => day * dayMs);
}

/** First decision time that may use a version trained at `toMs`. */
export function validFromOf(toMs: number): number {
  return Math.floor(toMs / hourMs) * hourMs + hourMs;
}
