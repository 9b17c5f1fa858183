import { normalCdf } from './normal.ts';

/**
 * Two shares compared, pooled: z and the two-sided p of the normal law. NaN where a count is 0 or all outcomes are alike. Trades
 * cluster, so raw counts overstate what they show: divide them by the design effect first.
 */
export function twoProportion(
  a: { readonly successes: number; readonly count: number },
  b: { readonly successes: number; readonly count: number },
): { readonly z: number; readonly pValue: number } {
  const pooled = (a.successes + b.successes) / (a.count + b.count);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / a.count + 1 / b.count));
  const z = spread > 0 ? (a.successes / a.count - b.successes / b.count) / spread : Number.NaN;
  return { z, pValue: 2 * normalCdf(-Math.abs(z)) };
}

/**
 * McNemar's exact test of paired decisions: two-sided p that `onlyA` and `onlyB` of the pairs that differ are equally likely. 1
 * where none differs.
 *
 * @throws RangeError where a count is no whole number from 0 up.
 */
export function mcnemar(onlyA: number, onlyB: number): number {
  for (const count of [onlyA, onlyB]) {
    if (!Number.isInteger(count) || count < 0) throw new RangeError(`mcnemar: ${count} is no count`);
  }
  const n = onlyA + onlyB;
  const fewer = Math.min(onlyA, onlyB);
  // Terms of the binomial law of one half, by logarithms: 2^-n alone would vanish for large n.
  let logTerm = -n * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let k = 1; k <= fewer; k += 1) {
    logTerm += Math.log((n - k + 1) / k);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}

/** Holm's step-down adjustment of p values, in their own order. NaN values stay NaN and are not counted. */
export function holm(pValues: ArrayLike<number>): Float64Array {
  const adjusted = Float64Array.from(pValues);
  const order = Array.from(adjusted.keys())
    .filter((row) => !Number.isNaN(adjusted[row]!))
    .sort((a, b) => adjusted[a]! - adjusted[b]!);
  let largest = 0;
  for (const [place, row] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (order.length - place) * adjusted[row]!));
    adjusted[row] = largest;
  }
  return adjusted;
}
