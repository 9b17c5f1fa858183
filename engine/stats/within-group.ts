import { mean } from './mean.ts';
import { rocAuc } from './roc-auc.ts';

/**
 * Mean over groups (hours) of the area under the ROC curve inside each of them: what a score tells of coins at one moment, once
 * what it tells of moments is taken away. Groups that lack a class are left out; NaN where none is left.
 *
 * @param groups of each row; rows of a group need not stand together
 * @throws RangeError as `rocAuc`
 */
export function withinGroupAuc(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  groups: ArrayLike<number>,
): number {
  const aucs = rowsByGroup(groups)
    .map((rows) =>
      rocAuc(
        rows.map((row) => labels[row]!),
        rows.map((row) => scores[row]!),
      ),
    )
    .filter((auc) => !Number.isNaN(auc));
  return mean(aucs);
}

/**
 * Share of the variance of values that lies between groups (hours): sum of n_g (mean_g - mean)² over sum of (value - mean)². 1 where all
 * rows of a group have the same value, 0 where all groups have the same mean. NaN where the values are constant.
 */
export function betweenGroupShare(values: ArrayLike<number>, groups: ArrayLike<number>): number {
  const centre = mean(values);
  let total = 0;
  for (let row = 0; row < values.length; row += 1) total += (values[row]! - centre) ** 2;
  let between = 0;
  for (const rows of rowsByGroup(groups))
    between += rows.length * (mean(rows.map((row) => values[row]!)) - centre) ** 2;
  return total > 0 ? between / total : Number.NaN;
}

function rowsByGroup(groups: ArrayLike<number>): readonly (readonly number[])[] {
  const rows = new Map<number, number[]>();
  for (let row = 0; row < groups.length; row += 1) {
    const list = rows.get(groups[row]!);
    if (list === undefined) rows.set(groups[row]!, [row]);
    else list.push(row);
  }
  return [...rows.values()];
}
