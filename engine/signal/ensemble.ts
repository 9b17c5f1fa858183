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
  return logitOf(probability);
}
