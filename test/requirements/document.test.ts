/** docs/requirements.md speaks of tests: they exist, and none that carries a row's id is left out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { goldenChecks } from '../golden/checks.ts';
import { projectFiles, readSource, root } from '../tidy/sources.ts';

const page = readFileSync(join(root, 'docs/requirements.md'), 'utf8');
const files = projectFiles();

interface Line {
  readonly id: string;
  readonly text: string;
}
/** Lines of the tables of rows and of rules. */
const lines: readonly Line[] = page
  .split('\n')
  .map((text) => ({ id: /^\| (?:☑ )?([A-EK]\d+) \|/.exec(text)?.[1] ?? '', text }))
  .filter(({ id }) => id !== '');

interface Named {
  readonly id: string;
  readonly file: string;
  readonly title: string;
}
const testsOf = /`(test\/[^`]+\.(?:test|truth)\.ts|training\/python\/tests\/\w+\.py)`((?:,? “[^”]+”)+)/g;
/** Every test a line names: `file` “title”, “title”. */
const named: readonly Named[] = lines.flatMap(({ id, text }) =>
  [...text.matchAll(testsOf)].flatMap(([, file, titles]) =>
    [...titles!.matchAll(/“([^”]+)”/g)].map(([, title]) => ({ id, file: file!, title: title! })),
  ),
);

const counts = { A: 35, B: 18, C: 55, D: 15, E: 14 };
const asked = Object.entries(counts).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, number) => `${letter}${number + 1}`),
);

it('names files that exist', () => {
  const paths = [...page.matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.\w+)`/g)].map(([, path]) => path!);
  expect(paths.length).toBeGreaterThan(80);
  expect(paths.filter((path) => !files.includes(path))).toEqual([]);
});

it('names tests that their files hold', () => {
  const texts = new Map(
    [...new Set(named.map(({ file }) => file))]
      .filter((file) => files.includes(file))
      .map((file) => [file, readSource(file).code.replaceAll('\\', '')]),
  );
  const titled = (text: string | undefined, title: string) =>
    ["'", '"', '`'].some((quote) => text?.includes(`${quote}${title}${quote}`) === true) ||
    text?.includes(`\ndef ${title}(`) === true;
  const gone = named.filter(({ file, title }) => !titled(texts.get(file), title));
  expect(gone.map(({ id, file, title }) => `${id}: ${file} ${title}`)).toEqual([]);
  expect(named.length).toBeGreaterThan(80);
  // A title that is quoted beside no file would go unseen.
  expect(lines.flatMap(({ text }) => [...text.matchAll(/“/g)])).toHaveLength(named.length);
});

it('C35: every row stands in the document once, ticked with a test or with what it comes with', () => {
  const ticked = lines.filter(({ id }) => !id.startsWith('K')).map(({ id }) => id);
  const later = page.slice(page.indexOf('## Yet to come')).match(/\b[A-E]\d+\b/g) ?? [];
  expect([...ticked, ...later].sort()).toEqual([...asked].sort());
  const shown = new Set(named.map(({ id }) => id));
  const withoutTest = ticked.filter((id) => !shown.has(id));
  // One splitter that is never used, and figures that are other rows' figures.
  expect(withoutTest).toEqual(['B6', 'E14']);
  const rules = Array.from({ length: 10 }, (_, number) => `K${number + 1}`);
  expect(lines.filter(({ id }) => id.startsWith('K')).map(({ id }) => id)).toEqual(rules);
  expect(rules.filter((id) => !shown.has(id))).toEqual([]);
});

it('leaves out no test that carries the id of a row', () => {
  const carried = files
    .filter((file) => /^test\/.*\.test\.ts$/.test(file))
    .flatMap((file) =>
      [...readSource(file).code.matchAll(/\b(?:it|test|describe)\(\s*(['"`])(([A-EK]\d+): .+?)\1/g)].map(
        ([, , title, id]) => ({ id: id!, file, title: title!.replaceAll('\\', '') }),
      ),
    );
  expect(carried.length).toBeGreaterThan(9);
  const missing = carried.filter(
    (test) =>
      !named.some(({ id, file, title }) => id === test.id && file === test.file && title === test.title),
  );
  expect(missing).toEqual([]);
});

it('cites golden vectors that are checked', () => {
  const section = page.slice(page.indexOf('## Golden vectors'), page.indexOf('## Yet to come'));
  const cited = [...section.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
  expect(cited.length).toBeGreaterThan(10);
  expect(cited.filter((name) => !(name in goldenChecks))).toEqual([]);
  expect(Object.keys(goldenChecks)).toHaveLength(30);
});
