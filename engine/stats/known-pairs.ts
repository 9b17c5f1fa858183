export interface KnownPairs {
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** Pairs left out because a side was NaN. */
  readonly dropped: number;
}

/**
 * The pairs of two series of which neither side is NaN.
 * @throws RangeError where the series differ in length; `caller` names the function that was given them.
 */
export function knownPairs(a: ArrayLike<number>, b: ArrayLike<number>, caller: string): KnownPairs {
  if (a.length !== b.length) throw new RangeError(`${caller}: lengths differ (${a.length} and ${b.length})`);
  const kept = { a: new Float64Array(a.length), b: new Float64Array(a.length) };
  let count = 0;
  for (let index = 0; index < a.length; index += 1) {
    if (Number.isNaN(a[index]!) || Number.isNaN(b[index]!)) continue;
    kept.a[count] = a[index]!;
    kept.b[count] = b[index]!;
    count += 1;
  }
  return { a: kept.a.subarray(0, count), b: kept.b.subarray(0, count), dropped: a.length - count };
}
