/** What the dated records beside the bars say of themselves: how many, from when to when, and what nobody noted. */
import { dayMs } from '../../engine/panel/hours.ts';
import { type DenseSource, relationOf } from '../dense-span.ts';
import { allRows, describeRelation, withDuck } from '../duck.ts';

type Source = Pick<DenseSource, 'dir' | 'tables'>;

export interface NewsFacts {
  readonly articles: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Articles of which nobody noted when they came in, and those that came in before they were published. */
  readonly withoutArrival: number;
  readonly earlyArrival: number;
  /** Published on the dot of midnight. */
  readonly atMidnight: number;
  /** Longest times without an article, of a week and more. */
  readonly silences: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Articles linked to each symbol. */
  readonly linked: ReadonlyMap<string, number>;
}

export interface DailyFacts {
  readonly rows: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Steps between values that are longer than a day and a half: where it was before, and how many days were left out. */
  readonly holes: readonly { readonly afterMs: number; readonly days: number }[];
}

/** A record type that the dataset lacks is null. */
export interface RecordFacts {
  readonly news: NewsFacts | null;
  readonly fearGreed: DailyFacts | null;
  readonly marketCap: Pick<DailyFacts, 'rows' | 'fromMs' | 'toMs'> | null;
}

const silenceDays = 7;

export async function readRecordFacts(source: Source): Promise<RecordFacts> {
  return {
    news: await newsFacts(source),
    fearGreed: await fearGreedFacts(source),
    marketCap: await marketCapFacts(source),
  };
}

async function newsFacts(source: Source): Promise<NewsFacts | null> {
  if (source.tables.news === undefined) return null;
  const news = relationOf(source, 'news');
  return await withDuck(async (duck) => {
    const columns = new Set((await describeRelation(duck, news)).map(({ name }) => name));
    const arrived = columns.has('ingested_ms') ? 'ingested_ms' : 'CAST(NULL AS BIGINT)';
    const [facts] = await allRows(
      duck,
      `SELECT count(*) AS articles, min(published_ms) AS first, max(published_ms) AS last,
         count(*) - count(${arrived}) AS unknown, count(*) FILTER (WHERE ${arrived} < published_ms) AS early,
         count(*) FILTER (WHERE published_ms % ${dayMs} = 0) AS midnight FROM ${news}`,
    );
    const silences = await allRows(
      duck,
      `SELECT before, published_ms AS next FROM (SELECT published_ms, lag(published_ms) OVER (ORDER BY published_ms) AS before FROM ${news})
       WHERE published_ms - before > ${silenceDays * dayMs} ORDER BY published_ms`,
    );
    const linked = columns.has('symbols')
      ? await allRows(
          duck,
          `SELECT symbol, count(*) AS articles FROM (SELECT unnest(string_split(coalesce(symbols, ''), ' ')) AS symbol FROM ${news})
           WHERE symbol <> '' GROUP BY symbol ORDER BY symbol`,
        )
      : [];
    return {
      articles: Number(facts?.['articles']),
      fromMs: Number(facts?.['first']),
      toMs: Number(facts?.['last']),
      withoutArrival: Number(facts?.['unknown']),
      earlyArrival: Number(facts?.['early']),
      atMidnight: Number(facts?.['midnight']),
      silences: silences.map((row) => ({ fromMs: Number(row['before']), toMs: Number(row['next']) })),
      linked: new Map(linked.map((row) => [String(row['symbol']), Number(row['articles'])])),
    };
  });
}

async function fearGreedFacts(source: Source): Promise<DailyFacts | null> {
  if (source.tables.fear_greed === undefined) return null;
  const relation = relationOf(source, 'fear_greed');
  return await withDuck(async (duck) => {
    const [span] = await allRows(
      duck,
      `SELECT count(*) AS rows, min(published_ms) AS first, max(published_ms) AS last FROM ${relation}`,
    );
    const holes = await allRows(
      duck,
      `SELECT before, round((published_ms - before) / ${dayMs}.0) - 1 AS days
       FROM (SELECT published_ms, lag(published_ms) OVER (ORDER BY published_ms) AS before FROM ${relation})
       WHERE published_ms - before > ${1.5 * dayMs} ORDER BY before`,
    );
    return {
      rows: Number(span?.['rows']),
      fromMs: Number(span?.['first']),
      toMs: Number(span?.['last']),
      holes: holes.map((row) => ({ afterMs: Number(row['before']), days: Number(row['days']) })),
    };
  });
}

async function marketCapFacts(source: Source): Promise<RecordFacts['marketCap']> {
  if (source.tables.market_cap === undefined) return null;
  return await withDuck(async (duck) => {
    const [span] = await allRows(
      duck,
      `SELECT count(*) AS rows, min(published_ms) AS first, max(published_ms) AS last FROM ${relationOf(source, 'market_cap')}`,
    );
    return { rows: Number(span?.['rows']), fromMs: Number(span?.['first']), toMs: Number(span?.['last']) };
  });
}
