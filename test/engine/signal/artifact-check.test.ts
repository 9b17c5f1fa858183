/** Artifacts that pass, and artifacts that are wrong in one way each: refused for that alone, with the field and what to do. */
import { describe, expect, it } from 'vitest';
import { featureSetOf } from '../../../datasets/models/artifact-files.ts';
import { checkArtifact } from '../../../engine/signal/artifact-check.ts';
import { goldenFile, graphFile } from '../../../engine/signal/contract.ts';
import { openSession } from '../../../engine/signal/session.ts';
import {
  bytesField,
  externalTensor,
  graphBytes,
  linearModel,
  type ModelParts,
  modelBytes,
  type Node,
  type Tree,
  tensor,
  textField,
  treeAttributes,
  treeDomain,
  treeModel,
} from './onnx-writer.ts';
import {
  type ArtifactParts,
  artifactFiles,
  checkOptions,
  contractIn,
  goldenInputs,
  refusalsOf,
  sealed,
  sha256,
  trainedToMs,
  treeContract,
} from './sample-artifact.ts';
import {
  classArtifact,
  returnArtifact,
  sampleTrees,
  sequenceArtifact,
  textArtifact,
  treeArtifact,
} from './sample-models.ts';

const sound = {
  ...{ 'trees of log-odds': treeArtifact, 'trees of three classes': classArtifact },
  ...{ 'trees of a return': returnArtifact, 'a sequence through an LSTM': sequenceArtifact },
  'terms of a text': textArtifact,
};

describe('a sound artifact passes', () => {
  it.each(Object.entries(sound))('%s', async (_, parts) => {
    const files = await artifactFiles(parts());
    const check = await checkArtifact(files, checkOptions);
    expect(check).toMatchObject({
      ok: true,
      deviationMax: 0,
      contractSha256: sha256(files.get('contract.json')!),
    });
  });

  it('whose features are those of its set', async () => {
    const { contract, graph } = setArtifact();
    expect(await refusalsOf(await artifactFiles({ contract, graph, inputs: goldenInputs(40, 95) }))).toEqual(
      [],
    );
  });
});

/** A linear model of set s2. */
function setArtifact(): Pick<ArtifactParts, 'contract' | 'graph'> {
  const { features, hash } = featureSetOf('s2')!;
  const featureSet = { name: 's2', hash };
  const contract = { ...treeContract, input: { ...treeContract.input, features, featureSet } };
  const graph = linearModel(
    'features',
    features.map((_, at) => [at % 2 === 0 ? 0.3 : -0.3]),
    [0],
  );
  return { contract, graph };
}

/** The sample with another graph, all hashes right. */
async function withGraph(graph: Uint8Array, parts = treeArtifact()) {
  const files = await artifactFiles(parts);
  return sealed(new Map([...files, [graphFile, graph]]), contractIn(files));
}

/** The sample with a contract that says something else, all hashes right. */
async function withContract(change: object, parts = treeArtifact()) {
  const files = await artifactFiles(parts);
  return sealed(files, { ...contractIn(files), ...change });
}

const linear = (nodes: readonly Node[], more: Partial<ModelParts> = {}) =>
  modelBytes({
    inputs: [{ name: 'features', shape: ['N', 3] }],
    outputs: [{ name: 'output', shape: ['N', 1] }],
    nodes: [{ operator: 'Gemm', inputs: ['features', 'W', 'b'], outputs: ['raw'] }, ...nodes],
    initializers: [tensor('W', [3, 1], [1, 2, 3]), tensor('b', [1], [0])],
    ...more,
  });
const identity: Node = { operator: 'Identity', inputs: ['raw'], outputs: ['output'] };

