/**
 * `npm run test:real -- DIR`: the tests on real market data, which is not part of this repository. DIR is the folder that
 * holds it; every test says what it needs and is skipped, with the reason, where that is absent.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = process.argv[2];
if (folder === undefined) {
  console.error('Name the folder that holds the data: npm run test:real -- DIR');
  process.exit(2);
}

const results = mkdtempSync(join(tmpdir(), 'hourglass-real-'));
const resultFile = join(results, 'results.json');
let status = 0;
try {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`];
  execFileSync(process.execPath, [vitest, 'run', '--config', 'vitest.real.config.ts', ...reporters], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, HOURGLASS_SHARED: resolve(folder) },
  });
} catch (cause) {
  status = typeof cause.status === 'number' ? cause.status : 1;
}

try {
  const tests = JSON.parse(readFileSync(resultFile, 'utf8')).testResults.flatMap(
    (file) => file.assertionResults,
  );
  const count = (wanted) => tests.filter((test) => wanted.includes(test.status)).length;
  const skipped = tests.filter((test) => ['skipped', 'pending', 'todo', 'disabled'].includes(test.status));
  for (const test of skipped) console.log(`skipped: ${test.fullName}`);
  console.log(`skipped: ${skipped.length}`);
  console.log(`${count(['passed'])} passed, ${count(['failed'])} failed, ${skipped.length} skipped`);
} finally {
  rmSync(results, { recursive: true, force: true });
}
process.exit(status);
