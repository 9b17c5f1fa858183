/** A hidden Markov chain with Gaussian emissions of diagonal covariance, over observations in their own units. */
import type { Chain } from './chain.ts';

export interface GaussianHmm extends Chain {
  readonly dimensions: number;
  /** Of each dimension, in its unit: what the observations are standardised with. */
  readonly centre: Float64Array;
  readonly scale: Float64Array;
  /** `[state][dimension]`, standardised. */
  readonly means: Float64Array;
  readonly variances: Float64Array;
}

/**
 * `ln p(observation | state)`, `[day][state]`, in units of the observations. NaN on a day with a value that is not finite:
 * such a day is missing as a whole.
 *
 * @throws RangeError where `values` is no whole number of observations.
 */
export function logDensities(model: GaussianHmm, values: ArrayLike<number>): Float64Array {
  const { states, dimensions, centre, scale, means, variances } = model;
  const days = values.length / dimensions;
  if (!Number.isInteger(days)) {
    throw new RangeError(`gaussianHmm: ${values.length} values are no whole rows of ${dimensions}`);
  }
  const constants = logConstants(model);
  const out = new Float64Array(days * states);
  const row = new Float64Array(dimensions);
  for (let day = 0; day < days; day += 1) {
    let whole = true;
    for (let dimension = 0; dimension < dimensions; dimension += 1) {
      const value = values[day * dimensions + dimension]!;
      whole &&= Number.isFinite(value);
      row[dimension] = (value - centre[dimension]!) / scale[dimension]!;
    }
    for (let state = 0; state < states; state += 1) {
      let squares = 0;
      for (let dimension = 0; dimension < dimensions; dimension += 1) {
        const off = row[dimension]! - means[state * dimensions + dimension]!;
        squares += (off * off) / variances[state * dimensions + dimension]!;
      }
      out[day * states + state] = whole ? constants[state]! - squares / 2 : Number.NaN;
    }
  }
  return out;
}

function logConstants({ states, dimensions, scale, variances }: GaussianHmm): Float64Array {
  return new Float64Array(states).map((_, state) => {
    let sum = 0;
    for (let dimension = 0; dimension < dimensions; dimension += 1) {
      const variance = variances[state * dimensions + dimension]!;
      sum -= Math.log(2 * Math.PI * variance) / 2 + Math.log(scale[dimension]!);
    }
    return sum;
  });
}

/** The same model with its states in another order: new state k is the old state `order[k]`. */
export function reorderStates(model: GaussianHmm, order: readonly number[]): GaussianHmm {
  const { states, dimensions } = model;
  const rows = (table: Float64Array) =>
    table.map((_, at) => table[order[Math.floor(at / dimensions)]! * dimensions + (at % dimensions)]!);
  return {
    ...model,
    initial: model.initial.map((_, state) => model.initial[order[state]!]!),
    transition: model.transition.map(
      (_, at) => model.transition[order[Math.floor(at / states)]! * states + order[at % states]!]!,
    ),
    means: rows(model.means),
    variances: rows(model.variances),
  };
}