describe('a file that is not the one that was exported', () => {
  it('another hash', async () => {
    const files = await artifactFiles(treeArtifact());
    const contract = contractIn(files);
    const stated = {
      ...contract.files,
      [graphFile]: { ...contract.files[graphFile]!, sha256: 'a'.repeat(64) },
    };
    const text = JSON.stringify({ ...contract, files: stated });
    files.set('contract.json', new TextEncoder().encode(text));
    expect(await refusalsOf(files)).toEqual([
      'files: model.onnx has another SHA-256 than the contract says: copy the artifact again, or export it anew',
    ]);
  });

  it('cut off anywhere, its hash put right', async () => {
    const parts = treeArtifact();
    for (const share of [0, 0.1, 0.5, 0.9, 0.999]) {
      const graph = parts.graph.slice(0, Math.floor(parts.graph.length * share));
      const refusals = await refusalsOf(await withGraph(graph));
      expect(refusals.length).toBeGreaterThan(0);
      for (const refusal of refusals) expect(refusal).toMatch(/^model\.onnx: /);
    }
  });

  it('cut off in the copy', async () => {
    const files = await artifactFiles(treeArtifact());
    files.set(goldenFile, files.get(goldenFile)!.slice(0, 100));
    const refusals = await refusalsOf(files);
    expect(refusals.map((one) => one.split(':')[0])).toEqual(['files', 'golden']);
    expect(refusals[0]).toContain('golden.bin has 100 bytes, and the contract says');
  });

  it('missing, or there without being named', async () => {
    const files = await artifactFiles(treeArtifact());
    files.delete(goldenFile);
    files.set('weights.bin', new Uint8Array(4));
    expect(await refusalsOf(files)).toEqual([
      'files: weights.bin is not in the contract: take it out of the folder',
      'files: golden.bin is missing: copy the artifact again, or export it anew',
    ]);
    expect(await refusalsOf(new Map())).toEqual([
      'contract.json: is missing: it says what the graph is',
      'files: model.onnx is missing',
    ]);
  });

  it('huge, read or not', async () => {
    const files = await artifactFiles(treeArtifact());
    files.delete(graphFile);
    const oversized = new Map([[graphFile, 65 * 1024 * 1024]]);
    expect(await refusalsOf(files, { oversized })).toEqual([
      'files: model.onnx has 68157440 bytes, more than 67108864: train a smaller model',
    ]);
    const refusals = await refusalsOf(await withGraph(new Uint8Array(64 * 1024 * 1024 + 1)));
    expect(refusals).toEqual([
      'files: model.onnx has 67108865 bytes, more than 67108864: train a smaller model',
    ]);
  });
});

describe('a contract that cannot be read', () => {
  it('no JSON', async () => {
    const files = await artifactFiles(treeArtifact());
    files.set('contract.json', new TextEncoder().encode('{"formatVersion": 1,'));
    expect(await refusalsOf(files)).toEqual([expect.stringMatching(/^contract\.json: is no JSON/)]);
  });

  it('one field too many, at the top and inside', async () => {
    expect(await refusalsOf(await withContract({ threshold: 0.8 }))).toEqual([
      expect.stringMatching(/^contract\.json: threshold is not known; known are formatVersion,/),
    ]);
    const input = { ...treeContract.input, scale: [1, 1, 1] };
    expect(await refusalsOf(await withContract({ input }))).toEqual([
      expect.stringMatching(/^contract\.json: input\.scale is not known/),
    ]);
  });

  it('every field of another kind is named, all at once', async () => {
    const { fold: _, ...rest } = contractIn(await artifactFiles(treeArtifact()));
    const files = await artifactFiles(treeArtifact());
    const wrong = { ...rest, seed: 1.5, output: { kind: 'probability', classes: [] }, validFromMs: '2024' };
    expect(await refusalsOf(sealed(files, wrong))).toEqual([
      'contract.json: fold is missing',
      'contract.json: output.kind must be one of logit, class-logits, expected-value, was "probability"',
      'contract.json: seed must be a whole number from 0 up, was 1.5',
      'contract.json: validFromMs must be whole epoch ms, was "2024"',
    ]);
  });

  it('fields that contradict each other', async () => {
    expect(await refusalsOf(await withContract({ side: 'sell' }))).toEqual([
      "contract.json: side must be buy, as the target's, was sell",
    ]);
    const parity = { rows: 10_000, deviationMax: 0, gateFlips: 2, gateLogit: 1.4 };
    expect(await refusalsOf(await withContract({ parity }))).toEqual([
      'contract.json: parity.gateFlips must be 0, was 2: export the model another way',
    ]);
  });
});

