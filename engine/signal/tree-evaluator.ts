/**
 * Evaluates a forest as the general runtime does, to the bit: the sum of a row's leaves in the order of the trees from 0, the base
 * value last, in the forest's precision, then cast to single.
 */
import { assertInvariant } from '../invariant.ts';
import { kernelEntryBytes, kernelRows, kernelRowsFew, treeKernel } from './tree-kernel.ts';
import type { TreeLayout } from './tree-layout.ts';

export interface TreeEvaluator {
  readonly targets: number;
  /**
   * @param rows `[N][features]`; NaN takes each node's own branch.
   * @param outputs `[N][targets]`, filled.
   */
  evaluate(rows: Float32Array, outputs: Float32Array): void;
}

type Sum = (node: number, tree: number, treeEnd: number) => void;

interface Kernel {
  rank(slice: number, sliceEnd: number, input: number, stride: number, rows: number): void;
  readonly sum16: Sum;
  readonly sum64: Sum;
  readonly sum16double: Sum;
  readonly sum64double: Sum;
}

/** The part of the standard interface that is used here; the compiler's libraries without a browser do not declare it. */
interface WasmApi {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: WasmApi };
const PAGE_BYTES = 65_536;

let compiled: object | undefined;

/** False on a machine without 128-bit vectors. */
export function hasTreeKernel(): boolean {
  return compiled !== undefined || wasm.validate(treeKernel());
}

/** Only where `hasTreeKernel`. @param features width of a row, at least the layout's `featuresMin`. */
export function treeEvaluator(layout: TreeLayout, features: number): TreeEvaluator {
  assertInvariant(features >= layout.featuresMin, 'a row is as wide as the forest reads');
  const places = placesOf(layout, features);
  const memory = new wasm.Memory({ initial: Math.ceil(places.bytes / PAGE_BYTES) });
  fill(new DataView(memory.buffer), layout, places);
  compiled ??= new wasm.Module(treeKernel());
  const kernel = new wasm.Instance(compiled, { env: { memory } }).exports as Kernel;
  const { targets } = layout;
  const input = new Float32Array(memory.buffer, places.input, kernelRows * features);
  const isDouble = layout.precision === 'double';
  const [sumFew, sumMany] = isDouble
    ? [kernel.sum16double, kernel.sum64double]
    : [kernel.sum16, kernel.sum64];
  const sums = new (isDouble ? Float64Array : Float32Array)(memory.buffer, places.sums, kernelRows * targets);
  const base = layout.baseValues.length === 0 ? new Float64Array(targets) : layout.baseValues;

  return {
    targets,
    evaluate(rows, outputs) {
      const count = rows.length / features;
      assertInvariant(
        Number.isInteger(count) && outputs.length === count * targets,
        'whole rows, and an output for every row and target',
      );
      for (let from = 0; from < count; from += kernelRows) {
        const size = Math.min(kernelRows, count - from);
        input.set(rows.subarray(from * features, (from + size) * features));
        sums.fill(0);
        const few = size <= kernelRowsFew;
        const ranked = few ? kernelRowsFew : kernelRows;
        kernel.rank(places.slices, places.slicesEnd, places.input, features * 4, ranked);
        const sum = few ? sumFew : sumMany;
        sum(places.nodes, places.trees, places.treesEnd);
        for (let row = 0; row < size; row += 1) {
          for (let target = 0; target < targets; target += 1) {
            outputs[(from + row) * targets + target] = sums[target * kernelRows + row]! + base[target]!;
          }
        }
      }
    },
  };
}

/** Addresses of what lies in the kernel's memory. */
interface Places {
  readonly input: number;
  readonly sums: number;
  readonly ranks: number;
  readonly slices: number;
  readonly slicesEnd: number;
  readonly thresholds: number;
  readonly trees: number;
  readonly treesEnd: number;
  readonly nodes: number;
  readonly leaves: number;
  readonly bytes: number;
}

function placesOf(layout: TreeLayout, features: number): Places {
  let end = 0;
  const take = (bytes: number) => {
    const start = end;
    end = Math.ceil((end + bytes) / 64) * 64;
    return start;
  };
  const input = take(kernelRows * features * 4);
  const sums = take(kernelRows * layout.targets * leafBytesOf(layout));
  // One row more, for ranks that nobody reads.
  const ranks = take(kernelRows * (layout.rows + 1));
  const slices = take(layout.slices.length * kernelEntryBytes.slice);
  const padded = layout.slices.reduce((sum, { thresholds }) => sum + paddedLength(thresholds.length), 0);
  const thresholds = take(padded * 4);
  const trees = take(layout.trees.nodeEnd.length * kernelEntryBytes.tree);
  const nodes = take(layout.nodes.row.length * kernelEntryBytes.node);
  const leaves = take(layout.leafValues.length * leafBytesOf(layout));
  return {
    ...{ input, sums, ranks, slices, thresholds, trees, nodes, leaves, bytes: end },
    slicesEnd: slices + layout.slices.length * kernelEntryBytes.slice,
    treesEnd: trees + layout.trees.nodeEnd.length * kernelEntryBytes.tree,
  };
}

function leafBytesOf({ precision }: TreeLayout): 4 | 8 {
  return precision === 'double' ? 8 : 4;
}

/** 2^n - 1, so that a search takes n steps whatever the value. */
function paddedLength(count: number): number {
  return 2 ** Math.ceil(Math.log2(count + 1)) - 1;
}

function fill(view: DataView, layout: TreeLayout, places: Places): void {
  const word = (address: number, value: number) => view.setInt32(address, value, true);
  const rankRow = (row: number) => places.ranks + (row < 0 ? layout.rows : row) * kernelRows;
  let threshold = places.thresholds;
  for (const [index, slice] of layout.slices.entries()) {
    const entry = places.slices + index * kernelEntryBytes.slice;
    const length = paddedLength(slice.thresholds.length);
    word(entry, slice.feature * 4);
    word(entry + 4, threshold);
    word(entry + 8, (length + 1) * 2);
    word(entry + 12, rankRow(slice.rowMissingTrue));
    word(entry + 16, rankRow(slice.rowMissingFalse));
    for (let place = 0; place < length; place += 1) {
      view.setFloat32(threshold, slice.thresholds[place] ?? Number.POSITIVE_INFINITY, true);
      threshold += 4;
    }
  }
  const { nodes, trees } = layout;
  const leafBytes = leafBytesOf(layout);
  for (let node = 0; node < nodes.row.length; node += 1) {
    const entry = places.nodes + node * kernelEntryBytes.node;
    word(entry, rankRow(nodes.row[node]!));
    view.setUint8(entry + 4, nodes.rank[node]! ^ 0x80);
    view.setUint8(entry + 5, nodes.first[node]!);
    view.setUint8(entry + 6, nodes.middle[node]!);
  }
  for (let tree = 0; tree < trees.nodeEnd.length; tree += 1) {
    const entry = places.trees + tree * kernelEntryBytes.tree;
    word(entry, places.nodes + trees.nodeEnd[tree]! * kernelEntryBytes.node);
    word(entry + 4, places.leaves + trees.leafStart[tree]! * leafBytes);
    word(entry + 8, places.sums + trees.target[tree]! * kernelRows * leafBytes);
  }
  for (const [leaf, value] of layout.leafValues.entries()) {
    if (leafBytes === 8) view.setFloat64(places.leaves + leaf * 8, value, true);
    else view.setFloat32(places.leaves + leaf * 4, value, true);
  }
}
