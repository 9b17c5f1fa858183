/** `stress` as a user calls it. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StressPosition, StressRow } from '../../reports/stress.ts';
import { type StressMarket, stressMarket } from '../scenarios/stress-market.ts';
import { answerOf, runCommand } from './run-command.ts';

let market: StressMarket;
beforeAll(async () => {
  market = await stressMarket();
}, 60_000);
afterAll(() => market.remove());

const stress = (...args: string[]) =>
  runCommand(['--data-dir', market.store.dataDir, 'stress', market.scenario, '--workers', '1', ...args]);

describe('stress', () => {
  it('prints every case, the answer in one sentence, and where the page is', async () => {
    const { exitCode, out, err } = await stress('--leverage', '1,10');
    expect(exitCode, err).toBe(0);
    expect(out).toContain('violent-hour: the hour of 2025-03-02 06:00 UTC');
    expect(out).toMatch(/^1× +cross +10,000\.00 +−5\.00 % +−2\.50 % +\+2\.50 % +2 +0 +0 +0$/m);
    expect(out).toMatch(/^10× +isolated +10,000\.00 .* 2 +2$/m);
    expect(out).toContain(
      'At 1×, cross: hourly adverse-first says −5.00 %, 15-minute bars say −2.50 %: 2.50 points worse.',
    );
    expect(existsSync(out.trimEnd().split('\n').at(-1)!)).toBe(true);
    expect(err).toMatch(/running 10× isolated by finer bars/);
  });

  it('hands all figures to callers of --json, as stress.json holds them', async () => {
    const answer = answerOf(
      await stress('--json', '--quiet', '--at', '2025-03-02T06:00Z', '--margin', 'cross'),
    );
    expect(answer).toMatchObject({ scenario: 'violent-hour', detailMinutes: 15 });
    expect(String(answer['at'])).toContain('2025-03-02');
    const rows = answer['rows'] as StressRow[];
    expect(rows.map(({ leverage, margin }) => `${leverage} ${margin}`)).toEqual([
      '1 cross',
      '2 cross',
      '5 cross',
      '10 cross',
    ]);
    expect((answer['positions'] as StressPosition[]).length).toBe(12);
    const folder = dirname(String(answer['report']));
    const stored = JSON.parse(await readFile(join(folder, 'stress.json'), 'utf8')) as object;
    expect(stored).toMatchObject({ rows, positions: answer['positions'] });
    const page = (await readFile(join(folder, 'stress.html'), 'utf8')).split('<script')[0]!;
    expect(page).toContain('2.50 points worse');
    const charts = [...page.matchAll(/data-chart="([a-z-]+)"/g)].map((match) => match[1]!);
    expect(charts).toContain('equity-cross');
    expect(charts).toContain('fills');
    for (const chart of charts) expect(existsSync(join(folder, 'charts', `${chart}.svg`)), chart).toBe(true);
  });

  it('writes no run folder, and with --no-report nothing at all', async () => {
    const { store } = market;
    const before = await readdir(join(store.dataDir, 'stress')).catch(() => []);
    const answer = answerOf(await stress('--json', '--quiet', '--no-report', '--leverage', '3'));
    expect(answer['report']).toBeNull();
    expect(await readdir(join(store.dataDir, 'stress')).catch(() => [])).toEqual(before);
    expect(await readdir(store.runsDir).catch(() => [])).toEqual([]);
  });

  it('names everything that is wrong with its options and the scenario at once', async () => {
    const { exitCode, out } = await stress(
      '--json',
      '--quiet',
      ...[
        '--leverage',
        '0,5',
        '--margin',
        'hedged',
        '--detail',
        'fine',
        '--at',
        'noon',
        '--set',
        'nothing=1',
      ],
    );
    expect(exitCode).toBe(2);
    const { faults } = JSON.parse(out) as { faults: { path: string }[] };
    expect(faults.map(({ path }) => path)).toEqual([
      '--at',
      '--leverage',
      '--margin',
      '--detail',
      '--set nothing',
    ]);
  });

  it('asks for finer bars that the dataset lacks: told how to import them', async () => {
    const { exitCode, err } = await stress('--quiet', '--detail', '5m');
    expect(exitCode).toBe(2);
    expect(err).toMatch(/fills\.detail.*5 minutes.*--detail 5m=FILE/s);
  });

  it('can be stopped', async () => {
    const controller = new AbortController();
    controller.abort();
    const { exitCode } = await runCommand(
      ['--data-dir', market.store.dataDir, 'stress', market.scenario],
      controller.signal,
    );
    expect(exitCode).toBe(130);
  });
});
