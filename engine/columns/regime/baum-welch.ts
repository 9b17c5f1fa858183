/** Baum-Welch: maximum likelihood of a Gaussian hidden Markov chain by expectation and maximisation, with restarts. */
import { assertInvariant } from '../../invariant.ts';
import { backwardPass, forwardPass } from './chain.ts';
import { type GaussianHmm, logDensities } from './model.ts';

export interface HmmFitOptions {
  readonly states: number;
  /** Numbers in one observation. */
  readonly dimensions: number;
  /** Uniform number in [0, 1) by place; restart r takes places r * states .. r * states + states - 1. */
  readonly uniform: (place: number) => number;
  /** Starts from other centres; 10 if absent. The best log-likelihood is kept, the first of equal ones. */
  readonly restarts?: number;
  /** Steps of one restart at most; 500 if absent. */
  readonly stepsMax?: number;
  /** A restart ends where a step gains less log-likelihood than this; 1e-6 if absent. */
  readonly gainMin?: number;
  /** Least variance, of standardised observations; 1e-3 if absent. */
  readonly varianceMin?: number;
  /** Least probability of a move and of a first state, < 1 / states; 1e-6 if absent. */
  readonly probabilityMin?: number;
}

export interface HmmFit {
  /** All parameters NaN where the observations do not allow a fit. */
  readonly model: GaussianHmm;
  /** Of the observations in their own units, natural logarithm. */
  readonly logLikelihood: number;
  /** False where the kept restart ran out of steps. */
  readonly converged: boolean;
  /** Days without a missing value. */
  readonly observed: number;
  /** Log-likelihood of the kept restart before each step and after the last one; it never falls. */
  readonly climb: readonly number[];
  /** Where each restart ended: how often the best optimum was found. */
  readonly restartLogLikelihoods: readonly number[];
}

type Settings = Required<HmmFitOptions>;

const defaults = { restarts: 10, stepsMax: 500, gainMin: 1e-6, varianceMin: 1e-3, probabilityMin: 1e-6 };
/** What rounding may take from a log-likelihood: so much, or this share of it. */
const FALL_MAX = 1e-8;
const FALL_SHARE_MAX = 1e-12;
/** Chance that the first guess of a chain stays where it is. */
const STAY_FIRST = 0.9;
/** A column whose spread is a smaller share of its size is constant but for rounding. */
const SPREAD_MIN = 1e-12;

/**
 * Fits to `values`, `[day][dimension]`, days in order; a day with a value that is not finite is missing as a whole. NaN
 * model where a dimension is constant, or where fewer days are there than the chain has free parameters.
 *
 * @throws RangeError for values that are no whole rows, or a setting out of its range.
 */
export function fitHmm(values: ArrayLike<number>, options: HmmFitOptions): HmmFit {
  const settings: Settings = { ...defaults, ...options };
  checkSettings(values, settings);
  const { centre, scale, observed } = spreadOf(values, settings.dimensions);
  const { states, dimensions } = settings;
  const parameters = states * states - 1 + 2 * states * dimensions;
  if (observed < parameters || scale.some((each) => !(each > 0 && each < Number.POSITIVE_INFINITY))) {
    return unfitted(settings, observed);
  }
  const standard = Float64Array.from(
    values,
    (value, at) => (value - centre[at % dimensions]!) / scale[at % dimensions]!,
  );
  const ends = Array.from({ length: settings.restarts }, (_, restart) =>
    climb(firstGuess(standard, settings, restart), standard, settings),
  );
  const best = ends.reduce((kept, end) => (end.path.at(-1)! > kept.path.at(-1)! ? end : kept));
  // Standardising divides every density by the product of the scales.
  const shift = -observed * scale.reduce((sum, each) => sum + Math.log(each), 0);
  return {
    model: { ...best.model, centre, scale },
    logLikelihood: best.path.at(-1)! + shift,
    converged: best.converged,
    observed,
    climb: best.path.map((each) => each + shift),
    restartLogLikelihoods: ends.map(({ path }) => path.at(-1)! + shift),
  };
}

