/**
 * WebAssembly spelled out by hand: just the instructions that the tree kernel needs, with 128-bit vectors. An expression is its
 * bytes, operands first. Source: WebAssembly core specification 2.0, binary format.
 */

export type Code = readonly number[];

/** Unsigned LEB128. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const more = rest > 0x7f;
    bytes.push((rest & 0x7f) | (more ? 0x80 : 0));
    rest >>>= 7;
  } while (rest !== 0);
  return bytes;
}

/** Signed LEB128 of 32 bits. */
function signed(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value | 0; ; ) {
    const byte = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0);
    bytes.push(isLast ? byte : byte | 0x80);
    if (isLast) return bytes;
  }
}

const sized = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const withLength = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];

const valueTypes = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
export type ValueType = keyof typeof valueTypes;

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** A module of functions without results over one imported memory, `env.memory`. */
export function wasmModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: Code): Code => [id, ...withLength(content)];
  const text = (word: string): Code => withLength([...word].map((letter) => letter.charCodeAt(0)));
  const types = functions.map(({ parameters }) => [
    0x60,
    ...sized(parameters.map((type) => [valueTypes[type]])),
    0,
  ]);
  const bodies = functions.map(({ locals, body }) =>
    withLength([...sized(locals.map((type) => [1, valueTypes[type]])), ...body, 0x0b]),
  );
  const exported = functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, sized(types)),
    ...section(2, sized([[...text('env'), ...text('memory'), 2, 0, 1]])),
    ...section(3, sized(functions.map((_, index) => unsigned(index)))),
    ...section(7, sized(exported)),
    ...section(10, sized(bodies)),
  ]);
}

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const constant = (value: number): Code => [0x41, ...signed(value)];

const binary =
  (...operation: Code) =>
  (left: Code, right: Code): Code => [...left, ...right, ...operation];

export const i32 = {
  add: binary(0x6a),
  sub: binary(0x6b),
  and: binary(0x71),
  or: binary(0x72),
  xor: binary(0x73),
  shiftLeft: binary(0x74),
  shiftRight: binary(0x76),
  isLess: binary(0x49),
  isDifferent: binary(0x47),
  load: (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)],
  loadByte: (address: Code, offset = 0): Code => [...address, 0x2d, 0, ...unsigned(offset)],
  storeByte: (address: Code, value: Code): Code => [...address, ...value, 0x3a, 0, 0],
} as const;

export const f32 = {
  isLess: binary(0x5d),
  isDifferent: binary(0x5c),
  load: (address: Code, offset = 0): Code => [...address, 0x2a, 2, ...unsigned(offset)],
} as const;

/** Instructions and alignments. */
const laneOf = {
  4: { first: [0x5c, 2], other: [0x56, 2] },
  8: { first: [0x5d, 3], other: [0x57, 3] },
} as const;

/** Vectors of 128 bits; the lanes are in the names. */
export const v128 = {
  load: (address: Code, offset = 0): Code => [...address, 0xfd, 0, 0, ...unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...[0xfd, 0x0b, 0],
    ...unsigned(offset),
  ],
  /** One byte of memory into all sixteen lanes. */
  loadByteSplat: (address: Code, offset = 0): Code => [...address, 0xfd, 0x07, 0, ...unsigned(offset)],
  /** Four or eight bytes of memory into the first lane, the others 0. */
  loadFirstLane: (address: Code, bytes: 4 | 8): Code => [...address, 0xfd, ...laneOf[bytes].first, 0],
  /** Four or eight bytes of memory into one lane of a vector. */
  loadLane: (vector: Code, address: Code, bytes: 4 | 8, lane: number): Code => [
    ...address,
    ...vector,
    ...[0xfd, ...laneOf[bytes].other, 0, lane],
  ],
  byteAt: (vector: Code, lane: number): Code => [...vector, 0xfd, 0x16, lane],
  zero: [0xfd, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] as Code,
  and: binary(0xfd, 0x4e),
  areBytesEqual: binary(0xfd, 0x23),
  /** Signed. */
  areBytesGreater: binary(0xfd, 0x27),
  /** Unsigned. */
  maxBytes: binary(0xfd, 0x79),
  /** Of four and of eight bytes. */
  addFloats: binary(0xfd, 0xe4, 0x01),
  addDoubles: binary(0xfd, 0xf0, 0x01),
} as const;

/** Runs the body, then again as long as the condition holds. */
export const doWhile = (body: readonly Code[], condition: Code): Code => [
  ...[0x03, 0x40],
  ...body.flat(),
  ...condition,
  ...[0x0d, 0, 0x0b],
];

export const when = (condition: Code, body: readonly Code[]): Code => [
  ...condition,
  ...[0x04, 0x40],
  ...body.flat(),
  0x0b,
];
