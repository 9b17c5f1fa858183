/**
 * Random numbers by place, not by turn: every number is a function of (seed, entity, stream name, index).
 *
 * A stream is the counter-based generator Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", 2011) under a key made of seed, entity and name; the index is its counter. Nothing is
 * carried from one draw to the next, so drawing fewer, more, or in another order changes no number.
 */
import { textLanes } from '../../engine/journal/digest.ts';
import { normalQuantile, student4Quantile } from './quantiles.ts';

export interface Stream {
  readonly key0: number;
  readonly key1: number;
}

export function openStream(seed: number, entity: string, name: string): Stream {
  const [key0, key1] = textLanes(`${seed}\n${entity}\n${name}`);
  return { key0, key1 };
}

/**
 * Writes blocks `from`, `from + 1`, … of the stream: two 32-bit words a block, `out.length / 2` blocks. Longer than most
 * functions here because the twenty rounds stand unrolled: this is the innermost loop of the generator.
 */
export function fillWords(out: Int32Array, stream: Stream, from: number): void {
  const k0 = stream.key0 | 0;
  const k1 = stream.key1 | 0;
  const k2 = 0x1bd11bda ^ k0 ^ k1;
  for (let at = 0, counter = from; at < out.length; at += 2, counter += 1) {
    let a = ((counter | 0) + k0) | 0;
    let b = (Math.floor(counter / 4294967296) + k1) | 0;
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k1) | 0;
    b = (b + k2 + 1) | 0;
    a = (a + b) | 0;
    b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0;
    b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0;
    b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0;
    b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + k2) | 0;
    b = (b + k0 + 2) | 0;
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k0) | 0;
    b = (b + k1 + 3) | 0;
    a = (a + b) | 0;
    b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0;
    b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0;
    b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0;
    b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + k1) | 0;
    b = (b + k2 + 4) | 0;
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    out[at] = (a + k2) | 0;
    out[at + 1] = (b + k0 + 5) | 0;
  }
}

const blocksAtOnce = 1024;
const scratch = new Int32Array(blocksAtOnce * 2);

/** Element i is the stream's uniform number `from + i`: 53 bits, never 0 or 1. */
export function fillUniform(out: Float64Array, stream: Stream, from = 0): Float64Array {
  for (let done = 0; done < out.length; done += blocksAtOnce) {
    const count = Math.min(blocksAtOnce, out.length - done);
    fillWords(scratch.subarray(0, count * 2), stream, from + done);
    for (let index = 0; index < count; index += 1) {
      const high = scratch[index * 2]! >>> 5;
      const low = scratch[index * 2 + 1]! >>> 6;
      // 2^-54 keeps the result off 0; the largest one rounds to 1 - 2^-53.
      out[done + index] = Math.min((high * 67108864 + low) * 2 ** -53 + 2 ** -54, 1 - 2 ** -53);
    }
  }
  return out;
}

/** Standard normal numbers, one per index. */
export function fillNormal(out: Float64Array, stream: Stream, from = 0): Float64Array {
  fillUniform(out, stream, from);
  for (let index = 0; index < out.length; index += 1) out[index] = normalQuantile(out[index]!);
  return out;
}

/** Student t with 4 degrees of freedom, divided by sqrt(2) so that its variance is 1; one per index. */
export function fillStudent4(out: Float64Array, stream: Stream, from = 0): Float64Array {
  fillUniform(out, stream, from);
  for (let index = 0; index < out.length; index += 1) {
    out[index] = student4Quantile(out[index]!) * Math.SQRT1_2;
  }
  return out;
}

const single = new Float64Array(1);

export function uniformAt(stream: Stream, index = 0): number {
  return fillUniform(single, stream, index)[0]!;
}

export function normalAt(stream: Stream, index = 0): number {
  return normalQuantile(uniformAt(stream, index));
}
