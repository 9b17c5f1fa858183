/** `hourglass model` as a user calls it: list, show, check and add, with what is told and how it ends. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { versionFile } from '../../engine/signal/version.ts';
import {
  sampleReport,
  sampleVersion,
  sampleVersionName,
  treeFiles,
  writeFiles,
} from '../datasets/models/sample-version.ts';
import { trainedToMs } from '../engine/signal/sample-artifact.ts';
import { answerOf, runCommand } from './run-command.ts';

let dir: string;
let out: string;
const name = `sample/${sampleVersionName}`;
const model = (...args: readonly string[]) =>
  runCommand(['--data-dir', join(dir, 'data'), '--quiet', 'model', ...args]);

interface Line {
  readonly name: string;
  readonly fold: number | null;
  readonly ok: boolean;
  readonly refusals: readonly { readonly field: string }[];
}
/** Models of the sample: the package's own are listed too. */
const linesOf = (answer: Record<string, unknown>) =>
  (answer['models'] as (Line & { readonly strategy: string })[]).filter(
    ({ strategy }) => strategy === 'sample',
  );

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hourglass-model-'));
  out = join(dir, 'out');
  const { manifest } = await sampleVersion(out);
  await writeFile(join(out, versionFile), JSON.stringify(manifest));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('from nothing to a version in the store', () => {
  it('an empty store has none of ours, and says so where one is named', async () => {
    expect(linesOf(answerOf(await model('list', '--json')))).toEqual([]);
    const missing = await model('check', name);
    expect(missing.exitCode).toBe(2);
    expect(missing.err).toContain(`${name} names no model and no folder of one`);
  });

  it('a version passes where it lies, is added, and is listed with what it is', async () => {
    expect((await model('check', out)).out).toBe('3 of 3 models may be used\n');
    const added = await model('add', out, '--json');
    expect(added.exitCode).toBe(0);
    const listed = linesOf(answerOf(await model('list', '--json')));
    expect(listed).toEqual([
      expect.objectContaining({ name: 'buy-ev', fold: null, ok: true }),
      {
        ...{ name: 'buy-lightgbm', strategy: 'sample', version: sampleVersionName, fold: null },
        ...{ size: 'ci-small', library: 'lightgbm 4.7.0', validFromMs: trainedToMs + 3_600_000 },
        ...{ ok: true, refusals: [], diagnoses: [], deviationMax: null, origin: 'store' },
        dir: join(dir, 'data', 'models', name, 'buy-lightgbm'),
      },
    ]);
    expect(linesOf(answerOf(await model('list', '--folds', '--strategy', 'sample', '--json'))).length).toBe(
      3,
    );
    expect((await model('list', '--strategy', 'sample')).out).toContain('2024-09-01T01:00');
  });

  it('every artifact is run by check, those of the folds too', async () => {
    const checked = await model('check', name, '--json');
    expect(checked.exitCode).toBe(0);
    const answer = answerOf(checked);
    expect(answer['ok']).toBe(true);
    expect((answer['models'] as readonly object[]).length).toBe(3);
    for (const line of answer['models'] as readonly object[]) expect(line).toMatchObject({ deviationMax: 0 });
    const fold = answerOf(await model('check', `${name}/folds/0/buy-lightgbm`, '--json'));
    expect(linesOf(fold)).toMatchObject([{ name: 'buy-lightgbm', fold: 0 }]);
  });
});

