import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sense } from '../../datasets/assumption-ledger.ts';
import { copyToParquet, sqlFile, withDuck } from '../../datasets/duck.ts';
import { importDataset } from '../../datasets/import/import.ts';
import { openDataset } from '../../datasets/open.ts';
import type { Store } from '../../datasets/store.ts';
import { type Flip, flipsOf, isFlip } from '../../scenarios/flips.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { prepare, simulate } from '../../scenarios/simulate.ts';
import { loaded, plantedStore } from './run-store.ts';

let store: Store;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ store, remove } = await plantedStore());
  const table = (name: string) => join(store.datasetDir('planted'), `${name}.parquet`);
  const tens = join(store.dataDir, 'tens.parquet');
  await withDuck(async (duck) => {
    // To the high in the first ten minutes, down to the low and on to the close in the last.
    await copyToParquet(
      duck,
      `SELECT ts + ten * 600000 AS ts, symbol, if(ten = 0, open, high) AS open, high,
         CASE ten WHEN 0 THEN open WHEN 5 THEN low ELSE high END AS low, if(ten = 5, close, high) AS close
       FROM ${sqlFile(table('bars'))}, range(6) tens(ten) WHERE ts < ${Date.UTC(2024, 0, 8)} ORDER BY symbol, ts`,
      tens,
    );
  });
  await importDataset(store, { name: 'tens', bars: [table('bars')], detail: [`10m=${tens}`] });
}, 60_000);
afterAll(() => remove());

async function flipsIn(...set: string[]): Promise<{ scenario: Scenario; flips: readonly Flip[] }> {
  const { scenario, strategy } = await loaded(store, 'demo-momentum', { set: ['dataset=tens', ...set] });
  const dataset = await openDataset(store, scenario.dataset, { columns: [] });
  const hourly: Scenario = { ...scenario, fills: { ...scenario.fills, detail: 'none', delayMinutes: 0 } };
  const prepared = await prepare(dataset, hourly, strategy, { workers: 1 });
  const { headline } = (await simulate(prepared, hourly)).manifest;
  return { scenario, flips: flipsOf({ scenario, dataset: prepared.dataset, headline }).filter(isFlip) };
}

function together(scenario: Scenario, flips: readonly Flip[], sense: Sense): readonly [number, number] {
  const { fills, life } = flips
    .filter((flip) => flip.sense === sense)
    .reduce((changed, flip) => flip.apply(changed), scenario);
  return [fills.delayMinutes, life.delistHaircut];
}

describe('all flips of one sense together', () => {
  it.each([
    { delay: 60, haircut: 0.5, optimistic: [0, 0], pessimistic: [60, 0.5] },
    { delay: 0, haircut: 0, optimistic: [0, 0], pessimistic: [60, 0.5] },
    { delay: 10, haircut: 0.1, optimistic: [0, 0], pessimistic: [60, 0.5] },
    { delay: 120, haircut: 0.7, optimistic: [0, 0], pessimistic: [120, 0.7] },
  ])('take the extreme of each, from a delay of $delay and a haircut of $haircut', async (given) => {
    const { scenario, flips } = await flipsIn(
      `fills.delayMinutes=${given.delay}`,
      `life.delistHaircut=${given.haircut}`,
    );
    expect(together(scenario, flips, 'optimistic')).toEqual(given.optimistic);
    expect(together(scenario, flips, 'pessimistic')).toEqual(given.pessimistic);
  });

  it('come nearest first', async () => {
    const { flips } = await flipsIn('fills.delayMinutes=60', 'life.delistHaircut=0.5');
    const toOf = (name: string) => flips.filter(({ flip }) => flip === name).map(({ to }) => to);
    expect(toOf('delay of orders')).toEqual(['10 min', '0 min']);
    expect(toOf('haircut at a delisting')).toEqual(['10 %', '0 %']);
  });
});
