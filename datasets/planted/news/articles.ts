/**
 * Articles about the events: who wrote what, when it came out and when it came in. A feed's articles are not clean: some come
 * twice, some late, some with a clock in front of them, some misspelt, some naming a coin that they are not about.
 */
import type { NewsClass } from '../../../engine/columns/records.ts';
import { idHex, textLanes } from '../../../engine/journal/digest.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { burnInDays, burnInHours, hourTimeMs } from '../settings.ts';
import { openStream, uniformAt } from '../streams.ts';
import { type FeedIndex, feedGuess, feedIndexOf, type NewsCoin, symbolAt } from './coins.ts';
import { macroEventsOf, type NewsEvent, newsEventsOf } from './events.ts';
import { type Draw, drawsFrom, type Headline, type Topic, withTypo, writeHeadline } from './headline.ts';
import { fillWord } from './words.ts';

/** Why an article stands there: it is the first of its event, one more on it, the first again, or the first in other words. */
export type ArticleCopy = 'first' | 'coverage' | 'exact' | 'near';

/** When it came in: soon, late, or, by a wrong clock, before it came out. */
export type ArticleArrival = 'prompt' | 'late' | 'early';

export interface NewsArticle {
  readonly id: string;
  /** Id of the event's first article; its own where it is the first. */
  readonly firstId: string;
  readonly event: NewsEvent;
  readonly copy: ArticleCopy;
  readonly publishedMs: number;
  readonly ingestedMs: number;
  readonly arrival: ArticleArrival;
  readonly title: string;
  readonly source: string;
  /** Venue symbols by the feed's guess. */
  readonly symbols: readonly string[];
  /** Venue symbols of the coins that are named. */
  readonly trueSymbols: readonly string[];
  readonly template: Headline['template'];
  readonly typo: boolean;
}

/** Of the articles, those in the style that is kept from training. */
const noticeShare = 0.3;
const typoShare = 0.05;
const misleadingShare = 0.22;
const exactShare = 0.05;
const nearShare = 0.08;
const lateShare = 0.05;
const earlyShare = 0.02;
const promptMsMax = 8 * 60_000;
const lateMsMin = 10 * 60_000;
const lateMsMax = 48 * hourMs;
const earlyMsMin = 60_000;
const earlyMsMax = 6 * hourMs;
const copyMsMax = 3 * hourMs;
/** Articles on a macro event that speak of the factor or of no coin: this many, and up to as many again. */
const coverageCount = 5;
/** Share of the coins that an article on a macro event names. */
const coverageShare = 0.04;
const coverageMsMax = 6 * hourMs;
/** Headlines to choose one of a wanted length from. */
const decoyTries = 6;
/** First article, exact and near copy; what else is written on an event is numbered after them. */
const firstCopies = 3;
/** Room in a stream for the articles of an event, and for the numbers of an article. */
const articlesPerEvent = 32;
const articleStride = 512;

const effectClasses: readonly NewsClass[] = ['listing', 'hack', 'regulatory', 'partnership', 'tokenomics'];

interface Newsroom {
  readonly seed: number;
  readonly days: number;
  readonly coins: readonly NewsCoin[];
  readonly index: FeedIndex;
  readonly macroEvents: readonly NewsEvent[];
}

/**
 * All articles of a market that is kept for `days` days, by time of publication. Those on one coin depend on no coin after it.
 * Articles on a coin come out while it is traded.
 */
export function plantNews(seed: number, coins: readonly NewsCoin[], days: number): readonly NewsArticle[] {
  const ordinary = coins.filter(({ place }) => place >= 0);
  const all = burnInDays + days;
  const room: Newsroom = {
    seed,
    days: all,
    coins: ordinary,
    index: feedIndexOf(coins),
    macroEvents: macroEventsOf(seed, all),
  };
  const endMs = hourTimeMs(all * 24);
  return coins
    .flatMap((coin) => (coin.place < 0 ? factorArticles(room, coin) : coinArticles(room, coin)))
    .filter(({ publishedMs }) => publishedMs >= hourTimeMs(burnInHours) && publishedMs < endMs)
    .sort((a, b) => a.publishedMs - b.publishedMs || (a.id < b.id ? -1 : 1));
}

