/** What a graph may hold (docs/models.md): nothing but raw arithmetic, all of it inside the file. */
import type { OnnxAttribute, OnnxModel, OnnxNode } from './onnx-graph.ts';
import { elementTypes, type OnnxTensor } from './onnx-tensor.ts';
import { treeFaults } from './tree-rules.ts';

export const graphBytesMax = 64 * 1024 * 1024;

const irVersions = { min: 7, max: 10 };
const opsetVersions: ReadonlyMap<string, { readonly min: number; readonly max: number }> = new Map([
  ['ai.onnx', { min: 13, max: 21 }],
  ['ai.onnx.ml', { min: 1, max: 3 }],
]);

const operators: Readonly<Record<string, readonly string[]>> = {
  'ai.onnx': [
    ...['Add', 'BatchNormalization', 'Cast', 'Concat', 'Constant', 'ConstantOfShape', 'Conv', 'Expand'],
    ...['Gather', 'Gemm', 'Identity', 'IsNaN', 'LSTM', 'LayerNormalization', 'MatMul', 'Mul', 'Pad'],
    ...['ReduceMean', 'Relu', 'Reshape', 'Shape', 'Slice', 'Squeeze', 'Sub', 'Transpose', 'Unsqueeze'],
    'Where',
  ],
  'ai.onnx.ml': ['TreeEnsembleRegressor'],
};

/** Operators that make a probability or a hard label of a raw number; refused with a word on what to export instead. */
const squashing = new Set([
  ...[
    'Sigmoid',
    'HardSigmoid',
    'LogSoftmax',
    'Softmax',
    'Softsign',
    'Tanh',
    'Exp',
    'Erf',
    'Div',
    'Clip',
    'ArgMax',
  ],
  ...['TreeEnsembleClassifier', 'LinearClassifier', 'SVMClassifier', 'Normalizer', 'ZipMap', 'Binarizer'],
]);

const faultsMax = 20;

/** Everything that breaks a rule, in sentences; empty for a graph that may be run. */
export function graphFaults(model: OnnxModel): readonly string[] {
  const faults = new Set<string>([
    ...headFaults(model),
    ...model.nodes.flatMap((node) => nodeFaults(node, model)),
    ...model.initializers.flatMap((tensor) => tensorFaults(tensor, `tensor ${tensor.name}`)),
    ...sizeFaults(model),
  ]);
  const listed = [...faults];
  if (listed.length <= faultsMax) return listed;
  return [...listed.slice(0, faultsMax), `… and ${listed.length - faultsMax} more`];
}

function headFaults(model: OnnxModel): readonly string[] {
  const { irVersion, opsets, nodes, functionCount, trainingCount, sparseCount } = model;
  const faults: string[] = [];
  if (irVersion < irVersions.min || irVersion > irVersions.max)
    faults.push(
      `IR version is ${irVersion}, and must be ${irVersions.min} to ${irVersions.max}: export with one of them`,
    );
  for (const [domain, version] of opsets) {
    const allowed = opsetVersions.get(domain);
    if (allowed === undefined)
      faults.push(`opset of ${domain} is imported: only ai.onnx and ai.onnx.ml may be`);
    else if (version < allowed.min || version > allowed.max)
      faults.push(
        `opset of ${domain} is ${version}, and must be ${allowed.min} to ${allowed.max}: export with one of them`,
      );
  }
  for (const domain of new Set(nodes.map(domainOf)))
    if (opsetVersions.has(domain) && !opsets.has(domain))
      faults.push(`opset of ${domain} is used and not imported`);
  if (functionCount > 0) faults.push('it defines functions of its own: export with them inlined');
  if (trainingCount > 0) faults.push('it carries training info: export it for inference');
  if (sparseCount > 0) faults.push('it holds sparse tensors: export them dense');
  return faults;
}

function domainOf({ domain }: OnnxNode): string {
  return domain === '' ? 'ai.onnx' : domain;
}

