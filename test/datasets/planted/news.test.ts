import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entity } from '../../../datasets/planted/entities.ts';
import { type NewsArticle, plantNews } from '../../../datasets/planted/news/articles.ts';
import { newsCoinsOf } from '../../../datasets/planted/news/coins.ts';
import { newsEffect } from '../../../datasets/planted/news/effects.ts';
import { macroEventsOf, type NewsEvent, newsEventsOf } from '../../../datasets/planted/news/events.ts';
import { coinNamesTable, newsTable, truthNewsTable } from '../../../datasets/planted/news/tables.ts';
import { newsTemplates } from '../../../datasets/planted/news/templates.ts';
import { burnInHours, hourTimeMs } from '../../../datasets/planted/settings.ts';
import { type NewsClass, newsClasses } from '../../../engine/columns/records.ts';
import { hourMs } from '../../../engine/panel/hours.ts';

const oldLife = { listHour: 0, endHour: Number.POSITIVE_INFINITY, rename: null };
const factor: Entity = { id: 'BTC', symbol: 'BTCUSDT', kind: 'factor' };

function coinsOf(count: number, seed = 1) {
  const coins = Array.from({ length: count }, (_, index): Entity => {
    const id = `P${String(index + 1).padStart(3, '0')}`;
    return { id, symbol: index === 10 ? '4USDT' : `${id}USDT`, kind: 'coin' };
  });
  return newsCoinsOf(seed, [factor, ...coins], () => oldLife);
}

const coins = coinsOf(150);
const articles = plantNews(1, coins, 365);
const ofClass = (newsClass: NewsClass) => articles.filter(({ event }) => event.newsClass === newsClass);
const share = (of: readonly NewsArticle[], holds: (article: NewsArticle) => boolean) =>
  of.filter(holds).length / of.length;

describe('templates', () => {
  it.each(newsClasses)('of class %s are many, in two families, three of ten held out', (newsClass) => {
    const templates = newsTemplates[newsClass];
    expect(templates.length).toBeGreaterThanOrEqual(40);
    expect(new Set(templates.map(({ name }) => name)).size).toBe(templates.length);
    expect(new Set(templates.map(({ parts }) => JSON.stringify(parts))).size).toBe(templates.length);
    for (const family of ['wire', 'notice'] as const) {
      const some = templates.filter((template) => template.family === family);
      expect(some.length).toBeGreaterThanOrEqual(15);
      const held = some.filter(({ heldOut }) => heldOut).length / some.length;
      expect(held).toBeGreaterThan(0.2);
      expect(held).toBeLessThan(0.35);
    }
    if (newsClass !== 'macro') expect(templates.filter(({ namesCoin }) => !namesCoin)).toEqual([]);
  });

  it('are used, with every slot filled', () => {
    const used = new Set(articles.map(({ template }) => template.name));
    // Those of rarer classes take more than a year of 150 coins.
    const frequent = ['regulatory', 'partnership', 'tokenomics', 'neutral'] as const;
    const rare = frequent.flatMap((name) => newsTemplates[name]).filter(({ name }) => !used.has(name));
    expect(rare.map(({ name }) => name)).toEqual([]);
    expect(articles.filter(({ title }) => /[{}<>]|undefined|NaN/.test(title))).toEqual([]);
  });
});

