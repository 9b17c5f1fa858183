/**
 * One model's graph, ready to run: onnxruntime on one thread, in one order, without the optimisations that depend on the machine's
 * vector width beyond what its kernels do anyway.
 *
 * The kernels of matrix products take another path for one row than for many, and so may give another last bit. A graph is
 * therefore always run on the same number of rows, the last run filled up with zeros; each row then has the same bits alone and in
 * any batch. Tree ensembles add up tree by tree whatever the number of rows: they run on as many rows as there are. A graph that is a
 * forest and nothing else is evaluated by `tree-evaluator.ts`, seven times as fast and more, once that gave the runtime's bits on probes.
 */
import * as ort from 'onnxruntime-node';
import { assertInvariant } from '../invariant.ts';
import { readOnnx } from './onnx-graph.ts';
import type { TreeEvaluator } from './tree-evaluator.ts';
import { provenEvaluator } from './tree-proof.ts';

export interface ModelSession {
  /**
   * @param input `[rows][…shape]`, row after row
   * @param shape of one row: `[features]`, or `[steps, features]`
   * @returns `[rows][outputs]`, an array of the caller's own
   */
  run(input: Float32Array, rows: number, shape: readonly number[]): Promise<Float32Array>;
  close(): Promise<void>;
}

const options: ort.InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'basic',
  logSeverityLevel: 4,
};

/** Rows of every run of a graph that is not a tree ensemble alone. */
const ROWS_PER_RUN = 64;
/** More rows at once take memory and save nothing. */
const TREE_ROWS_PER_RUN = 16_384;

/**
 * @param runtimeOnly leaves forests to the runtime too, for measuring one beside the other.
 * @throws what the runtime says of a graph that it cannot load
 */
export async function openSession(graph: Uint8Array, runtimeOnly = false): Promise<ModelSession> {
  // A copy of its own: the runtime does not read shared memory.
  const session = await ort.InferenceSession.create(Uint8Array.from(graph), options);
  const [name] = session.inputNames;
  const [outputName] = session.outputNames;
  assertInvariant(name !== undefined && outputName !== undefined, 'a graph has an input and an output');
  const trees = isTreeEnsemble(graph);

  async function runOnce(input: Float32Array, rows: number, shape: readonly number[]): Promise<Float32Array> {
    const tensor = new ort.Tensor('float32', input, [rows, ...shape]);
    const { [outputName!]: output } = await session.run({ [name!]: tensor });
    const data = output?.data;
    assertInvariant(data instanceof Float32Array, 'a graph gives float32');
    assertInvariant(data.length % rows === 0, 'a graph gives as many outputs for every row');
    return data;
  }

  let proven: Promise<TreeEvaluator | null> | undefined;

  return {
    async run(input, rows, shape) {
      if (rows === 0) return new Float32Array(0);
      const width = shape.reduce((product, size) => product * size, 1);
      assertInvariant(input.length >= rows * width, 'there is input for every row');
      if (trees && !runtimeOnly) {
        proven ??= provenEvaluator(graph, width, (probes, count) => runOnce(probes, count, shape));
        const evaluator = await proven;
        if (evaluator !== null) {
          const outputs = new Float32Array(rows * evaluator.targets);
          evaluator.evaluate(input.subarray(0, rows * width), outputs);
          return outputs;
        }
      }
      const rowsPerRun = trees ? Math.min(rows, TREE_ROWS_PER_RUN) : ROWS_PER_RUN;
      let all: Float32Array | null = null;
      for (let from = 0; from < rows; from += rowsPerRun) {
        const count = Math.min(rowsPerRun, rows - from);
        const padded = new Float32Array((trees ? count : rowsPerRun) * width);
        padded.set(input.subarray(from * width, (from + count) * width));
        const output = await runOnce(padded, padded.length / width, shape);
        const outputs = output.length / (padded.length / width);
        all ??= new Float32Array(rows * outputs);
        all.set(output.subarray(0, count * outputs), from * outputs);
      }
      return all!;
    },
    close: () => session.release(),
  };
}

/** Operators that treat a row in the same way however many there are. */
const rowwise = new Set(['TreeEnsembleRegressor', 'Add', 'Sub', 'Mul', 'Identity', 'Cast', 'Constant']);

function isTreeEnsemble(graph: Uint8Array): boolean {
  const parsed = readOnnx(graph);
  return parsed.ok && parsed.model.nodes.every(({ operator }) => rowwise.has(operator));
}

/** Sessions of this thread, by the SHA-256 of their graph, and what their graphs come to. */
const sessions = new Map<string, Promise<ModelSession>>();
let keptBytes = 0;
/** A session takes several times its graph; a year of weekly retrains would fill the memory of every worker. */
const KEPT_BYTES_MAX = 256 << 20;

/** Calls `work` with the thread's session of a graph; beyond what a thread keeps, with one that is closed afterwards. */
export async function withSession<Result>(
  sha256: string,
  graph: Uint8Array,
  work: (session: ModelSession) => Promise<Result>,
): Promise<Result> {
  if (sessions.has(sha256) || keptBytes + graph.length <= KEPT_BYTES_MAX)
    return await work(await sharedSession(sha256, graph));
  const session = await openSession(graph);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** The thread's session of a graph, opened with the first call. */
export function sharedSession(sha256: string, graph: Uint8Array): Promise<ModelSession> {
  let session = sessions.get(sha256);
  if (session === undefined) {
    session = openSession(graph);
    sessions.set(sha256, session);
    keptBytes += graph.length;
    session.catch(() => {
      sessions.delete(sha256);
      keptBytes -= graph.length;
    });
  }
  return session;
}
