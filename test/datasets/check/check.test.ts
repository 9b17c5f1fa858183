import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDataset } from '../../../datasets/check/check.ts';
import type { Finding } from '../../../datasets/check/finding.ts';
import { defaultSwitches } from '../../../datasets/planted/settings.ts';
import { synthDataset, synthMarket } from '../../../datasets/planted/synth.ts';
import { openStore } from '../../../datasets/store.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import {
  barAt,
  barsBetween,
  check,
  cleanTables,
  marketHours,
  symbolsOf,
  type Tables,
  timeOfHour,
} from './faulty-market.ts';

const serious = (findings: readonly Finding[]) => findings.filter(({ severity }) => severity !== 'note');
const rulesOf = (findings: readonly Finding[]) => [...new Set(findings.map(({ rule }) => rule))].sort();

/** Plants a fault in a clean market and returns all findings. */
async function withFault(plant: (tables: Tables) => void): Promise<readonly Finding[]> {
  const tables = cleanTables();
  plant(tables);
  return await check(tables);
}

/** Given one planted fault, exactly one serious finding names it. */
async function expectOne(plant: (tables: Tables) => void, expected: Partial<Finding>): Promise<Finding> {
  const found = serious(await withFault(plant));
  expect(found.map(({ rule, symbol }) => `${rule} ${symbol ?? ''}`)).toHaveLength(1);
  expect(found[0]).toMatchObject(expected);
  return found[0]!;
}

const P = 'P005USDT';

describe('a clean market', () => {
  it('of preset S gives no error and no warning', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'hourglass-check-'));
    try {
      const store = openStore(dataDir);
      await synthDataset(store, { name: 'clean', preset: 'S', seed: 1 });
      const findings = await checkDataset(store, 'clean');
      expect(serious(findings)).toEqual([]);
      expect(rulesOf(findings)).toContain('stablecoin');
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('tells the stablecoins by their prices', async () => {
    const findings = await check(cleanTables());
    expect(serious(findings)).toEqual([]);
    expect(findings.filter(({ rule }) => rule === 'stablecoin').map(({ symbol }) => symbol)).toEqual([
      'USDPUSDT',
      'USDQUSDT',
      'USDXUSDT',
    ]);
  });

  it('without funding says so in a note', async () => {
    const findings = await check({ ...cleanTables(), funding: [] });
    expect(rulesOf(findings)).toEqual(expect.arrayContaining(['funding-missing']));
    expect(serious(findings)).toEqual([]);
  });
});

describe('rows', () => {
  it('given twice with equal prices', async () => {
    const found = await expectOne(
      ({ bars }) => {
        const at = bars.findIndex((bar) => bar.symbol === P && bar.ts === timeOfHour(100));
        bars.splice(at, 0, { ...bars[at]! });
      },
      {
        rule: 'duplicate-bar',
        severity: 'error',
        symbol: P,
        count: 1,
        fromMs: timeOfHour(100),
        toMs: timeOfHour(100),
      },
    );
    expect(found.message).toContain('equal prices');
  });

  it('given twice with different prices, at the far end of the file', async () => {
    const found = serious(
      await withFault((tables) => {
        const bar = barAt(tables, P, 100);
        tables.bars.push({ ...bar, close: bar.open });
      }),
    );
    expect(rulesOf(found)).toEqual(['duplicate-bar', 'out-of-order']);
    expect(found[0]).toMatchObject({ rule: 'duplicate-bar', symbol: P, count: 1, fromMs: timeOfHour(100) });
    expect(found[0]!.message).toContain('different prices');
  });

  it('out of order, which spoils no other rule', async () => {
    await expectOne(
      ({ bars }) => {
        const at = bars.findIndex((bar) => bar.symbol === P && bar.ts === timeOfHour(200));
        [bars[at], bars[at + 1]] = [bars[at + 1]!, bars[at]!];
      },
      { rule: 'out-of-order', severity: 'error', symbol: P, count: 1, fromMs: timeOfHour(200) },
    );
  });

  it('off the hour, and in seconds', async () => {
    const found = serious(
      await withFault((tables) => {
        barAt(tables, P, 300).ts += 60_000;
        barAt(tables, 'QUSDT', 5).ts /= 1000;
      }),
    );
    expect(found.filter(({ rule }) => rule === 'off-the-hour').map(({ symbol }) => symbol)).toEqual(
      expect.arrayContaining([P, 'QUSDT']),
    );
    // What was left out leaves a hole.
    expect(rulesOf(found)).toEqual(['missing-hours', 'off-the-hour']);
  });

  it('with high below low', async () => {
    await expectOne(
      (tables) => {
        const bar = barAt(tables, P, 400);
        [bar.high, bar.low] = [bar.low, bar.high];
      },
      {
        rule: 'ohlc-violation',
        severity: 'error',
        symbol: P,
        count: 1,
        fromMs: timeOfHour(400),
        toMs: timeOfHour(400),
      },
    );
  });

  it.each([0, -1, Number.NaN])('with a low of %d', async (price) => {
    const found = serious(
      await withFault((tables) => {
        barAt(tables, P, 400).low = price;
      }),
    );
    const named = price < 0 ? 'negative-price' : 'price-not-positive';
    expect(found.find(({ rule }) => rule === named)).toMatchObject({
      severity: 'error',
      symbol: P,
      count: 1,
      fromMs: timeOfHour(400),
    });
    expect(new Set(found.map(({ symbol }) => symbol))).toEqual(new Set([P]));
  });
});

