/** The store of models: a version is there whole or not at all, is never changed, and is not believed. */
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addModels, addVersion } from '../../../datasets/models/add-version.ts';
import { checkArtifactAt, readArtifact } from '../../../datasets/models/artifact-files.ts';
import { namedModels } from '../../../datasets/models/named-models.ts';
import { checkVersion } from '../../../datasets/models/version-check.ts';
import { listVersions, readVersion, versionFolders } from '../../../datasets/models/version-store.ts';
import { openStore, type Store } from '../../../datasets/store.ts';
import { trainedToMs } from '../../engine/signal/sample-artifact.ts';
import {
  ofFold,
  type SampleVersion,
  sampleVersion,
  sampleVersionName,
  treeFiles,
  writeFiles,
} from './sample-version.ts';

let dir: string;
let store: Store;
let sample: SampleVersion;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hourglass-models-'));
  store = openStore(join(dir, 'data'));
  sample = await sampleVersion(join(dir, 'out'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const own = async () => (await versionFolders(store, 'sample')).map(({ version }) => version);
const place = (...parts: readonly string[]) => join(store.modelsDir, 'sample', sampleVersionName, ...parts);

describe('a version that is added', () => {
  it('is found whole, its artifacts final ones first, and passes', async () => {
    await addVersion(store, sample.manifest, sample.artifacts);
    const version = await readVersion(store, 'sample', sampleVersionName);
    expect(version.manifest).toEqual(sample.manifest);
    expect(version.artifacts.map(({ model, fold }) => [model, fold])).toEqual([
      ['buy-ev', null],
      ['buy-lightgbm', null],
      ['buy-lightgbm', 0],
    ]);
    const check = await checkVersion(version);
    expect(check).toMatchObject({ ok: true, refusals: [] });
    expect(check.artifacts.map(({ check: one }) => one.ok && one.deviationMax)).toEqual([0, 0, 0]);
    expect((await readdir(join(store.modelsDir, 'sample'))).length).toBe(1);
  });

  it('is never changed: the same name again is refused', async () => {
    await addVersion(store, sample.manifest, sample.artifacts);
    const before = await readFile(place('version.json'), 'utf8');
    const again = addVersion(store, { ...sample.manifest, seed: 2 }, sample.artifacts);
    await expect(again).rejects.toMatchObject({ code: 'model-refused' });
    expect(await readFile(place('version.json'), 'utf8')).toBe(before);
  });

  it('with one refused artifact is not added at all, and every refusal has its place', async () => {
    const folds = sample.artifacts[1]!.dir;
    await writeFile(join(folds, 'model.onnx'), 'cut off');
    await expect(addVersion(store, sample.manifest, sample.artifacts)).rejects.toMatchObject({
      code: 'model-refused',
      faults: expect.arrayContaining([
        expect.objectContaining({ path: 'folds/0/buy-lightgbm files' }),
        expect.objectContaining({ path: 'folds/0/buy-lightgbm model.onnx' }),
      ]),
    });
    expect(await own()).toEqual([]);
    expect(await readdir(join(store.modelsDir, 'sample'))).toEqual([]);
  });

  it('names every artifact that it has, and has every one that it names', async () => {
    const { manifest, artifacts } = sample;
    const [first, second] = manifest.models;
    const fewer = { ...manifest, models: [first!, { ...second!, model: 'buy-catboost' }] };
    await expect(addVersion(store, fewer, artifacts)).rejects.toMatchObject({
      faults: expect.arrayContaining([
        {
          path: 'version.json',
          message: expect.stringContaining('names buy-catboost of fold 0, which is not there'),
        },
        { path: 'buy-ev version.json', message: expect.stringContaining('does not name this artifact') },
      ]),
    });
  });

  it('may not weigh its members by hand, nor name members that are not there', async () => {
    const [ensemble] = sample.manifest.ensembles;
    const changed = [
      { ...ensemble!, weightSet: 'ffffffff' },
      { ...ensemble!, members: ['buy-catboost'] },
    ];
    await expect(
      addVersion(store, { ...sample.manifest, ensembles: changed }, sample.artifacts),
    ).rejects.toMatchObject({
      faults: expect.arrayContaining([
        expect.objectContaining({ path: expect.stringContaining('ensembles[0].weightSet') }),
        expect.objectContaining({ path: expect.stringContaining('ensembles[1].members') }),
      ]),
    });
  });

  it('may not hold a model that is valid only later than it', async () => {
    const early = { ...sample.manifest, validFromMs: sample.manifest.trainedToMs + 1 };
    await expect(addVersion(store, early, sample.artifacts)).rejects.toMatchObject({
      faults: expect.arrayContaining([expect.objectContaining({ path: 'buy-lightgbm validFromMs' })]),
    });
  });
});

describe('a model of a fold', () => {
  it('may know nothing after the test begins, less the embargo', async () => {
    const { manifest, artifacts } = sample;
    const fold = artifacts.find((artifact) => artifact.fold === 0)!;
    const sound = { models: [{ model: fold.model, fold: 0, contractSha256: '0'.repeat(64) }], ensembles: [] };
    const lastMs = trainedToMs - 13 * 86_400_000;
    for (const [toMs, late] of [
      [lastMs, 0],
      [lastMs + 1, 1],
    ] as const) {
      await writeFiles(fold.dir, await treeFiles(ofFold(manifest.version, toMs)));
      const refused = addVersion(store, { ...manifest, ...sound }, artifacts);
      const faults = await refused.then(
        () => [],
        (fault: { faults: readonly { path: string; message: string }[] }) => fault.faults,
      );
      const found = faults.filter(({ path }) => path === 'folds/0/buy-lightgbm train.toMs');
      expect(found.length).toBe(late);
      if (late === 1) expect(found[0]!.message).toContain('allows nothing after 2024-08-19T00:00');
    }
  });
});

describe('a version that was changed in the store', () => {
  it('by a sound artifact in the place of another', async () => {
    const version = await addVersion(store, sample.manifest, sample.artifacts);
    await writeFiles(place('buy-lightgbm'), await treeFiles({ seed: 7 }));
    const check = await checkVersion(version);
    expect(check.ok).toBe(false);
    expect(
      check.artifacts.flatMap(({ model, refusals }) => refusals.map(({ field }) => [model, field])),
    ).toEqual([['buy-lightgbm', 'version.json']]);
  });

  it('by an artifact moved to another place', async () => {
    const version = await addVersion(store, sample.manifest, sample.artifacts);
    await cp(place('folds', '0', 'buy-lightgbm'), place('buy-lightgbm'), { recursive: true });
    const [, moved] = (await checkVersion(version)).artifacts;
    expect(moved!.refusals.map(({ message }) => message)).toContain(
      'fold is 0, and its folder says null: put it where it belongs',
    );
  });

  it('whose manifest is damaged is not passed over', async () => {
    await addVersion(store, sample.manifest, sample.artifacts);
    await writeFile(place('version.json'), '{"formatVersion": 1}');
    await expect(listVersions(store, 'sample')).rejects.toMatchObject({ code: 'model-damaged' });
    await expect(readVersion(store, 'sample', sampleVersionName)).rejects.toMatchObject({
      code: 'model-damaged',
    });
    const [folder] = await versionFolders(store, 'sample');
    expect((await checkVersion(folder!)).refusals[0]).toEqual({
      ...{ field: 'version.json strategy', message: 'is missing' },
    });
  });

  it('into another folder is no longer what its folder says', async () => {
    await addVersion(store, sample.manifest, sample.artifacts);
    await cp(place(), join(store.modelsDir, 'sample', '20250101T00-demo-00000000'), { recursive: true });
    await expect(listVersions(store, 'sample')).rejects.toMatchObject({
      faults: [{ path: 'version.json', message: expect.stringContaining('move it there') }],
    });
  });
});

describe('what is not there', () => {
  it('is told with what there is', async () => {
    await addVersion(store, sample.manifest, sample.artifacts);
    const missing = readVersion(store, 'sample', '2020');
    await expect(missing).rejects.toMatchObject({ code: 'model-missing' });
    await expect(missing).rejects.toThrow(`sample/${sampleVersionName}`);
    await expect(namedModels(store, `sample/${sampleVersionName}/nobody`)).rejects.toThrow(
      'there are: buy-ev, buy-lightgbm, folds/0/buy-lightgbm',
    );
    await expect(checkArtifactAt(join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'model-missing' });
  });
});

it('a huge file is refused without being read', async () => {
  const [artifact] = sample.artifacts;
  await truncate(join(artifact!.dir, 'model.onnx'), 65 * 2 ** 20);
  const { files, oversized } = await readArtifact(artifact!.dir);
  expect([files.has('model.onnx'), [...oversized]]).toEqual([false, [['model.onnx', 65 * 2 ** 20]]]);
  expect(await checkArtifactAt(artifact!.dir)).toMatchObject({
    refusals: [
      { field: 'files', message: expect.stringContaining('more than 67108864: train a smaller model') },
    ],
  });
});

describe('an artifact on its own', () => {
  it('joins others of its version, and is no retrain', async () => {
    const source = join(dir, 'converted');
    await writeFiles(source, await treeFiles({ version: 'converted-1', size: 'converted' }));
    const added = await addModels(store, source);
    expect(added).toMatchObject({ version: 'converted-1', manifest: null });
    expect(await listVersions(store, 'sample')).toEqual([]);
    await expect(readVersion(store, 'sample', 'converted-1')).rejects.toThrow('are no retrain');
    expect(await checkVersion(added)).toMatchObject({ ok: true });
    await expect(addModels(store, source)).rejects.toMatchObject({ code: 'model-refused' });
  });

  it('may not slip into a retrain', async () => {
    await addVersion(store, sample.manifest, sample.artifacts);
    const source = join(dir, 'extra');
    await writeFiles(source, await treeFiles({ model: 'buy-extra' }));
    await expect(addModels(store, source)).rejects.toThrow('retrains are never changed');
  });

  it('cannot name a folder outside the store', async () => {
    const source = join(dir, 'stray');
    await writeFiles(source, await treeFiles({ version: '../../../stray' }));
    await expect(addModels(store, source)).rejects.toMatchObject({ code: 'name-refused' });
  });
});
