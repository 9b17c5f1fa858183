/** Articles of a dataset with the classes that a strategy's versions gave them, kept beside its scores (`news.parquet`). */
import { join } from 'node:path';
import { type NewsRecords, newsClasses } from '../../engine/columns/records.ts';
import type { Fault } from '../../engine/config.ts';
import type { Table, TableColumn } from '../../engine/journal/tables.ts';
import type { ModelContract } from '../../engine/signal/contract.ts';
import {
  articleProbabilities,
  type TextVersion,
  textValidity,
  textVersionAt,
  withNewsClasses,
} from '../../engine/signal/news.ts';
import { sharedSession } from '../../engine/signal/session.ts';
import { type TextTerms, textTermsFaults } from '../../engine/signal/text-terms.ts';
import type { DatasetManifest } from '../dataset.ts';
import { writeTable } from '../duck.ts';
import { refuse } from '../faults.ts';
import { type Article, readArticles } from '../records.ts';
import type { Store } from '../store.ts';
import { scoreFiles } from './score-set.ts';

/** A text model of a retrain, as it came out of its checks. */
export interface CheckedText {
  readonly version: string;
  /** `validFromMs` of the version, epoch ms UTC. */
  readonly versionFromMs: number;
  readonly contract: ModelContract;
  readonly graph: Uint8Array;
  /** Contents of `terms.json`. */
  readonly terms: Uint8Array;
}

/**
 * Classifies every article of a dataset, writes `news.parquet` into a folder of scores, and gives the records with these classes;
 * null where the dataset has no news. Articles before the first version have NULL and NaN.
 * @param texts ascending by `versionFromMs`
 * @throws StoreFault `model-refused` where a model gives other classes than those of the news; `file-missing`, `file-unreadable`
 */
export async function classifyArticles(
  store: Store,
  { name, tables }: Pick<DatasetManifest, 'name' | 'tables'>,
  news: NewsRecords | null,
  texts: readonly CheckedText[],
  dir: string,
): Promise<NewsRecords | null> {
  if (news === null || tables.news === undefined) return null;
  const versions = await textVersions(texts);
  const articles = await readArticles(join(store.datasetDir(name), tables.news.file));
  const probabilities = await articleProbabilities(
    articles.map(({ title }) => title),
    articles.map(({ availableMs }) => availableMs),
    versions,
  );
  const versionOf = articles.map(
    ({ availableMs }) => texts[textVersionAt(versions, availableMs)]?.version ?? null,
  );
  await writeTable(join(dir, scoreFiles.news), newsTable(articles, versionOf, probabilities));
  return withNewsClasses(news, probabilities);
}

async function textVersions(texts: readonly CheckedText[]): Promise<readonly TextVersion[]> {
  const faults = texts.flatMap(({ version, contract, terms }) => textFaults(contract, terms, version));
  if (faults.length > 0) throw refuse('model-refused', 'The articles cannot be classified:', faults);
  const validity = textValidity(texts);
  return await Promise.all(
    texts.map(async ({ contract, graph, terms }, index) => ({
      validFromMs: validity[index]!,
      terms: parsedTerms(terms) as TextTerms,
      session: await sharedSession(contract.files['model.onnx']!.sha256, graph),
    })),
  );
}

function textFaults({ model, output }: ModelContract, terms: Uint8Array, version: string): readonly Fault[] {
  const path = `${version}/${model}`;
  const isSame =
    output.classes.length === newsClasses.length &&
    output.classes.every((one, at) => one === newsClasses[at]);
  const classes = `gives the classes ${output.classes.join(', ')}, and news have ${newsClasses.join(', ')}: train it again`;
  return [
    ...(isSame ? [] : [{ path, message: classes }]),
    ...textTermsFaults(parsedTerms(terms)).map((message) => ({ path: `${path} terms.json`, message })),
  ];
}

function parsedTerms(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

function newsTable(
  articles: readonly Article[],
  versionOf: readonly (string | null)[],
  probabilities: Float64Array,
): Table {
  const width = newsClasses.length;
  const columns: Record<string, TableColumn> = {
    id: { type: 'text', values: articles.map(({ id }) => id) },
    available_ms: { type: 'time', values: Float64Array.from(articles, ({ availableMs }) => availableMs) },
    version: { type: 'text', values: versionOf },
  };
  for (const [place, name] of newsClasses.entries()) {
    columns[`p_${name}`] = {
      type: 'double',
      values: Float64Array.from(articles, (_, article) => probabilities[article * width + place]!),
    };
  }
  return { rows: articles.length, columns };
}