describe('a graph that gives a probability', () => {
  it('by a sigmoid at its end', async () => {
    const graph = linear([{ operator: 'Sigmoid', inputs: ['raw'], outputs: ['output'] }]);
    expect(await refusalsOf(await withGraph(graph))).toEqual([
      expect.stringMatching(
        /^model\.onnx: operator Sigmoid of ai\.onnx may not be in a graph: .*export the raw score$/,
      ),
    ]);
  });

  it('by a classifier of trees', async () => {
    const graph = linear([
      identity,
      { operator: 'TreeEnsembleClassifier', domain: 'ai.onnx.ml', inputs: ['raw'], outputs: ['p'] },
    ]);
    expect(await refusalsOf(await withGraph(graph))).toEqual([
      expect.stringMatching(
        /^model\.onnx: operator TreeEnsembleClassifier of ai\.onnx\.ml .*export the raw score$/,
      ),
    ]);
  });

  it('by what trees do at their end', async () => {
    const graph = treeModel(sampleTrees, 3, { attributes: { post_transform: { text: 'LOGISTIC' } } });
    expect(await refusalsOf(await withGraph(graph))).toEqual([
      expect.stringMatching(
        /^model\.onnx: .*post_transform is LOGISTIC, and must be NONE: .*export the raw score$/,
      ),
    ]);
  });

  it('by arithmetic that behaves like one', async () => {
    const shares: readonly Tree[] = sampleTrees.map((_, tree) => ({
      ...{ feature: tree, threshold: 0.1, whenTrue: { leaf: [0.12] }, whenFalse: { leaf: [0.44] } },
    }));
    const files = await artifactFiles({ ...treeArtifact(), graph: treeModel(shares, 3) });
    expect(await refusalsOf(files)).toEqual([
      'output: every golden output is in [0, 1]: these are probabilities. Export the raw log-odds',
    ]);
  });

  it('of each class', async () => {
    const trees: readonly Tree[] = [
      {
        feature: 0,
        threshold: 0.1,
        whenTrue: { leaf: [0.2, 0.5, 0.3] },
        whenFalse: { leaf: [0.6, 0.1, 0.3] },
      },
    ];
    const parts = { ...classArtifact(), graph: treeModel(trees, 3, { targets: 3 }) };
    expect(await refusalsOf(await artifactFiles(parts))).toEqual([
      'output: every golden output is a list of shares that sum to 1: these are probabilities. Export the raw class logits',
    ]);
  });

  it('through the gates of an LSTM', async () => {
    const parts = sequenceArtifact();
    const activations = {
      activations: { texts: ['Sigmoid', 'Sigmoid', 'Sigmoid'] },
      hidden_size: { int: 1 },
    };
    const graph = modelBytes({
      inputs: [{ name: 'sequence', shape: ['N', 4, 2] }],
      outputs: [{ name: 'output', shape: ['N', 1] }],
      nodes: [
        {
          operator: 'LSTM',
          inputs: ['sequence', 'W', 'R'],
          outputs: ['', 'output'],
          attributes: activations,
        },
      ],
    });
    expect(await refusalsOf(await withGraph(graph, parts))).toEqual([
      expect.stringContaining('must be Sigmoid, Tanh, Tanh'),
    ]);
  });
});

describe('features', () => {
  it('in another order than the set, told by the place', async () => {
    const { contract, graph } = setArtifact();
    const features = [...contract.input.features];
    [features[3], features[4]] = [features[4]!, features[3]!];
    const permuted = { ...contract, input: { ...contract.input, features } };
    const files = await artifactFiles({ contract: permuted, graph, inputs: goldenInputs(40, 95) });
    const refusals = await refusalsOf(files);
    expect(refusals).toEqual([
      `input.features: place 3 is ${features[3]}, and set s2 has ${features[4]} there (95 features, the set 95): train on the set as it is`,
    ]);
  });

  it('of a set that has changed since, or that there is not', async () => {
    const { contract, graph } = setArtifact();
    const check = async (featureSet: { name: string; hash: string }) =>
      refusalsOf(
        await artifactFiles({
          contract: { ...contract, input: { ...contract.input, featureSet } },
          ...{ graph, inputs: goldenInputs(40, 95) },
        }),
      );
    expect(await check({ name: 's2', hash: '0'.repeat(64) })).toEqual([
      expect.stringMatching(/^input\.features: set s2 has another hash/),
    ]);
    expect(await check({ name: 's9', hash: '0'.repeat(64) })).toEqual([
      'input.features: there is no feature set s9: name one that there is',
    ]);
  });

  it('that the graph reads in another order than it was trained in', async () => {
    const mirrored = sampleTrees.map(
      (tree) => JSON.parse(JSON.stringify(tree).replaceAll('"feature":0', '"feature":1')) as Tree,
    );
    expect(await refusalsOf(await withGraph(treeModel(mirrored, 3)))).toEqual([
      expect.stringMatching(/^golden: row \d+ deviates from the native library by /),
    ]);
  });
});

