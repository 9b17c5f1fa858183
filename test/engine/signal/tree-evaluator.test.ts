import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { openSession } from '../../../engine/signal/session.ts';
import { type TreeEnsemble, treeEnsembleOf } from '../../../engine/signal/tree-ensemble.ts';
import { treeEvaluator } from '../../../engine/signal/tree-evaluator.ts';
import { layOut } from '../../../engine/signal/tree-layout.ts';
import { provenEvaluator } from '../../../engine/signal/tree-proof.ts';
import {
  ensembleOfForest,
  madeUpForest,
  madeUpRows,
  treeEnsembleGraph,
} from '../../../scenarios/bench/forest.ts';

const runtime = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' } as const;

async function byRuntime(graph: Uint8Array, rows: Float32Array, features: number): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(graph, runtime);
  const input = new ort.Tensor('float32', rows, [rows.length / features, features]);
  const { output } = await session.run({ features: input });
  await session.release();
  return output!.data as Float32Array;
}

function byEvaluator(graph: Uint8Array, rows: Float32Array, features: number): Float32Array {
  const ensemble = treeEnsembleOf(graph)!;
  const outputs = new Float32Array((rows.length / features) * ensemble.targets);
  treeEvaluator(layOut(ensemble)!, features).evaluate(rows, outputs);
  return outputs;
}

const bitsOf = (values: Float32Array) => new Int32Array(values.buffer, values.byteOffset, values.length);

interface Node {
  readonly feature: number;
  readonly threshold: number;
  readonly mode: string;
  readonly missingTrue: boolean;
  readonly whenTrue: Tree;
  readonly whenFalse: Tree;
}
type Tree = Node | { readonly weight: number };

const FEATURES = 5;
/** Both zeros, neighbours, the least float, and the greatest. */
const edges = [
  0,
  -0,
  1,
  1 + 2 ** -23,
  1 - 2 ** -24,
  -1,
  -1 - 2 ** -23,
  2 ** -149,
  -(2 ** -149),
  3.4028234663852886e38,
];
const anyFloat = fc.oneof(fc.constantFrom(...edges), fc.float({ noNaN: true, noDefaultInfinity: true }));
/** Doubles beside floats, and others that are far from any. */
const anyThreshold = fc.oneof(
  anyFloat,
  fc.constantFrom(...edges).map((edge) => edge * (1 + 2 ** -40) + 2 ** -160),
  fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
);

const anyTree = (targets: number) =>
  fc
    .letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 7, depthSize: 'large' },
        fc.record({ weight: fc.double({ noNaN: true, min: -8, max: 8 }) }),
        fc.record({
          feature: fc.nat(FEATURES - 1),
          threshold: anyThreshold,
          mode: fc.constantFrom('BRANCH_LT', 'BRANCH_LEQ', 'BRANCH_GT', 'BRANCH_GTE'),
          missingTrue: fc.boolean(),
          whenTrue: tie('tree'),
          whenFalse: tie('tree'),
        }),
      ),
    }))
    .tree.chain((tree) =>
      fc.record({
        tree: fc.constant(tree),
        targets: fc.subarray([0, 1, 2].slice(0, targets), { minLength: 1 }),
      }),
    );

const anyForest = fc.integer({ min: 1, max: 3 }).chain((targets) =>
  fc.record({
    precision: fc.constantFrom('single', 'double'),
    trees: fc.array(anyTree(targets), { minLength: 1, maxLength: 12 }),
    baseValues: fc.array(fc.double({ noNaN: true, min: -2, max: 2 }), {
      minLength: targets,
      maxLength: targets,
    }),
  }),
);

