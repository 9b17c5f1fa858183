/** News as the tables a dataset stores. */
import type { Table, TableColumn } from '../../../engine/journal/tables.ts';
import type { NewsArticle } from './articles.ts';
import type { NewsCoin } from './coins.ts';
import { effectOf, type NewsEffect } from './effects.ts';

function texts(articles: readonly NewsArticle[], pick: (article: NewsArticle) => string): TableColumn {
  return { type: 'text', values: articles.map(pick) };
}

function flags(articles: readonly NewsArticle[], pick: (article: NewsArticle) => boolean): TableColumn {
  return { type: 'integer', values: Int32Array.from(articles, (article) => (pick(article) ? 1 : 0)) };
}

function times(articles: readonly NewsArticle[], pick: (article: NewsArticle) => number): TableColumn {
  return { type: 'time', values: Float64Array.from(articles, pick) };
}

/** What a feed delivers. `symbols` are venue symbols with spaces between: those of coins that it thinks are named. */
export function newsTable(articles: readonly NewsArticle[]): Table {
  return {
    rows: articles.length,
    columns: {
      id: texts(articles, ({ id }) => id),
      published_ms: times(articles, ({ publishedMs }) => publishedMs),
      ingested_ms: times(articles, ({ ingestedMs }) => ingestedMs),
      title: texts(articles, ({ title }) => title),
      source: texts(articles, ({ source }) => source),
      symbols: texts(articles, ({ symbols }) => symbols.join(' ')),
    },
  };
}

/**
 * Truth, one row per article: class, coins that are named, and how it was made. The effect stands in the row of an event's first
 * article: log returns over hours from publication (0 hours: at once), then over the hours after those, and what the residual's
 * standard deviation is multiplied by. `moves` is the entity whose residual it moves; the factor's return for macro news.
 * `strength` as in `newsEffect`.
 */
export function truthNewsTable(articles: readonly NewsArticle[], strength: number): Table {
  const moving = articles.map(({ event, copy }) =>
    copy === 'first' && event.newsClass !== 'neutral' ? effectOf(event, strength) : null,
  );
  const effects = (pick: (effect: NewsEffect) => number): TableColumn => ({
    type: 'double',
    values: Float64Array.from(moving, (effect) => (effect === null ? 0 : pick(effect))),
  });
  return {
    rows: articles.length,
    columns: {
      id: texts(articles, ({ id }) => id),
      published_ms: times(articles, ({ publishedMs }) => publishedMs),
      class: texts(articles, ({ event }) => event.newsClass),
      direction: {
        type: 'integer',
        values: Int32Array.from(articles, ({ event }) => event.direction),
      },
      symbols: texts(articles, ({ trueSymbols }) => trueSymbols.join(' ')),
      family: texts(articles, ({ template }) => template.family),
      template: texts(articles, ({ template }) => template.name),
      held_out: flags(articles, ({ template }) => template.heldOut),
      misleading: flags(articles, ({ template }) => template.misleading),
      typo: flags(articles, ({ typo }) => typo),
      copy: texts(articles, ({ copy }) => copy),
      first_id: texts(articles, ({ firstId }) => firstId),
      arrival: texts(articles, ({ arrival }) => arrival),
      moves: {
        type: 'text',
        values: articles.map(({ event }, row) => (moving[row] === null ? null : event.entity)),
      },
      first_log: effects(({ firstLog }) => firstLog),
      first_hours: effects(({ firstHours }) => firstHours),
      then_log: effects(({ thenLog }) => thenLog),
      then_hours: effects(({ thenHours }) => thenHours),
      volatility_factor: {
        type: 'double',
        values: Float64Array.from(moving, (effect) => effect?.volatilityFactor ?? 1),
      },
      volatility_hours: effects(({ volatilityHours }) => volatilityHours),
    },
  };
}

/** Public: how the feed's coins are called, by their first symbol. */
export function coinNamesTable(coins: readonly NewsCoin[]): Table {
  return {
    rows: coins.length,
    columns: {
      symbol: { type: 'text', values: coins.map(({ symbol }) => symbol) },
      name: { type: 'text', values: coins.map(({ name }) => name) },
      ticker: { type: 'text', values: coins.map(({ ticker }) => ticker) },
    },
  };
}
