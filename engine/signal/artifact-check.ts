/**
 * Whether an artifact may be used: the table "Checks at load" of docs/models.md. Every check that can still run does, and every refusal
 * names its field and says what to do. A graph that breaks a rule is never run.
 */
import { contractFile, goldenFile, graphFile, type ModelContract, termsFile } from './contract.ts';
import { parseContract } from './contract-parse.ts';
import {
  deviationOf,
  type GoldenRows,
  goldenRowFaults,
  looksLikeProbability,
  outputsOf,
  readGolden,
  toleranceMax,
} from './golden-check.ts';
import { graphBytesMax, graphFaults } from './graph-rules.ts';
import { type OnnxModel, type OnnxValue, readOnnx } from './onnx-graph.ts';
import { elementTypes } from './onnx-tensor.ts';
import type { ModelSession } from './session.ts';
import { type TextTerms, textTermsFaults } from './text-terms.ts';

/** Largest size of a file of an artifact, in bytes. */
export function fileBytesMax(name: string): number {
  if (name === graphFile) return graphBytesMax;
  return name === contractFile ? 1024 * 1024 : 16 * 1024 * 1024;
}

export interface Refusal {
  /** A field of the table in docs/models.md, or one inside it: `input.features`. */
  readonly field: string;
  readonly message: string;
}

export interface CheckedArtifact {
  readonly ok: true;
  readonly contract: ModelContract;
  /** Names the artifact in its version. */
  readonly contractSha256: string;
  readonly graph: Uint8Array;
  /** `terms.json` of a text model. */
  readonly terms: Uint8Array | null;
  /** Of the graph from the native library on the golden rows, in units of the output; NaN where the graph was not run. */
  readonly deviationMax: number;
}

export type ArtifactCheck =
  | CheckedArtifact
  | { readonly ok: false; readonly contract: ModelContract | null; readonly refusals: readonly Refusal[] };

export interface ArtifactCheckOptions {
  /** Null for a set that is not known. */
  readonly featureSetOf: (
    name: string,
  ) => { readonly features: readonly string[]; readonly hash: string } | null;
  /** In hex. */
  readonly sha256: (bytes: Uint8Array) => string;
  /** Null leaves out what only a run of the graph can tell. */
  readonly openSession: ((graph: Uint8Array) => Promise<ModelSession>) | null;
  /** Bytes of files that are larger than `fileBytesMax` and were not read, by name. */
  readonly oversized?: ReadonlyMap<string, number>;
}

/** @param files content by name: everything that lies in the artifact's folder */
export async function checkArtifact(
  files: ReadonlyMap<string, Uint8Array>,
  options: ArtifactCheckOptions,
): Promise<ArtifactCheck> {
  const found: Refusal[] = [];
  const refuse = (field: string, message: string) => {
    found.push({ field, message });
  };
  const contract = contractOf(files, refuse);
  fileRefusals(files, contract, options, refuse);
  const graph = files.get(graphFile);
  const model = graph === undefined ? null : modelOf(graph, refuse);
  if (contract === null) return { ok: false, contract, refusals: found };
  if (model !== null) interfaceRefusals(model, contract, refuse);
  featureRefusals(contract, options, refuse);
  if (contract.input.kind === 'text') termRefusals(files.get(termsFile), model, refuse);
  const golden = goldenOf(files, contract, model, refuse);
  const { toMs } = contract.train;
  if (toMs !== null && contract.validFromMs <= toMs)
    refuse('validFromMs', `is ${contract.validFromMs}: a model may be used only after train.toMs ${toMs}`);
  const mayRun = model !== null && !found.some(({ field }) => field === 'input' || field === 'output');
  const deviationMax =
    golden === null || graph === undefined || !mayRun
      ? Number.NaN
      : await goldenRefusals(graph, golden, contract, options, refuse);
  if (contract.tolerance > toleranceMax)
    refuse('tolerance', `is ${contract.tolerance}, and must be at most ${toleranceMax}`);
  if (found.length > 0) return { ok: false, contract, refusals: inOrder(found) };
  const contractSha256 = options.sha256(files.get(contractFile)!);
  return {
    ...{ ok: true, contract, contractSha256, graph: graph!, deviationMax },
    terms: contract.input.kind === 'text' ? files.get(termsFile)! : null,
  };
}

/** The order of the table in docs/models.md. */
const fieldOrder: readonly string[] = [
  ...[contractFile, 'files', graphFile, 'input', 'input.features', 'output', termsFile],
  ...['validFromMs', 'golden', 'tolerance'],
];

