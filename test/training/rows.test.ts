/** Rows of a training as they reach Python, held against what the engine says of each of them directly. */
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRows, sqlFile, withDuck } from '../../datasets/duck.ts';
import { computeColumns } from '../../engine/columns/compute.ts';
import { walkForwardFolds } from '../../engine/columns/folds/walk-forward.ts';
import { tripleBarrier } from '../../engine/columns/labels/triple-barrier.ts';
import { dayMs, hourMs } from '../../engine/panel/hours.ts';
import { barLayout, type Panel } from '../../engine/panel/panel.ts';
import { WorkerPool } from '../../engine/signal/pool.ts';
import { v2EnsembleModels } from '../../strategies/v2-ensemble/models.ts';
import { rowUses, splitUses } from '../../training/labels.ts';
import {
  type LabelledFolds,
  labelledFolds,
  type PreparedTraining,
  prepareTraining,
  trainingInputs,
} from '../../training/prepare.ts';
import { exportRows } from '../../training/rows.ts';
import { sizedPlan } from '../../training/sized-plan.ts';
import { type SmallMarket, smallMarket } from './small-market.ts';

const DAYS = 80;
const COINS = 10;
const features = ['1h_ret_1', '4h_rsi_14', 'btc_momentum_24h'];

let market: SmallMarket;
let pool: WorkerPool;
let prepared: PreparedTraining;
let folded: LabelledFolds;
let rows: readonly Row[];

interface Row {
  readonly symbol: string;
  /** Open of the bar whose close is the decision. */
  readonly ts: number;
  readonly [column: string]: number | string;
}

beforeAll(async () => {
  market = await smallMarket(DAYS);
  pool = new WorkerPool(1);
  const sized = { ...sizedPlan(v2EnsembleModels, 'ci-small'), coinsMax: COINS };
  const opened = await trainingInputs(market.store, market.name, sized);
  const toMs = opened.dataset.panel.startMs + DAYS * dayMs;
  prepared = await prepareTraining({ ...opened, sized, pool }, toMs);
  folded = labelledFolds(prepared, prepared.labels, prepared.window.fromMs);
  rows = await exported('labelled', 0);
}, 60_000);

afterAll(async () => {
  await pool.close();
  await market.remove();
});

async function exported(which: 'labelled' | 'present', reachHours: number): Promise<readonly Row[]> {
  const dir = join(market.store.dataDir, which);
  const { inputs, grid } = prepared;
  const files = await exportRows({
    ...{ dir, rows: which, labels: folded.labels, inputs, grid, features, reachHours, pool },
  });
  return await withDuck(async (duck) => {
    const all: Row[] = [];
    for (const { file } of files) {
      const read = await allRows(duck, `SELECT * FROM read_parquet(${sqlFile(join(dir, file))})`);
      all.push(...read.map(known));
    }
    return all;
  });
}

/** NULL as NaN. */
function known(row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value ?? Number.NaN]),
  ) as unknown as Row;
}

function hourOf({ ts }: Row, { startMs }: Panel): number {
  return (ts - startMs) / hourMs;
}

