import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { firstInputDifference } from '../../../datasets/fingerprints.ts';
import { type ImportResult, importDataset } from '../../../datasets/import/import.ts';
import { instantOf } from '../../../datasets/import/records/instants.ts';
import { showsTicker, tickerLinks } from '../../../datasets/import/records/tickers.ts';
import type { ImportRequest } from '../../../datasets/import/request.ts';
import { openDataset } from '../../../datasets/open.ts';
import { runSql } from '../../../datasets/sql.ts';
import type { Store } from '../../../datasets/store.ts';
import { instrumentKinds, newestAvailable } from '../../../engine/columns/records.ts';
import { dayMs, hourMs } from '../../../engine/panel/hours.ts';
import { faultOf, freshStore, startMs, type TinyCoin, tinyRows, writeBars } from '../tiny-market.ts';

type Place = Store & { readonly files: string };
type Given = Omit<ImportRequest, 'name' | 'bars'>;

const coins: readonly TinyCoin[] = [
  '1000PEPEUSDT',
  '1000000BOBUSDT',
  'AUSDT',
  'BOBUSDT',
  'BTCUSDT',
  'GASUSDT',
  'PAXGUSDT',
].map((symbol) => ({ symbol, firstHour: 0, bars: 30 }));
const coinAt = (symbol: string) =>
  coins
    .map((coin) => coin.symbol)
    .sort()
    .indexOf(symbol);
const minute = 60_000;

async function given(place: Place, name: string, content: unknown): Promise<string> {
  const path = join(place.files, name);
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return path;
}

const lines = (rows: readonly unknown[]) =>
  rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n');

async function imported(place: Place, request: Given): Promise<ImportResult> {
  const bars = [await writeBars(join(place.files, 'bars.parquet'), tinyRows(coins))];
  return await importDataset(place, { name: 'tiny', bars, ...request });
}

async function refusal(place: Place, request: Given): Promise<readonly string[]> {
  const fault = await faultOf(imported(place, request));
  expect(fault.code).toBe('rows-refused');
  return fault.faults.map(({ path, message }) => `${path}: ${message}`.replaceAll(`${place.files}/`, ''));
}

const iso = (timeMs: number) => new Date(timeMs).toISOString();
const article = (id: string, at: number, title: string, more: object = {}) => ({
  id,
  title,
  pub_date: iso(at),
  first_seen: iso(at),
  source: 'Wire',
  tickers: [],
  ...more,
});

describe('times as feeds write them', () => {
  it.each<[unknown, number | null]>([
    [1_517_443_200, Date.UTC(2018, 1, 1)],
    ['1517443200', Date.UTC(2018, 1, 1)],
    [1_517_443_200_000, Date.UTC(2018, 1, 1)],
    ['2018-02-01', Date.UTC(2018, 1, 1)],
    ['2018-02-01 06:30', Date.UTC(2018, 1, 1, 6, 30)],
    ['2018-02-01T06:30:00.000Z', Date.UTC(2018, 1, 1, 6, 30)],
    ['2018-02-01T06:30:00+02:00', Date.UTC(2018, 1, 1, 4, 30)],
    ['Fri Feb 07 2025 08:29:27 GMT+0100 (heure normale d’Europe centrale)', Date.UTC(2025, 1, 7, 7, 29, 27)],
    ['2018-02-30', null],
    ['noon', null],
    ['', null],
    [-5, null],
    [null, null],
  ])('%j', (text, timeMs) => {
    expect(instantOf(text)).toBe(timeMs);
  });
});

