/** Joins held against the rows they were made from: honest ones pass, each dishonest one is named with its first hour. */
import { describe, expect, it } from 'vitest';
import type { Leak } from '../../../../engine/columns/audit/findings.ts';
import { joinAudit } from '../../../../engine/columns/audit/join-audit.ts';
import { type AuditWorld, type BarRevision, worldOf } from '../../../../engine/columns/audit/world.ts';
import type { MarketRecords } from '../../../../engine/columns/records.ts';
import { dayMs, hourMs } from '../../../../engine/panel/hours.ts';
import { BAR_WIDTH, barOffset, closeAt, sharedFloat64, timeAt } from '../../../../engine/panel/panel.ts';
import { smallMarket } from '../../../leakage/market.ts';
import { joinedCaps, joinedNews, joinedSentiment } from '../../../leakage/traps.ts';

const market = smallMarket(12, 1200);
const { panel } = market.inputs;

function joined(records: Partial<MarketRecords> = {}, more: Partial<AuditWorld> = {}): AuditWorld {
  const honest = {
    ...market.inputs.records,
    fearGreed: joinedSentiment(market, false),
    marketCap: joinedCaps(market, false),
    news: joinedNews(market, false),
  };
  return worldOf(
    { ...market.inputs, records: { ...honest, ...records } },
    { tables: market.tables, revisions: market.revisions, ...more },
  );
}

function leaksOf(world: AuditWorld): readonly Leak[] {
  const { Dg, Df } = joinAudit(world);
  return [...Dg.leaks, ...Df.leaks];
}

describe('the audit of joins', () => {
  it('is silent over honest ones, though articles arrive before they are published and bars are revised', () => {
    const early = market.tables['news']!;
    expect(early.ingestedMs.some((arrivedMs, row) => arrivedMs < early.publishedMs[row]!)).toBe(true);
    expect(market.revisions.length).toBeGreaterThan(100);
    const { Dg, Df } = joinAudit(joined());
    expect([...Dg.leaks, ...Df.leaks]).toEqual([]);
    expect(Dg.count).toBeGreaterThan(1000);
  });

  it.each([
    ['news join', 'news', 'news before it was available', { news: joinedNews(market, true) }],
    [
      ...['sentiment join', 'fearGreed', 'Fear & Greed before it was published'],
      { fearGreed: joinedSentiment(market, true) },
    ],
    [
      ...['capitalisation join', 'marketCap', 'market capitalisation of the future'],
      { marketCap: joinedCaps(market, true) },
    ],
  ] as [string, string, string, Partial<MarketRecords>][])(
    'names a wrong %s',
    (subject, field, hint, records) => {
      const leaks = leaksOf(joined(records));
      expect(new Set(leaks.map((leak) => leak.subject))).toEqual(new Set([subject]));
      const first = leaks.reduce((a, b) => (b.timeMs < a.timeMs ? b : a));
      expect(first).toMatchObject({ detector: 'Dg', kind: 'join', field });
      expect(leaks.map((leak) => leak.hint)).toContain(hint);
      expect(first.timeMs).toBeGreaterThan(panel.startMs);
      expect(first.timeMs).toBeLessThanOrEqual(timeAt(panel, panel.hours));
    },
  );

  it('gives the first close at which a value is in view too early', () => {
    const table = market.tables['fearGreed']!;
    const records = joinedSentiment(market, false)!;
    const availableMs = Float64Array.from(records.availableMs);
    availableMs[20] = availableMs[20]! - 5 * hourMs;
    const [leak, ...others] = leaksOf(joined({ fearGreed: { ...records, availableMs } }));
    expect(others).toEqual([]);
    const firstClose = Math.ceil(availableMs[20] / hourMs) * hourMs;
    expect(leak).toMatchObject({ timeMs: firstClose, before: table.values[20], after: table.values[19] });
  });

  it('names a joined row that comes late as well, without calling it early', () => {
    const records = joinedSentiment(market, false)!;
    const availableMs = records.availableMs.map((timeMs) => timeMs + 6 * hourMs);
    const [leak] = leaksOf(joined({ fearGreed: { ...records, availableMs } }));
    expect(leak).toMatchObject({ subject: 'sentiment join', hint: null });
  });
});

