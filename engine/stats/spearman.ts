import { mean } from './mean.ts';
import { ranks } from './ranks.ts';

/**
 * Rank correlation: Pearson's, on average ranks. Pairs with a NaN on either side are dropped. NaN with fewer than three
 * pairs or where one side is constant.
 *
 * @throws RangeError where the two series differ in length.
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`spearman: lengths differ (${a.length} and ${b.length})`);
  const keptA: number[] = [];
  const keptB: number[] = [];
  for (let index = 0; index < a.length; index += 1) {
    if (Number.isNaN(a[index]!) || Number.isNaN(b[index]!)) continue;
    keptA.push(a[index]!);
    keptB.push(b[index]!);
  }
  return keptA.length < 3 ? Number.NaN : pearson(ranks(keptA), ranks(keptB));
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
