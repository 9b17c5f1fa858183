import { fitHmm } from './baum-welch.ts';
import { backwardPass, forwardPass, type StatePath, viterbiPath } from './chain.ts';
import { type GaussianHmm, logDensities } from './model.ts';

export interface StateProbabilities {
  /** `[day][state]`. */
  readonly probabilities: Float64Array;
  /** Natural logarithm, over the days that were there; NaN if there was none. */
  readonly logLikelihood: number;
  /** Days that were there: the others had a value that is not finite. */
  readonly observed: number;
}

/**
 * P(state on day t, given days 0 .. t): the only probabilities that a column or a gate may use. A prefix of the
 * observations gives the prefix of the result, to the bit. On a missing day the chain moves on without an update.
 */
function filter(model: GaussianHmm, values: ArrayLike<number>): StateProbabilities {
  const { filtered, logLikelihood, observed } = forwardPass(model, logDensities(model, values));
  return { probabilities: filtered, logLikelihood, observed };
}

/** P(state on day t, given all days). Sees the future: for plots alone. */
function smooth(model: GaussianHmm, values: ArrayLike<number>): StateProbabilities {
  const forward = forwardPass(model, logDensities(model, values));
  const { logLikelihood, observed } = forward;
  return { probabilities: backwardPass(model, forward), logLikelihood, observed };
}

/** The most probable path of states, ties to the lower state. Sees the future: for plots alone. */
function viterbi(model: GaussianHmm, values: ArrayLike<number>): StatePath {
  return viterbiPath(model, logDensities(model, values));
}

/**
 * Hidden Markov chain with Gaussian emissions of diagonal covariance. Observations come as one flat row-major series,
 * `[day][dimension]`, in their own units; a day with a value that is not finite is missing. Results are NaN, never an
 * error, where the observations or the model do not allow them; a RangeError tells of lengths or settings that do not fit.
 * Source: Rabiner, Proc. IEEE 77 (1989).
 */
export const gaussianHmm = { fit: fitHmm, filter, smooth, viterbi };
