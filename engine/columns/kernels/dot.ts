/**
 * Writes the sum of weights[i] x[at + i] over all weights to `out[to]`; a number that is returned would be boxed. Four partial sums fill the waits of the processor; their order depends on the
 * number of weights alone.
 */
export function writeDot(
  weights: Float64Array,
  x: Float64Array,
  at: number,
  out: Float64Array,
  to: number,
): void {
  const { length } = weights;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    a += weights[i]! * x[at + i]!;
    b += weights[i + 1]! * x[at + i + 1]!;
    c += weights[i + 2]! * x[at + i + 2]!;
    d += weights[i + 3]! * x[at + i + 3]!;
  }
  for (; i < length; i += 1) a += weights[i]! * x[at + i]!;
  out[to] = a + b + (c + d);
}
