/** News by coin, and the articles that a window of hours can see. */
import { hourMs } from '../../panel/hours.ts';
import { type NewsRecords, newestAvailable, newsClasses } from '../records.ts';
import type { MarketWindow } from './coin-window.ts';

/** A source that delivered nothing for so long is taken for silent: its counts are unknown then, not zero. */
const FEED_HOURS = 24;
/** Class number of an article that no classifier has seen. */
const UNCLASSIFIED = -1;

export interface NewsIndex {
  /** Articles linked to coin c: those of `articles` in [start[c], start[c + 1]), in the order of their availability. */
  readonly start: Int32Array;
  readonly articles: Int32Array;
  /** Every article, for what looks at all of them. */
  readonly all: Int32Array;
  /** Most probable class, an index into `newsClasses`, ties to the first; `UNCLASSIFIED` where a probability is missing. */
  readonly classOf: Int8Array;
}

const indices = new WeakMap<NewsRecords, NewsIndex>();

/** Made once for the records. */
export function newsIndex(news: NewsRecords): NewsIndex {
  const known = indices.get(news);
  if (known !== undefined) return known;
  const all = Int32Array.from(news.availableMs, (_, article) => article);
  const made = { ...byCoin(news), classOf: classesOf(news), all };
  indices.set(news, made);
  return made;
}

/** An article that names a coin twice counts once. */
function byCoin({ start, coins, availableMs }: NewsRecords): Pick<NewsIndex, 'start' | 'articles'> {
  const count = coins.reduce((highest, coin) => Math.max(highest, coin), -1) + 1;
  const lists = Array.from({ length: count }, (): number[] => []);
  for (let article = 0; article < availableMs.length; article += 1) {
    for (let at = start[article]!; at < start[article + 1]!; at += 1) {
      const list = lists[coins[at]!]!;
      if (list.at(-1) !== article) list.push(article);
    }
  }
  const starts = new Int32Array(count + 1);
  for (const [coin, list] of lists.entries()) starts[coin + 1] = starts[coin]! + list.length;
  return { start: starts, articles: Int32Array.from(lists.flat()) };
}

function classesOf({ classes, availableMs }: NewsRecords): Int8Array {
  const width = newsClasses.length;
  return Int8Array.from(availableMs, (_, article) => {
    const row = classes.subarray(article * width, (article + 1) * width);
    if (row.length < width || row.some(Number.isNaN)) return UNCLASSIFIED;
    return row.reduce((best, value, index) => (value > row[best]! ? index : best), 0);
  });
}

/** 1 where an article of whatever coin became available in the 24 hours up to the close, else NaN. */
function feedAlive(market: MarketWindow): Float64Array {
  return market.cached('feed alive', (out) => {
    const { news } = market.inputs.records;
    if (news === null) return;
    const { availableMs } = news;
    let next = 0;
    for (let index = 0; index < market.hours; index += 1) {
      const timeMs = market.closeTimeMs(index);
      if (index === 0) next = newestAvailable(availableMs, timeMs) + 1;
      while (next < availableMs.length && availableMs[next]! <= timeMs) next += 1;
      if (next > 0 && availableMs[next - 1]! > timeMs - FEED_HOURS * hourMs) out[index] = 1;
    }
  });
}

/** One hour's view of a list of articles; the object is the same for all hours. */
export interface ArticleView {
  timeMs: number;
  /** The articles of N(window): published and available by `timeMs`, published less than the window before it. */
  readonly articles: number[];
  /** Some of them have no class. */
  hasUnclassified: boolean;
}

export interface ArticleSource {
  readonly news: NewsRecords;
  /** Articles in the order of their availability, of which those in rows [first, end) are looked at. */
  readonly list: Int32Array;
  readonly first: number;
  readonly end: number;
  readonly windowHours: number;
}

/**
 * Hands every local hour of [from, to) in which the source is alive the articles it sees, in the order of their
 * availability: a sum over them has the same bits from any window. `isSame` where they are those of the hour handed before.
 */
export function forEachView(
  market: MarketWindow,
  source: ArticleSource,
  from: number,
  to: number,
  take: (index: number, view: ArticleView, isSame: boolean) => void,
): void {
  if (to <= from) return;
  const alive = feedAlive(market);
  const view: ArticleView = { timeMs: 0, articles: [], hasUnclassified: false };
  let oldest = firstAfter(source, market.closeTimeMs(from) - source.windowHours * hourMs);
  let changeMs = Number.NEGATIVE_INFINITY;
  let isSame = false;
  for (let index = from; index < to; index += 1) {
    view.timeMs = market.closeTimeMs(index);
    if (view.timeMs >= changeMs) {
      [oldest, changeMs] = look(source, view, oldest);
      isSame = false;
    }
    if (alive[index] !== 1) continue;
    take(index, view, isSame);
    isSame = true;
  }
}

/** Fills the view with what its time sees from row `oldest` on: the oldest row to look at later, and when the view changes. */
function look(source: ArticleSource, view: ArticleView, oldest: number): [number, number] {
  const { news, list, end } = source;
  const reachMs = source.windowHours * hourMs;
  const { classOf } = newsIndex(news);
  let first = oldest;
  // Nothing is available before it is published, so what became available earlier was published earlier too.
  while (first < end && news.availableMs[list[first]!]! <= view.timeMs - reachMs) first += 1;
  let changeMs = Number.POSITIVE_INFINITY;
  view.articles.length = 0;
  view.hasUnclassified = false;
  for (let row = first; row < end; row += 1) {
    const article = list[row]!;
    const [availableMs, publishedMs] = [news.availableMs[article]!, news.publishedMs[article]!];
    if (availableMs > view.timeMs) {
      changeMs = Math.min(changeMs, availableMs);
      break;
    }
    if (publishedMs > view.timeMs) changeMs = Math.min(changeMs, publishedMs);
    else if (publishedMs > view.timeMs - reachMs) {
      changeMs = Math.min(changeMs, publishedMs + reachMs);
      view.articles.push(article);
      view.hasUnclassified ||= classOf[article] === UNCLASSIFIED;
    }
  }
  return [first, changeMs];
}

/** First row of the source whose article became available after `timeMs`. */
function firstAfter({ news, list, first, end }: ArticleSource, timeMs: number): number {
  let [low, high] = [first, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (news.availableMs[list[middle]!]! <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
