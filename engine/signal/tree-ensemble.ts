/**
 * A forest as a graph's one `TreeEnsembleRegressor` node spells it out, in typed arrays. Rows may be widened by a `Cast` before it:
 * then thresholds, leaves and sums are in double precision, and the output is cast once. Source: ONNX-ML operator schemas,
 * TreeEnsembleRegressor, versions 1 and 3.
 */
import { eachField, eachVarint, type Span, textOf, wire } from './protobuf.ts';

export interface TreeEnsemble {
  /** In which leaves are added up. */
  readonly precision: 'single' | 'double';
  readonly targets: number;
  /** One a target, or none. */
  readonly baseValues: Float64Array;
  /** Parallel, an entry a node; children are ids within the same tree. */
  readonly nodes: {
    readonly treeIds: Float64Array;
    readonly ids: Float64Array;
    readonly features: Float64Array;
    readonly thresholds: Float64Array;
    readonly modes: readonly string[];
    readonly trueIds: Float64Array;
    readonly falseIds: Float64Array;
    /** 1 where NaN takes the true branch; all 0 where the graph does not say. */
    readonly missingTrue: Float64Array;
  };
  /** Parallel, an entry a weight of a leaf. */
  readonly leaves: {
    readonly treeIds: Float64Array;
    readonly nodeIds: Float64Array;
    readonly targets: Float64Array;
    readonly weights: Float64Array;
  };
}

/** Element type of tensors. */
const DOUBLE = 11;

