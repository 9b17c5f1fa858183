/**
 * Finding 5: what a missing purge is worth on a market without alpha. Three-day labels, features that persist, boosted trees; the same
 * rows under purged folds, folds without purge, and a random split.
 */
import { noiseFigures } from '../../engine/columns/audit/noise-market.ts';
import { type FoldFigures, foldFigures } from '../../engine/columns/audit/out-of-sample.ts';
import { deviation } from '../../engine/stats/deviation.ts';
import { LABEL_HOURS, type MarketRows, noiseRows } from '../leakage/training/rows.ts';
import { foldsOf, type SplitKind } from '../leakage/training/splits.ts';
import { fitTrees } from '../leakage/training/trees.ts';
import { meanOf, onceBySeed, overSeeds, seedsOf, truthRow } from './row.ts';

const SIZE = { coins: 60, days: 170, strideHours: 8 };
const FOLDS = 8;
const TREES = { trees: 40, depth: 7, learningRate: 0.2, lambda: 1 };
const splits = { purged: 'purged', unpurged: 'T14', random: 'T15' } as const satisfies Readonly<
  Record<string, SplitKind>
>;
type SplitName = keyof typeof splits;

const figuresOf = onceBySeed(async (seed): Promise<Readonly<Record<SplitName, readonly FoldFigures[]>>> => {
  const rows = noiseRows(seed, SIZE);
  const under = (name: SplitName) => figuresUnder(rows, splits[name]);
  return { purged: under('purged'), unpurged: under('unpurged'), random: under('random') };
});

function figuresUnder(rows: MarketRows, kind: SplitKind): readonly FoldFigures[] {
  const tested = foldsOf(kind, rows, FOLDS).flatMap(({ train, test }, fold) => {
    const logits = fitTrees(rows.columns, rows.label, train, TREES).logits(rows.columns, test);
    return Array.from(test, (row, at) => ({ row, fold, predicted: logits[at]! }));
  });
  return foldFigures({
    timeMs: Float64Array.from(tested, ({ row }) => rows.startMs[row]!),
    coins: Int32Array.from(tested, ({ row }) => rows.coins[row]!),
    folds: Int32Array.from(tested, ({ fold }) => fold),
    predicted: Float64Array.from(tested, ({ predicted }) => predicted),
    label: Float64Array.from(tested, ({ row }) => rows.label[row]!),
    outcome: Float64Array.from(tested, ({ row }) => rows.outcome[row]!),
  });
}

/** Mean AUC of each seed. */
async function bySeed(name: SplitName, pick: (fold: FoldFigures) => number): Promise<readonly number[]> {
  return (await overSeeds(seedsOf(), figuresOf)).map((figures) => meanOf(figures[name].map(pick)));
}

const whole = ({ auc }: FoldFigures) => auc;
const firstDay = ({ aucFirstDay }: FoldFigures) => aucFirstDay;
const shown = (values: readonly number[]) =>
  `${meanOf(values).toFixed(3)}, by seed within ${deviation(values).toFixed(3)}`;

const within = '.50, all figures within their bands';
truthRow('F5', 'AUC on noise under purged folds', within, async () => {
  const [auc, first] = [await bySeed('purged', whole), await bySeed('purged', firstDay)];
  const markets = (await overSeeds(seedsOf(), figuresOf)).map(({ purged }) => purged);
  const alarms = noiseFigures(markets, LABEL_HOURS).filter(({ stands }) => stands);
  return {
    shown: `${shown(auc)}; first test day ${shown(first)}`,
    holds: alarms.length === 0 && markets.flat().length === FOLDS * seedsOf().length,
  };
});

truthRow('F5', 'AUC on noise without purge', 'first test day .04 above purged', async () => {
  const [auc, first] = [await bySeed('unpurged', whole), await bySeed('unpurged', firstDay)];
  const [honest, honestFirst] = [await bySeed('purged', whole), await bySeed('purged', firstDay)];
  const [gain, gainFirst] = [meanOf(auc) - meanOf(honest), meanOf(first) - meanOf(honestFirst)];
  return {
    shown: `${shown(auc)} (${gain.toFixed(3)} more than purged); first test day ${shown(first)} (${gainFirst.toFixed(3)} more)`,
    holds: gain > 0 && gainFirst >= 0.04 && gainFirst > gain,
  };
});

truthRow('F5', 'AUC on noise under a random split', 'at least .05 above one half', async () => {
  const auc = await bySeed('random', whole);
  return { shown: shown(auc), holds: Math.min(...auc) >= 0.55 };
});