describe('show', () => {
  it('tells of a version what it was trained on, how good it was and what it looks at', async () => {
    const { out: text } = await model('show', name);
    for (const told of [
      'trained 2024-07-03 to 2024-09-01 00:00, valid from 2024-09-01 01:00 UTC',
      'dataset planted dddddddddddd',
      '2 folds: 2024-08-22 to 2024-08-27 (1,000 / 300 rows)',
      'not shown: buy-xgboost (xgboost): no module of that name',
      'sampled: 20 coins, the most liquid',
      'ensemble buy (2086e6c2): 1.000000 buy-lightgbm',
      'AUC 0.490 [0.460, 0.520], within the hour 0.490',
      'Spearman 0.040, slope 0.80',
      'in: 3 features; out: log-odds (buy)',
      'importance by gain: a 5, c<d> 2.5, b 0',
      'validation from 0.7 to 0.66, least 0.65 at 2 of 3',
    ])
      expect(text).toContain(told);
  });

  it('of one model alone, and as JSON with contract and report', async () => {
    const shown = answerOf(await model('show', `${name}/buy-lightgbm`, '--json'));
    expect(shown['version']).toMatchObject({ version: sampleVersionName });
    expect(shown['models']).toMatchObject([
      {
        name: 'buy-lightgbm',
        ok: true,
        contract: { seed: 1 },
        report: { importance: { gain: [5, 0, 2.5] } },
      },
    ]);
    expect(shown['report']).toBeNull();
  });

  it('writes a page, whose charts are files too, and escapes what it did not write', async () => {
    const { report } = answerOf(await model('show', name, '--report', '--json')) as { report: string };
    const page = (await readFile(report, 'utf8')).split('<script')[0]!;
    const charts = [...page.matchAll(/data-chart="([a-z-]+)"/g)].map((match) => match[1]!);
    expect(charts).toEqual([
      ...['auc', 'buy-lightgbm-split', 'buy-lightgbm-gain', 'buy-lightgbm-permutation', 'buy-lightgbm-curve'],
    ]);
    expect(page).toContain('Training left neither importances nor a curve of it.');
    expect(page).toContain('1 of 2 tests of one model on one fold is no better than chance');
    expect(page).not.toContain('c<d>');
    const csv = await readFile(join(report, '..', 'charts', 'buy-lightgbm-permutation.csv'), 'utf8');
    expect(csv).toBe('feature,value\r\na,0.03\r\nb,-0.001\r\nc<d>,0.01\r\n');
    // The page lies beside the version and is no version itself.
    expect(linesOf(answerOf(await model('list', '--json'))).length).toBe(2);
  });
});

describe('features without use', () => {
  it('are told by name, by importances and by what the library wrote down, and refuse nothing', async () => {
    const folder = join(dir, 'unused');
    const importance = { split: [3, 0, 0], gain: [5, 0, 0.5], permutation: null };
    await writeFiles(folder, await treeFiles({}, { ...sampleReport, importance, deadFeatures: ['c<d>'] }));
    const dead = 'buy-lightgbm never splits on 1 of 3 features: b.';
    const constant = '1 of 3 features of buy-lightgbm never varied in its training: c<d>.';
    const checked = await model('check', folder);
    expect(checked).toMatchObject({ exitCode: 0, out: `${dead}\n${constant}\n1 of 1 model may be used\n` });
    const [line] = answerOf(await model('check', folder, '--json'))['models'] as readonly object[];
    expect(line).toMatchObject({
      diagnoses: [
        { code: 'DEAD_FEATURES', severity: 'remark', figures: { features: 3, dead: 1 } },
        { code: 'CONSTANT_FEATURES', severity: 'remark', figures: { features: 3, constant: 1 } },
      ],
    });
    const shown = await model('show', folder, '--report');
    expect(shown.out).toContain(`  ${dead}\n  ${constant}`);
    const page = await readFile(shown.out.trim().split('\n').at(-1)!, 'utf8');
    expect(page).toContain('never varied in its training: c&lt;d&gt;.');
  });
});

describe('a model that is refused', () => {
  it('ends check with 1 and every refusal, and is not added', async () => {
    const bad = join(dir, 'bad');
    await writeFiles(bad, await treeFiles({ tolerance: 1, validFromMs: trainedToMs }));
    const checked = await model('check', bad, '--json');
    expect(checked.exitCode).toBe(1);
    const answer = answerOf(checked);
    expect(answer['ok']).toBe(false);
    const [line] = answer['models'] as readonly Line[];
    expect(line).toMatchObject({ name: 'buy-lightgbm', ok: false, size: 'ci-small' });
    expect(line!.refusals.map(({ field }) => field)).toEqual(['validFromMs', 'tolerance']);
    const text = (await model('check', bad)).out;
    expect(text).toContain('refused: sample/20240901T00-ci-small-00000000/buy-lightgbm: tolerance: is 1,');
    expect(text).toContain('0 of 1 model may be used');
    const added = await model('add', bad);
    expect(added.exitCode).toBe(2);
    expect(added.err).toContain('validFromMs: is ');
  });

  it('is told of although its contract cannot be read', async () => {
    const broken = join(dir, 'broken');
    await writeFiles(broken, new Map([['contract.json', new TextEncoder().encode('{')]]));
    const checked = await model('check', broken, '--json');
    expect(checked.exitCode).toBe(1);
    expect(answerOf(checked)['models']).toMatchObject([
      {
        name: 'broken',
        strategy: null,
        size: null,
        refusals: [{ field: 'contract.json' }, { field: 'files' }],
      },
    ]);
  });
});
