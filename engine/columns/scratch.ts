/**
 * Room for what a kernel lays out on the way: taken, and given back to the next kernel of the thread. An array of its own for
 * every call would have to be cleared and collected, which costs as much as the kernels do.
 *
 * What is taken is at least as long as asked for and holds whatever was left in it.
 */

/** By exponent: the arrays at place k have 2^k elements. */
const spareFloats: Float64Array[][] = [];
const spareInts: Int32Array[][] = [];

export function takeFloats(length: number): Float64Array {
  const exponent = exponentOf(length);
  return spareFloats[exponent]?.pop() ?? new Float64Array(2 ** exponent);
}

/** Gives back what `takeFloats` gave: nobody may look at it any more. */
export function giveFloats(...taken: readonly Float64Array[]): void {
  for (const room of taken) {
    const exponent = exponentOf(room.length);
    spareFloats[exponent] ??= [];
    spareFloats[exponent].push(room);
  }
}

export function takeInts(length: number): Int32Array {
  const exponent = exponentOf(length);
  return spareInts[exponent]?.pop() ?? new Int32Array(2 ** exponent);
}

export function giveInts(...taken: readonly Int32Array[]): void {
  for (const room of taken) {
    const exponent = exponentOf(room.length);
    spareInts[exponent] ??= [];
    spareInts[exponent].push(room);
  }
}

function exponentOf(length: number): number {
  return 32 - Math.clz32(Math.max(0, length - 1));
}
