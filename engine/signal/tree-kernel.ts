/** The inner loops of the tree evaluator as a WebAssembly module: 64 rows side by side, a byte a row. */
import {
  type Code,
  constant,
  doWhile,
  f32,
  get,
  i32,
  set,
  type ValueType,
  v128,
  wasmModule,
  when,
} from './wasm-code.ts';

/** Rows of one call at most, and of a call of few. */
export const kernelRows = 64;
export const kernelRowsFew = 16;
/** A byte a row. */
const VECTOR_ROWS = 16;
const VECTOR_BYTES = 16;
const ROWS_TOGETHER = 8;

/** Bytes of one entry: of a slice (five words), a node (address of its row of ranks, then four bytes), a tree (three words). */
export const kernelEntryBytes = { slice: 20, node: 8, tree: 12 } as const;

/**
 * `rank(slice, sliceEnd, input, stride, rows)`: for every slice of thresholds, how many of them lie below each row's value, as a byte with
 * its top bit flipped (the comparisons of bytes are signed). A slice: offset of its feature in a row; address of its thresholds,
 * padded with infinities to 2^n - 1; 4 x 2^(n - 1); where ranks go whose NaN is 0; where those go whose NaN is 255.
 */
function rankBody(): Code {
  const [slice, sliceEnd, input, stride, rows, row, step, place, start] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  // Searches of neighbouring rows do not wait for one another.
  const together = Array.from({ length: ROWS_TOGETHER }, (_, each) => each);
  const position = (each: number) => 9 + each;
  const value = (each: number) => 9 + ROWS_TOGETHER + each;
  const isBelow = (each: number) =>
    f32.isLess(f32.load(i32.sub(i32.add(get(position(each)), get(step)), constant(4))), get(value(each)));
  const search = doWhile(
    [
      ...together.map((each) =>
        set(
          position(each),
          i32.add(get(position(each)), i32.and(get(step), i32.sub(constant(0), isBelow(each)))),
        ),
      ),
      set(step, i32.shiftRight(get(step), constant(1))),
    ],
    i32.isLess(constant(3), get(step)),
  );
  const flipped = (rank: Code) => i32.xor(rank, constant(0x80));
  const begin = (each: number): Code => [
    ...set(value(each), f32.load(get(place))),
    ...set(position(each), get(start)),
    ...set(place, i32.add(get(place), get(stride))),
  ];
  const end = (each: number): Code => {
    const missing = i32.sub(constant(0), f32.isDifferent(get(value(each)), get(value(each))));
    const at = (offset: number) => i32.add(i32.load(get(slice), offset), get(row));
    return [
      ...set(position(each), i32.shiftRight(i32.sub(get(position(each)), get(start)), constant(2))),
      ...i32.storeByte(at(12), flipped(get(position(each)))),
      ...i32.storeByte(at(16), flipped(i32.or(get(position(each)), missing))),
      ...set(row, i32.add(get(row), constant(1))),
    ];
  };
  const eachGroup = doWhile(
    [...together.map(begin), set(step, i32.load(get(slice), 8)), search, ...together.map(end)],
    i32.isLess(get(row), get(rows)),
  );
  const eachSlice = doWhile(
    [
      set(row, constant(0)),
      set(start, i32.load(get(slice), 4)),
      set(place, i32.add(get(input), i32.load(get(slice)))),
      eachGroup,
      set(slice, i32.add(get(slice), constant(kernelEntryBytes.slice))),
    ],
    i32.isLess(get(slice), get(sliceEnd)),
  );
  return when(i32.isLess(get(slice), get(sliceEnd)), [eachSlice]);
}

/**
 * `sum64(node, tree, treeEnd)`, `sum16` for the first 16 rows alone, and both in double precision: adds every tree's leaf to its target's sums, tree by tree. A row is in a node when its leaf bound
 * equals the node's first leaf, since parents come before children; it then moves to the node's middle leaf where its rank is
 * above the node's. A tree: end of its nodes, start of its leaf values, its target's sums.
 */