interface NodeParts {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

interface Attribute {
  readonly integer: number | null;
  readonly text: string | null;
  readonly integers: Float64Array;
  readonly floats: Float64Array;
  /** Of a tensor of doubles; null where there is none. */
  readonly doubles: Float64Array | null;
  readonly texts: readonly string[];
}

/**
 * The forest of a graph that consists of nothing else: rows go in, raw sums come out. Null for any other graph, also one whose
 * node has attributes that change the meaning of what is read here.
 * @throws WireFault where the bytes are no message
 */
export function treeEnsembleOf(graph: Uint8Array): TreeEnsemble | null {
  const nodes: Span[] = [];
  let others = 0;
  const fields = (span: Span, visit: (field: number, part: Span) => void) =>
    eachField(span, (field, _type, _value, from, to) => visit(field, { bytes: graph, from, to }));
  fields({ bytes: graph, from: 0, to: graph.length }, (field, part) => {
    if (field !== 7) return;
    fields(part, (inner, span) => {
      if (inner === 1) nodes.push(span);
      else if (inner === 5 || inner === 15) others += 1;
    });
  });
  if (nodes.length === 0 || nodes.length > 2 || others > 0) return null;
  const parts = nodes.map(nodeOf);
  const forest = parts.at(-1)!;
  if (forest.operator !== 'TreeEnsembleRegressor' || forest.inputs.length !== 1) return null;
  if (parts.length === 1) return ensembleOf(forest, 'single');
  const [cast] = parts;
  const isWidened = cast!.operator === 'Cast' && cast!.attributes.get('to')?.integer === DOUBLE;
  return isWidened && cast!.outputs[0] === forest.inputs[0] ? ensembleOf(forest, 'double') : null;
}

function nodeOf(span: Span): NodeParts {
  const attributes = new Map<string, Attribute>();
  const inputs: string[] = [];
  const outputs: string[] = [];
  let operator = '';
  eachField(span, (field, _type, _value, from, to) => {
    const part = { bytes: span.bytes, from, to };
    if (field === 1) inputs.push(textOf(part));
    else if (field === 2) outputs.push(textOf(part));
    else if (field === 4) operator = textOf(part);
    else if (field === 5) {
      const { name, ...attribute } = attributeOf(part);
      attributes.set(name, attribute);
    }
  });
  return { operator, inputs, outputs, attributes };
}

function attributeOf(span: Span): Attribute & { readonly name: string } {
  const { bytes } = span;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const integers: number[] = [];
  let doubles: Float64Array | null = null;
  const floats: number[] = [];
  const texts: string[] = [];
  const known = new Map<number, string>();
  let [name, text, integer]: [string, string | null, number | null] = ['', null, null];
  eachField(span, (field, type, value, from, to) => {
    const part = { bytes, from, to };
    if (field === 1) name = textOf(part);
    else if (field === 3) integer = value;
    else if (field === 4) text = textOf(part);
    else if (field === 5) doubles = doublesOf(part);
    else if (field === 7) for (let at = from; at + 4 <= to; at += 4) floats.push(view.getFloat32(at, true));
    else if (field === 8 && type === wire.bytes) eachVarint(part, (item) => integers.push(item));
    else if (field === 8) integers.push(value);
    else if (field === 9) texts.push(modeOf(part, known));
  });
  return {
    ...{ name, text, integer, texts, doubles },
    ...{ integers: Float64Array.from(integers), floats: Float64Array.from(floats) },
  };
}

/** Null for a tensor of another type, or one whose numbers do not lie in it as raw bytes. */
function doublesOf(span: Span): Float64Array | null {
  let type = 0;
  let raw: Uint8Array | null = null;
  eachField(span, (field, _type, value, from, to) => {
    if (field === 2) type = value;
    else if (field === 9) raw = span.bytes.slice(from, to);
  });
  const bytes = raw as Uint8Array | null;
  if (type !== DOUBLE || bytes === null || bytes.length % 8 !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Float64Array.from({ length: bytes.length / 8 }, (_, place) => view.getFloat64(place * 8, true));
}

/** A list of modes holds few different texts many times over: each is decoded once. */
function modeOf(part: Span, known: Map<number, string>): string {
  let key = part.to - part.from;
  for (let at = part.from; at < part.to; at += 1) key = (Math.imul(key, 31) + part.bytes[at]!) | 0;
  let text = known.get(key);
  if (text === undefined) {
    text = textOf(part);
    known.set(key, text);
  }
  return text;
}

const treeAttributes: ReadonlySet<string> = new Set([
  ...['aggregate_function', 'n_targets', 'post_transform', 'nodes_falsenodeids', 'nodes_featureids'],
  ...['nodes_hitrates', 'nodes_missing_value_tracks_true', 'nodes_modes', 'nodes_nodeids', 'nodes_treeids'],
  ...['nodes_truenodeids', 'target_ids', 'target_nodeids', 'target_treeids'],
]);
const realAttributes = ['base_values', 'nodes_values', 'target_weights'] as const;

function ensembleOf({ attributes }: NodeParts, precision: TreeEnsemble['precision']): TreeEnsemble | null {
  const realName = (name: (typeof realAttributes)[number]) =>
    precision === 'double' ? `${name}_as_tensor` : name;
  const known = new Set([...treeAttributes, ...realAttributes.map(realName)]);
  if ([...attributes.keys()].some((name) => !known.has(name))) return null;
  if ((attributes.get('post_transform')?.text ?? 'NONE') !== 'NONE') return null;
  if ((attributes.get('aggregate_function')?.text ?? 'SUM') !== 'SUM') return null;
  const integers = (name: string) => attributes.get(name)?.integers ?? new Float64Array();
  const floats = (name: (typeof realAttributes)[number]) => {
    const attribute = attributes.get(realName(name));
    return (precision === 'double' ? attribute?.doubles : attribute?.floats) ?? new Float64Array();
  };
  const ids = integers('nodes_nodeids');
  const missing = integers('nodes_missing_value_tracks_true');
  const nodes = {
    treeIds: integers('nodes_treeids'),
    ids,
    features: integers('nodes_featureids'),
    thresholds: floats('nodes_values'),
    modes: attributes.get('nodes_modes')?.texts ?? [],
    trueIds: integers('nodes_truenodeids'),
    falseIds: integers('nodes_falsenodeids'),
    missingTrue: missing.length === 0 ? new Float64Array(ids.length) : missing,
  };
  const leaves = {
    treeIds: integers('target_treeids'),
    nodeIds: integers('target_nodeids'),
    targets: integers('target_ids'),
    weights: floats('target_weights'),
  };
  const isEven = (lists: readonly { readonly length: number }[]) =>
    lists.every(({ length }) => length === lists[0]!.length);
  if (!isEven(Object.values(nodes)) || !isEven(Object.values(leaves))) return null;
  return {
    precision,
    targets: attributes.get('n_targets')?.integer ?? 1,
    baseValues: floats('base_values'),
    nodes,
    leaves,
  };
}
