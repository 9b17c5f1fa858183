/**
 * A forest laid out for evaluation by comparisons of bytes. Every feature's thresholds are ranked; a value is replaced by how many
 * of them lie below it, and a node asks whether that rank is above its own. Source: rank quantisation as in RapidScorer (Ye et al.
 * 2018); the intervals of leaves are those of QuickScorer (Lucchese et al. 2015).
 */
import type { TreeEnsemble } from './tree-ensemble.ts';

/** Thresholds of one feature, at most 255 of them: what falls into it is one byte. */
export interface ThresholdSlice {
  readonly feature: number;
  /** Ascending, different. A value is ranked by how many of them lie below it. */
  readonly thresholds: Float32Array;
  /** Row of ranks with NaN as 0 (NaN goes where small values go), -1 where no node reads it. */
  readonly rowMissingTrue: number;
  /** Row of ranks with NaN as 255. */
  readonly rowMissingFalse: number;
}

/** Parallel, an entry a node, trees one after the other, parents before their children. */
export interface LaidOutNodes {
  /** Row of ranks. */
  readonly row: Int32Array;
  /** The true branch is taken where the rank is at most this. */
  readonly rank: Uint8Array;
  /** First leaf below the node, and first leaf below its false branch. */
  readonly first: Uint8Array;
  readonly middle: Uint8Array;
}

export interface TreeLayout {
  readonly precision: TreeEnsemble['precision'];
  readonly targets: number;
  readonly baseValues: Float64Array;
  /** One more than the highest feature that is read. */
  readonly featuresMin: number;
  readonly rows: number;
  readonly slices: readonly ThresholdSlice[];
  readonly nodes: LaidOutNodes;
  /** Parallel, an entry a tree: end of its nodes, start of its leaves, the target that it adds to. */
  readonly trees: {
    readonly nodeEnd: Int32Array;
    readonly leafStart: Int32Array;
    readonly target: Int32Array;
  };
  readonly leafValues: Float64Array;
}

const sliceThresholdsMax = 255;
const treeLeavesMax = 256;

interface Split {
  readonly feature: number;
  /** The true branch is taken where value <= threshold. */
  readonly threshold: number;
  readonly isMissingTrue: boolean;
  readonly first: number;
  middle: number;
}

interface WalkedTree {
  readonly splits: readonly Split[];
  readonly leaves: readonly number[];
  readonly target: number;
}

/**
 * A tree whose leaves have weights for several targets stands once for each of them. Null where a tree has more than 256 leaves, a
 * mode that is no order, leaves that are not all for the same targets, or is no tree, and where a target has no tree at all: such forests are left to the general runtime.
 */
export function layOut(ensemble: TreeEnsemble): TreeLayout | null {
  const { baseValues, targets, precision } = ensemble;
  if (baseValues.length !== 0 && baseValues.length !== targets) return null;
  const trees = walkTrees(ensemble);
  if (trees === null) return null;
  // The runtime leaves the base value out of a target that no tree adds to.
  const known = new Set(trees.map(({ target }) => target));
  if (known.size !== targets || [...known].some((target) => target >= targets)) return null;
  const slices = new ThresholdSlices(trees);
  const count = trees.reduce((sum, { splits }) => sum + splits.length, 0);
  const nodes = {
    row: new Int32Array(count),
    ...{ rank: new Uint8Array(count), first: new Uint8Array(count), middle: new Uint8Array(count) },
  };
  const table = {
    nodeEnd: new Int32Array(trees.length),
    leafStart: new Int32Array(trees.length),
    target: Int32Array.from(trees, ({ target }) => target),
  };
  let [node, leaf] = [0, 0];
  for (const [tree, { splits, leaves }] of trees.entries()) {
    table.leafStart[tree] = leaf;
    leaf += leaves.length;
    for (const split of splits) {
      const { row, rank } = slices.placeOf(split);
      nodes.row[node] = row;
      nodes.rank[node] = rank;
      nodes.first[node] = split.first;
      nodes.middle[node] = split.middle;
      node += 1;
    }
    table.nodeEnd[tree] = node;
  }
  return {
    ...{ precision, targets, baseValues, nodes, trees: table, slices: slices.list(), rows: slices.rows },
    featuresMin: slices.featuresMin,
    leafValues: Float64Array.from(trees.flatMap(({ leaves }) => leaves)),
  };
}

