/** Whole artifacts as an exporter would leave them, made without one, and what is wrong with those that a test spoils. */
import { createHash } from 'node:crypto';
import { featureSetOf } from '../../../datasets/models/artifact-files.ts';
import { type ArtifactCheckOptions, checkArtifact } from '../../../engine/signal/artifact-check.ts';
import { contractFile, goldenFile, graphFile, type ModelContract } from '../../../engine/signal/contract.ts';
import { openSession } from '../../../engine/signal/session.ts';

export type Files = Map<string, Uint8Array>;

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export const checkOptions: ArtifactCheckOptions = { featureSetOf, sha256, openSession };

export const trainedToMs = Date.UTC(2024, 8, 1);

export const treeContract: Omit<ModelContract, 'files'> = {
  ...{ formatVersion: 1, model: 'buy-lightgbm', strategy: 'sample' },
  ...{ version: '20240901T00-ci-small-00000000', fold: null },
  input: {
    ...{ kind: 'rows', features: ['a', 'b', 'c'], featureSet: null, dtype: 'float32' },
    ...{ steps: 1, strideHours: 1, nan: 'native', nanShareMax: 1 },
  },
  output: { kind: 'logit', classes: [] },
  side: 'buy',
  target: { kind: 'barrier', side: 'buy', profitFraction: 0.02, lossFraction: 0.02, horizonHours: 72 },
  library: { name: 'lightgbm', version: '4.7.0', exporter: 'own' },
  hyperparameters: { n_estimators: 2, learning_rate: 0.03 },
  ...{ size: 'ci-small', seed: 1 },
  train: { fromMs: Date.UTC(2024, 6, 1), toMs: trainedToMs, rows: 5000, sampling: ['20 coins'] },
  validFromMs: trainedToMs + 3_600_000,
  folds: { count: 4, testDays: 5, labelHours: 72, embargoHours: 72 },
  dataset: { name: 'planted', hash: 'd'.repeat(64) },
  tolerance: 1e-5,
  parity: { rows: 10_000, deviationMax: 1e-7, gateFlips: 0, gateLogit: Math.log(4) },
  golden: { rows: 40 },
};

/** Inputs of golden rows: a spread of values, some of them on a grid where splits are. */
export function goldenInputs(rows: number, width: number): Float32Array {
  return Float32Array.from({ length: rows * width }, (_, at) => ((at * 7919) % 401) / 100 - 2);
}

export interface ArtifactParts {
  readonly contract: Omit<ModelContract, 'files'>;
  readonly graph: Uint8Array;
  /** `[rows][…]`. */
  readonly inputs: Float32Array;
  /** `[rows][outputs]`; what onnxruntime gives for the graph if absent. */
  readonly native?: Float64Array;
  readonly more?: Readonly<Record<string, Uint8Array>>;
}

/** Writes golden rows, hashes every file, and writes the contract over them. */
export async function artifactFiles(parts: ArtifactParts): Promise<Files> {
  const native = parts.native ?? (await outputsOf(parts));
  const golden = new Uint8Array(parts.inputs.byteLength + native.byteLength);
  golden.set(new Uint8Array(parts.inputs.buffer.slice(0, parts.inputs.byteLength)));
  golden.set(new Uint8Array(native.buffer.slice(0, native.byteLength)), parts.inputs.byteLength);
  const files: Files = new Map([
    [graphFile, parts.graph],
    [goldenFile, golden],
    ...Object.entries(parts.more ?? {}),
  ]);
  return sealed(files, parts.contract);
}

async function outputsOf({ contract, graph, inputs }: ArtifactParts): Promise<Float64Array> {
  const session = await openSession(graph);
  const width = inputs.length / contract.golden.rows;
  const shape =
    contract.input.kind === 'sequence' ? [contract.input.steps, width / contract.input.steps] : [width];
  const outputs = await session.run(inputs, contract.golden.rows, shape);
  await session.close();
  return Float64Array.from(outputs);
}

/** The files with a contract that states their sizes and hashes. */
export function sealed(files: ReadonlyMap<string, Uint8Array>, contract: object): Files {
  const content = [...files].filter(([name]) => name !== contractFile);
  const stated = content.map(([name, bytes]) => [name, { sha256: sha256(bytes), bytes: bytes.length }]);
  const text = JSON.stringify({ ...contract, files: Object.fromEntries(stated) });
  return new Map([...content, [contractFile, new TextEncoder().encode(text)]]);
}

export function contractIn(files: ReadonlyMap<string, Uint8Array>): ModelContract {
  return JSON.parse(new TextDecoder().decode(files.get(contractFile)!)) as ModelContract;
}

/** `field: message` of every refusal; empty for an artifact that passes. */
export async function refusalsOf(
  files: ReadonlyMap<string, Uint8Array>,
  more: Partial<ArtifactCheckOptions> = {},
): Promise<readonly string[]> {
  const check = await checkArtifact(files, { ...checkOptions, ...more });
  return check.ok ? [] : check.refusals.map(({ field, message }) => `${field}: ${message}`);
}
