/** A tensor inside an ONNX file: its type, its shape, and whether what it holds fits both. Its numbers stay where they are. */
import { tensorFields } from './onnx-fields.ts';
import { eachKnownField, eachVarint, type Span, textOf, WireFault } from './protobuf.ts';

export interface OnnxTensor {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly number[];
  /** Its numbers lie in another file. */
  readonly isExternal: boolean;
  /** As many numbers as the shape asks for, in one of the fields that its type may use. */
  readonly isWhole: boolean;
  /** No NaN and no infinity; true for whole numbers. */
  readonly hasOnlyFinite: boolean;
  /** Of a tensor of at most 64 whole numbers, as they are; null for others. */
  readonly integers: readonly number[] | null;
}

/** Element types by their number in ONNX. */
export const elementTypes = { float: 1, int32: 6, int64: 7, bool: 9, double: 11 } as const;

const bytesByType: ReadonlyMap<number, number> = new Map([
  [elementTypes.float, 4],
  [elementTypes.int32, 4],
  [elementTypes.int64, 8],
  [elementTypes.bool, 1],
  [elementTypes.double, 8],
]);

const integersMax = 64;

interface TensorParts {
  name: string;
  type: number;
  isExternal: boolean;
  hasOnlyFinite: boolean;
  /** Numbers found, by the field that holds them. */
  readonly counts: Map<number, number>;
  readonly dims: number[];
  readonly integers: number[];
  raw: Span | null;
}

/** @throws WireFault */
export function readTensor(span: Span): OnnxTensor {
  const parts: TensorParts = {
    ...{
      name: '',
      type: 0,
      isExternal: false,
      hasOnlyFinite: true,
      counts: new Map(),
      dims: [],
      integers: [],
    },
    raw: null,
  };
  const view = new DataView(span.bytes.buffer, span.bytes.byteOffset, span.bytes.byteLength);
  const count = (field: number, more: number) => {
    parts.counts.set(field, (parts.counts.get(field) ?? 0) + more);
  };
  const addInteger = (field: number) => (value: number) => {
    count(field, 1);
    if (parts.integers.length < integersMax) parts.integers.push(value);
  };
  eachKnownField(span, tensorFields, (field, part, value, isPacked) => {
    const each = (visit: (value: number) => void) => (isPacked ? eachVarint(part, visit) : visit(value));
    if (field === 1) each((size) => addDimension(parts.dims, size));
    else if (field === 2) parts.type = value;
    else if (field === 4 || field === 10) {
      const size = field === 4 ? 4 : 8;
      if ((part.to - part.from) % size !== 0)
        throw new WireFault(`the numbers at byte ${part.from} end in the middle of one`);
      count(field, (part.to - part.from) / size);
      if (!areFinite(view, part, size)) parts.hasOnlyFinite = false;
    } else if ([5, 7, 11].includes(field)) each(addInteger(field));
    else if (field === 6) count(field, 1);
    else if (field === 8) parts.name = textOf(part);
    else if (field === 9) parts.raw = part;
    else if (field === 3 || field === 13) parts.isExternal = true;
    else if (field === 14 && value !== 0) parts.isExternal = true;
  });
  return finished(parts, view);
}

function addDimension(dims: number[], size: number): void {
  if (dims.length >= 16) throw new WireFault('a tensor has more than 16 dimensions');
  if (!(size >= 0 && size <= 2 ** 31)) throw new WireFault(`a tensor has a dimension of ${size}`);
  dims.push(size);
}

function finished(parts: TensorParts, view: DataView): OnnxTensor {
  const { name, type, dims, isExternal, raw, counts } = parts;
  const elements = dims.reduce((product, size) => product * size, 1);
  const size = bytesByType.get(type);
  if (raw !== null) {
    const isWhole = counts.size === 0 && size !== undefined && raw.to - raw.from === elements * size;
    const isReal = type === elementTypes.float || type === elementTypes.double;
    const integers = isWhole && type === elementTypes.int64 ? rawIntegers(view, raw) : null;
    return {
      ...{ name, type, dims, isExternal, isWhole, integers },
      hasOnlyFinite: !isWhole || !isReal || areFinite(view, raw, size),
    };
  }
  const held = [...counts.entries()].filter(([, numbers]) => numbers > 0);
  const isWhole =
    elements === 0
      ? held.length === 0
      : held.length === 1 && held[0]![0] === fieldByType.get(type) && held[0]![1] === elements;
  const integers = isWhole && type === elementTypes.int64 && elements <= integersMax ? parts.integers : null;
  return { name, type, dims, isExternal, isWhole, hasOnlyFinite: parts.hasOnlyFinite, integers };
}

/** Field that holds a type's numbers where they are not raw. */
const fieldByType: ReadonlyMap<number, number> = new Map([
  [elementTypes.float, 4],
  [elementTypes.int32, 5],
  [elementTypes.bool, 5],
  [elementTypes.int64, 7],
  [elementTypes.double, 10],
]);

function areFinite(view: DataView, { from, to }: Span, size: number): boolean {
  for (let at = from; at < to; at += size) {
    const value = size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
    if (!Number.isFinite(value)) return false;
  }
  return true;
}

function rawIntegers(view: DataView, { from, to }: Span): readonly number[] | null {
  if ((to - from) / 8 > integersMax) return null;
  const integers: number[] = [];
  for (let at = from; at < to; at += 8) integers.push(Number(view.getBigInt64(at, true)));
  return integers;
}
