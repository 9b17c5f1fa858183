/** Real news, Fear & Greed and instruments beside the real panel. Needs the folder `data` of the real market data. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset, DatasetRecords } from '../../datasets/dataset.ts';
import { type ImportResult, importDataset } from '../../datasets/import/import.ts';
import { openDataset } from '../../datasets/open.ts';
import { runSql } from '../../datasets/sql.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { instrumentKinds, newestAvailable } from '../../engine/columns/records.ts';
import { dayMs } from '../../engine/panel/hours.ts';

const folder = join(process.env['HOURGLASS_SHARED'] ?? '', 'data');
const file = (name: string) => join(folder, name);
const needed = [
  'usdm_1h_2024-10_2025-12.parquet',
  'exchange/fapi_exchangeInfo_mainnet_2026-07-04.json.gz',
  'sentiment/news_2025-03_2025-12.jsonl.gz',
  'sentiment/news_votes_2024-08_2025-02.csv',
  'sentiment/fear_greed_2018-02_2025-12.csv',
];
const absent = needed.filter((name) => !existsSync(file(name)));
const reason = absent.length === 0 ? '' : ` (absent: ${absent.join(', ')})`;

describe.skipIf(absent.length > 0)(`real records${reason}`, () => {
  let dir: string;
  let store: Store;
  let result: ImportResult;
  let dataset: Dataset;
  let records: DatasetRecords;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hourglass-real-records-'));
    store = openStore(dir);
    result = await importDataset(store, {
      name: 'usdm',
      bars: [file('usdm_1h_2024-10_2025-12.parquet')],
      exchangeInfo: [file('exchange/fapi_exchangeInfo_mainnet_2026-07-04.json.gz')],
      news: [
        file('sentiment/news_2025-03_2025-12.jsonl.gz'),
        file('sentiment/news_votes_2024-08_2025-02.csv'),
      ],
      fearGreed: [file('sentiment/fear_greed_2018-02_2025-12.csv')],
    });
    dataset = await openDataset(store, 'usdm');
    records = await dataset.records();
  }, 240_000);

  afterAll(() => rm(dir, { recursive: true, force: true }));

  const count = async (query: string) => Number((await runSql(store, query)).rows[0]?.['n']);

  it('every article of the archive is there, sorted, and without an arrival', async () => {
    expect(
      await count(
        "SELECT count(*) AS n FROM usdm_news WHERE published_ms >= epoch_ms(TIMESTAMP '2025-03-01')",
      ),
    ).toBe(21_455);
    expect(await count('SELECT count(ingested_ms) AS n FROM usdm_news')).toBe(0);
    expect(await count('SELECT count(*) - count(DISTINCT id) AS n FROM usdm_news')).toBe(0);
    expect(await count('SELECT max(published_ms) AS n FROM usdm_news')).toBe(
      Date.UTC(2025, 11, 3, 10, 28, 51),
    );
    expect(result.notes.join('\n')).toMatch(/when 22445 of 22445 articles came in is not known/);
    const { availableMs } = records.news!;
    for (let row = 1; row < availableMs.length; row += 1)
      expect(availableMs[row]! >= availableMs[row - 1]!).toBe(true);
  });

  it('articles of votes come by their own zone, with no votes', async () => {
    expect(
      await count(
        "SELECT count(*) AS n FROM usdm_news WHERE published_ms < epoch_ms(TIMESTAMP '2025-03-01')",
      ),
    ).toBe(990);
    // Six rows of the 996 repeat another to the second.
    expect(result.rejected).toEqual([expect.objectContaining({ rule: 'duplicate', rows: 6 })]);
    const { rows } = await runSql(
      store,
      "SELECT published_ms FROM usdm_news WHERE title LIKE 'Binance Report: Crypto ETFs Surge%'",
    );
    expect(rows).toEqual([{ published_ms: Date.UTC(2025, 1, 7, 7, 29, 27) }]);
  });

  it('guessed tickers are linked only where headlines bear them out', async () => {
    const linked = async (symbol: string) =>
      await count(
        `SELECT count(*) AS n FROM usdm_news WHERE list_contains(string_split(symbols, ' '), '${symbol}')`,
      );
    // Tagged 546, 354, 209 and 278 times by the archive.
    expect(await linked('AUSDT')).toBeLessThan(5);
    expect(await linked('SUSDT')).toBeLessThan(5);
    expect(await linked('IPUSDT')).toBeLessThan(10);
    expect(await linked('4USDT')).toBeLessThan(5);
    expect(await linked('BTCUSDT')).toBeGreaterThanOrEqual(5_020);
    expect(await linked('1000PEPEUSDT')).toBeGreaterThanOrEqual(286);
    expect(result.notes.join('\n')).toMatch(
      /not linked, since the headline does not show them as tickers: .*A 5\d\d/,
    );
  });

  it('Fear & Greed counts from the day after its own', async () => {
    expect(await count('SELECT count(*) AS n FROM usdm_fear_greed')).toBe(2_887);
    const { availableMs, values } = records.fearGreed!;
    const at = (timeMs: number) => values[newestAvailable(availableMs, timeMs)];
    // 2018-02-01 had 30, the day after 15.
    expect(newestAvailable(availableMs, Date.UTC(2018, 1, 2) - 1)).toBe(-1);
    expect(at(Date.UTC(2018, 1, 2))).toBe(30);
    expect(at(Date.UTC(2018, 1, 3))).toBe(15);
    // No value of 2024-10-26: through the 27th the newest is that of the 25th.
    expect(newestAvailable(availableMs, Date.UTC(2024, 9, 27))).toBe(
      newestAvailable(availableMs, Date.UTC(2024, 9, 26)),
    );
    expect(availableMs.at(-1)).toBe(Date.UTC(2025, 11, 31) + dayMs);
  });

  it('instruments: what is no coin, and a listing that is a second one', () => {
    const { kind, onboardMs } = records.instruments!;
    const { symbols, startMs, firstHour } = dataset.panel;
    const of = (symbol: string) => symbols.indexOf(symbol);
    const others = symbols.filter((_, coin) => kind[coin] !== 0);
    expect(others.map((symbol) => [symbol, instrumentKinds[kind[of(symbol)]!]])).toEqual([
      ['ALLUSDT', 'index'],
      ['BTCDOMUSDT', 'index'],
      ['BTCUSDT', 'benchmark'],
      ['PAXGUSDT', 'non-crypto'],
    ]);
    const unknown = symbols.filter((_, coin) => Number.isNaN(onboardMs[coin]!));
    expect(unknown).toEqual(['AIAUSDT', 'BDXNUSDT', 'SXPUSDT']);
    const inside = symbols.filter((_, coin) => onboardMs[coin]! > startMs + 8 * 3_600_000);
    // 295 coins begin inside the span: AIAUSDT and BDXNUSDT have no listing on record.
    expect(inside).toHaveLength(293);
    for (const symbol of inside) {
      const first = startMs + firstHour[of(symbol)]! * 3_600_000;
      expect(Math.floor(onboardMs[of(symbol)]! / 3_600_000) * 3_600_000).toBe(first);
    }
    expect(result.notes.filter((note) => note.includes('listed again'))).toEqual([
      expect.stringContaining('AIAUSDT'),
    ]);
  });
});