describe('hours', () => {
  it('missing in one symbol', async () => {
    await expectOne(
      (tables) => {
        tables.bars = tables.bars.filter(
          ({ symbol, ts }) => symbol !== P || ts < timeOfHour(200) || ts >= timeOfHour(207),
        );
      },
      {
        rule: 'missing-hours',
        severity: 'warning',
        symbol: P,
        count: 7,
        fromMs: timeOfHour(200),
        toMs: timeOfHour(206),
      },
    );
  });

  it('missing in all symbols are one finding', async () => {
    await expectOne(
      (tables) => {
        tables.bars = tables.bars.filter(({ ts }) => ts < timeOfHour(200) || ts >= timeOfHour(206));
      },
      { rule: 'exchange-halt', symbol: null, count: 6, fromMs: timeOfHour(200), toMs: timeOfHour(205) },
    );
  });

  it('of frozen prices', async () => {
    await expectOne(
      (tables) => {
        const price = barAt(tables, P, 499).close;
        for (const bar of barsBetween(tables, P, 500, 512)) {
          Object.assign(bar, { open: price, high: price, low: price, close: price });
        }
        barAt(tables, P, 512).open = price;
        const next = barAt(tables, P, 512);
        next.high = Math.max(next.high, price);
        next.low = Math.min(next.low, price);
      },
      { rule: 'frozen-price', symbol: P, count: 12, fromMs: timeOfHour(500), toMs: timeOfHour(511) },
    );
  });

  it('without volume', async () => {
    await expectOne(
      (tables) => {
        for (const bar of barsBetween(tables, P, 300, 303)) bar.volume = bar.quote_volume = 0;
      },
      { rule: 'zero-volume', symbol: P, count: 3, fromMs: timeOfHour(300), toMs: timeOfHour(302) },
    );
  });

  it('of missing quote volume, before a seam of sources', async () => {
    await expectOne(
      ({ bars }) => {
        for (const bar of bars) if (bar.ts < timeOfHour(400)) bar.quote_volume = Number.NaN;
      },
      {
        rule: 'missing-volume',
        symbol: null,
        count: 400 * symbolsOf().length,
        fromMs: timeOfHour(0),
        toMs: timeOfHour(399),
      },
    );
  });
});

