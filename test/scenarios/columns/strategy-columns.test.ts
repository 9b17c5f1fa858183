/** A strategy names features among its columns: of bars, of volumes, of records, of the regime, and the universe itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSwitches } from '../../../datasets/planted/settings.ts';
import { synthMarket } from '../../../datasets/planted/synth.ts';
import { openStore, type Store } from '../../../datasets/store.ts';
import { runCommand } from '../../cli/run-command.ts';

const strategy = `
import { defineStrategy } from 'hourglass';
const columns = ['eligible', 'res_ret_24h', 'xs_rank_res_ret_24h', 'qv_24h_log', 'news_cnt_24h', 'fear_greed', 'p_risk_off', '1h_rsi_14'];
export default defineStrategy({
  name: 'reads-features',
  config: {},
  columns: () => columns,
  schedule: () => ({ kind: 'daily', at: '12:00', timeZone: 'UTC' }),
  limits: () => ({ slotsMax: 6 }),
  decide: (slice, account) => {
    const [eligible, move, rank, turnover, news, greed, riskOff, rsi] = columns.map((name) => slice.column(name));
    return slice.symbols.flatMap((_, coin) => {
      const known = [move, turnover, news, greed, riskOff, rsi].every((column) => Number.isFinite(column[coin]));
      if (eligible[coin] !== 1 || !known || !(rank[coin] > 0.9)) return [];
      return [{ coin, side: 1, notional: account.equity / 10, score: riskOff[coin], holdHoursMax: 24 }];
    });
  },
});`;

describe('a strategy that reads features', () => {
  let dataDir: string;
  let store: Store;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'hourglass-features-'));
    store = openStore(dataDir);
    const settings = { seed: 5, coins: 30, days: 120, switches: defaultSwitches };
    await synthMarket(store, { name: 'planted', settings, title: 'for a test' });
    await writeFile(join(dataDir, 'own.ts'), strategy);
    const scenario = {
      name: 'own',
      strategy: './own.ts',
      dataset: 'planted',
      capital: { usdm: 100_000 },
      costs: 'binance-vip0',
      universe: { dailyVolumeMin: 1e5 },
    };
    await writeFile(join(dataDir, 'own.json'), JSON.stringify(scenario));
  }, 120_000);

  afterAll(async () => await rm(dataDir, { recursive: true }));

  const run = async (...args: string[]) => {
    const ran = await runCommand(['--data-dir', dataDir, '--json', '--quiet', ...args]);
    return { ...ran, answer: JSON.parse(ran.out) as Record<string, unknown> };
  };

  it('runs, replays to the same bits, and trades eligible coins alone', async () => {
    const first = await run('backtest', join(dataDir, 'own.json'), '--no-report');
    expect({ exit: first.exitCode, err: first.exitCode === 0 ? '' : first.err }).toEqual({
      exit: 0,
      err: '',
    });
    expect(Number(first.answer['trades'])).toBeGreaterThan(20);
    const replayed = await run('replay', String(first.answer['runId']));
    expect(replayed.answer).toMatchObject({ equal: true });
    // Versions that a build has stored are those that a run would fit itself.
    expect(
      (
        await run(
          'columns',
          'build',
          'planted',
          '--set',
          's2',
          '--no-report',
          '--allow-unfilled',
          'p_breakout=short',
          'p_risk_on=short',
          'p_choppy=short',
          'p_risk_off=short',
        )
      ).exitCode,
    ).toBeLessThan(2);
    const again = await run('backtest', join(dataDir, 'own.json'), '--no-report');
    expect(again.answer['signalDigest']).toBe(first.answer['signalDigest']);
    const traded = await run(
      'data',
      'sql',
      "SELECT DISTINCT symbol FROM run_trades WHERE symbol IN ('BTCUSDT', 'USDPUSDT')",
    );
    expect(traded.answer['rows']).toEqual([]);
  }, 120_000);

  it('a column that nothing can fill is named, with what it takes', async () => {
    await writeFile(join(dataDir, 'asks.ts'), strategy.replace("'1h_rsi_14'", "'hours_since_hack'"));
    const file = join(dataDir, 'asks.json');
    await writeFile(
      file,
      JSON.stringify({
        name: 'asks',
        strategy: './asks.ts',
        dataset: 'planted',
        capital: { usdm: 1e5 },
        costs: 'none',
      }),
    );
    const { exitCode, answer } = await run('backtest', file, '--no-report');
    expect(exitCode).toBe(2);
    expect(answer['faults']).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/hours_since_hack takes news-classes/) }),
    ]);
  }, 60_000);
});