function ensembleOf(
  precision: TreeEnsemble['precision'],
  trees: readonly { tree: Tree; targets: readonly number[] }[],
  baseValues: readonly number[],
): TreeEnsemble {
  const nodes: {
    tree: number;
    id: number;
    node: Tree;
    whenTrue: number;
    whenFalse: number;
    targets: readonly number[];
  }[] = [];
  const stored = (value: number) => (precision === 'single' ? Math.fround(value) : value);
  for (const [tree, { tree: root, targets }] of trees.entries()) {
    let next = 0;
    const add = (node: Tree): number => {
      const entry = { tree, id: next, node, whenTrue: 0, whenFalse: 0, targets };
      next += 1;
      nodes.push(entry);
      if (!('weight' in node)) {
        entry.whenTrue = add(node.whenTrue);
        entry.whenFalse = add(node.whenFalse);
      }
      return entry.id;
    };
    add(root);
  }
  const splits = nodes.map(({ node }) => ('weight' in node ? null : node));
  const leaves = nodes.flatMap(({ tree, id, node, targets }) =>
    'weight' in node ? targets.map((target) => ({ tree, id, target, weight: node.weight + target / 3 })) : [],
  );
  return {
    targets: baseValues.length,
    precision,
    baseValues: Float64Array.from(baseValues, stored),
    nodes: {
      treeIds: Float64Array.from(nodes, ({ tree }) => tree),
      ids: Float64Array.from(nodes, ({ id }) => id),
      features: Float64Array.from(splits, (split) => split?.feature ?? 0),
      thresholds: Float64Array.from(splits, (split) => stored(split?.threshold ?? 0)),
      modes: splits.map((split) => split?.mode ?? 'LEAF'),
      trueIds: Float64Array.from(nodes, ({ whenTrue }) => whenTrue),
      falseIds: Float64Array.from(nodes, ({ whenFalse }) => whenFalse),
      missingTrue: Float64Array.from(splits, (split) => (split?.missingTrue === true ? 1 : 0)),
    },
    leaves: {
      treeIds: Float64Array.from(leaves, ({ tree }) => tree),
      nodeIds: Float64Array.from(leaves, ({ id }) => id),
      targets: Float64Array.from(leaves, ({ target }) => target),
      weights: Float64Array.from(leaves, ({ weight }) => stored(weight)),
    },
  };
}

