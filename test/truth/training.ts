/** A planted market made ready for a retrain at its end, for as long as something is measured on what models say of it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MarketSettings } from '../../datasets/planted/settings.ts';
import { dayMs } from '../../engine/panel/hours.ts';
import type { ModelPlan } from '../../engine/signal/model-plan.ts';
import { WorkerPool } from '../../engine/signal/pool.ts';
import { prepareTraining, trainingInputs } from '../../training/prepare.ts';
import { hasPython } from '../../training/python.ts';
import { sizedPlan } from '../../training/sized-plan.ts';
import type { TrainingRun } from '../../training/stage.ts';
import { type Measured, skippedRow, truthRow } from './row.ts';
import { type StoredMarket, withStoredMarket } from './stored.ts';

export interface MarketTraining {
  readonly market: StoredMarket;
  readonly run: TrainingRun;
}

export async function withTraining<Value>(
  settings: MarketSettings,
  plan: ModelPlan,
  use: (training: MarketTraining) => Promise<Value>,
): Promise<Value> {
  return await withStoredMarket(settings, async (market) => {
    const { store, name } = market;
    const sized = sizedPlan(plan, 'published');
    const workDir = join(store.dataDir, 'jobs');
    await mkdir(workDir);
    const pool = new WorkerPool(1);
    try {
      const opened = await trainingInputs(store, name, sized);
      const toMs = opened.inputs.panel.startMs + settings.days * dayMs;
      const prepared = await prepareTraining({ ...opened, sized, pool }, toMs);
      const datasetDir = store.datasetDir(name);
      const version = 'truth';
      return await use({
        market,
        run: { prepared, version, seed: settings.seed, threads: 1, keepFolds: false, datasetDir, workDir },
      });
    } finally {
      await pool.close();
    }
  });
}

/** A row that only a training can measure. */
export function trainedRow(
  id: string,
  title: string,
  target: string,
  measure: () => Promise<Measured>,
): void {
  if (hasPython()) truthRow(id, title, target, measure);
  else skippedRow(id, title, 'needs a Python to train with: npm run training:setup, or HOURGLASS_PYTHON');
}