interface Walk {
  readonly ensemble: TreeEnsemble;
  /** Node of a tree's id; undefined where the tree has none. */
  readonly nodeOf: (id: number) => number | undefined;
  /** By node: its first entry among the leaves' weights; by entry: the next one of the same node. -1 for none. */
  readonly firstEntry: Int32Array;
  readonly nextEntry: Int32Array;
  readonly splits: Split[];
  /** By target, parallel. */
  readonly leaves: Map<number, number[]>;
  readonly seen: Uint8Array;
  leafCount: number;
}

function walkTrees(ensemble: TreeEnsemble): WalkedTree[] | null {
  const trees = spansOfTrees(ensemble);
  if (trees === null) return null;
  const { leaves, nodes } = ensemble;
  const firstEntry = new Int32Array(nodes.ids.length).fill(-1);
  const nextEntry = new Int32Array(leaves.weights.length).fill(-1);
  // From the last to the first, so that a node's entries are found in their order.
  for (let entry = leaves.weights.length - 1; entry >= 0; entry -= 1) {
    const node = trees.get(leaves.treeIds[entry]!)?.nodeOf(leaves.nodeIds[entry]!);
    if (node === undefined || nodes.modes[node] !== 'LEAF') return null;
    nextEntry[entry] = firstEntry[node]!;
    firstEntry[node] = entry;
  }
  const seen = new Uint8Array(nodes.ids.length);
  const walked: WalkedTree[] = [];
  for (const { root, nodeOf } of trees.values()) {
    const found = { splits: [], leaves: new Map(), leafCount: 0 };
    const walk: Walk = { ensemble, nodeOf, firstEntry, nextEntry, seen, ...found };
    if (!walkNode(walk, root)) return null;
    for (const [target, values] of walk.leaves) {
      if (values.length !== walk.leafCount) return null;
      walked.push({ splits: walk.splits, leaves: values, target });
    }
  }
  return walked;
}

type NodeOf = (id: number) => number | undefined;

/** Trees in the order of their first nodes, which are their roots. Null where a tree's nodes do not lie together, or share an id. */
function spansOfTrees({ nodes: { treeIds, ids } }: TreeEnsemble) {
  const trees = new Map<number, { readonly root: number; readonly nodeOf: NodeOf }>();
  for (let from = 0; from < ids.length; ) {
    const tree = treeIds[from]!;
    let to = from;
    let isCounted = true;
    for (; to < ids.length && treeIds[to] === tree; to += 1) isCounted &&= ids[to] === to - from;
    const nodeOf = isCounted ? countedNodes(from, to) : namedNodes(ids, from, to);
    if (nodeOf === null || trees.has(tree)) return null;
    trees.set(tree, { root: from, nodeOf });
    from = to;
  }
  return trees;
}

function countedNodes(from: number, to: number): NodeOf {
  return (id) => (id >= 0 && id < to - from ? from + id : undefined);
}

function namedNodes(ids: Float64Array, from: number, to: number): NodeOf | null {
  const places = new Map<number, number>();
  for (let node = from; node < to; node += 1) places.set(ids[node]!, node);
  return places.size === to - from ? (id) => places.get(id) : null;
}

/** Adds what lies below a node, the branch of small values first. False where that is no tree of the kind wanted. */
function walkNode(walk: Walk, node: number | undefined): boolean {
  const { splits, ensemble, seen } = walk;
  const { nodes } = ensemble;
  if (node === undefined || seen[node] === 1) return false;
  // A tree has one split less than leaves; a chain without end must not exhaust the stack.
  if (walk.leafCount >= treeLeavesMax || splits.length >= treeLeavesMax) return false;
  seen[node] = 1;
  const mode = nodes.modes[node]!;
  if (mode === 'LEAF') return addLeaf(walk, node);
  const order = orderOf(mode, nodes.thresholds[node]!);
  if (order === null) return false;
  const [whenTrue, whenFalse] = [nodes.trueIds[node]!, nodes.falseIds[node]!];
  const split: Split = {
    feature: nodes.features[node]!,
    threshold: order.threshold,
    isMissingTrue: (nodes.missingTrue[node]! !== 0) !== order.isSwapped,
    first: walk.leafCount,
    middle: 0,
  };
  splits.push(split);
  if (!walkNode(walk, walk.nodeOf(order.isSwapped ? whenFalse : whenTrue))) return false;
  split.middle = walk.leafCount;
  return walkNode(walk, walk.nodeOf(order.isSwapped ? whenTrue : whenFalse));
}

