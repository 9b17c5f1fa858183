/** The reader of ONNX files: what it finds in sound ones, and that nothing makes it throw, hang or believe what is not there. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { graphFaults } from '../../../engine/signal/graph-rules.ts';
import { type OnnxModel, readOnnx } from '../../../engine/signal/onnx-graph.ts';
import {
  bytesField,
  graphBytes,
  joined,
  modelBytes,
  numberField,
  tensor,
  textField,
  treeModel,
  varint,
} from './onnx-writer.ts';
import { sampleTrees, sequenceArtifact, treeArtifact } from './sample-models.ts';

function readModel(bytes: Uint8Array): OnnxModel {
  const parsed = readOnnx(bytes);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.model;
}

const messageOf = (bytes: Uint8Array) => {
  const parsed = readOnnx(bytes);
  return parsed.ok ? null : parsed.message;
};

describe('of a sound file', () => {
  it('inputs, outputs, operators and opsets are found', () => {
    const model = readModel(sequenceArtifact().graph);
    expect(model).toMatchObject({ irVersion: 8, functionCount: 0, trainingCount: 0, sparseCount: 0 });
    expect([...model.opsets]).toEqual([
      ['ai.onnx', 17],
      ['ai.onnx.ml', 3],
    ]);
    expect(model.inputs).toEqual([{ name: 'sequence', elementType: 1, shape: ['N', 4, 2] }]);
    expect(model.outputs).toEqual([{ name: 'output', elementType: 1, shape: ['N', 1] }]);
    expect(model.nodes.map(({ operator }) => operator)).toEqual([
      ...['IsNaN', 'Where', 'Transpose', 'LSTM', 'Squeeze', 'Gemm'],
    ]);
    expect(model.nodes[2]!.attributes.get('perm')!.integers).toEqual([1, 0, 2]);
    expect(model.nodes[3]!).toMatchObject({ inputs: ['byStep', 'W', 'R', 'B'], outputs: ['', 'last'] });
    const axes = model.initializers.find(({ name }) => name === 'axes');
    expect(axes).toMatchObject({ type: 7, dims: [1], isWhole: true, hasOnlyFinite: true, integers: [0] });
    expect(graphFaults(model)).toEqual([]);
  });

  it('lists of a tree ensemble are found, packed or one by one', () => {
    const [node] = readModel(treeModel(sampleTrees, 3)).nodes;
    const modes = node!.attributes.get('nodes_modes')!;
    expect(modes.textPlaces.map((place) => modes.texts[place])).toEqual([
      ...['BRANCH_LEQ', 'BRANCH_LEQ', 'LEAF', 'LEAF', 'LEAF', 'BRANCH_LEQ', 'LEAF', 'LEAF'],
    ]);
    const packed = joined(
      textField(1, 'ints'),
      bytesField(8, joined(varint(1), varint(-3), varint(300))),
      numberField(20, 7),
    );
    const graph = bytesField(1, joined(textField(4, 'Identity'), bytesField(5, packed)));
    const read = readModel(joined(numberField(1, 8), bytesField(7, graph)));
    expect(read.nodes[0]!.attributes.get('ints')!.integers).toEqual([1, -3, 300]);
  });

  it('numbers of 64 bits come back as they were written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }), (value) => {
        const content = joined(textField(1, 'v'), numberField(3, value), numberField(20, 2));
        const graph = bytesField(1, joined(textField(4, 'Identity'), bytesField(5, content)));
        const [node] = readModel(bytesField(7, graph)).nodes;
        expect(node!.attributes.get('v')!.integer).toBe(Number(value));
      }),
    );
  });
});

describe('of a file that is not sound', () => {
  it('every cut leaves a fault, and no cut a model that looks whole', () => {
    for (const { graph } of [treeArtifact(), sequenceArtifact()]) {
      expect(readModel(graph).opsets.size).toBe(2);
      const wrong: number[] = [];
      for (let length = 0; length < graph.length; length += 1) {
        const parsed = readOnnx(graph.subarray(0, length));
        // The opsets stand last: where they are cut off the graph is whole, and the rules refuse it.
        const isTold = parsed.ok
          ? parsed.model.opsets.size === 1 ||
            (parsed.model.opsets.size === 0 && graphFaults(parsed.model).length > 0)
          : /byte \d+|no graph/.test(parsed.message);
        if (!isTold) wrong.push(length);
      }
      expect(wrong).toEqual([]);
    }
  });

  it('changed bytes give a model or a message, never an error', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    const samples = fc.constantFrom(treeArtifact().graph, sequenceArtifact().graph);
    fc.assert(
      fc.property(samples, edits, fc.nat(), (graph, changes, cut) => {
        const bytes = graph.slice(0, cut % 3 === 0 ? cut % graph.length : graph.length);
        if (bytes.length > 0) for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const parsed = readOnnx(bytes);
        if (parsed.ok) expect(Array.isArray(graphFaults(parsed.model))).toBe(true);
        else expect(parsed.message.length).toBeGreaterThan(5);
      }),
      { numRuns: 1000 },
    );
  });

  it('any bytes give a model or a message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const parsed = readOnnx(bytes);
        expect(parsed.ok || parsed.message.length > 5).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('lengths and numbers beyond all bounds are not believed', () => {
    const huge = joined(varint(7 * 8 + 2), varint(2 ** 40), Uint8Array.of(1, 2, 3));
    expect(messageOf(huge)).toContain('goes beyond its message');
    expect(messageOf(joined(varint(8), new Uint8Array(11).fill(255)))).toContain('more than 64 bits');
    expect(messageOf(Uint8Array.of(0x0b, 0x0c))).toContain('unknown wire type');
    const dims = joined(
      numberField(1, 2 ** 31),
      numberField(1, 2 ** 31),
      numberField(2, 1),
      bytesField(9, new Uint8Array(4)),
    );
    const model = readModel(bytesField(7, bytesField(5, dims)));
    expect(model.initializers[0]!.isWhole).toBe(false);
  });

  it('any number of empty parts takes little memory', () => {
    const node = Uint8Array.of(0x0a, 0x00);
    const many = new Uint8Array(200_000);
    for (let at = 0; at < many.length; at += 2) many.set(node, at);
    expect(messageOf(bytesField(7, many))).toContain('more than 50000 parts');
  });

  it('what stands twice, is unknown, or is written in another way is refused', () => {
    const graph = graphBytes({ inputs: [], outputs: [], nodes: [] });
    expect(messageOf(joined(bytesField(7, graph), bytesField(7, graph)))).toBe('a model has field 7 twice');
    expect(messageOf(joined(bytesField(7, graph), numberField(99, 1)))).toContain('field 99');
    expect(messageOf(numberField(7, 1))).toBe('field 7 of a model is of another wire type');
    expect(messageOf(bytesField(7, bytesField(1, bytesField(4, Uint8Array.of(0xff, 0xfe)))))).toContain(
      'not UTF-8',
    );
    const twice = modelBytes({
      ...{ inputs: [], outputs: [], nodes: [] },
      more: bytesField(8, joined(textField(1, 'ai.onnx'), numberField(2, 18))),
    });
    expect(messageOf(twice)).toBe('the opset of ai.onnx is imported twice');
  });

  it('a tensor that holds fewer numbers than its shape, or more', () => {
    for (const values of [[1, 2, 3], [1, 2, 3, 4, 5], []]) {
      const model = readModel(bytesField(7, bytesField(5, tensor('W', [2, 2], values))));
      expect(model.initializers[0]).toMatchObject({ name: 'W', isWhole: false });
    }
  });
});
