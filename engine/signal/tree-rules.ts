/**
 * A `TreeEnsembleRegressor` is a list of trees: every branch leads to two nodes of its own tree, every node but the first of a tree
 * has one parent, and only features that there are get read. The runtime takes some of this on trust.
 */
import type { OnnxAttribute, OnnxModel, OnnxNode } from './onnx-graph.ts';

const modes = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ', 'LEAF'];
const nodesMax = 4_000_000;
const targetsMax = 1_000;
const depthMax = 1_000;

/** In sentences; empty where nothing is wrong. */
export function treeFaults({ attributes, inputs }: OnnxNode, model: OnnxModel): readonly string[] {
  const faults: string[] = [];
  const need = (name: string, fallback: string, message: string) => {
    const given = attributes.get(name)?.text ?? fallback;
    if (given !== fallback) faults.push(`${name} is ${given}, and must be ${fallback}${message}`);
  };
  need('post_transform', 'NONE', ': what comes out must be raw, so export the raw score');
  need('aggregate_function', 'SUM', ': trees are added up');
  const read = readTrees(attributes);
  if (typeof read === 'string') return [...faults, read];
  const width = inputWidth(model, inputs[0] ?? '');
  if (width === null)
    return [...faults, 'it reads something else than the input of the graph: export trees over the features'];
  return [...faults, ...shapeFaults(read, width)];
}

/** Features of the graph's input that a value is, as it is or cast to another precision; null for any other value. */
function inputWidth({ inputs, nodes }: OnnxModel, name: string): number | null {
  let at = name;
  // A chain that is longer than the graph goes round in a circle.
  for (let steps = 0; steps <= nodes.length; steps += 1) {
    const input = inputs.find((value) => value.name === at);
    if (input !== undefined) {
      const width = input.shape?.at(-1);
      return typeof width === 'number' && input.shape?.length === 2 ? width : null;
    }
    const maker = nodes.find(({ outputs }) => outputs.includes(at));
    if (maker === undefined || !['Cast', 'Identity'].includes(maker.operator)) return null;
    at = maker.inputs[0] ?? '';
  }
  return null;
}

interface Trees {
  readonly tree: readonly number[];
  readonly node: readonly number[];
  readonly feature: readonly number[];
  readonly whenTrue: readonly number[];
  readonly whenFalse: readonly number[];
  readonly isLeaf: readonly boolean[];
  readonly leafTree: readonly number[];
  readonly leafNode: readonly number[];
  readonly target: readonly number[];
  readonly targets: number;
}

/** A sentence where the lists do not fit together. */
function readTrees(attributes: OnnxNode['attributes']): Trees | string {
  const integers = (name: string) => attributes.get(name)?.integers ?? [];
  const mode = attributes.get('nodes_modes');
  const unknown = mode?.texts.filter((name) => !modes.includes(name)) ?? [];
  if (unknown.length > 0) return `its nodes have modes ${unknown.join(', ')}, which are not known`;
  const leaf = mode?.texts.indexOf('LEAF') ?? -1;
  const trees: Trees = {
    ...{ tree: integers('nodes_treeids'), node: integers('nodes_nodeids') },
    feature: integers('nodes_featureids'),
    ...{ whenTrue: integers('nodes_truenodeids'), whenFalse: integers('nodes_falsenodeids') },
    isLeaf: mode?.textPlaces.map((place) => place === leaf) ?? [],
    ...{ leafTree: integers('target_treeids'), leafNode: integers('target_nodeids') },
    ...{ target: integers('target_ids'), targets: attributes.get('n_targets')?.integer ?? 1 },
  };
  const { length } = trees.node;
  const { tree, feature, whenTrue, whenFalse, isLeaf, leafTree, leafNode, target } = trees;
  const isEven = [tree, feature, whenTrue, whenFalse, isLeaf].every((list) => list.length === length);
  const isEvenLeaf = [leafNode, target].every((list) => list.length === leafTree.length);
  if (length === 0) return 'it holds no trees';
  if (!(trees.targets >= 1 && trees.targets <= targetsMax))
    return `it has ${trees.targets} targets, and may have 1 to ${targetsMax}`;
  if (length > nodesMax) return `it holds ${length} nodes, more than ${nodesMax}`;
  const values = numbersOf(attributes, 'nodes_values');
  const weights = numbersOf(attributes, 'target_weights');
  const tracks = attributes.get('nodes_missing_value_tracks_true')?.integers.length ?? 0;
  const isFull = values === length && weights === leafTree.length && (tracks === 0 || tracks === length);
  return isEven && isEvenLeaf && isFull ? trees : 'its lists of nodes and leaves are not of one length';
}

