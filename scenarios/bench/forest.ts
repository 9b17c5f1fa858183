/** Made-up forests of a given size, as an ONNX graph and as XGBoost's own JSON: the same trees for every evaluator. */
import { mix32 } from '../../engine/journal/digest.ts';
import type { TreeEnsemble } from '../../engine/signal/tree-ensemble.ts';

export interface ForestShape {
  readonly trees: number;
  readonly depth: number;
  readonly features: number;
  /** Different thresholds a feature, as histogram boosters have them. */
  readonly thresholds: number;
  readonly seed: number;
}

/** One tree: nodes in XGBoost's order, children -1 for a leaf, whose value stands in `condition`. */
interface MadeUpTree {
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly feature: readonly number[];
  readonly condition: Float32Array;
  readonly defaultLeft: readonly number[];
}

export type Forest = readonly MadeUpTree[];

/** Complete trees over thresholds that cut the unit interval evenly, NaN sent either way, leaves of the size of a late tree's. */
export function madeUpForest({ trees, depth, features, thresholds, seed }: ForestShape): Forest {
  return Array.from({ length: trees }, (_, tree) => {
    const word = (node: number, what: number) => mix32(mix32(seed, tree * 64 + what), node) >>> 0;
    const nodes = 2 ** (depth + 1) - 1;
    const inner = 2 ** depth - 1;
    const list = <T>(value: (node: number) => T) => Array.from({ length: nodes }, (__, node) => value(node));
    return {
      left: list((node) => (node < inner ? 2 * node + 1 : -1)),
      right: list((node) => (node < inner ? 2 * node + 2 : -1)),
      feature: list((node) => (node < inner ? word(node, 1) % features : 0)),
      condition: Float32Array.from(
        list((node) =>
          node < inner
            ? (1 + (word(node, 2) % thresholds)) / (thresholds + 1)
            : (word(node, 3) / 2 ** 32 - 0.5) / 20,
        ),
      ),
      defaultLeft: list((node) => (node < inner ? word(node, 4) % 2 : 0)),
    };
  });
}

/** Rows of values of the unit interval, one in a hundred absent. */
export function madeUpRows(rows: number, features: number, seed: number): Float32Array {
  return Float32Array.from({ length: rows * features }, (_, cell) => {
    const word = mix32(seed, cell) >>> 0;
    return word % 100 === 0 ? Number.NaN : word / 2 ** 32;
  });
}

export function ensembleOfForest(forest: Forest): TreeEnsemble {
  const places = forest.flatMap((tree, id) => tree.left.map((left, node) => ({ tree, id, node, left })));
  const branches = <T>(value: (place: (typeof places)[number]) => T) => places.map(value);
  const leaves = places.filter(({ left }) => left < 0);
  return {
    ...{ precision: 'single', targets: 1, baseValues: Float64Array.of(0) },
    nodes: {
      treeIds: Float64Array.from(branches(({ id }) => id)),
      ids: Float64Array.from(branches(({ node }) => node)),
      features: Float64Array.from(branches(({ tree, node }) => tree.feature[node]!)),
      thresholds: Float64Array.from(
        branches(({ tree, node, left }) => (left < 0 ? 0 : tree.condition[node]!)),
      ),
      modes: branches(({ left }) => (left < 0 ? 'LEAF' : 'BRANCH_LT')),
      trueIds: Float64Array.from(branches(({ left }) => Math.max(0, left))),
      falseIds: Float64Array.from(branches(({ tree, node }) => Math.max(0, tree.right[node]!))),
      missingTrue: Float64Array.from(branches(({ tree, node }) => tree.defaultLeft[node]!)),
    },
    leaves: {
      treeIds: Float64Array.from(leaves, ({ id }) => id),
      nodeIds: Float64Array.from(leaves, ({ node }) => node),
      targets: new Float64Array(leaves.length),
      weights: Float64Array.from(leaves, ({ tree, node }) => tree.condition[node]!),
    },
  };
}

const encoder = new TextEncoder();
const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Uint8Array.of(...bytes, rest);
}

const numberField = (field: number, value: number) => joined([varint(field * 8), varint(value)]);
const bytesField = (field: number, bytes: Uint8Array) =>
  joined([varint(field * 8 + 2), varint(bytes.length), bytes]);
const textField = (field: number, text: string) => bytesField(field, encoder.encode(text));

