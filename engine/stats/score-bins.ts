import { assertInvariant } from '../invariant.ts';
import { wilson } from './wilson.ts';

export interface ScoreBin {
  /** [from, to); the last one holds its end too. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly wins: number;
  readonly winRate: number;
  readonly interval: { readonly low: number; readonly high: number };
  readonly meanReturn: number;
}

const scoreBinEdges = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const;

/**
 * Outcomes by bin of probability: how often it won, with Wilson's interval on the raw count, and what it earned. A win is a return
 * above 0. Rows with a NaN score or return are left out.
 *
 * @throws RangeError where a score lies outside the edges.
 */
export function scoreBins(
  probabilities: ArrayLike<number>,
  returns: ArrayLike<number>,
  edges: readonly number[] = scoreBinEdges,
): readonly ScoreBin[] {
  assertInvariant(probabilities.length === returns.length, 'a return for every score');
  const bins = edges.slice(1).map((to, index) => ({ from: edges[index]!, to, count: 0, wins: 0, sum: 0 }));
  for (let row = 0; row < probabilities.length; row += 1) {
    const [score, outcome] = [probabilities[row]!, returns[row]!];
    if (Number.isNaN(score) || Number.isNaN(outcome)) continue;
    const bin = bins.find(({ to }) => score < to) ?? (score === edges.at(-1) ? bins.at(-1) : undefined);
    if (bin === undefined || score < edges[0]!)
      throw new RangeError(
        `scoreBins: score ${score} at row ${row} lies outside [${edges[0]}, ${edges.at(-1)}]`,
      );
    bin.count += 1;
    bin.wins += outcome > 0 ? 1 : 0;
    bin.sum += outcome;
  }
  return bins.map(({ from, to, count, wins, sum }) => ({
    from,
    to,
    count,
    wins,
    winRate: wins / count,
    interval: wilson(wins, count),
    meanReturn: sum / count,
  }));
}
