import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { TrainingLibrary } from '../training/python.ts';
import { exitCodes } from './failure.ts';
import type { Act } from './program.ts';
import { tableText } from './table.ts';

/** The command `training`, to which its subcommands are added. */
export function addTraining(program: Command, act: Act): void {
  const training = program.command('training').description('what training needs beside Node');
  training
    .command('libraries')
    .description('native libraries with their versions; exit code 1 where one cannot be imported')
    .action(async (_: object, command: Command) => {
      await act(command, async (session) => {
        const { findPython, trainingLibraries } = await import('../training/python.ts');
        const libraries = await trainingLibraries({ signal: session.signal });
        session.answer({ python: findPython(), libraries }, () => librariesText(libraries));
        if (libraries.some(({ version }) => version === null)) session.endWith(exitCodes.negative);
      });
    });
  training
    .command('setup')
    .description('make training/python/.venv and install the locked packages; what is there stays')
    .action(async (_: object, command: Command) => {
      await act(command, async (session) => {
        const exitCode = await setUp(session.signal);
        const isReady = exitCode === 0;
        session.answer(
          { isReady },
          isReady ? 'training is set up' : 'training is not set up; the reason stands above',
        );
        if (!isReady) session.endWith(exitCodes.outside);
      });
    });
}

function librariesText(libraries: readonly TrainingLibrary[]): string {
  return tableText(libraries.map(({ name, version, reason }) => ({ library: name, version, reason })));
}

/** Runs the set-up script of the package; what it prints goes to stderr. */
function setUp(signal: AbortSignal): Promise<number> {
  const places = ['../scripts/training-setup.mjs', '../../scripts/training-setup.mjs'];
  const paths = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const script = paths.find((path) => existsSync(path)) ?? paths[0]!;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', process.stderr, process.stderr] });
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', reject);
    child.on('close', (exitCode) => {
      signal.removeEventListener('abort', stop);
      resolve(exitCode ?? 1);
    });
  });
}
