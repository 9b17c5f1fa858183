/** Models that feed each other, trained for real on a small planted market: what reaches the booster, and what had been known by then. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRows, sqlFile, withDuck } from '../../datasets/duck.ts';
import { dayMs, hourMs } from '../../engine/panel/hours.ts';
import type { ModelSpec } from '../../engine/signal/model-plan.ts';
import { WorkerPool } from '../../engine/signal/pool.ts';
import { softmax } from '../../engine/signal/probability.ts';
import { btcResidualModels } from '../../strategies/btc-residual/models.ts';
import type { JobFile } from '../../training/job.ts';
import type { FinishedTraining } from '../../training/manifest.ts';
import { prepareTraining, trainingInputs } from '../../training/prepare.ts';
import { hasPython } from '../../training/python.ts';
import { sizedPlan } from '../../training/sized-plan.ts';
import { trainStack } from '../../training/stack.ts';
import { type SmallMarket, smallMarket } from './small-market.ts';

const DAYS = 145;

/** As small as the shapes allow: what is learned does not matter here. */
function lowered(model: ModelSpec): ModelSpec {
  const { hyperparameters: own } = model;
  if (model.kind === 'network')
    return { ...model, hyperparameters: { ...own, epochs: 1, hidden: 4, channels: 4 } };
  return model.kind === 'booster' ? { ...model, hyperparameters: { ...own, n_estimators: 5 } } : model;
}

describe.skipIf(!hasPython())('a stack (needs HOURGLASS_PYTHON)', () => {
  let market: SmallMarket;
  let finished: FinishedTraining;
  let workDir: string;

  beforeAll(async () => {
    market = await smallMarket(DAYS, 32);
    workDir = join(market.store.dataDir, 'jobs');
    await mkdir(workDir);
    const plan = sizedPlan(btcResidualModels, 'ci-small');
    const sized = { ...plan, coinsMax: 10, models: plan.models.map(lowered) };
    const pool = new WorkerPool(1);
    try {
      const opened = await trainingInputs(market.store, market.name, sized);
      const toMs = opened.inputs.panel.startMs + DAYS * dayMs;
      const prepared = await prepareTraining({ ...opened, sized, pool }, toMs);
      finished = await trainStack({
        ...{ prepared, version: 'any', seed: 1, threads: 1, keepFolds: false, workDir },
        datasetDir: market.store.datasetDir(market.name),
      });
    } finally {
      await pool.close();
    }
  }, 400_000);

  afterAll(() => market?.remove());

  const query = (sql: string) => withDuck((duck) => allRows(duck, sql));
  const rowsOf = (stage: string) => `read_parquet('${join(workDir, stage)}/rows-*.parquet')`;

  it('hands the booster what the networks of its rows’ own blocks said, and nothing from before the blocks', async () => {
    const predictions = `read_parquet(${sqlFile(join(workDir, 'networks', 'out', 'predictions.parquet'))})`;
    for (const model of ['lstm', 'tcn']) {
      const joined = await query(
        `SELECT r.ts, r.${model}_prob_sell AS sell, r.${model}_prob_buy AS buy, p.output_0, p.output_1, p.output_2
         FROM ${rowsOf('boosters')} r LEFT JOIN (SELECT * FROM ${predictions} WHERE model = '${model}') p
         ON p.symbol = r.symbol AND p.ts = r.ts`,
      );
      expect(joined.length).toBeGreaterThan(300);
      const spoken = joined.filter(({ output_0: output }) => output !== null && !Number.isNaN(output));
      expect(spoken.length).toBeGreaterThan(joined.length / 2);
      for (const row of joined) {
        const shares = softmax([0, 1, 2].map((output) => Number(row[`output_${output}`] ?? Number.NaN)));
        if (Number.isNaN(shares[0])) expect([row['sell'], row['buy']]).toEqual([null, null]);
        else {
          expect(row['sell']).toBeCloseTo(shares[0]!, 6);
          expect(row['buy']).toBeCloseTo(shares[2]!, 6);
        }
      }
    }
  });

  it('fits the networks of a block on labels that were known before it, less the embargo', async () => {
    const job = JSON.parse(await readFile(join(workDir, 'networks', 'job.json'), 'utf8')) as JobFile;
    const spans = job.outOfFold!.blocks;
    expect(spans.length).toBeGreaterThan(3);
    for (const { index, fromMs } of spans) {
      const [told] = await query(
        `SELECT count(*) AS rows, max(tercile_end_ms) AS last FROM ${rowsOf('networks')} WHERE tercile_block_${index} = 1`,
      );
      expect(Number(told!['rows'])).toBeGreaterThan(50);
      expect(Number(told!['last'])).toBeLessThan(fromMs - 72 * hourMs);
    }
    const [{ first } = { first: null }] = await query(`SELECT min(ts) AS first FROM ${rowsOf('boosters')}`);
    expect(Number(first) + hourMs).toBeGreaterThanOrEqual(spans[0]!.fromMs);
  });

  it('ends with every model of the plan, and folds on the booster’s rows', () => {
    const trained = finished.stages.flatMap(({ result }) =>
      result.models.filter(({ fold }) => fold === null).map(({ model }) => model),
    );
    expect(trained).toEqual(['news', 'lstm', 'tcn', 'meta']);
    expect(finished.folds).toHaveLength(4);
    expect(finished.notes.join(' ')).toMatch(/articles were classified.*blocks of 15 days/);
  });
});
