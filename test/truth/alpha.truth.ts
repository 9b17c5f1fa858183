/**
 * PM7 and PM8: what a ridge on the planted proxies recovers of the core signal, walk-forward and purged, what the meta-model finds
 * without the proxies, which are not among its 95 features, and that the ridge finds nothing where nothing was planted. The attainable
 * share of the signal's IC is 1 / sqrt(1 + 4 / 5): five proxies, each through noise of sd 2.
 */
import { proxyNoise } from '../../datasets/planted/proxies.ts';
import { burnInDays, type MarketSettings, noiseSwitches } from '../../datasets/planted/settings.ts';
import { computeColumns } from '../../engine/columns/compute.ts';
import { BENCHMARK_SYMBOL } from '../../engine/columns/features/coin-window.ts';
import { splitSamples } from '../../engine/columns/folds/split.ts';
import { walkForwardFolds } from '../../engine/columns/folds/walk-forward.ts';
import { forwardResiduals } from '../../engine/columns/labels/forward-residual.ts';
import { dayMs, hourMs } from '../../engine/panel/hours.ts';
import { rowViews } from '../../engine/panel/rows.ts';
import { deviation } from '../../engine/stats/deviation.ts';
import { informationCoefficient } from '../../engine/stats/information-coefficient.ts';
import { ranks } from '../../engine/stats/ranks.ts';
import { spearman } from '../../engine/stats/spearman.ts';
import { studentQuantile } from '../../engine/stats/student-quantile.ts';
import { metaModelIcs } from './meta-model.ts';
import { plantedPanel, pricesAlone, settingsOf } from './planted.ts';
import { fitRidge } from './ridge.ts';
import { isFull, meanOf, onceBySeed, overSeeds, seedsOf, truthRow } from './row.ts';
import { trainedRow } from './training.ts';

const HORIZON_HOURS = 72;
const HORIZON_DAYS = 3;
const TEST_DAYS = 15;
/** Days before the first test: a month until columns and universe have their history, and three to train on. */
const FIRST_TEST_DAY = 120;
/** Of the number of rows: five proxies of one state want to be averaged, not told from each other. */
const PENALTY = 5;
const PROXIES = 5;

/** One coin at the close of one day. */
interface DayRow {
  readonly day: number;
  readonly startMs: number;
  readonly proxies: readonly number[];
  readonly state: number;
  /** Residual over the next three days. */
  readonly outcome: number;
}

interface Recovered {
  /** Daily rank correlations with the residual ahead over the test days: of the ridge, and of the planted state on the same rows. */
  readonly ridge: readonly number[];
  readonly state: readonly number[];
}

async function dayRows(settings: MarketSettings): Promise<readonly DayRow[]> {
  const { panel, pieces, inputs } = plantedPanel(settings);
  const [eligible, beta] = await computeColumns(inputs, ['eligible', 'beta_30d']);
  const members = rowViews(eligible!);
  const benchmark = panel.symbols.indexOf(BENCHMARK_SYMBOL);
  const { residual } = forwardResiduals({ panel, beta: beta!, benchmark, horizonHours: HORIZON_HOURS });
  const ahead = rowViews(residual);
  return Array.from({ length: Math.floor(panel.hours / 24) }, (_, day) => day).flatMap((day) => {
    const hour = day * 24 + 23;
    return pieces.flatMap(({ coin }, index) => {
      const outcome = ahead[hour]![index]!;
      if (members[hour]![index] !== 1 || Number.isNaN(outcome) || coin.proxies === null) return [];
      const startMs = panel.startMs + (hour + 1) * hourMs;
      const proxies = [...coin.proxies.values()].map((values) => values[burnInDays + day]!);
      return [{ day, startMs, proxies, outcome, state: coin.truth.states!.first[burnInDays + day]! }];
    });
  });
}

