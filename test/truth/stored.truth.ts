/** PM15 (clean), PM16, PM18, PM19: what is found, chosen, earned and traded on planted markets as they are stored. */
import { checkDataset } from '../../datasets/check/check.ts';
import type { Finding } from '../../datasets/check/finding.ts';
import { defaultSwitches, presets } from '../../datasets/planted/settings.ts';
import { type AccountRun, accountRuns } from './accounts.ts';
import { settingsOf } from './planted.ts';
import { onceBySeed, overSeeds, seedsOf, truthRow } from './row.ts';
import { type Comparison, compareAccount, comparePlain } from './second-engine.ts';
import { withStoredMarket } from './stored.ts';
import { type UniverseDifference, universeDifference } from './universe.ts';

interface Figures {
  readonly serious: readonly Finding[];
  readonly universe: UniverseDifference;
  readonly runs: readonly AccountRun[];
}

/** The first row that asks bears the time of all of them. */
const figuresOf = onceBySeed(
  async (seed): Promise<Figures> =>
    await withStoredMarket(settingsOf(seed), async (market) => {
      const findings = await checkDataset(market.store, market.name);
      return {
        serious: findings.filter(({ severity }) => severity !== 'note'),
        universe: await universeDifference(market),
        runs: await accountRuns(market.dataset),
      };
    }),
);
const ofAllSeeds = () => overSeeds(seedsOf(), figuresOf);

truthRow('PM15', 'findings about clean markets', 'no error, no warning', async () => {
  const found = (await ofAllSeeds()).flatMap(({ serious }) => serious);
  const first = found[0];
  const example = first === undefined ? '' : `, the first ${first.rule} of ${first.symbol ?? 'the market'}`;
  return { shown: `${found.length} on ${seedsOf().length} markets${example}`, holds: found.length === 0 };
});

const effective = 'equal at every hour; a delisting at T holds at T';
truthRow('PM16', 'universe by date', effective, async () => {
  const found = (await ofAllSeeds()).map(({ universe }) => universe);
  const sum = (pick: (one: UniverseDifference) => number) => found.reduce((all, one) => all + pick(one), 0);
  const different = sum((one) => one.different);
  const [members, hours] = [sum((one) => one.members), sum((one) => one.coinHours)];
  const example = found.find((one) => one.different > 0)?.example ?? '';
  return {
    shown: `${different} of ${hours} coin-hours differ, ${members} are members ${example}`.trim(),
    holds: different === 0 && members > 0,
  };
});

truthRow('PM18', 'PnL identity of every run', '<= 1e-9 of equity', async () => {
  const runs = (await ofAllSeeds()).flatMap((figures) => figures.runs);
  const [hourly, whole] = [
    Math.max(...runs.map(({ hourlyError }) => hourlyError)),
    Math.max(...runs.map(({ tradesError }) => tradesError)),
  ];
  const trades = runs.reduce((sum, run) => sum + run.trades, 0);
  const liquidations = runs.reduce((sum, run) => sum + run.liquidations, 0);
  return {
    shown: `${hourly.toExponential(1)} in any hour, ${whole.toExponential(1)} from the trades; ${runs.length} runs, ${trades} trades, ${liquidations} liquidations`,
    holds: hourly <= 1e-9 && whole <= 1e-9 && liquidations > 0 && runs.every((run) => run.trades > 0),
  };
});

/** The second simulator is slow by design: preset S, also in the long form. */
const comparisons = onceBySeed(
  async (seed): Promise<Readonly<Record<string, Comparison>>> =>
    await withStoredMarket({ seed, ...presets.S, switches: defaultSwitches }, async ({ dataset }) => ({
      'no margin': await comparePlain(dataset),
      'cross at 20': await compareAccount(dataset, { margin: 'cross', leverage: 20 }),
      'isolated at 10': await compareAccount(dataset, { margin: 'isolated', leverage: 10 }),
    })),
);

for (const kind of ['no margin', 'cross at 20', 'isolated at 10']) {
  truthRow('PM19', `second engine, ${kind}`, 'same trades, one by one', async () => {
    const found = (await overSeeds(seedsOf(20, 1), comparisons)).map((all) => all[kind]!);
    const trades = found.reduce((sum, one) => sum + one.trades, 0);
    const liquidations = found.reduce((sum, one) => sum + one.liquidations, 0);
    const difference = found.find((one) => one.difference !== null)?.difference ?? null;
    return {
      shown:
        difference ?? `${trades} trades, ${liquidations} of them liquidations, on ${found.length} markets`,
      holds: difference === null && trades > 0,
    };
  });
}