describe('articles', () => {
  it('come as often as their class does', () => {
    const yearly = { listing: 2, hack: 0.8, regulatory: 8, partnership: 12, tokenomics: 12, neutral: 36 };
    for (const [newsClass, rate] of Object.entries(yearly)) {
      const events = ofClass(newsClass as NewsClass).filter(({ copy }) => copy === 'first').length;
      expect(Math.abs(events - rate * 150)).toBeLessThan(4 * Math.sqrt(rate * 150));
    }
    expect(macroEventsOf(1, 3650).length).toBeGreaterThan(210);
    expect(macroEventsOf(1, 3650).length).toBeLessThan(310);
    expect(ofClass('macro').length).toBeGreaterThan(150);
  });

  it('have the faults of a feed, in their shares', () => {
    const within = (found: number, low: number, high: number) => {
      expect(found).toBeGreaterThan(low);
      expect(found).toBeLessThan(high);
    };
    within(
      share(articles, ({ typo }) => typo),
      0.04,
      0.06,
    );
    within(
      share(articles, ({ arrival }) => arrival === 'late'),
      0.04,
      0.06,
    );
    within(
      share(articles, ({ arrival }) => arrival === 'early'),
      0.015,
      0.025,
    );
    within(
      share(articles, ({ copy }) => copy === 'exact'),
      0.035,
      0.055,
    );
    within(
      share(articles, ({ copy }) => copy === 'near'),
      0.06,
      0.08,
    );
    within(
      share(articles, ({ template }) => template.family === 'notice'),
      0.28,
      0.32,
    );
    within(
      share(ofClass('neutral'), ({ template }) => template.misleading),
      0.19,
      0.25,
    );
    for (const { arrival, ingestedMs, publishedMs } of articles) {
      const delayMs = ingestedMs - publishedMs;
      if (arrival === 'early') expect(delayMs).toBeLessThan(0);
      else expect(delayMs).toBeGreaterThan(0);
      expect(delayMs).toBeLessThanOrEqual(48 * hourMs);
    }
  });

  it('repeat their first, word by word or nearly', () => {
    const byId = new Map(articles.map((article) => [article.id, article]));
    expect(byId.size).toBe(articles.length);
    let changed = 0;
    for (const article of articles.filter(({ copy }) => copy === 'exact' || copy === 'near')) {
      const first = byId.get(article.firstId);
      if (first === undefined) continue;
      expect(first.copy).toBe('first');
      expect(article.publishedMs).toBeGreaterThanOrEqual(first.publishedMs);
      expect(article.template).toBe(first.template);
      if (article.copy === 'exact') expect(article.title).toBe(first.title);
      else if (article.title !== first.title) changed += 1;
    }
    expect(changed / articles.filter(({ copy }) => copy === 'near').length).toBeGreaterThan(0.95);
  });

  it('name their coins, which a feed finds but for typos and words that are tickers', () => {
    const bySymbol = new Map(coins.map((coin) => [coin.symbol, coin]));
    for (const { title, trueSymbols, typo, event } of articles) {
      if (event.newsClass !== 'macro') expect(trueSymbols.length).toBeGreaterThan(0);
      if (typo) continue;
      for (const symbol of trueSymbols) {
        const { name, ticker } = bySymbol.get(symbol)!;
        expect(title.includes(name) || title.includes(ticker)).toBe(true);
      }
    }
    expect(share(articles, ({ trueSymbols }) => trueSymbols.length > 1)).toBeGreaterThan(0.02);
    const wrong = articles.filter(({ symbols, trueSymbols }) =>
      symbols.some((s) => !trueSymbols.includes(s)),
    );
    expect(wrong.length / articles.length).toBeGreaterThan(0.01);
    expect(wrong.length / articles.length).toBeLessThan(0.2);
    const missed = articles.filter(({ symbols, trueSymbols }) =>
      trueSymbols.some((s) => !symbols.includes(s)),
    );
    expect(missed.length).toBeGreaterThan(0);
    expect(missed.filter(({ typo, trueSymbols }) => !typo && !trueSymbols.includes('4USDT'))).toEqual([]);
  });

  it('that move nothing are as long as those that do', () => {
    const lengths = (of: readonly NewsArticle[]) => of.map(({ title }) => title.length).sort((a, b) => a - b);
    const moving = ['listing', 'hack', 'regulatory', 'partnership', 'tokenomics'] as const;
    const middle = (sorted: readonly number[]) => sorted[sorted.length >> 1]!;
    const effect = moving.map((name) => middle(lengths(ofClass(name))));
    const mean = effect.reduce((sum, length) => sum + length, 0) / effect.length;
    expect(Math.abs(middle(lengths(ofClass('neutral'))) / mean - 1)).toBeLessThan(0.1);
  });

  it('that mislead speak of another class and move nothing', () => {
    const misleading = articles.filter(({ template }) => template.misleading);
    expect(misleading.every(({ event }) => event.newsClass === 'neutral')).toBe(true);
    for (const word of [/hack|exploit/i, /list/i, /delist/i, /partnership/i, /burn|unlock/i])
      expect(misleading.filter(({ title }) => word.test(title)).length).toBeGreaterThan(20);
  });

  it('come out while their coin is traded, under the symbol of the day', () => {
    const life = {
      listHour: burnInHours + 2000,
      endHour: burnInHours + 4000,
      rename: { hour: burnInHours + 3000, symbol: 'NEWUSDT' },
    };
    const coin: Entity = { id: 'P001', symbol: 'P001USDT', kind: 'coin' };
    const lives = newsCoinsOf(1, [factor, coin], ({ kind }) => (kind === 'coin' ? life : oldLife));
    const own = plantNews(1, lives, 365).filter(({ trueSymbols }) => !trueSymbols.includes('BTCUSDT'));
    const named = own.filter(({ trueSymbols }) => trueSymbols.length > 0);
    expect(named.length).toBeGreaterThan(10);
    for (const { publishedMs, trueSymbols } of named) {
      const hour = (publishedMs - hourTimeMs(0)) / hourMs;
      expect(hour).toBeGreaterThanOrEqual(burnInHours + 2000);
      expect(hour).toBeLessThan(burnInHours + 4000);
      expect(trueSymbols[0]).toBe(hour < life.rename.hour ? 'P001USDT' : 'NEWUSDT');
    }
  });
});