describe('edges', () => {
  it('a beginning that fills up over some hours', async () => {
    const late = symbolsOf().slice(5, 25);
    await expectOne(
      (tables) => {
        tables.bars = tables.bars.filter(({ symbol, ts }) => !late.includes(symbol) || ts >= timeOfHour(4));
      },
      { rule: 'ragged-beginning', symbol: null, count: 20, fromMs: timeOfHour(0), toMs: timeOfHour(4) },
    );
  });

  it('an end that crumbles', async () => {
    const short = symbolsOf().slice(5, 12);
    await expectOne(
      (tables) => {
        tables.bars = tables.bars.filter(
          ({ symbol, ts }) => !short.includes(symbol) || ts < timeOfHour(marketHours - 6),
        );
      },
      {
        rule: 'ragged-end',
        symbol: null,
        count: 7,
        fromMs: timeOfHour(marketHours - 7),
        toMs: timeOfHour(marketHours - 1),
      },
    );
  });

  const gone = () => symbolsOf().slice(3, 11);
  const cut = (tables: Tables) => {
    tables.bars = tables.bars.filter(
      ({ symbol, ts }) => !gone().includes(symbol) || ts <= timeOfHour(500 + (gone().indexOf(symbol) % 4)),
    );
    tables.funding = tables.funding.filter(
      ({ symbol, ts }) => !gone().includes(symbol) || ts <= timeOfHour(500),
    );
  };

  it('many symbols that end at once while the data go on', async () => {
    const found = serious(await withFault(cut));
    expect(rulesOf(found)).toEqual(['mass-ending', 'seam']);
    expect(found[0]).toMatchObject({
      count: 8,
      fromMs: timeOfHour(500),
      toMs: timeOfHour(503),
      symbol: null,
    });
    expect(found[0]!.message).toContain(gone()[0]!);
  });

  it('the same is no finding where the instruments table knows of the ends', async () => {
    const found = await withFault((tables) => {
      cut(tables);
      tables.ends = gone().map((symbol) => ({ symbol, delistedMs: timeOfHour(504) }));
    });
    expect(serious(found)).toEqual([]);
  });

  it('many symbols that begin at once inside the data', async () => {
    const fresh = symbolsOf().slice(10, 20);
    await expectOne(
      (tables) => {
        tables.bars = tables.bars.filter(
          ({ symbol, ts }) => !fresh.includes(symbol) || ts >= timeOfHour(480),
        );
        tables.funding = tables.funding.filter(
          ({ symbol, ts }) => !fresh.includes(symbol) || ts > timeOfHour(480),
        );
      },
      { rule: 'seam', symbol: null, count: 10, fromMs: timeOfHour(480) },
    );
  });

  it('a last bar that was still open', async () => {
    await expectOne(
      (tables) => {
        for (const bar of tables.bars.filter(({ ts }) => ts === timeOfHour(marketHours - 1))) {
          // What is left of an hour after its first five minutes.
          bar.volume /= 14;
          bar.quote_volume /= 14;
          bar.high = bar.open * 1.0005;
          bar.low = bar.open * 0.9995;
          bar.close = bar.open;
        }
      },
      {
        rule: 'unclosed-last-bar',
        symbol: null,
        count: symbolsOf().length,
        fromMs: timeOfHour(marketHours - 1),
      },
    );
  });
});

