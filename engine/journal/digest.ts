/**
 * Running digests: 128 bits that change with every bit absorbed, fast enough to take in every decision of a year inside
 * the fold. They find accidental differences between two runs; they are no signature (tables are sealed with SHA-256).
 *
 * The mixing step is the 32-bit finaliser of MurmurHash3 (A. Appleby, public domain) over four chained lanes.
 */
export function mix32(hash: number, word: number): number {
  let mixed = Math.imul(hash ^ word, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}

const floatBits = new Float64Array(1);
const wordBits = new Int32Array(floatBits.buffer);

export class RunningDigest {
  readonly #names = new Map<string, readonly [number, number]>();
  readonly #lanes = new Int32Array([0x243f6a88, 0x85a308d3 | 0, 0x13198a2e, 0x03707344]);

  /** Takes in one 32-bit word. */
  word(word: number): void {
    const lanes = this.#lanes;
    const a = mix32(lanes[0]!, word);
    const b = mix32(lanes[1]! ^ a, word);
    lanes[0] = lanes[2]! + a;
    lanes[1] = lanes[3]! ^ b;
    lanes[2] = a;
    lanes[3] = b;
  }

  /** Takes in the 64 bits of a number; every NaN counts as one and the same. */
  number(value: number): void {
    floatBits[0] = value === value ? value : Number.NaN;
    this.word(wordBits[0]!);
    this.word(wordBits[1]!);
  }

  /** Takes in a text of a small vocabulary (symbols, reasons): spelled out once, by its lanes from then on. */
  name(value: string): void {
    let lanes = this.#names.get(value);
    if (lanes === undefined) {
      lanes = textLanes(value);
      this.#names.set(value, lanes);
    }
    this.word(lanes[0]);
    this.word(lanes[1]);
  }

  /** The state as 32 hex digits; absorbing may go on. */
  hex(): string {
    const lanes = this.#lanes;
    return idHex(mix32(lanes[0]!, 1), mix32(lanes[1]!, 2)) + idHex(mix32(lanes[2]!, 3), mix32(lanes[3]!, 4));
  }

  /** Four words that stand for the state, to be absorbed by another digest or carried over a checkpoint. */
  state(): readonly [number, number, number, number] {
    return [this.#lanes[0]!, this.#lanes[1]!, this.#lanes[2]!, this.#lanes[3]!];
  }

  restore(state: readonly number[]): void {
    this.#lanes.set(state);
  }
}

export function idHex(high: number, low: number): string {
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}

/** Two 32-bit lanes of a text: symbols and strategy hashes enter digests and ids in this form. */
export function textLanes(text: string): readonly [number, number] {
  let high = 0x9e3779b9 | 0;
  let low = 0x7f4a7c15;
  for (let index = 0; index < text.length; index += 1) {
    high = mix32(high, text.charCodeAt(index));
    low = mix32(low ^ high, text.charCodeAt(index));
  }
  return [high, low];
}