describe('independence', () => {
  it('adding coins or days changes no article that was there', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 3 }),
        (seed, count, more) => {
          const small = plantNews(seed, coinsOf(count, seed), 60);
          const large = plantNews(seed, coinsOf(count + more, seed), 60 + more);
          const byId = new Map(large.map((article) => [article.id, article]));
          for (const article of small) expect(byId.get(article.id)).toEqual(article);
          const endMs = hourTimeMs(burnInHours + 60 * 24);
          const added = new Set(
            coinsOf(count + more, seed)
              .slice(count + 1)
              .map(({ id }) => id),
          );
          const fresh = large.filter(({ id }) => !small.some((article) => article.id === id));
          for (const { publishedMs, event, copy } of fresh)
            expect(publishedMs >= endMs || added.has(event.entity) || copy === 'coverage').toBe(true);
        },
      ),
      { numRuns: 12 },
    );
  });
});

describe('effects', () => {
  const hours = 400;
  const at = (newsClass: NewsClass, hour: number, direction: NewsEvent['direction'] = 0): NewsEvent => ({
    entity: 'P001',
    newsClass,
    direction,
    publishedMs: hourTimeMs(0) + hour * hourMs,
    place: 0,
  });
  const sum = (values: Float64Array, from = 0, to = values.length) =>
    values.subarray(from, to).reduce((total, value) => total + value, 0);

  it('of a listing rise for a day and give part of it back in a week', () => {
    const { drift, volatilityFactor } = newsEffect([at('listing', 30.25)], hours);
    expect(sum(drift, 0, 30)).toBe(0);
    expect(drift[30]).toBeCloseTo((0.75 * Math.log(1.057)) / 24, 12);
    expect(sum(drift, 0, 54)).toBeCloseTo((23.75 / 24) * Math.log(1.057), 12);
    expect(sum(drift)).toBeCloseTo(Math.log(1.057) + Math.log(0.97), 12);
    expect(sum(drift, 223)).toBe(0);
    expect(new Set(volatilityFactor)).toEqual(new Set([1]));
  });

  it('of a hack are one step and two wild days', () => {
    const { drift, volatilityFactor } = newsEffect([at('hack', 50.5)], hours);
    expect(drift[50]).toBe(Math.log(0.85));
    expect(sum(drift)).toBe(Math.log(0.85));
    expect(Array.from(volatilityFactor.subarray(51, 98))).toEqual(new Array(47).fill(1.5));
    expect(volatilityFactor[49]).toBe(1);
    expect(volatilityFactor[50]).toBeCloseTo(Math.sqrt((1 + 1.5 ** 2) / 2), 12);
    expect(volatilityFactor[99]).toBe(1);
  });

  it.each([
    ['regulatory', 0, 0.98],
    ['partnership', 0, 1.01],
    ['tokenomics', 1, 1.01],
    ['tokenomics', -1, 0.99],
    ['macro', 1, 1.02],
    ['macro', -1, 0.98],
    ['neutral', 0, 1],
  ] as const)('of class %s (%d) last a day', (newsClass, direction, factorOfPrice) => {
    const { drift } = newsEffect([at(newsClass, 10, direction)], hours);
    expect(sum(drift, 10, 34)).toBeCloseTo(Math.log(factorOfPrice), 12);
    expect(sum(drift)).toBeCloseTo(Math.log(factorOfPrice), 12);
  });

  it('scale with their strength and vanish with it', () => {
    const events = newsEventsOf(1, { id: 'P001', kind: 'coin' }, 365);
    const [one, half, none] = [1, 0.5, 0].map((strength) => newsEffect(events, 365 * 24, strength));
    for (const [hour, drift] of one!.drift.entries()) {
      expect(half!.drift[hour]).toBeCloseTo(drift / 2, 14);
      expect(none!.drift[hour]).toBeCloseTo(0, 14);
      expect(none!.volatilityFactor[hour]).toBe(1);
    }
    expect(newsEventsOf(1, { id: 'USDP', kind: 'stablecoin' }, 365)).toEqual([]);
  });
});

