/** Small graphs of every kind of input, and the artifacts around them. */

import { linearModel, modelBytes, type Tree, tensor, treeModel } from './onnx-writer.ts';
import { type ArtifactParts, goldenInputs, treeContract } from './sample-artifact.ts';

/** Log-odds from about -2 to 2; NaN of feature 0 goes with the small values. */
export const sampleTrees: readonly Tree[] = [
  {
    ...{ feature: 0, threshold: 0.5, nanIsTrue: true },
    whenTrue: { feature: 1, threshold: -0.25, whenTrue: { leaf: [-1.5] }, whenFalse: { leaf: [-0.25] } },
    whenFalse: { leaf: [1.25] },
  },
  { feature: 2, threshold: 0, whenTrue: { leaf: [-0.5] }, whenFalse: { leaf: [0.75] } },
];

export function treeArtifact(): ArtifactParts {
  const inputs = goldenInputs(40, 3);
  inputs.set([Number.NaN, 0.5, Number.NaN, 0.5, -0.25, 0]);
  return { contract: treeContract, graph: treeModel(sampleTrees, 3), inputs };
}

export function classArtifact(): ArtifactParts {
  const trees: readonly Tree[] = [
    { feature: 0, threshold: 0.1, whenTrue: { leaf: [-1, 0.5, 2] }, whenFalse: { leaf: [2, -0.5, 1] } },
  ];
  return {
    contract: {
      ...{ ...treeContract, model: 'meta', side: null },
      output: { kind: 'class-logits', classes: ['under', 'middle', 'out'] },
      target: { kind: 'residual-tercile', horizonHours: 72 },
    },
    graph: treeModel(trees, 3, { targets: 3 }),
    inputs: goldenInputs(40, 3),
  };
}

export function returnArtifact(): ArtifactParts {
  const trees: readonly Tree[] = [
    { feature: 1, threshold: 0.1, whenTrue: { leaf: [0.002] }, whenFalse: { leaf: [0.011] } },
  ];
  return {
    contract: { ...treeContract, model: 'buy-ev', output: { kind: 'expected-value', classes: [] } },
    graph: treeModel(trees, 3),
    inputs: goldenInputs(40, 3),
  };
}

export const STEPS = 4;

/** An LSTM of two features over four steps, with absent values replaced and a linear end. */
export function sequenceArtifact(): ArtifactParts {
  const hidden = 3;
  const wave = (length: number) => Array.from({ length }, (_, at) => Math.sin(at * 1.7) / 2);
  const graph = modelBytes({
    inputs: [{ name: 'sequence', shape: ['N', STEPS, 2] }],
    outputs: [{ name: 'output', shape: ['N', 1] }],
    nodes: [
      { operator: 'IsNaN', inputs: ['sequence'], outputs: ['absent'] },
      { operator: 'Where', inputs: ['absent', 'median', 'sequence'], outputs: ['whole'] },
      {
        operator: 'Transpose',
        inputs: ['whole'],
        outputs: ['byStep'],
        attributes: { perm: { ints: [1, 0, 2] } },
      },
      {
        ...{ operator: 'LSTM', inputs: ['byStep', 'W', 'R', 'B'], outputs: ['', 'last'] },
        attributes: { hidden_size: { int: hidden } },
      },
      { operator: 'Squeeze', inputs: ['last', 'axes'], outputs: ['state'] },
      { operator: 'Gemm', inputs: ['state', 'V', 'c'], outputs: ['output'] },
    ],
    initializers: [
      tensor('median', [2], [0.5, -0.5]),
      tensor('W', [1, 4 * hidden, 2], wave(8 * hidden)),
      tensor('R', [1, 4 * hidden, hidden], wave(4 * hidden * hidden)),
      tensor('B', [1, 8 * hidden], wave(8 * hidden)),
      tensor('axes', [1], [0], 'int64'),
      tensor('V', [hidden, 1], [9, -7, 8]),
      tensor('c', [1], [-0.5]),
    ],
  });
  const inputs = goldenInputs(40, STEPS * 2);
  inputs.set([Number.NaN, 1, Number.NaN, Number.NaN]);
  return {
    contract: {
      ...treeContract,
      model: 'confidence',
      input: {
        ...{ kind: 'sequence', features: ['a', 'b'], featureSet: null, dtype: 'float32' },
        ...{ steps: STEPS, strideHours: 24, nan: 'graph-imputed', nanShareMax: 0.5 },
      },
      library: { name: 'torch', version: '2.15.0', exporter: 'own' },
    },
    ...{ graph, inputs },
  };
}

export function textArtifact(): ArtifactParts {
  const terms = ['listing', 'hack', '~lis'];
  const vocabulary = {
    ...{ formatVersion: 1, tokeniser: 'latin-words-and-pieces-1', pieceMin: 3, pieceMax: 4 },
    ...{ countWeights: [0, 1, 1.7], terms, weights: [1.5, 2, 1] },
  };
  return {
    contract: {
      ...{ ...treeContract, model: 'news', side: null, validFromMs: 0 },
      input: {
        ...{ kind: 'text', features: [], featureSet: null, dtype: 'float32' },
        ...{ steps: 1, strideHours: 1, nan: 'refused', nanShareMax: 0 },
      },
      output: { kind: 'class-logits', classes: ['hack', 'listing'] },
      target: { kind: 'news-class' },
      library: { name: 'scikit-learn', version: '1.9.1', exporter: 'own' },
      train: { fromMs: null, toMs: null, rows: 3000, sampling: [] },
      ...{ folds: null, dataset: null, parity: null },
    },
    graph: linearModel(
      'terms',
      [
        [-1, 2],
        [3, -1],
        [0, 1],
      ],
      [0.1, -0.3],
    ),
    inputs: goldenInputs(40, 3),
    more: { 'terms.json': new TextEncoder().encode(JSON.stringify(vocabulary)) },
  };
}