describe('rows of a training', () => {
  it('hold the features in single precision, for the chosen coins at their decision hours', async () => {
    const { inputs, grid } = prepared;
    const columns = await computeColumns(inputs, [...features, 'eligible']);
    expect(grid.coins).toHaveLength(COINS);
    expect(prepared.sampling[0]).toMatch(/^10 of 1\d coins/);
    expect(rows.length).toBeGreaterThan(1_500);
    for (const row of rows) {
      const coin = inputs.panel.symbols.indexOf(row.symbol);
      expect(grid.coins).toContain(coin);
      const at = (index: number) =>
        columns[index]!.values[hourOf(row, inputs.panel) * inputs.panel.symbols.length + coin]!;
      expect(features.map((name) => row[name])).toEqual(features.map((_, index) => Math.fround(at(index))));
      expect(at(features.length)).toBe(1);
      expect((row.ts + hourMs) % (4 * hourMs)).toBe(0);
    }
  });

  it('carry the label of the barrier that came first, known when it came', () => {
    const { panel } = prepared.inputs;
    const { toMs } = prepared.window;
    let labelled = 0;
    for (const row of rows.filter((_, index) => index % 7 === 0)) {
      const direct = labelAt(panel, row);
      expect(row.ts + hourMs + 72 * hourMs).toBeLessThanOrEqual(toMs);
      expect(row['buy_first']).toEqual(direct.label);
      if (Number.isNaN(direct.label)) continue;
      labelled += 1;
      expect(row['buy_first_end_ms']).toBe(row.ts + hourMs + (direct.exitBar + 1) * hourMs);
      expect(row['buy_return']).toBeCloseTo(direct.exitPrice / direct.entry - 1, 12);
    }
    expect(labelled).toBeGreaterThan(150);
  });

  it('train no fold with a label that was known within the embargo of its test', () => {
    for (const label of ['buy_first', 'sell_first', 'buy_return', 'sell_return']) {
      for (const { index, testFromMs, testToMs } of folded.folds) {
        const using = (use: number) => rows.filter((row) => row[`${label}_fold_${index}`] === use);
        const [train, test] = [using(rowUses.trains), using(rowUses.tests)];
        expect(train.length).toBeGreaterThan(400);
        expect(test.length).toBeGreaterThan(150);
        for (const row of train)
          expect(Number(row[`${label}_end_ms`])).toBeLessThan(testFromMs - 72 * hourMs);
        for (const row of test) {
          expect(row.ts + hourMs).toBeGreaterThanOrEqual(testFromMs);
          expect(row.ts + hourMs).toBeLessThan(testToMs);
        }
      }
    }
  });

  it('are all rows of the coins where a network reads steps, back to the oldest step', async () => {
    const all = await exported('present', 23);
    const { panel } = prepared.inputs;
    const { hours, coins } = prepared.grid;
    const expected = Array.from(coins).flatMap((coin) =>
      Array.from({ length: hours.at(-1)! + 1 - (hours[0]! - 23) }, (_, index) => hours[0]! - 23 + index)
        .filter((hour) => !Number.isNaN(panel.bars[(coin * panel.hours + hour) * 4 + barLayout.CLOSE]!))
        .map((hour) => `${panel.symbols[coin]} ${hour}`),
    );
    expect(all.map((row) => `${row.symbol} ${hourOf(row, panel)}`)).toEqual(expected);
    const marked = all.filter((row) => !Number.isNaN(row['buy_first']));
    expect(marked.length).toBe(rows.filter((row) => !Number.isNaN(row['buy_first'])).length);
  });
});

/** From the bars alone: entered at the next open, followed for 72 hours. */
function labelAt(panel: Panel, row: Row) {
  const coin = panel.symbols.indexOf(row.symbol);
  const hour = hourOf(row, panel);
  const bars = Array.from({ length: 72 }, (_, index) => {
    const at = (coin * panel.hours + hour + 1 + index) * 4;
    return [...panel.bars.subarray(at, at + 4)] as unknown as [number, number, number, number];
  });
  const entry = bars[0]![barLayout.OPEN]!;
  return { entry, ...tripleBarrier({ entryPrice: entry, bars }) };
}

it('whatever the ends of labels, no row trains a fold that its label reaches', () => {
  const hours = Int32Array.from({ length: 60 }, (_, slot) => slot * 24 + 11);
  const grid = { hours, coins: Int32Array.of(0, 3), eligible: new Uint8Array(120).fill(1) };
  const panel = { startMs: 0 } as Panel;
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 120, maxLength: 120 }),
      fc.integer({ min: 0, max: 96 }),
      (lives, embargoHours) => {
        const endMs = Float64Array.from(
          lives,
          (life, row) => (hours[Math.floor(row / 2)]! + 1 + life) * hourMs,
        );
        const label = { name: 'any', kind: 'barrier' as const, values: new Float64Array(120), endMs };
        const splits = walkForwardFolds({
          ...{ startMs: 0, endMs: 60 * dayMs, folds: 3, testDays: 5, labelHours: 100, embargoHours },
        });
        const uses = splitUses(panel, grid, label, splits);
        for (const [fold, { test, embargoMs }] of splits.entries()) {
          const late = endMs.filter(
            (end, row) => uses[fold]![row] === rowUses.trains && end >= test[0]!.startMs - embargoMs,
          );
          expect(late).toHaveLength(0);
          expect(uses[fold]!.filter((use) => use === rowUses.tests)).toHaveLength(10);
        }
      },
    ),
    { numRuns: 40 },
  );
});