describe('the tree evaluator', () => {
  it('gives the bits of the general runtime for any trees, orders, NaN and values on thresholds', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyForest,
        fc.array(fc.oneof(anyFloat, fc.constant(Number.NaN), fc.nat(400)), { minLength: 1, maxLength: 90 }),
        async ({ precision, trees, baseValues }, picks) => {
          const ensemble = ensembleOf(precision, trees, baseValues);
          // A target without a tree is left to the runtime.
          fc.pre(new Set(trees.flatMap(({ targets }) => targets)).size === baseValues.length);
          expect(layOut(ensemble)).not.toBeNull();
          const thresholds = ensemble.nodes.thresholds;
          // Whole numbers stand for thresholds of the forest itself.
          const cells = picks.map((pick, at) =>
            Number.isInteger(pick) && pick > 1 ? thresholds[(pick + at) % thresholds.length]! : pick,
          );
          const rows = Float32Array.from(
            { length: FEATURES * cells.length },
            (_, cell) => cells[(cell * 7) % cells.length]!,
          );
          const graph = treeEnsembleGraph(ensemble, FEATURES);
          expect(bitsOf(byEvaluator(graph, rows, FEATURES))).toEqual(
            bitsOf(await byRuntime(graph, rows, FEATURES)),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('ranks features with more thresholds than a byte counts', async () => {
    const shape = { trees: 120, depth: 6, features: 3, thresholds: 5000, seed: 3 };
    const ensemble = ensembleOfForest(madeUpForest(shape));
    const graph = treeEnsembleGraph(ensemble, shape.features);
    const rows = madeUpRows(2000, shape.features, 5);
    for (let cell = 0; cell < 1500; cell += 1) rows[cell] = ensemble.nodes.thresholds[cell * 3]!;
    expect(bitsOf(byEvaluator(graph, rows, shape.features))).toEqual(
      bitsOf(await byRuntime(graph, rows, shape.features)),
    );
  });

  it('gives a row the same bits alone and among others', () => {
    const shape = { trees: 40, depth: 5, features: 9, thresholds: 200, seed: 8 };
    const graph = treeEnsembleGraph(ensembleOfForest(madeUpForest(shape)), shape.features);
    const rows = madeUpRows(150, shape.features, 2);
    const all = byEvaluator(graph, rows, shape.features);
    for (const row of [0, 63, 64, 149]) {
      const alone = rows.slice(row * shape.features, (row + 1) * shape.features);
      expect(byEvaluator(graph, alone, shape.features)[0]).toBe(all[row]);
    }
  });

  it('leaves to the general runtime what it cannot lay out', () => {
    const ensemble = ensembleOfForest(
      madeUpForest({ trees: 1, depth: 3, features: 2, thresholds: 9, seed: 1 }),
    );
    const withModes = (modes: readonly string[]) => ({ ...ensemble, nodes: { ...ensemble.nodes, modes } });
    expect(layOut(ensemble)).not.toBeNull();
    expect(
      layOut(withModes(ensemble.nodes.modes.map((mode) => (mode === 'LEAF' ? mode : 'BRANCH_EQ')))),
    ).toBeNull();
    const deep = madeUpForest({ trees: 1, depth: 9, features: 2, thresholds: 9, seed: 1 });
    expect(layOut(ensembleOfForest(deep))).toBeNull();
    const twice = {
      ...ensemble.leaves,
      nodeIds: ensemble.leaves.nodeIds.map(() => ensemble.leaves.nodeIds[0]!),
    };
    expect(layOut({ ...ensemble, leaves: twice })).toBeNull();
  });
});

describe('the proof before use', () => {
  const shape = { trees: 30, depth: 6, features: 12, thresholds: 250, seed: 4 };
  const graph = treeEnsembleGraph(ensembleOfForest(madeUpForest(shape)), shape.features);

  it('takes the evaluator where the runtime agrees, and not where one bit of one row differs', async () => {
    const honest = (rows: Float32Array) => byRuntime(graph, rows, shape.features);
    expect(await provenEvaluator(graph, shape.features, honest)).not.toBeNull();
    const other = async (rows: Float32Array) => {
      const outputs = await honest(rows);
      outputs[77] = Math.fround(outputs[77]! * (1 + 2 ** -22));
      return outputs;
    };
    expect(await provenEvaluator(graph, shape.features, other)).toBeNull();
  });

  it('has probes that reach both branches of nearly every node', async () => {
    const counts = { reached: 0, all: 0 };
    const ensemble = ensembleOfForest(madeUpForest(shape));
    await provenEvaluator(graph, shape.features, async (rows) => {
      const { nodes } = ensemble;
      const outcomes = new Map<number, Set<boolean>>();
      for (let row = 0; row < rows.length / shape.features; row += 1) {
        for (let node = 0; node < nodes.ids.length; node += 1) {
          if (nodes.modes[node] === 'LEAF') continue;
          const value = rows[row * shape.features + nodes.features[node]!]!;
          const isTrue = Number.isNaN(value)
            ? nodes.missingTrue[node] === 1
            : value < nodes.thresholds[node]!;
          outcomes.set(node, (outcomes.get(node) ?? new Set()).add(isTrue));
        }
      }
      counts.all = outcomes.size;
      counts.reached = [...outcomes.values()].filter(({ size }) => size === 2).length;
      return byRuntime(graph, rows, shape.features);
    });
    expect(counts.reached / counts.all).toBeGreaterThan(0.99);
  });

  it('lets a session give the same bits through the evaluator as the runtime gives', async () => {
    const rows = madeUpRows(200, shape.features, 6);
    const session = await openSession(graph);
    const outputs = await session.run(rows, 200, [shape.features]);
    await session.close();
    expect(bitsOf(outputs)).toEqual(bitsOf(await byRuntime(graph, rows, shape.features)));
  });
});
