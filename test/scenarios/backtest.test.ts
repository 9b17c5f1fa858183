import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTable, writeTable } from '../../datasets/duck.ts';
import { openDataset } from '../../datasets/open.ts';
import { listRuns, readRun, type StoredRun } from '../../datasets/runs.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import type { Table } from '../../engine/journal/tables.ts';
import { closeAt, hourAt } from '../../engine/panel/panel.ts';
import { runBacktest } from '../../scenarios/backtest.ts';
import { diffRuns } from '../../scenarios/diff.ts';
import { ScenarioFault } from '../../scenarios/faults.ts';
import { strategyByHash } from '../../scenarios/load-strategy.ts';
import { replayRun } from '../../scenarios/replay.ts';
import { loaded, plantedStore } from './run-store.ts';

let store: Store;
let remove: () => Promise<void>;
let run: StoredRun;
const workers = 1;

beforeAll(async () => {
  ({ store, remove } = await plantedStore());
  const { scenario, strategy } = await loaded(store, 'demo');
  run = (await runBacktest(store, scenario, strategy, { workers })).run;
});
afterAll(() => remove());

const loadStrategy = ({ manifest }: StoredRun) =>
  strategyByHash(manifest.strategy.name, manifest.strategy.codeHash, store.dataDir);

function numbers(table: Table, name: string): Float64Array | Int32Array {
  const column = table.columns[name]!;
  if (column.type === 'text') throw new TypeError(`${name} is a text`);
  return column.values;
}

const total = (values: Float64Array | Int32Array) =>
  Array.from(values).reduce((sum, value) => sum + value, 0);

describe('a run folder', () => {
  it('adds up: profit of trades and open positions is the change of equity', async () => {
    const { headline } = run.manifest;
    const trades = await run.table('trades');
    const fills = await run.table('fills');
    const { panel } = await openDataset(store, 'planted');
    const closed = total(numbers(trades, 'pnl'));
    const open = openProfit(
      fills,
      trades,
      (symbol, timeMs) => closeAt(panel, panel.symbols.indexOf(symbol), hourAt(panel, timeMs) - 1),
      run,
    );
    const funding = total(numbers(await run.table('funding'), 'cash')) - total(numbers(trades, 'funding'));
    expect(headline.trades).toBeGreaterThan(500);
    expect(headline.openAtEnd).toBeGreaterThan(0);
    expect(closed + open + funding).toBeCloseTo(headline.finalEquity - headline.startEquity, 6);
    expect(headline.fees).toBeCloseTo(total(numbers(fills, 'fee')), 9);
  });

  it('holds every table with its row count and hash, and targets end as fill or refusal', async () => {
    for (const [name, { rows }] of Object.entries(run.manifest.tables)) {
      expect((await run.table(name as 'trades')).rows).toBe(rows);
    }
    const targets = await run.table('targets');
    const outcomes = targets.columns['outcome']!.values as readonly string[];
    const refused = outcomes.filter((outcome) => outcome === 'refused').length;
    expect(refused).toBe(run.manifest.headline.refusals);
    expect(outcomes.length - refused).toBe((await run.table('orders')).rows);
  });

  it('is the same folder, bit for bit, when the same scenario runs again', async () => {
    const { scenario, strategy } = await loaded(store, 'demo');
    const again = (await runBacktest(store, scenario, strategy, { workers: 2 })).run;
    expect(again.manifest).toEqual(run.manifest);
  });

  it('is found by the beginning of its id, and a wrong id names those there are', async () => {
    expect((await readRun(store, run.manifest.runId.slice(0, -2))).manifest.runId).toBe(run.manifest.runId);
    await expect(readRun(store, 'nothing')).rejects.toThrowError(new RegExp(run.manifest.runId));
  });
});

describe('what a scenario cannot have', () => {
  it('a span outside the data is refused, with both faults and the span', async () => {
    const { scenario, strategy } = await loaded(store, 'demo', { from: '2020-01-01', to: '2030-01-01' });
    const refusal = runBacktest(store, scenario, strategy, { workers }).catch((fault: unknown) => fault);
    const fault = await refusal;
    expect(fault).toBeInstanceOf(ScenarioFault);
    expect((fault as ScenarioFault).faults.map(({ path }) => path)).toEqual(['from', 'to']);
    expect((fault as ScenarioFault).message).toMatch(/2024-01-01/);
  });

  it('a column that nobody has is refused, with those there are', async () => {
    const { scenario, strategy } = await loaded(store, 'demo', { set: ['column=tea-leaves'] });
    await expect(runBacktest(store, scenario, strategy, { workers })).rejects.toThrowError(
      /tea-leaves.*score/s,
    );
  });
});

