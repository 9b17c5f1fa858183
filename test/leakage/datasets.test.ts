/** Datasets on disk, through the command: a planted market is clean with all its faults, and one that was made wrong is named. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRows, copyToParquet, sqlFile, withDuck } from '../../datasets/duck.ts';
import { openDataset } from '../../datasets/open.ts';
import { defaultSwitches } from '../../datasets/planted/settings.ts';
import { synthMarket } from '../../datasets/planted/synth.ts';
import { publishDataset } from '../../datasets/publish.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import type { Leak } from '../../engine/columns/audit/findings.ts';
import { answerOf, runCommand } from '../cli/run-command.ts';

let dir: string;
let store: Store;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hourglass-wrong-'));
  store = openStore(join(dir, 'store'));
  const settings = { seed: 4, coins: 40, days: 45, switches: { ...defaultSwitches, faults: true } };
  await synthMarket(store, { name: 'planted', settings, title: 'audit', workers: 0 });
  const set = "export default { name: 'records', features: ['fear_greed', 'news_cnt_24h', 'low_cap_flag'] };";
  await writeFile(join(dir, 'set.ts'), set);
}, 60_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

/** `{bars}` and the like stand for tables of the planted dataset. */
function overTables(query: string): string {
  const from = store.datasetDir('planted');
  return query.replaceAll(
    /\{(\w+)\}/g,
    (_, table: string) => `read_parquet(${sqlFile(join(from, `${table}.parquet`))})`,
  );
}

/** The planted dataset with one table made anew. */
async function remade(name: string, table: string, query: string): Promise<void> {
  const { manifest } = await openDataset(store, 'planted');
  const from = store.datasetDir('planted');
  await publishDataset(store, name, async (to) => {
    for (const { file } of Object.values(manifest.tables)) await copyFile(join(from, file), join(to, file));
    await withDuck((duck) => copyToParquet(duck, overTables(query), join(to, `${table}.parquet`)));
    return { sources: [`planted, ${table} made anew`] };
  });
}

async function rowOf(query: string): Promise<Record<string, unknown>> {
  return (await withDuck((duck) => allRows(duck, overTables(query))))[0]!;
}

async function audited(dataset: string): Promise<{ exitCode: number; err: string; leaks: readonly Leak[] }> {
  const options = [
    '--times',
    '2',
    '--replay-hours',
    '2',
    '--workers',
    '1',
    '--no-report',
    '--json',
    '--quiet',
  ];
  const command = ['--data-dir', store.dataDir, 'columns', 'audit', dataset, '--set', join(dir, 'set.ts')];
  const ran = await runCommand([...command, ...options]);
  return { exitCode: ran.exitCode, err: ran.err, leaks: (answerOf(ran) as { leaks: Leak[] }).leaks };
}

describe('columns audit of a planted dataset', () => {
  it('is clean, with revised bars and with articles that arrive before they are published', async () => {
    const early = await rowOf('SELECT count(*) AS n FROM {news} WHERE ingested_ms < published_ms');
    expect(Number(early['n'])).toBeGreaterThan(0);
    expect(Number((await rowOf('SELECT count(*) AS n FROM {revisions}'))['n'])).toBeGreaterThan(0);
    expect(await audited('planted')).toEqual({ exitCode: 0, err: '', leaks: [] });
  }, 60_000);

  it('names bars that read as they were revised later', async () => {
    await remade(
      'revised',
      'bars',
      `SELECT b.ts, b.symbol, coalesce(r.open, b.open) AS open, coalesce(r.high, b.high) AS high,
         coalesce(r.low, b.low) AS low, coalesce(r.close, b.close) AS close, coalesce(r.volume, b.volume) AS volume,
         coalesce(r.quote_volume, b.quote_volume) AS quote_volume, b.trades
       FROM {bars} b LEFT JOIN {revisions} r USING (symbol, ts) ORDER BY b.symbol, b.ts`,
    );
    const first = await rowOf(
      'SELECT symbol, min(ts) AS ts FROM {revisions} GROUP BY symbol ORDER BY ts LIMIT 1',
    );
    const { exitCode, leaks } = await audited('revised');
    expect(exitCode).toBe(1);
    expect(new Set(leaks.map(({ subject }) => subject))).toEqual(new Set(['bars join']));
    expect(leaks[0]).toMatchObject({
      ...{ detector: 'Dg', hint: 'revised bars', symbol: first['symbol'] },
      timeMs: Number(first['ts']) + 3_600_000,
    });
  }, 60_000);

  it('names them where a repair put them in, and left no row of them', async () => {
    const repair = ['data', 'repair', 'planted', '--rule', 'take-revisions', '--as', 'taken', '--quiet'];
    const repaired = await runCommand(['--data-dir', store.dataDir, ...repair]);
    expect(repaired.exitCode, repaired.err).toBe(0);
    const { exitCode, leaks } = await audited('taken');
    expect(exitCode).toBe(1);
    expect(new Set(leaks.map(({ subject, hint }) => `${subject}: ${hint}`))).toEqual(
      new Set(['bars join: revised bars']),
    );
    expect(leaks[0]!.message).toContain('by the repair take-revisions');
  }, 60_000);

  it('names a Fear & Greed that is dated by its day', async () => {
    await remade(
      'dated',
      'fear_greed',
      'SELECT day_ms, day_ms AS published_ms, day_ms AS ingested_ms, value FROM {fear_greed} ORDER BY day_ms',
    );
    const { exitCode, leaks } = await audited('dated');
    expect(exitCode).toBe(1);
    expect(leaks.map(({ subject, hint }) => [subject, hint])).toEqual([
      ['fearGreed rows', 'a day joined on its date'],
    ]);
  }, 60_000);

  it("names a capitalisation that is the last day's on all days", async () => {
    await remade(
      'capped',
      'market_cap',
      `SELECT symbol, published_ms, ingested_ms, last_value(value) OVER (PARTITION BY symbol ORDER BY published_ms
         ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS value
       FROM {market_cap} ORDER BY symbol, published_ms`,
    );
    const { exitCode, leaks } = await audited('capped');
    expect(exitCode).toBe(1);
    expect(leaks.map(({ detector, subject }) => [detector, subject])).toEqual([['Df', 'marketCap rows']]);
  }, 60_000);
});