function coinArticles(room: Newsroom, coin: NewsCoin): readonly NewsArticle[] {
  const { seed, days, macroEvents } = room;
  const own = newsEventsOf(seed, { id: coin.id, kind: 'coin' }, days)
    .filter((event) => isTraded(coin, event.publishedMs))
    .flatMap((event) => withCopies(room, coin, event));
  const named = openStream(seed, coin.id, 'news-macro-named');
  const delays = openStream(seed, coin.id, 'news-macro-delay');
  const onEconomy = macroEvents
    .filter(({ place }) => uniformAt(named, place) < coverageShare)
    .map((event) => coverageOf(room, coin, event, 0, uniformAt(delays, event.place)))
    .filter(({ publishedMs }) => isTraded(coin, publishedMs));
  return [...own, ...onEconomy];
}

function factorArticles(room: Newsroom, factor: NewsCoin): readonly NewsArticle[] {
  const delays = openStream(room.seed, factor.id, 'news-macro-delay');
  return room.macroEvents.flatMap((event) => {
    const number = (index: number) => uniformAt(delays, event.place * articlesPerEvent + index);
    const more = coverageCount + Math.floor(coverageCount * number(0)) - 1;
    const coverage = Array.from({ length: more }, (_, index) =>
      coverageOf(room, factor, event, index + firstCopies, number(index + 1)),
    );
    return [...withCopies(room, factor, event), ...coverage];
  });
}

function isTraded({ life }: NewsCoin, timeMs: number): boolean {
  return timeMs >= hourTimeMs(life.listHour) && timeMs < hourTimeMs(life.endHour);
}

/** The first article of an event and, for some, the same again. */
function withCopies(room: Newsroom, coin: NewsCoin, event: NewsEvent): readonly NewsArticle[] {
  const draw = articleDraws(room, coin, event, 0);
  const headline = headlineOf(room, coin, event, draw);
  const writing = { room, coin, event, headline };
  const first = publish(writing, draw, {
    copy: 'first',
    number: 0,
    delayMs: 0,
    title: headline.title,
    typo: false,
  });
  const articles = [first];
  if (draw() < exactShare) {
    const again = articleDraws(room, coin, event, 1);
    const delayMs = again() * copyMsMax;
    articles.push(
      publish(writing, again, { copy: 'exact', number: 1, delayMs, title: first.title, typo: first.typo }),
    );
  }
  if (draw() < nearShare) {
    const again = articleDraws(room, coin, event, 2);
    const delayMs = again() * copyMsMax;
    const title = inOtherWords(headline, again);
    articles.push(publish(writing, again, { copy: 'near', number: 2, delayMs, title, typo: false }));
  }
  return articles;
}

function coverageOf(
  room: Newsroom,
  coin: NewsCoin,
  event: NewsEvent,
  number: number,
  delay: number,
): NewsArticle {
  const draw = articleDraws(room, coin, event, number);
  const headline = headlineOf(room, coin, event, draw);
  const delayMs = 60_000 + delay * coverageMsMax;
  return publish({ room, coin, event, headline }, draw, {
    copy: 'coverage',
    number,
    delayMs,
    title: headline.title,
    typo: false,
  });
}

function articleDraws(room: Newsroom, coin: NewsCoin, event: NewsEvent, number: number): Draw {
  const stream = openStream(room.seed, coin.id, `news-${event.newsClass}-text`);
  return drawsFrom(stream, (event.place * articlesPerEvent + number) * articleStride);
}

