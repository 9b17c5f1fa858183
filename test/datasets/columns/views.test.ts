import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { regimeVersionsOf, regimeVersionsText } from '../../../datasets/columns/regime-versions.ts';
import { importDataset } from '../../../datasets/import/import.ts';
import { openDataset } from '../../../datasets/open.ts';
import { runSql } from '../../../datasets/sql.ts';
import { newsClasses } from '../../../engine/columns/records.ts';
import type { RegimeVersion } from '../../../engine/columns/regime/versions.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { freshStore, startMs, tinyRows, writeBars } from '../tiny-market.ts';

const probabilities = (most: string) =>
  Object.fromEntries(newsClasses.map((name) => [`p_${name}`, name === most ? 0.7 : 0.05]));

describe('news as events', () => {
  it('one row an article and coin, over all datasets, with hours to the end of the data', async () => {
    const store = await freshStore();
    const symbols = ['BTCUSDT', 'ETHUSDT'];
    const bars = await writeBars(
      join(store.files, 'bars.parquet'),
      tinyRows(symbols.map((symbol) => ({ symbol, firstHour: 0, bars: 48 }))),
    );
    const at = (hour: number) => new Date(startMs + hour * hourMs).toISOString();
    const classed = [
      {
        id: 'hack',
        title: 'Hacked',
        time: at(40),
        symbols: ['ETHUSDT', 'BTCUSDT'],
        ...probabilities('hack'),
      },
      { id: 'list', title: 'Listed', time: at(30), symbols: 'ETH', ...probabilities('listing') },
      // Published inside the data, arrived after them.
      {
        id: 'late',
        title: 'Listed late',
        time: at(47),
        ingested_at: at(49),
        symbols: 'BTC',
        ...probabilities('listing'),
      },
      { id: 'none', title: 'Nothing', time: at(20), symbols: [], ...probabilities('neutral') },
    ];
    const plain = [{ id: 'plain', title: 'Unclassified', time: at(10), symbols: 'BTC' }];
    for (const [name, articles] of [
      ['classed', classed],
      ['plain', plain],
    ] as const) {
      const news = join(store.files, `${name}.json`);
      await writeFile(news, JSON.stringify(articles));
      await importDataset(store, { name, bars: [bars], news: [news] });
    }
    const { rows } = await runSql(
      store,
      `SELECT dataset, id, symbol, event, hours_since_listing AS listing, hours_since_hack AS hack FROM FE_NEWS_EVENTS
       ORDER BY dataset, published_ms, symbol`,
    );
    const row = (
      dataset: string,
      id: string,
      symbol: string | null,
      event: string | null,
      listing: number | null,
      hack: number | null,
    ) => ({ dataset, id, symbol, event, listing, hack });
    expect(rows).toEqual([
      row('classed', 'none', null, 'neutral', null, null),
      row('classed', 'list', 'ETHUSDT', 'listing', 18, null),
      row('classed', 'hack', 'BTCUSDT', 'hack', null, 8),
      row('classed', 'hack', 'ETHUSDT', 'hack', null, 8),
      row('classed', 'late', 'BTCUSDT', 'listing', null, null),
      row('plain', 'plain', 'BTCUSDT', null, null, null),
    ]);
    const { news } = await (await openDataset(store, 'classed')).records();
    const width = newsClasses.length;
    const most = [0, 1, 2, 3].map((article) => {
      const own = Array.from(news!.classes.subarray(article * width, (article + 1) * width));
      return newsClasses[own.indexOf(0.7)];
    });
    expect(most).toEqual(['neutral', 'listing', 'hack', 'listing']);
  });

  it('stores without news and without built sets have the views, empty', async () => {
    const store = await freshStore();
    expect((await runSql(store, 'SELECT * FROM FE_NEWS_EVENTS')).rows).toEqual([]);
    expect((await runSql(store, 'SELECT state, p_risk_on FROM ML_REGIME')).rows).toEqual([]);
  });
});

describe('regime versions as text', () => {
  it('come back to the last bit', () => {
    const numbers = (count: number) =>
      Float64Array.from({ length: count }, (_, index) => Math.sin(index + 1) / 3 + 1e-17);
    const version: RegimeVersion = {
      ...{ trainedToMs: 86_400_000, validFromMs: 172_800_000, logLikelihood: -1234.567890123456 },
      model: {
        ...{ states: 4, dimensions: 3, initial: numbers(4), transition: numbers(16) },
        ...{ centre: numbers(3), scale: numbers(3), means: numbers(12), variances: numbers(12) },
      },
    };
    expect(regimeVersionsOf(regimeVersionsText([version]))).toEqual([version]);
  });
});
