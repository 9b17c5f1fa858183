/** Whole versions of any plan, made without a library: seeded forests for boosters, small networks for networks, and no text model. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addVersion } from '../../../datasets/models/add-version.ts';
import { featureSetOf, sha256 } from '../../../datasets/models/artifact-files.ts';
import type { Store } from '../../../datasets/store.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { contractFile, graphFile, type ModelContract } from '../../../engine/signal/contract.ts';
import { weightSetOf } from '../../../engine/signal/ensemble.ts';
import type { BoosterSpec, ModelPlan, NetworkSpec, Side } from '../../../engine/signal/model-plan.ts';
import type { CheckedModel } from '../../../engine/signal/scored-version.ts';
import type { ModelVersion } from '../../../engine/signal/version.ts';
import { uniformOf } from '../../engine/columns/features/random-market.ts';
import { modelBytes, type Tree, tensor, treeModel } from '../../engine/signal/onnx-writer.ts';
import {
  type ArtifactParts,
  artifactFiles,
  goldenInputs,
  treeContract,
} from '../../engine/signal/sample-artifact.ts';

export interface MadeVersion {
  readonly version: string;
  readonly validFromMs: number;
  readonly seed: number;
  readonly dataset: { readonly name: string; readonly hash: string };
  /** Names of its models; all of the plan that read coins if absent. */
  readonly models?: readonly string[];
}

const GOLDEN_ROWS = 40;

/** Every model of the plan that reads coins. */
export function madeParts(plan: ModelPlan, made: MadeVersion): readonly ArtifactParts[] {
  return plan.models.flatMap((spec, index) => {
    if (spec.kind === 'text' || made.models?.includes(spec.name) === false) return [];
    const uniform = uniformOf(made.seed * 100 + index);
    return [
      spec.kind === 'booster'
        ? boosterParts(plan, spec, made, uniform)
        : networkParts(plan, spec, made, uniform),
    ];
  });
}

/** The models as they are after their checks, for the scorer alone. */
export async function madeModels(plan: ModelPlan, made: MadeVersion): Promise<readonly CheckedModel[]> {
  const models: CheckedModel[] = [];
  for (const parts of madeParts(plan, made)) {
    const files = await artifactFiles(parts);
    const contract = JSON.parse(new TextDecoder().decode(files.get(contractFile))) as ModelContract;
    models.push({ contract, graph: files.get(graphFile)! });
  }
  return models;
}

/** Weights of the ensembles' members, 1 : 2 : 3 and so on; an ensemble whose members are not among the models is left out. */
export function madeEnsembles(plan: ModelPlan, models?: readonly string[]): ModelVersion['ensembles'] {
  const made = plan.ensembles.filter(({ members }) =>
    members.every((name) => models?.includes(name) !== false),
  );
  return made.map(({ name, side, members }) => {
    const total = (members.length * (members.length + 1)) / 2;
    const weights = members.map((_, index) => (index + 1) / total);
    return {
      ...{ name, side, members, weights, weightSet: weightSetOf(members, weights) },
      aucs: members.map((_, index) => 0.5 + 0.01 * (index + 1)),
    };
  });
}

