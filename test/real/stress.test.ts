/** The hour of 10 October 2025, 21:00 UTC, at four leverages and two margin modes, by hourly bars and by bars of 15 minutes. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importDataset } from '../../datasets/import/import.ts';
import { runSql } from '../../datasets/sql.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import type { StressPosition, StressRow } from '../../reports/stress.ts';
import { answerOf, runCommand } from '../cli/run-command.ts';

const shared = process.env['HOURGLASS_SHARED'] ?? '';
const file = (name: string) => join(shared, 'data', name);
const needed = [
  'usdm_1h_2024-10_2025-12.parquet',
  'usdm_15m_2025-10-08_10-14_crash.parquet',
  'exchange/leverage_tiers_2024-10.json.gz',
  'exchange/leverage_tiers_2026-03.json.gz',
  'exchange/fapi_exchangeInfo_mainnet_2026-07-04.json.gz',
].map(file);
const absent = needed.filter((path) => !existsSync(path));
const missing = absent.length === 0 ? '' : ` (skipped: ${absent.join(', ')} absent)`;
const [bars, detail, tiers2024, tiers2026, exchangeInfo] = needed as [string, string, string, string, string];
const quarterMs = 15 * 60_000;
const crashMs = Date.UTC(2025, 9, 10, 21);

let store: Store;

describe.skipIf(missing !== '')(`the crash hour under stress${missing}`, () => {
  let rows: readonly StressRow[];
  let positions: readonly StressPosition[];
  let seconds: number;

  beforeAll(async () => {
    store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-real-')));
    await importDataset(store, {
      name: 'usdm',
      bars: [bars],
      funding: [file('funding_25coins.parquet')],
      mark: [file('mark_1h_25coins.parquet')],
      brackets: [`${tiers2024}@2024-10-01`, `${tiers2026}@2026-03-01`],
      exchangeInfo: [`${exchangeInfo}@2026-07-04`],
      detail: [`15m=${detail}`],
    });
    const before = performance.now();
    const ran = await runCommand([
      '--data-dir',
      store.dataDir,
      '--quiet',
      '--json',
      'stress',
      'crash-october-2025',
    ]);
    seconds = (performance.now() - before) / 1000;
    expect(ran.exitCode, ran.err).toBe(0);
    const answer = answerOf(ran);
    expect(String(answer['at'])).toContain('2025-10-10');
    rows = answer['rows'] as StressRow[];
    positions = answer['positions'] as StressPosition[];
  }, 120_000);
  afterAll(() => rm(store.dataDir, { recursive: true, force: true }));

  it('takes sixteen runs of four months, and its finer bars know every position that was held', () => {
    expect(rows.map(({ leverage, margin }) => `${leverage} ${margin}`)).toHaveLength(8);
    for (const { hourly, detail: fine } of rows) {
      expect(hourly.held).toBeGreaterThan(10);
      expect(hourly.stops + hourly.liquidations).toBeGreaterThan(3);
      expect(fine!.heldWithDetail).toBe(fine!.held);
    }
    expect(seconds).toBeLessThan(60);
  });

  it('stops each position in the first quarter of an hour whose bar reaches its level, and fills inside that bar', async () => {
    const stopped = positions.filter(({ detail: end }) => end?.outcome === 'stop');
    expect(stopped.length).toBeGreaterThan(20);
    const symbols = [...new Set(stopped.map(({ symbol }) => `'${symbol}'`))].join(', ');
    const { rows: quarters } = await runSql(
      store,
      `SELECT symbol, ts AS opens, open, high, low FROM usdm_detail_15m
       WHERE symbol IN (${symbols}) AND ts BETWEEN ${crashMs} AND ${crashMs + 3 * quarterMs} ORDER BY ts`,
    );
    for (const { symbol, side, detail: end } of stopped) {
      const own = quarters.filter((bar) => bar['symbol'] === symbol);
      const first = own.find((bar) =>
        side === 1 ? Number(bar['low']) <= end!.level! : Number(bar['high']) >= end!.level!,
      )!;
      expect(Number(first['opens']), symbol).toBe(end!.timeMs);
      // Slippage of 2 bps on top of the level, or of the open beyond it.
      const opened = Number(first['open']);
      const raw = side === 1 ? Math.min(opened, end!.level!) : Math.max(opened, end!.level!);
      expect(end!.price! / (raw * (1 - side * 0.0002)), symbol).toBeCloseTo(1, 9);
      expect(end!.worst).toBe(Number(side === 1 ? first['low'] : first['high']));
    }
  });

  it('loses less at the worst price of the quarter than at that of the whole hour', () => {
    const { hourly, detail: fine } = rows[0]!;
    expect(fine!.hourReturnAtWorst).toBeGreaterThan(hourly.hourReturnAtWorst!);
    expect(fine!.hourReturnAtWorst).toBeLessThan(fine!.hourReturn!);
  });
});