function sumBody(vectorCount: number, leafBytes: 4 | 8): Code {
  const [node, tree, treeEnd, nodeEnd, leaves, sums, ranks] = [0, 1, 2, 3, 4, 5, 6];
  const [rank, first, middle, gathered, bound0] = [7, 8, 9, 10, 11];
  const vectors = Array.from({ length: vectorCount }, (_, vector) => vector);
  const isIn = (vector: number) => v128.areBytesEqual(get(bound0 + vector), get(first));
  const isAbove = (vector: number) => v128.areBytesGreater(v128.load(get(ranks), vector * 16), get(rank));
  const moved = (vector: number) => v128.and(v128.and(isIn(vector), isAbove(vector)), get(middle));
  const eachNode = doWhile(
    [
      set(ranks, i32.load(get(node))),
      set(rank, v128.loadByteSplat(get(node), 4)),
      set(first, v128.loadByteSplat(get(node), 5)),
      set(middle, v128.loadByteSplat(get(node), 6)),
      ...vectors.map((vector) => set(bound0 + vector, v128.maxBytes(get(bound0 + vector), moved(vector)))),
      set(node, i32.add(get(node), constant(kernelEntryBytes.node))),
    ],
    i32.isLess(get(node), get(nodeEnd)),
  );
  const leafAddress = (row: number) => {
    const leaf = v128.byteAt(get(bound0 + Math.floor(row / VECTOR_ROWS)), row % VECTOR_ROWS);
    return i32.add(get(leaves), i32.shiftLeft(leaf, constant(Math.log2(leafBytes))));
  };
  const lanes = VECTOR_BYTES / leafBytes;
  const add = leafBytes === 4 ? v128.addFloats : v128.addDoubles;
  const addLeaves = (row: number): Code => [
    ...set(gathered, v128.loadFirstLane(leafAddress(row), leafBytes)),
    ...Array.from({ length: lanes - 1 }, (_, lane) =>
      set(gathered, v128.loadLane(get(gathered), leafAddress(row + lane + 1), leafBytes, lane + 1)),
    ).flat(),
    ...v128.store(get(sums), add(v128.load(get(sums), row * leafBytes), get(gathered)), row * leafBytes),
  ];
  const groups = Array.from({ length: (vectorCount * VECTOR_ROWS) / lanes }, (_, group) => group * lanes);
  return doWhile(
    [
      set(nodeEnd, i32.load(get(tree))),
      set(leaves, i32.load(get(tree), 4)),
      set(sums, i32.load(get(tree), 8)),
      ...vectors.map((vector) => set(bound0 + vector, v128.zero)),
      when(i32.isLess(get(node), get(nodeEnd)), [eachNode]),
      ...groups.map(addLeaves),
      set(tree, i32.add(get(tree), constant(kernelEntryBytes.tree))),
    ],
    i32.isLess(get(tree), get(treeEnd)),
  );
}

export function treeKernel(): Uint8Array<ArrayBuffer> {
  const sum = (name: string, rows: number, leafBytes: 4 | 8) => ({
    name,
    parameters: locals(3, 'i32'),
    locals: [...locals(4, 'i32'), ...locals(4 + rows / VECTOR_ROWS, 'v128')],
    body: sumBody(rows / VECTOR_ROWS, leafBytes),
  });
  return wasmModule([
    {
      name: 'rank',
      parameters: locals(5, 'i32'),
      locals: [...locals(4 + ROWS_TOGETHER, 'i32'), ...locals(ROWS_TOGETHER, 'f32')],
      body: rankBody(),
    },
    ...[sum('sum16', kernelRowsFew, 4), sum('sum64', kernelRows, 4)],
    ...[sum('sum16double', kernelRowsFew, 8), sum('sum64double', kernelRows, 8)],
  ]);
}

function locals(count: number, type: ValueType): readonly ValueType[] {
  return new Array<ValueType>(count).fill(type);
}