/** Refitted for every block of test days to rows whose label ended three days before it. */
async function recovered(settings: MarketSettings): Promise<Recovered> {
  const rows = await dayRows(settings);
  const targets = rankTargets(rows);
  const startMs = Float64Array.from(rows, (row) => row.startMs);
  const samples = { startMs, endMs: startMs.map((start) => start + HORIZON_HOURS * hourMs) };
  const folds = Math.floor((settings.days - FIRST_TEST_DAY) / TEST_DAYS);
  const [ridge, state]: [number[], number[]] = [[], []];
  for (const split of walkForwardFolds({
    ...{ startMs: startMs[0]!, endMs: startMs.at(-1)! + dayMs, labelHours: HORIZON_HOURS },
    ...{ folds, testDays: TEST_DAYS },
  })) {
    const { train, test } = splitSamples(split, samples);
    const model = fitRidge(
      Array.from(train, (row) => rows[row]!.proxies),
      Array.from(train, (row) => targets[row]!),
      PENALTY,
    );
    const tested = Array.from(test, (row) => rows[row]!);
    for (const day of new Set(tested.map((row) => row.day))) {
      const own = tested.filter((row) => row.day === day);
      const outcomes = own.map(({ outcome }) => outcome);
      ridge.push(
        spearman(
          own.map(({ proxies }) => model.predict(proxies)),
          outcomes,
        ),
      );
      state.push(
        spearman(
          own.map((row) => row.state),
          outcomes,
        ),
      );
    }
  }
  return { ridge, state };
}

/** Rank of the outcome within its day, centred: heavy tails and wild coins count no more than others. */
function rankTargets(rows: readonly DayRow[]): Float64Array {
  const targets = new Float64Array(rows.length);
  for (let from = 0; from < rows.length; ) {
    let to = from;
    while (to < rows.length && rows[to]!.day === rows[from]!.day) to += 1;
    const rank = ranks(rows.slice(from, to).map(({ outcome }) => outcome));
    for (let at = from; at < to; at += 1) targets[at] = (rank[at - from]! - 0.5) / (to - from) - 0.5;
    from = to;
  }
  return targets;
}

const planted = onceBySeed((seed) => recovered(settingsOf(seed, { ...pricesAlone, proxies: true })));
const unplanted = onceBySeed((seed) => recovered({ ...settingsOf(seed), switches: noiseSwitches }));

const bound = 1 / Math.sqrt(1 + proxyNoise ** 2 / PROXIES);

/** The mean, and its interval over seeds. */
function withInterval(values: readonly number[]): string {
  const error = deviation(values) / Math.sqrt(values.length);
  const off = studentQuantile(0.975, values.length - 1) * error;
  return `${meanOf(values).toFixed(3)} +- ${off.toFixed(3)} (95 %)`;
}

truthRow('PM7', 'IC of a ridge on the proxies, of the attainable', '>= .85 in the mean', async () => {
  const found = await overSeeds(seedsOf(), planted);
  const shares = found.map(({ ridge, state }) => meanOf(ridge) / meanOf(state) / bound);
  const worth = meanOf(found.map(({ state }) => meanOf(state)));
  return {
    shown: `${withInterval(shares)}, planted IC ${worth.toFixed(4)}`,
    holds: meanOf(shares) >= 0.85 && worth >= 0.05,
  };
});

/** As published in the long form; a market of preset S has too few rows for networks, and the quick form too little time. */
const metaOptions = isFull
  ? { isStacked: true, trees: 500, folds: 4 }
  : { isStacked: false, trees: 30, folds: 2 };
const metaMarket = isFull ? {} : { ...pricesAlone };

trainedRow(
  'PM7',
  `IC of the meta-model, of that of the ridge${isFull ? '' : ', networks empty'}`,
  isFull ? 'shown, above 0 in 18 of 20' : 'shown',
  async () => {
    const ridges = (await overSeeds(seedsOf(), planted)).map(({ ridge }) => meanOf(ridge));
    const metas = await overSeeds(seedsOf(), async (seed) =>
      meanOf(await metaModelIcs(settingsOf(seed, metaMarket), metaOptions)),
    );
    const shares = metas.map((meta, index) => meta / ridges[index]!);
    const above = metas.filter((meta) => meta > 0).length;
    return {
      shown: `${withInterval(shares)}, IC ${meanOf(metas).toFixed(4)} (ridge ${meanOf(ridges).toFixed(4)}), above 0 in ${above} of ${metas.length}`,
      holds: shares.every(Number.isFinite) && (!isFull || above >= 0.9 * metas.length),
    };
  },
);

truthRow('PM8', 'no false alpha', '|t Newey-West| < 2 in 9 of 10', async () => {
  const found = await overSeeds(seedsOf(), unplanted);
  const ts = found.map(({ ridge }) => informationCoefficient(ridge, HORIZON_DAYS).tNeweyWest);
  const quiet = ts.filter((t) => Math.abs(t) < 2).length;
  const largest = Math.max(...ts.map(Math.abs));
  return {
    shown: `${quiet} of ${ts.length}, largest |t| ${largest.toFixed(2)}, mean IC ${meanOf(found.map(({ ridge }) => meanOf(ridge))).toFixed(4)}`,
    holds: quiet >= 0.9 * ts.length,
  };
});