describe('rows at rest', () => {
  it('dated by their day are named', () => {
    const table = market.tables['fearGreed']!;
    const fearGreed = { ...table, publishedMs: table.aboutMs };
    const world = { ...market, tables: { ...market.tables, fearGreed } };
    const leaks = leaksOf(joined({ fearGreed: joinedSentiment(world, false) }, { tables: world.tables }));
    expect(leaks).toHaveLength(1);
    expect(leaks[0]).toMatchObject({
      ...{ detector: 'Dg', subject: 'fearGreed rows', hint: 'a day joined on its date' },
      ...{ timeMs: panel.startMs, before: table.values[0] },
    });
  });

  it('with one capitalisation for all dates are named; a coin that stood still is none', () => {
    const table = market.tables['marketCap']!;
    const last = new Map([...table.coins.entries()].map(([row, coin]) => [coin, table.values[row]!]));
    const values = table.values.map((_, row) => last.get(table.coins[row]!)!);
    const world = { ...market, tables: { ...market.tables, marketCap: { ...table, values } } };
    const leaks = leaksOf(joined({ marketCap: joinedCaps(world, false) }, { tables: world.tables }));
    expect(leaks.map(({ detector, subject }) => [detector, subject])).toEqual([['Df', 'marketCap rows']]);
    const still = sharedFloat64(panel.bars.length).fill(1);
    const flat = { ...world.inputs, panel: { ...panel, bars: still } };
    expect(leaksOf(worldOf(flat, { tables: { marketCap: world.tables.marketCap } }))).toEqual([]);
  });
});

describe('bars and their later versions', () => {
  const revisions = market.revisions;

  function shown(versions: readonly BarRevision[]): AuditWorld {
    const bars = sharedFloat64(panel.bars.length);
    bars.set(panel.bars);
    for (const { coin, hour, open, high, low, close } of versions)
      bars.set([open, high, low, close], barOffset(panel, coin, hour));
    const inputs = { ...joined().inputs, panel: { ...panel, bars } };
    return joined({}, { inputs });
  }

  /** A version after the given one that reads as the bar did at first. */
  function back({ coin, hour, availableMs, ...version }: BarRevision): BarRevision {
    const at = barOffset(panel, coin, hour);
    const [open, high, low, close] = [...panel.bars.subarray(at, at + BAR_WIDTH)] as [
      number,
      number,
      number,
      number,
    ];
    return { ...version, coin, hour, availableMs: availableMs + dayMs, open, high, low, close };
  }

  it('that read as revised are named by coin, with the first of them', () => {
    const coins = [...new Set(revisions.map(({ coin }) => coin))];
    const leaks = leaksOf(shown(revisions));
    expect(leaks.map(({ subject, hint }) => `${subject}: ${hint}`)).toEqual(
      coins.map(() => 'bars join: revised bars'),
    );
    for (const { symbol, timeMs, before } of leaks) {
      const coin = panel.symbols.indexOf(symbol);
      const first = Math.min(...revisions.filter((own) => own.coin === coin).map(({ hour }) => hour));
      expect(timeMs).toBe(timeAt(panel, first + 1));
      expect(before).not.toBe(closeAt(panel, coin, first));
    }
  });

  it('that read as revised before their close are none', () => {
    const prompt = revisions.map((own) => ({ ...own, availableMs: timeAt(panel, own.hour + 1) }));
    expect(leaksOf({ ...shown(prompt), revisions: prompt })).toEqual([]);
  });

  it('that return to their first version are none, unless it is all of them', () => {
    const several = [...revisions, ...revisions.slice(0, 3).map(back)];
    const some = {
      ...joined(),
      revisions: [
        ...several,
        ...revisions
          .slice(3, 5)
          .map((own) => ({ ...own, availableMs: own.availableMs + dayMs, close: own.close * 2 })),
      ],
    };
    expect(leaksOf(some)).toEqual([]);
    expect(leaksOf({ ...joined(), revisions: several })).not.toEqual([]);
    expect(leaksOf({ ...joined(), revisions: [...revisions, back(revisions[0]!)] })).toEqual([]);
  });

  it('that differ in their volume alone are told apart by it', () => {
    const { coin, hour, availableMs, volume, quoteVolume } = revisions[0]!;
    const at = barOffset(panel, coin, hour);
    const [open, high, low, close] = [...panel.bars.subarray(at, at + BAR_WIDTH)] as [
      number,
      number,
      number,
      number,
    ];
    const same = { coin, hour, availableMs, open, high, low, close };
    expect(leaksOf({ ...joined(), revisions: [{ ...same, volume: volume * 2, quoteVolume }] })).toEqual([]);
    expect(leaksOf({ ...joined(), revisions: [{ ...same, volume, quoteVolume }] })).toHaveLength(1);
  });
});
