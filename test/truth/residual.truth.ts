/** PM1 to PM4: what the columns say of exposure and residual, against the exposure and the residual that were planted. */
import { burnInHours } from '../../datasets/planted/settings.ts';
import { computeColumns } from '../../engine/columns/compute.ts';
import { BENCHMARK_SYMBOL } from '../../engine/columns/features/coin-window.ts';
import { closeAt, type Panel } from '../../engine/panel/panel.ts';
import { type PlantedPanel, plantedPanel, pricesAlone, settingsOf } from './planted.ts';
import { correlation, meanOf, onceBySeed, overSeeds, seedsOf, truthRow } from './row.ts';

interface Estimates {
  /** Mean square of estimated less true beta over all eligible coin-hours, and how many those are. */
  readonly hourly: MeanSquare;
  /** The same of a beta of 30 daily returns. */
  readonly daily: MeanSquare;
  /** Means over coins. */
  readonly residualCorrelation: number;
  readonly factorCorrelation: number;
}

interface MeanSquare {
  readonly count: number;
  readonly mean: number;
}

const DAILY_WINDOW = 30;
/** With fewer hours a coin's correlation is chance. */
const HOURS_MIN = 500;

const estimatesOf = onceBySeed((seed) => estimates(plantedPanel(settingsOf(seed, pricesAlone))));
const ofAllSeeds = () => overSeeds(seedsOf(), estimatesOf);

async function estimates({ panel, pieces, market, inputs }: PlantedPanel): Promise<Estimates> {
  const names = ['eligible', 'beta_30d', 'res_ret_1h'];
  const [eligible, beta, residual] = await computeColumns(inputs, names);
  const [hourly, daily]: [number[], number[]] = [[], []];
  const [ofResidual, ofFactor]: [number[], number[]] = [[], []];
  const factor = market.factor.returns.subarray(burnInHours);
  for (const [index, { coin }] of pieces.entries()) {
    const slow = dailyBetas(panel, index);
    const seen = { estimate: [] as number[], truth: [] as number[], factor: [] as number[] };
    for (let hour = 0; hour < panel.hours; hour += 1) {
      const cell = hour * pieces.length + index;
      if (eligible!.values[cell] !== 1) continue;
      const truth = coin.truth.beta[Math.floor((burnInHours + hour) / 24)]!;
      hourly.push((beta!.values[cell]! - truth) ** 2);
      daily.push((slow[hour]! - truth) ** 2);
      const estimate = residual!.values[cell]!;
      if (Number.isNaN(estimate)) continue;
      seen.estimate.push(estimate);
      seen.truth.push(coin.truth.residual[burnInHours + hour]!);
      seen.factor.push(factor[hour]!);
    }
    if (seen.estimate.length < HOURS_MIN) continue;
    ofResidual.push(correlation(seen.estimate, seen.truth));
    ofFactor.push(correlation(seen.estimate, seen.factor));
  }
  return {
    hourly: meanKnown(hourly),
    daily: meanKnown(daily),
    residualCorrelation: meanOf(ofResidual),
    factorCorrelation: meanOf(ofFactor),
  };
}

function meanKnown(values: readonly number[]): MeanSquare {
  const known = values.filter((value) => !Number.isNaN(value));
  return { count: known.length, mean: meanOf(known) };
}

/** At each hour the slope over the last 30 whole days, closes at midnight; NaN where one of them is missing. */
function dailyBetas(panel: Panel, coin: number): Float64Array {
  const benchmark = panel.symbols.indexOf(BENCHMARK_SYMBOL);
  const change = (each: number, day: number) =>
    Math.log(closeAt(panel, each, day * 24 + 23) / closeAt(panel, each, day * 24 - 1));
  const betas = new Float64Array(panel.hours).fill(Number.NaN);
  for (let day = DAILY_WINDOW; day < panel.hours / 24; day += 1) {
    const days = Array.from({ length: DAILY_WINDOW }, (_, back) => day - back);
    const x = days.map((each) => change(benchmark, each));
    const y = days.map((each) => change(coin, each));
    const [meanX, meanY] = [meanOf(x), meanOf(y)];
    const squares = x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
    const products = x.reduce((sum, value, at) => sum + (value - meanX) * (y[at]! - meanY), 0);
    betas.fill(products / squares, day * 24 + 23, day * 24 + 47);
  }
  return betas;
}

/** Over the coin-hours of all seeds. */
function rootOf(parts: readonly MeanSquare[]): { readonly rmse: number; readonly count: number } {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const squares = parts.reduce((sum, part) => sum + part.count * part.mean, 0);
  return { rmse: Math.sqrt(squares / count), count };
}

const each = (values: readonly number[], digits: number) =>
  `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)} by seed`;

truthRow('PM1', 'RMSE of beta_30d', '<= .13', async () => {
  const parts = (await ofAllSeeds()).map(({ hourly }) => hourly);
  const { rmse, count } = rootOf(parts);
  const roots = parts.map(({ mean }) => Math.sqrt(mean));
  return { shown: `${rmse.toFixed(4)} over ${count} coin-hours, ${each(roots, 4)}`, holds: rmse <= 0.13 };
});

truthRow('PM2', 'RMSE of a beta of 30 daily returns', 'above that of PM1', async () => {
  const all = await ofAllSeeds();
  const slow = rootOf(all.map(({ daily }) => daily));
  const fast = rootOf(all.map(({ hourly }) => hourly));
  return {
    shown: `${slow.rmse.toFixed(4)} over ${slow.count} coin-hours`,
    holds: slow.rmse > fast.rmse,
  };
});

truthRow('PM3', 'correlation of estimated and true residual', 'mean over coins >= .99', async () => {
  const found = (await ofAllSeeds()).map(({ residualCorrelation }) => residualCorrelation);
  return { shown: `${meanOf(found).toFixed(4)}, ${each(found, 4)}`, holds: meanOf(found) >= 0.99 };
});

truthRow('PM4', 'correlation of the residual with the factor', 'mean over coins within +-.01', async () => {
  const found = (await ofAllSeeds()).map(({ factorCorrelation }) => factorCorrelation);
  // One market alone lies up to .01 off by chance: a month's beta is wrong for all hours of the month.
  return { shown: `${meanOf(found).toFixed(4)}, ${each(found, 4)}`, holds: Math.abs(meanOf(found)) <= 0.01 };
});
