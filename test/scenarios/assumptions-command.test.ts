/** `backtest --assumptions` as a user calls it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AssumptionLedger } from '../../datasets/assumption-ledger.ts';
import type { Store } from '../../datasets/store.ts';
import { answerOf, runCommand } from '../cli/run-command.ts';
import { plantedStore } from './run-store.ts';

let store: Store;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ store, remove } = await plantedStore());
}, 60_000);
afterAll(() => remove());

const command = (...args: string[]) =>
  runCommand(['--data-dir', store.dataDir, ...args, 'backtest', 'demo', '--no-report', '--assumptions']);

it('prints a table of what each assumption is worth, the triple, and what was left out', async () => {
  const { exitCode, out, err } = await command();
  expect(exitCode, err).toBe(0);
  expect(out).toMatch(/^stop fills gap rule → at level +optimistic +\S+ %/m);
  expect(out).toMatch(/^slippage 2 bps → twice +pessimistic +−\d+\.\d\d %/m);
  for (const name of ['pessimistic', 'realistic', 'optimistic'])
    expect(out).toMatch(new RegExp(`^${name} +[+−]\\d+\\.\\d\\d % +−?\\d+\\.\\d\\d % +[\\d,]+$`, 'm'));
  expect(out).toMatch(/left out:\n(.*\n)* {2}finer bars: the dataset has none/);
  expect(err).toMatch(/assumptions: slippage → none/);
});

it('hands the ledger to callers of --json, as it stands in the run folder', async () => {
  const answer = answerOf(await command('--json', '--quiet'));
  const ledger = answer['assumptionLedger'] as AssumptionLedger;
  expect(ledger).toEqual(JSON.parse(await readFile(join(String(answer['dir']), 'ledger.json'), 'utf8')));
  expect(ledger.triple.realistic.totalReturn).toBe(answer['totalReturn']);
  expect(ledger.rows.length).toBeGreaterThan(10);
});
