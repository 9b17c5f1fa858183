/** One way through the commands, on a small planted market: what a newcomer types, in that order. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSwitches } from '../../datasets/planted/settings.ts';
import { synthMarket } from '../../datasets/planted/synth.ts';
import { openStore } from '../../datasets/store.ts';
import { answerOf, type Ran, runCommand } from './run-command.ts';

let dataDir = '';
const run = async (...args: string[]): Promise<Ran> => await runCommand(['--data-dir', dataDir, ...args]);
const ask = async (...args: string[]) => {
  const ran = await run('--json', '--quiet', ...args);
  expect(ran.err).toBe('');
  return { exitCode: ran.exitCode, answer: answerOf(ran) };
};

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hourglass-'));
  const settings = { seed: 5, coins: 14, days: 40, switches: { ...defaultSwitches, listings: false } };
  await synthMarket(openStore(dataDir), { name: 'planted', settings, title: 'small' });
});
afterAll(async () => await rm(dataDir, { recursive: true, force: true }));

describe('given a planted market', () => {
  it('it is listed, shown and asked in SQL', async () => {
    const listed = await ask('data', 'list');
    expect(listed.answer).toMatchObject({ rows: [{ name: 'planted', symbols: 14 }] });
    const shown = await ask('data', 'show', 'planted');
    expect((shown.answer['rows'] as { table: string }[]).map(({ table }) => table)).toContain('bars');
    const asked = await ask('data', 'sql', 'SELECT count(DISTINCT symbol) AS symbols FROM planted_bars');
    expect(asked.answer).toMatchObject({ columns: ['symbols'], rows: [{ symbols: 14 }] });
    expect((await run('data', 'list')).out).toContain('planted');
  });

  it('a check of it finds nothing that would be an error', async () => {
    const { exitCode, answer } = await ask('data', 'check', 'planted');
    expect(exitCode).toBe(0);
    expect(answer).toMatchObject({ errors: 0, findings: expect.any(Array) });
    expect((await run('data', 'check', 'planted', '--notes')).out).toMatch(
      /0 errors, \d+ warnings, \d+ notes\n$/,
    );
  });

  it('a backtest gives the figures that callers rely on, and the same ones when run again', async () => {
    const first = await ask('backtest', 'demo', '--no-report', '--set', 'count=3');
    expect(first.exitCode).toBe(0);
    for (const field of [
      'runId',
      'dir',
      'signalDigest',
      'digest',
      'trades',
      'finalEquity',
      'totalReturn',
      'sharpe',
      'sortino',
      'maxDrawdown',
      'winRate',
      'fees',
      'funding',
      'liquidations',
      'refusals',
      'ambiguousBars',
      'wallMs',
    ]) {
      expect(first.answer).toHaveProperty(field);
    }
    expect(first.answer['trades']).toBeGreaterThan(50);
    const again = await ask('backtest', 'demo', '--no-report', '--set', 'count=3');
    expect(again.answer['digest']).toBe(first.answer['digest']);
    expect(again.answer['runId']).toBe(first.answer['runId']);
  });

  it('the run is listed and shown, replays as equal, and differs from another in what was changed', async () => {
    const a = (await ask('backtest', 'demo', '--no-report', '--set', 'count=3')).answer['runId'] as string;
    const b = (await ask('backtest', 'demo', '--no-report', '--set', 'count=2')).answer['runId'] as string;
    const listed = (await ask('runs', 'list')).answer['runs'] as { runId: string }[];
    expect(listed.map(({ runId }) => runId)).toEqual(expect.arrayContaining([a, b]));
    expect((await ask('runs', 'show', a)).answer).toMatchObject({ runId: a, dataset: { name: 'planted' } });

    const replayed = await ask('replay', a);
    expect(replayed).toMatchObject({ exitCode: 0, answer: { equal: true, firstDifference: null } });

    expect(await ask('runs', 'diff', a, a)).toMatchObject({ exitCode: 0, answer: { differences: [] } });
    const differing = await ask('runs', 'diff', a, b);
    expect(differing.exitCode).toBe(1);
    const fields = (differing.answer['differences'] as { field: string }[]).map(({ field }) => field);
    expect(fields).toContain('strategy.config');
  });

  it('why tells the story of a decision', async () => {
    const { answer } = await ask('backtest', 'demo', '--no-report', '--set', 'count=3');
    const trades = await ask(
      'data',
      'sql',
      `SELECT symbol, entry_time FROM run_trades WHERE run_id = '${String(answer['runId'])}' LIMIT 1`,
    );
    const [trade] = trades.answer['rows'] as { symbol: string; entry_time: unknown }[];
    const at = String(trade!.entry_time);
    const story = await ask('why', String(answer['runId']), '--at', at, '--coin', trade!.symbol);
    expect((story.answer['steps'] as unknown[]).length).toBeGreaterThan(2);
  });

  it('the report is written with the run, and again when asked for', async () => {
    const { answer } = await ask('backtest', 'demo', '--set', 'count=1', '--to', '2024-01-10');
    expect(await readFile(String(answer['report']), 'utf8')).toContain('<html');
    await rm(String(answer['report']));
    const again = await ask('report', String(answer['runId']), '--coins', 'BTCUSDT');
    expect((again.answer['files'] as string[]).at(-1)).toBe(answer['report']);
    expect(again.answer['untraded']).toEqual(['BTCUSDT']);
    expect(await readFile(String(answer['report']), 'utf8')).toContain('<html');
  }, 30_000);

  it('a report takes coins apart by commas or spaces, and names every one that does not exist', async () => {
    const { answer } = await ask('backtest', 'demo', '--no-report', '--set', 'count=3');
    const runId = String(answer['runId']);
    const trades = await ask(
      'data',
      'sql',
      `SELECT DISTINCT symbol FROM run_trades WHERE run_id = '${runId}' ORDER BY symbol LIMIT 3`,
    );
    const [a, b, c] = (trades.answer['rows'] as { symbol: string }[]).map(({ symbol }) => symbol);
    const unknown = await run('report', runId, '--coins', `${a},NOSUCH`, 'NONE');
    expect(unknown.exitCode).toBe(2);
    expect(unknown.err).toContain('the dataset has no NOSUCH');
    expect(unknown.err).toContain('the dataset has no NONE');
    const written = await ask('report', runId, '--coins', `${a},${b}`, c!);
    const files = written.answer['files'] as string[];
    expect(files.filter((file) => file.includes('coins'))).toHaveLength(3);
    expect(written.answer['untraded']).toEqual([]);
  }, 30_000);

  it('a span outside the data is a fault of the scenario', async () => {
    const ran = await run('backtest', 'demo', '--from', '1999-01-01', '--no-report');
    expect(ran.exitCode).toBe(2);
    expect(ran.err).toContain('from: lies outside the data');
  });

  it('a new strategy runs as it is', async () => {
    const made = await ask('new', 'strategy', 'my-idea', '--dir', dataDir);
    expect(made.answer['files']).toHaveLength(3);
    const ran = await ask('backtest', join(dataDir, 'my-idea', 'scenario.json'), '--no-report');
    expect(ran.exitCode).toBe(0);
    expect(ran.answer['trades']).toBeGreaterThan(50);
    const replayed = await ask('replay', String(ran.answer['runId']));
    expect(replayed.answer['equal']).toBe(true);
  });

  it('a strategy that returns nonsense stops the run with its name and time', async () => {
    const file = join(dataDir, 'nonsense.js');
    await writeFile(
      file,
      `export default { name: 'nonsense', config: {}, columns: () => ['score'], schedule: () => ({ kind: 'hourly' }),
        limits: () => ({}), decide: () => [{ coin: 99, side: 1, notional: 1 }] };`,
    );
    const ran = await run('backtest', 'demo', '--strategy', file, '--no-report');
    expect(ran.exitCode).toBe(2);
    expect(ran.err).toMatch(/strategy nonsense at 2024-01-01T01:00.*coin 99/);
  });

  it('a stop asked for before the run ends in exit code 130, and leaves no half-written run', async () => {
    const stop = new AbortController();
    stop.abort();
    const ran = await runCommand(['--data-dir', dataDir, '--json', 'data', 'synth', 'other'], stop.signal);
    expect(ran.exitCode).toBe(130);
    expect(answerOf(ran)).toMatchObject({ error: { code: 'cancelled' } });
    expect((await ask('data', 'list')).answer['rows']).toHaveLength(1);
    const backtest = ['--data-dir', dataDir, 'backtest', 'demo', '--set', 'count=4'];
    const runsBefore = (await ask('runs', 'list')).answer['runs'] as unknown[];
    expect((await runCommand(backtest, stop.signal)).exitCode).toBe(130);
    expect((await ask('runs', 'list')).answer['runs']).toHaveLength(runsBefore.length);
  });
});