/** Floats of a list, or of the tensor that may stand in its place. */
function numbersOf(attributes: ReadonlyMap<string, OnnxAttribute>, name: string): number {
  const floats = attributes.get(name)?.floatCount ?? 0;
  const tensor = attributes.get(`${name}_as_tensor`)?.tensor;
  return tensor == null ? floats : floats + tensor.dims.reduce((product, size) => product * size, 1);
}

function shapeFaults(trees: Trees, features: number): readonly string[] {
  const { tree, node, feature, isLeaf, targets } = trees;
  const faults: string[] = [];
  const stray = feature.findIndex((id, at) => !isLeaf[at] && !isWithin(id, features));
  if (stray >= 0) faults.push(`it reads feature ${feature[stray]} of ${features}`);
  if (!trees.target.every((id) => isWithin(id, targets))) faults.push(`it has a target out of ${targets}`);
  const spans = spansOf(tree);
  if (spans === null) return [...faults, 'the nodes of one of its trees do not stand together'];
  const places = placesOf(spans, node);
  if (places === null) return [...faults, 'the nodes of one of its trees are not numbered from 0 on'];
  const strayLeaf = trees.leafTree.some((id, at) => {
    const span = spans.get(id);
    const child = trees.leafNode[at]!;
    return span === undefined || !isWithin(child, span.to - span.from) || !isLeaf[places[span.from + child]!];
  });
  if (strayLeaf) faults.push('it gives a weight to a node that is no leaf');
  for (const [id, span] of spans) {
    const fault = walkFault(id, span, trees, places);
    if (fault !== null) return [...faults, fault];
  }
  return faults;
}

function isWithin(id: number, end: number): boolean {
  return Number.isInteger(id) && id >= 0 && id < end;
}

/** Nodes [from, to) of one tree. */
interface TreeSpan {
  readonly from: number;
  readonly to: number;
}

/** By number of the tree; null where a tree begins a second time. */
function spansOf(tree: readonly number[]): ReadonlyMap<number, TreeSpan> | null {
  const spans = new Map<number, TreeSpan>();
  for (let from = 0; from < tree.length; ) {
    let to = from + 1;
    while (to < tree.length && tree[to] === tree[from]) to += 1;
    if (spans.has(tree[from]!)) return null;
    spans.set(tree[from]!, { from, to });
    from = to;
  }
  return spans;
}

/** Place in the lists by first place of the tree + number of the node; null where the numbers of a tree are not 0, 1, 2, … */
function placesOf(spans: ReadonlyMap<number, TreeSpan>, node: readonly number[]): Int32Array | null {
  const places = new Int32Array(node.length).fill(-1);
  for (const { from, to } of spans.values()) {
    for (let at = from; at < to; at += 1) {
      const id = node[at]!;
      if (!isWithin(id, to - from) || places[from + id] !== -1) return null;
      places[from + id] = at;
    }
  }
  return places;
}

/** Walks a tree from its first node. A node that is reached twice, or never, has no one parent. */
function walkFault(
  tree: number,
  { from, to }: TreeSpan,
  { whenTrue, whenFalse, isLeaf }: Trees,
  places: Int32Array,
): string | null {
  const depth = new Int32Array(to - from).fill(-1);
  depth[0] = 0;
  const open = [from];
  let reached = 0;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    reached += 1;
    if (isLeaf[at]) continue;
    for (const child of [whenTrue[at]!, whenFalse[at]!]) {
      if (!isWithin(child, to - from))
        return `a branch of tree ${tree} leads to node ${child}, which is not there`;
      const place = places[from + child]!;
      if (depth[place - from] !== -1) return `tree ${tree} reaches node ${child} twice: it is no tree`;
      depth[place - from] = depth[at - from]! + 1;
      if (depth[place - from]! > depthMax) return `tree ${tree} is deeper than ${depthMax}`;
      open.push(place);
    }
  }
  return reached === to - from ? null : `some nodes of tree ${tree} cannot be reached from its first`;
}