function checkSettings(values: ArrayLike<number>, settings: Settings): void {
  const { states, dimensions, restarts, stepsMax, varianceMin, probabilityMin } = settings;
  const faults: string[] = [];
  for (const [name, count] of Object.entries({ states, dimensions, restarts, stepsMax })) {
    if (!(Number.isInteger(count) && count >= 1)) faults.push(`${name} ${count} must be a whole number >= 1`);
  }
  if (!Number.isInteger(values.length / dimensions)) {
    faults.push(`${values.length} values are no whole rows of ${dimensions}`);
  }
  if (!(varianceMin > 0)) faults.push(`varianceMin ${varianceMin} must be > 0`);
  if (!(probabilityMin >= 0 && probabilityMin * states < 1)) {
    faults.push(`probabilityMin ${probabilityMin} must be >= 0 and < 1 / states`);
  }
  if (faults.length > 0) throw new RangeError(`gaussianHmm.fit: ${faults.join('; ')}`);
}

interface Spread {
  readonly centre: Float64Array;
  /** Standard deviation (divisor n); 0 for a dimension that is constant but for rounding. */
  readonly scale: Float64Array;
  readonly observed: number;
}

function spreadOf(values: ArrayLike<number>, dimensions: number): Spread {
  const rows = observedRows(values, dimensions);
  const columns = Array.from({ length: dimensions }, (_, dimension) =>
    rows.map((row) => values[row * dimensions + dimension]!),
  );
  const centre = Float64Array.from(
    columns,
    (column) => column.reduce((sum, value) => sum + value, 0) / column.length,
  );
  const scale = Float64Array.from(columns, (column, dimension) => {
    const middle = centre[dimension]!;
    const spread = Math.sqrt(column.reduce((sum, value) => sum + (value - middle) ** 2, 0) / column.length);
    return spread <= SPREAD_MIN * Math.abs(middle) ? 0 : spread;
  });
  return { centre, scale, observed: rows.length };
}

function observedRows(values: ArrayLike<number>, dimensions: number): readonly number[] {
  const rows: number[] = [];
  for (let row = 0; row < values.length / dimensions; row += 1) {
    let whole = true;
    for (let at = row * dimensions; at < (row + 1) * dimensions; at += 1)
      whole &&= Number.isFinite(values[at]!);
    if (whole) rows.push(row);
  }
  return rows;
}

function unfitted({ states, dimensions, restarts }: Settings, observed: number): HmmFit {
  const nans = (length: number) => new Float64Array(length).fill(Number.NaN);
  return {
    model: {
      ...{ states, dimensions, initial: nans(states), transition: nans(states * states) },
      ...{ centre: nans(dimensions), scale: nans(dimensions) },
      ...{ means: nans(states * dimensions), variances: nans(states * dimensions) },
    },
    ...{ logLikelihood: Number.NaN, converged: false, observed, climb: [] },
    restartLogLikelihoods: Array.from({ length: restarts }, () => Number.NaN),
  };
}

/**
 * Centres are observations, each drawn with a chance that grows with its squared distance from those drawn before it.
 * Source: k-means++, Arthur and Vassilvitskii (2007).
 */
function firstGuess(standard: Float64Array, settings: Settings, restart: number): GaussianHmm {
  const { states, dimensions, uniform } = settings;
  const rows = observedRows(standard, dimensions);
  const means = new Float64Array(states * dimensions);
  const distances = new Float64Array(rows.length).fill(1);
  for (let state = 0; state < states; state += 1) {
    const draw = uniform(restart * states + state);
    const centre = rows[drawIndex(distances, draw)]! * dimensions;
    means.set(standard.subarray(centre, centre + dimensions), state * dimensions);
    for (const [index, row] of rows.entries()) {
      let squares = 0;
      for (let dimension = 0; dimension < dimensions; dimension += 1) {
        squares += (standard[row * dimensions + dimension]! - standard[centre + dimension]!) ** 2;
      }
      distances[index] = state === 0 ? squares : Math.min(distances[index]!, squares);
    }
  }
  const stay = states === 1 ? 1 : STAY_FIRST;
  return {
    ...{ states, dimensions, means },
    variances: new Float64Array(states * dimensions).fill(1),
    centre: new Float64Array(dimensions),
    scale: new Float64Array(dimensions).fill(1),
    initial: new Float64Array(states).fill(1 / states),
    transition: Float64Array.from({ length: states * states }, (_, at) =>
      at % (states + 1) === 0 ? stay : (1 - stay) / (states - 1),
    ),
  };
}

