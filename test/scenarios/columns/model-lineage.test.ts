/** Score columns go back to every version that filled them, and through it to what its models read. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addVersion } from '../../../datasets/models/add-version.ts';
import type { ScoreSource } from '../../../datasets/scores/open.ts';
import { openStore, type Store } from '../../../datasets/store.ts';
import { type LineageNode, lineageAudit } from '../../../engine/columns/audit/lineage.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { mergedLineage, modelLineage } from '../../../scenarios/columns/model-lineage.ts';
import { v2EnsembleModels } from '../../../strategies/v2-ensemble/models.ts';
import { lineageOfVersion } from '../../../training/lineage.ts';
import { sampleVersion } from '../../datasets/models/sample-version.ts';
import { addMadeVersion } from '../scoring/made-models.ts';

const used = ['20240301T00-ci-small-00000001', '20240308T00-ci-small-00000002'];
const unused = '20240315T00-ci-small-00000003';
let store: Store;

beforeAll(async () => {
  store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-lineage-')));
  for (const [place, version] of [...used, unused].entries()) {
    await addMadeVersion(store, v2EnsembleModels, {
      ...{ version, seed: place + 1, dataset: { name: 'small', hash: '0'.repeat(64) } },
      validFromMs: Date.UTC(2024, 2, 1 + 7 * place, 1),
    });
  }
}, 60_000);
afterAll(() => rm(store.dataDir, { recursive: true, force: true }));

/** What the walk needs of scores: who made them, by which versions. */
const source = {
  manifest: { strategy: 'v2-ensemble', versions: used.map((version) => ({ version })) },
} as unknown as ScoreSource;

const gate: LineageNode = { name: 'mine', kind: 'gate', inputs: ['v2_buy_logit'] };
const column: LineageNode = { name: 'v2_buy_logit', kind: 'column', inputs: [] };

describe('lineage of score columns', () => {
  it('reaches the models of the versions that were used, and the features they read', async () => {
    const { nodes } = await modelLineage(store, [source, source], lineageOfVersion);
    const { leaks, reached } = lineageAudit(mergedLineage([column, gate, ...nodes]));
    expect(leaks).toEqual([]);
    const mine = reached.find((each) => each.gate === 'mine')!;
    const models = ['lightgbm', 'xgboost', 'catboost'].map((library) => `buy-${library}`);
    expect(mine.states.map(({ name }) => name).sort()).toEqual(
      used.flatMap((version) => models.map((model) => `v2-ensemble/${version}/${model}`)).sort(),
    );
    expect(mine.columns).toEqual(expect.arrayContaining(['v2_buy_lightgbm', '1h_ret_1']));
  });

  it('takes in what was fitted for the folds of those that kept it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'hourglass-folds-'));
    try {
      const { manifest, artifacts } = await sampleVersion(dir);
      await addVersion(store, manifest, artifacts);
      const { strategy, version, folds } = manifest;
      const scores = { manifest: { strategy, versions: [{ version }] } } as unknown as ScoreSource;
      const { fittedOnFolds } = await modelLineage(store, [scores], lineageOfVersion);
      const testFromMs = folds[0]!.testFromMs;
      expect(fittedOnFolds).toEqual([
        {
          ...{ name: 'folds/0/buy-lightgbm', model: `sample/${version}`, fold: 0, testFromMs },
          ...{ trainedToMs: testFromMs - 72 * hourMs, embargoMs: 72 * hourMs },
        },
      ]);
      expect(lineageAudit([], fittedOnFolds)).toMatchObject({ leaks: [], count: 1 });
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('names a version that is used inside its own training', async () => {
    const early = (version: Parameters<typeof lineageOfVersion>[0]) =>
      lineageOfVersion({ ...version, validFromMs: version.trainedToMs });
    const { nodes } = await modelLineage(store, [source], early);
    const { leaks } = lineageAudit(mergedLineage([column, gate, ...nodes]));
    expect(leaks.map(({ field }) => field)).toContain(`v2-ensemble/${used[0]}/buy-lightgbm`);
  });
});