describe('tickers that are words', () => {
  it.each<[string, string, boolean]>([
    ['A 30% Drop In Bitcoin', 'A', false],
    ['Vaulta ($A) gains', 'A', true],
    ['Vaulta (A) gains', 'A', true],
    ['A/USDT goes live', 'A', true],
    ['AUSDT goes live', 'A', true],
    ['Get paid in $AVAX', 'A', false],
    ['It costs $4 now', '4', false],
    ['Binance lists 4/USDT', '4', true],
    ['Circle files for an IPO', 'IP', false],
    ['Story (IP) gains', 'IP', true],
    ['IP law and AI', 'IP', false],
    ['Gas fees fall', 'GAS', false],
    ['GAS rallies after upgrade', 'GAS', true],
    ['GAS RALLIES AFTER UPGRADE', 'GAS', false],
    ['New ATH for Bitcoin', 'ATH', false],
    ['Chainlink partners with a bank', 'LINK', true],
  ])('%s: %s', (title, ticker, shows) => {
    expect(showsTicker(title, ticker)).toBe(shows);
  });

  it('a feed that names no tickers is linked by what its headlines show', () => {
    const { symbolsOf } = tickerLinks(new Set(['BTCUSDT', '1000PEPEUSDT', 'ADAUSDT']));
    expect(symbolsOf('Pepe ($PEPE) and (ADA) follow BTC/USDT, not $9', null)).toEqual([
      '1000PEPEUSDT',
      'ADAUSDT',
      'BTCUSDT',
    ]);
  });
});

