/** The exits that a strategy's configuration gives to every entry alike. */
import type { Target } from '../engine/strategy.ts';

export type Levels = Pick<Target, 'stopLossFraction' | 'takeProfitFraction' | 'holdHoursMax'>;

/**
 * A fraction of 0 in a configuration means "no such level", which a target says with `undefined`. Strategies spell the
 * three out in every target: spreading them costs more than the rest of a decision.
 */
export function levels(config: {
  readonly stopLossFraction: number;
  readonly takeProfitFraction: number;
  readonly holdHours: number;
}): Required<Levels> {
  return {
    stopLossFraction: config.stopLossFraction > 0 ? config.stopLossFraction : undefined,
    takeProfitFraction: config.takeProfitFraction > 0 ? config.takeProfitFraction : undefined,
    holdHoursMax: config.holdHours,
  };
}
