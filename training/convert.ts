/**
 * Model files that were trained elsewhere, brought under the contract: the Python side reads LightGBM text, XGBoost JSON or UBJ and
 * CatBoost cbm, writes the graph and checks it against the library; here is what such a file does not say of itself.
 */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { addModels } from '../datasets/models/add-version.ts';
import { featureSetOf, sha256 } from '../datasets/models/artifact-files.ts';
import type { Store } from '../datasets/store.ts';
import type { Fault } from '../engine/config.ts';
import type { ModelTarget, ParityRecord } from '../engine/signal/contract.ts';
import { TrainingFault } from './faults.ts';
import { type PythonOptions, runPackage } from './python.ts';

export interface ConversionRequest {
  /** The native model file. */
  readonly file: string;
  /** Kebab-case, as the contract's. */
  readonly model: string;
  readonly strategy: string;
  /** `converted-` and the first 8 digits of the file's SHA-256 if absent. */
  readonly version?: string;
  readonly side?: 'buy' | 'sell';
  /** Unknown if absent. */
  readonly target?: ModelTarget;
  /** In the order of the model's columns; the names in the file if absent. */
  readonly features?: readonly string[];
  /** Name of the set whose features the model reads, all of them and in its order; in place of `features`. */
  readonly featureSet?: string;
  /** Names of the classes in the order of the outputs, for a model of several. */
  readonly classes?: readonly string[];
  /** Logit at which flips are counted. */
  readonly gateLogit?: number;
  /** First decision time that may use it, epoch ms UTC: nobody knows what it was trained on. */
  readonly validFromMs: number;
  /** CSV with the features by name and the raw outputs that the graph must give, to 1e-5. */
  readonly rows?: string;
  /** Columns of the raw outputs; those that end in raw, margin or logit if absent. */
  readonly rawColumns?: readonly string[];
  readonly seed?: number;
}

export interface Conversion {
  readonly model: string;
  readonly strategy: string;
  readonly version: string;
  readonly library: { readonly name: string; readonly version: string };
  readonly output: 'logit' | 'class-logits' | 'expected-value';
  readonly features: readonly string[];
  /** Constant in training, where the library records that; else null. */
  readonly deadFeatures: readonly string[] | null;
  /** Never split on. */
  readonly unusedFeatures: readonly string[];
  readonly trees: number;
  readonly parity: ParityRecord;
  /** Against the rows that came with the model; null without any. */
  readonly expected: {
    readonly rows: number;
    readonly columns: readonly string[];
    readonly deviationMax: number;
  } | null;
}

/**
 * Writes an artifact into the folder `out`, which is replaced.
 * @throws TrainingFault `training-refused` with every fault of the request; `training-failed` where the file cannot be read or
 *   expressed, or graph, library and rows disagree; as `runPackage`
 */
export async function convertModel(
  request: ConversionRequest,
  out: string,
  options: PythonOptions = {},
): Promise<Conversion> {
  await refuseUnsound(request);
  const dir = await mkdtemp(join(tmpdir(), 'hourglass-convert-'));
  try {
    const place = join(dir, 'request.json');
    await writeFile(place, JSON.stringify(await requestFile(request)));
    const rows = request.rows === undefined ? [] : ['--rows', resolve(request.rows)];
    const answer = await runPackage(
      ['convert', resolve(request.file), '--request', place, '--out', resolve(out), ...rows],
      options,
    );
    return answer as unknown as Conversion;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/**
 * Converts, checks with the loader that scoring uses, and adds to the model store.
 * @returns what was converted, and the folder of the artifact in the store
 * @throws StoreFault `model-refused` as `addModels`; TrainingFault as `convertModel`
 */
export async function convertIntoStore(
  store: Store,
  request: ConversionRequest,
  options: PythonOptions = {},
): Promise<{ readonly conversion: Conversion; readonly dir: string }> {
  const staged = await mkdtemp(join(tmpdir(), 'hourglass-converted-'));
  try {
    const out = join(staged, request.model);
    const conversion = await convertModel(request, out, options);
    const { dir } = await addModels(store, out, options.progress);
    return { conversion, dir: join(dir, conversion.model) };
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

const kebabCase = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

async function refuseUnsound({
  file,
  rows,
  model,
  strategy,
  features,
  featureSet,
  validFromMs,
}: ConversionRequest) {
  const faults: Fault[] = [];
  const need = (holds: boolean, path: string, message: string) => {
    if (!holds) faults.push({ path, message });
  };
  const isFile = async (path: string) => (await stat(path).catch(() => null))?.isFile() === true;
  need(await isFile(file), 'file', `there is no file ${file}`);
  need(rows === undefined || (await isFile(rows)), 'rows', `there is no file ${rows}`);
  need(kebabCase.test(model), 'model', 'must be kebab-case, as in buy-lightgbm');
  need(kebabCase.test(strategy), 'strategy', 'must be kebab-case, as in v2-ensemble');
  need(Number.isSafeInteger(validFromMs), 'validFrom', 'must be a time');
  need(
    features === undefined || featureSet === undefined,
    'features',
    'give either features or a set, not both',
  );
  need(
    featureSet === undefined || featureSetOf(featureSet) !== null,
    'featureSet',
    `there is no set ${featureSet}`,
  );
  if (faults.length === 0) return;
  throw new TrainingFault('training-refused', 'The model cannot be converted as asked.', { faults });
}

async function requestFile(request: ConversionRequest) {
  const { file, model, strategy, version, side, target, features, featureSet, classes, gateLogit } = request;
  const set = featureSet === undefined ? null : featureSetOf(featureSet);
  const hash = sha256(await readFile(file));
  return {
    ...{ formatVersion: 1, model, strategy, version: version ?? `converted-${hash.slice(0, 8)}` },
    ...{ side: side ?? null, target: target ?? null, features: set?.features ?? features ?? null },
    featureSet: set === null ? null : { name: featureSet, hash: set.hash },
    ...{ classes: classes ?? null, gateLogit: gateLogit ?? null, validFromMs: request.validFromMs },
    ...{ rawColumns: request.rawColumns ?? null, seed: request.seed ?? 1 },
  };
}
