import { knownPairs } from './known-pairs.ts';
import { mean } from './mean.ts';

/**
 * Least-squares slope of y on x: 1 where predictions x are of the size of what came, y. Pairs with a NaN are dropped; NaN where
 * x is constant.
 *
 * @throws RangeError where the two series differ in length.
 */
export function slope(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const known = knownPairs(x, y, 'slope');
  const [centreX, centreY] = [mean(known.a), mean(known.b)];
  let [cross, square] = [0, 0];
  for (const [row, value] of known.a.entries()) {
    cross += (value - centreX) * (known.b[row]! - centreY);
    square += (value - centreX) ** 2;
  }
  return square > 0 ? cross / square : Number.NaN;
}
