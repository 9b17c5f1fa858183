/**
 * What holds for every feature with a formula: its value at an hour has the same bits however it was computed, and is a
 * function of the hours that its warm-up names.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { computeColumns, computeHour } from '../../../../engine/columns/compute.ts';
import { reachOf } from '../../../../engine/columns/features/feature.ts';
import { barInputs, type ColumnInputs } from '../../../../engine/columns/features/inputs.ts';
import { features } from '../../../../engine/columns/features/registry.ts';
import { inputNames } from '../../../../engine/columns/plan.ts';
import { symbolLanes } from '../../../../engine/panel/fingerprint.ts';
import type { Panel } from '../../../../engine/panel/panel.ts';
import { emptyRows, type Rows } from '../../../../engine/panel/rows.ts';
import { WorkerPool } from '../../../../engine/signal/pool.ts';
import { firstDifference } from '../kernels/series.ts';
import { cutMarket, disturbedMarket, randomMarket } from './random-market.ts';

const HOURS = 3800;
const REDENOMINATION_HOUR = 3720;
const WORKED_FROM = 3700;
const panel = randomMarket({ seed: 5, coins: 23, hours: HOURS, redenominationHour: REDENOMINATION_HOUR });
const inputs = inputsOf(panel);
const lanes = symbolLanes(panel.symbols);
/** A coin's age is a function of its listing, wherever the data begin. */
const definitions = [...features.values()].filter(
  ({ scope, name }) => scope !== 'stored' && name !== 'history_hours',
);
const names = definitions.map(({ name }) => name);
/** Cross-sections see coins as far back as their inputs do. */
const reaches = definitions.map((feature) =>
  Math.max(
    reachOf(feature),
    ...(feature.scope === 'cross-section'
      ? inputNames([feature]).map((name) => reachOf(features.get(name)!))
      : []),
  ),
);

let whole: readonly Rows[];
beforeAll(async () => {
  whole = await computeColumns(inputs, names);
});

function inputsOf(of: Panel): ColumnInputs {
  return { ...barInputs(of), approximateQuoteVolume: true, dailyVolumeMin: 1e4 };
}

function rowOf(rows: Rows, hour: number): Float64Array {
  return rows.values.subarray(hour * rows.coins, (hour + 1) * rows.coins);
}

/** Names of the columns that have not the very same values at the hour. */
function others(rows: readonly Rows[], row: number, hour: number, expected = whole): string[] {
  return rows
    .filter((column, at) => firstDifference(rowOf(column, row), rowOf(expected[at]!, hour)) >= 0)
    .map(({ name }) => name);
}

describe('features', () => {
  it('have values, all of them', () => {
    const records = new Set(['fear-greed', 'news', 'news-classes', 'instruments', 'regime']);
    const empty = whole.filter(
      ({ values }, at) =>
        values.every(Number.isNaN) && !definitions[at]!.needs.some((need) => records.has(need)),
    );
    expect(empty.map(({ name }) => name)).toEqual([]);
  });

  it('have the same bits in blocks of any size and any part of the hours', async () => {
    const part = fc.record({
      blockCoins: fc.integer({ min: 1, max: 40 }),
      from: fc.nat(HOURS - 1),
      length: fc.integer({ min: 1, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(part, async ({ blockCoins, from, length }) => {
        const to = Math.min(HOURS, from + length);
        const rows = await computeColumns(inputs, names, { blockCoins, fromHour: from, toHour: to });
        for (let hour = from; hour < to; hour += 1) expect(others(rows, hour - from, hour)).toEqual([]);
      }),
      { numRuns: 8, examples: [[{ blockCoins: 5, from: REDENOMINATION_HOUR - 10, length: 20 }]] },
    );
  });

  it('have the same bits for the newest hour alone', () => {
    const rows = names.map((name) => emptyRows(name, panel.symbols.length, HOURS));
    for (const hour of [HOURS - 1, REDENOMINATION_HOUR, REDENOMINATION_HOUR - 1, 1500, 40, 0]) {
      computeHour(inputs, rows, lanes, hour);
      expect(others(rows, hour, hour)).toEqual([]);
      expect(rows.map(({ rowHash }) => rowHash[hour * 2])).toEqual(
        whole.map(({ rowHash }) => rowHash[hour * 2]),
      );
    }
  });

  it('have the same bits where the history is cut to the warm-up and the hour itself', async () => {
    for (const hour of [HOURS - 1, REDENOMINATION_HOUR + 5]) {
      for (const reach of new Set(reaches)) {
        if (reach > hour) continue;
        const chosen = names.filter((_, at) => reaches[at] === reach);
        const rows = await computeColumns(inputsOf(cutMarket(panel, hour - reach, hour + 1)), chosen);
        expect(others(rows, reach, hour, expectedOf(chosen))).toEqual([]);
      }
    }
  });

  it('see no bar that is older than their warm-up or comes later', async () => {
    const hour = 3600;
    for (const reach of new Set(reaches)) {
      const other = inputsOf(disturbedMarket(panel, hour - reach, hour, reach + 1));
      const chosen = names.filter((_, at) => reaches[at] === reach);
      const rows = await computeColumns(other, chosen, { fromHour: hour, toHour: hour + 1 });
      expect(others(rows, 0, hour, expectedOf(chosen))).toEqual([]);
    }
  });

  it('are missing before their warm-up is over', () => {
    const coin = 5;
    const early = definitions.filter(({ warmupHours, scope }, at) => {
      const born = scope === 'coin' ? panel.firstHour[coin]! : 0;
      const young = Array.from({ length: warmupHours }, (_, age) => rowOf(whole[at]!, born + age)[coin]);
      return young.some((value) => value !== undefined && !Number.isNaN(value));
    });
    expect(early.map(({ name }) => name)).toEqual([]);
  });
});

describe('workers', () => {
  const pools = [1, 2, 8].map((workers) => new WorkerPool(workers));
  afterAll(() => Promise.all(pools.map((pool) => pool.close())));

  it('any number of them gives the same bits', async () => {
    for (const pool of pools) {
      const done: number[] = [];
      const seen = WORKED_FROM * panel.symbols.length;
      const rows = await computeColumns(inputs, names, {
        pool,
        blockCoins: 4,
        fromHour: WORKED_FROM,
        onBlock: (coins) => done.push(coins),
      });
      for (const [at, column] of rows.entries())
        expect(firstDifference(column.values, whole[at]!.values.subarray(seen)), column.name).toBe(-1);
      expect(done.at(-1)).toBe(panel.symbols.length);
    }
  });
});

function expectedOf(chosen: readonly string[]): readonly Rows[] {
  return chosen.map((name) => whole[names.indexOf(name)]!);
}