describe('prices', () => {
  it('of a redenominated contract', async () => {
    const found = await expectOne(
      (tables) => {
        for (const bar of barsBetween(tables, P, 600, marketHours)) {
          bar.open *= 1000;
          bar.high *= 1000;
          bar.low *= 1000;
          bar.close *= 1000;
        }
      },
      {
        rule: 'redenomination',
        severity: 'warning',
        symbol: P,
        value: 1000,
        fromMs: timeOfHour(600),
        toMs: timeOfHour(marketHours - 1),
      },
    );
    expect(found.repair?.rule).toBe('redenominate');
  });

  it('of a bad print that comes back within its hour', async () => {
    await expectOne(
      (tables) => {
        barAt(tables, P, 600).high *= 10;
      },
      { rule: 'bad-print', severity: 'warning', symbol: P, count: 1, fromMs: timeOfHour(600) },
    );
  });

  it('of a bad print at the close', async () => {
    const found = serious(
      await withFault((tables) => {
        const bar = barAt(tables, P, 600);
        bar.close *= 10;
        bar.high = bar.close;
      }),
    );
    expect(found.find(({ rule }) => rule === 'bad-print')).toMatchObject({
      symbol: P,
      count: 1,
      fromMs: timeOfHour(600),
    });
  });

  it('of a wick of 30 % are told as a note and nothing more', async () => {
    const findings = await withFault((tables) => {
      barAt(tables, 'BTCUSDT', 600).low *= 0.7;
    });
    expect(serious(findings)).toEqual([]);
    expect(findings.find(({ rule }) => rule === 'extreme-move')).toMatchObject({
      symbol: 'BTCUSDT',
      count: 1,
      fromMs: timeOfHour(600),
    });
  });

  it('of a market that opens away from its closes', async () => {
    await expectOne(
      (tables) => {
        for (const bar of tables.bars.filter(({ ts }) => ts === timeOfHour(700))) {
          if (bar.symbol === 'USDPUSDT') continue;
          bar.open *= 1.02;
          bar.high = Math.max(bar.high, bar.open);
        }
      },
      {
        rule: 'market-gap',
        symbol: null,
        count: symbolsOf().length - 1,
        fromMs: timeOfHour(700),
        toMs: timeOfHour(700),
      },
    );
  });

  it('of a crash of the whole market are one finding', async () => {
    await expectOne(
      (tables) => {
        for (const bar of tables.bars.filter(({ ts }) => ts === timeOfHour(700))) bar.low *= 0.4;
      },
      {
        rule: 'market-move',
        symbol: null,
        count: symbolsOf().length,
        fromMs: timeOfHour(700),
        toMs: timeOfHour(700),
      },
    );
  });

  it('of a first bar that is still finding its price', async () => {
    const findings = await withFault((tables) => {
      tables.bars = tables.bars.filter(({ symbol, ts }) => symbol !== P || ts >= timeOfHour(200));
      tables.funding = tables.funding.filter(({ symbol, ts }) => symbol !== P || ts > timeOfHour(200));
      barAt(tables, P, 200).low *= 0.001;
    });
    expect(serious(findings)).toEqual([]);
    expect(findings.find(({ rule, symbol }) => rule === 'listing-bar' && symbol === P)).toMatchObject({
      fromMs: timeOfHour(200),
      toMs: timeOfHour(200),
    });
  });
});

describe('a clock that is shifted', () => {
  const clockRules = new Set(['clock-offset', 'time-zone']);
  const shifts = [1, -1, 3, -3, 8];
  it.each(shifts)('by %d h is found, with its size and sense', async (hours) => {
    const symbol = `P0${10 + Math.abs(hours)}USDT`.replace('P011USDT', '4USDT');
    const tables = cleanTables();
    for (const bar of tables.bars) if (bar.symbol === symbol) bar.ts += hours * hourMs;
    const found = (await check(tables)).filter(({ rule }) => clockRules.has(rule));
    expect(found.map((finding) => finding.symbol)).toEqual([symbol]);
    const rule = Math.abs(hours) === 1 ? 'clock-offset' : 'time-zone';
    expect(found[0]).toMatchObject({ severity: 'error', rule, value: hours });
    expect(found[0]!.message).toContain(hours > 0 ? 'too late' : 'too early');
  });

  it('is found where only part of the history is shifted, with that part', async () => {
    const tables = cleanTables();
    for (const bar of barsBetween(tables, P, 720, marketHours)) bar.ts += hourMs;
    const found = (await check(tables)).filter(({ rule }) => clockRules.has(rule));
    expect(found).toMatchObject([{ symbol: P, value: 1, fromMs: timeOfHour(721) }]);
  });

  it('is found in every coin that follows the market', async () => {
    const shifted: string[] = [];
    const coins = symbolsOf().filter((symbol) => !/^(?:USD.|IDX|METAL)USDT$/.test(symbol));
    for (const symbol of coins.filter((_, index) => index % 5 === 0)) {
      const tables = cleanTables();
      for (const bar of tables.bars) if (bar.symbol === symbol) bar.ts += hourMs;
      const found = (await check(tables)).filter(({ rule }) => clockRules.has(rule));
      expect(found.map((finding) => finding.symbol)).toEqual([symbol]);
      shifted.push(symbol);
    }
    expect(shifted.length).toBe(7);
  });
});