/** The graph of a forest: `features` [N, features] in, `output` [N, targets] out. */
export function treeEnsembleGraph(ensemble: TreeEnsemble, features: number): Uint8Array {
  const { precision, nodes, leaves, baseValues, targets } = ensemble;
  const attribute = (name: string, type: number, content: Uint8Array) =>
    bytesField(5, joined([textField(1, name), content, numberField(20, type)]));
  const integers = (name: string, values: Float64Array) =>
    attribute(name, 7, joined(Array.from(values, (value) => numberField(8, value))));
  const isDouble = precision === 'double';
  const bytesOf = (values: Float32Array | Float64Array) =>
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const floats = (name: string, values: Float64Array) => {
    if (!isDouble) return attribute(name, 6, bytesField(7, bytesOf(Float32Array.from(values))));
    const tensor = [numberField(1, values.length), numberField(2, 11), bytesField(9, bytesOf(values))];
    return attribute(`${name}_as_tensor`, 4, bytesField(5, joined(tensor)));
  };
  const text = (name: string, value: string) => attribute(name, 3, textField(4, value));
  const node = joined([
    ...[textField(1, isDouble ? 'wide' : 'features'), textField(2, 'output')],
    textField(4, 'TreeEnsembleRegressor'),
    ...[text('aggregate_function', 'SUM'), text('post_transform', 'NONE')],
    ...(baseValues.length > 0 ? [floats('base_values', baseValues)] : []),
    attribute('n_targets', 2, numberField(3, targets)),
    attribute('nodes_modes', 8, joined(nodes.modes.map((mode) => textField(9, mode)))),
    ...[integers('nodes_treeids', nodes.treeIds), integers('nodes_nodeids', nodes.ids)],
    ...[integers('nodes_featureids', nodes.features), floats('nodes_values', nodes.thresholds)],
    ...[integers('nodes_truenodeids', nodes.trueIds), integers('nodes_falsenodeids', nodes.falseIds)],
    integers('nodes_missing_value_tracks_true', nodes.missingTrue),
    ...[integers('target_treeids', leaves.treeIds), integers('target_nodeids', leaves.nodeIds)],
    ...[integers('target_ids', leaves.targets), floats('target_weights', leaves.weights)],
    textField(7, 'ai.onnx.ml'),
  ]);
  const value = (name: string, width: number) => {
    const sizes = joined([bytesField(1, textField(2, 'N')), bytesField(1, numberField(1, width))]);
    const tensor = joined([numberField(1, 1), bytesField(2, sizes)]);
    return joined([textField(1, name), bytesField(2, bytesField(1, tensor))]);
  };
  const cast = [
    ...[textField(1, 'features'), textField(2, 'wide'), textField(4, 'Cast')],
    attribute('to', 2, numberField(3, 11)),
  ];
  const graph = joined([
    ...(isDouble ? [bytesField(1, joined(cast))] : []),
    ...[bytesField(1, node), textField(2, 'forest')],
    ...[bytesField(11, value('features', features)), bytesField(12, value('output', targets))],
  ]);
  return joined([
    ...[numberField(1, 8), bytesField(7, graph), bytesField(8, numberField(2, 17))],
    bytesField(8, joined([textField(1, 'ai.onnx.ml'), numberField(2, isDouble ? 3 : 1)])),
  ]);
}

/** A model file as XGBoost 3 writes it: binary logistic with a base score of one half, which adds nothing to a margin. */
export function xgboostModel(forest: Forest, features: number): string {
  const zeros = (count: number) => new Array<number>(count).fill(0);
  // Its reader tells floats from integers by how they are written; nine digits are a float32 whole.
  const floats = (values: ArrayLike<number>) => Array.from(values, (value) => `~${value.toExponential(8)}~`);
  const trees = forest.map((tree, id) => ({
    ...{ base_weights: floats(zeros(tree.left.length)), categories: [], categories_nodes: [] },
    ...{ categories_segments: [], categories_sizes: [], default_left: tree.defaultLeft, id },
    ...{
      left_children: tree.left,
      right_children: tree.right,
      loss_changes: floats(zeros(tree.left.length)),
    },
    parents: tree.left.map((_, node) => (node === 0 ? 2 ** 31 - 1 : (node - 1) >> 1)),
    ...{ split_conditions: floats(tree.condition), split_indices: tree.feature },
    ...{ split_type: zeros(tree.left.length), sum_hessian: floats(zeros(tree.left.length)) },
    tree_param: {
      ...{ num_deleted: '0', num_feature: String(features), num_nodes: String(tree.left.length) },
      size_leaf_vector: '1',
    },
  }));
  const parameters = { num_parallel_tree: '1', num_trees: String(trees.length) };
  const model = JSON.stringify({
    learner: {
      ...{ attributes: {}, feature_names: [], feature_types: [] },
      gradient_booster: {
        model: {
          gbtree_model_param: parameters,
          iteration_indptr: Array.from({ length: trees.length + 1 }, (_, tree) => tree),
          tree_info: zeros(trees.length),
          trees,
        },
        name: 'gbtree',
      },
      learner_model_param: {
        ...{ base_score: '5E-1', boost_from_average: '1', num_class: '0', num_target: '1' },
        num_feature: String(features),
      },
      objective: { name: 'binary:logistic', reg_loss_param: { scale_pos_weight: '1' } },
    },
    version: [3, 0, 0],
  });
  return model.replaceAll(/"~([^~]*)~"/g, '$1');
}
