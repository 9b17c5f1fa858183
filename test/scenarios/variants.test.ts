import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Dataset } from '../../datasets/dataset.ts';
import { openDataset } from '../../datasets/open.ts';
import { WorkerPool } from '../../engine/signal/pool.ts';
import { prepare, simulate } from '../../scenarios/simulate.ts';
import { foldVariants, runVariants, type VariantSet } from '../../scenarios/variants.ts';
import { venueRulesOf } from '../../scenarios/venue-rules.ts';
import { loaded, plantedStore } from './run-store.ts';

let dataset: Dataset;
let remove: () => Promise<void>;
let set: VariantSet;
let alone: readonly number[];
const leverages = [1, 4] as const;

beforeAll(async () => {
  const planted = await plantedStore();
  remove = planted.remove;
  dataset = await openDataset(planted.store, 'planted', { columns: ['score'] });
  const load = (leverage: number) =>
    loaded(planted.store, 'demo', { set: [`leverage=${leverage}`, 'account.margin=isolated'] });
  const { scenario, strategy } = await load(4);
  const prepared = await prepare(dataset, scenario, strategy);
  alone = await Promise.all(
    leverages.map(async (leverage) => {
      const { manifest } = await simulate(prepared, (await load(leverage)).scenario);
      return manifest.headline.finalEquity;
    }),
  );
  const module = new URL('../../strategies/ranked-long-short/index.ts', import.meta.url);
  set = {
    panel: dataset.panel,
    columns: prepared.columns,
    strategyModule: pathToFileURL(module.pathname).href,
    codeHash: strategy.codeHash,
    builtIn: true,
    costs: scenario.costs,
    capital: scenario.capital.usdm,
    closeAtEnd: false,
    minimumShare: scenario.universe.minimumShare,
    rules: venueRulesOf(scenario, dataset, null),
    digests: false,
    configs: [scenario.config],
  };
}, 60_000);
afterAll(() => remove());

it('variants run by the rules that they are given', async () => {
  const [variant] = await foldVariants(set);
  expect(variant!.finalEquity).toBe(alone[1]);
  expect(alone[1]).not.toBe(alone[0]);
});

it('with finer bars they are folded in this thread, where these are open', async () => {
  let asked = 0;
  const detail = {
    minutes: 30,
    bars: () => {
      asked += 1;
      return null;
    },
  };
  const pool = new WorkerPool(1);
  const rules = { ...set.rules!, fills: { ...set.rules!.fills, detail } };
  const [variant] = await runVariants(pool, { ...set, rules });
  await pool.close();
  expect(asked).toBeGreaterThan(0);
  // No finer bar was found, so the hourly ones count.
  expect(variant!.finalEquity).toBe(alone[1]);
});