describe('importing news', () => {
  it('takes an archive, sorts it, and tells which coins each article is about', async () => {
    const place = await freshStore();
    const news = await given(
      place,
      'archive.jsonl.gz',
      lines([
        article('late', startMs + 5 * hourMs, 'Late on the feed', {
          tickers: ['BTC', 'XYZ'],
          first_seen: iso(startMs + 9 * hourMs),
        }),
        article('early', startMs + 2 * hourMs, 'A 30% drop: gas, Pepe, BOB', {
          tickers: ['A', 'GAS', 'PEPE', 'BOB'],
        }),
        '{"id": "torn", "title": "half a li',
        article('untitled', startMs, ''),
        article('undated', startMs, 'When?', { pub_date: 'soon' }),
        article('early', startMs + 2 * hourMs, 'A 30% drop: gas, Pepe, BOB', { category: 'x' }),
        article('clock', startMs + 7 * hourMs, 'Seen before it was said', {
          tickers: ['AUSDT'],
          first_seen: iso(startMs + 6 * hourMs),
          sentiment: { score: 0, label: 'neutral' },
          category: 'general',
        }),
      ]),
    );
    const result = await imported(place, { news: [news] });

    expect(result.rejected).toEqual([
      { file: 'archive.jsonl.gz', rule: 'no-json', rows: 1, example: 'line 3' },
      { file: 'archive.jsonl.gz', rule: 'unreadable-article', rows: 2, example: 'row 4: it has no title' },
      { file: 'archive.jsonl.gz', rule: 'duplicate', rows: 1, example: 'row 6: early' },
    ]);
    expect(result.notes).toEqual([
      'news: 4 links from articles to coins; 1 tickers name no coin with bars',
      expect.stringContaining('2 tickers that are words or abbreviations as well were not linked'),
      'news: ticker BOB of 1 articles could mean BOBUSDT or 1000000BOBUSDT; BOBUSDT was taken',
      expect.stringContaining('when 1 of 3 articles came in is not known'),
    ]);
    const { rows } = await runSql(
      place,
      'SELECT id, ingested_ms, symbols, sentiment, category FROM tiny_news',
    );
    expect(rows).toEqual([
      { id: 'early', ingested_ms: null, symbols: '1000PEPEUSDT BOBUSDT', sentiment: null, category: null },
      { id: 'late', ingested_ms: startMs + 9 * hourMs, symbols: 'BTCUSDT', sentiment: null, category: null },
      {
        id: 'clock',
        ingested_ms: startMs + 6 * hourMs,
        symbols: 'AUSDT',
        sentiment: 'neutral',
        category: 'general',
      },
    ]);

    const { news: records } = await (await openDataset(place, 'tiny')).records();
    expect(Array.from(records!.availableMs)).toEqual([2, 7, 9].map((hours) => startMs + hours * hourMs));
    expect(Array.from(records!.publishedMs)).toEqual([2, 7, 5].map((hours) => startMs + hours * hourMs));
    expect(Array.from(records!.start)).toEqual([0, 2, 3, 4]);
    expect(Array.from(records!.coins)).toEqual(['1000PEPEUSDT', 'BOBUSDT', 'AUSDT', 'BTCUSDT'].map(coinAt));
    expect(records!.classes).toHaveLength(0);
    expect(records!.availableMs.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('takes CSV with line breaks in titles and times with their zone', async () => {
    const place = await freshStore();
    const csv = await given(
      place,
      'votes.csv',
      'Time,Title,Source,Votes\nMon Jan 01 2024 10:00:00 GMT+0200 (heure d’été),"Bitcoin ($BTC)\n rises",a.com,"1 positive: votes"\nyesterday,Nothing,b.com,\n',
    );
    const { rejected } = await imported(place, { news: [csv] });
    expect(rejected).toMatchObject([{ rule: 'unreadable-article', rows: 1 }]);
    const { rows } = await runSql(place, 'SELECT published_ms, title, symbols FROM tiny_news');
    expect(rows).toEqual([
      { published_ms: startMs + 8 * hourMs, title: 'Bitcoin ($BTC) rises', symbols: 'BTCUSDT' },
    ]);
  });

  it('refuses a file without articles, and one of bars in lines', async () => {
    const place = await freshStore();
    const news = await given(place, 'other.jsonl', lines([{ a: 1 }]));
    expect(await refusal(place, { news: [news] })).toEqual([
      expect.stringContaining('other.jsonl: holds no article: it takes a title and a time'),
    ]);
    expect(await refusal(place, { funding: [news], news: [join(place.files, 'absent.csv')] })).toEqual([
      'other.jsonl: holds one object a line, which only news may. Give a list of rows.',
      'absent.csv: is not there. Check the path.',
    ]);
  });
});

describe('importing daily series', () => {
  it('a value counts as known when its day is over, unless the file says when it was', async () => {
    const place = await freshStore();
    const plain = await given(
      place,
      'fg.csv',
      `fear_greed_index,timestamp,date\n30,${(startMs + dayMs) / 1_000},2024-01-02\n20,${startMs / 1_000},2024-01-01\n20,${startMs / 1_000},2024-01-01\n`,
    );
    const { notes, rejected } = await imported(place, { fearGreed: [plain] });
    expect(notes).toEqual([expect.stringContaining('2 of 2 values count as published at 00:00 UTC after')]);
    expect(rejected).toMatchObject([{ rule: 'duplicate', rows: 1, example: 'row 3: 2024-01-01' }]);
    const { fearGreed } = await (await openDataset(place, 'tiny')).records();
    expect(Array.from(fearGreed!.availableMs)).toEqual([startMs + dayMs, startMs + 2 * dayMs]);
    expect(Array.from(fearGreed!.values)).toEqual([20, 30]);
    // The last moment of a day does not know its value yet.
    expect(newestAvailable(fearGreed!.availableMs, startMs + dayMs - 1)).toBe(-1);

    const dated = await given(
      place,
      'dated.csv',
      `date,value,published_at,ingested_at\n2024-01-01,20,2024-01-02T00:10Z,2024-01-04T00:00Z\n2024-01-02,30,2024-01-03T00:10Z,2024-01-03T00:15Z\n`,
    );
    await imported(place, { fearGreed: [dated] });
    const late = await (await openDataset(place, 'tiny')).records();
    // The first day's value came in when a newer one was known: it is never the newest.
    expect(Array.from(late.fearGreed!.availableMs)).toEqual([startMs + 2 * dayMs + 15 * minute]);
    expect(Array.from(late.fearGreed!.values)).toEqual([30]);
  });

  it('market caps go to the coin of their ticker; strangers are counted', async () => {
    const place = await freshStore();
    const caps = await given(
      place,
      'caps.csv',
      'symbol,time,value\nBTC,2024-01-01,9e11\nPEPE,2024-01-01,3e9\nPEPE,2024-01-02,2e9\nNOBODY,2024-01-01,5\nGAS,2024-01-01,1e8\n',
    );
    const { rejected } = await imported(place, { marketCap: [caps] });
    expect(rejected).toMatchObject([{ rule: 'unknown-symbol', rows: 1, example: 'row 4: NOBODY' }]);
    const { marketCap } = await (await openDataset(place, 'tiny')).records();
    const pepe = coinAt('1000PEPEUSDT');
    const [from, to] = [marketCap!.start[pepe]!, marketCap!.start[pepe + 1]!];
    expect(Array.from(marketCap!.availableMs.subarray(from, to))).toEqual([
      startMs + dayMs,
      startMs + 2 * dayMs,
    ]);
    expect(Array.from(marketCap!.values.subarray(from, to))).toEqual([3e9, 2e9]);
    expect(marketCap!.start.at(-1)).toBe(4);
  });

  it('names every kind of fault at once', async () => {
    const place = await freshStore();
    const fearGreed = await given(place, 'fg.csv', 'date,value\n2024-01-01,130\nsoon,20\n2024-01-03,x\n');
    const twice = await given(place, 'fg2.csv', 'date,value\n2024-01-05,1\n2024-01-05,2\n');
    const caps = await given(place, 'caps.csv', 'symbol,time,value\nNOBODY,2024-01-01,5\n');
    expect(await refusal(place, { fearGreed: [fearGreed, twice], marketCap: [caps] })).toEqual([
      'fg.csv row 1, value: "130" is no index from 0 to 100 (2 such rows). Repair the file, or drop those rows.',
      'fg.csv row 2, time: "soon" is no time (1 such row). Repair the file, or drop those rows.',
      'fg2.csv row 2: 2024-01-05: 2 here, 1 in fg2.csv row 1. Keep one of the two.',
      'caps.csv, symbol: none of its symbols has bars (NOBODY here, 1000000BOBUSDT there). Name the coins alike.',
    ]);
  });
});

describe('records that changed', () => {
  it('are named by the first hour in which something else was known, with coin and kind', async () => {
    const place = await freshStore();
    const fingerprintOf = async (tickers: readonly string[], value: number) => {
      const news = await given(place, 'n.json', [article('a', startMs + 6.5 * hourMs, 'T', { tickers })]);
      const fearGreed = await given(place, 'f.csv', `date,value\n2024-01-01,${value}\n`);
      await imported(place, { news: [news], fearGreed: [fearGreed] });
      return await (await openDataset(place, 'tiny')).fingerprint();
    };
    const former = await fingerprintOf(['BTC'], 20);
    const difference = { timeMs: startMs + 6 * hourMs, symbol: 'BTCUSDT', field: 'news' };
    expect(firstInputDifference(former, await fingerprintOf([], 20))).toEqual(difference);
    expect(firstInputDifference(former, await fingerprintOf(['BTC'], 21))).toEqual({
      ...{ timeMs: startMs + dayMs, symbol: '', field: 'fearGreed' },
    });
    expect(firstInputDifference(former, await fingerprintOf(['BTC'], 20))).toBeNull();
  });
});

describe('importing what the exchange says of its instruments', () => {
  const entry = (symbol: string, onboardDate: number, underlyingType = 'COIN') => ({
    ...{ symbol, onboardDate, underlyingType, contractType: 'PERPETUAL', status: 'TRADING' },
    filters: [
      { filterType: 'PRICE_FILTER', tickSize: '0.1' },
      { filterType: 'LOT_SIZE', stepSize: '1' },
    ],
  });

  it('kinds, listings, and a listing that can only be a second one', async () => {
    const place = await freshStore();
    const info = await given(place, 'info.json', {
      serverTime: startMs,
      symbols: [
        entry('BTCUSDT', Date.UTC(2019, 8, 8)),
        entry('PAXGUSDT', startMs + 0.5 * hourMs),
        entry('AUSDT', startMs + 20 * dayMs),
        entry('GASUSDT', startMs, 'INDEX'),
        entry('BOBUSDT', startMs, 'EQUITY'),
      ],
    });
    const { notes } = await imported(place, { exchangeInfo: [info] });
    expect(notes).toEqual([expect.stringContaining('AUSDT has bars before its listing on record')]);
    const { instruments } = await (await openDataset(place, 'tiny')).records();
    const kindOf = (symbol: string) => instrumentKinds[instruments!.kind[coinAt(symbol)]!];
    expect(['BTCUSDT', 'PAXGUSDT', 'AUSDT', 'GASUSDT', 'BOBUSDT', '1000PEPEUSDT'].map(kindOf)).toEqual([
      'benchmark',
      'non-crypto',
      'coin',
      'index',
      'non-crypto',
      'coin',
    ]);
    const since = ['BTCUSDT', 'PAXGUSDT', 'AUSDT', '1000PEPEUSDT'].map(
      (symbol) => instruments!.onboardMs[coinAt(symbol)],
    );
    expect(since).toEqual([Date.UTC(2019, 8, 8), startMs + 0.5 * hourMs, Number.NaN, Number.NaN]);
  });
});

describe('importing bars that were revised', () => {
  const bar = (ts: number, close: number, ingested: number | '') =>
    `BTCUSDT,${ts},1,9,1,${close},5,${ingested}`;
  const head = 'symbol,ts,open,high,low,close,volume,ingested_at\n';

  it('keeps the version known first as the bar, and the later ones beside it', async () => {
    const place = await freshStore();
    const at = startMs + 2 * hourMs;
    const csv = await given(
      place,
      'bars.csv',
      head +
        [
          bar(startMs, 2, at + 3),
          bar(startMs, 3, at + 1),
          bar(startMs, 3, at + 2),
          bar(startMs, 3, at + 9),
          bar(startMs + hourMs, 4, at),
        ].join('\n'),
    );
    const result = await importDataset(place, { name: 'tiny', bars: [csv] });
    expect(result.notes).toEqual([expect.stringContaining('bars: 1 came in more than once')]);
    expect(result.rejected).toMatchObject([{ rule: 'duplicate', rows: 1 }]);
    expect((await runSql(place, 'SELECT ts, close FROM tiny_bars ORDER BY ts')).rows).toEqual([
      { ts: startMs, close: 3 },
      { ts: startMs + hourMs, close: 4 },
    ]);
    expect((await runSql(place, 'SELECT close, ingested_ms FROM tiny_revisions')).rows).toEqual([
      { close: 2, ingested_ms: at + 3 },
      { close: 3, ingested_ms: at + 9 },
    ]);
  });

  it('refuses arrivals in another unit', async () => {
    const place = await freshStore();
    const csv = await given(place, 'bars.csv', `${head}${bar(startMs, 2, startMs / 1_000)}\n`);
    const fault = await faultOf(importDataset(place, { name: 'tiny', bars: [csv] }));
    expect(fault.faults).toMatchObject([
      {
        path: expect.stringMatching(/bars\.csv row 1, ingested_ms$/),
        message: expect.stringContaining('epoch milliseconds'),
      },
    ]);
  });

  it('refuses two versions of which nobody knows the first', async () => {
    const place = await freshStore();
    const csv = await given(place, 'bars.csv', `${head}${bar(startMs, 2, 7e11)}\n${bar(startMs, 3, 7e11)}\n`);
    const fault = await faultOf(importDataset(place, { name: 'tiny', bars: [csv] }));
    expect(fault.faults.map(({ message }) => message)).toEqual([
      expect.stringContaining('Keep one of the two'),
    ]);
  });
});
