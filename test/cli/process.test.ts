/** The built program as a process: what a shell sees. */
import { execFile, spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../scenarios/temporary.ts';

const program = fileURLToPath(new URL('../../bin/hourglass.mjs', import.meta.url));

it('exit codes and streams reach the shell', async () => {
  const ran = await new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [program, '--json', 'nothing-like-this'], (error, out, err) => {
      resolve({ code: error?.code, out, err });
    });
  });
  expect(ran.code).toBe(2);
  expect(JSON.parse(ran.out)).toMatchObject({ error: { code: 'usage' } });
  expect(ran.err).toContain('unknown command');
});

it('Ctrl-C in the middle of making a market ends in 130 and leaves nothing behind', async () => {
  const dataDir = await temporaryFolder();
  const child = spawn(process.execPath, [
    program,
    '--data-dir',
    dataDir,
    'data',
    'synth',
    'large',
    '--preset',
    'M',
  ]);
  child.stderr.once('data', () => child.kill('SIGINT'));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect(code).toBe(130);
  expect(await readdir(`${dataDir}/datasets`)).toEqual([]);
}, 30_000);
