/**
 * Builds `dist/`: the compiler's output, the built-in scenarios beside it, the JSON Schema of scenarios, and the bench entry.
 * The new build is complete before it takes the old one's place.
 */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const staging = join(root, `dist.staging-${process.pid}`);
const dist = join(root, 'dist');

try {
  compile();
  await copyScenarios();
  await writeBenchEntry();
  await rm(dist, { recursive: true, force: true });
  await rename(staging, dist);
  await writeSchema();
} finally {
  await rm(staging, { recursive: true, force: true });
}

function compile() {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', staging];
  try {
    execFileSync(process.execPath, [compiler, ...options], { stdio: 'inherit' });
  } catch (cause) {
    throw new Error('The build failed; the former build, if any, is untouched.', { cause });
  }
}

async function copyScenarios() {
  const source = join(root, 'scenarios', 'builtin');
  const target = join(staging, 'scenarios', 'builtin');
  await mkdir(target, { recursive: true });
  for (const file of await readdir(source)) {
    if (file.endsWith('.json')) await cp(join(source, file), join(target, file));
  }
}

/** `node dist/bench/main.js DATADIR OUTDIR`, as benchmark drivers call it. */
async function writeBenchEntry() {
  await mkdir(join(staging, 'bench'), { recursive: true });
  const entry = `process.argv.splice(2, 0, 'bench');\nawait import('../cli/main.js');\n`;
  await writeFile(join(staging, 'bench', 'main.js'), entry);
}

/** Written only when it changed, so that a build leaves a clean checkout clean. */
async function writeSchema() {
  const { scenarioJsonSchema } = await import(pathToFileURL(join(dist, 'scenarios', 'schema.js')).href);
  const path = join(root, 'docs', 'scenario.schema.json');
  const text = `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`;
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
