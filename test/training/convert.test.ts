import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkArtifactAt } from '../../datasets/models/artifact-files.ts';
import { openStore } from '../../datasets/store.ts';
import { openSession } from '../../engine/signal/session.ts';
import { convertIntoStore, convertModel } from '../../training/convert.ts';
import { TrainingFault } from '../../training/faults.ts';
import { hasPython } from '../../training/python.ts';

/** Two stumps on `calm` and `wild`: NaN goes right in the first and left in the second. */
function modelText(): string {
  const stump = (feature: number, threshold: number, decision: number, leaves: readonly number[]) =>
    [
      ...['num_leaves=2', 'num_cat=0', `split_feature=${feature}`, 'split_gain=1', `threshold=${threshold}`],
      ...[`decision_type=${decision}`, 'left_child=-1', 'right_child=-2', `leaf_value=${leaves.join(' ')}`],
      ...['leaf_weight=1 1', 'leaf_count=1 1', 'internal_value=0', 'internal_weight=1', 'internal_count=2'],
      ...['is_linear=0', 'shrinkage=1', '', ''],
    ].join('\n');
  const trees = [stump(0, 0.1, 8, [-0.5, 1.25]), stump(1, -2, 10, [0.25, -2])];
  const blocks = trees.map((tree, place) => `Tree=${place}\n${tree}\n`);
  return [
    ...[
      'tree',
      'version=v4',
      'num_class=1',
      'num_tree_per_iteration=1',
      'label_index=0',
      'max_feature_idx=2',
    ],
    ...['objective=binary sigmoid:1', 'feature_names=calm wild still', 'feature_infos=[-1:1] [-9:9] none'],
    ...[`tree_sizes=${blocks.map((block) => block.length).join(' ')}`, '', blocks.join('')],
  ]
    .join('\n')
    .concat('end of trees\n\nfeature_importances:\n\nparameters:\nend of parameters\n');
}

const request = { model: 'stumps', strategy: 'trial', validFromMs: Date.UTC(2025, 0), side: 'buy' } as const;

describe('models that were trained elsewhere', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hourglass-convert-test-'));
    await writeFile(join(dir, 'model.txt'), modelText());
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('are refused with every fault of the request, before anything is started', async () => {
    const file = join(dir, 'nowhere.txt');
    const asked = convertModel(
      { ...request, file, model: 'Buy Model', strategy: '', features: ['a'], featureSet: 's9' },
      join(dir, 'out'),
      { python: '/nonexistent/python' },
    );
    const fault = await asked.catch((cause: unknown) => cause);
    expect(fault).toBeInstanceOf(TrainingFault);
    const { code, faults } = fault as TrainingFault;
    expect(code).toBe('training-refused');
    expect(faults.map(({ path }) => path)).toEqual(['file', 'model', 'strategy', 'features', 'featureSet']);
  });

  it.skipIf(!hasPython())(
    'end in the store, with the routes of absent values',
    async () => {
      const file = join(dir, 'model.txt');
      const store = openStore(join(dir, 'data'));
      const { conversion, dir: place } = await convertIntoStore(store, { ...request, file });
      expect(conversion).toMatchObject({
        trees: 2,
        output: 'logit',
        deadFeatures: ['still'],
        expected: null,
      });
      const check = await checkArtifactAt(place);
      if (!check.ok) throw new Error(JSON.stringify(check.refusals));
      const session = await openSession(check.graph);
      const rows = [
        [0, 0, 0, -0.5 - 2],
        [1, -3, Number.NaN, 1.25 + 0.25],
        [Number.NaN, Number.NaN, 0, 1.25 + 0.25],
        // Single precision's .1 lies above the threshold, and goes right.
        [0.1, -2, 0, 1.25 + 0.25],
      ];
      const inputs = Float32Array.from(rows.flatMap((row) => row.slice(0, 3)));
      expect([...(await session.run(inputs, rows.length, [3]))]).toEqual(rows.map((row) => row[3]));
      await session.close();
      await expect(convertIntoStore(store, { ...request, file })).rejects.toMatchObject({
        code: 'model-refused',
      });
    },
    60_000,
  );
});
