/** `npm run test:python`: the Python package's own tests, with the interpreter that trainings use (docs/training.md). */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'training', 'python');
const python = process.env.HOURGLASS_PYTHON || join(folder, '.venv', 'bin', 'python');
const { status, error } = spawnSync(python, ['-m', 'pytest', '-q', 'tests', ...process.argv.slice(2)], {
  cwd: folder,
  stdio: 'inherit',
  // One thread a library: the same sums everywhere, and no fight over the cores.
  env: { ...process.env, OMP_NUM_THREADS: '1' },
});
if (error !== undefined)
  console.error(`${python} cannot be run: ${error.message}. Set it up: npm run training:setup`);
process.exit(status ?? 1);
