/** The real panel, imported whole and found again cell by cell. Needs the folder `data` of the real market data. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../datasets/dataset.ts';
import { copyToParquet, sqlFile, withDuck } from '../../datasets/duck.ts';
import { type ImportResult, importDataset } from '../../datasets/import/import.ts';
import { openDataset } from '../../datasets/open.ts';
import { runSql } from '../../datasets/sql.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { barOffset, settlementsOf } from '../../engine/panel/panel.ts';
import { absence, marketFile, panelFile, panelFiles, panelRequest, testnetList } from './market-files.ts';

const { absent, reason } = absence([...panelFiles, testnetList]);

describe.skipIf(absent.length > 0)(`the real hourly panel${reason}`, () => {
  let dir: string;
  let store: Store;
  let result: ImportResult;
  let dataset: Dataset;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hourglass-real-import-'));
    store = openStore(dir);
    result = await importDataset(store, panelRequest('usdm'));
    dataset = await openDataset(store, 'usdm', { volumes: true });
  }, 120_000);

  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('imports whole: every row, no rejection', () => {
    expect(result).toMatchObject({
      rows: 4_199_922,
      symbols: 556,
      from: '2024-10-23T04:00:00.000Z',
      to: '2026-01-01T00:00:00.000Z',
      rejected: [],
    });
    expect(dataset.manifest.tables.funding?.rows).toBe(49_928);
    expect(dataset.manifest.tables.mark?.rows).toBe(73_200);
  });

  it('keeps symbols as text, in byte order: digits first, Chinese characters last', () => {
    const { symbols } = dataset.panel;
    expect(symbols.at(-1)).toBe('币安人生USDT');
    for (const symbol of ['4USDT', '1INCHUSDT', '0GUSDT', '1000000BOBUSDT'])
      expect(symbols).toContain(symbol);
    expect(symbols).toEqual([...symbols].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });

  it('puts the bar of the crash where it belongs', () => {
    const { panel } = dataset;
    const coin = panel.symbols.indexOf('IOTXUSDT');
    const at = barOffset(panel, coin, (Date.UTC(2025, 9, 10, 21) - panel.startMs) / hourMs);
    expect(panel.bars[at]).toBe(0.02269);
    expect(panel.bars[at + 2]).toBe(0.00119);
  });

  it('has as many present cells, and the same sums, as the files have rows', async () => {
    const { panel } = dataset;
    let present = 0;
    let quoted = 0;
    for (let cell = 0; cell < panel.symbols.length * panel.hours; cell += 1) {
      if (!Number.isNaN(panel.bars[cell * 4]!)) present += 1;
      if (!Number.isNaN(panel.quoteVolume![cell]!)) quoted += 1;
    }
    expect(present).toBe(4_199_922);
    expect(quoted).toBe(4_199_922 - 2_913_590);
    const { rows } = await runSql(
      store,
      'SELECT count(*) AS bars, count(quote_volume) AS quoted FROM usdm_bars',
    );
    expect(rows).toEqual([{ bars: present, quoted }]);
  });

  it('charges funding on the mark where the mark is known', () => {
    const { symbols, startMs } = dataset.panel;
    const btc = symbols.indexOf('BTCUSDT');
    const septemberHour = (Date.UTC(2025, 8, 1) - startMs) / hourMs;
    let known = 0;
    for (const { hour, mark } of settlementsOf(dataset.panel, btc)) {
      expect(Number.isNaN(mark)).toBe(hour < septemberHour);
      if (!Number.isNaN(mark)) known += 1;
    }
    expect(known).toBe(122 * 3);
  });

  it('refuses the daily and the quarter-hourly file as hourly bars, and says why', async () => {
    for (const [name, words] of [
      ['usdm_1d_2024-01_2025-12.parquet', /no two bars lie one hour apart; the nearest are 24 hours apart/],
      ['usdm_15m_2025-10-08_10-14_crash.parquet', /does not lie on the hour/],
    ] as const) {
      await expect(importDataset(store, { name: 'wrong', bars: [marketFile(name)] })).rejects.toThrow(words);
    }
  });

  it('keeps the tiers of perpetuals beside those of quarterly contracts, by edition', () => {
    const [older, newer] = dataset.brackets;
    expect(dataset.brackets.map(({ effectiveMs }) => effectiveMs)).toEqual([
      Date.UTC(2024, 9, 24),
      Date.UTC(2026, 2, 1),
    ]);
    const tiersIn = (tiers: ReadonlyMap<string, readonly unknown[]>) =>
      [...tiers.values()].reduce((sum, own) => sum + own.length, 0);
    expect([older!.tiers.size, tiersIn(older!.tiers)]).toEqual([349, 2_805]);
    expect([newer!.tiers.size, tiersIn(newer!.tiers)]).toEqual([689, 5_810]);
    expect(older!.tiers.get('BTCUSDT')![0]!.leverageMax).toBe(125);
    expect(newer!.tiers.get('BTCUSDT')![0]!.leverageMax).toBe(150);
    expect(newer!.tiers.get('BTCUSDT_260626')![0]!.leverageMax).toBe(50);
    const covered = dataset.panel.symbols.filter((symbol) => older!.tiers.has(symbol));
    expect(covered).toHaveLength(268);
    expect(dataset.panel.symbols.every((symbol) => newer!.tiers.has(symbol))).toBe(true);
  });

  it('dates the filters by the answer itself', () => {
    const [{ effectiveMs, filters } = { effectiveMs: 0, filters: new Map() }] = dataset.filters;
    expect(effectiveMs).toBe(1_783_173_617_043);
    expect(filters.size).toBe(820);
    expect(filters.get('BTCUSDT')).toEqual({
      tickSize: 0.1,
      stepSize: 0.001,
      quantityMin: 0.001,
      marketQuantityMax: 120,
      notionalMin: 50,
      percentUp: 1.05,
      percentDown: 0.95,
      liquidationFee: 0.0125,
    });
  });

  it('takes none of the 39 false delistings for one', () => {
    const { symbols, endHour, hours, life } = dataset.panel;
    const ended = symbols.filter((_, coin) => endHour[coin]! < hours);
    expect(ended).toHaveLength(39);
    expect([...life!.delisted].filter((flag) => flag === 1)).toEqual([]);
    const livedOn = symbols.filter((_, coin) => life!.dataEnds[coin] === 1);
    // Two of them no list knows.
    expect(ended.filter((symbol) => !livedOn.includes(symbol))).toEqual(['BDXNUSDT', 'SXPUSDT']);
    expect(livedOn).toHaveLength(37);
  });

  it('keeps the bars of AIAUSDT, which lie before its present listing', () => {
    const { symbols, firstHour, startMs } = dataset.panel;
    const first = startMs + firstHour[symbols.indexOf('AIAUSDT')]! * hourMs;
    expect(new Date(first).toISOString().slice(0, 10)).toBe('2025-09-18');
  });

  it('has mark bars for 25 coins, in rows of their own', () => {
    const { series, bars, hours, symbols, startMs } = dataset.panel;
    const rows = [...series!.markRow].filter((row) => row >= 0);
    expect(rows).toHaveLength(25);
    const september = (Date.UTC(2025, 8, 1) - startMs) / hourMs;
    const opens = rows.flatMap((row) =>
      Array.from({ length: hours }, (_, hour) => bars[(row * hours + hour) * 4]!),
    );
    expect(opens.filter((open) => !Number.isNaN(open))).toHaveLength(73_200);
    const btc = (series!.markRow[symbols.indexOf('BTCUSDT')]! * hours + september) * 4;
    expect(bars[btc]! / bars[(symbols.indexOf('BTCUSDT') * hours + september) * 4]!).toBeCloseTo(1, 2);
  });

  it('shows the path inside the hour of the crash, quarter by quarter', async () => {
    expect(dataset.detailMinutes).toEqual([1, 15]);
    const source = (await dataset.detail(15))!;
    const { panel } = dataset;
    const hour = (Date.UTC(2025, 9, 10, 21) - panel.startMs) / hourMs;
    let inSecondQuarter = 0;
    let known = 0;
    for (const coin of panel.symbols.keys()) {
      const bars = source.bars(coin, hour);
      if (bars === null) continue;
      known += 1;
      const lows = [2, 6, 10, 14].map((at) => bars[at]!);
      expect(Math.min(...lows)).toBe(panel.bars[barOffset(panel, coin, hour) + 2]);
      if (lows.indexOf(Math.min(...lows)) === 1) inSecondQuarter += 1;
    }
    expect([known, inSecondQuarter]).toEqual([512, 493]);
    expect(source.bars(0, hour - 24 * 7)).toBeNull();
  });

  it('keeps the last minute of the minute file as part of an hour', async () => {
    const source = (await dataset.detail())!;
    const { panel } = dataset;
    const hour = (Date.UTC(2025, 5, 22, 21) - panel.startMs) / hourMs;
    const bars = source.bars(panel.symbols.indexOf('BTCUSDT'), hour)!;
    expect(bars.length).toBe(240);
    expect([...bars].filter((price) => !Number.isNaN(price))).toHaveLength(4);
  });

  it('opens finer bars fast', async () => {
    const again = await openDataset(store, 'usdm');
    const from = performance.now();
    await again.detail(15);
    expect(performance.now() - from).toBeLessThan(100);
  });

  it('refuses finer bars whose clock is shifted, and tells by how much', async () => {
    const shifted = join(dir, 'shifted.parquet');
    const source = marketFile('usdm_1m_2025-06-16_06-22.parquet');
    await withDuck(async (duck) => {
      const select = `SELECT * REPLACE (ts + ${3 * hourMs} AS ts) FROM read_parquet(${sqlFile(source)})`;
      await copyToParquet(duck, select, shifted);
    });
    await expect(
      importDataset(store, {
        name: 'wrong',
        bars: [marketFile(panelFile)],
        detail: [`1m=${shifted}`],
      }),
    ).rejects.toThrow(/Its clock is 3 h ahead/);
  });

  it('refuses the filters of the test net for its tick size of 0, and names the coin', async () => {
    const bars = [marketFile(panelFile)];
    const exchangeInfo = [marketFile(testnetList)];
    await expect(importDataset(store, { name: 'wrong', bars, exchangeInfo })).rejects.toThrow(
      /OPENUSDT: tickSize 0 must be positive/,
    );
  });
});
