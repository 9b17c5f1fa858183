/**
 * News of a coin over its last day or week. Nothing of an article is used before it was published and had arrived. A row is
 * NaN while the source is silent; a row that asks for classes also where an article in its reach has none.
 */
import { hourMs } from '../../../panel/hours.ts';
import { type NewsClass, type NewsRecords, newsClasses } from '../../records.ts';
import { type ArticleView, forEachView, type NewsIndex, newsIndex } from '../coin-news.ts';
import type { CoinWindow } from '../coin-window.ts';
import { type CoinFeature, defineFeature } from '../feature.ts';

const DAY_HOURS = 24;
const WEEK_HOURS = 168;
/** An article keeps 1/e of its weight after so long. */
const DECAY_MS = 24 * hourMs;
const sentimentWeights: Readonly<Partial<Record<NewsClass, number>>> = {
  ...{ listing: 1, partnership: 0.5, regulatory: -0.5, hack: -1 },
};
const weightOf = Float64Array.from(newsClasses, (name) => sentimentWeights[name] ?? 0);

/** Value of an hour from the articles that it sees. */
interface Reading {
  /** A class row says nothing where a class is missing. */
  readonly needsClasses: boolean;
  /** The value depends on the hour too, and not on its articles alone. */
  readonly ages: boolean;
  read(view: ArticleView, news: NewsRecords, index: NewsIndex): number;
}

interface Row {
  readonly name: string;
  readonly formula: string;
  readonly unit: string;
  readonly hours: number;
  readonly restValue: number;
}

function newsFeature(row: Row, { needsClasses, ages, read }: Reading): CoinFeature {
  const { name, formula, unit, hours, restValue } = row;
  return defineFeature({
    ...{ name, group: 'news', scope: 'coin', formula, unit },
    needs: needsClasses ? ['news', 'news-classes'] : ['news'],
    ...{ lookbackHours: hours, warmupHours: hours, restValue },
    compute(coin: CoinWindow, from: number, to: number, out: Float64Array) {
      const { news } = coin.market.inputs.records;
      if (news === null) return;
      const index = newsIndex(news);
      const { start, articles: list } = index;
      const [first, end] = [start[coin.coin] ?? list.length, start[coin.coin + 1] ?? list.length];
      const source = { news, list, first, end, windowHours: hours };
      let last = Number.NaN;
      forEachView(coin.market, source, from, to, (at, view, isSame) => {
        if (needsClasses && view.hasUnclassified) last = Number.NaN;
        else if (ages || !isSame) last = read(view, news, index);
        out[at] = last;
      });
    },
  } as const);
}

function countFeature(name: string, hours: number): CoinFeature {
  const formula = `ln(1 + number of articles in N(${hours} h) linked to the coin)`;
  return newsFeature(
    { name, formula, unit: 'ln(1+count)', hours, restValue: 0 },
    { needsClasses: false, ages: false, read: ({ articles }) => Math.log(1 + articles.length) },
  );
}

function expectedCount(name: NewsClass): CoinFeature {
  const place = newsClasses.indexOf(name);
  const row = {
    name: `news_${name}_7d`,
    formula: `sum of the stored probability of '${name}' over the articles in N(168 h) linked to the coin`,
    unit: 'expected count',
    hours: WEEK_HOURS,
    restValue: 0,
  };
  const read: Reading['read'] = ({ articles }, { classes }) => {
    let sum = 0;
    for (const article of articles) sum += classes[article * newsClasses.length + place]!;
    return sum;
  };
  return newsFeature(row, { needsClasses: true, ages: false, read });
}

function hoursSince(name: NewsClass): CoinFeature {
  const place = newsClasses.indexOf(name);
  const row = {
    name: `hours_since_${name}`,
    formula: `hours since the latest article of class '${name}' in N(168 h) linked to the coin was published; 168 if none`,
    unit: 'hours 0..168',
    hours: WEEK_HOURS,
    restValue: WEEK_HOURS,
  };
  const read: Reading['read'] = ({ timeMs, articles }, { publishedMs }, { classOf }) => {
    let hours = WEEK_HOURS;
    for (const article of articles) {
      if (classOf[article] === place) hours = Math.min(hours, (timeMs - publishedMs[article]!) / hourMs);
    }
    return hours;
  };
  return newsFeature(row, { needsClasses: true, ages: true, read });
}

const sentiment = newsFeature(
  {
    name: 'news_sent_decay',
    formula:
      'sum of w(class) exp(-(T - published_at) / 24 h) over the articles in N(168 h) linked to the coin; w: listing 1, partnership .5, regulatory -.5, hack -1, others 0',
    unit: 'number',
    hours: WEEK_HOURS,
    restValue: 0,
  },
  {
    needsClasses: true,
    ages: true,
    read({ timeMs, articles }, { publishedMs }, { classOf }) {
      let sum = 0;
      for (const article of articles) {
        const weight = weightOf[classOf[article]!]!;
        if (weight !== 0) sum += weight * Math.exp((publishedMs[article]! - timeMs) / DECAY_MS);
      }
      return sum;
    },
  },
);

const macroPlace = newsClasses.indexOf('macro');

const macro = defineFeature({
  name: 'news_macro_24h',
  group: 'news',
  scope: 'market',
  formula: "ln(1 + number of articles in N(24 h) whose class is 'macro', whatever coin they name)",
  unit: 'ln(1+count)',
  lookbackHours: DAY_HOURS,
  warmupHours: DAY_HOURS,
  needs: ['news', 'news-classes'],
  marketWide: true,
  compute(market, from, to, out) {
    const { news } = market.inputs.records;
    if (news === null) return;
    const { all, classOf } = newsIndex(news);
    const source = { news, list: all, first: 0, end: all.length, windowHours: DAY_HOURS };
    let last = Number.NaN;
    forEachView(market, source, from, to, (index, { articles, hasUnclassified }, isSame) => {
      if (!isSame) last = Math.log(1 + articles.filter((article) => classOf[article] === macroPlace).length);
      out[index] = hasUnclassified ? Number.NaN : last;
    });
  },
});

/** Rows 86 to 95. */
export const newsFeatures = [
  countFeature('news_cnt_24h', DAY_HOURS),
  countFeature('news_cnt_7d', WEEK_HOURS),
  ...(['listing', 'regulatory', 'partnership', 'tokenomics'] as const).map(expectedCount),
  macro,
  sentiment,
  hoursSince('listing'),
  hoursSince('hack'),
] as const;
