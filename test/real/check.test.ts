/** The data check on the real panel, whose traps are known. Needs the folder `data` of the real market data. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDataset } from '../../datasets/check/check.ts';
import type { Finding } from '../../datasets/check/finding.ts';
import { importDataset } from '../../datasets/import/import.ts';
import { openStore } from '../../datasets/store.ts';
import { absence, marketFile, panelFile, panelFiles, panelRequest, testnetList } from './market-files.ts';

const { absent, reason } = absence([...panelFiles, testnetList]);

describe.skipIf(absent.length > 0)(`the data check of the real hourly panel${reason}`, () => {
  let dir: string;
  let findings: readonly Finding[];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hourglass-real-check-'));
    const store = openStore(dir);
    const { detail: _, brackets: __, ...request } = panelRequest('usdm');
    await importDataset(store, request);
    findings = await checkDataset(store, 'usdm');
  }, 180_000);

  afterAll(() => rm(dir, { recursive: true, force: true }));

  const of = (rule: string) => findings.filter((finding) => finding.rule === rule);
  const at = (text: string) => Date.parse(`${text}:00Z`);

  it('has no error: the rows themselves are sound, and no clock is shifted', () => {
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    for (const rule of [
      'missing-hours',
      'exchange-halt',
      'zero-volume',
      'frozen-price',
      'unclosed-last-bar',
      'bad-print',
    ]) {
      expect(of(rule), rule).toEqual([]);
    }
  });

  it('sees the ragged beginning', () => {
    expect(of('ragged-beginning')).toMatchObject([
      { symbol: null, fromMs: at('2024-10-23T04:00'), toMs: at('2024-10-23T08:00'), count: 217 },
    ]);
  });

  it('sees the seam of two collections', () => {
    expect(of('seam')).toMatchObject([
      { symbol: null, fromMs: at('2025-10-23T03:00'), toMs: at('2025-10-23T08:00'), count: 39 },
    ]);
    expect(of('seam')[0]!.message).toContain('from 524 to 485');
  });

  it('suspects the 39 false delistings', () => {
    expect(of('mass-ending')).toMatchObject([
      { symbol: null, fromMs: at('2025-10-23T03:00'), toMs: at('2025-10-23T07:00'), count: 39 },
    ]);
    expect(of('ragged-end')).toEqual([]);
  });

  it('tells the broken hour of 2024-10-28 as one finding', () => {
    expect(of('market-gap')).toMatchObject([
      { symbol: null, fromMs: at('2024-10-28T22:00'), toMs: at('2024-10-28T22:00'), count: 211 },
    ]);
    expect(of('gap').map(({ severity, count }) => [severity, count])).toEqual([['note', 80]]);
  });

  it('counts the volumes that the first collection lacks', () => {
    const lacking = of('missing-volume');
    expect(lacking.map(({ severity, count }) => [severity, count])).toEqual([
      ['warning', 2_913_590],
      ['warning', 2_913_590],
    ]);
    expect(lacking.map(({ message }) => message.split(' ')[0])).toEqual(['quote_volume', 'trades']);
    for (const { message } of lacking) {
      expect(message).toContain('39 symbols never have it');
      expect(message).toContain('2025-09-13T08:00Z');
    }
  });

  it('tells the cascade of 2025-10-10 as one finding an hour, with its depth', () => {
    const cascade = of('market-move').find(({ fromMs }) => fromMs === at('2025-10-10T21:00'));
    expect(cascade).toMatchObject({ symbol: null, toMs: at('2025-10-10T21:00'), count: 512 });
    expect(cascade!.message).toContain('median low lies -61 %');
    expect(cascade!.message).toContain('lowest -95 %');
    // Only hours in which most of the market moved: a handful in fifteen months.
    expect(of('market-move').length).toBeLessThan(8);
  });

  it('names the wild listing bars', () => {
    const wild = new Map(of('listing-bar').map(({ symbol, fromMs }) => [symbol, fromMs]));
    expect(wild.get('ENSOUSDT')).toBe(at('2025-10-14T09:00'));
    expect(wild.get('KITEUSDT')).toBe(at('2025-10-29T10:00'));
    expect(wild.get('CCUSDT')).toBe(at('2025-10-31T12:00'));
    expect(wild.get('OPENUSDT')).toBe(at('2025-09-08T13:00'));
    expect(of('listing-bar').every(({ severity }) => severity === 'note')).toBe(true);
  });

  it('tells the stablecoin, and nothing that only sounds like one', () => {
    expect(of('stablecoin').map(({ symbol }) => symbol)).toEqual(['USDCUSDT']);
  });

  it('says what funding there is, and where an interval changed', () => {
    expect(of('funding-missing')).toMatchObject([{ severity: 'warning', count: 531 }]);
    expect(of('funding-part')).toMatchObject([{ severity: 'warning', count: 20 }]);
    expect(of('funding-interval').map(({ symbol, count }) => [symbol, count])).toEqual([['XTZUSDT', 2]]);
    expect(of('funding-hole')).toEqual([]);
  });

  it('finds every volume on the steps of its market, and 14 coins whose tick changed later', () => {
    const found = of('filters-fit-bars');
    expect(found.map(({ symbol }) => symbol!.replace('USDT', '')).join(' ')).toBe(
      'APR AT BEAT DEXE GUA HOME IRYS JST KGEN LAB RAVE STABLE TAG VELVET',
    );
    expect(found.every(({ severity }) => severity === 'warning')).toBe(true);
    expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(2_126);
  });

  it('tells the filters of the test net from those of the market', async () => {
    const info = JSON.parse(gunzipSync(await readFile(marketFile(testnetList))).toString()) as {
      symbols: { symbol: string }[];
    };
    // An import refuses this one for its tick size of 0.
    info.symbols = info.symbols.filter(({ symbol }) => symbol !== 'OPENUSDT');
    const mended = join(dir, 'info.json');
    await writeFile(mended, JSON.stringify(info));
    const store = openStore(dir);
    await importDataset(store, {
      name: 'foreign',
      bars: [marketFile(panelFile)],
      exchangeInfo: [mended],
    });
    const found = (await checkDataset(store, 'foreign')).filter(({ rule }) => rule === 'filters-fit-bars');
    expect(found.map(({ severity, symbol, count }) => [severity, symbol, count])).toEqual([
      ['error', null, 627],
      ['note', 'BTCUSDT', 1],
    ]);
    expect(found[0]!.message).toContain(
      '(ACEUSDT, CVXUSDT, ONDOUSDT, SOLUSDT), and 5103 closes of 34 symbols',
    );
  }, 120_000);
});
