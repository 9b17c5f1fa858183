import { knownPairs } from './known-pairs.ts';
import { mean } from './mean.ts';
import { ranks } from './ranks.ts';

/**
 * Rank correlation: Pearson's, on average ranks. Pairs with a NaN on either side are dropped. NaN with fewer than three
 * pairs or where one side is constant.
 *
 * @throws RangeError where the two series differ in length.
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const known = knownPairs(a, b, 'spearman');
  return known.a.length < 3 ? Number.NaN : pearson(ranks(known.a), ranks(known.b));
}

function pearson(a: Float64Array, b: Float64Array): number {
  const meanA = mean(a);
  const meanB = mean(b);
  let cross = 0;
  let squareA = 0;
  let squareB = 0;
  for (let index = 0; index < a.length; index += 1) {
    const offA = a[index]! - meanA;
    const offB = b[index]! - meanB;
    cross += offA * offB;
    squareA += offA * offA;
    squareB += offB * offB;
  }
  return squareA === 0 || squareB === 0 ? Number.NaN : cross / Math.sqrt(squareA * squareB);
}
