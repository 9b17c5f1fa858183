/** The news classifier of a stack, and the dataset's articles as it sees them. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Article, readArticles } from '../datasets/records.ts';
import type { ColumnInputs } from '../engine/columns/features/inputs.ts';
import { graphFile, termsFile } from '../engine/signal/contract.ts';
import type { TextSpec } from '../engine/signal/model-plan.ts';
import { articleProbabilities, withNewsClasses } from '../engine/signal/news.ts';
import { openSession } from '../engine/signal/session.ts';
import type { TextTerms } from '../engine/signal/text-terms.ts';
import { writeCorpus } from './news-corpus.ts';
import { type FinishedStage, runTextStage, type TrainingRun } from './stage.ts';

export interface NewsInputs {
  readonly stages: readonly FinishedStage[];
  /** With the classifier's probabilities of every article, where there are articles. */
  readonly inputs: ColumnInputs;
  readonly notes: readonly string[];
}

const CORPUS_FOLDS = 5;

/** Trains the plan's text models and classifies the articles of the dataset. */
export async function newsInputs(run: TrainingRun): Promise<NewsInputs> {
  const { inputs, sized, dataset } = run.prepared;
  const models = sized.models.filter((model): model is TextSpec => model.kind === 'text');
  const [classifier] = models;
  if (classifier === undefined) return { stages: [], inputs, notes: [] };
  const stage = await runTextStage(run, { models, writeCorpus, folds: CORPUS_FOLDS });
  const { news } = inputs.records;
  const file = dataset.manifest.tables.news?.file;
  const isTrained = stage.result.models.some(({ model }) => model === classifier.name);
  if (news === null || file === undefined || !isTrained) return { stages: [stage], inputs, notes: [] };
  const articles = await readArticles(join(run.datasetDir, file));
  const probabilities = await classify(join(stage.dir, 'out', classifier.name), articles);
  return {
    stages: [stage],
    inputs: { ...inputs, records: { ...inputs.records, news: withNewsClasses(news, probabilities) } },
    notes: [`${articles.length} articles were classified by ${classifier.name}, whose corpus has no dates`],
  };
}

/** All articles by the artifact in the folder: its corpus has no dates, so it may speak of any time. */
async function classify(dir: string, articles: readonly Article[]): Promise<Float64Array> {
  const terms = JSON.parse(await readFile(join(dir, termsFile), 'utf8')) as TextTerms;
  const session = await openSession(await readFile(join(dir, graphFile)));
  try {
    return await articleProbabilities(
      articles.map(({ title }) => title),
      articles.map(({ availableMs }) => availableMs),
      [{ validFromMs: Number.NEGATIVE_INFINITY, terms, session }],
    );
  } finally {
    await session.close();
  }
}
