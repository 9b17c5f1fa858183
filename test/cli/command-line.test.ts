import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../scenarios/temporary.ts';
import { answerOf, runCommand } from './run-command.ts';

describe('given a wrong command line', () => {
  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ['an unknown command', ['bactest', 'demo'], 'backtest'],
    ['no command', [], 'a command is missing'],
    ['no subcommand', ['data'], 'a command is missing'],
    ['an unknown subcommand', ['data', 'improt', 'x'], 'import'],
    ['an unknown option', ['backtest', 'demo', '--dataste', 'x'], '--dataset'],
    ['a missing argument', ['backtest'], 'scenario'],
    ['an argument too many', ['data', 'list', 'more'], 'too many'],
    ['a missing required option', ['data', 'import', 'x'], '--bars'],
    ['an option without its value', ['backtest', 'demo', '--from'], '--from'],
    ['workers that are no number', ['backtest', 'demo', '--workers', 'two'], 'whole number'],
    ['repetitions that are none', ['bench', '--repetitions', '0'], 'whole number'],
    ['a preset there is none of', ['data', 'synth', 'x', '--preset', 'XL'], 'S, M, L'],
    ['a time that is none', ['why', 'run', '--at', 'noon', '--coin', 'X'], '--at'],
  ];
  for (const [what, args, part] of wrong) {
    it(`${what}: exit code 2, said on stderr`, async () => {
      const ran = await runCommand(args);
      expect(ran.exitCode).toBe(2);
      expect(ran.err).toContain(part);
      expect(ran.out).toBe('');
    });
  }

  it('with --json the fault is the one object on stdout', async () => {
    for (const args of [
      ['--json', 'bactest'],
      ['backtest', '--json'],
      ['--json', 'data', 'import', 'x'],
    ]) {
      const ran = await runCommand(args);
      expect(ran.exitCode).toBe(2);
      expect(answerOf(ran)).toMatchObject({ error: { code: 'usage' }, faults: [{ path: 'command line' }] });
    }
  });
});

describe('given what is asked for but not built yet', () => {
  it('commands say so with exit code 2, whatever their arguments', async () => {
    for (const args of [
      ['sweep', 'demo', '--queue', 'local'],
      ['live', 'x'],
    ]) {
      const ran = await runCommand(args);
      expect(ran.exitCode).toBe(2);
      expect(ran.err).toContain('not available yet');
    }
  });
});

describe('given a call for help', () => {
  it('help and version go to stdout with exit code 0', async () => {
    const help = await runCommand(['--help']);
    expect(help).toMatchObject({ exitCode: 0, err: '' });
    for (const command of [
      'demo',
      'data',
      'backtest',
      'scenario',
      'runs',
      'why',
      'report',
      'replay',
      'new',
      'bench',
    ]) {
      expect(help.out).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    }
    expect(help.out).toContain('Not available yet: sweep');
    expect((await runCommand(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('given a scenario with five faults', () => {
  const scenario = {
    name: 'Five Faults',
    strategy: 'score-gate',
    config: { probabilityMin: 2, gate: 0.8 },
    dataset: 'planted',
    capital: { usdm: 0 },
    costs: 'binance-vip0',
  };

  it('scenario check lists all of them with exit code 2', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'five.json');
    await writeFile(file, JSON.stringify(scenario));
    const ran = await runCommand(['--json', '--data-dir', folder, 'scenario', 'check', file]);
    expect(ran.exitCode).toBe(2);
    const faults = answerOf(ran)['faults'] as { path: string; message: string }[];
    expect(faults.map(({ path }) => path)).toEqual([
      'name',
      'capital.usdm',
      'config.gate',
      'config.probabilityMin',
      'dataset',
    ]);
  });

  it('backtest lists the same ones, and runs nothing', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'five.json');
    await writeFile(file, JSON.stringify(scenario));
    const ran = await runCommand(['--data-dir', folder, 'backtest', file]);
    expect(ran).toMatchObject({ exitCode: 2, out: '' });
    expect(ran.err).toContain('has 5 faults');
    expect(ran.err.match(/^ {2}\S+: /gm)).toHaveLength(5);
    expect(await readdir(folder)).toEqual(['five.json']);
  });
});

describe('given where the data lie', () => {
  it('HOURGLASS_HOME names the folder, and --data-dir goes before it', async () => {
    const [home, other] = [await temporaryFolder(), await temporaryFolder()];
    vi.stubEnv('HOURGLASS_HOME', home);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect((await runCommand(['backtest', 'demo'])).err).toContain(`in ${home};`);
    expect((await runCommand(['--data-dir', other, 'backtest', 'demo'])).err).toContain(`in ${other};`);
  });
});

describe('given names that are not in the store', () => {
  it('exit code 2, and a message that names what there is', async () => {
    const folder = await temporaryFolder();
    const at = ['--data-dir', folder];
    const run = await runCommand([...at, 'runs', 'show', 'nothing']);
    expect(run.exitCode).toBe(2);
    expect(run.err).toContain('"nothing" names no run');
    expect((await runCommand([...at, 'data', 'show', 'nothing'])).exitCode).toBe(2);
    expect((await runCommand([...at, 'replay', 'nothing'])).exitCode).toBe(2);
    expect((await runCommand([...at, 'data', 'sql', 'DROP TABLE x'])).exitCode).toBe(2);
  });
});
