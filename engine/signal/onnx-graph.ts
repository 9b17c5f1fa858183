/**
 * What is in an ONNX file, read without running any of it: the numbers of the graph are looked through where they lie, and only
 * what the rules of docs/models.md ask about is kept. Hostile bytes end in a fault, never in a hang or in memory without bound.
 * Source: onnx.proto, ONNX IR version 10. What that version does not name is refused.
 */
import {
  attributeFields,
  dimensionFields,
  graphFields,
  modelFields,
  nodeFields,
  opsetFields,
  shapeFields,
  tensorTypeFields,
  typeFields,
  valueFields,
} from './onnx-fields.ts';
import { type OnnxTensor, readTensor } from './onnx-tensor.ts';
import { eachKnownField, eachVarint, type Span, textOf, WireFault } from './protobuf.ts';

export interface OnnxModel {
  readonly irVersion: number;
  /** Version by domain; `ai.onnx` stands for the empty name too. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly functionCount: number;
  readonly trainingCount: number;
  readonly sparseCount: number;
}

export interface OnnxValue {
  readonly name: string;
  /** Null for what is no tensor. */
  readonly elementType: number | null;
  /** A number, a symbol, or null for a dimension that is left open; the whole null where no shape is stated. */
  readonly shape: readonly (number | string | null)[] | null;
}

export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

export interface OnnxAttribute {
  readonly integer: number | null;
  readonly text: string | null;
  readonly tensor: OnnxTensor | null;
  readonly integers: readonly number[];
  /** The different texts of a list, and the place in them of each of its entries. */
  readonly texts: readonly string[];
  readonly textPlaces: readonly number[];
  readonly floatCount: number;
  /** No NaN and no infinity among its floats. */
  readonly hasOnlyFinite: boolean;
  readonly hasSubgraph: boolean;
  /** Refers to a function's attribute, or holds sparse tensors, lists of tensors or types. */
  readonly isOutlandish: boolean;
}

export type ParsedOnnx =
  | { readonly ok: true; readonly model: OnnxModel }
  | { readonly ok: false; readonly message: string };

/** What may stand in a file in all, so that 64 MB of empty messages take no gigabytes. */
const messagesMax = 50_000;
const listItemsMax = 16_000_000;
const differentTextsMax = 64;

/** Counts down what a file may still hold. */
interface Budget {
  messages: number;
  items: number;
}

/** Never throws: bytes that are no ONNX model give a message that says where and why. */
export function readOnnx(bytes: Uint8Array): ParsedOnnx {
  try {
    return { ok: true, model: readModel({ bytes, from: 0, to: bytes.length }) };
  } catch (cause) {
    if (!(cause instanceof WireFault)) throw cause;
    return { ok: false, message: cause.message };
  }
}

function readModel(span: Span): OnnxModel {
  const budget: Budget = { messages: messagesMax, items: listItemsMax };
  const opsets = new Map<string, number>();
  let irVersion = 0;
  let graph: Graph | null = null;
  const counts = { functions: 0, training: 0 };
  eachKnownField(span, modelFields, (field, part, value) => {
    if (field === 1) irVersion = value;
    else if (field === 7) graph = readGraph(part, budget);
    else if (field === 8) addOpset(opsets, part);
    else if (field === 14) spendMessage(budget);
    else if (field === 20) counts.training += 1;
    else if (field === 25) counts.functions += 1;
  });
  if (graph === null) throw new WireFault('there is no graph in it: the file is cut off or no ONNX model');
  return {
    ...{ irVersion, opsets, ...(graph as Graph) },
    ...{ functionCount: counts.functions, trainingCount: counts.training },
  };
}

function addOpset(opsets: Map<string, number>, span: Span): void {
  let [domain, version] = ['', 0];
  eachKnownField(span, opsetFields, (field, part, value) => {
    if (field === 1) domain = textOf(part);
    else if (field === 2) version = value;
  });
  const name = domain === '' ? 'ai.onnx' : domain;
  if (opsets.has(name)) throw new WireFault(`the opset of ${name} is imported twice`);
  if (opsets.size >= 16) throw new WireFault('more than 16 opsets are imported');
  opsets.set(name, version);
}

type Graph = Pick<OnnxModel, 'inputs' | 'outputs' | 'nodes' | 'initializers' | 'sparseCount'>;

function readGraph(span: Span, budget: Budget): Graph {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  let sparseCount = 0;
  eachKnownField(span, graphFields, (field, part) => {
    spendMessage(budget);
    if (field === 1) nodes.push(readNode(part, budget));
    else if (field === 5) initializers.push(readTensor(part));
    else if (field === 11) inputs.push(readValue(part));
    else if (field === 12) outputs.push(readValue(part));
    else if (field === 15) sparseCount += 1;
  });
  return { inputs, outputs, nodes, initializers, sparseCount };
}

function readValue(span: Span): OnnxValue {
  let name = '';
  let type: Pick<OnnxValue, 'elementType' | 'shape'> = { elementType: null, shape: null };
  eachKnownField(span, valueFields, (field, part) => {
    if (field === 1) name = textOf(part);
    else if (field === 2) type = readType(part);
  });
  return { name, ...type };
}