describe('replay', () => {
  it('is equal to the last bit', async () => {
    const replay = await replayRun(store, run.manifest.runId, { loadStrategy, workers });
    expect(replay).toMatchObject({ equal: true, firstDifference: null });
  });

  it.each([
    ['close', 'bars', 70_123],
    ['high', 'bars', 200_001],
    ['score', 'scores', 150_000],
    ['rate', 'funding', 9_000],
  ] as const)('names hour, coin and field of one changed %s', async (column, table, row) => {
    const copy = openStore(`${store.dataDir}-${column}`);
    await cp(store.dataDir, copy.dataDir, { recursive: true });
    const file = join(copy.datasetDir('planted'), `${table}.parquet`);
    const before = await readTable(file);
    const values = Float64Array.from(numbers(before, column));
    values[row] = values[row]! * 1.000001 + 1e-9;
    await writeTable(file, {
      ...before,
      columns: { ...before.columns, [column]: { type: 'double', values } },
    });
    const replay = await replayRun(copy, run.manifest.runId, { loadStrategy, workers });
    expect(replay.equal).toBe(false);
    expect(replay.firstDifference).toMatchObject({
      kind: 'input',
      symbol: before.columns['symbol']!.values[row],
      timeMs: numbers(before, 'ts')[row],
      field: column === 'rate' ? 'funding' : column,
    });
    await rm(copy.dataDir, { recursive: true });
  });
});

describe('replay of what was tampered with', () => {
  it('finds a table that no longer holds what was written', async () => {
    const copy = openStore(`${store.dataDir}-table`);
    await cp(store.dataDir, copy.dataDir, { recursive: true });
    const file = join(copy.runsDir, run.manifest.runId, 'trades.parquet');
    const trades = await readTable(file);
    const pnl = Float64Array.from(numbers(trades, 'pnl'), (value) => value * 3);
    await writeTable(file, {
      ...trades,
      columns: { ...trades.columns, pnl: { type: 'double', values: pnl } },
    });
    const replay = await replayRun(copy, run.manifest.runId, { loadStrategy, workers });
    expect(replay).toMatchObject({ equal: false, firstDifference: { kind: 'result', field: 'trades.pnl' } });
    await rm(copy.dataDir, { recursive: true });
  });

  it('does not believe a cache', async () => {
    const copy = openStore(`${store.dataDir}-cache`);
    await cp(store.dataDir, copy.dataDir, { recursive: true });
    const file = join(copy.datasetDir('planted'), 'cache', 'bars.f64');
    const bytes = await readFile(file);
    for (let at = 8; at < bytes.length / 2; at += 8 * 4) bytes.writeDoubleLE(bytes.readDoubleLE(at) * 3, at);
    await writeFile(file, bytes);
    expect(await replayRun(copy, run.manifest.runId, { loadStrategy, workers })).toMatchObject({
      equal: true,
    });
    await rm(copy.dataDir, { recursive: true });
  });
});

describe('a folder of somebody else among the runs', () => {
  it('is passed over', async () => {
    await mkdir(join(store.runsDir, 'notes'));
    expect((await listRuns(store)).map(({ runId }) => runId)).toContain(run.manifest.runId);
    await rm(join(store.runsDir, 'notes'), { recursive: true });
  });
});

describe('diff of two runs', () => {
  it('names the setting that differs and the first decision that came out otherwise', async () => {
    const { scenario, strategy } = await loaded(store, 'demo', { set: ['stopLossFraction=0.05'] });
    const other = (await runBacktest(store, scenario, strategy, { workers })).run;
    const differences = await diffRuns(run, other);
    const fields = differences.map(({ field }) => field);
    expect(fields).toContain('scenario.config');
    expect(fields.some((field) => field.startsWith('trades'))).toBe(true);
    expect(await diffRuns(run, run)).toEqual([]);
  });
});

describe('what a manifest says', () => {
  it('carries no folder of the machine it was made on', async () => {
    const text = await readFile(join(run.dir, 'manifest.json'), 'utf8');
    expect(text).not.toContain(store.dataDir);
  });
});

/** Unrealised profit and entry fees of what was still open: entries without an exit, at the last mark. */
function openProfit(
  fills: Table,
  trades: Table,
  lastClose: (symbol: string, timeMs: number) => number,
  { manifest }: StoredRun,
): number {
  const closed = new Set(keysOf(trades, 'entry_time'));
  const legs = fills.columns['leg']!.values;
  const keys = keysOf(fills, 'time');
  let profit = 0;
  for (let row = 0; row < fills.rows; row += 1) {
    if (legs[row] !== 'entry' || closed.has(keys[row]!)) continue;
    const [side, quantity, price, fee] = ['side', 'quantity', 'price', 'fee'].map(
      (name) => numbers(fills, name)[row]!,
    );
    const mark = lastClose(String(fills.columns['symbol']!.values[row]), manifest.toMs);
    profit += side! * quantity! * (mark - price!) - fee!;
  }
  return profit;
}

function keysOf(table: Table, time: string): string[] {
  const times = numbers(table, time);
  return Array.from(times, (timeMs, row) => `${timeMs} ${table.columns['symbol']!.values[row]}`);
}
