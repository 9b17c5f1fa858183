/** How well a news classifier reads headlines that somebody has labelled. */
import { stat } from 'node:fs/promises';
import { allRows, sqlFile, withDuck } from '../datasets/duck.ts';
import { checkArtifactAt } from '../datasets/models/artifact-files.ts';
import { listVersions, readVersion, versionFolders } from '../datasets/models/version-store.ts';
import type { Store } from '../datasets/store.ts';
import { type NewsClass, newsClasses } from '../engine/columns/records.ts';
import type { Fault } from '../engine/config.ts';
import { articleProbabilities, type TextVersion } from '../engine/signal/news.ts';
import { sharedSession } from '../engine/signal/session.ts';
import type { TextTerms } from '../engine/signal/text-terms.ts';
import { type ClassScores, classScores } from '../engine/stats/confusion.ts';
import { TrainingFault } from './faults.ts';

export interface LabelledHeadline {
  readonly title: string;
  /** Place in `newsClasses`. */
  readonly newsClass: number;
}

export interface NewsEvaluation extends ClassScores {
  /** Folder of the classifier. */
  readonly dir: string;
  /** Headlines that were read wrongly, with the two classes. */
  readonly misses: readonly { readonly title: string; readonly is: string; readonly readAs: string }[];
}

const strategyOfNews = 'btc-residual';
const modelOfNews = 'news';

/**
 * Reads a CSV with columns `title` and `class`.
 * @throws TrainingFault `bad-corpus` with every fault: file, row, what is wrong
 */
export async function readLabels(path: string): Promise<readonly LabelledHeadline[]> {
  const refused = (faults: readonly Fault[]) =>
    new TrainingFault('bad-corpus', faults.map((fault) => `${fault.path}: ${fault.message}`).join('\n'), {
      faults,
    });
  const isThere = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isThere) throw refused([{ path, message: 'is not there' }]);
  const rows = await withDuck((duck) =>
    allRows(
      duck,
      `SELECT * FROM read_csv(${sqlFile(path)}, header = true, all_varchar = true, quote = '"', escape = '"')`,
    ),
  ).catch((cause: unknown) => {
    throw refused([{ path, message: `cannot be read as CSV: ${(cause as Error).message.split('\n')[0]}` }]);
  });
  const absent = ['title', 'class'].filter((name) => rows[0]?.[name] === undefined);
  if (absent.length > 0) throw refused([{ path, message: `has no column ${absent.join(', ')}, or no row` }]);
  const faults: Fault[] = [];
  const labelled = rows.map((row, index): LabelledHeadline => {
    const { title, class: name } = row as { readonly title: string | null; readonly class: string | null };
    const newsClass = newsClasses.indexOf(name?.trim() as NewsClass);
    const place = `${path} row ${index + 1}`;
    if (newsClass < 0)
      faults.push({ path: `${place} class`, message: `${name} is none of ${newsClasses.join(', ')}` });
    if (title === null || title.trim() === '') faults.push({ path: `${place} title`, message: 'is empty' });
    return { title: title ?? '', newsClass };
  });
  if (faults.length > 0) throw refused(faults);
  return labelled;
}

/**
 * Folder of the news classifier of a version; of the newest that has one if null.
 * @throws StoreFault `model-missing`, TrainingFault `artifact-refused` where no version has one
 */
export async function newsClassifierDir(store: Store, version: string | null): Promise<string> {
  const retrains =
    version === null
      ? [...(await listVersions(store, strategyOfNews))].reverse()
      : [await readVersion(store, strategyOfNews, version)];
  // A classifier that was added on its own stands behind those of retrains.
  const all =
    version === null
      ? [...retrains, ...(await versionFolders(store, strategyOfNews)).toReversed()]
      : retrains;
  for (const { artifacts } of all) {
    const found = artifacts.find(({ model, fold }) => model === modelOfNews && fold === null);
    if (found !== undefined) return found.dir;
  }
  throw new TrainingFault(
    'artifact-refused',
    `There is no news classifier${version === null ? '' : ` in version ${version}`}. Train one: hourglass train ${strategyOfNews}`,
  );
}

/**
 * The classifier in a folder, after all checks, valid from the beginning of time.
 * @throws TrainingFault `artifact-refused` with every refusal; StoreFault
 */
export async function openNewsClassifier(dir: string): Promise<TextVersion> {
  const check = await checkArtifactAt(dir);
  const faults = check.ok
    ? [
        ...(check.terms === null ? [{ path: 'input.kind', message: 'reads no text' }] : []),
        ...(check.contract.output.classes.join() === newsClasses.join()
          ? []
          : [{ path: 'output.classes', message: `are not ${newsClasses.join(', ')}` }]),
      ]
    : check.refusals.map(({ field, message }) => ({ path: field, message }));
  if (!check.ok || faults.length > 0) {
    const list = faults.map(({ path, message }) => `  ${path}: ${message}`).join('\n');
    throw new TrainingFault('artifact-refused', `${dir} is no news classifier that may be used:\n${list}`, {
      faults,
    });
  }
  const terms = JSON.parse(new TextDecoder().decode(check.terms!)) as TextTerms;
  const session = await sharedSession(check.contract.files['model.onnx']!.sha256, check.graph);
  return { validFromMs: Number.NEGATIVE_INFINITY, terms, session };
}

/** Most probable class of each title, a place in `newsClasses`; ties to the first. */
export async function readClasses(titles: readonly string[], classifier: TextVersion): Promise<Int8Array> {
  const width = newsClasses.length;
  const probabilities = await articleProbabilities(titles, new Float64Array(titles.length), [classifier]);
  return Int8Array.from(titles, (_, row) => {
    const own = probabilities.subarray(row * width, (row + 1) * width);
    return own.reduce((best, value, place) => (value > own[best]! ? place : best), 0);
  });
}

/** @throws TrainingFault, StoreFault as the parts above */
export async function evaluateNews(
  store: Store,
  { labels, version = null }: { readonly labels: string; readonly version?: string | null },
): Promise<NewsEvaluation> {
  const headlines = await readLabels(labels);
  const dir = await newsClassifierDir(store, version);
  const titles = headlines.map(({ title }) => title);
  const read = await readClasses(titles, await openNewsClassifier(dir));
  const truth = headlines.map(({ newsClass }) => newsClass);
  const misses = headlines.flatMap(({ title, newsClass }, row) =>
    read[row] === newsClass ? [] : [{ title, is: newsClasses[newsClass]!, readAs: newsClasses[read[row]!]! }],
  );
  return { ...classScores(truth, read, newsClasses), dir, misses };
}
