import { RunningDigest } from '../journal/digest.ts';
import { logitOf, sigmoid } from './probability.ts';

/** What a model no better than chance still counts. */
const EDGE_MIN = 0.001;

/**
 * Weights of an ensemble's members: how far each one's out-of-sample AUC lies above one half, at least .001, as shares of the
 * sum. Where any AUC is NaN, or all are 0, every member counts the same.
 */
export function ensembleWeights(aucs: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(aucs);
  const edges = values.map((auc) => Math.max(auc - 0.5, EDGE_MIN));
  const total = edges.reduce((sum, edge) => sum + edge, 0);
  const unusable = values.some(Number.isNaN) || values.every((auc) => auc === 0);
  return unusable ? values.map(() => 1 / values.length) : edges.map((edge) => edge / total);
}

/**
 * Score of an ensemble as a logit: that of the weighted mean of the members' probabilities, so that its sigmoid is the ensemble's
 * probability. NaN where a member's logit is.
 */
export function ensembleLogit(logits: ArrayLike<number>, weights: ArrayLike<number>): number {
  let probability = 0;
  for (let member = 0; member < weights.length; member += 1) {
    probability += weights[member]! * sigmoid(logits[member]!);
  }
  // Weights sum to 1 but for rounding, which must not turn certainty into nothing.
  return logitOf(Math.min(1, probability));
}

/**
 * Id of an ensemble's weights: the same members with the same weights have the same one, in whatever order they are named. First 8
 * hex digits of a digest over names and the weights' bits.
 */
export function weightSetOf(members: readonly string[], weights: ArrayLike<number>): string {
  const digest = new RunningDigest();
  const order = [...members.keys()].sort((a, b) => (members[a]! < members[b]! ? -1 : 1));
  for (const member of order) {
    digest.name(members[member]!);
    digest.number(weights[member]!);
  }
  return digest.hex().slice(0, 8);
}

/** Whether every member passes the gate, inclusive: the optional rule to stay out where they split. NaN passes nothing. */
export function allAgree(memberLogits: ArrayLike<number>, gateLogit: number): boolean {
  for (let member = 0; member < memberLogits.length; member += 1) {
    if (!(memberLogits[member]! >= gateLogit)) return false;
  }
  return memberLogits.length > 0;
}
