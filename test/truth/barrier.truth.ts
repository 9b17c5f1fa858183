/** PM11 to PM13: what can be known of a barrier, when a score means the contrary, and by how much an expected return is off. */
import {
  bayesAuc,
  invertedSellLaw,
  ordinarySellLaw,
  type ScoreLaw,
} from '../../datasets/planted/barrier/laws.ts';
import { barrierDefaults } from '../../datasets/planted/barrier/settings.ts';
import { scoreInversion } from '../../engine/stats/inversion.ts';
import { rocAuc } from '../../engine/stats/roc-auc.ts';
import { scoreBins } from '../../engine/stats/score-bins.ts';
import { wilson } from '../../engine/stats/wilson.ts';
import { type ReadPoint, readPoints } from './barrier-points.ts';
import { laterRow, meanOf, seedsOf, truthRow } from './row.ts';

const BUY = 1;
const SELL = -1;

/** As many coins as give 20,000 points of a side in a year. */
const MANY_COINS = 32;
const POINTS = 20_000;

for (const slope of [0.2, 0.4, 1]) {
  truthRow('PM11', `AUC of the hidden state, slope ${slope}`, 'within .02 of the Bayes AUC', () => {
    const bayes = bayesAuc(barrierDefaults.intercept, slope);
    const aucs = seedsOf(20, 1).map((seed) => {
      const points = readPoints(seed, MANY_COINS, { slope }).filter(({ side }) => side === BUY);
      if (points.length < POINTS) throw new Error(`${points.length} points, wanted ${POINTS}`);
      const rows = points.slice(0, POINTS);
      return rocAuc(
        rows.map(({ label }) => label),
        rows.map(({ state }) => state),
      );
    });
    const off = Math.max(...aucs.map((auc) => Math.abs(auc - bayes)));
    const shown = `${meanOf(aucs).toFixed(4)}, Bayes ${bayes.toFixed(4)}, off by ${off.toFixed(4)} at worst`;
    return { shown, holds: off <= 0.02 };
  });
}
laterRow('PM11', "AUC of a model's own features against what their proxies allow", 'the V2 ensemble itself');

/** As many as the middle preset has: with fewer, sixty days have too few scores of .90 and more. */
const SOME_COINS = 12;
/** Also the quick form takes all twenty: three markets have some 200 scores of .80 and more in ordinary times. */
const SEEDS = 20;
const { from, to } = barrierDefaults.invertedDays;
const isInside = ({ day }: ReadPoint) => day >= from && day < to;

let bySeed: readonly (readonly ReadPoint[])[] | null = null;

function pointsOf(side: 1 | -1): readonly (readonly ReadPoint[])[] {
  bySeed ??= Array.from({ length: SEEDS }, (_, index) => readPoints(index + 1, SOME_COINS));
  return bySeed.map((points) => points.filter((point) => point.side === side));
}

function inversionOf(points: readonly ReadPoint[]) {
  return scoreInversion(
    points.map(({ score }) => score),
    points.map(({ earned }) => earned),
  );
}

const percents = (points: readonly ReadPoint[]) =>
  inversionOf(points)
    .rates.map(({ winRate }) => `${(100 * winRate).toFixed(1)} %`)
    .join(' / ');

/** A market has some eighty scores of .90 and more in its window: now and then their order is lost in chance. */
const INVERTED_MIN = 18;

truthRow(
  'PM12',
  'SELL scores inside the planted window',
  `INVERTED in ${INVERTED_MIN} of ${SEEDS}, and together`,
  () => {
    const inside = pointsOf(SELL).map((points) => points.filter(isInside));
    const found = inside.filter((points) => inversionOf(points).verdict === 'INVERTED').length;
    const { verdict } = inversionOf(inside.flat());
    return {
      shown: `${found} of ${inside.length}; all together ${verdict}, ${percents(inside.flat())}`,
      holds: found >= INVERTED_MIN && verdict === 'INVERTED',
    };
  },
);

truthRow('PM12', 'SELL scores before and after it', 'INVERTED in none', () => {
  const outside = pointsOf(SELL).flatMap((points) => [
    points.filter(({ day }) => day < from),
    points.filter(({ day }) => day >= to),
  ]);
  const found = outside.filter((points) => inversionOf(points).verdict === 'INVERTED').length;
  // One market alone has too few scores of .90 outside of it to tell anything.
  const { verdict } = inversionOf(outside.flat());
  return {
    shown: `${found} of ${outside.length}; all together ${verdict}, ${percents(outside.flat())}`,
    holds: found === 0 && verdict === 'NOT_INVERTED',
  };
});

const windows: readonly (readonly [string, ScoreLaw, (point: ReadPoint) => boolean])[] = [
  ['inside', invertedSellLaw, isInside],
  ['outside', ordinarySellLaw, (point) => !isInside(point)],
];
for (const [where, law, holds] of windows) {
  truthRow('PM12', `win rate of SELL scores >= .80 ${where}`, 'interval of 95 % holds the truth', () => {
    const points = pointsOf(SELL).flat().filter(holds);
    const bins = scoreBins(
      points.map(({ score }) => score),
      points.map(({ earned }) => earned),
      [0, 0.8, 1],
    );
    const { count, wins, winRate } = bins[1]!;
    const { low, high } = wilson(wins, count);
    const truth = winRateFrom(law, 0.8);
    return {
      shown: `${winRate.toFixed(3)} of ${count}, ${low.toFixed(3)} to ${high.toFixed(3)}, truth ${truth.toFixed(3)}`,
      holds: truth >= low && truth <= high,
    };
  });
}

function winRateFrom({ bins }: ScoreLaw, threshold: number): number {
  const upper = bins.filter((bin) => bin.from >= threshold - 1e-9);
  const weight = upper.reduce((sum, bin) => sum + bin.weight, 0);
  return upper.reduce((sum, bin) => sum + bin.weight * bin.winRate, 0) / weight;
}

for (const [name, side, bias] of [
  ['BUY', BUY, barrierDefaults.buyEvBias],
  ['SELL', SELL, 0],
] as const) {
  truthRow(
    'PM13',
    `bias of the expected return, ${name}`,
    `${(100 * bias).toFixed(2)} % +- 2 standard errors`,
    () => {
      const points = pointsOf(side).flat();
      const errors = points.map(({ expectedReturn, earned }) => expectedReturn - earned);
      const found = meanOf(errors);
      const squares = errors.reduce((sum, error) => sum + (error - found) ** 2, 0);
      const standardError = Math.sqrt(squares / (errors.length - 1) / errors.length);
      return {
        shown: `${(100 * found).toFixed(3)} % +- ${(100 * standardError).toFixed(3)} % over ${errors.length} points`,
        holds: Math.abs(found - bias) <= 2 * standardError,
      };
    },
  );
}
