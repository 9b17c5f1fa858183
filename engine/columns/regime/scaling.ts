import type { regimeNames } from './names.ts';

const OPPOSED = 0.5;
const SUBDUED = 0.7;
const ALIGNED = 1.2;

/**
 * A score as the regime has it: risk-on halves negative scores and risk-off positive ones, choppy takes 30 % off both, breakout
 * adds 20 % to a score of the same sign as `marketMove`, the benchmark's last 24 hours. No regime changes the order of scores.
 */
export function scaleByRegime(
  score: number,
  regime: (typeof regimeNames)[number],
  marketMove: number,
): number {
  switch (regime) {
    case 'risk-on':
      return score < 0 ? score * OPPOSED : score;
    case 'risk-off':
      return score > 0 ? score * OPPOSED : score;
    case 'choppy':
      return score * SUBDUED;
    case 'breakout':
      return Math.sign(score) === Math.sign(marketMove) ? score * ALIGNED : score;
  }
}
