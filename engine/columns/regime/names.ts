/** Which state of a fitted chain is which regime: by what it looks like, never by its index. */
import { type GaussianHmm, reorderStates } from './model.ts';
import { FEAR_GREED, LOG_VOLATILITY, OBSERVATION_WIDTH } from './observations.ts';

/** The canonical order of states. */
export const regimeNames = ['risk-on', 'risk-off', 'choppy', 'breakout'] as const;

/**
 * The model with its states in the order of `regimeNames`. Risk-off has the lowest mean Fear & Greed; of the rest breakout
 * has the highest mean log volatility and choppy the lowest; risk-on is the one left over. Ties go to the lower state.
 *
 * @throws RangeError for a model of other than four states over regime observations.
 */
export function canonicalRegimes(model: GaussianHmm): GaussianHmm {
  const { states, dimensions, means } = model;
  if (states !== regimeNames.length || dimensions !== OBSERVATION_WIDTH) {
    throw new RangeError(
      `canonicalRegimes: ${states} states over ${dimensions} values, where ${regimeNames.length} over ${OBSERVATION_WIDTH} are named`,
    );
  }
  const mean = (state: number, dimension: number) => means[state * dimensions + dimension]!;
  const byGreed = [0, 1, 2, 3].sort((a, b) => mean(a, FEAR_GREED) - mean(b, FEAR_GREED) || a - b);
  const [riskOff, ...others] = byGreed as [number, number, number, number];
  others.sort((a, b) => mean(a, LOG_VOLATILITY) - mean(b, LOG_VOLATILITY) || a - b);
  const [choppy, riskOn, breakout] = others as [number, number, number];
  return reorderStates(model, [riskOn, riskOff, choppy, breakout]);
}
