/**
 * The laws behind the barrier world, by numerical integration: what a perfect model could reach, what a planted one does reach,
 * and how a SELL score follows from the outcome that it seems to foretell.
 */
import { sigmoid } from '../../../engine/signal/probability.ts';
import { normalCdf } from '../../../engine/stats/normal.ts';

/** The normal law on a grid: midpoints of equal cells, with the probability of each. */
interface NormalGrid {
  readonly at: Float64Array;
  readonly weight: Float64Array;
}

const reach = 9;
const fine = normalGrid(1800);
const coarse = normalGrid(180);

function normalGrid(cells: number): NormalGrid {
  const step = (2 * reach) / cells;
  const edge = (cell: number) => normalCdf(-reach + cell * step);
  return {
    at: Float64Array.from({ length: cells }, (_, cell) => -reach + (cell + 0.5) * step),
    weight: Float64Array.from({ length: cells }, (_, cell) => edge(cell + 1) - edge(cell)),
  };
}

/** Probability of a win over all states g ~ N(0, 1), where it is sigmoid(intercept + slope g) in each. */
export function meanWinRate(intercept: number, slope: number): number {
  return winRateWithSlope(intercept, slope).mean;
}

/** The mean win rate and its derivative by the intercept. */
function winRateWithSlope(intercept: number, slope: number) {
  let [mean, change] = [0, 0];
  for (let cell = 0; cell < fine.at.length; cell += 1) {
    const wins = sigmoid(intercept + slope * fine.at[cell]!);
    mean += fine.weight[cell]! * wins;
    change += fine.weight[cell]! * wins * (1 - wins);
  }
  return { mean, change };
}

/** The intercept at which the mean win rate is `winRate`, near one half: Newton's method, settled after a few steps. */
export function interceptFor(winRate: number, slope: number): number {
  let intercept = 0;
  for (let step = 0; step < 8; step += 1) {
    const { mean, change } = winRateWithSlope(intercept, slope);
    intercept += (winRate - mean) / change;
  }
  return intercept;
}

/** AUC of the best model there is: the one that knows g. */
export function bayesAuc(intercept: number, slope: number): number {
  const wins = fine.at.map((state) => sigmoid(intercept + slope * state));
  return aucOf(fine.weight, wins);
}

/** AUC of a normal score whose correlation with g is `correlation`. */
export function scoreAuc(intercept: number, slope: number, correlation: number): number {
  const rest = Math.sqrt(1 - correlation * correlation);
  const wins = fine.at.map((score) => {
    let sum = 0;
    for (let cell = 0; cell < coarse.at.length; cell += 1) {
      const state = correlation * score + rest * coarse.at[cell]!;
      sum += coarse.weight[cell]! * sigmoid(intercept + slope * state);
    }
    return sum;
  });
  return aucOf(fine.weight, wins);
}

/** Cells in ascending order of the score, with their probability and the win rate in each. Inside a cell all scores are alike. */
function aucOf(weight: ArrayLike<number>, winRate: ArrayLike<number>): number {
  let [won, lost, pairs] = [0, 0, 0];
  for (let cell = 0; cell < weight.length; cell += 1) {
    const wins = weight[cell]! * winRate[cell]!;
    const losses = weight[cell]! - wins;
    pairs += wins * (lost + losses / 2);
    won += wins;
    lost += losses;
  }
  return pairs / (won * lost);
}

export interface ScoreBinLaw {
  /** Scores of the bin lie in [from, to). */
  readonly from: number;
  readonly to: number;
  /** Of any unit: only its share counts. */
  readonly weight: number;
  readonly winRate: number;
}

/** Known counts of SELL scores from .50 up, by bins of a tenth. */
const ordinaryCounts = [8421, 2104, 612, 189, 47] as const;
/** As many while the model is inverted, and surer of itself: enough of them that a market of a dozen coins shows it. */
const invertedCounts = [4000, 2500, 2200, 1600, 1073] as const;
/** Win rates of these bins in ordinary times. */
const ordinaryWins = [0.482, 0.516, 0.568, 0.614, 0.702] as const;
/** Win rates of all scores from .70, .80 and .90 up while the model is inverted. */
const invertedWins = [0.42, 0.37, 0.3] as const;
const lowerWins = 0.511;

/** As many scores again lie below .50, mirrored: they tell nothing. */
function sellBins(counts: readonly number[], wins: readonly number[]): readonly ScoreBinLaw[] {
  const upper = counts.map((weight, bin) => ({
    from: (5 + bin) / 10,
    to: (6 + bin) / 10,
    weight,
    winRate: wins[bin]!,
  }));
  const lower = counts.map((weight, bin) => ({
    from: (4 - bin) / 10,
    to: (5 - bin) / 10,
    weight,
    winRate: lowerWins,
  }));
  return [...lower.reverse(), ...upper];
}

/** The rates from a threshold up, taken apart into those of single bins. */
function invertedBinWins(): readonly number[] {
  const [from70, from80, from90] = invertedWins;
  const [, , n70, n80, n90] = invertedCounts;
  const bin80 = (from80 * (n80 + n90) - from90 * n90) / n80;
  const bin70 = (from70 * (n70 + n80 + n90) - from80 * (n80 + n90)) / n70;
  return [ordinaryWins[0], ordinaryWins[1], bin70, bin80, from90];
}

/** A score law with what is needed to draw from it once the outcome is known. */
export interface ScoreLaw {
  readonly bins: readonly ScoreBinLaw[];
  /** Of all scores. */
  readonly winRate: number;
  readonly auc: number;
  /** Probability of a score below each bin's end, after a loss and after a win. */
  readonly cumulative: readonly [Float64Array, Float64Array];
}

function scoreLaw(bins: readonly ScoreBinLaw[]): ScoreLaw {
  const total = bins.reduce((sum, { weight }) => sum + weight, 0);
  const winRate = bins.reduce((sum, bin) => sum + bin.weight * bin.winRate, 0) / total;
  const cumulativeOf = (share: (bin: ScoreBinLaw) => number): Float64Array => {
    let sum = 0;
    return Float64Array.from(bins, (bin) => {
      sum += bin.weight * share(bin);
      return sum / total;
    }).map((value) => value / (sum / total));
  };
  return {
    bins,
    winRate,
    auc: aucOf(
      bins.map(({ weight }) => weight),
      bins.map((bin) => bin.winRate),
    ),
    cumulative: [cumulativeOf((bin) => 1 - bin.winRate), cumulativeOf((bin) => bin.winRate)],
  };
}

export const ordinarySellLaw = scoreLaw(sellBins(ordinaryCounts, ordinaryWins));
export const invertedSellLaw = scoreLaw(sellBins(invertedCounts, invertedBinWins()));

/**
 * The score at quantile `u` (in (0, 1)) among the points with this outcome. Where u is uniform, each bin gets its share of all
 * points and its win rate (Bayes' rule); inside a bin the scores are uniform.
 */
export function scoreAfter(law: ScoreLaw, outcome: 0 | 1, u: number): number {
  const ends = law.cumulative[outcome];
  let bin = 0;
  while (bin < ends.length - 1 && u >= ends[bin]!) bin += 1;
  const begin = bin === 0 ? 0 : ends[bin - 1]!;
  const { from, to } = law.bins[bin]!;
  const share = Math.min(1, Math.max(0, (u - begin) / (ends[bin]! - begin)));
  // The last bit of `to` is the next bin's.
  return Math.min(from + (to - from) * share, to * (1 - 2 ** -52));
}