function headlineOf(room: Newsroom, coin: NewsCoin, event: NewsEvent, draw: Draw): Headline {
  const { newsClass, direction } = event;
  const otherPlace = Math.floor(draw() * coin.place);
  const topic: Topic = {
    family: draw() < noticeShare ? 'notice' : 'wire',
    newsClass,
    direction,
    misleading: newsClass === 'neutral' && draw() < misleadingShare,
    coin,
    other: room.coins[otherPlace] === coin ? null : (room.coins[otherPlace] ?? null),
    mustName: coin.place >= 0,
  };
  return newsClass === 'neutral' ? decoy(topic, draw) : writeHeadline(topic, draw);
}

/** A headline that moves nothing, about as long as one that does. */
function decoy(topic: Topic, draw: Draw): Headline {
  const newsClass = effectClasses[Math.floor(draw() * effectClasses.length)]!;
  const direction = newsClass === 'tokenomics' ? 1 : 0;
  const wanted = writeHeadline({ ...topic, newsClass, direction, misleading: false }, draw).title.length;
  let best = writeHeadline(topic, draw);
  for (let tries = 1; tries < decoyTries; tries += 1) {
    const next = writeHeadline(topic, draw);
    if (Math.abs(next.title.length - wanted) < Math.abs(best.title.length - wanted)) best = next;
  }
  return best;
}

function inOtherWords(headline: Headline, draw: Draw): string {
  const title = headline.again(draw);
  const kind = draw();
  if (kind < 0.3) return `UPDATE: ${title}`;
  if (kind < 0.6) return `${title} - report`;
  return title === headline.title || kind < 0.8 ? `${title} | ${fillWord('outlet', draw)}` : title;
}

interface Writing {
  readonly room: Newsroom;
  readonly coin: NewsCoin;
  readonly event: NewsEvent;
  readonly headline: Headline;
}

function publish(
  { room, coin, event, headline }: Writing,
  draw: Draw,
  print: {
    readonly copy: ArticleCopy;
    readonly number: number;
    readonly delayMs: number;
    readonly title: string;
    /** The title has a slip already. */
    readonly typo: boolean;
  },
): NewsArticle {
  const { copy, number } = print;
  // An exact copy repeats the first one's slips and makes none of its own.
  const slips = draw() < typoShare && copy !== 'exact';
  const title = slips ? withTypo(print.title, draw) : print.title;
  const publishedMs = event.publishedMs + wholeSeconds(print.delayMs);
  const hour = Math.floor((publishedMs - hourTimeMs(0)) / hourMs);
  const symbols = (coins: readonly NewsCoin[]) => coins.map((named) => symbolAt(named, hour));
  return {
    id: articleId(room.seed, coin.id, event, number),
    firstId: articleId(room.seed, event.entity, event, 0),
    event,
    copy,
    publishedMs,
    ...arrivalOf(publishedMs, draw),
    title,
    source: fillWord(headline.template.family === 'wire' ? 'outlet' : 'channel', draw),
    symbols: symbols(feedGuess(room.index, title, coin)),
    trueSymbols: symbols(headline.coins),
    template: headline.template,
    typo: title !== print.title || print.typo,
  };
}

/** Says nothing of what the article is. */
function articleId(seed: number, id: string, event: NewsEvent, number: number): string {
  return idHex(...textLanes(`${seed}\n${id}\n${event.newsClass}\n${event.place}\n${number}`));
}

function arrivalOf(publishedMs: number, draw: Draw): Pick<NewsArticle, 'arrival' | 'ingestedMs'> {
  const [kind, size] = [draw(), draw()];
  if (kind < lateShare) {
    const lateMs = lateMsMin * (lateMsMax / lateMsMin) ** size;
    return { arrival: 'late', ingestedMs: publishedMs + wholeSeconds(lateMs) };
  }
  if (kind < lateShare + earlyShare) {
    const earlyMs = earlyMsMin + (earlyMsMax - earlyMsMin) * size;
    return { arrival: 'early', ingestedMs: publishedMs - wholeSeconds(earlyMs) };
  }
  return { arrival: 'prompt', ingestedMs: publishedMs + wholeSeconds(1000 + promptMsMax * size) };
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