function drawIndex(weights: Float64Array, draw: number): number {
  let rest = draw * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return index;
  }
  return weights.length - 1;
}

interface Climb {
  readonly model: GaussianHmm;
  readonly path: readonly number[];
  readonly converged: boolean;
}

function climb(start: GaussianHmm, standard: Float64Array, settings: Settings): Climb {
  let model = start;
  const path: number[] = [];
  for (;;) {
    const forward = forwardPass(model, logDensities(model, standard));
    const before = path.at(-1) ?? Number.NEGATIVE_INFINITY;
    const gain = forward.logLikelihood - before;
    assertInvariant(
      before === Number.NEGATIVE_INFINITY || gain >= -Math.max(FALL_MAX, FALL_SHARE_MAX * Math.abs(before)),
      `the log-likelihood of a fit does not fall (from ${before} to ${forward.logLikelihood})`,
    );
    path.push(forward.logLikelihood);
    const converged = gain < settings.gainMin;
    if (converged || path.length > settings.stepsMax) return { model, path, converged };
    const moves = new Float64Array(model.states * model.states);
    const smoothed = backwardPass(model, forward, moves);
    model = maximise(model, { smoothed, moves, standard }, settings);
  }
}

interface Expectations {
  readonly smoothed: Float64Array;
  readonly moves: Float64Array;
  readonly standard: Float64Array;
}

/** Each part is the exact maximum under its floor, so the likelihood cannot fall. */
function maximise(model: GaussianHmm, expected: Expectations, settings: Settings): GaussianHmm {
  const { states } = model;
  const { smoothed, moves } = expected;
  const transition = model.transition.slice();
  for (let from = 0; from < states; from += 1) {
    const row = flooredShares(moves.subarray(from * states, (from + 1) * states), settings.probabilityMin);
    if (row !== null) transition.set(row, from * states);
  }
  const initial = flooredShares(smoothed.subarray(0, states), settings.probabilityMin) ?? model.initial;
  return { ...model, initial, transition, ...emissions(model, expected, settings.varianceMin) };
}

/**
 * The shares p >= floor with sum 1 that maximise the sum of weight * ln p: the floor for the smallest weights, the rest in
 * proportion. Null where all weights are 0.
 */
export function flooredShares(weights: Float64Array, floor: number): Float64Array | null {
  const order = Array.from(weights.keys()).sort((a, b) => weights[a]! - weights[b]!);
  let weight = weights.reduce((sum, each) => sum + each, 0);
  if (!(weight > 0)) return null;
  let room = 1;
  const shares = new Float64Array(weights.length);
  for (const index of order) {
    const share = (weights[index]! / weight) * room;
    if (share > floor) {
      shares[index] = share;
      continue;
    }
    shares[index] = floor;
    weight -= weights[index]!;
    room -= floor;
  }
  return shares;
}

/** Weighted means and variances over the days that are there; a state that no day belongs to keeps what it has. */
function emissions(
  model: GaussianHmm,
  { smoothed, standard }: Expectations,
  varianceMin: number,
): Pick<GaussianHmm, 'means' | 'variances'> {
  const { states, dimensions } = model;
  const means = model.means.slice();
  const variances = model.variances.slice();
  const rows = observedRows(standard, dimensions);
  for (let state = 0; state < states; state += 1) {
    let total = 0;
    for (const row of rows) total += smoothed[row * states + state]!;
    if (!(total > 0)) continue;
    for (let dimension = 0; dimension < dimensions; dimension += 1) {
      let sum = 0;
      for (const row of rows)
        sum += smoothed[row * states + state]! * standard[row * dimensions + dimension]!;
      const mean = sum / total;
      let squares = 0;
      for (const row of rows) {
        squares += smoothed[row * states + state]! * (standard[row * dimensions + dimension]! - mean) ** 2;
      }
      means[state * dimensions + dimension] = mean;
      variances[state * dimensions + dimension] = Math.max(varianceMin, squares / total);
    }
  }
  return { means, variances };
}