describe('funding', () => {
  it('that some symbols lack', async () => {
    await expectOne(
      (tables) => {
        tables.funding = tables.funding.filter(({ symbol }) => symbol !== P && symbol !== 'QUSDT');
      },
      { rule: 'funding-missing', severity: 'warning', symbol: null, count: 2 },
    );
  });

  it('that begins long after the bars', async () => {
    await expectOne(
      (tables) => {
        tables.funding = tables.funding.filter(({ symbol, ts }) => symbol !== P || ts >= timeOfHour(240));
      },
      { rule: 'funding-part', severity: 'warning', symbol: null, count: 1 },
    );
  });

  it('with settlements missing, and given twice', async () => {
    const found = serious(
      await withFault((tables) => {
        tables.funding = tables.funding.filter(
          ({ symbol, ts }) => symbol !== 'BTCUSDT' || (ts !== timeOfHour(80) && ts !== timeOfHour(88)),
        );
        const row = tables.funding.find(({ symbol, ts }) => symbol === 'BTCUSDT' && ts === timeOfHour(160))!;
        tables.funding.push({ ...row });
      }),
    );
    expect(rulesOf(found)).toEqual(['funding-duplicate', 'funding-hole']);
    expect(found[0]).toMatchObject({
      symbol: 'BTCUSDT',
      severity: 'error',
      count: 1,
      fromMs: timeOfHour(160),
    });
    expect(found[1]).toMatchObject({
      symbol: 'BTCUSDT',
      severity: 'warning',
      count: 2,
      fromMs: timeOfHour(72),
    });
  });

  it('whose interval changes is a note with both intervals', async () => {
    const tables = cleanTables();
    const stamps = (symbol: string) => tables.funding.filter((row) => row.symbol === symbol);
    const fourHourly = symbolsOf().find(
      (symbol) => stamps(symbol)[1]!.ts - stamps(symbol)[0]!.ts === 4 * hourMs,
    )!;
    tables.funding = tables.funding.filter(
      ({ symbol, ts }) => symbol !== fourHourly || ts <= timeOfHour(240) || (ts / hourMs) % 8 === 0,
    );
    const findings = await check(tables);
    expect(serious(findings)).toEqual([]);
    const note = findings.find(({ rule, symbol }) => rule === 'funding-interval' && symbol === fourHourly);
    expect(note).toMatchObject({ count: 1, fromMs: timeOfHour(240) });
    expect(note!.message).toContain('4 h to 8 h');
  });

  it('that jitters around the hour is as good', async () => {
    const findings = await withFault(({ funding }) => {
      for (const [index, row] of funding.entries()) row.ts += index % 14;
    });
    expect(serious(findings)).toEqual([]);
  });
});

describe('tables that are hardly any', () => {
  it('a file cut short is a damaged dataset, said with what to do', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'hourglass-check-'));
    try {
      const store = openStore(dataDir);
      const switches = { ...defaultSwitches, funding: false };
      await synthMarket(store, {
        name: 'cut',
        settings: { seed: 1, coins: 4, days: 3, switches },
        title: 'tiny',
      });
      await truncate(join(store.datasetDir('cut'), 'bars.parquet'), 1000);
      await expect(checkDataset(store, 'cut')).rejects.toMatchObject({ code: 'dataset-damaged' });
      await expect(checkDataset(store, 'other')).rejects.toMatchObject({ code: 'dataset-missing' });
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('an empty one gives no finding about bars', async () => {
    expect(serious(await check({ bars: [], funding: [], ends: [] }))).toEqual([]);
  });

  it('a single bar gives none either', async () => {
    const bar = cleanTables().bars[0]!;
    expect(serious(await check({ bars: [bar], funding: [], ends: [] }))).toEqual([]);
  });
});
