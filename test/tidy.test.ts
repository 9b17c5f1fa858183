/**
 * The style that a machine can hold. Every rule says what to do instead; lists of exceptions carry their reason and may
 * only become shorter.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type FunctionSpan, longFunctions } from './tidy/functions.ts';
import { deadExports, importsOf } from './tidy/modules.ts';
import { isCode, projectFiles, readSource, root, type Source, sourceOf } from './tidy/sources.ts';

const files = projectFiles();
const texts = files
  .filter((path) => isCode(path) || /\.(?:json|md|yml|yaml|toml|py|txt)$/.test(path))
  .map(readSource);
const sources = texts.filter(({ path }) => isCode(path));
const product = sources.filter(
  ({ path }) => /^(?:index\.ts$|[a-z]+\/)/.test(path) && !/^(?:test|scripts|bin)\//.test(path),
);

// --- who may import whom -------------------------------------------------------------------------------------------

const folders: Readonly<Record<string, readonly string[]>> = {
  engine: ['engine'],
  strategies: ['strategies', 'engine'],
  datasets: ['datasets', 'engine'],
  reports: ['reports', 'engine', 'datasets'],
  scenarios: ['scenarios', 'engine', 'strategies', 'datasets', 'reports'],
  training: ['training', 'engine', 'strategies', 'datasets'],
  live: ['live', 'engine', 'strategies', 'datasets', 'reports'],
  cli: ['cli', 'engine', 'strategies', 'datasets', 'reports', 'scenarios', 'training', 'live', 'index.ts'],
  'index.ts': ['engine', 'strategies', 'datasets', 'reports', 'scenarios', 'training', 'live'],
};

/** Where a package may be imported; a package that is not named may be imported nowhere. */
const packages: readonly { readonly name: RegExp; readonly where: RegExp }[] = [
  { name: /^@duckdb\/node-api$|^apache-arrow$|^arquero$/, where: /^(?:datasets|reports)\// },
  { name: /^vega(?:-lite|-embed)?$|^@resvg\/resvg-js$/, where: /^reports\// },
  { name: /^piscina$|^onnxruntime-node$/, where: /^engine\/signal\// },
  { name: /^zod$/, where: /^scenarios\// },
  { name: /^esbuild$/, where: /^scenarios\/load-strategy\.ts$/ },
  { name: /^commander$/, where: /^cli\// },
  { name: /^ccxt$/, where: /^(?:datasets\/download|live\/binance)\// },
  { name: /^undici$/, where: /^datasets\/download\// },
  { name: /^fflate$/, where: /^datasets\/import\/zip\.ts$/ },
  {
    name: /^node:worker_threads$/,
    where: /^(?:engine\/signal|datasets|scenarios|reports|training|live|cli)\//,
  },
  { name: /^node:/, where: /^(?:datasets|scenarios|reports|training|live|cli)\// },
];

function importFaults(from: readonly Source[]): string[] {
  return from.flatMap(importsOf).flatMap(({ from: path, line, specifier, target }) => {
    const folder = path.split('/')[0]!;
    if (target !== null) {
      const wanted = target.split('/')[0]!;
      const allowed = folders[folder]?.includes(wanted) === true;
      return allowed
        ? []
        : [`${path}:${line} imports ${target}: ${folder} may import ${folders[folder]?.join(', ')}`];
    }
    const rule = packages.find(({ name }) => name.test(packageOf(specifier)));
    if (rule === undefined)
      return [`${path}:${line} imports ${specifier}, which no rule of this test allows`];
    return rule.where.test(path)
      ? []
      : [`${path}:${line} imports ${specifier}: only files under ${rule.where.source} may`];
  });
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
}

describe('imports', () => {
  test('go where the architecture lets them go', () => {
    expect(importFaults(product)).toEqual([]);
  });

  test('name packages that package.json declares', () => {
    const declared = packageNames();
    const undeclared = product
      .flatMap(importsOf)
      .filter(({ target, specifier }) => target === null && !specifier.startsWith('node:'))
      .filter(({ specifier }) => !declared.has(packageOf(specifier)));
    expect(undeclared).toEqual([]);
  });

  test('the rule finds what it is for', () => {
    const stray = sourceOf(
      'engine/panel/stray.ts',
      "import { a } from '../../datasets/store.ts';\nimport type { B } from './rows.ts';\nimport fs from 'node:fs';\nconst c = await import('zod');\n",
    );
    expect(importFaults([stray])).toEqual([
      'engine/panel/stray.ts:1 imports datasets/store.ts: engine may import engine',
      expect.stringContaining('engine/panel/stray.ts:3 imports node:fs'),
      expect.stringContaining('engine/panel/stray.ts:4 imports zod'),
    ]);
  });
});

function packageNames(): ReadonlySet<string> {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return new Set(Object.keys(dependencies));
}

// --- time, chance and the world outside ----------------------------------------------------------------------------

/** The way out is a comment on the same line, with the reason: `// wall-clock-ok: why`. */
const bans: readonly { readonly use: RegExp; readonly instead: string; readonly wayOut: string }[] = [
  {
    use: /\bDate\.now\b/g,
    instead: 'take the time as a parameter; ticks come from the Clock',
    wayOut: 'wall-clock-ok',
  },
  {
    use: /\bnew Date\(\s*\)/g,
    instead: 'give Date the epoch milliseconds that came in',
    wayOut: 'wall-clock-ok',
  },
  { use: /\bperformance\b/g, instead: 'measure outside, in cli or in a benchmark', wayOut: 'wall-clock-ok' },
  {
    use: /\bset(?:Timeout|Interval|Immediate)\b/g,
    instead: 'let the Clock give the ticks',
    wayOut: 'wall-clock-ok',
  },
  { use: /\bMath\.random\b/g, instead: 'take a seeded stream as a parameter', wayOut: 'chance-ok' },
  {
    use: /\brandomUUID\b/g,
    instead: 'derive ids from strategy hash, time, symbol and leg',
    wayOut: 'chance-ok',
  },
  {
    use: /\bprocess\s*\.\s*(?:env|argv|cwd|hrtime)\b/g,
    instead: 'take the setting as a parameter',
    wayOut: 'world-ok',
  },
  { use: /\bconsole\b/g, instead: 'return it, or append it to the Journal', wayOut: 'world-ok' },
];

function banFaults(from: readonly Source[]): string[] {
  return from.flatMap(({ path, text, bare }) => {
    const lines = text.split('\n');
    return bare
      .split('\n')
      .flatMap((line, index) =>
        bans
          .filter(
            ({ use, wayOut }) =>
              line.search(use) >= 0 && !new RegExp(`// ${wayOut}: \\S`).test(lines[index]!),
          )
          .map(({ use, instead }) => `${path}:${index + 1} uses ${line.match(use)![0]}: ${instead}`),
      );
  });
}

describe('engine and strategies', () => {
  test('know no wall clock, no chance, no environment and no console', () => {
    expect(banFaults(product.filter(({ path }) => /^(?:engine|strategies)\//.test(path)))).toEqual([]);
  });

  test('the ban finds uses, and neither comments, strings nor uses with a reason', () => {
    const stray = sourceOf(
      'engine/stray.ts',
      [
        'const a = Date.now();',
        '// Date.now() would be wrong here',
        "const b = 'Math.random';",
        'const c = new Date(timeMs);',
        'const d = new Date(); // wall-clock-ok: shown to a person, decides nothing',
        'const e = new Date(); // wall-clock-ok:',
        'const f = process.env["HOME"];',
      ].join('\n'),
    );
    expect(banFaults([stray]).map((fault) => fault.slice(0, 17))).toEqual([
      'engine/stray.ts:1',
      'engine/stray.ts:6',
      'engine/stray.ts:7',
    ]);
  });
});

// --- what lies around ----------------------------------------------------------------------------------------------

/** Exports that nobody imports yet. Take lines out; put none in. */
const deadExportsKnown: readonly string[] = [];

describe('exports', () => {
  test('have somebody who imports them', () => {
    const dead = deadExports(sources)
      .filter(({ path }) => product.some((source) => source.path === path) && path !== 'index.ts')
      .map(({ path, name }) => `${path} ${name}`);
    expect(dead.filter((name) => !deadExportsKnown.includes(name))).toEqual([]);
    expect(
      deadExportsKnown.filter((name) => !dead.includes(name)),
      'no longer dead: take them out',
    ).toEqual([]);
  });

  test('the rule finds a dead export, and follows renames, defaults and re-exports', () => {
    const one = sourceOf(
      'engine/one.ts',
      'export const used = 1;\nexport const unused = 2;\nexport interface Shape {}\nexport function f(): Shape {}\nexport default 3;\n',
    );
    const two = sourceOf('cli/two.ts', "import three, { used as other } from '../engine/one.ts';\n");
    const three = sourceOf('index.ts', "export { f } from './engine/one.ts';\n");
    expect(deadExports([one, two, three]).map(({ name }) => name)).toEqual(['unused']);
    expect(deadExports([one, three]).map(({ name }) => name)).toEqual(['used', 'unused', 'default']);
  });
});

const unfinished = new RegExp(`\\b(?:${['FIX' + 'ME', 'TO' + 'DO', 'X' + 'XX'].join('|')})\\b`);

test('nothing is left for later in a comment: do it, or open an issue', () => {
  expect(linesWith(unfinished, sources)).toEqual([]);
});

/** Spelled in two halves, so that this file does not hold them itself. */
const elsewhere = new RegExp(
  [
    ...['work', 'root', 'tmp', 'home'].map((folder) => `(?<![\\w.$}~-])/${folder}/`),
    ...[
      'registry.' + 'npmjs',
      'registry.' + 'yarnpkg',
      'npm' + 'mirror',
      'pypi.' + 'org',
      'files.python' + 'hosted',
    ],
  ].join('|'),
);

test('no file names a folder of one machine or the host of a package registry', () => {
  expect(linesWith(elsewhere, texts)).toEqual([]);
});

test('the lock file holds no download addresses', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly resolved?: string }>>;
  };
  const addressed = Object.entries(lock.packages).filter(
    ([, { resolved }]) => resolved?.includes('://') === true,
  );
  expect(addressed.map(([name]) => name)).toEqual([]);
});

function linesWith(pattern: RegExp, from: readonly Source[]): string[] {
  return from.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1} ${line.trim().slice(0, 100)}`] : [],
      ),
  );
}

// --- names and lengths ---------------------------------------------------------------------------------------------

const emptyWords = ['manager', 'handler', 'helper', 'util', 'processor', 'data', 'info', 'common', 'base'];

test('file names say what is in the file', () => {
  const vague = files.filter((path) => {
    const parts = path.replace(/\.[^/]*$/, '').split(/[/\-_.]/);
    // A file of cli is named by its command.
    return (
      isCode(path) &&
      !path.startsWith('cli/') &&
      parts.some((part) => emptyWords.includes(part.replace(/s$/, '')) || emptyWords.includes(part))
    );
  });
  expect(vague).toEqual([]);
});

const functionLinesMax = 70;
/** Longer than the limit, each with the reason why it reads better whole. Take lines out; put none in. */
const longFunctionsKnown: Readonly<Record<string, string>> = {};

describe('functions', () => {
  test(`take at most ${functionLinesMax} lines`, () => {
    const long = product.flatMap((source) => longFunctions(source, functionLinesMax));
    const unknown = long.filter((span) => longFunctionsKnown[nameOf(span)] === undefined);
    expect(unknown.map((span) => `${nameOf(span)}: ${span.lines} lines, from line ${span.line}`)).toEqual([]);
    const gone = Object.keys(longFunctionsKnown).filter(
      (name) => !long.some((span) => nameOf(span) === name),
    );
    expect(gone, 'no longer long: take them out').toEqual([]);
  });

  test('are found whatever their form', () => {
    const body = '\n  a();\n  b();\n';
    const forms = [
      `function plain(x: number): { y: number } {${body}}`,
      `export const arrow = async (x) => {${body}};`,
      `class C {\n  #method<T>(\n    x: T,\n  ): Promise<T> {${body}}\n}`,
      `if (x) {${body}}`,
      `for (const x of y) {${body}}`,
      `const object = {${body}};`,
      `run(() => {${body}});`,
    ].map((text) => longFunctions(sourceOf('engine/form.ts', text), 3).map(({ name }) => name));
    expect(forms).toEqual([['plain'], ['arrow'], ['#method'], [], [], [], ['arrow']]);
  });
});

function nameOf({ path, name }: FunctionSpan): string {
  return `${path} ${name}`;
}

// --- tests and truth -----------------------------------------------------------------------------------------------

test('only the planted market touches its own truth tables', () => {
  const reading = product
    .filter(({ path }) => !path.startsWith('datasets/planted/'))
    .filter(({ code }) => /['"`/]truth['"`/]/.test(code))
    .map(({ path }) => path);
  expect(reading).toEqual([]);
});

test('every test file expects something, itself or through a contract suite', () => {
  const silent = sources
    .filter(({ path }) => path.endsWith('.test.ts'))
    .filter(({ bare }) => !/\bexpect\s*(?:\(|\.)/.test(bare) && !/\b\w+Contract\(/.test(bare))
    .map(({ path }) => path);
  expect(silent).toEqual([]);
});
