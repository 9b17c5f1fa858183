/** What the scorer needs of a retrain: graphs on shared memory, the columns they fill, and what feeds them. No file, no hash. */
import type { FeatureDefinition } from '../columns/features/feature.ts';
import { features } from '../columns/features/registry.ts';
import type { Fault, Parsed } from '../config.ts';
import type { ModelContract } from './contract.ts';
import type { ModelPlan, ModelSpec } from './model-plan.ts';

export interface ScoredModel {
  readonly name: string;
  /** In the order of the graph's input. */
  readonly features: readonly string[];
  /** 1 for a model of single rows. */
  readonly steps: number;
  /** Shape of one row of the graph's input. */
  readonly shape: readonly number[];
  readonly strideHours: number;
  /** A row with a larger share of NaN among its inputs gets no output. */
  readonly nanShareMax: number;
  /** One for each output of the graph. */
  readonly columns: readonly string[];
  readonly stored: 'raw' | 'probabilities';
  /** Of the graph: names the session that a worker keeps. */
  readonly sha256: string;
  /** On shared memory, so that a task carries it for nothing. */
  readonly graph: Uint8Array;
}

export interface ScoredEnsemble {
  readonly column: string;
  /** Columns with the members' logits, and the weight of each. */
  readonly members: readonly string[];
  readonly weights: readonly number[];
  readonly weightSet: string;
}

export interface ScoredVersion {
  readonly version: string;
  /** First decision time that uses it, epoch ms UTC. */
  readonly validFromMs: number;
  /** In the order in which they are run: later ones may read what earlier ones fill. */
  readonly models: readonly ScoredModel[];
  readonly ensembles: readonly ScoredEnsemble[];
}

/** Everything that a scoring depends on besides market data. Structured-cloneable. */
export interface ScorePlan {
  readonly strategy: string;
  /** Hours of the decision time, UTC; null for every hour. */
  readonly decisionHoursUtc: readonly number[] | null;
  readonly columns: readonly string[];
  /** Ascending by `validFromMs`, no two valid from the same moment. */
  readonly versions: readonly ScoredVersion[];
}

/** An artifact that passed its checks. */
export interface CheckedModel {
  readonly contract: ModelContract;
  readonly graph: Uint8Array;
}

/** Columns that scoring fills by coin and hour, in the order of the plan; class probabilities of articles are none of them. */
export function scoredColumns({ models, ensembles }: ModelPlan): readonly string[] {
  return [
    ...models.filter(({ kind }) => kind !== 'text').flatMap(({ columns }) => columns),
    ...ensembles.map(({ column }) => column),
  ];
}

/**
 * A version as the scorer reads it: the final models that speak of coins, in the order of the plan. A model that was not shown
 * leaves its columns empty.
 */
export function scoredVersion(
  plan: ModelPlan,
  version: Pick<ScoredVersion, 'version' | 'validFromMs'> & {
    readonly ensembles: readonly {
      readonly name: string;
      readonly members: readonly string[];
      readonly weights: readonly number[];
      readonly weightSet: string;
    }[];
  },
  models: readonly CheckedModel[],
): Parsed<ScoredVersion> {
  const faults: Fault[] = [];
  const fault = (path: string, message: string) =>
    faults.push({ path: `${version.version}/${path}`, message });
  const specs = plan.models.filter(({ kind }) => kind !== 'text');
  for (const { contract } of models) {
    if (!plan.models.some(({ name }) => name === contract.model))
      fault(contract.model, `the plan of ${plan.strategy} has no such model; train the version again`);
  }
  const scored = specs.flatMap((spec) => {
    const found = models.find(({ contract }) => contract.model === spec.name && contract.fold === null);
    if (found === undefined) return [];
    for (const message of misfits(plan, spec, found.contract, version.validFromMs)) fault(spec.name, message);
    return [scoredModel(spec, found)];
  });
  const ensembles = version.ensembles.flatMap((ensemble) => {
    const column = plan.ensembles.find(({ name }) => name === ensemble.name)?.column;
    const members = ensemble.members.map((name) => scored.find((model) => model.name === name)?.columns[0]);
    if (column === undefined) fault(`ensembles.${ensemble.name}`, 'the plan has no such ensemble');
    for (const [index, member] of members.entries()) {
      if (member === undefined)
        fault(`ensembles.${ensemble.name}`, `the version has no model ${ensemble.members[index]}`);
    }
    if (column === undefined || members.includes(undefined)) return [];
    const { weights, weightSet } = ensemble;
    return [{ column, members: members as string[], weights, weightSet }];
  });
  if (faults.length > 0) return { ok: false, faults };
  const { version: name, validFromMs } = version;
  return { ok: true, value: { version: name, validFromMs, models: scored, ensembles } };
}

