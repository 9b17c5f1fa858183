/** Blocks that are consumed and dropped hold what columns hold, cast once. */
import { afterAll, describe, expect, it } from 'vitest';
import { computeBlocks, type FeatureBlock } from '../../../engine/columns/blocks.ts';
import { computeColumns } from '../../../engine/columns/compute.ts';
import { barInputs } from '../../../engine/columns/features/inputs.ts';
import { features } from '../../../engine/columns/features/registry.ts';
import { emptyRows } from '../../../engine/panel/rows.ts';
import { WorkerPool } from '../../../engine/signal/pool.ts';
import { randomMarket } from './features/random-market.ts';
import { firstDifference } from './kernels/series.ts';

const HOURS = 1500;
const panel = randomMarket({ seed: 8, coins: 28, hours: HOURS, redenominationHour: 1490 });
const inputs = barInputs(panel);
const lstm = emptyRows('lstm_prob_buy', panel.symbols.length, HOURS);
for (let cell = 0; cell < lstm.values.length; cell += 1) lstm.values[cell] = (cell % 97) / 97;

/** One of every scope, in an order of its own, one that nobody stored, and one of a user. */
const names = [
  ...['xs_rank_res_ret_24h', 'btc_vol_7d', 'res_z_24h', 'lstm_prob_buy', 'lstm_prob_sell'],
  ...['mkt_breadth_24h', 'rsi_14h', 'vol_z_30d', 'range_of_hour', 'dow_sin', 'range_rank'],
];
const userModule = new URL('./user-features.mjs', import.meta.url).href;
const consumer = { module: userModule, functionName: 'copyOf' };

interface Copy {
  readonly block: Omit<FeatureBlock, 'inputs'>;
  readonly argument: unknown;
}

async function expected(): Promise<ReadonlyMap<string, Float64Array>> {
  const formulas = names.filter((name) => features.get(name)?.scope !== 'stored');
  const rows = await computeColumns(inputs, formulas, { modules: [userModule] });
  return new Map([...rows, lstm].map(({ name, values }) => [name, values]));
}

describe('computeBlocks', () => {
  const pools = [1, 2, 8].map((workers) => new WorkerPool(workers));
  afterAll(() => Promise.all(pools.map((pool) => pool.close())));

  it.each([undefined, ...pools])('gives every consumer its coins, whoever computes them', async (pool) => {
    const columns = await expected();
    const eligible = (await computeColumns(inputs, ['eligible']))[0]!;
    const done: number[] = [];
    const copies = await computeBlocks<Copy>(inputs, names, {
      ...(pool === undefined ? {} : { pool }),
      ...{ blockCoins: 3, fromHour: 900, toHour: HOURS, modules: [userModule], eligible: true },
      stored: [lstm],
      consumer: { ...consumer, argument: 'as given' },
      onBlock: (coins) => done.push(coins),
    });
    expect(copies.map(({ block }) => block.fromCoin)).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
    expect(done.toSorted((a, b) => a - b)).toEqual(done);
    expect(done.at(-1)).toBe(28);
    for (const { block, argument } of copies) {
      expect(argument).toBe('as given');
      const wanted = new Float32Array(block.values.length);
      const mask = new Uint8Array(block.eligible!.length);
      let at = 0;
      for (let coin = block.fromCoin; coin < block.toCoin; coin += 1) {
        for (let hour = 900; hour < HOURS; hour += 1) {
          const cell = hour * panel.symbols.length + coin;
          mask[at / names.length] = eligible.values[cell] === 1 ? 1 : 0;
          for (const name of names) {
            wanted[at] = columns.get(name)?.[cell] ?? Number.NaN;
            at += 1;
          }
        }
      }
      expect(firstDifference(block.values, wanted)).toBe(-1);
      expect(firstDifference(block.eligible!, mask)).toBe(-1);
    }
  });

  it('fills what it is asked for', async () => {
    const columns = await expected();
    const empty = names.filter((name) => columns.get(name)?.every(Number.isNaN) !== false);
    expect(empty).toEqual(['lstm_prob_sell']);
  });
});

describe('features of a user', () => {
  it('may not take the name of another', async () => {
    const definitions = [{ ...features.get('rv_24h')! }];
    await expect(computeColumns(inputs, ['rv_24h'], { definitions })).rejects.toThrow(
      /two features are named rv_24h/,
    );
  });
});
