import { knownPairs } from './known-pairs.ts';
import { ranks } from './ranks.ts';

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counting one half. NaN where one class
 * is missing. Labels are 1 and 0; pairs with a NaN are dropped.
 * Source: the Mann-Whitney form, (sum of the positives' average ranks - P (P + 1) / 2) / (P N).
 *
 * @throws RangeError where the series differ in length or a label is neither 0 nor 1.
 */
export function rocAuc(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  const { a: label, b: score } = labelledScores(labels, scores, 'rocAuc');
  const rank = ranks(score);
  let positives = 0;
  let rankSum = 0;
  for (let index = 0; index < label.length; index += 1) {
    if (label[index] !== 1) continue;
    positives += 1;
    rankSum += rank[index]!;
  }
  const negatives = label.length - positives;
  if (positives === 0 || negatives === 0) return Number.NaN;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** A point for every distinct score, from (0, 0) to (1, 1): what passes a threshold at or above it. */
export interface RocCurve {
  readonly falsePositiveRate: Float64Array;
  readonly truePositiveRate: Float64Array;
  /** The threshold of each point; Infinity at (0, 0). */
  readonly threshold: Float64Array;
}

/**
 * The ROC curve; empty where one class is missing.
 * @throws RangeError as `rocAuc`.
 */
export function rocCurve(labels: ArrayLike<number>, scores: ArrayLike<number>): RocCurve {
  const { a: label, b: score } = labelledScores(labels, scores, 'rocCurve');
  const order = Array.from(score.keys()).sort((left, right) => score[right]! - score[left]!);
  const positives = label.reduce((sum, value) => sum + value, 0);
  const negatives = label.length - positives;
  const points: [number, number, number][] = [[0, 0, Number.POSITIVE_INFINITY]];
  let [hits, alarms] = [0, 0];
  for (const [place, row] of order.entries()) {
    if (label[row] === 1) hits += 1;
    else alarms += 1;
    const next = order[place + 1];
    if (next !== undefined && score[next] === score[row]) continue;
    points.push([alarms / negatives, hits / positives, score[row]!]);
  }
  const kept = positives === 0 || negatives === 0 ? [] : points;
  const column = (field: 0 | 1 | 2) => Float64Array.from(kept, (point) => point[field]);
  return { falsePositiveRate: column(0), truePositiveRate: column(1), threshold: column(2) };
}

/**
 * Area under the ROC curve up to a false positive rate, divided by that rate: 1 for a perfect ranking, half the rate for one
 * by chance. NaN where one class is missing.
 *
 * @throws RangeError as `rocAuc`, and for a rate outside (0, 1].
 */
export function partialAuc(labels: ArrayLike<number>, scores: ArrayLike<number>, rateMax = 0.15): number {
  if (!(rateMax > 0 && rateMax <= 1))
    throw new RangeError(`partialAuc: rateMax ${rateMax} must lie in (0, 1]`);
  const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(labels, scores);
  if (x.length === 0) return Number.NaN;
  let area = 0;
  for (let index = 1; index < x.length && x[index - 1]! < rateMax; index += 1) {
    const end = Math.min(x[index]!, rateMax);
    const step = x[index]! - x[index - 1]!;
    const rise = step === 0 ? 0 : ((y[index]! - y[index - 1]!) * (end - x[index - 1]!)) / step;
    area += (end - x[index - 1]!) * (y[index - 1]! + rise / 2);
  }
  return area / rateMax;
}

function labelledScores(labels: ArrayLike<number>, scores: ArrayLike<number>, caller: string) {
  const pairs = knownPairs(labels, scores, caller);
  const strange = pairs.a.find((value) => value !== 0 && value !== 1);
  if (strange !== undefined) throw new RangeError(`${caller}: label ${strange} must be 0 or 1`);
  return pairs;
}
