/** Scores on their way into the store, beside other processes, and what the store makes of damage. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StoredVersion } from '../../../datasets/models/version-store.ts';
import { staleness } from '../../../datasets/scores/open.ts';
import {
  listScores,
  type ScoreInputs,
  type ScoreManifest,
  scorePlanHash,
  scoreSetDir,
} from '../../../datasets/scores/score-set.ts';
import { ownFirst } from '../../../datasets/scores/used-versions.ts';
import { stageScores } from '../../../datasets/scores/write.ts';
import { runSql } from '../../../datasets/sql.ts';
import { signalsOf } from '../../../engine/signal/plan-signals.ts';
import { engineVersion } from '../../../engine/version.ts';
import { modelPlans } from '../../../strategies/models.ts';
import { freshStore, startMs } from '../tiny-market.ts';

const plan = modelPlans.get('v2-ensemble')!;
const inputs: ScoreInputs = {
  ...{ datasetHash: 'd', strategy: plan.strategy, planHash: scorePlanHash(plan), engineVersion },
  ...{ fromMs: startMs, toMs: startMs, versions: [], trainedOn: 'tiny' },
  universe: { approximateQuoteVolume: false, dailyVolumeMin: 0 },
};
const manifest: ScoreManifest = {
  ...{ formatVersion: 1, dataset: 'tiny', ...inputs, hash: '', rows: 0, columns: [], files: [] },
  signals: signalsOf(plan),
};
const sizes = { coins: 8, blockCoins: 8, again: false };

describe('scores in the making', () => {
  it('are left alone where another process is at them, and removed where none is', async () => {
    const store = await freshStore();
    const target = scoreSetDir(store, 'tiny', plan.strategy);
    const first = await stageScores(store, 'tiny', inputs, sizes);
    // The process that started this one lives.
    await writeFile(join(first.dir, 'owner'), String(process.ppid));
    const second = await stageScores(store, 'tiny', inputs, sizes);
    expect(second.dir).not.toBe(first.dir);
    await second.publish(manifest);
    expect((await readdir(dirname(target))).map((name) => join(dirname(target), name)).sort()).toEqual([
      target,
      first.dir,
    ]);
    expect(await readdir(target)).toEqual(['manifest.json']);
    expect((await listScores(store, 'tiny')).map((found) => found.manifest)).toEqual([manifest]);
    await writeFile(join(first.dir, 'owner'), '');
    const third = await stageScores(store, 'tiny', inputs, sizes);
    expect(third.dir).toBe(first.dir);
    await third.publish(manifest);
    expect(await readdir(dirname(target))).toEqual([plan.strategy]);
  });
});

it('versions of the package count only where the store has none of its own', () => {
  const [own, shipped] = (['store', 'package'] as const).map((origin) => ({ origin }) as StoredVersion);
  expect(ownFirst([shipped!, own!])).toEqual([own]);
  expect(ownFirst([shipped!])).toEqual([shipped]);
});

describe('damage', () => {
  it.each([
    ['a field missing', '{"formatVersion":1}'],
    ['a field of another kind', JSON.stringify({ ...manifest, versions: null })],
    [
      'a file of somebody else',
      JSON.stringify({ ...manifest, files: [{ file: '../../secret', sha256: '', bytes: 0, rows: 0 }] }),
    ],
    ['no JSON', '{'],
  ])('in a manifest (%s) means that there are no scores', async (_, text) => {
    const store = await freshStore();
    const dir = scoreSetDir(store, 'tiny', plan.strategy);
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest));
    expect(await listScores(store, 'tiny')).toHaveLength(1);
    await writeFile(join(dir, 'manifest.json'), text);
    expect(await listScores(store, 'tiny')).toEqual([]);
  });

  it('of a version makes its scores stale, and keeps nobody from anything else', async () => {
    const store = await freshStore();
    expect(await staleness(store, manifest, 'd')).toBe(null);
    const dir = join(store.modelsDir, plan.strategy, 'v1');
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'version.json'), '{');
    expect(await staleness(store, manifest, 'd')).toMatch(/held against their versions .*v1 cannot be used/);
    expect((await runSql(store, 'SELECT count(*) AS n FROM bot_order_signals')).rows).toEqual([{ n: 0 }]);
  });
});