/** Checks the version and puts it into the store. */
export async function addMadeVersion(store: Store, plan: ModelPlan, made: MadeVersion): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hourglass-models-'));
  try {
    const artifacts = [];
    const models = [];
    for (const parts of madeParts(plan, made)) {
      const { model } = parts.contract;
      const dir = join(folder, model);
      await mkdir(dir);
      const files = await artifactFiles(parts);
      for (const [name, bytes] of files) await writeFile(join(dir, name), bytes);
      artifacts.push({ dir, model, fold: null });
      models.push({ model, fold: null, contractSha256: sha256(files.get(contractFile)!) });
    }
    await addVersion(store, manifestOf(plan, made, models), artifacts);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function manifestOf(
  plan: ModelPlan,
  { version, validFromMs, seed, dataset, models: names }: MadeVersion,
  models: ModelVersion['models'],
): ModelVersion {
  const trainedToMs = validFromMs - hourMs;
  return {
    ...{ formatVersion: 1, strategy: plan.strategy, version, size: 'ci-small', seed, dataset, models },
    ...{ planHash: '0'.repeat(64), trainedFromMs: trainedToMs - 1000 * hourMs, trainedToMs, validFromMs },
    ensembles: madeEnsembles(plan, names),
    ...{ folds: [], scores: [], libraries: [], notShown: [], sampling: [], notes: [] },
  };
}

type Stated = 'strategy' | 'version' | 'dataset' | 'train' | 'validFromMs' | 'golden';

function statedBy(plan: ModelPlan, made: MadeVersion): Pick<ModelContract, Stated> {
  const { version, validFromMs, dataset } = made;
  const toMs = validFromMs - hourMs;
  return {
    ...{ strategy: plan.strategy, version, dataset, validFromMs, golden: { rows: GOLDEN_ROWS } },
    train: { fromMs: toMs - 1000 * hourMs, toMs, rows: 5000, sampling: [] },
  };
}

function targetOf(side: Side | null): ModelContract['target'] {
  if (side === null) return { kind: 'residual-tercile', horizonHours: 72 };
  return { kind: 'barrier', side, profitFraction: 0.02, lossFraction: 0.02, horizonHours: 72 };
}

function boosterParts(
  plan: ModelPlan,
  { name, side, objective, columns, featureSet }: BoosterSpec,
  made: MadeVersion,
  uniform: () => number,
): ArtifactParts {
  const set = featureSetOf(featureSet)!;
  const inputs = set.features.length;
  const targets = columns.length;
  const scale = objective === 'regression' ? 0.02 : 1.5;
  const trees = Array.from({ length: 8 }, () => tree(4, inputs, targets, scale, uniform));
  return {
    contract: {
      ...treeContract,
      ...{ model: name, side, target: targetOf(side) },
      ...statedBy(plan, made),
      input: {
        ...treeContract.input,
        ...{ features: set.features, featureSet: { name: featureSet, hash: set.hash } },
      },
      output:
        objective === 'multiclass'
          ? { kind: 'class-logits', classes: columns }
          : { kind: objective === 'binary' ? 'logit' : 'expected-value', classes: [] },
    },
    graph: treeModel(trees, inputs, { targets, base: 0.05 }),
    inputs: goldenInputs(GOLDEN_ROWS, inputs),
  };
}

/** Thresholds of either sign over the magnitudes that features have. */
function tree(depth: number, inputs: number, targets: number, scale: number, uniform: () => number): Tree {
  if (depth === 0) return { leaf: Array.from({ length: targets }, () => (uniform() - 0.5) * scale) };
  const threshold = Math.fround((uniform() < 0.5 ? -1 : 1) * 10 ** (3 * uniform() - 3));
  return {
    ...{ feature: Math.floor(uniform() * inputs), threshold, nanIsTrue: uniform() < 0.5 },
    whenTrue: tree(depth - 1, inputs, targets, scale, uniform),
    whenFalse: tree(depth - 1, inputs, targets, scale, uniform),
  };
}

/** The TCN is made of convolutions, the others of an LSTM; absent values become 0. */
function networkParts(
  plan: ModelPlan,
  spec: NetworkSpec,
  made: MadeVersion,
  uniform: () => number,
): ArtifactParts {
  const { name, side, columns, steps, strideHours, nanShareMax } = spec;
  const set = spec.featureSet === null ? null : featureSetOf(spec.featureSet)!;
  const features = set?.features ?? spec.features;
  const sizes: NetworkSizes = { steps, inputs: features.length, outputs: columns.length };
  return {
    contract: {
      ...treeContract,
      ...{ model: name, side, target: targetOf(side) },
      library: { name: 'torch', version: '2.15.0', exporter: 'own' },
      ...statedBy(plan, made),
      input: {
        ...{ kind: 'sequence', features, dtype: 'float32', steps, strideHours },
        featureSet: set === null ? null : { name: spec.featureSet!, hash: set.hash },
        ...{ nan: 'graph-imputed', nanShareMax },
      },
      output:
        columns.length === 1 ? { kind: 'logit', classes: [] } : { kind: 'class-logits', classes: columns },
    },
    graph: spec.architecture === 'tcn' ? convolutions(sizes, uniform) : recurrent(sizes, uniform),
    inputs: goldenInputs(GOLDEN_ROWS, steps * features.length),
  };
}

interface NetworkSizes {
  readonly steps: number;
  readonly inputs: number;
  readonly outputs: number;
}

const imputed = [
  { operator: 'IsNaN', inputs: ['sequence'], outputs: ['absent'] },
  { operator: 'Where', inputs: ['absent', 'zero', 'sequence'], outputs: ['whole'] },
];
const HIDDEN = 9;
const KERNEL = 5;

function random(name: string, dims: readonly number[], size: number, uniform: () => number) {
  const length = dims.reduce((product, dim) => product * dim, 1);
  return tensor(
    name,
    dims,
    Array.from({ length }, () => (uniform() - 0.5) * size),
  );
}

function recurrent({ steps, inputs, outputs }: NetworkSizes, uniform: () => number): Uint8Array {
  return modelBytes({
    inputs: [{ name: 'sequence', shape: ['N', steps, inputs] }],
    outputs: [{ name: 'output', shape: ['N', outputs] }],
    nodes: [
      ...imputed,
      {
        ...{ operator: 'Transpose', inputs: ['whole'], outputs: ['byStep'] },
        attributes: { perm: { ints: [1, 0, 2] } },
      },
      {
        ...{ operator: 'LSTM', inputs: ['byStep', 'W', 'R'], outputs: ['', 'last'] },
        attributes: { hidden_size: { int: HIDDEN } },
      },
      { operator: 'Squeeze', inputs: ['last', 'first axis'], outputs: ['state'] },
      { operator: 'Gemm', inputs: ['state', 'V'], outputs: ['output'] },
    ],
    initializers: [
      tensor('zero', [1], [0]),
      tensor('first axis', [1], [0], 'int64'),
      random('W', [1, 4 * HIDDEN, inputs], 4, uniform),
      random('R', [1, 4 * HIDDEN, HIDDEN], 1, uniform),
      random('V', [HIDDEN, outputs], 8, uniform),
    ],
  });
}

function convolutions({ steps, inputs, outputs }: NetworkSizes, uniform: () => number): Uint8Array {
  return modelBytes({
    inputs: [{ name: 'sequence', shape: ['N', steps, inputs] }],
    outputs: [{ name: 'output', shape: ['N', outputs] }],
    nodes: [
      ...imputed,
      {
        ...{ operator: 'Transpose', inputs: ['whole'], outputs: ['byChannel'] },
        attributes: { perm: { ints: [0, 2, 1] } },
      },
      {
        ...{ operator: 'Conv', inputs: ['byChannel', 'K'], outputs: ['convolved'] },
        attributes: { pads: { ints: [2 * (KERNEL - 1), 0] }, dilations: { ints: [2] } },
      },
      { operator: 'Relu', inputs: ['convolved'], outputs: ['active'] },
      { operator: 'Slice', inputs: ['active', 'from', 'to', 'last axis'], outputs: ['end'] },
      { operator: 'Squeeze', inputs: ['end', 'last axis'], outputs: ['state'] },
      { operator: 'Gemm', inputs: ['state', 'V'], outputs: ['output'] },
    ],
    initializers: [
      tensor('zero', [1], [0]),
      tensor('from', [1], [steps - 1], 'int64'),
      tensor('to', [1], [steps], 'int64'),
      tensor('last axis', [1], [2], 'int64'),
      random('K', [HIDDEN, inputs, KERNEL], 40, uniform),
      random('V', [HIDDEN, outputs], 8, uniform),
    ],
  });
}
