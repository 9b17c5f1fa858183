import { describe, expect, it } from 'vitest';
import { barAt, barsBetween, check, cleanTables, marketHours, timeOfHour } from './faulty-market.ts';

const P = 'P005USDT';

describe('a market as it stands', () => {
  it('has its names, its missing marks and its undecided bars told as notes', async () => {
    const findings = await check(cleanTables());
    const of = (rule: string) => findings.find((finding) => finding.rule === rule);
    expect(of('symbol-letter')?.message).toContain('QUSDT');
    expect(of('symbol-digits')?.message).toContain('4USDT');
    expect(of('mark-missing')?.count).toBe(new Set(cleanTables().bars.map(({ symbol }) => symbol)).size);
    const reaching = cleanTables().bars.filter(
      ({ open, high, low }) => high >= open * 1.02 && low <= open * 0.98,
    );
    expect(reaching.length).toBeGreaterThan(0);
    expect(of('both-sides')?.count).toBe(reaching.length);
    expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set(['note']));
    expect(findings.every(({ repair, rule }) => repair === null || rule === 'listing-bar')).toBe(true);
  });
});

describe('a fault that comes again and again', () => {
  it('is told twenty times, and then summed up with the span of the rest', async () => {
    const tables = cleanTables();
    const hours = Array.from({ length: 25 }, (_, index) => 100 + 10 * index);
    for (const hour of hours) {
      const bar = barAt(tables, P, hour);
      [bar.high, bar.low] = [bar.low, bar.high];
    }
    const found = (await check(tables)).filter(({ rule }) => rule === 'ohlc-violation');
    expect(found).toHaveLength(21);
    expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(25);
    expect(found.at(-1)).toMatchObject({
      fromMs: timeOfHour(hours[20]!),
      toMs: timeOfHour(hours[24]!),
      count: 5,
    });
    expect(found.every(({ repair }) => repair?.rule === 'drop-broken-bars')).toBe(true);
  });
});

describe('prices in another unit', () => {
  it('of a thousandth, without their volumes, are one', async () => {
    const tables = cleanTables();
    for (const bar of barsBetween(tables, P, 500, marketHours))
      for (const name of ['open', 'high', 'low', 'close'] as const) bar[name] /= 1000;
    const found = (await check(tables)).filter(({ severity }) => severity !== 'note');
    expect(found).toMatchObject([
      { rule: 'redenomination', symbol: P, value: 0.001, fromMs: timeOfHour(500) },
    ]);
  });

  it('of a price that rose tenfold with its volume are none', async () => {
    const tables = cleanTables();
    for (const bar of barsBetween(tables, P, 500, marketHours))
      for (const name of ['open', 'high', 'low', 'close'] as const) bar[name] *= 10;
    const found = (await check(tables)).filter(({ severity }) => severity !== 'note');
    expect(found).toMatchObject([{ rule: 'gap', symbol: P, fromMs: timeOfHour(500), repair: null }]);
  });
});