function readType(span: Span): Pick<OnnxValue, 'elementType' | 'shape'> {
  let elementType: number | null = null;
  let shape: (number | string | null)[] | null = null;
  const readDimension = (span: Span): number | string | null => {
    let size: number | string | null = null;
    eachKnownField(span, dimensionFields, (field, part, value) => {
      if (field === 1) size = value;
      else if (field === 2) size = textOf(part);
    });
    return size;
  };
  eachKnownField(span, typeFields, (field, part) => {
    // Sequences, maps and optionals are no tensors: their type stays null.
    if (field !== 1) return;
    eachKnownField(part, tensorTypeFields, (inner, content, value) => {
      if (inner === 1) elementType = value;
      else if (inner === 2) {
        const sizes: (number | string | null)[] = [];
        eachKnownField(content, shapeFields, (_, dimension) => {
          if (sizes.length >= 16) throw new WireFault('a shape has more than 16 dimensions');
          sizes.push(readDimension(dimension));
        });
        shape = sizes;
      }
    });
  });
  return { elementType, shape };
}

function readNode(span: Span, budget: Budget): OnnxNode {
  const attributes = new Map<string, OnnxAttribute>();
  const texts = { name: '', operator: '', domain: '' };
  const inputs: string[] = [];
  const outputs: string[] = [];
  eachKnownField(span, nodeFields, (field, part) => {
    if (field === 1) inputs.push(nameOf(part, budget));
    else if (field === 2) outputs.push(nameOf(part, budget));
    else if (field === 3) texts.name = textOf(part);
    else if (field === 4) texts.operator = textOf(part);
    else if (field === 5) addAttribute(attributes, part, budget);
    else if (field === 7) texts.domain = textOf(part);
  });
  return { ...texts, inputs, outputs, attributes };
}

function nameOf(span: Span, budget: Budget): string {
  spendMessage(budget);
  return textOf(span);
}

function addAttribute(attributes: Map<string, OnnxAttribute>, span: Span, budget: Budget): void {
  spendMessage(budget);
  const { name, attribute } = readAttribute(span, budget);
  if (attributes.has(name)) throw new WireFault(`a node has the attribute ${name} twice`);
  attributes.set(name, attribute);
}

interface AttributeParts {
  name: string;
  integer: number | null;
  text: string | null;
  tensor: OnnxTensor | null;
  floatCount: number;
  hasOnlyFinite: boolean;
  hasSubgraph: boolean;
  isOutlandish: boolean;
}

function readAttribute(span: Span, budget: Budget): { name: string; attribute: OnnxAttribute } {
  const integers: number[] = [];
  const textPlaces: number[] = [];
  const different: Uint8Array[] = [];
  const parts: AttributeParts = {
    ...{ name: '', integer: null, text: null, tensor: null, floatCount: 0, hasOnlyFinite: true },
    ...{ hasSubgraph: false, isOutlandish: false },
  };
  const view = new DataView(span.bytes.buffer, span.bytes.byteOffset, span.bytes.byteLength);
  eachKnownField(span, attributeFields, (field, part, value, isPacked) => {
    if (field === 1) parts.name = textOf(part);
    else if (field === 2 || field === 7) addFloats(parts, view, part, budget);
    else if (field === 3) parts.integer = value;
    else if (field === 4) parts.text = textOf(part);
    else if (field === 5) parts.tensor = readTensor(part);
    else if (field === 6 || field === 11) parts.hasSubgraph = true;
    else if (field === 8) addIntegers(integers, part, isPacked ? null : value, budget);
    else if (field === 9) {
      spendItem(budget);
      textPlaces.push(placeOf(different, part));
    } else if ([10, 14, 15, 21, 22, 23].includes(field)) parts.isOutlandish = true;
  });
  const { name, ...rest } = parts;
  const texts = different.map((bytes) => textOf({ bytes, from: 0, to: bytes.length }));
  return { name, attribute: { ...rest, integers, texts, textPlaces } };
}

/** One float, or a packed run of them. */
function addFloats(parts: AttributeParts, view: DataView, { from, to }: Span, budget: Budget): void {
  if ((to - from) % 4 !== 0) throw new WireFault(`the floats at byte ${from} end in the middle of one`);
  for (let at = from; at < to; at += 4) {
    spendItem(budget);
    parts.floatCount += 1;
    if (!Number.isFinite(view.getFloat32(at, true))) parts.hasOnlyFinite = false;
  }
}

function addIntegers(integers: number[], part: Span, value: number | null, budget: Budget): void {
  if (value !== null) {
    spendItem(budget);
    integers.push(value);
    return;
  }
  eachVarint(part, (item) => {
    spendItem(budget);
    integers.push(item);
  });
}

/** Place of a text among the different ones, to which a new one is added. */
function placeOf(different: Uint8Array[], part: Span): number {
  for (let place = 0; place < different.length; place += 1)
    if (isEqual(different[place]!, part)) return place;
  if (different.length >= differentTextsMax)
    throw new WireFault(`a list of texts holds more than ${differentTextsMax} different ones`);
  return different.push(part.bytes.subarray(part.from, part.to)) - 1;
}

function isEqual(known: Uint8Array, { bytes, from, to }: Span): boolean {
  if (known.length !== to - from) return false;
  for (let place = 0; place < known.length; place += 1)
    if (known[place] !== bytes[from + place]) return false;
  return true;
}

function spendMessage(budget: Budget): void {
  budget.messages -= 1;
  if (budget.messages < 0) throw new WireFault(`it holds more than ${messagesMax} parts`);
}

function spendItem(budget: Budget): void {
  budget.items -= 1;
  if (budget.items < 0) throw new WireFault(`its lists hold more than ${listItemsMax} entries`);
}
