/**
 * A strategy by name, or from a user's own TypeScript or JavaScript file, as it is:
 *
 *   1. `bundle`       one ES module out of the file and everything it imports, but for this package
 *   2. `keepBundle`   written under its SHA-256, so that workers and replays run the same code
 *   3. `definitionOf` imported, and its default export checked
 *
 * The bundle imports this package through a file beside it, so its hash does not depend on where anything is installed.
 */
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BuildFailure, Message } from 'esbuild';
import { asStoreFault } from '../datasets/faults.ts';
import { describe } from '../engine/config.ts';
import { type AnyStrategyDefinition, builtInStrategies } from '../strategies/registry.ts';

export interface LoadedStrategy {
  readonly definition: AnyStrategyDefinition;
  /** SHA-256 of the code: of the bundle, or of a built-in's files. */
  readonly codeHash: string;
  /** URL under which a worker imports the same definition (its default export). */
  readonly modulePath: string;
  /** Ships with this package: its tests hold that it leaves shared columns as they are. */
  readonly builtIn: boolean;
}

export type StrategyLoadFaultCode =
  | 'strategy-missing'
  | 'strategy-syntax'
  | 'strategy-threw'
  | 'strategy-malformed'
  | 'package-not-built';

/** A strategy file that cannot be used: the message names the file, what is wrong and what to do. */
export class StrategyLoadFault extends Error {
  override readonly name = 'StrategyLoadFault';
  readonly code: StrategyLoadFaultCode;

