/** Writes small ONNX files, good ones and bad ones, so that tests of models need no Python. Field numbers: onnx.proto. */

export type Bytes = Uint8Array;

export function joined(...parts: readonly Bytes[]): Bytes {
  return concatenated(parts);
}

/** One field a value; long lists are no list of arguments. */
function all<Value>(values: readonly Value[], field: (value: Value) => Bytes): Bytes {
  return concatenated(values.map(field));
}

function concatenated(parts: readonly Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function varint(value: number | bigint): Bytes {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.of(...bytes, Number(rest));
}

export function numberField(field: number, value: number | bigint): Bytes {
  return joined(varint(field * 8), varint(value));
}

export function bytesField(field: number, content: Bytes): Bytes {
  return joined(varint(field * 8 + 2), varint(content.length), content);
}

export function textField(field: number, text: string): Bytes {
  return bytesField(field, new TextEncoder().encode(text));
}

function floatField(field: number, value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joined(varint(field * 8 + 5), bytes);
}

const elementTypes = { float: 1, int64: 7, double: 11 } as const;

/** A tensor of an initializer or an attribute, its numbers raw. */
export function tensor(
  name: string,
  dims: readonly number[],
  values: readonly number[],
  type: keyof typeof elementTypes = 'float',
): Bytes {
  const raw = {
    float: () => Float32Array.from(values),
    double: () => Float64Array.from(values),
    int64: () => BigInt64Array.from(values, BigInt),
  }[type]();
  return joined(
    ...dims.map((size) => numberField(1, size)),
    numberField(2, elementTypes[type]),
    textField(8, name),
    bytesField(9, new Uint8Array(raw.buffer)),
  );
}

/** A tensor whose numbers are said to lie in another file. */
export function externalTensor(name: string, dims: readonly number[], file: string): Bytes {
  return joined(
    ...dims.map((size) => numberField(1, size)),
    numberField(2, elementTypes.float),
    textField(8, name),
    bytesField(13, joined(textField(1, 'location'), textField(2, file))),
    numberField(14, 1),
  );
}

export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly texts: readonly string[] }
  | { readonly tensor: Bytes }
  | { readonly graph: Bytes };

function attributeBytes(name: string, given: Attribute): Bytes {
  const typed = (type: number, ...content: readonly Bytes[]) =>
    joined(textField(1, name), ...content, numberField(20, type));
  if ('int' in given) return typed(2, numberField(3, given.int));
  if ('float' in given) return typed(1, floatField(2, given.float));
  if ('text' in given) return typed(3, textField(4, given.text));
  if ('ints' in given)
    return typed(
      7,
      all(given.ints, (value) => numberField(8, value)),
    );
  if ('floats' in given)
    return typed(
      6,
      all(given.floats, (value) => floatField(7, value)),
    );
  if ('texts' in given)
    return typed(
      8,
      all(given.texts, (value) => textField(9, value)),
    );
  if ('tensor' in given) return typed(4, bytesField(5, given.tensor));
  return typed(5, bytesField(6, given.graph));
}

export interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

function nodeBytes({ operator, inputs, outputs, domain = '', attributes = {} }: Node): Bytes {
  return joined(
    ...inputs.map((name) => textField(1, name)),
    ...outputs.map((name) => textField(2, name)),
    textField(3, `${operator}-${outputs[0]}`),
    textField(4, operator),
    ...Object.entries(attributes).map(([name, given]) => bytesField(5, attributeBytes(name, given))),
    ...(domain === '' ? [] : [textField(7, domain)]),
  );
}

export interface Value {
  readonly name: string;
  /** A symbol stands for a size that is free. */
  readonly shape: readonly (number | string)[];
}

function valueBytes({ name, shape }: Value): Bytes {
  const dims = shape.map((size) =>
    bytesField(1, typeof size === 'number' ? numberField(1, size) : textField(2, size)),
  );
  const type = joined(numberField(1, elementTypes.float), bytesField(2, joined(...dims)));
  return joined(textField(1, name), bytesField(2, bytesField(1, type)));
}

export interface GraphParts {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
  /** Made by `tensor`. */
  readonly initializers?: readonly Bytes[];
}

export function graphBytes({ inputs, outputs, nodes, initializers = [] }: GraphParts): Bytes {
  return joined(
    ...nodes.map((node) => bytesField(1, nodeBytes(node))),
    textField(2, 'graph'),
    ...initializers.map((content) => bytesField(5, content)),
    ...inputs.map((value) => bytesField(11, valueBytes(value))),
    ...outputs.map((value) => bytesField(12, valueBytes(value))),
  );
}

export interface ModelParts extends GraphParts {
  readonly irVersion?: number;
  readonly opsets?: Readonly<Record<string, number>>;
  /** Bytes of further fields of the model. */
  readonly more?: Bytes;
}

export const treeDomain = 'ai.onnx.ml';

