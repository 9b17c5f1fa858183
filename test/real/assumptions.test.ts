/** The account and the ledger of assumptions on the real panel. Needs the folder `data` of the real market data. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssumptionLedger } from '../../datasets/assumption-ledger.ts';
import { importDataset } from '../../datasets/import/import.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { answerOf, runCommand } from '../cli/run-command.ts';
import { absence, panelFiles, panelRequest } from './market-files.ts';

const { absent, reason } = absence(panelFiles);

describe.skipIf(absent.length > 0)(`the account on the real panel${reason}`, () => {
  let store: Store;

  beforeAll(async () => {
    store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-real-account-')));
    await importDataset(store, panelRequest('usdm'));
  }, 120_000);
  afterAll(() => rm(store.dataDir, { recursive: true, force: true }));

  async function crash(...args: string[]): Promise<Record<string, unknown>> {
    const ran = await runCommand([
      '--data-dir',
      store.dataDir,
      '--quiet',
      '--json',
      'backtest',
      'crash-october-2025',
      '--no-report',
      ...args,
    ]);
    expect(ran.exitCode, ran.err).toBe(0);
    return answerOf(ran);
  }

  it('runs on cross margin and on the finest bars that the span has, and says how young the editions are', async () => {
    const answer = await crash();
    expect(answer).toMatchObject({ margin: 'cross', mark: 'mixed', detailMinutes: 15, liquidations: 0 });
    expect(answer['detailHours']).toBeGreaterThan(20);
    expect(answer['filtersUndatedDays']).toBe(121);
    expect(answer['markShare']).toBeGreaterThan(0.01);
    expect(answer['markShare']).toBeLessThan(0.05);
    expect(String(answer['assumptions'])).toMatch(
      /judged by an edition younger than the time, for up to 121 days/,
    );
  });

  it('isolated legs at leverage 10 are liquidated, and the fund bears a part', async () => {
    const answer = await crash('--set', 'leverage=10', '--set', 'account.margin=isolated');
    expect(answer['liquidations']).toBeGreaterThan(100);
    expect(answer['clearanceFees']).toBeGreaterThan(0);
    expect(answer['insurance']).toBeGreaterThan(0);
    expect(answer['clearanceFees']).toBeLessThan(Number(answer['fees']));
  });

  it('tells what each assumption is worth', async () => {
    const answer = await crash('--assumptions', '--set', 'leverage=5');
    const { rows, triple, leftOut } = answer['assumptionLedger'] as AssumptionLedger;
    const worth = (flip: string, to: string) => rows.find((row) => row.flip === flip && row.to === to)!;
    expect(worth('slippage', 'twice').deltaReturn).toBeLessThan(0);
    expect(worth('slippage', 'model (2 bps + √ law)').deltaReturn).toBeLessThan(
      worth('slippage', 'twice').deltaReturn,
    );
    expect(worth('fee tier', 'binance-vip1').deltaReturn).toBeGreaterThan(0);
    for (const flip of ['finer bars', 'brackets', 'marks', 'adverse state of the pool', 'funding boundary'])
      expect(rows.map((row) => row.flip)).toContain(flip);
    expect(triple.pessimistic!.totalReturn).toBeLessThan(triple.realistic.totalReturn);
    expect(triple.optimistic!.totalReturn).toBeGreaterThan(triple.realistic.totalReturn);
    expect(leftOut).toContainEqual({
      flip: 'missing funding',
      reason:
        'no settlement is missing between two that were recorded; for coins or times without any, nothing stands to interpolate between',
    });
  }, 60_000);
});
