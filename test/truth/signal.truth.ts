/** PM10: what the planted core signal is worth over one, three and seven days, by the engine's own labels and by the truth. */
import { measureOracle, oracleCoin } from '../../datasets/planted/oracle.ts';
import { burnInDays } from '../../datasets/planted/settings.ts';
import { computeColumns } from '../../engine/columns/compute.ts';
import { BENCHMARK_SYMBOL } from '../../engine/columns/features/coin-window.ts';
import { forwardResiduals } from '../../engine/columns/labels/forward-residual.ts';
import { rowViews } from '../../engine/panel/rows.ts';
import { informationCoefficient } from '../../engine/stats/information-coefficient.ts';
import { spearman } from '../../engine/stats/spearman.ts';
import { plantedPanel, pricesAlone, settingsOf } from './planted.ts';
import { meanOf, onceBySeed, overSeeds, seedsOf, truthRow } from './row.ts';

const horizonsDays = [1, 3, 7] as const;

interface Worth {
  readonly horizonDays: number;
  /** Mean daily rank correlation with estimated residuals of eligible coins, and its standard error by Newey and West. */
  readonly measured: number;
  readonly standardError: number;
  /** The same with the residuals that were planted, over all coins. */
  readonly truth: number;
}

const worthsOf = onceBySeed(async (seed): Promise<readonly Worth[]> => {
  const { market, panel, pieces, inputs } = plantedPanel(settingsOf(seed, pricesAlone));
  const [eligible, beta] = await computeColumns(inputs, ['eligible', 'beta_30d']);
  const members = rowViews(eligible!);
  const coins = new Set(pieces.map(({ coin }) => coin));
  const oracle = measureOracle(
    market,
    [...coins].flatMap((coin) => oracleCoin(market, coin) ?? []),
  );
  return horizonsDays.map((horizonDays) => {
    const benchmark = panel.symbols.indexOf(BENCHMARK_SYMBOL);
    const { residual } = forwardResiduals({ panel, beta: beta!, benchmark, horizonHours: horizonDays * 24 });
    const labels = rowViews(residual);
    const daily = Array.from({ length: panel.hours / 24 }, (_, day) => {
      const hour = day * 24 + 23;
      const signal = pieces.map(({ coin: { truth } }, index) =>
        members[hour]![index] === 1 ? (truth.states?.first[burnInDays + day] ?? Number.NaN) : Number.NaN,
      );
      return spearman(signal, labels[hour]!);
    });
    const { mean, tNeweyWest } = informationCoefficient(daily, horizonDays);
    const isState = (cell: (typeof oracle)[number]) =>
      cell.column === 'state' && cell.horizonDays === horizonDays;
    const truth = oracle.find(isState)!.mean;
    return { horizonDays, measured: mean, standardError: mean / tNeweyWest, truth };
  });
});

for (const horizonDays of horizonsDays) {
  truthRow(
    'PM10',
    `IC of the core signal at ${horizonDays} d`,
    'within 2 standard errors of truth',
    async () => {
      const found = (await overSeeds(seedsOf(), worthsOf)).map(
        (worths) => worths.find((worth) => worth.horizonDays === horizonDays)!,
      );
      const off = found.map(
        ({ measured, truth, standardError }) => Math.abs(measured - truth) / standardError,
      );
      const [measured, truth] = [
        meanOf(found.map((one) => one.measured)),
        meanOf(found.map((one) => one.truth)),
      ];
      return {
        shown: `${measured.toFixed(4)}, truth ${truth.toFixed(4)}, off by ${Math.max(...off).toFixed(2)} standard errors at worst`,
        holds: measured > 0 && off.every((each) => each <= 2),
      };
    },
  );
}
