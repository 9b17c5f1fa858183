/** The child process of a training: how it is found, heard, refused and ended. Its programs here are a few lines of shell. */
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TrainingFault } from '../../training/faults.ts';
import { findPython, runPackage } from '../../training/python.ts';
import { temporaryFolder } from '../scenarios/temporary.ts';

const named = process.env['HOURGLASS_PYTHON'];

afterEach(() => {
  if (named === undefined) delete process.env['HOURGLASS_PYTHON'];
  else process.env['HOURGLASS_PYTHON'] = named;
});

async function program(...lines: readonly string[]): Promise<{ path: string; dir: string }> {
  const dir = await temporaryFolder();
  const path = join(dir, 'python');
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(path, 0o755);
  return { path, dir };
}

async function faultOf(work: Promise<unknown>): Promise<TrainingFault> {
  const outcome = await work.catch((cause: unknown) => cause);
  expect(outcome).toBeInstanceOf(TrainingFault);
  return outcome as TrainingFault;
}

describe('the interpreter', () => {
  it('is told to be missing with what to do about it', async () => {
    process.env['HOURGLASS_PYTHON'] = '/nowhere/python';
    expect(findPython).toThrow(/HOURGLASS_PYTHON names \/nowhere\/python.*training:setup/);
    const fault = await faultOf(runPackage(['libraries'], { python: '/nowhere/python' }));
    expect(fault.code).toBe('python-missing');
    process.env['HOURGLASS_PYTHON'] = process.execPath;
    expect(findPython()).toBe(process.execPath);
  });

  it('is heard line by line: progress, and the last object as the answer', async () => {
    const { path } = await program(
      'echo \'{"stage": "fitting", "fraction": 0.5}\'',
      'echo "a library says something"',
      'echo \'{"stage": "done"}\'',
      'echo "{\\"args\\": \\"$*\\", \\"threads\\": \\"$OMP_NUM_THREADS\\"}"',
    );
    const seen: [string, number | undefined][] = [];
    const progress = (stage: string, fraction?: number) => void seen.push([stage, fraction]);
    const answer = await runPackage(['run', 'JOB'], { python: path, threads: 2, progress });
    expect(answer).toEqual({ args: '-m hourglass_training run JOB', threads: '2' });
    expect(seen).toEqual([
      ['fitting', 0.5],
      ['done', undefined],
    ]);
  });

  it('ends in the fault that it names, or in what it said last', async () => {
    const coded = await program('echo \'{"fault": {"code": "bad-rows", "message": "no row"}}\'', 'exit 1');
    const fault = await faultOf(runPackage(['run', 'JOB'], { python: coded.path }));
    expect([fault.code, fault.message]).toEqual(['training-failed', 'no row (bad-rows)']);
    const lost = await program('echo "No module named lightgbm" >&2', 'exit 3');
    const failed = await faultOf(runPackage(['run', 'JOB'], { python: lost.path }));
    expect(failed.code).toBe('python-failed');
    expect(failed.message).toMatch(/No module named lightgbm\n.*exit code 3.*training:setup/);
  });

  it('is ended with everything it has started once nobody waits for it', async () => {
    const { path, dir } = await program(
      'sleep 60 &',
      `echo $! > ${'"$(dirname "$0")"'}/pid`,
      'echo \'{"stage": "fitting"}\'',
      'wait',
    );
    const stop = new AbortController();
    const work = runPackage(['run', 'JOB'], {
      ...{ python: path, signal: stop.signal },
      progress: () => stop.abort(),
    });
    expect((await faultOf(work)).code).toBe('cancelled');
    const pid = (await readFile(join(dir, 'pid'), 'utf8')).trim();
    await expect.poll(() => isRunning(pid), { timeout: 5_000 }).toBe(false);
  });
});

/** A process that nobody has waited for yet is there, but does not run. */
async function isRunning(pid: string): Promise<boolean> {
  if ((await stat(`/proc/${pid}`).catch(() => null)) === null) return false;
  return !/^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State: Z'));
}
