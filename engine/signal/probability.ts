/** From logits to probabilities and back: the only place that knows the logistic function. Scores are stored as logits. */

/** 1 / (1 + exp(-logit)), without overflow on either side. */
export function sigmoid(logit: number): number {
  if (logit >= 0) return 1 / (1 + Math.exp(-logit));
  const odds = Math.exp(logit);
  return odds / (1 + odds);
}

/** Certainty has no logit: probabilities are kept this far from 0 and 1. */
const DISTANCE_MIN = 2 ** -53;

/** ln(p / (1 - p)), p clipped to [2^-53, 1 - 2^-53]. NaN outside [0, 1]. */
export function logitOf(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) return Number.NaN;
  const clipped = Math.max(DISTANCE_MIN, Math.min(1 - DISTANCE_MIN, probability));
  return Math.log(clipped / (1 - clipped));
}

/** Probabilities of classes from their logits: exp(x - max) over its sum, added in the order of the classes. NaN where any is. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < logits.length; index += 1) highest = Math.max(highest, logits[index]!);
  const shares = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}
