/**
 * `npm run training:setup`: makes training/python/.venv and installs what training/python/requirements.lock names. It may run again:
 * what is there already in the locked version stays, a torch that was installed before (a CPU build, say) too.
 *
 *   HOURGLASS_BASE_PYTHON   interpreter to make the environment with; python3.13 … python3.11 or python3 unless given
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'training', 'python');
const venv = join(folder, '.venv');
const python = join(venv, 'bin', 'python');
const lock = join(folder, 'requirements.lock');

process.exitCode = setUp();

function setUp() {
  if (!existsSync(python) && !makeEnvironment()) return 1;
  if (outputOf(python, ['-m', 'pip', '--version']) === null) {
    console.error(
      `${venv} has no pip: remove the folder, install your system's venv package, and run this again.`,
    );
    return 1;
  }
  const wanted = readFileSync(lock, 'utf8')
    .split('\n')
    .filter((line) => /^[A-Za-z0-9]/.test(line));
  const installed = installedVersions(wanted.map((line) => pinned(line).name));
  const missing = wanted.filter((line) => {
    const { name, version } = pinned(line);
    return !isSameVersion(installed[name], version);
  });
  if (missing.length === 0) {
    console.log(`All ${wanted.length} packages of requirements.lock are there already.`);
    return 0;
  }
  console.log(`Installing ${missing.length} of ${wanted.length} packages; torch alone takes some gigabytes.`);
  if (!install(missing)) return 1;
  console.log(`Done. hourglass train uses ${python}.`);
  return 0;
}

function makeEnvironment() {
  const named = process.env.HOURGLASS_BASE_PYTHON;
  const names = named ? [named] : ['python3.11', 'python3.12', 'python3.13', 'python3', 'python'];
  const base = names.find((name) => isNewEnough(name));
  if (base === undefined) {
    console.error(
      `Training needs Python 3.11 or newer, and none of ${names.join(', ')} is one. Install it, or name it: HOURGLASS_BASE_PYTHON=…`,
    );
    return false;
  }
  console.log(`Making ${venv} with ${base}.`);
  if (run(base, ['-m', 'venv', venv])) return true;
  rmSync(venv, { recursive: true, force: true });
  console.error(
    `${base} could not make an environment: install its venv package (python3-venv), and run this again.`,
  );
  return false;
}

function isNewEnough(name) {
  return outputOf(name, ['-c', 'import sys; print(sys.version_info >= (3, 11))']) === 'True';
}

/** Versions by name as the environment has them; a package that is not there is left out. */
function installedVersions(names) {
  const code = `import json, sys
from importlib.metadata import PackageNotFoundError, version
def found(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
print(json.dumps({name: found(name) for name in sys.argv[1:]}))`;
  return JSON.parse(outputOf(python, ['-c', code, ...names]) ?? '{}');
}

/** Name and version of a line of the lock. */
function pinned(line) {
  const [name, version] = line.split(';')[0].split('==');
  return { name: name.trim(), version: version.trim() };
}

/** The part after a plus names a build: torch counts in the locked version whatever its build. */
function isSameVersion(found, version) {
  return typeof found === 'string' && found.split('+')[0] === version.split('+')[0];
}

/** What the lock leaves to a package's build (GPU libraries) comes with it; everything else stays at the locked version. */
function install(lines) {
  const dir = mkdtempSync(join(tmpdir(), 'hourglass-training-'));
  try {
    const file = join(dir, 'requirements.txt');
    writeFileSync(file, `${lines.join('\n')}\n`);
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check'];
    if (run(python, [...pip, '-r', file, '-c', lock])) return true;
    console.error(
      'Not everything could be installed; what was is kept. See the message above, and run npm run training:setup again.',
    );
    return false;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function run(command, args) {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

function outputOf(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : null;
}