function inOrder(refusals: readonly Refusal[]): readonly Refusal[] {
  const rank = ({ field }: Refusal) => fieldOrder.indexOf(field);
  return [...refusals].sort((a, b) => rank(a) - rank(b));
}

type Refuse = (field: string, message: string) => void;

function contractOf(files: ReadonlyMap<string, Uint8Array>, refuse: Refuse): ModelContract | null {
  const bytes = files.get(contractFile);
  if (bytes === undefined) {
    refuse(contractFile, 'is missing: it says what the graph is');
    return null;
  }
  const content = parsedJson(bytes);
  if (content instanceof Error) {
    refuse(contractFile, `is no JSON: ${firstLine(content)}`);
    return null;
  }
  const parsed = parseContract(content);
  if (parsed.ok) return parsed.value;
  for (const { path, message } of parsed.faults)
    refuse(contractFile, path === '' ? message : `${path} ${message}`);
  return null;
}

/** What stands in a file of JSON, or why nothing does. */
function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}

function fileRefusals(
  files: ReadonlyMap<string, Uint8Array>,
  contract: ModelContract | null,
  { sha256, oversized = new Map() }: ArtifactCheckOptions,
  refuse: Refuse,
): void {
  const sizes = new Map<string, number>(oversized);
  for (const [name, { length }] of files) sizes.set(name, length);
  for (const [name, bytes] of sizes)
    if (bytes > fileBytesMax(name))
      refuse('files', `${name} has ${bytes} bytes, more than ${fileBytesMax(name)}: train a smaller model`);
  if (contract === null) {
    if (!sizes.has(graphFile)) refuse('files', `${graphFile} is missing`);
    return;
  }
  for (const name of sizes.keys())
    if (name !== contractFile && !Object.hasOwn(contract.files, name))
      refuse('files', `${name} is not in the contract: take it out of the folder`);
  const again = 'copy the artifact again, or export it anew';
  for (const [name, stated] of Object.entries(contract.files)) {
    const content = files.get(name);
    if (!sizes.has(name)) refuse('files', `${name} is missing: ${again}`);
    else if (content === undefined) continue;
    else if (content.length !== stated.bytes)
      refuse('files', `${name} has ${content.length} bytes, and the contract says ${stated.bytes}: ${again}`);
    else if (sha256(content) !== stated.sha256)
      refuse('files', `${name} has another SHA-256 than the contract says: ${again}`);
  }
}

/** Null where the graph breaks a rule. */
function modelOf(graph: Uint8Array, refuse: Refuse): OnnxModel | null {
  if (graph.length > graphBytesMax) return null;
  const parsed = readOnnx(graph);
  if (!parsed.ok) {
    refuse(graphFile, `cannot be read: ${parsed.message}`);
    return null;
  }
  const faults = graphFaults(parsed.model);
  for (const fault of faults) refuse(graphFile, fault);
  return faults.length === 0 ? parsed.model : null;
}

const inputNames = { rows: 'features', sequence: 'sequence', text: 'terms' } as const;

function interfaceRefusals({ inputs, outputs }: OnnxModel, contract: ModelContract, refuse: Refuse): void {
  const { kind, features, steps } = contract.input;
  const width = kind === 'text' ? null : features.length;
  const shape = kind === 'sequence' ? [steps, width] : [width];
  const input = valueFault(inputs, inputNames[kind], shape);
  if (input !== null) refuse('input', `${input}, as the contract's ${kind} asks for`);
  const output = valueFault(outputs, 'output', [outputsOf(contract)]);
  if (output !== null) refuse('output', `${output}, as the contract's ${contract.output.kind} asks for`);
}

/** @param shape of one row; null stands for any size from 1 up */
function valueFault(
  values: readonly OnnxValue[],
  name: string,
  shape: readonly (number | null)[],
): string | null {
  const wanted = `there must be one, named ${name}, float32 [N, ${shape.map((size) => size ?? 'terms').join(', ')}] with N free`;
  const [value] = values;
  if (value === undefined || values.length > 1)
    return `there are ${values.length} (${values.map((one) => one.name).join(', ')}): ${wanted}`;
  const [rows, ...row] = value.shape ?? [0];
  const fits =
    row.length === shape.length &&
    row.every((size, at) =>
      shape[at] === null ? typeof size === 'number' && size >= 1 : size === shape[at],
    );
  if (value.name === name && value.elementType === elementTypes.float && typeof rows !== 'number' && fits)
    return null;
  const shown = value.shape === null ? 'no shape' : `[${value.shape.map((size) => size ?? '?').join(', ')}]`;
  return `it is named ${value.name}, of element type ${value.elementType} and ${shown}: ${wanted}`;
}

