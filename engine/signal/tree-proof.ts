/** The tree evaluator stands in for the general runtime only where both give the same bits on rows made to tell them apart. */
import { treeEnsembleOf } from './tree-ensemble.ts';
import { hasTreeKernel, type TreeEvaluator, treeEvaluator } from './tree-evaluator.ts';
import { layOut, type TreeLayout } from './tree-layout.ts';

const PROBE_ROWS = 128;

/**
 * @param byRuntime `[rows][features]` to `[rows][targets]`, as the general runtime gives them.
 * @returns null where the graph is no lone forest, cannot be laid out, or the runtime gives other bits
 */
export async function provenEvaluator(
  graph: Uint8Array,
  features: number,
  byRuntime: (input: Float32Array, rows: number) => Promise<Float32Array>,
): Promise<TreeEvaluator | null> {
  const ensemble = hasTreeKernel() ? treeEnsembleOf(graph) : null;
  const layout = ensemble === null ? null : layOut(ensemble);
  if (layout === null || layout.featuresMin > features) return null;
  const evaluator = treeEvaluator(layout, features);
  const probes = probeRows(layout, features);
  const outputs = new Float32Array(PROBE_ROWS * evaluator.targets);
  evaluator.evaluate(probes, outputs);
  const expected = await byRuntime(probes, PROBE_ROWS);
  if (expected.length !== outputs.length) return null;
  const [found, wanted] = [outputs, expected].map(
    (values) => new Int32Array(values.buffer, values.byteOffset, values.length),
  );
  return found!.every((bits, cell) => bits === wanted![cell]) ? evaluator : null;
}

/** Values on thresholds, one float to either side of them, and NaN, every kind in every row. */
function probeRows(layout: TreeLayout, features: number): Float32Array {
  const rows = new Float32Array(PROBE_ROWS * features);
  const bits = new Int32Array(rows.buffer);
  for (const [index, { feature, thresholds }] of layout.slices.entries()) {
    for (let row = index % 2; row < PROBE_ROWS; row += 1) {
      const cell = row * features + feature;
      const kind = (row + index) % 8;
      rows[cell] = kind === 0 ? Number.NaN : thresholds[(row * 7 + index * 3) % thresholds.length]!;
      // Neighbouring floats have neighbouring bits.
      if (kind >= 5 && rows[cell] !== 0) bits[cell] = bits[cell]! + (kind === 7 ? -1 : 1);
      if (Number.isNaN(rows[cell]) || !Number.isFinite(rows[cell])) rows[cell] = kind === 0 ? Number.NaN : 0;
    }
  }
  return rows;
}
