import { knownPairs } from './known-pairs.ts';

export interface Isotonic {
  /** Knots of the fitted function, ascending; both ends of every level stretch. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Linear between knots, level beyond the first and the last; NaN for NaN and for a fit to nothing. */
  predict(x: number): number;
}

/**
 * Least-squares fit of a function that never falls: equal x are merged to their mean, then adjacent violators are pooled.
 * A diagnosis of scores, never a gate. Pairs with a NaN are dropped. Source: Barlow et al. 1972; between knots it is linear, as
 * scikit-learn's `IsotonicRegression.predict`.
 *
 * @throws RangeError where the series differ in length.
 */
export function isotonic(x: ArrayLike<number>, y: ArrayLike<number>): Isotonic {
  const pooled = pool(merged(x, y));
  const knots = pooled.flatMap(({ from, to, sum, weight }) =>
    from === to
      ? [[from, sum / weight]]
      : [
          [from, sum / weight],
          [to, sum / weight],
        ],
  );
  const at = Float64Array.from(knots, ([value]) => value!);
  const level = Float64Array.from(knots, ([, value]) => value!);
  return { x: at, y: level, predict: (value) => interpolate(at, level, value) };
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly sum: number;
  readonly weight: number;
}

function merged(x: ArrayLike<number>, y: ArrayLike<number>): Stretch[] {
  const { a, b } = knownPairs(x, y, 'isotonic');
  const order = Array.from(a.keys()).sort((left, right) => a[left]! - a[right]!);
  const stretches: Stretch[] = [];
  for (const row of order) {
    const last = stretches.at(-1);
    if (last === undefined || last.to !== a[row])
      stretches.push({ from: a[row]!, to: a[row]!, sum: b[row]!, weight: 1 });
    else stretches[stretches.length - 1] = { ...last, sum: last.sum + b[row]!, weight: last.weight + 1 };
  }
  return stretches;
}

function pool(stretches: readonly Stretch[]): readonly Stretch[] {
  const pooled: Stretch[] = [];
  for (const stretch of stretches) {
    let next = stretch;
    for (let last = pooled.at(-1); last !== undefined; last = pooled.at(-1)) {
      if (last.sum / last.weight < next.sum / next.weight) break;
      next = { from: last.from, to: next.to, sum: last.sum + next.sum, weight: last.weight + next.weight };
      pooled.pop();
    }
    pooled.push(next);
  }
  return pooled;
}

function interpolate(x: Float64Array, y: Float64Array, value: number): number {
  if (x.length === 0 || Number.isNaN(value)) return Number.NaN;
  if (value <= x[0]!) return y[0]!;
  const above = x.findIndex((knot) => knot >= value);
  if (above === -1) return y.at(-1)!;
  const share = (value - x[above - 1]!) / (x[above]! - x[above - 1]!);
  return y[above - 1]! + share * (y[above]! - y[above - 1]!);
}
