/** Whole builds over a small planted market, with workers, from the command line to stored tables. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listColumnSets, readColumnSet } from '../../../datasets/columns/column-set.ts';
import { knownRegimeVersions } from '../../../datasets/columns/regime-versions.ts';
import type { Dataset } from '../../../datasets/dataset.ts';
import { importDataset } from '../../../datasets/import/import.ts';
import { openDataset } from '../../../datasets/open.ts';
import { defaultSwitches } from '../../../datasets/planted/settings.ts';
import { synthMarket } from '../../../datasets/planted/synth.ts';
import { runSql } from '../../../datasets/sql.ts';
import { openStore, type Store } from '../../../datasets/store.ts';
import { computeColumns } from '../../../engine/columns/compute.ts';
import type { ColumnInputs } from '../../../engine/columns/features/inputs.ts';
import { fitMarketRegimes } from '../../../engine/columns/regime/market-regimes.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { answerOf, type Ran, runCommand } from '../../cli/run-command.ts';
import { tinyRows, writeBars } from '../../datasets/tiny-market.ts';

let folder: string;
let store: Store;
let dataset: Dataset;

const settings = { seed: 7, coins: 34, days: 105, switches: defaultSwitches };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hourglass-columns-'));
  store = openStore(folder);
  await synthMarket(store, { name: 'small', settings, title: 'for a test' });
  dataset = await openDataset(store, 'small', { volumes: true });
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function build(...args: readonly string[]): Promise<Ran> {
  const command = ['--data-dir', folder, '--json', '--quiet', 'columns', 'build', 'small', '--no-report'];
  return await runCommand([...command, ...args]);
}

async function columnInputs(): Promise<ColumnInputs> {
  const { unknown: _, ...records } = await dataset.records();
  return { panel: dataset.panel, records, regimes: [], approximateQuoteVolume: false, dailyVolumeMin: 0 };
}

interface Answer {
  readonly hash: string;
  readonly rows: number;
  readonly columns: number;
  readonly fill: readonly {
    readonly column: string;
    readonly rows: number;
    readonly fillShare: number | null;
  }[];
  readonly findings: readonly {
    readonly column: string;
    readonly rule: string;
    readonly allowed: string | null;
  }[];
  readonly pending: readonly { readonly column: string }[];
  readonly universe: { readonly min: number; readonly median: number; readonly max: number };
  readonly dir: string | null;
}
const told = (ran: Ran) => answerOf(ran) as unknown as Answer;

const ownSet = `
import { defineFeature, type FeatureSet } from 'hourglass';
const range = defineFeature({
  name: 'range_1h', group: 'own', scope: 'coin', needs: [], formula: 'h(t) / l(t) - 1', unit: 'fraction',
  lookbackHours: 1, warmupHours: 0,
  compute: (coin, from, to, out) => { for (let i = from; i < to; i += 1) out[i] = coin.high[i] / coin.low[i] - 1; },
});
export default { name: 'mine', features: ['btc_momentum_24h', 'beta_30d', range, 'xs_rank_rv_7d'] };
`;

async function setFile(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe("building a set of one's own", () => {
  it('stores the very values of its features, cast once, for every bar', async () => {
    const ran = await build('--set', await setFile('my-set.ts', ownSet), '--export', '--workers', '2');
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    const { columns, rows, fill, universe } = told(ran);
    expect({ columns, rows }).toEqual({ columns: 4, rows: dataset.manifest.rows });
    expect(fill.map(({ fillShare }) => fillShare)).toEqual([1, 1, 1, 1]);
    expect(universe.min).toBeGreaterThan(0);
    expect(universe.max).toBeLessThan(settings.coins);

    const inputs = await columnInputs();
    const names = ['btc_momentum_24h', 'beta_30d', 'xs_rank_rv_7d'];
    const computed = await computeColumns(inputs, names);
    const stored = await runSql(store, 'SELECT * FROM small_mine ORDER BY symbol, ts');
    expect(stored.columns).toEqual([
      'ts',
      'symbol',
      'btc_momentum_24h',
      'beta_30d',
      'range_1h',
      'xs_rank_rv_7d',
    ]);
    expect(stored.rows).toHaveLength(dataset.manifest.rows);
    const { symbols, startMs, bars, hours } = dataset.panel;
    const coinOf = new Map(symbols.map((symbol, coin) => [symbol, coin]));
    let differences = 0;
    for (const row of stored.rows) {
      const coin = coinOf.get(String(row['symbol']))!;
      const hour = (Number(row['ts']) - startMs) / hourMs;
      const at = (coin * hours + hour) * 4;
      const wanted = [
        ...computed.map(({ values }) => values[hour * symbols.length + coin]!),
        bars[at + 1]! / bars[at + 2]! - 1,
      ];
      for (const [index, name] of [...names, 'range_1h'].entries()) {
        const value = row[name] === null ? Number.NaN : Number(row[name]);
        if (!Object.is(value, Math.fround(wanted[index]!) + 0)) differences += 1;
      }
    }
    expect(differences).toBe(0);
  });

  it('the hash names the values: the same for any number of workers, another for another feature', async () => {
    // The first build had two workers.
    const { manifest } = await readColumnSet(store, 'small', 'mine');
    const path = await setFile('my-set.ts', ownSet);
    expect(told(await build('--set', path, '--workers', '1')).hash).toBe(manifest.hash);
    const other = await setFile('my-set.ts', ownSet.replace('/ coin.low[i] - 1', '/ coin.low[i] - 1.5'));
    expect(told(await build('--set', other)).hash).not.toBe(manifest.hash);
  });

  it('tells everything that is wrong with the file', async () => {
    const path = await setFile(
      'bad-set.ts',
      "export default { name: 's2', features: ['nothing', { name: 'x' }, 'beta_30d', 'beta_30d'] };",
    );
    const ran = await build('--set', path);
    expect(ran.exitCode).toBe(2);
    expect(
      (answerOf(ran)['faults'] as { path: string }[]).map((fault) => fault.path.replace(`${path}, `, '')),
    ).toEqual(['name', 'features[0]', 'features[1]', 'features[3]']);
  });
});

describe('building a set that asks for more than there is', () => {
  const oddSet = `
import { defineFeature } from 'hourglass';
const facts = { group: 'own', scope: 'coin', needs: [], unit: 'number', lookbackHours: 1, warmupHours: 0 };
const empty = defineFeature({ ...facts, name: 'empty', formula: 'nothing', compute: () => undefined });
const one = defineFeature({ ...facts, name: 'one', formula: '1', compute: (_, from, to, out) => void out.fill(1, from, to) });
export default { name: 'odd', features: ['beta_30d', empty, one, 'lstm_prob_buy'] };
`;

  it('what is not as it should be stops the build, column by column, until it is allowed by name', async () => {
    const path = await setFile('odd-set.ts', oddSet);
    const ran = await build('--set', path);
    expect(ran.exitCode).toBe(1);
    const { findings, dir, pending, columns } = told(ran);
    expect(findings.map(({ column, rule }) => `${column} ${rule}`)).toEqual(['empty dead', 'one constant']);
    expect(pending).toEqual([{ column: 'lstm_prob_buy', needs: ['stored'] }]);
    expect(columns).toBe(3);
    expect(dir).toBeNull();
    expect((await readdir(join(store.columnsDir, 'small'))).filter((name) => name.startsWith('odd'))).toEqual(
      [],
    );

    const some = await build('--set', path, '--allow-unfilled', 'empty=its source is down');
    expect(some.exitCode).toBe(1);
    const all = await build('--set', path, '--allow-unfilled', 'empty=its source is down', 'one=a constant');
    expect(all.exitCode).toBe(0);
    const { manifest, stale } = await readColumnSet(store, 'small', 'odd');
    expect(stale).toBe(false);
    expect(manifest.allowed).toEqual([
      { column: 'empty', reason: 'its source is down' },
      { column: 'one', reason: 'a constant' },
    ]);
    expect(manifest.columns.find(({ name }) => name === 'empty')).toMatchObject({ filled: 0, fillShare: 0 });
  });
});

describe('building regimes', () => {
  const regimeSet =
    "export default { name: 'regimes', features: ['p_risk_on', 'p_risk_off', 'p_choppy', 'p_breakout'] };";

  it('keeps them with the versions they were told by, and takes those up again', async () => {
    const path = await setFile('regime-set.ts', regimeSet);
    const odd = ['p_risk_on', 'p_risk_off', 'p_choppy', 'p_breakout'].map((name) => `${name}=few days`);
    const ran = await build('--set', path, '--allow-unfilled', ...odd);
    expect(ran.exitCode).toBe(0);
    const versions = await knownRegimeVersions(store, dataset);
    expect(versions).toEqual(fitMarketRegimes(await columnInputs()));
    expect(versions!.length).toBeGreaterThan(0);
    const { rows } = await runSql(store, "SELECT * FROM ML_REGIME WHERE dataset = 'small'");
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const shares = ['p_risk_on', 'p_risk_off', 'p_choppy', 'p_breakout'].map((name) => Number(row[name]));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      expect(Number(row['valid_from_ms'])).toBeLessThanOrEqual(Number(row['day_ms']));
      const names = ['Risk-On', 'Risk-Off', 'Choppy', 'Breakout'];
      expect(row['state']).toBe(names[shares.indexOf(Math.max(...shares))]);
    }
    // The second build takes the stored versions: its values are those of the first.
    expect(told(await build('--set', path, '--allow-unfilled', ...odd)).hash).toBe(told(ran).hash);
  });
});

describe('the tables beside a set', () => {
  it('counts every coin at every hour, and every row of every day', async () => {
    const { rows } = await runSql(
      store,
      "SELECT * FROM small_universe WHERE feature_set = 'mine' ORDER BY ts",
    );
    expect(rows).toHaveLength(dataset.panel.hours);
    for (const { feature_set: _, ts: __, ...counts } of rows)
      expect(Object.values(counts).reduce((sum: number, count) => sum + Number(count), 0)).toBe(
        dataset.panel.symbols.length,
      );
    const sums = await runSql(
      store,
      `SELECT (SELECT sum(eligible_rows) FROM small_fill WHERE feature_set = 'mine' AND "column" = 'range_1h') AS counted,
        (SELECT sum(eligible) FROM small_universe WHERE feature_set = 'mine') AS eligible`,
    );
    expect(sums.rows[0]!['counted']).toBe(sums.rows[0]!['eligible']);
  });
});

describe('when the dataset changes', () => {
  it('sets built over the former one are stale, and their views are gone', async () => {
    expect((await listColumnSets(store, 'small')).map(({ stale }) => stale)).toContain(false);
    const bars = await writeBars(
      join(folder, 'bars.parquet'),
      tinyRows([{ symbol: 'BTCUSDT', firstHour: 0, bars: 3 }]),
    );
    await importDataset(store, { name: 'small', bars: [bars] });
    const sets = await listColumnSets(store, 'small');
    expect(sets.length).toBeGreaterThan(0);
    expect(sets.every(({ stale }) => stale)).toBe(true);
    const refused = await runCommand(['--data-dir', folder, 'data', 'sql', 'SELECT * FROM small_mine']);
    expect(refused.exitCode).toBe(2);
  });
});

describe('given wrong options', () => {
  it.each([
    ['a set there is none of', ['--set', 's9'], '--set'],
    ['a column the set has not', ['--set', 's3', '--allow-unfilled', 'nothing=why'], '--allow-unfilled'],
    ['no reason', ['--set', 's3', '--allow-unfilled', 'rsi_14'], '--allow-unfilled'],
    ['an input that is never made up', ['--set', 's3', '--approximate', 'close'], 'command line'],
    ['a file that is not there', ['--set', './absent-set.ts'], ''],
  ])('%s: exit code 2', async (_, args, path) => {
    const ran = await build(...args);
    expect(ran.exitCode).toBe(2);
    if (path !== '') expect(answerOf(ran)['faults']).toMatchObject([{ path }]);
  });
});
