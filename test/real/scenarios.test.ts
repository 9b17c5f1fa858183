import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importDataset } from '../../datasets/import/import.ts';
import { readRun } from '../../datasets/runs.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { answerOf, runCommand } from '../cli/run-command.ts';

const shared = process.env['HOURGLASS_SHARED'] ?? '';
const file = (name: string) => join(shared, 'data', name);
const bars = file('usdm_1h_2024-10_2025-12.parquet');
const missing = existsSync(bars) ? '' : ` (skipped: ${bars} is absent)`;

let store: Store;

describe.skipIf(missing !== '')(`the built-in scenarios on the real panel${missing}`, () => {
  beforeAll(async () => {
    store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-real-')));
    await importDataset(store, {
      name: 'usdm',
      bars: [bars],
      funding: [file('funding_25coins.parquet')],
      mark: [file('mark_1h_25coins.parquet')],
    });
  });
  afterAll(() => rm(store.dataDir, { recursive: true, force: true }));

  async function command(...args: string[]): Promise<Record<string, unknown>> {
    const ran = await runCommand(['--data-dir', store.dataDir, '--quiet', '--json', ...args]);
    expect(ran.exitCode, ran.err).toBe(0);
    return answerOf(ran);
  }

  it('usdm-2025 trades, pays fees and funding, says what funding it lacks, and reports a loss as a loss', async () => {
    const answer = await command('backtest', 'usdm-2025');
    expect(answer['trades']).toBeGreaterThan(4000);
    expect(answer['fees']).toBeGreaterThan(500);
    expect(answer['funding']).not.toBe(0);
    expect(answer['fundingUncoveredShare']).toBeGreaterThan(0.9);
    expect(answer['totalReturn']).toBeLessThan(0);
    const page = await readFile(join(String(answer['dir']), 'report.html'), 'utf8');
    expect(page).toContain('Lost');
    expect(await command('replay', String(answer['runId']))).toMatchObject({ equal: true });
  });

  it('crash-october-2025 shows the hour of the crash, stop by stop, beside the worst prices of that hour', async () => {
    const answer = await command('backtest', 'crash-october-2025');
    const run = await readRun(store, String(answer['runId']));
    const fills = await run.table('fills');
    const column = (name: string) => fills.columns[name]!.values;
    const crash = Date.UTC(2025, 9, 10, 21);
    const stops = Array.from({ length: fills.rows }, (_, row) => row).filter(
      (row) => column('time')[row] === crash && column('exit_reason')[row] === 'stop',
    );
    expect(stops.length).toBeGreaterThan(3);
    const page = await readFile(join(run.dir, 'report.html'), 'utf8');
    expect(page).toContain('Stop by stop, the hour of 2025-10-10 21:00');
  });
});
