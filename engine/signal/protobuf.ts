/**
 * The wire format of protocol buffers, read strictly: every length lies inside its message, every varint ends, every text is
 * UTF-8. Nothing is copied and nothing is allocated by what a length claims, so bytes from anywhere may be read.
 * Source: "Encoding", Protocol Buffers documentation.
 */

/** The bytes are no such message; says what is wrong and at which byte. */
export class WireFault extends Error {
  override readonly name = 'WireFault';
}

export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A part of a file: bytes [from, to). */
export interface Span {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** One field of a message. `value` is a varint's (else 0); `from` and `to` bound the content (of a varint: its own bytes). */
export type VisitField = (field: number, type: number, value: number, from: number, to: number) => void;

/** @throws WireFault */
export function eachField({ bytes, from, to }: Span, visit: VisitField): void {
  let at = from;
  while (at < to) {
    // Most tags and numbers are one byte: those are read without a call.
    const first = bytes[at]!;
    const tag = first < 0x80 ? first : varintAt(bytes, at, to).value;
    const start = at + (first < 0x80 ? 1 : lengthAt(bytes, at));
    const field = Math.floor(tag / 8);
    if (field < 1 || field > 536_870_911) throw new WireFault(`no field can have the tag at byte ${at}`);
    const type = tag % 8;
    if (type === wire.varint) {
      const isShort = start < to && bytes[start]! < 0x80;
      const value = isShort ? bytes[start]! : varintAt(bytes, start, to).value;
      at = start + (isShort ? 1 : lengthAt(bytes, start));
      visit(field, type, value, start, at);
      continue;
    }
    const content = contentOf(bytes, type, start, to);
    visit(field, type, 0, content.from, content.to);
    at = content.to;
  }
}

/** Bytes of a varint that was read. */
function lengthAt(bytes: Uint8Array, at: number): number {
  let length = 1;
  while (bytes[at + length - 1]! >= 0x80) length += 1;
  return length;
}

function contentOf(bytes: Uint8Array, type: number, start: number, to: number) {
  if (type === wire.fixed32 || type === wire.fixed64) {
    const end = start + (type === wire.fixed32 ? 4 : 8);
    if (end > to) throw new WireFault(`the number at byte ${start} goes beyond its message`);
    return { from: start, to: end };
  }
  if (type !== wire.bytes) throw new WireFault(`the field at byte ${start} is of an unknown wire type`);
  const { value: length, next } = varintAt(bytes, start, to);
  if (length < 0 || length > to - next)
    throw new WireFault(`the field at byte ${start} goes beyond its message: the file is cut off or damaged`);
  return { from: next, to: next + length };
}

/** Two's complement of 64 bits; beyond 2^53 the nearest double. */
function varintAt(bytes: Uint8Array, at: number, to: number): { value: number; next: number } {
  const first = at < to ? bytes[at]! : 0x80;
  if (first < 0x80) return { value: first, next: at + 1 };
  let low = 0;
  let high = 0;
  for (let place = 0; place < 10; place += 1) {
    if (at + place >= to)
      throw new WireFault(`the number at byte ${at} does not end: the file is cut off or damaged`);
    const byte = bytes[at + place]!;
    const bits = byte & 0x7f;
    if (place < 4) low |= bits << (7 * place);
    else if (place === 4) {
      low |= bits << 28;
      high = bits >> 4;
    } else if (place < 9) high |= bits << (7 * place - 32);
    else if (byte > 1) throw new WireFault(`the number at byte ${at} has more than 64 bits`);
    else high |= byte << 31;
    if (byte < 0x80) return { value: high * 2 ** 32 + (low >>> 0), next: at + place + 1 };
  }
  throw new WireFault(`the number at byte ${at} has more than 64 bits`);
}

/** Varints one after the other, as packed fields hold them. */
export function eachVarint({ bytes, from, to }: Span, visit: (value: number) => void): void {
  for (let at = from; at < to; ) {
    const { value, next } = varintAt(bytes, at, to);
    visit(value);
    at = next;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function textOf({ bytes, from, to }: Span): string {
  try {
    return utf8.decode(bytes.subarray(from, to));
  } catch {
    throw new WireFault(`the text at byte ${from} is not UTF-8`);
  }
}

/** How a field is written; `+` may stand several times, numbers of it also packed. */
export type FieldKind = 'varint' | 'bytes' | 'fixed32' | 'varint+' | 'bytes+' | 'fixed32+' | 'fixed64+';

/** All fields that a message may have, by number. */
export interface MessageFields {
  readonly message: string;
  readonly fields: readonly (FieldRule | undefined)[];
}

interface FieldRule {
  readonly type: number;
  readonly isRepeated: boolean;
}

/** @param kinds by field number, at most 30 */
export function messageFields(message: string, kinds: Readonly<Record<number, FieldKind>>): MessageFields {
  const fields: (FieldRule | undefined)[] = [];
  for (const [number, kind] of Object.entries(kinds)) {
    const isRepeated = kind.endsWith('+');
    const name = (isRepeated ? kind.slice(0, -1) : kind) as keyof typeof wire;
    fields[Number(number)] = { type: wire[name], isRepeated };
  }
  return { message, fields };
}

/**
 * Fields of a message that is known. A field that is not, one of another wire type, and a second one where there can be but one are
 * faults: readers differ in what they make of them.
 * @throws WireFault
 */
export function eachKnownField(
  span: Span,
  { message, fields }: MessageFields,
  visit: (field: number, part: Span, value: number, isPacked: boolean) => void,
): void {
  let seen = 0;
  eachField(span, (field, type, value, from, to) => {
    const rule = fields[field];
    if (rule === undefined) throw new WireFault(`a ${message} has a field ${field} that is not known`);
    const isPacked = rule.isRepeated && rule.type !== wire.bytes && type === wire.bytes;
    if (type !== rule.type && !isPacked)
      throw new WireFault(`field ${field} of a ${message} is of another wire type`);
    if (!rule.isRepeated && (seen & (1 << field)) !== 0)
      throw new WireFault(`a ${message} has field ${field} twice`);
    seen |= 1 << field;
    visit(field, { bytes: span.bytes, from, to }, value, isPacked);
  });
}
