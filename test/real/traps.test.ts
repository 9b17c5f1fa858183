/**
 * The known traps of the real files, T1 to T26: each is found by a rule of its own with its figures, or it is shown why the
 * stored tables cannot tell. Needs the folder `data` of the real market data.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDataset } from '../../datasets/check/check.ts';
import type { Finding } from '../../datasets/check/finding.ts';
import { type ImportResult, importDataset } from '../../datasets/import/import.ts';
import { readManifest } from '../../datasets/manifest.ts';
import { runSql } from '../../datasets/sql.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { absence, marketFile, panelFiles, panelRequest, recordFiles } from './market-files.ts';

const { absent, reason } = absence([...panelFiles, ...recordFiles]);

describe.skipIf(absent.length > 0)(`the traps of the real files${reason}`, () => {
  let store: Store;
  let imported: ImportResult;
  let findings: readonly Finding[];

  beforeAll(async () => {
    store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-real-traps-')));
    const [archive, votes, fearGreed] = recordFiles.map(marketFile);
    imported = await importDataset(store, {
      ...panelRequest('usdm'),
      news: [archive!, votes!],
      fearGreed: [fearGreed!],
    });
    findings = await checkDataset(store, 'usdm');
  }, 300_000);
  afterAll(() => rm(store.dataDir, { recursive: true, force: true }));

  const of = (rule: string) => findings.filter((finding) => finding.rule === rule);
  const one = (rule: string) => {
    expect(of(rule), rule).toHaveLength(1);
    return of(rule)[0]!;
  };
  const at = (text: string) => Date.parse(`${text}:00Z`);
  const count = async (query: string) => Number((await runSql(store, query)).rows[0]?.['n']);
  const columnsOf = async (table: string) =>
    (await runSql(store, `SELECT * FROM usdm_${table} LIMIT 1`)).columns;

  it('T1 ragged beginning: 45 symbols of 262', () => {
    expect(one('ragged-beginning')).toMatchObject({ count: 217, toMs: at('2024-10-23T08:00') });
  });

  it('T2 seam of two collections: 524 to 485', () => {
    expect(one('seam')).toMatchObject({
      count: 39,
      fromMs: at('2025-10-23T03:00'),
      toMs: at('2025-10-23T08:00'),
    });
  });

  it('T3 false delistings: 39 in five hours', () => {
    expect(one('mass-ending')).toMatchObject({ count: 39, severity: 'warning' });
  });

  it('T4 survivorship: nobody ends by himself in 479 coin-years', () => {
    expect(one('survivorship')).toMatchObject({ count: 0, severity: 'warning' });
    expect(one('survivorship').message).toContain('479 coin-years');
  });

  it('T5 snapshots from the future, and a second listing under one name with 836 bars before it', () => {
    expect(of('later-snapshot').map(({ count: days }) => days)).toEqual([435, 1]);
    expect(one('listed-again')).toMatchObject({ symbol: 'AIAUSDT', count: 836 });
  });

  it('T6 broken hour: 211 symbols open away from their closes; the daily bars beside it are no table of a dataset', () => {
    expect(one('market-gap')).toMatchObject({ count: 211, fromMs: at('2024-10-28T22:00') });
  });

  it('T7 partial columns: quote volume and trades in 2,913,590 rows', () => {
    expect(of('missing-volume').map(({ count: rows }) => rows)).toEqual([2_913_590, 2_913_590]);
  });

  it('T8 unclosed last bars: taken out of the hours, and left in the minutes as parts of an hour', () => {
    expect(of('unclosed-last-bar')).toEqual([]);
    const minutes = of('detail-part').find(({ message }) => message.includes('1-minute'));
    expect(minutes).toMatchObject({
      count: 30,
      fromMs: at('2025-06-22T21:00'),
      toMs: at('2025-06-22T21:00'),
    });
  });

  it('T9 different spans: marks and funding of 25 coins', () => {
    expect(one('mark-missing').count).toBe(531);
    expect(one('mark-part').count).toBe(25);
    expect(one('funding-missing').count).toBe(531);
    expect(one('funding-part').count).toBe(20);
  });

  it('T10 the cascade: 512 symbols, -61 %', () => {
    const cascade = of('market-move').find(({ fromMs }) => fromMs === at('2025-10-10T21:00'))!;
    expect(cascade.count).toBe(512);
    expect(cascade.message).toContain('median low lies -61 %');
  });

  it('T11 marks fell as far', () => {
    const marks = of('mark-move').find(({ fromMs }) => fromMs === at('2025-10-10T21:00'))!;
    expect(marks.count).toBe(25);
    expect(marks.message).toMatch(/median low lies -52 % from the open, that of the traded prices -53 %/);
  });

  it('T12 listing bars: the wild ones by name', () => {
    const named = new Map(of('listing-bar').map((finding) => [finding.symbol, finding]));
    for (const symbol of ['ENSOUSDT', 'KITEUSDT', 'CCUSDT', 'OPENUSDT'])
      expect(named.get(symbol)?.repair?.rule, symbol).toBe('drop-listing-bar');
    expect(named.get(null)).toMatchObject({ count: 294, repair: null });
  });

  it('T13 the largest moves are notes, and no repair is offered for them', () => {
    expect(one('extreme-move')).toMatchObject({ severity: 'note', count: 154, repair: null });
    expect(one('extreme-move').message).toContain('OMUSDT (4)');
    expect(of('bad-print')).toEqual([]);
    expect(of('wick').every(({ severity, repair }) => severity === 'note' && repair === null)).toBe(true);
  });

  it('T14 both barriers in one bar: 45,315, and 15,516 go 8 % below their open', () => {
    expect(one('both-sides').count).toBe(45_315);
    expect(one('both-sides').message).toContain('15516 go');
  });

  it('T15 names: outside ASCII, multipliers, digits, single letters, two contracts of one name', () => {
    expect(one('symbol-not-ascii').message).toContain('币安人生USDT');
    expect(one('symbol-multiplier').count).toBe(15);
    expect(one('symbol-digits').message).toContain('(0GUSDT, 1INCHUSDT, 2ZUSDT, 4USDT)');
    expect(one('symbol-letter').count).toBe(13);
    expect(one('symbol-collision').message).toContain('1000000BOBUSDT');
  });

  it('T16 what is no coin: a stablecoin by its behaviour, gold and indices by the list', () => {
    expect(one('stablecoin').symbol).toBe('USDCUSDT');
    expect(one('no-coin').message).toContain(
      '(ALLUSDT index, BTCDOMUSDT index, BTCUSDT benchmark, PAXGUSDT non-crypto)',
    );
  });

  it('T17 filters that do not fit: 2,126 closes of 14 symbols (those of the test net: see the check of the panel)', () => {
    expect(of('filters-fit-bars')).toHaveLength(14);
    expect(of('filters-fit-bars').reduce((sum, { count: closes }) => sum + closes, 0)).toBe(2_126);
  });

  it('T18 precision is not the tick: not to be found, since tables take tick and lot sizes and no precision', async () => {
    const columns = await columnsOf('filters');
    expect(columns).toEqual(expect.arrayContaining(['tick_size', 'step_size', 'market_quantity_max']));
    expect(columns.filter((name) => /precision/i.test(name))).toEqual([]);
  });

  it('T19 tier files: one edition covers 268 of 556 symbols; quarterly contracts stand apart', async () => {
    expect(one('brackets-part')).toMatchObject({ count: 288 });
    expect(
      await count(
        "SELECT count(DISTINCT symbol) AS n FROM usdm_brackets WHERE symbol IN ('BTCUSDT', 'BTCUSDT_260626')",
      ),
    ).toBe(2);
  });

  it('T20 snapshots that disagree: not to be found, since premium index and funding list are no tables', async () => {
    const { tables } = await readManifest(store, 'usdm');
    expect(Object.keys(tables).sort()).toEqual(
      'bars brackets detail_15m detail_1m fear_greed filters funding instruments mark news'.split(' '),
    );
  });

  it('T21 intervals are data: one coin goes 8 h, 1 h, 4 h', () => {
    expect(one('funding-interval')).toMatchObject({ symbol: 'XTZUSDT', count: 2 });
  });

  it('T22 jitter: not in these rows, which were rounded; rules take stamps to the nearest hour', async () => {
    expect(await count('SELECT count(*) AS n FROM usdm_funding WHERE ts % 3600000 <> 0')).toBe(0);
    expect(of('funding-hole')).toEqual([]);
  });

  it('T23 no arrival time: in any of 22,445 articles, 19 of them at midnight', () => {
    expect(one('news-arrival')).toMatchObject({ severity: 'warning', count: 22_445 });
    expect(one('news-arrival').message).toContain('19 carry exactly midnight');
  });

  it('T24 keyword tags: not linked where the headline does not bear them out, the rest is told', () => {
    expect(imported.notes.join('\n')).toMatch(/does not show them as tickers: .*A 5\d\d/);
    expect(one('news-ticker').count).toBe(16);
  });

  it('T25 votes are final counts: not to be found, since no table takes them', async () => {
    expect((await columnsOf('news')).filter((name) => /vote/i.test(name))).toEqual([]);
  });

  it('T26 stale series and missing days: news and Fear & Greed; series of the whole market are no tables', () => {
    expect(one('stale-records')).toMatchObject({ count: 29, fromMs: Date.UTC(2025, 11, 3, 10, 28, 51) });
    expect(of('fear-greed-hole').map(({ count: days }) => days)).toEqual([3, 1]);
    expect(of('news-hole').map(({ count: days }) => days)).toEqual([21, 30]);
  });
});
