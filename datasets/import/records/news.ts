/** News: articles of any feed as rows of the table `news`, with the coins they are about. */
import { createHash } from 'node:crypto';
import { newsClasses } from '../../../engine/columns/records.ts';
import type { Table, TableColumn } from '../../../engine/journal/tables.ts';
import { instantOf } from './instants.ts';
import {
  fieldOf,
  isFields,
  type RecordFile,
  type RecordReading,
  type RecordRow,
  Rejections,
  readRecordFile,
  textOf,
} from './rows.ts';
import { linkNotes, tickerLinks } from './tickers.ts';

interface Article {
  readonly id: string;
  readonly publishedMs: number;
  /** NaN where nobody noted when it came in. */
  readonly ingestedMs: number;
  readonly title: string;
  readonly source: string | null;
  /** Null where the feed names none. */
  readonly tickers: readonly string[] | null;
  readonly category: string | null;
  readonly sentiment: string | null;
  /** Probabilities in the order of `newsClasses`; null where the feed carries none. */
  readonly classes: readonly number[] | null;
}

const published = [
  'published_ms',
  'published_at',
  'pub_date',
  'published',
  'time',
  'timestamp',
  'date',
  'ts',
];
const ingested = ['ingested_ms', 'ingested_at', 'arrived_at', 'received_at', 'first_seen'];

/** Null where no file was given, or none could be read. */
export async function readNews(reading: RecordReading, paths: readonly string[]): Promise<Table | null> {
  const articles: Article[] = [];
  const idPlaces = new Map<string, Article>();
  for (const path of paths) {
    const file = await readRecordFile(reading, path);
    if (file !== null) takeFile(reading, file, articles, idPlaces);
  }
  if (articles.length === 0 || reading.symbols === null) return null;
  const links = tickerLinks(reading.symbols);
  const linked = articles.map(({ title, tickers }) => links.symbolsOf(title, tickers).join(' '));
  reading.notes.push(...linkNotes(links.counts));
  const unknown = articles.filter(({ ingestedMs }) => Number.isNaN(ingestedMs)).length;
  if (unknown > 0) {
    reading.notes.push(
      `news: when ${unknown} of ${articles.length} articles came in is not known (no arrival noted, or the very moment of publication); a join takes them as known at publication, which is early`,
    );
  }
  return newsTable(articles, linked);
}

function takeFile(
  reading: RecordReading,
  file: RecordFile,
  articles: Article[],
  taken: Map<string, Article>,
): void {
  const rejections = new Rejections();
  const before = articles.length;
  for (const row of file.rows) {
    const article = articleOf(row);
    if (typeof article === 'string') {
      rejections.add('unreadable-article', `row ${row.row}: ${article}`);
      continue;
    }
    const former = taken.get(article.id);
    if (former !== undefined) {
      const same = former.title === article.title && former.publishedMs === article.publishedMs;
      rejections.add(same ? 'duplicate' : 'repeated-id', `row ${row.row}: ${article.id}`);
      continue;
    }
    taken.set(article.id, article);
    articles.push(article);
  }
  reading.rejected.push(...rejections.of(file.fileName));
  if (
    articles.length > before ||
    rejections.of(file.fileName).every(({ rule }) => rule !== 'unreadable-article')
  )
    return;
  const [first] = rejections.of(file.fileName);
  reading.faults.push({
    path: file.path,
    message: `holds no article: it takes a title and a time (${published.join(', ')}); ${first?.example}.`,
  });
}

/** What is wrong with the row, where it is no article. */
function articleOf(row: RecordRow): Article | string {
  const title = textOf(row, ['title', 'headline']);
  if (title === null) return 'it has no title';
  const time = fieldOf(row, published);
  const publishedMs = instantOf(time);
  if (publishedMs === null) return `${JSON.stringify(time)} is no time`;
  const source = textOf(row, ['source', 'source_key', 'publisher']);
  const arrival = instantOf(fieldOf(row, ingested));
  return {
    id: textOf(row, ['id', 'guid']) ?? idOf(publishedMs, title, source),
    publishedMs,
    // An archive that was filled afterwards repeats the publication: that says nothing of the arrival.
    ingestedMs: arrival === null || arrival === publishedMs ? Number.NaN : arrival,
    title: title.replaceAll(/\s+/g, ' '),
    source,
    tickers: tickersOf(row),
    category: textOf(row, ['category']),
    sentiment: sentimentOf(row),
    classes: classesOf(row),
  };
}

/** Articles without an id of their own get one from what they are. */
function idOf(publishedMs: number, title: string, source: string | null): string {
  return createHash('sha256')
    .update(`${publishedMs}\0${title}\0${source ?? ''}`)
    .digest('hex')
    .slice(0, 16);
}

function tickersOf(row: RecordRow): readonly string[] | null {
  const names = ['symbols', 'tickers', 'coins', 'currencies'];
  const isColumn = Object.keys(row.fields).some((name) => names.includes(name.toLowerCase()));
  if (!isColumn) return null;
  const given = fieldOf(row, names);
  const list = typeof given === 'string' ? given.split(/[\s,;|]+/) : Array.isArray(given) ? given : [];
  return list
    .map((one: unknown) => String(isFields(one) ? (one['code'] ?? one['symbol'] ?? '') : one).trim())
    .filter((one) => one !== '');
}

function sentimentOf(row: RecordRow): string | null {
  const given = fieldOf(row, ['sentiment']);
  const label = isFields(given) ? given['label'] : given;
  return typeof label === 'string' && label !== '' ? label : null;
}

function classesOf(row: RecordRow): readonly number[] | null {
  const values = newsClasses.map((name) => Number(fieldOf(row, [`p_${name}`]) ?? Number.NaN));
  return values.every((value) => value >= 0 && value <= 1) ? values : null;
}

function newsTable(articles: readonly Article[], symbols: readonly string[]): Table {
  const text = (pick: (article: Article) => string | null): TableColumn => ({
    type: 'text',
    values: articles.map(pick),
  });
  const numbers = (pick: (article: Article) => number) => Float64Array.from(articles, pick);
  const optional = (name: 'category' | 'sentiment'): Record<string, TableColumn> =>
    articles.some((article) => article[name] !== null) ? { [name]: text((article) => article[name]) } : {};
  const classed = articles.some(({ classes }) => classes !== null);
  return {
    rows: articles.length,
    columns: {
      id: text(({ id }) => id),
      published_ms: { type: 'time', values: numbers(({ publishedMs }) => publishedMs) },
      ingested_ms: { type: 'time', values: numbers(({ ingestedMs }) => ingestedMs) },
      title: text(({ title }) => title),
      source: text(({ source }) => source),
      symbols: { type: 'text', values: symbols },
      ...optional('category'),
      ...optional('sentiment'),
      ...Object.fromEntries(
        (classed ? newsClasses : []).map((name, index) => [
          `p_${name}`,
          { type: 'double', values: numbers(({ classes }) => classes?.[index] ?? Number.NaN) },
        ]),
      ),
    },
  };
}
