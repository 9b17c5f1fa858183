import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeTable } from '../../datasets/duck.ts';
import { importDataset } from '../../datasets/import/import.ts';
import { runSql } from '../../datasets/sql.ts';
import type { Store } from '../../datasets/store.ts';
import { faultOf, freshStore, startMs, tinyRows, writeBars } from './tiny-market.ts';

async function filledStore(): Promise<Store & { files: string }> {
  const store = await freshStore();
  const rows = tinyRows([
    { symbol: '4', firstHour: 0, bars: 3 },
    { symbol: '币安人生USDT', firstHour: 1, bars: 2 },
  ]);
  await importDataset(store, {
    name: 'my-set.v2',
    bars: [await writeBars(join(store.files, 'a.parquet'), rows)],
  });
  for (const [run, kind, pnl] of [
    ['run-1', 'backtest', 5],
    ['run-2', 'backtest', -2],
    ['run-3', 'paper', 900],
    ['run-4', 'live', 900],
  ] as const) {
    await mkdir(join(store.runsDir, run), { recursive: true });
    await writeFile(join(store.runsDir, run, 'manifest.json'), JSON.stringify({ kind }));
    await writeTable(join(store.runsDir, run, 'trades.parquet'), {
      rows: 1,
      columns: {
        symbol: { type: 'text', values: ['4'] },
        pnl: { type: 'double', values: Float64Array.of(pnl) },
      },
    });
  }
  await mkdir(join(store.runsDir, 'broken'), { recursive: true });
  await writeFile(join(store.runsDir, 'broken', 'manifest.json'), '{');
  await mkdir(join(store.runsDir, 'unfinished'), { recursive: true });
  await writeFile(join(store.runsDir, 'unfinished', 'trades.parquet'), 'half');
  return store;
}

describe('SQL over the store', () => {
  it('sees every table of a dataset, under its own and under a plain name', async () => {
    const store = await filledStore();
    const expected = {
      columns: ['symbol', 'bars', 'first'],
      rows: [
        { symbol: '4', bars: 3, first: startMs },
        { symbol: '币安人生USDT', bars: 2, first: startMs + 3_600_000 },
      ],
    };
    const query = (view: string) =>
      `SELECT symbol, count(*) AS bars, min(ts) AS first FROM ${view} GROUP BY symbol ORDER BY symbol`;
    expect(await runSql(store, query('my_set_v2_bars'))).toEqual(expected);
    expect(await runSql(store, query('"my-set.v2_bars"'))).toEqual(expected);
  });

  it('A31: sees all finished backtests side by side, and neither paper nor live trades among them', async () => {
    const store = await filledStore();
    const answer = await runSql(store, 'SELECT run_id, pnl FROM run_trades ORDER BY run_id');
    expect(answer.rows).toEqual([
      { run_id: 'run-1', pnl: 5 },
      { run_id: 'run-2', pnl: -2 },
    ]);
  });

  it.each([
    'DESCRIBE my_set_v2_bars',
    'SHOW TABLES',
    'WITH a AS (SELECT 1 AS x) SELECT x FROM a',
    'EXPLAIN SELECT 1',
    "-- why\nSELECT 'drop' AS word",
    'FROM my_set_v2_bars LIMIT 1',
  ])('takes %s', async (query) => {
    expect((await runSql(await filledStore(), query)).rows.length).toBeGreaterThan(0);
  });

  it.each([
    'DROP VIEW my_set_v2_bars',
    'CREATE TABLE x AS SELECT 1',
    "COPY (SELECT 1) TO 'x.csv'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO 'x.csv'",
    'SELECT 1; SELECT 2',
    "SELECT * FROM read_csv('/etc/hostname')",
    'SET threads = 1',
    'SELEC 1',
    'SELECT * FROM nothing',
    '',
  ])('refuses %j', async (query) => {
    expect((await faultOf(runSql(await filledStore(), query))).code).toBe('query-refused');
  });

  it('works on a store that holds nothing yet', async () => {
    expect((await runSql(await freshStore(), 'SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});