describe('a graph that holds what it may not', () => {
  const refused = async (graph: Uint8Array) => await refusalsOf(await withGraph(graph));

  it('an unknown operator, from a known domain and from one of its own', async () => {
    expect(await refused(linear([{ operator: 'Einsum', inputs: ['raw'], outputs: ['output'] }]))).toEqual([
      expect.stringMatching(
        /^model\.onnx: operator Einsum of ai\.onnx may not be in a graph: export the model with Add,/,
      ),
    ]);
    const opsets = { '': 17, 'com.example': 1 };
    const refusals = await refused(
      linear([{ operator: 'Add', domain: 'com.example', inputs: ['raw', 'b'], outputs: ['output'] }], {
        opsets,
      }),
    );
    expect(refusals).toEqual([
      expect.stringContaining('opset of com.example is imported'),
      expect.stringContaining('operator Add of com.example'),
    ]);
  });

  it('numbers in another file', async () => {
    const initializers = [externalTensor('W', [3, 1], '../../secrets.bin'), tensor('b', [1], [0])];
    expect(await refused(linear([identity], { initializers }))).toEqual([
      'model.onnx: tensor W keeps its numbers outside the file: export with the data inside',
    ]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('%d among its weights', async (bad) => {
    const initializers = [tensor('W', [3, 1], [1, bad, 3]), tensor('b', [1], [0])];
    expect(await refused(linear([identity], { initializers }))).toEqual([
      'model.onnx: tensor W holds NaN or an infinity',
    ]);
    const [tree] = sampleTrees;
    expect(await refused(treeModel([tree!, { leaf: [bad] }], 3))).toEqual([
      expect.stringMatching(/^model\.onnx: attribute target_weights of .* holds NaN or an infinity$/),
    ]);
  });

  it('the opset of another time', async () => {
    expect(await refused(linear([identity], { opsets: { '': 9 } }))).toEqual([
      'model.onnx: opset of ai.onnx is 9, and must be 13 to 21: export with one of them',
    ]);
    expect(await refused(linear([identity], { irVersion: 3 }))).toEqual([
      'model.onnx: IR version is 3, and must be 7 to 10: export with one of them',
    ]);
  });

  it('a graph inside a node', async () => {
    const inner = graphBytes({ inputs: [], outputs: [], nodes: [] });
    const node: Node = { ...identity, attributes: { then_branch: { graph: inner } } };
    expect(await refused(linear([node]))).toEqual([
      expect.stringMatching(/^model\.onnx: attribute then_branch of .* holds a graph of its own/),
    ]);
  });

  it('functions of its own, training info', async () => {
    const more = (field: number) => bytesField(field, textField(1, 'f'));
    expect(await refused(linear([identity], { more: more(25) }))).toEqual([
      'model.onnx: it defines functions of its own: export with them inlined',
    ]);
    expect(await refused(linear([identity], { more: more(20) }))).toEqual([
      'model.onnx: it carries training info: export it for inference',
    ]);
  });

  it('trees that are none, or that read what is not there', async () => {
    const [tree] = sampleTrees;
    const with_ = (name: string, ints: readonly number[]) =>
      treeModel([tree!], 3, { attributes: { [name]: { ints } } });
    // Nodes in their order: split, split, leaf, leaf, leaf.
    expect(await refused(with_('nodes_truenodeids', [0, 2, 0, 0, 0]))).toEqual([
      expect.stringContaining('reaches node 0 twice'),
    ]);
    expect(await refused(with_('nodes_truenodeids', [1, 9, 0, 0, 0]))).toEqual([
      expect.stringContaining('leads to node 9, which is not there'),
    ]);
    expect(await refused(with_('nodes_featureids', [0, 3, 0, 0, 0]))).toEqual([
      expect.stringContaining('reads feature 3 of 3'),
    ]);
    expect(await refused(with_('nodes_featureids', [0, 1]))).toEqual([
      expect.stringContaining('not of one length'),
    ]);
    const cast: Node = {
      operator: 'Cast',
      inputs: ['features'],
      outputs: ['wide'],
      attributes: { to: { int: 1 } },
    };
    const over = (reads: string): Node => ({
      ...{ operator: 'TreeEnsembleRegressor', domain: treeDomain, inputs: [reads], outputs: ['output'] },
      attributes: treeAttributes([{ ...(tree as object), feature: 3 } as Tree]),
    });
    expect(await refused(linear([cast, over('wide')]))).toEqual([
      expect.stringContaining('reads feature 3 of 3'),
    ]);
    expect(await refused(linear([over('raw')]))).toEqual([
      expect.stringContaining('reads something else than the input of the graph'),
    ]);
    let deep: Tree = { leaf: [1] };
    for (let depth = 0; depth < 1200; depth += 1)
      deep = { feature: 0, threshold: depth, whenTrue: { leaf: [0] }, whenFalse: deep };
    expect(await refused(treeModel([deep], 3))).toEqual([expect.stringContaining('is deeper than 1000')]);
  });

  it('more numbers than memory', async () => {
    const nodes: Node[] = [identity, { operator: 'ConstantOfShape', inputs: ['size'], outputs: ['much'] }];
    const initializers = [
      ...[tensor('W', [3, 1], [1, 2, 3]), tensor('b', [1], [0])],
      tensor('size', [2], [2 ** 20, 2 ** 20], 'int64'),
    ];
    expect(await refused(linear(nodes, { initializers }))).toEqual([
      expect.stringContaining('ConstantOfShape makes 1099511627776 numbers'),
    ]);
  });
});

describe('a graph that is not what the contract says', () => {
  it('takes another number of features, or another name', async () => {
    const wide = await refusalsOf(await withGraph(treeModel(sampleTrees, 4)));
    expect(wide).toEqual([
      expect.stringMatching(/^input: it is named features, of element type 1 and \[N, 4\]: /),
    ]);
    const graph = linear([identity], { inputs: [{ name: 'x', shape: ['N', 3] }] });
    expect((await refusalsOf(await withGraph(graph)))[0]).toMatch(/^input: it is named x/);
  });

  it('takes one row at a time', async () => {
    const graph = linear([identity], { inputs: [{ name: 'features', shape: [1, 3] }] });
    expect(await refusalsOf(await withGraph(graph))).toEqual([expect.stringContaining('with N free')]);
  });

  it('gives more than one number', async () => {
    const graph = linear([identity], { outputs: [{ name: 'output', shape: ['N', 2] }] });
    expect(await refusalsOf(await withGraph(graph))).toEqual([expect.stringMatching(/^output: /)]);
  });

  it('cannot be loaded at all', async () => {
    const graph = linear([{ operator: 'Add', inputs: ['raw', 'nowhere'], outputs: ['output'] }]);
    expect(await refusalsOf(await withGraph(graph))).toEqual([
      expect.stringMatching(/^model\.onnx: cannot be loaded by the runtime: /),
    ]);
  });
});

describe('times, golden rows and tolerance', () => {
  it('valid before the end of its own training', async () => {
    for (const validFromMs of [trainedToMs - 3_600_000, trainedToMs])
      expect(await refusalsOf(await withContract({ validFromMs }))).toEqual([
        `validFromMs: is ${validFromMs}: a model may be used only after train.toMs ${trainedToMs}`,
      ]);
  });

  it('deviates from the native library, however little above the tolerance', async () => {
    const parts = treeArtifact();
    const session = await openSession(parts.graph);
    const native = Float64Array.from(await session.run(parts.inputs, 40, [3]));
    native[17] = native[17]! + 1.1e-5;
    expect(await refusalsOf(await artifactFiles({ ...parts, native }))).toEqual([
      'golden: row 17 deviates from the native library by 0.0000110, more than the tolerance 0.00001: export the model another way',
    ]);
    native[17] = Number.NaN;
    expect(await refusalsOf(await artifactFiles({ ...parts, native }))).toEqual([
      'golden: the native output of row 17 is not finite',
    ]);
  });

  it('too few rows, or NaN where none is taken', async () => {
    const few = { ...treeContract, golden: { rows: 31 } };
    const parts = { contract: few, graph: treeModel(sampleTrees, 3), inputs: goldenInputs(31, 3) };
    expect(await refusalsOf(await artifactFiles(parts))).toEqual([
      'golden: 31 rows: there must be 32 or more',
    ]);
    const input = { ...treeContract.input, nan: 'refused' };
    expect(await refusalsOf(await withContract({ input }))).toEqual([
      expect.stringMatching(/^golden: an input is NaN/),
    ]);
  });

  it('a tolerance that forgives everything', async () => {
    expect(await refusalsOf(await withContract({ tolerance: 0.01 }))).toEqual([
      'tolerance: is 0.01, and must be at most 0.0001',
    ]);
  });

  it('terms that are not those of the graph', async () => {
    const parts = textArtifact();
    const files = await artifactFiles(parts);
    const terms = JSON.parse(new TextDecoder().decode(files.get('terms.json')!)) as Record<string, unknown>;
    const more = { ...terms, terms: ['a', 'b'], weights: [1, 1] };
    files.set('terms.json', new TextEncoder().encode(JSON.stringify(more)));
    expect(await refusalsOf(sealed(files, contractIn(files)))).toEqual([
      'terms.json: has 2 terms, and the graph takes 3: export both anew',
    ]);
  });

  it('every fault of an artifact is told at once', async () => {
    const files = await withContract({ validFromMs: 1, tolerance: 1 });
    files.set(graphFile, linear([{ operator: 'Tanh', inputs: ['raw'], outputs: ['output'] }]));
    const fields = (await refusalsOf(files)).map((one) => one.split(':')[0]);
    expect(fields).toEqual(['files', 'model.onnx', 'validFromMs', 'tolerance']);
  });
});
