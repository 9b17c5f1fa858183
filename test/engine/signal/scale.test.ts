/** An hour of a whole market through forests of the published size, from features that are there to scores. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { FeatureBlock } from '../../../engine/columns/blocks.ts';
import { barInputs } from '../../../engine/columns/features/inputs.ts';
import { ensembleLogit } from '../../../engine/signal/ensemble.ts';
import { scoreBlock } from '../../../engine/signal/score-block.ts';
import type { ScoredModel, ScorePlan } from '../../../engine/signal/scored-version.ts';
import {
  ensembleOfForest,
  madeUpForest,
  madeUpRows,
  treeEnsembleGraph,
} from '../../../scenarios/bench/forest.ts';
import { randomMarket } from '../columns/features/random-market.ts';

const PAIRS = 470;
const features = Array.from({ length: 90 }, (_, index) => `f${index}`);
const members = { lightgbm: 7, xgboost: 6, catboost: 6 } as const;
const sides = ['buy', 'sell'] as const;
const weights = [0.3, 0.4, 0.3];

/** XGBoost adds leaves up in single precision, the others in double. */
function graphOf(library: keyof typeof members, seed: number): Uint8Array {
  const forest = madeUpForest({ trees: 800, depth: members[library], features: 90, thresholds: 255, seed });
  const precision = library === 'xgboost' ? 'single' : 'double';
  const bytes = treeEnsembleGraph({ ...ensembleOfForest(forest), precision }, features.length);
  const graph = new Uint8Array(new SharedArrayBuffer(bytes.length));
  graph.set(bytes);
  return graph;
}

const libraries = Object.keys(members) as readonly (keyof typeof members)[];
const graphs = libraries.map(graphOf);
/** The other side's forests ask the same of other features. */
const models = sides.flatMap((side) =>
  libraries.map((library, index): ScoredModel => {
    const name = `${side}_${library}`;
    const graph = graphs[index]!;
    return {
      ...{ name, features: side === 'buy' ? features : features.toReversed(), columns: [name], graph },
      ...{ steps: 1, shape: [features.length], strideHours: 1, nanShareMax: 1, stored: 'raw' },
      sha256: createHash('sha256').update(new Uint8Array(graph)).digest('hex'),
    };
  }),
);
const ensembles = sides.map((side) => ({
  ...{ column: `${side}_logit`, members: libraries.map((library) => `${side}_${library}`) },
  ...{ weights, weightSet: '' },
}));
const plan: ScorePlan = {
  ...{ strategy: 'scale', decisionHoursUtc: null },
  columns: [...models.map(({ name }) => name), ...ensembles.map(({ column }) => column)],
  versions: [{ version: 'one', validFromMs: 0, models, ensembles }],
};

it('B16: 470 pairs by three models a side, gathered, scored and weighted, in less than ten seconds', async () => {
  const panel = randomMarket({ seed: 3, coins: PAIRS, hours: 1 });
  const block: FeatureBlock = {
    inputs: barInputs({ ...panel, bars: new Float64Array(panel.bars.length).fill(1) }),
    ...{ features, fromCoin: 0, toCoin: PAIRS, fromHour: 0, toHour: 1 },
    values: madeUpRows(PAIRS, features.length, 5),
    eligible: new Uint8Array(PAIRS).fill(1),
  };
  const job = { plan, fromHour: 0, toHour: 1, batchRows: 4096 };
  // Opens the models, which a session does once.
  const first = await scoreBlock(block, job);
  const startMs = performance.now();
  const { values, asked } = await scoreBlock(block, job);
  const seconds = (performance.now() - startMs) / 1000;
  expect(seconds).toBeLessThan(10);
  expect(values).toEqual(first.values);
  expect(asked.reduce((sum, one) => sum + one, 0)).toBe(PAIRS);
  const column = (name: string) => values.subarray(plan.columns.indexOf(name) * PAIRS).subarray(0, PAIRS);
  for (const { column: name, members: parts } of ensembles) {
    expect(new Set(column(name)).size).toBeGreaterThan(PAIRS / 2);
    for (let coin = 0; coin < PAIRS; coin += 1) {
      const logits = parts.map((part) => column(part)[coin]!);
      expect(column(name)[coin]).toBe(ensembleLogit(logits, weights));
    }
  }
}, 60_000);
