/** The bench's features: figures that no number of workers moves, and that are checked before a time counts. */
import { expect, it } from 'vitest';
import { WorkerPool } from '../../engine/signal/pool.ts';
import { checkNewestHour, featureInputs, runBlocks, runNewestHour } from '../../scenarios/bench/features.ts';
import { madeUpWorkload } from '../../scenarios/bench/made-up.ts';
import { prepareWorkload } from '../../scenarios/bench/workload.ts';

it('all columns have one digest for any number of workers, and the newest hour is their last row', async () => {
  const inputs = featureInputs(prepareWorkload(madeUpWorkload(24, 1500)).panel);
  const figures = [];
  for (const workers of [1, 3]) {
    const pool = new WorkerPool(workers);
    try {
      figures.push(await runBlocks(inputs, pool));
    } finally {
      await pool.close();
    }
  }
  const [one, three] = figures;
  expect(three).toEqual(one);
  expect(one!.newest).toHaveLength(24 * 162);
  expect(one!.present).toBeGreaterThan(24 * 1500 * 40);

  const hour = runNewestHour(inputs);
  expect(hour).toHaveLength(83);
  checkNewestHour(hour, one!);
  const other = hour.map((values) => values.slice());
  other[40]![7] = 0.5;
  expect(() => checkNewestHour(other, one!)).toThrow(/of the newest hour is that of the blocks/);
}, 60_000);
