/**
 * `npm run training:demo`: trains the artifacts that come with the package anew, on the planted market that `npm start` makes, and
 * puts them in training/demo. Needs the Python packages (`npm run training:setup`). Final models only; the folds' figures stand in version.json.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const demo = join(root, 'training', 'demo');
const bytesMax = 12e6;

/** Two retrains of the ensemble, so that a demo changes models on its way; one of the others, which are larger. */
const trainings = [
  ['v2-ensemble', '--from', '2024-08-01', '--to', '2024-09-01', '--cadence', 'monthly'],
  ['btc-residual', '--to', '2024-08-01'],
  ['lstm-confidence', '--to', '2024-08-01'],
];

const wanted = process.argv.slice(2);
const dataDir = mkdtempSync(join(tmpdir(), 'hourglass-demo-'));
try {
  hourglass('data', 'synth', 'planted', '--preset', 'S', '--seed', '1');
  for (const [strategy, ...dates] of trainings) {
    if (wanted.length > 0 && !wanted.includes(strategy)) continue;
    hourglass('train', strategy, '--dataset', 'planted', '--size', 'demo', '--seed', '1', ...dates);
    rmSync(join(demo, strategy), { recursive: true, force: true });
    mkdirSync(demo, { recursive: true });
    cpSync(join(dataDir, 'models', strategy), join(demo, strategy), { recursive: true });
    hourglass('model', 'check', strategy);
  }
  const bytes = sizeOf(demo);
  console.log(`${demo}: ${(bytes / 1e6).toFixed(2)} MB`);
  if (bytes > bytesMax) throw new Error(`more than the ${bytesMax / 1e6} MB that may be shipped`);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}

function hourglass(...args) {
  const command = [join(root, 'bin', 'hourglass.mjs'), '--data-dir', dataDir, ...args];
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`hourglass ${args.join(' ')} ended with ${status}`);
}

function sizeOf(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, entry) => sum + sizeOf(join(path, entry)), 0);
}
