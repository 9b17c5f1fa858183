/** A feature set over the real panel: what is missing there is named, and a build goes through once it is allowed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importDataset } from '../../datasets/import/import.ts';
import { openDataset } from '../../datasets/open.ts';
import { runSql } from '../../datasets/sql.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { computeBlocks, type FeatureBlock } from '../../engine/columns/blocks.ts';
import { columnsAt, computeColumns } from '../../engine/columns/compute.ts';
import type { ColumnInputs } from '../../engine/columns/features/inputs.ts';
import { featureSets } from '../../engine/columns/features/sets.ts';
import { fitMarketRegimes } from '../../engine/columns/regime/market-regimes.ts';
import { symbolLanes } from '../../engine/panel/fingerprint.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import type { Rows } from '../../engine/panel/rows.ts';
import { WorkerPool } from '../../engine/signal/pool.ts';
import { buildColumns } from '../../scenarios/columns/build.ts';
import { firstDifference } from '../engine/columns/kernels/series.ts';
import { absence, columnsFiles, columnsRequest } from './market-files.ts';

const { absent, reason } = absence(columnsFiles);

/** Sets s1 and s2, but for what models and classifiers fill. */
const columns = [...new Set([...featureSets.get('s1')!.features, ...featureSets.get('s2')!.features])].filter(
  ({ scope, needs }) => scope !== 'stored' && !needs.includes('news-classes'),
);
const names = columns.map(({ name }) => name);

describe.skipIf(absent.length > 0)(`columns over the real panel${reason}`, () => {
  let dir: string;
  let store: Store;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hourglass-real-columns-'));
    store = openStore(dir);
    await importDataset(store, columnsRequest('usdm'));
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
    expect(made.manifest.approximations).toEqual([
      'quote_volume: volume times close in 2913590 of 4199922 bars, which have no quote volume',
    ]);
    // No news before March 2025, in April, and after 3 December.
    const counts = ['news_cnt_24h', 'news_cnt_7d'];
    expect([...stopping(made)].sort()).toEqual(counts);
    const allowed = counts.map((column) => ({ column, reason: 'the archive of articles has a gap' }));
    const stored = await buildColumns(store, { dataset: 'usdm', set, approximateQuoteVolume: true, allowed });
    expect(stored.dir).not.toBeNull();
    expect(stored.manifest.hash).toBe(made.manifest.hash);
    expect(stored.manifest.pending).toHaveLength(12);
    const shares = stored.manifest.columns.filter(({ fillShare }) => (fillShare ?? 1) < 0.95);
    expect(shares.map(({ name }) => name)).toEqual(counts);
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

  describe('every column of s1 and s2, all coins, four days around the crash of October 2025', () => {
    let inputs: ColumnInputs;
    let lanes: Int32Array;
    let from: number;
    let to: number;
    let whole: readonly Rows[];

    beforeAll(async () => {
      const dataset = await openDataset(store, 'usdm', { volumes: true });
      const { unknown: _, ...records } = await dataset.records();
      const bare: ColumnInputs = {
        ...{ panel: dataset.panel, records, regimes: [] },
        ...{ approximateQuoteVolume: true, dailyVolumeMin: 1e6 },
      };
      inputs = { ...bare, regimes: fitMarketRegimes(bare, { restarts: 2 }) };
      lanes = symbolLanes(dataset.panel.symbols);
      from = (Date.UTC(2025, 9, 8, 12) - dataset.panel.startMs) / hourMs;
      to = from + 96;
      whole = await computeColumns(inputs, names, { fromHour: from, toHour: to });
    }, 240_000);

    /** Names of the columns that differ from the whole, in a value or in a row hash, `rows` beginning at that panel hour. */
    function others(rows: readonly Rows[], hour: number): string[] {
      return rows
        .filter((column, at) => {
          const { coins, hours } = column;
          const skipped = hour - from;
          const { values, rowHash } = whole[at]!;
          const expected = values.subarray(skipped * coins, (skipped + hours) * coins);
          const hashes = rowHash.subarray(skipped * 2, (skipped + hours) * 2);
          return (
            firstDifference(column.values, expected) >= 0 || firstDifference(column.rowHash, hashes) >= 0
          );
        })
        .map(({ name }) => name);
    }

    async function othersInBlocks(pool: WorkerPool | null, blockCoins: number): Promise<readonly string[]> {
      const blocks = await computeBlocks<{ readonly block: Omit<FeatureBlock, 'inputs'> }>(inputs, names, {
        ...(pool === null ? {} : { pool }),
        ...{ blockCoins, fromHour: from, toHour: to },
        consumer: {
          module: new URL('../engine/columns/user-features.mjs', import.meta.url).href,
          functionName: 'copyOf',
        },
      });
      const wrong = new Set<string>();
      const coins = inputs.panel.symbols.length;
      let seen = 0;
      for (const { block } of blocks) {
        for (const [at, value] of block.values.entries()) {
          const place = at % names.length;
          const row = (at - place) / names.length;
          const coin = block.fromCoin + Math.floor(row / (to - from));
          const cell = (row % (to - from)) * coins + coin;
          if (!Object.is(value, Math.fround(whole[place]!.values[cell]!))) wrong.add(names[place]!);
          seen += 1;
        }
      }
      expect(seen).toBe(coins * (to - from) * names.length);
      return [...wrong];
    }

    it('has values', () => {
      expect(inputs.panel.symbols).toHaveLength(556);
      // 83 of s2 and 79 of s3; both hold the two of the weekday.
      expect(names).toHaveLength(160);
      expect(whole.filter(({ values }) => values.every(Number.isNaN)).map(({ name }) => name)).toEqual([]);
    });

    it('has the same bits in two parts, and hour by hour', async () => {
      const cut = from + 41;
      for (const [fromHour, toHour] of [
        [from, cut],
        [cut, to],
      ] as const) {
        const part = await computeColumns(inputs, names, { fromHour, toHour, blockCoins: 5 });
        expect(others(part, fromHour)).toEqual([]);
      }
      for (const hour of [from, cut, to - 1])
        expect(others(columnsAt(inputs, names, lanes, hour), hour)).toEqual([]);
      expect(await othersInBlocks(null, 9)).toEqual([]);
    });

    it.each([1, 2, 8])('has the same bits for %i workers, as columns and as blocks', async (workers) => {
      const pool = new WorkerPool(workers);
      try {
        const rows = await computeColumns(inputs, names, {
          pool,
          fromHour: from,
          toHour: to,
          blockCoins: 24,
        });
        expect(others(rows, from)).toEqual([]);
        expect(await othersInBlocks(pool, 8)).toEqual([]);
      } finally {
        await pool.close();
      }
    });
  });
});
