/** The news classifier of a stack, and the dataset's articles as it sees them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTable } from '../datasets/duck.ts';
import { newsOrder, textsOf } from '../datasets/records.ts';
import type { ColumnInputs } from '../engine/columns/features/inputs.ts';
import { newsClasses } from '../engine/columns/records.ts';
import { graphFile, termsFile } from '../engine/signal/contract.ts';
import type { TextSpec } from '../engine/signal/model-plan.ts';
import { softmax } from '../engine/signal/probability.ts';
import { openSession } from '../engine/signal/session.ts';
import { type TextTerms, textVectors } from '../engine/signal/text-terms.ts';
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
  const table = await readTable(join(run.datasetDir, file));
  const titles = textsOf(table, 'title');
  const ordered = newsOrder(table).map((row) => titles[row] ?? '');
  const classes = await classProbabilities(join(stage.dir, 'out', classifier.name), ordered);
  return {
    stages: [stage],
    inputs: { ...inputs, records: { ...inputs.records, news: { ...news, classes } } },
    notes: [`${ordered.length} articles were classified by ${classifier.name}, whose corpus has no dates`],
  };
}

const TITLES_PER_RUN = 256;

/** `[title][class]` on shared memory, by the artifact in the folder. */
async function classProbabilities(dir: string, titles: readonly string[]): Promise<Float64Array> {
  const terms = JSON.parse(await readFile(join(dir, termsFile), 'utf8')) as TextTerms;
  const session = await openSession(await readFile(join(dir, graphFile)));
  const width = newsClasses.length;
  const classes = new Float64Array(new SharedArrayBuffer(titles.length * width * 8));
  try {
    for (let from = 0; from < titles.length; from += TITLES_PER_RUN) {
      const part = titles.slice(from, from + TITLES_PER_RUN);
      const logits = await session.run(textVectors(terms, part), part.length, [terms.terms.length]);
      for (const row of part.keys())
        classes.set(softmax(logits.subarray(row * width, (row + 1) * width)), (from + row) * width);
    }
  } finally {
    await session.close();
  }
  return classes;
}