function misfits(
  plan: ModelPlan,
  spec: ModelSpec,
  { strategy, side, input, output, validFromMs }: ModelContract,
  versionFromMs: number,
): readonly string[] {
  const outputs = output.kind === 'class-logits' ? output.classes.length : 1;
  const unknown = input.features.filter((name) => !features.has(name));
  const filled = scoredColumns(plan).filter((name) => input.features.includes(name));
  return [
    ...(strategy === plan.strategy ? [] : [`belongs to strategy ${strategy}`]),
    ...(input.kind === 'text' ? ['reads texts, and the plan wants a model of coins'] : []),
    ...(side === spec.side ? [] : [`is of side ${side}, and the plan wants ${spec.side}`]),
    // Its earlier steps may lie before the span, where nothing is scored: a score would depend on where the span begins.
    ...(input.kind === 'sequence' && filled.length > 0
      ? [`reads ${filled.join(', ')} as a sequence, and models of the plan fill that`]
      : []),
    ...(spec.columns.length === outputs
      ? []
      : [`gives ${outputs} outputs, and the plan names ${spec.columns.length} columns for them`]),
    ...(spec.stored === 'raw' || output.kind === 'class-logits'
      ? []
      : [`the plan stores probabilities of classes, and it gives ${output.kind}`]),
    ...(unknown.length === 0
      ? []
      : [`reads ${unknown.join(', ')}, which the engine does not compute and no model fills`]),
    ...(validFromMs <= versionFromMs ? [] : ['is valid later than its version']),
  ];
}

function scoredModel(spec: ModelSpec, { contract: { input, files }, graph }: CheckedModel): ScoredModel {
  const { features: names, steps, strideHours, nan, nanShareMax } = input;
  return {
    ...{ name: spec.name, features: names, steps, strideHours, columns: spec.columns, stored: spec.stored },
    shape: input.kind === 'sequence' ? [steps, names.length] : [names.length],
    nanShareMax: nan === 'refused' ? 0 : nanShareMax,
    sha256: files['model.onnx']?.sha256 ?? '',
    graph: sharedBytes(graph),
  };
}

/** A copy on shared memory. */
export function sharedBytes(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

/** Hours before a decision that the longest sequence begins at. */
export function sequenceReach({ versions }: ScorePlan): number {
  const reach = versions.flatMap(({ models }) =>
    models.map(({ steps, strideHours }) => (steps - 1) * strideHours),
  );
  return Math.max(0, ...reach);
}

/** All features that any model reads, each once; those that a model of the plan fills are marked by the registry as stored. */
export function inputFeatures({ versions }: ScorePlan): readonly string[] {
  return [...new Set(versions.flatMap(({ models }) => models.flatMap(({ features: names }) => names)))];
}

/** Features without a formula that no model of the plan fills: they must come from stored columns. */
export function storedInputs(
  plan: ScorePlan,
  definitions: ReadonlyMap<string, FeatureDefinition> = features,
): readonly string[] {
  return inputFeatures(plan).filter(
    (name) => definitions.get(name)?.scope === 'stored' && !plan.columns.includes(name),
  );
}