function nodeFaults(node: OnnxNode, model: OnnxModel): readonly string[] {
  const { operator, attributes } = node;
  const domain = domainOf(node);
  const place = node.name === '' ? `a node ${operator}` : `node ${node.name} (${operator})`;
  const faults: string[] = [];
  if (operators[domain]?.includes(operator) !== true) faults.push(operatorFault(operator, domain));
  for (const [name, attribute] of attributes)
    faults.push(...attributeFaults(attribute, `attribute ${name} of ${place}`));
  if (operator === 'LSTM') faults.push(...lstmFaults(attributes, place));
  if (operator === 'TreeEnsembleRegressor')
    faults.push(...treeFaults(node, model).map((fault) => `${place}: ${fault}`));
  return faults;
}

function operatorFault(operator: string, domain: string): string {
  const what = `operator ${operator} of ${domain} may not be in a graph`;
  return squashing.has(operator)
    ? `${what}: what it gives must be raw (log-odds, class logits or an expected value), so export the raw score`
    : `${what}: export the model with ${Object.values(operators).flat().join(', ')} alone`;
}

function attributeFaults(attribute: OnnxAttribute, place: string): readonly string[] {
  const { hasSubgraph, isOutlandish, hasOnlyFinite, tensor } = attribute;
  return [
    ...(hasSubgraph ? [`${place} holds a graph of its own: export it without`] : []),
    ...(isOutlandish ? [`${place} is of a kind that no allowed operator takes`] : []),
    ...(hasOnlyFinite ? [] : [`${place} holds NaN or an infinity`]),
    ...(tensor === null ? [] : tensorFaults(tensor, place)),
  ];
}

/** Its gates may be nothing but the usual ones: another activation could squash the output. */
function lstmFaults(attributes: OnnxNode['attributes'], place: string): readonly string[] {
  const given = attributes.get('activations');
  if (given === undefined) return [];
  const names = given.textPlaces.map((at) => given.texts[at]!);
  const usual = ['Sigmoid', 'Tanh', 'Tanh'];
  return names.length > 0 && names.length % 3 === 0 && names.every((name, at) => name === usual[at % 3])
    ? []
    : [`activations of ${place} must be Sigmoid, Tanh, Tanh`];
}

const tensorTypes: ReadonlySet<number> = new Set(Object.values(elementTypes));

function tensorFaults(tensor: OnnxTensor, place: string): readonly string[] {
  const { isExternal, type, isWhole, hasOnlyFinite } = tensor;
  if (isExternal) return [`${place} keeps its numbers outside the file: export with the data inside`];
  if (!tensorTypes.has(type))
    return [`${place} is of element type ${type}: only ${Object.keys(elementTypes).join(', ')} may be`];
  if (!isWhole) return [`${place} does not hold as many numbers as its shape asks for`];
  return hasOnlyFinite ? [] : [`${place} holds NaN or an infinity`];
}

/** Largest tensor that a graph may make out of a shape alone, and widest margin that it may pad with. */
const elementsMax = 2 ** 24;
const paddingMax = 65_536;

function sizeFaults({ nodes, initializers }: OnnxModel): readonly string[] {
  const known = new Map(initializers.map(({ name, integers }) => [name, integers]));
  for (const { operator, outputs, attributes } of nodes)
    if (operator === 'Constant')
      known.set(outputs[0] ?? '', attributes.get('value')?.tensor?.integers ?? null);
  return nodes.flatMap(({ operator, inputs, attributes }) => {
    const shape = operator === 'ConstantOfShape' ? inputs[0] : operator === 'Expand' ? inputs[1] : undefined;
    const sizes = known.get(shape ?? '') ?? [];
    const elements = sizes.reduce((product, size) => product * Math.max(1, size), 1);
    const padding = [
      ...(operator === 'Pad' ? (known.get(inputs[1] ?? '') ?? []) : []),
      ...(attributes.get('pads')?.integers ?? []),
    ];
    return [
      ...(elements > elementsMax ? [`${operator} makes ${elements} numbers, more than ${elementsMax}`] : []),
      ...(padding.some((width) => Math.abs(width) > paddingMax)
        ? [`${operator} pads by more than ${paddingMax}`]
        : []),
    ];
  });
}