describe('tables', () => {
  it('give a feed’s view and the truth, row by row', () => {
    const feed = newsTable(articles);
    const truth = truthNewsTable(articles, 1);
    expect(Object.keys(feed.columns)).toEqual([
      'id',
      'published_ms',
      'ingested_ms',
      'title',
      'source',
      'symbols',
    ]);
    for (const table of [feed, truth]) {
      for (const { values } of Object.values(table.columns)) expect(values.length).toBe(articles.length);
    }
    expect(feed.columns['id']!.values).toEqual(truth.columns['id']!.values);
    const moves = Array.from(truth.columns['moves']!.values, String);
    const firstLog = Array.from(truth.columns['first_log']!.values, Number);
    for (const [row, { event, copy }] of articles.entries()) {
      const acts = copy === 'first' && event.newsClass !== 'neutral';
      expect(moves[row]).toBe(acts ? event.entity : 'null');
      expect(firstLog[row] !== 0).toBe(acts);
    }
  });

  it('list names and tickers, of which no two are alike', () => {
    const { columns } = coinNamesTable(coins);
    for (const column of ['symbol', 'name', 'ticker'])
      expect(new Set(Array.from(columns[column]!.values, String)).size).toBe(coins.length);
  });
});

/** Naive Bayes over words, as simple as classifiers get: what it can tell, the words tell. */
function wordClassifier(train: readonly NewsArticle[]) {
  const wordsOf = (title: string) => new Set(title.toLowerCase().match(/\p{L}{2,}/gu) ?? []);
  const counts = new Map<string, Float64Array>();
  const totals = new Float64Array(newsClasses.length);
  for (const { event, title } of train) {
    const index = newsClasses.indexOf(event.newsClass);
    totals[index] = totals[index]! + 1;
    for (const word of wordsOf(title)) {
      const count = counts.get(word) ?? new Float64Array(newsClasses.length);
      count[index] = count[index]! + 1;
      counts.set(word, count);
    }
  }
  return (title: string): NewsClass => {
    const score = Float64Array.from(totals, (total) => Math.log(total));
    for (const word of wordsOf(title)) {
      const count = counts.get(word);
      if (count?.some((value) => value > 4))
        for (const [index, total] of totals.entries())
          score[index] = score[index]! + Math.log((count[index]! + 0.05) / (total + 1));
    }
    return newsClasses[score.indexOf(Math.max(...score))]!;
  };
}

describe('the words of a class', () => {
  const classify = wordClassifier(
    articles.filter(({ template }) => template.family === 'wire' && !template.heldOut),
  );

  it.each(['wire', 'notice'] as const)('carry over to held-out templates of family %s', (family) => {
    const held = articles.filter(
      ({ template }) => template.family === family && (template.heldOut || family === 'notice'),
    );
    const scores = newsClasses.map((newsClass) => {
      const meant = held.filter(({ event }) => event.newsClass === newsClass);
      const found = held.filter(({ title }) => classify(title) === newsClass);
      const right = found.filter(({ event }) => event.newsClass === newsClass).length;
      return (2 * right) / (meant.length + found.length);
    });
    const macroF1 = scores.reduce((sum, f1) => sum + f1, 0) / scores.length;
    expect(macroF1).toBeGreaterThan(0.8);
  });
});
