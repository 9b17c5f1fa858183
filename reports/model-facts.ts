/** What text and page of a model say: the version's manifest, and of each model its contract, its checks and its report. */
import { checkArtifactAt } from '../datasets/models/artifact-files.ts';
import { modelDiagnoses } from '../datasets/models/model-diagnoses.ts';
import { type ModelReport, readModelReport } from '../datasets/models/model-report.ts';
import type { NamedModels } from '../datasets/models/named-models.ts';
import type { ArtifactFolder } from '../datasets/models/version-store.ts';
import type { Progress } from '../datasets/progress.ts';
import type { ArtifactCheck } from '../engine/signal/artifact-check.ts';
import type { Diagnosis } from '../engine/signal/diagnostics.ts';
import type { ModelVersion, VersionScore } from '../engine/signal/version.ts';

export interface ModelFacts {
  /** `v2-ensemble/20241001T00-…`, or the folder of an artifact on its own. */
  readonly name: string;
  readonly strategy: string | null;
  readonly version: string | null;
  /** Null for artifacts that were added on their own. */
  readonly manifest: ModelVersion | null;
  readonly models: readonly OneModel[];
}

export interface OneModel {
  readonly place: ArtifactFolder;
  readonly check: ArtifactCheck;
  /** Null where the artifact has none that can be read. */
  readonly report: ModelReport | null;
  /** Of features that it has no use for. */
  readonly diagnoses: readonly Diagnosis[];
}

/** Checks each of the models, with a run of its graph, and reads what is told of it. */
export async function modelFacts(
  { version, artifacts }: NamedModels,
  progress?: Progress,
): Promise<ModelFacts> {
  const models: OneModel[] = [];
  for (const [index, place] of artifacts.entries()) {
    progress?.('reading models', index / artifacts.length);
    const check = await checkArtifactAt(place.dir);
    const { contract: own } = check;
    const report = own === null ? null : await readModelReport(place.dir, own);
    const diagnoses = own === null ? [] : await modelDiagnoses(place.dir, own);
    models.push({ place, check, report, diagnoses });
  }
  const contract = models[0]?.check.contract ?? null;
  const [strategy, name] = [
    version?.strategy ?? contract?.strategy ?? null,
    version?.version ?? contract?.version ?? null,
  ];
  return {
    name: strategy === null ? (artifacts[0]?.dir ?? '') : `${strategy}/${name}`,
    ...{ strategy, version: name, manifest: version?.manifest ?? null, models },
  };
}

/** Scores of the models that are shown and of the ensembles they stand in; all for a version as a whole. */
export function scoresOf({ manifest, models }: ModelFacts): readonly VersionScore[] {
  const names = models.map(({ place }) => place.model);
  const ensembles = (manifest?.ensembles ?? [])
    .filter(({ members }) => members.some((member) => names.includes(member)))
    .map(({ name }) => name);
  return (manifest?.scores ?? []).filter(({ model }) => [...names, ...ensembles].includes(model));
}