/** False where the leaf has no weight, or two for one target. */
function addLeaf(walk: Walk, node: number): boolean {
  const { targets, weights } = walk.ensemble.leaves;
  let entry = walk.firstEntry[node]!;
  if (entry < 0) return false;
  for (; entry >= 0; entry = walk.nextEntry[entry]!) {
    const values = walk.leaves.get(targets[entry]!) ?? [];
    if (values.length !== walk.leafCount) return false;
    values.push(weights[entry]!);
    walk.leaves.set(targets[entry]!, values);
  }
  walk.leafCount += 1;
  return true;
}

/** Any order as value <= threshold; swapped where the true branch is that of large values. Null for modes that are no order. */
function orderOf(mode: string, threshold: number): { threshold: number; isSwapped: boolean } | null {
  if (!Number.isFinite(threshold)) return null;
  const isSwapped = mode === 'BRANCH_GT' || mode === 'BRANCH_GTE';
  if (mode === 'BRANCH_LEQ' || mode === 'BRANCH_GT') return { threshold: floatUpTo(threshold), isSwapped };
  if (mode === 'BRANCH_LT' || mode === 'BRANCH_GTE') return { threshold: floatBelow(threshold), isSwapped };
  return null;
}

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/** The largest float32 that is not above a double: a float32 is at most the one where it is at most the other. */
function floatUpTo(threshold: number): number {
  const nearest = Math.fround(threshold);
  return nearest > threshold ? floatBefore(nearest) : nearest + 0;
}

/** The largest float32 below a double: value < threshold is value <= this. */
function floatBelow(threshold: number): number {
  const nearest = Math.fround(threshold);
  return nearest >= threshold ? floatBefore(nearest) : nearest + 0;
}

function floatBefore(value: number): number {
  floats[0] = value;
  if (value === 0) bits[0] = 0x8000_0001 | 0;
  else bits[0] = bits[0]! + (value > 0 ? -1 : 1);
  return floats[0]!;
}

interface MutableSlice {
  readonly feature: number;
  readonly thresholds: Float32Array;
  rowMissingTrue: number;
  rowMissingFalse: number;
}

/** Slices of thresholds by feature, and the rows of ranks that nodes read; a row exists once a node asked for it. */
class ThresholdSlices {
  readonly #byFeature = new Map<number, { readonly sorted: Float32Array; readonly slices: MutableSlice[] }>();
  #rows = 0;

  constructor(trees: readonly WalkedTree[]) {
    const found = new Map<number, Set<number>>();
    for (const { splits } of trees) {
      for (const { feature, threshold } of splits) {
        const thresholds = found.get(feature);
        if (thresholds === undefined) found.set(feature, new Set([threshold]));
        else thresholds.add(threshold);
      }
    }
    for (const feature of [...found.keys()].sort((a, b) => a - b)) {
      const sorted = Float32Array.from(found.get(feature)!).sort();
      const slices: MutableSlice[] = [];
      for (let from = 0; from < sorted.length; from += sliceThresholdsMax) {
        const thresholds = sorted.slice(from, from + sliceThresholdsMax);
        slices.push({ feature, thresholds, rowMissingTrue: -1, rowMissingFalse: -1 });
      }
      this.#byFeature.set(feature, { sorted, slices });
    }
  }

  get rows(): number {
    return this.#rows;
  }

  get featuresMin(): number {
    return Math.max(0, ...[...this.#byFeature.keys()].map((feature) => feature + 1));
  }

  list(): readonly ThresholdSlice[] {
    return [...this.#byFeature.values()].flatMap(({ slices }) => slices);
  }

  placeOf({ feature, threshold, isMissingTrue }: Split): { row: number; rank: number } {
    const { sorted, slices } = this.#byFeature.get(feature)!;
    const place = countBelow(sorted, threshold);
    const slice = slices[Math.floor(place / sliceThresholdsMax)]!;
    const key = isMissingTrue ? 'rowMissingTrue' : 'rowMissingFalse';
    if (slice[key] < 0) {
      slice[key] = this.#rows;
      this.#rows += 1;
    }
    return { row: slice[key], rank: place % sliceThresholdsMax };
  }
}

function countBelow(sorted: Float32Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
