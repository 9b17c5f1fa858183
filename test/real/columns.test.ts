/** A feature set over the real panel: what is missing there is named, and a build goes through once it is allowed. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importDataset } from '../../datasets/import/import.ts';
import { runSql } from '../../datasets/sql.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { buildColumns } from '../../scenarios/columns/build.ts';

const folder = join(process.env['HOURGLASS_SHARED'] ?? '', 'data');
const file = (name: string) => join(folder, name);
const needed = [
  'usdm_1h_2024-10_2025-12.parquet',
  'exchange/fapi_exchangeInfo_mainnet_2026-07-04.json.gz',
  'sentiment/news_2025-03_2025-12.jsonl.gz',
  'sentiment/fear_greed_2018-02_2025-12.csv',
];
const absent = needed.filter((name) => !existsSync(file(name)));
const reason = absent.length === 0 ? '' : ` (absent: ${absent.join(', ')})`;

describe.skipIf(absent.length > 0)(`columns over the real panel${reason}`, () => {
  let dir: string;
  let store: Store;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hourglass-real-columns-'));
    store = openStore(dir);
    await importDataset(store, {
      name: 'usdm',
      bars: [file('usdm_1h_2024-10_2025-12.parquet')],
      exchangeInfo: [file('exchange/fapi_exchangeInfo_mainnet_2026-07-04.json.gz')],
      news: [file('sentiment/news_2025-03_2025-12.jsonl.gz')],
      fearGreed: [file('sentiment/fear_greed_2018-02_2025-12.csv')],
    });
  }, 240_000);

  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('without quote volume, what takes it stops the build; made up, it does not, and the manifest says so', async () => {
    const set = 's2';
    const bare = await buildColumns(store, { dataset: 'usdm', set });
    expect(bare.dir).toBeNull();
    const stopping = ({ report }: typeof bare) =>
      new Set(report.findings.filter(({ allowed }) => allowed === null).map(({ column }) => column));
    // Seven in ten bars have no quote volume.
    const liquidity = [
      'qv_24h_log',
      'qv_7d_log',
      'qv_ratio_24h_7d',
      'vol_z_30d',
      'amihud_7d',
      'vwap_dist_24h',
    ];
    for (const column of liquidity) expect(stopping(bare)).toContain(column);

    const made = await buildColumns(store, { dataset: 'usdm', set, approximateQuoteVolume: true });
    for (const column of liquidity) expect(stopping(made)).not.toContain(column);
    expect(made.manifest.approximations).toEqual([
      'quote_volume: volume times close in 2913590 of 4199922 bars, which have no quote volume',
    ]);
    // No news before March 2025, in April, and after 3 December.
    expect(stopping(made)).toContain('news_cnt_24h');
    expect(stopping(made)).toContain('news_cnt_7d');
    const allowed = [...stopping(made)].map((column) => ({ column, reason: 'known gap' }));
    const stored = await buildColumns(store, { dataset: 'usdm', set, approximateQuoteVolume: true, allowed });
    expect(stored.dir).not.toBeNull();
    expect(stored.manifest.hash).toBe(made.manifest.hash);
    expect(stored.manifest.pending).toHaveLength(12);
    const shares = stored.manifest.columns.filter(({ fillShare }) => (fillShare ?? 1) < 0.95);
    expect(shares.map(({ name }) => name)).toEqual(['news_cnt_24h', 'news_cnt_7d']);
  });

  it('the universe of an hour is what could be chosen then', async () => {
    const at = async (time: string) => {
      const ts = Date.parse(time);
      return (await runSql(store, `SELECT * EXCLUDE (ts, feature_set) FROM usdm_universe WHERE ts = ${ts}`))
        .rows[0]!;
    };
    // 540 of 720 hours: nothing in the first three weeks.
    expect(await at('2024-11-10T00:00Z')).toMatchObject({ eligible: 0 });
    // The index, the stablecoin, gold and Bitcoin itself are told apart while they have bars.
    const autumn = await at('2025-10-20T00:00Z');
    expect(autumn).toMatchObject({ benchmark: 1, stablecoin: 1, wrapped: 0 });
    expect(Number(autumn['non_crypto'])).toBeGreaterThanOrEqual(2);
    expect(Number(autumn['eligible'])).toBeGreaterThan(450);
    const counts = Object.values(autumn).reduce((sum: number, count) => sum + Number(count), 0);
    expect(counts).toBe(556);
  });

  it('one regime a day, told by the version that was valid then', async () => {
    const { rows } = await runSql(
      store,
      `SELECT count(*) AS days, count(DISTINCT valid_from_ms) AS versions, min(day_ms - trained_to_ms) AS youngest
       FROM ML_REGIME`,
    );
    expect(Number(rows[0]!['days'])).toBeGreaterThan(330);
    expect(Number(rows[0]!['versions'])).toBeGreaterThan(45);
    expect(Number(rows[0]!['youngest'])).toBeGreaterThan(0);
  });
});
