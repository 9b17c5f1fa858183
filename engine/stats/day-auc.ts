import { assertInvariant } from '../invariant.ts';

/** Area under the ROC curve over any choice of days, each as often as it was chosen. */
export interface DayAuc {
  readonly days: number;
  /** NaN where the chosen days lack a class. */
  over(chosen: ArrayLike<number>): number;
}

/**
 * Counts once, for every pair of days (a, b), how many positives of day a score above negatives of day b, ties one half; the area over
 * chosen days is then a sum over pairs of days. A resample costs days² steps instead of a sort of all rows.
 *
 * @param labels 1 or 0
 * @param days of each row, 0 .. count - 1
 * @throws RangeError where the series differ in length
 */
export function dayAuc(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  days: ArrayLike<number>,
  count: number,
): DayAuc {
  const { length } = labels;
  if (scores.length !== length || days.length !== length)
    throw new RangeError(`dayAuc: lengths differ (${length}, ${scores.length} and ${days.length})`);
  const positives = new Float64Array(count);
  const negatives = new Float64Array(count);
  for (let row = 0; row < length; row += 1) {
    assertInvariant(days[row]! >= 0 && days[row]! < count, 'days are numbered from 0');
    (labels[row] === 1 ? positives : negatives)[days[row]!]! += 1;
  }
  const above = pairsAbove(labels, scores, days, count);
  return {
    days: count,
    over(chosen) {
      const times = new Float64Array(count);
      for (let place = 0; place < chosen.length; place += 1) times[chosen[place]!]! += 1;
      let [pairs, ups, downs] = [0, 0, 0];
      for (let a = 0; a < count; a += 1) {
        if (times[a] === 0) continue;
        ups += times[a]! * positives[a]!;
        downs += times[a]! * negatives[a]!;
        let row = 0;
        for (let b = 0; b < count; b += 1) row += times[b]! * above[a * count + b]!;
        pairs += times[a]! * row;
      }
      return ups === 0 || downs === 0 ? Number.NaN : pairs / (ups * downs);
    },
  };
}

/** `[day of the positive][day of the negative]`, pairs in which the positive scores higher. */
function pairsAbove(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  days: ArrayLike<number>,
  count: number,
): Float64Array {
  const order = Int32Array.from({ length: labels.length }, (_, row) => row).sort(
    (a, b) => scores[a]! - scores[b]!,
  );
  const above = new Float64Array(count * count);
  const below = new Float64Array(count);
  const level = new Float64Array(count);
  for (let first = 0; first < order.length; ) {
    let end = first;
    const score = scores[order[first]!]!;
    level.fill(0);
    for (; end < order.length && scores[order[end]!] === score; end += 1) {
      if (labels[order[end]!] !== 1) level[days[order[end]!]!]! += 1;
    }
    for (let place = first; place < end; place += 1) {
      if (labels[order[place]!] !== 1) continue;
      const row = days[order[place]!]! * count;
      for (let day = 0; day < count; day += 1) above[row + day]! += below[day]! + level[day]! / 2;
    }
    for (let day = 0; day < count; day += 1) below[day]! += level[day]!;
    first = end;
  }
  return above;
}
