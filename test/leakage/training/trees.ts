/**
 * Boosted trees over binned features with logistic loss, as J. H. Friedman describes them ("Greedy function approximation", 2001), grown
 * level by level with the second-order gain of T. Chen and C. Guestrin (2016). Enough to learn what persistent features remember.
 */
export interface TreeOptions {
  readonly trees: number;
  readonly depth: number;
  readonly learningRate: number;
  /** Ridge on leaf values. */
  readonly lambda: number;
}

/** Features by column, one value a row; NaN falls into the lowest bin. */
export type Columns = readonly Float32Array[];

export interface FittedTrees {
  /** Log-odds of the rows after each of the first `trees` trees; after all of them if absent. */
  logits(columns: Columns, rows: Int32Array, trees?: number): Float64Array;
}

interface Tree {
  /** By node of a complete binary tree, root 0: feature of the split, -1 for a leaf. */
  readonly feature: Int16Array;
  readonly threshold: Float32Array;
  readonly value: Float64Array;
}

const BINS = 32;

export function fitTrees(
  columns: Columns,
  labels: Float64Array,
  rows: Int32Array,
  options: TreeOptions,
): FittedTrees {
  const edges = columns.map((column) => binEdges(column, rows));
  const bins = binsOf(columns, rows, edges);
  const positives = rows.reduce((sum, row) => sum + labels[row]!, 0);
  const prior = Math.log((positives + 1) / (rows.length - positives + 1));
  const logits = new Float64Array(rows.length).fill(prior);
  const [gradient, hessian] = [new Float64Array(rows.length), new Float64Array(rows.length)];
  const trees: Tree[] = [];
  for (let count = 0; count < options.trees; count += 1) {
    for (let at = 0; at < rows.length; at += 1) {
      const p = 1 / (1 + Math.exp(-logits[at]!));
      gradient[at] = labels[rows[at]!]! - p;
      hessian[at] = p * (1 - p);
    }
    trees.push(growTree({ bins, edges, gradient, hessian, logits }, options));
  }
  return {
    logits: (from, asked, first = trees.length) =>
      Float64Array.from(asked, (row) =>
        trees.slice(0, first).reduce((sum, tree) => sum + valueAt(tree, from, row), prior),
      ),
  };
}

/** Upper edges of all bins but the last, ascending and distinct. */
function binEdges(column: Float32Array, rows: Int32Array): Float32Array {
  const sorted = Float32Array.from(rows, (row) => column[row]!)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const edges = Array.from(
    { length: BINS - 1 },
    (_, bin) => sorted[Math.floor(((bin + 1) * sorted.length) / BINS)] ?? Number.NaN,
  );
  return Float32Array.from([...new Set(edges)].filter((edge) => !Number.isNaN(edge)));
}

/** `[row][feature]`. */
function binsOf(columns: Columns, rows: Int32Array, edges: readonly Float32Array[]): Uint8Array {
  const bins = new Uint8Array(rows.length * columns.length);
  for (const [feature, column] of columns.entries()) {
    const own = edges[feature]!;
    for (let at = 0; at < rows.length; at += 1) {
      const value = column[rows[at]!]!;
      let [low, high] = [0, own.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (value >= own[middle]!) low = middle + 1;
        else high = middle;
      }
      bins[at * columns.length + feature] = low;
    }
  }
  return bins;
}

interface Growing {
  readonly bins: Uint8Array;
  readonly edges: readonly Float32Array[];
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  /** Moved on by the tree's values. */
  readonly logits: Float64Array;
}

function growTree(growing: Growing, { depth, learningRate, lambda }: TreeOptions): Tree {
  const nodes = 2 ** (depth + 1) - 1;
  const tree = {
    feature: new Int16Array(nodes).fill(-1),
    threshold: new Float32Array(nodes),
    value: new Float64Array(nodes),
  };
  const { bins, edges, logits } = growing;
  const nodeOf = new Int32Array(logits.length);
  const splitBin = new Int16Array(nodes);
  for (let level = 0; level <= depth; level += 1) {
    const [first, width] = [2 ** level - 1, 2 ** level];
    const sums = histograms(growing, nodeOf, first, width);
    for (let node = 0; node < width; node += 1) {
      const best = bestSplit(sums, node, edges, lambda);
      tree.value[first + node] = (learningRate * best.gradient) / (best.hessian + lambda);
      if (level === depth || best.feature < 0) continue;
      tree.feature[first + node] = best.feature;
      tree.threshold[first + node] = edges[best.feature]![best.bin]!;
      splitBin[first + node] = best.bin;
    }
    for (let at = 0; at < nodeOf.length; at += 1) {
      const node = nodeOf[at]!;
      const feature = tree.feature[node]!;
      if (node >= first && feature >= 0)
        nodeOf[at] = 2 * node + (bins[at * edges.length + feature]! <= splitBin[node]! ? 1 : 2);
    }
  }
  for (let at = 0; at < logits.length; at += 1) logits[at] = logits[at]! + tree.value[nodeOf[at]!]!;
  return tree;
}

/** `[node][feature][bin][gradient, hessian]` sums over the rows of a level's nodes. */
function histograms(
  { bins, edges, gradient, hessian }: Growing,
  nodeOf: Int32Array,
  first: number,
  width: number,
): Float64Array {
  const features = edges.length;
  const sums = new Float64Array(width * features * BINS * 2);
  for (let at = 0; at < nodeOf.length; at += 1) {
    const node = nodeOf[at]! - first;
    if (node < 0) continue;
    const [g, h] = [gradient[at]!, hessian[at]!];
    for (let feature = 0; feature < features; feature += 1) {
      const cell = ((node * features + feature) * BINS + bins[at * features + feature]!) * 2;
      sums[cell] = sums[cell]! + g;
      sums[cell + 1] = sums[cell + 1]! + h;
    }
  }
  return sums;
}

function bestSplit(sums: Float64Array, node: number, edges: readonly Float32Array[], lambda: number) {
  const from = node * edges.length * BINS * 2;
  let [allGradient, allHessian] = [0, 0];
  for (let bin = 0; bin < BINS; bin += 1) {
    allGradient += sums[from + bin * 2]!;
    allHessian += sums[from + bin * 2 + 1]!;
  }
  const gainOf = (g: number, h: number) => (g * g) / (h + lambda);
  let [most, found, at] = [gainOf(allGradient, allHessian) + 1e-9, -1, 0];
  if (allHessian === 0) return { feature: found, bin: at, gradient: 0, hessian: 0 };
  for (let feature = 0; feature < edges.length; feature += 1) {
    let [g, h] = [0, 0];
    for (let bin = 0; bin < edges[feature]!.length; bin += 1) {
      const cell = from + (feature * BINS + bin) * 2;
      g += sums[cell]!;
      h += sums[cell + 1]!;
      const gain = gainOf(g, h) + gainOf(allGradient - g, allHessian - h);
      if (gain > most) [most, found, at] = [gain, feature, bin];
    }
  }
  return { feature: found, bin: at, gradient: allGradient, hessian: allHessian };
}

function valueAt({ feature, threshold, value }: Tree, columns: Columns, row: number): number {
  let node = 0;
  while (feature[node]! >= 0) node = 2 * node + (columns[feature[node]!]![row]! >= threshold[node]! ? 2 : 1);
  return value[node]!;
}
