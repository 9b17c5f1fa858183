/**
 * `npm run truth [-- --full]`: the acceptance table of the planted market. Every row is measured against recorded truth; the last
 * line counts those that hold, and the exit code is 0 only if all of them do.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const flags = process.argv.slice(2);
const unknown = flags.filter((flag) => flag !== '--full');
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(' ')}. There is --full, for every seed.`);
  process.exit(2);
}
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.truth.config.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ...(flags.includes('--full') ? { HOURGLASS_TRUTH: 'full' } : {}) },
});
process.exit(status ?? 1);
