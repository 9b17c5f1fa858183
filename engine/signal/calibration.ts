/**
 * Isotonic calibration beside a score. It presses what is sure into what is likely, so nothing is ever gated on it: no module that
 * decides, admits or fills can reach this one (`test/engine/signal/calibration.test.ts`).
 */
import { assertInvariant } from '../invariant.ts';
import { isotonic } from '../stats/isotonic.ts';
import { coverage } from './gate-figures.ts';
import { sigmoid } from './probability.ts';

export interface Calibration {
  /** Calibrated probability of each row, null where the row has no score or nothing was fitted. */
  readonly values: readonly (number | null)[];
  /** Rows that were fitted: a score and an outcome. */
  readonly rows: number;
  /** Largest calibrated probability; NaN where nothing was fitted. */
  readonly largest: number;
  /** Share of the scored rows at or above the gate, before and after. */
  readonly shareBefore: number;
  readonly shareAfter: number;
}

/**
 * Fits win against probability and looks up every row; linear between knots, level beyond the ends.
 *
 * @param wins 1 or 0, NaN where nobody knows yet.
 * @param gate probability of the gate.
 */
export function calibrateBeside(
  logits: ArrayLike<number>,
  wins: ArrayLike<number>,
  gate: number,
): Calibration {
  assertInvariant(logits.length === wins.length, 'an outcome, or NaN, for every score');
  const probabilities = Float64Array.from(logits, sigmoid);
  const fit = isotonic(probabilities, wins);
  const calibrated = probabilities.map(fit.predict);
  let rows = 0;
  for (let row = 0; row < wins.length; row += 1) {
    if (!Number.isNaN(probabilities[row]!) && !Number.isNaN(wins[row]!)) rows += 1;
  }
  const known = calibrated.filter((value) => !Number.isNaN(value));
  return {
    values: Array.from(calibrated, (value) => (Number.isNaN(value) ? null : value)),
    rows,
    largest: known.reduce((highest, value) => Math.max(highest, value), known.length > 0 ? 0 : Number.NaN),
    shareBefore: coverage(probabilities, gate).share,
    shareAfter: coverage(calibrated, gate).share,
  };
}