  constructor(code: StrategyLoadFaultCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** A built-in strategy; null where there is none of that name. */
export async function loadBuiltInStrategy(name: string): Promise<LoadedStrategy | null> {
  const definition = builtInStrategies.get(name);
  if (definition === undefined) return null;
  const folder = new URL(`../strategies/${name}/`, import.meta.url);
  return {
    definition,
    codeHash: await builtInHash(folder),
    modulePath: new URL(ownModule('index'), folder).href,
    builtIn: true,
  };
}

/**
 * A user's strategy file, by absolute path; `file` is the path that messages show.
 *
 * @throws StrategyLoadFault where the file is missing, does not parse, throws, or exports something else.
 */
export async function loadStrategyFile(
  path: string,
  dataDir: string,
  file: string = path,
): Promise<LoadedStrategy> {
  await access(path).catch((cause: unknown) => {
    throw new StrategyLoadFault(
      'strategy-missing',
      `There is no strategy file ${file}. Write one with: hourglass new strategy NAME`,
      cause,
    );
  });
  const code = await bundle(path, file);
  const codeHash = createHash('sha256').update(code).digest('hex');
  const kept = await keepBundle(code, codeHash, dataDir);
  return await importBundle(kept, codeHash, file);
}

export interface UserModule {
  readonly exported: Readonly<Record<string, unknown>>;
  readonly codeHash: string;
  /** URL under which a worker imports the same code. */
  readonly modulePath: string;
}

/**
 * Any module of a user's, by absolute path, built and kept as a strategy is; `file` is the path that messages show.
 *
 * @throws StrategyLoadFault where the file is missing, does not parse or throws.
 */
export async function loadUserModule(path: string, dataDir: string, file: string): Promise<UserModule> {
  await access(path).catch((cause: unknown) => {
    throw new StrategyLoadFault('strategy-missing', `There is no file ${file}. Check the path.`, cause);
  });
  const code = await bundle(path, file);
  const codeHash = createHash('sha256').update(code).digest('hex');
  const kept = await keepBundle(code, codeHash, dataDir);
  return { exported: await importModule(kept, file), codeHash, modulePath: pathToFileURL(kept).href };
}

/**
 * The code that a run used, from the name and hash in its manifest: the kept bundle, or the built-in strategy as it is now
 * (its hash tells the caller whether it is still the same).
 *
 * @throws StrategyLoadFault `strategy-missing` where neither is there.
 */
export async function strategyByHash(
  name: string,
  codeHash: string,
  dataDir: string,
): Promise<LoadedStrategy> {
  const kept = join(bundleDir(dataDir), `${codeHash}.mjs`);
  if (await isThere(kept)) {
    await writePackageLink(bundleDir(dataDir));
    return await importBundle(kept, codeHash, kept);
  }
  const builtIn = await loadBuiltInStrategy(name);
  if (builtIn !== null) return builtIn;
  throw new StrategyLoadFault(
    'strategy-missing',
    `The code of strategy ${name} is not kept here any more (${kept} is missing). Run its scenario anew.`,
  );
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function bundleDir(dataDir: string): string {
  return join(resolve(dataDir), 'strategies');
}

/** What a bundle imports in this package's place. */
const packageLink = './hourglass.mjs';

async function bundle(path: string, shownPath: string): Promise<string> {
  // Loaded here because only runs with a user's file need it.
  const { build } = await import('esbuild');
  try {
    const result = await build({
      entryPoints: [path],
      // Paths in the output are relative to the file's folder: the same code has the same hash anywhere.
      absWorkingDir: dirname(path),
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
      // Whatever tsconfig lies about must not change the code.
      tsconfigRaw: {},
      plugins: [
        {
          name: 'this package',
          setup: (esbuild) => {
            esbuild.onResolve({ filter: /^hourglass$/ }, () => ({ path: packageLink, external: true }));
          },
        },
      ],
    });
    return result.outputFiles[0]!.text;
  } catch (cause) {
    const errors = (cause as Partial<BuildFailure>).errors ?? [];
    const lines = errors.length > 0 ? errors.map((error) => messageLine(error, shownPath)) : [String(cause)];
    throw new StrategyLoadFault(
      'strategy-syntax',
      `${shownPath} cannot be built:\n${lines.join('\n')}`,
      cause,
    );
  }
}

function messageLine(message: Message, shownPath: string): string {
  const { location } = message;
  if (location === null) return `  ${message.text}`;
  const file = basename(location.file) === basename(shownPath) ? shownPath : location.file;
  return `  ${file}:${location.line}:${location.column + 1}: ${message.text}: ${location.lineText.trim()}`;
}

async function keepBundle(code: string, codeHash: string, dataDir: string): Promise<string> {
  const folder = bundleDir(dataDir);
  const path = join(folder, `${codeHash}.mjs`);
  try {
    await mkdir(folder, { recursive: true });
    if (code.includes(packageLink)) await writePackageLink(folder);
    await writeWhole(path, code);
    return path;
  } catch (cause) {
    if (cause instanceof StrategyLoadFault) throw cause;
    throw asStoreFault(cause, 'Keeping the code of the strategy');
  }
}

/** The file through which bundles reach this package; written anew where the package has moved. */
async function writePackageLink(folder: string): Promise<void> {
  const index = new URL(
    import.meta.url.endsWith('.ts') ? '../dist/index.js' : '../index.js',
    import.meta.url,
  );
  await access(index).catch((cause: unknown) => {
    throw new StrategyLoadFault(
      'package-not-built',
      `${fileURLToPath(index)} is missing: run npm run build first.`,
      cause,
    );
  });
  await writeWhole(join(folder, packageLink), `export * from ${JSON.stringify(index.href)};\n`);
}

/** Writes a file under a temporary name and renames it, unless it stands there already. */
async function writeWhole(path: string, content: string): Promise<void> {
  const present = await readFile(path, 'utf8').catch(() => null);
  if (present === content) return;
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function importBundle(path: string, codeHash: string, shownPath: string): Promise<LoadedStrategy> {
  const exported = await importModule(path, shownPath);
  const modulePath = pathToFileURL(path).href;
  return { definition: definitionOf(exported, shownPath), codeHash, modulePath, builtIn: false };
}

async function importModule(path: string, shownPath: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new StrategyLoadFault('strategy-threw', `${shownPath} threw while it was imported: ${text}`, cause);
  }
}

const functions = ['columns', 'schedule', 'limits', 'decide'] as const;
const fieldKinds = ['number', 'integer', 'boolean', 'text', 'choice'];

function definitionOf(exported: Readonly<Record<string, unknown>>, shownPath: string): AnyStrategyDefinition {
  const definition = exported['default'];
  const faults = definitionFaults(definition);
  if (faults.length > 0) {
    throw new StrategyLoadFault(
      'strategy-malformed',
      `${shownPath} is no strategy: ${faults.join('; ')}. A strategy file ends in: export default defineStrategy({ … })`,
    );
  }
  return definition as AnyStrategyDefinition;
}

function definitionFaults(definition: unknown): string[] {
  if (definition === undefined) return ['it has no default export'];
  if (typeof definition !== 'object' || definition === null) {
    return [
      `its default export must be a strategy definition, was ${typeof definition === 'function' ? 'a function' : describe(definition)}`,
    ];
  }
  const fields = definition as Readonly<Record<string, unknown>>;
  const faults: string[] = [];
  const name = fields['name'];
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    faults.push(`name must be a kebab-case text, was ${describe(name)}`);
  }
  faults.push(...configFaults(fields['config']));
  for (const key of functions) {
    if (typeof fields[key] !== 'function')
      faults.push(`${key} must be a function, was ${describe(fields[key])}`);
  }
  return faults;
}

function configFaults(config: unknown): string[] {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    return [`config must be an object of fields (it may be empty: {}), was ${describe(config)}`];
  }
  return Object.entries(config).flatMap(([key, field]: [string, unknown]) => {
    const kind = typeof field === 'object' && field !== null ? (field as { kind?: unknown }).kind : undefined;
    return fieldKinds.includes(String(kind))
      ? []
      : [`config.${key} must be made by number, integer, boolean, text or choice, was ${describe(field)}`];
  });
}

/** Modules carry their source's ending: `.ts` in a checkout that runs from source, `.js` once built. */
function ownModule(name: string): string {
  return `${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`;
}

/** SHA-256 over a built-in's own files and the ones that all of them share, by name and content. */
async function builtInHash(folder: URL): Promise<string> {
  const hash = createHash('sha256');
  for (const part of [new URL('../', folder), folder]) {
    const entries = await readdir(part);
    for (const entry of entries.filter((name) => /\.[jt]s$/.test(name) && !name.endsWith('.d.ts')).sort()) {
      if (entry.startsWith('registry.')) continue;
      hash.update(`${entry}\0`).update(await readFile(new URL(entry, part)));
    }
  }
  return hash.digest('hex');
}
