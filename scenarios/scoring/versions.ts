/** The retrains that score a dataset: chosen, checked, and put into the form that workers read. */
import type { Dataset } from '../../datasets/dataset.ts';
import { refuse } from '../../datasets/faults.ts';
import { checkPlaced } from '../../datasets/models/version-check.ts';
import { listVersions, readVersion, type StoredVersion } from '../../datasets/models/version-store.ts';
import type { Progress } from '../../datasets/progress.ts';
import type { CheckedText } from '../../datasets/scores/news.ts';
import { byValidity, ownFirst, versionsUntil } from '../../datasets/scores/used-versions.ts';
import type { Store } from '../../datasets/store.ts';
import type { Fault } from '../../engine/config.ts';
import { isoMinute } from '../../engine/panel/hours.ts';
import type { ModelPlan } from '../../engine/signal/model-plan.ts';
import {
  type CheckedModel,
  type ScoredVersion,
  type ScorePlan,
  scoredColumns,
  scoredVersion,
} from '../../engine/signal/scored-version.ts';
import { ScenarioFault } from '../faults.ts';

export interface VersionChoice {
  /**
   * Names, as somebody gave them; those that were trained on the dataset if absent. What comes with the package is left out then,
   * where the store has some of its own.
   */
  readonly versions?: readonly string[];
  /** Name of the dataset whose versions are taken instead. */
  readonly trainedOn?: string;
}

export interface ChosenVersions {
  readonly plan: ScorePlan;
  /** Ascending by `validFromMs`; those that are valid by the end of the span. */
  readonly versions: readonly StoredVersion[];
  /** Articles are classified by these, in the same order; empty where no version has a text model. */
  readonly texts: readonly CheckedText[];
  readonly trainedOn: string | null;
  /** What a person should know of the choice. */
  readonly remarks: readonly string[];
}

/**
 * @param toMs close of the last bar, epoch ms
 * @throws ScenarioFault where none fits or two are valid from the same moment; StoreFault `model-missing`, `model-refused`
 */
export async function chooseVersions(
  store: Store,
  plan: ModelPlan,
  dataset: Dataset,
  toMs: number,
  { versions: names, trainedOn = dataset.name }: VersionChoice,
  progress?: Progress,
): Promise<ChosenVersions> {
  const known =
    names === undefined
      ? ownFirst(
          (await listVersions(store, plan.strategy)).filter(
            ({ manifest }) => manifest.dataset.name === trainedOn,
          ),
        )
      : await Promise.all([...new Set(names)].map((name) => readVersion(store, plan.strategy, name)));
  const sorted = byValidity(known);
  const versions = versionsUntil(sorted, toMs);
  const faults = [
    ...(names?.length === 0 ? [{ path: '--versions', message: 'names no version' }] : []),
    ...(names === undefined && sorted.length === 0 ? [await noneTrained(store, plan, trainedOn)] : []),
    ...(sorted.length > 0 && versions.length === 0 ? [noneValid(sorted[0]!, toMs)] : []),
    ...ties(versions),
  ];
  if (faults.length > 0) throw new ScenarioFault(faults);
  const scored: ScoredVersion[] = [];
  const texts: CheckedText[] = [];
  for (const version of versions) {
    const models = await checkedModels(version, progress);
    scored.push(scoredOf(plan, version, models));
    for (const { terms, ...model } of models)
      if (terms !== null)
        texts.push({
          ...{ ...model, terms, version: version.version },
          versionFromMs: version.manifest.validFromMs,
        });
  }
  const { strategy, decisionHoursUtc } = plan;
  return {
    plan: { strategy, decisionHoursUtc, columns: scoredColumns(plan), versions: scored },
    ...{ versions, texts, trainedOn: names === undefined ? trainedOn : null },
    remarks: remarksOn(versions, dataset),
  };
}

async function noneTrained(store: Store, { strategy }: ModelPlan, trainedOn: string): Promise<Fault> {
  const others = (await listVersions(store, strategy)).map(
    ({ version, manifest }) => `${version} (on ${manifest.dataset.name})`,
  );
  const known =
    others.length === 0 ? '' : `; there are ${others.join(', ')}: name some, or give --trained-on DATASET`;
  const message = `no version of ${strategy} was trained on dataset ${trainedOn}. Train one: hourglass train ${strategy} --dataset ${trainedOn}${known}`;
  return { path: '--versions', message };
}

function noneValid({ version, manifest }: StoredVersion, toMs: number): Fault {
  const message = `the span ends at ${isoMinute(toMs)}, and the first version, ${version}, is valid from ${isoMinute(manifest.validFromMs)}: train an earlier one with hourglass train --to`;
  return { path: '--versions', message };
}

function ties(versions: readonly StoredVersion[]): readonly Fault[] {
  return versions.flatMap(({ version, manifest: { validFromMs } }, index) => {
    const other = versions[index + 1];
    if (other?.manifest.validFromMs !== validFromMs) return [];
    const message = `${version} and ${other.version} are both valid from ${isoMinute(validFromMs)}: name the one to take`;
    return [{ path: '--versions', message }];
  });
}

/** The final artifacts of a version, each after its checks. */
async function checkedModels(
  version: StoredVersion,
  progress?: Progress,
): Promise<readonly (CheckedModel & { readonly terms: Uint8Array | null })[]> {
  const { strategy, version: name, manifest } = version;
  const models: (CheckedModel & { readonly terms: Uint8Array | null })[] = [];
  const faults: Fault[] = [];
  const final = version.artifacts.filter(({ fold }) => fold === null);
  for (const { model, fold } of manifest.models) {
    if (fold === null && !final.some((artifact) => artifact.model === model))
      faults.push({
        path: `${name}/${model}`,
        message: 'is named by its version and is not there: restore it',
      });
  }
  progress?.(`checking ${strategy}/${name}`);
  for (const artifact of final) {
    const { check, refusals } = await checkPlaced(version, artifact);
    for (const { field, message } of refusals)
      faults.push({ path: `${name}/${artifact.model} ${field}`, message });
    if (check.ok) models.push({ contract: check.contract, graph: check.graph, terms: check.terms });
  }
  if (faults.length === 0) return models;
  throw refuse('model-refused', `Version ${strategy}/${name} may not be used:`, faults);
}

function scoredOf(
  plan: ModelPlan,
  { manifest }: StoredVersion,
  models: readonly CheckedModel[],
): ScoredVersion {
  const parsed = scoredVersion(plan, manifest, models);
  if (parsed.ok) return parsed.value;
  throw refuse(
    'model-refused',
    `Version ${plan.strategy}/${manifest.version} does not fit the plan:`,
    parsed.faults,
  );
}

function remarksOn(versions: readonly StoredVersion[], dataset: Dataset): readonly string[] {
  return versions.flatMap(({ version, manifest }) => {
    const { name, hash } = manifest.dataset;
    return [
      ...(name === dataset.name && hash !== dataset.hash
        ? [`${version} was trained on another content of dataset ${name} (${hash.slice(0, 8)})`]
        : []),
      ...(name === dataset.name ? [] : [`${version} was trained on dataset ${name}`]),
      ...manifest.notShown.map(({ model, reason }) => `${version} has no ${model}: ${reason}`),
    ];
  });
}