/** A whole file. */
export function modelBytes({ irVersion = 8, opsets, more, ...graph }: ModelParts): Bytes {
  const imported = opsets ?? { '': 17, [treeDomain]: 3 };
  return joined(
    numberField(1, irVersion),
    bytesField(7, graphBytes(graph)),
    ...Object.entries(imported).map(([domain, version]) =>
      bytesField(8, joined(textField(1, domain), numberField(2, version))),
    ),
    more ?? new Uint8Array(0),
  );
}

/** A tree in the writer's own words: a leaf's weights by target, or a split. */
export type Tree =
  | { readonly leaf: readonly number[] }
  | {
      readonly feature: number;
      readonly threshold: number;
      readonly whenTrue: Tree;
      readonly whenFalse: Tree;
      /** Where NaN goes; false if absent. */
      readonly nanIsTrue?: boolean;
    };

/** Attributes of a `TreeEnsembleRegressor` with `BRANCH_LEQ` splits. */
export function treeAttributes(
  trees: readonly Tree[],
  { targets = 1, base = 0 } = {},
): Readonly<Record<string, Attribute>> {
  const nodes = { tree: [], id: [], feature: [], yes: [], no: [], nan: [] } as Record<string, number[]>;
  const values: number[] = [];
  const modes: string[] = [];
  const leaf = { tree: [], id: [], target: [], weight: [] } as Record<string, number[]>;
  for (const [tree, root] of trees.entries()) {
    let count = 0;
    const add = (node: Tree): number => {
      const id = count;
      count += 1;
      const at = nodes['id']!.length;
      const isLeaf = 'leaf' in node;
      nodes['tree']!.push(tree);
      nodes['id']!.push(id);
      nodes['feature']!.push(isLeaf ? 0 : node.feature);
      nodes['nan']!.push(!isLeaf && node.nanIsTrue === true ? 1 : 0);
      nodes['yes']!.push(0);
      nodes['no']!.push(0);
      values.push(isLeaf ? 0 : node.threshold);
      modes.push(isLeaf ? 'LEAF' : 'BRANCH_LEQ');
      if (isLeaf) {
        for (const [target, weight] of node.leaf.entries()) {
          leaf['tree']!.push(tree);
          leaf['id']!.push(id);
          leaf['target']!.push(target);
          leaf['weight']!.push(weight);
        }
      } else {
        nodes['yes']![at] = add(node.whenTrue);
        nodes['no']![at] = add(node.whenFalse);
      }
      return id;
    };
    add(root);
  }
  return {
    n_targets: { int: targets },
    base_values: { floats: Array.from({ length: targets }, () => base) },
    nodes_treeids: { ints: nodes['tree']! },
    nodes_nodeids: { ints: nodes['id']! },
    nodes_featureids: { ints: nodes['feature']! },
    nodes_modes: { texts: modes },
    nodes_values: { floats: values },
    nodes_truenodeids: { ints: nodes['yes']! },
    nodes_falsenodeids: { ints: nodes['no']! },
    nodes_missing_value_tracks_true: { ints: nodes['nan']! },
    target_treeids: { ints: leaf['tree']! },
    target_nodeids: { ints: leaf['id']! },
    target_ids: { ints: leaf['target']! },
    target_weights: { floats: leaf['weight']! },
  };
}

/** A whole file with trees from `features` to `output`. */
export function treeModel(
  trees: readonly Tree[],
  features: number,
  { targets = 1, base = 0, attributes = {} as Readonly<Record<string, Attribute>> } = {},
): Bytes {
  return modelBytes({
    inputs: [{ name: 'features', shape: ['N', features] }],
    outputs: [{ name: 'output', shape: ['N', targets] }],
    nodes: [
      {
        ...{ operator: 'TreeEnsembleRegressor', domain: treeDomain },
        ...{ inputs: ['features'], outputs: ['output'] },
        attributes: { ...treeAttributes(trees, { targets, base }), ...attributes },
      },
    ],
  });
}

/** A whole file with `output = input x weights + bias`. `weights` is `[inputs][outputs]`. */
export function linearModel(
  input: string,
  weights: readonly (readonly number[])[],
  bias: readonly number[],
  more: { readonly nodes?: readonly Node[]; readonly opsets?: Readonly<Record<string, number>> } = {},
): Bytes {
  const outputs = bias.length;
  const last = more.nodes === undefined ? 'output' : 'raw';
  return modelBytes({
    inputs: [{ name: input, shape: ['N', weights.length] }],
    outputs: [{ name: 'output', shape: ['N', outputs] }],
    nodes: [{ operator: 'Gemm', inputs: [input, 'W', 'b'], outputs: [last] }, ...(more.nodes ?? [])],
    initializers: [tensor('W', [weights.length, outputs], weights.flat()), tensor('b', [outputs], bias)],
    ...(more.opsets === undefined ? {} : { opsets: more.opsets }),
  });
}
