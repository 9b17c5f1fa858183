/** Below this a share counts as this much, so that an empty bin has a logarithm. */
const SHARE_MIN = 1e-4;

/**
 * Population stability index: sum of (actual - expected) ln(actual / expected) over the bins' shares. By convention .10 asks for
 * a look and .25 for an answer. NaN where there are no bins or either sum of shares is not positive; counts may be given for shares.
 *
 * @throws RangeError where the bins differ in number.
 */
export function populationStabilityIndex(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  if (expected.length !== actual.length)
    throw new RangeError(`populationStabilityIndex: ${expected.length} and ${actual.length} bins`);
  const wanted = sharesOf(expected);
  const found = sharesOf(actual);
  if (wanted === null || found === null) return Number.NaN;
  return wanted.reduce((sum, share, bin) => sum + (found[bin]! - share) * Math.log(found[bin]! / share), 0);
}

function sharesOf(bins: ArrayLike<number>): readonly number[] | null {
  const values = Array.from(bins);
  const total = values.reduce((sum, value) => sum + value, 0);
  return total > 0 ? values.map((value) => Math.max(value / total, SHARE_MIN)) : null;
}
