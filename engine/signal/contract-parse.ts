/** Reads `contract.json` (docs/models.md): exactly the fields of `ModelContract`, every fault at once with its path. */
import type { Fault, Parsed } from '../config.ts';
import { contractFile, goldenFile, graphFile, type ModelContract, termsFile } from './contract.ts';
import {
  count,
  expected,
  hash,
  isRecord,
  listOf,
  mapOf,
  number,
  oneOf,
  orNull,
  record,
  type Shape,
  text,
  timeMs,
} from './shapes.ts';

/** @param input what JSON gave */
export function parseContract(input: unknown): Parsed<ModelContract> {
  const faults: Fault[] = [];
  contractShape(input, '', faults);
  if (faults.length === 0) faults.push(...contradictions(input as ModelContract));
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: input as ModelContract };
}

const side = oneOf('buy', 'sell');
const anyText = expected('a text', (value) => typeof value === 'string');
const atLeastOne = expected(
  'a whole number from 1 up',
  (value) => Number.isSafeInteger(value) && Number(value) >= 1,
);
const share = expected(
  'a share from 0 to 1',
  (value) => typeof value === 'number' && value >= 0 && value <= 1,
);
const zeroOrMore = expected(
  'a number from 0 up',
  (value) => typeof value === 'number' && value >= 0 && value < Infinity,
);
const kebab = expected(
  'a kebab-case name',
  (value) => typeof value === 'string' && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(value),
);
const scalar = expected(
  'a number, a text, true, false or null',
  (value) =>
    value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value),
);

const barrierFields = {
  ...{ side, profitFraction: number, lossFraction: number, horizonHours: count },
} as const;

const targetShapes: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  barrier: barrierFields,
  'barrier-return': barrierFields,
  'residual-tercile': { horizonHours: count },
  'news-class': {},
  unknown: { note: anyText },
};

/** Fields of a target go by its kind. */
const target: Shape = (value, path, faults) => {
  const kind = isRecord(value) ? value['kind'] : undefined;
  const fields = typeof kind === 'string' && Object.hasOwn(targetShapes, kind) ? targetShapes[kind]! : {};
  record({ kind: oneOf(...Object.keys(targetShapes)), ...fields })(value, path, faults);
};

const contractShape = record({
  ...{ formatVersion: oneOf(1), model: kebab, strategy: kebab, version: text, fold: orNull(count) },
  input: record({
    kind: oneOf('rows', 'sequence', 'text'),
    features: listOf(text),
    featureSet: orNull(record({ name: text, hash })),
    dtype: oneOf('float32'),
    ...{ steps: atLeastOne, strideHours: atLeastOne },
    nan: oneOf('native', 'graph-imputed', 'refused'),
    nanShareMax: share,
  }),
  output: record({ kind: oneOf('logit', 'class-logits', 'expected-value'), classes: listOf(text) }),
  side: orNull(side),
  target,
  library: record({ name: text, version: text, exporter: text }),
  hyperparameters: mapOf(scalar),
  ...{ size: text, seed: orNull(count) },
  train: record({
    fromMs: orNull(timeMs),
    toMs: orNull(timeMs),
    rows: orNull(count),
    sampling: listOf(text),
  }),
  validFromMs: timeMs,
  folds: orNull(record({ count, testDays: count, labelHours: count, embargoHours: count })),
  dataset: orNull(record({ name: text, hash: text })),
  tolerance: zeroOrMore,
  parity: orNull(
    record({ rows: count, deviationMax: zeroOrMore, gateFlips: count, gateLogit: orNull(number) }),
  ),
  golden: record({ rows: count }),
  files: mapOf(record({ sha256: hash, bytes: count })),
});

/** What each field allows alone and all together do not. */
function contradictions(contract: ModelContract): readonly Fault[] {
  const { input, output, side, target, train, parity, files } = contract;
  const faults: Fault[] = [];
  const need = (holds: boolean, path: string, message: string) => {
    if (!holds) faults.push({ path, message });
  };
  const isSequence = input.kind === 'sequence';
  const isText = input.kind === 'text';
  need(isSequence || input.steps === 1, 'input.steps', `must be 1 for ${input.kind}, was ${input.steps}`);
  need(
    isSequence || input.strideHours === 1,
    'input.strideHours',
    `must be 1 for ${input.kind}, was ${input.strideHours}`,
  );
  need(
    isText === (input.features.length === 0),
    'input.features',
    isText ? 'must be empty for text' : 'is empty: name them',
  );
  need(!isText || input.featureSet === null, 'input.featureSet', 'must be null for text');
  faults.push(...repeated(input.features, 'input.features'), ...repeated(output.classes, 'output.classes'));
  if (output.kind === 'class-logits')
    need(output.classes.length >= 2, 'output.classes', 'must name two classes or more');
  else need(output.classes.length === 0, 'output.classes', `must be empty for ${output.kind}`);
  if (target.kind === 'barrier' || target.kind === 'barrier-return')
    need(side === target.side, 'side', `must be ${target.side}, as the target's, was ${side}`);
  if (train.fromMs !== null && train.toMs !== null)
    need(train.fromMs <= train.toMs, 'train.fromMs', `must not be later than train.toMs ${train.toMs}`);
  need(
    parity === null || parity.gateFlips === 0,
    'parity.gateFlips',
    `must be 0, was ${parity?.gateFlips}: export the model another way`,
  );
  for (const name of [graphFile, goldenFile, ...(isText ? [termsFile] : [])])
    need(Object.hasOwn(files, name), `files.${name}`, 'is missing');
  for (const name of Object.keys(files))
    need(
      name !== contractFile && /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name),
      `files.${name}`,
      'cannot be a file of an artifact',
    );
  return faults;
}

function repeated(names: readonly string[], path: string): readonly Fault[] {
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return twice.length === 0 ? [] : [{ path, message: `names ${[...new Set(twice)].join(', ')} twice` }];
}