function featureRefusals(
  { input }: ModelContract,
  { featureSetOf }: ArtifactCheckOptions,
  refuse: Refuse,
): void {
  if (input.featureSet === null) return;
  const { name, hash } = input.featureSet;
  const set = featureSetOf(name);
  if (set === null) {
    refuse('input.features', `there is no feature set ${name}: name one that there is`);
    return;
  }
  const again = 'train on the set as it is';
  const first = set.features.findIndex((feature, at) => feature !== input.features[at]);
  if (first >= 0 || set.features.length !== input.features.length) {
    const at = first >= 0 ? first : set.features.length;
    refuse(
      'input.features',
      `place ${at} is ${input.features[at] ?? 'missing'}, and set ${name} has ${set.features[at] ?? 'no more'} there (${input.features.length} features, the set ${set.features.length}): ${again}`,
    );
  } else if (set.hash !== hash)
    refuse(
      'input.features',
      `set ${name} has another hash than the contract says: its features changed, so ${again}`,
    );
}

function termRefusals(bytes: Uint8Array | undefined, model: OnnxModel | null, refuse: Refuse): void {
  if (bytes === undefined) return;
  const terms = parsedJson(bytes);
  const faults = terms instanceof Error ? [`is no JSON: ${firstLine(terms)}`] : textTermsFaults(terms);
  for (const fault of faults) refuse(termsFile, fault);
  const width = model?.inputs[0]?.shape?.at(-1);
  if (faults.length > 0 || typeof width !== 'number') return;
  const { length } = (terms as TextTerms).terms;
  if (length !== width)
    refuse(termsFile, `has ${length} terms, and the graph takes ${width}: export both anew`);
}

function goldenOf(
  files: ReadonlyMap<string, Uint8Array>,
  contract: ModelContract,
  model: OnnxModel | null,
  refuse: Refuse,
): GoldenRows | null {
  const bytes = files.get(goldenFile);
  const terms = model?.inputs[0]?.shape?.at(-1);
  const inputs = contract.input.kind === 'text' ? terms : contract.input.features.length;
  if (bytes === undefined || typeof inputs !== 'number') return null;
  const golden = readGolden(bytes, contract, inputs);
  if (typeof golden === 'string') {
    refuse('golden', golden);
    return null;
  }
  const faults = goldenRowFaults(golden, contract);
  if (faults.length === 0 && looksLikeProbability(golden, contract))
    refuse(
      'output',
      `every golden output is ${contract.output.kind === 'logit' ? 'in [0, 1]' : 'a list of shares that sum to 1'}: these are probabilities. Export the raw ${contract.output.kind === 'logit' ? 'log-odds' : 'class logits'}`,
    );
  for (const fault of faults) refuse('golden', fault);
  return faults.length === 0 ? golden : null;
}

/** @returns the largest deviation; NaN where the graph cannot be run */
async function goldenRefusals(
  graph: Uint8Array,
  golden: GoldenRows,
  contract: ModelContract,
  { openSession }: ArtifactCheckOptions,
  refuse: Refuse,
): Promise<number> {
  if (openSession === null) return Number.NaN;
  const session = await openSession(graph).catch((cause: unknown) => {
    refuse(graphFile, `cannot be loaded by the runtime: ${firstLine(cause)}`);
    return null;
  });
  if (session === null) return Number.NaN;
  try {
    const { max, row, unlikeAlone } = await deviationOf(session, golden);
    if (max > contract.tolerance)
      refuse(
        'golden',
        `row ${row} deviates from the native library by ${max.toPrecision(3)}, more than the tolerance ${contract.tolerance}: export the model another way`,
      );
    if (unlikeAlone >= 0)
      refuse(
        'golden',
        `row ${unlikeAlone} has other bits alone than in a batch: export the model another way`,
      );
    return max;
  } catch (cause) {
    refuse('golden', `the graph cannot be run on the rows: ${firstLine(cause)}`);
    return Number.NaN;
  } finally {
    await session.close();
  }
}

function firstLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.split('\n', 1)[0]!.slice(0, 300);
}
