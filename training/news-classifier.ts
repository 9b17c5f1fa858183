/** The news classifier on its own: it needs no dataset, only the corpus. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { btcResidualModels } from '../strategies/btc-residual/models.ts';
import { writeJob } from './job.ts';
import { corpusSeed, writeCorpus } from './news-corpus.ts';
import { type PythonOptions, runJob } from './python.ts';

export interface NewsJob {
  readonly version: string;
  readonly size: string;
  readonly seed?: number;
}

const FOLDS = 5;
const corpusTable = 'headlines.parquet';

/**
 * Fits the classifier of the plan in a job folder.
 * @returns folder of the artifact
 * @throws TrainingFault as `runJob`
 */
export async function fitNewsClassifier(
  dir: string,
  { version, size, seed = corpusSeed }: NewsJob,
  options: PythonOptions = {},
): Promise<string> {
  const models = btcResidualModels.models.filter(({ kind }) => kind === 'text');
  await mkdir(dir, { recursive: true });
  await writeCorpus(join(dir, corpusTable));
  await writeJob(dir, {
    ...{ formatVersion: 1, strategy: btcResidualModels.strategy, version, size, seed, threads: 1 },
    ...{ rows: null, labels: [], folds: [], models },
    contract: {
      dataset: { name: 'corpus', hash: String(seed) },
      ...{ featureSet: null, folds: null },
      train: { fromMs: null, toMs: null, rows: null, sampling: [] },
      validFromMs: 0,
    },
    ...{ outOfFold: null, text: { corpus: corpusTable, folds: FOLDS }, keepFolds: false },
  });
  await runJob(dir, options);
  return join(dir, 'out', models[0]!.name);
}
