/** Cutting, spoiling and streaming a world: what was known stays to the bit, and nothing else does. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrivals } from '../../../../engine/columns/audit/arrivals.ts';
import { truncated, windowOf } from '../../../../engine/columns/audit/cut.ts';
import {
  type PerturbedSource,
  perturbed,
  perturbedSources,
} from '../../../../engine/columns/audit/perturb.ts';
import { type AuditWorld, rowAvailableMs, worldOf } from '../../../../engine/columns/audit/world.ts';
import { newsClasses } from '../../../../engine/columns/records.ts';
import { dayMs, hourMs } from '../../../../engine/panel/hours.ts';
import { BAR_WIDTH, closeAt, OPEN, type Panel, timeAt } from '../../../../engine/panel/panel.ts';
import { emptyRows } from '../../../../engine/panel/rows.ts';
import { smallMarket } from '../../../leakage/market.ts';

const COINS = 12;
const HOURS = 300;
const bare = smallMarket(COINS, HOURS);
const { panel } = bare.inputs;

/** The small market with joined records of every type, lives, a stored column and dated parameters. */
const world: AuditWorld = worldOf(
  {
    ...bare.inputs,
    panel: {
      ...panel,
      life: {
        dataEnds: new Uint8Array(COINS),
        delisted: Uint8Array.from(panel.endHour, (end) => (end < HOURS ? 1 : 0)),
        gaps: [{ coin: 1, fromHour: 100, toHour: 140 }],
        renames: [{ hour: 210, from: 2, to: 2, factor: 1000 }],
      },
    },
    records: {
      fearGreed: {
        availableMs: Float64Array.from({ length: 12 }, (_, day) => panel.startMs + (day + 1) * dayMs),
        values: Float64Array.from({ length: 12 }, (_, day) => 20 + 5 * day),
      },
      news: {
        availableMs: Float64Array.from({ length: 40 }, (_, row) => panel.startMs + row * 7 * hourMs),
        publishedMs: Float64Array.from({ length: 40 }, (_, row) => panel.startMs + (row * 7 - 1) * hourMs),
        start: Int32Array.from({ length: 41 }, (_, row) => row * 2),
        coins: Int32Array.from({ length: 80 }, (_, link) => link % COINS),
        classes: Float64Array.from({ length: 40 * newsClasses.length }, (_, place) => place % 7),
      },
      marketCap: {
        start: Int32Array.from({ length: COINS + 1 }, (_, coin) => coin * 12),
        availableMs: Float64Array.from(
          { length: COINS * 12 },
          (_, row) => panel.startMs + ((row % 12) + 1) * dayMs,
        ),
        values: Float64Array.from({ length: COINS * 12 }, (_, row) => 1e6 * (row + 1)),
      },
      instruments: bare.inputs.records.instruments,
    },
    regimes: [48, 216].map((hour) => ({
      ...{ trainedToMs: timeAt(panel, hour - 24), validFromMs: timeAt(panel, hour), logLikelihood: 0 },
      model: {} as AuditWorld['inputs']['regimes'][number]['model'],
    })),
  },
  { tables: bare.tables, revisions: bare.revisions, stored: [scoreRows()] },
);

function scoreRows() {
  const rows = emptyRows('score', COINS, HOURS);
  rows.values.forEach((_, cell) => {
    rows.values[cell] = cell / 7;
  });
  return rows;
}

const hoursKnown = fc.integer({ min: 30, max: HOURS - 30 });

/** All prices and volumes of the first `hours` hours. */
function knownBars({ bars, volume, quoteVolume, hours: all }: Panel, hours: number): readonly number[] {
  return Array.from({ length: COINS }, (_, coin) => [
    ...bars.subarray(coin * all * BAR_WIDTH, (coin * all + hours) * BAR_WIDTH),
    ...volume!.subarray(coin * all, coin * all + hours),
    ...quoteVolume!.subarray(coin * all, coin * all + hours),
  ]).flat();
}

/** Everything but the bars that could be used at the close of bar `hours - 1`. */
function knownRecords({ inputs, tables, revisions, stored }: AuditWorld, hours: number) {
  const knownMs = timeAt(panel, hours);
  const { fearGreed, news, marketCap } = inputs.records;
  const rowsOf = (times: Float64Array) => [...times.keys()].filter((row) => times[row]! <= knownMs);
  return {
    fearGreed: rowsOf(fearGreed!.availableMs).map((row) => fearGreed!.values[row]),
    marketCap: rowsOf(marketCap!.availableMs).map((row) => [
      marketCap!.availableMs[row],
      marketCap!.values[row],
    ]),
    news: rowsOf(news!.availableMs).map((row) => [
      ...[news!.publishedMs[row], news!.start[row]],
      ...news!.coins.subarray(news!.start[row]!, news!.start[row + 1]!),
      ...news!.classes.subarray(row * 7, row * 7 + 7),
    ]),
    regimes: inputs.regimes.filter(({ validFromMs }) => validFromMs <= knownMs),
    revisions: revisions.filter(({ availableMs }) => availableMs <= knownMs),
    tables: Object.entries(tables).map(([name, table]) => [
      name,
      [...table.values.keys()]
        .filter((row) => rowAvailableMs(table, row) <= knownMs)
        .map((row) => [table.values[row], table.coins[row], table.publishedMs[row], table.ingestedMs[row]]),
    ]),
    stored: stored.map(({ values }) => [...values.subarray(0, hours * COINS)]),
  };
}

describe('a truncated world', () => {
  it('holds what was known, and nothing else', () => {
    fc.assert(
      fc.property(hoursKnown, (hours) => {
        const cut = truncated(world, hours);
        expect(cut.inputs.panel.hours).toBe(hours);
        expect(knownBars(cut.inputs.panel, hours)).toEqual(knownBars(world.inputs.panel, hours));
        expect(knownRecords(cut, hours)).toEqual(knownRecords(world, hours));
        expect(knownRecords(cut, HOURS)).toEqual(knownRecords(cut, hours));
        const { endHour, life } = cut.inputs.panel;
        expect(Math.max(...endHour)).toBeLessThanOrEqual(hours);
        for (let coin = 0; coin < COINS; coin += 1) {
          expect(life!.delisted[coin]).toBe(panel.endHour[coin]! < hours ? 1 : 0);
        }
        const { delistedMs, onboardMs } = cut.inputs.records.instruments!;
        for (const time of [...delistedMs, ...onboardMs]) expect(time > timeAt(panel, hours)).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  it('is a window with its own hours where it begins later', () => {
    const span = { fromHour: 90, toHour: 250 };
    const { panel: part } = windowOf(world, span).inputs;
    expect(part.startMs).toBe(timeAt(panel, 90));
    expect(closeAt(part, 3, 7)).toBe(closeAt(panel, 3, 97));
    expect(part.life!.gaps).toEqual([{ coin: 1, fromHour: 10, toHour: 50 }]);
    expect(part.life!.renames).toEqual([{ hour: 120, from: 2, to: 2, factor: 1000 }]);
  });
});

describe('a spoiled world', () => {
  it('is the same up to the cut, for every seed', () => {
    fc.assert(
      fc.property(hoursKnown, fc.integer({ min: 0, max: 1e6 }), (hours, seed) => {
        const other = perturbed(world, hours, seed);
        expect(knownBars(other.inputs.panel, hours)).toEqual(knownBars(world.inputs.panel, hours));
        expect(knownRecords(other, hours)).toEqual(knownRecords(world, hours));
        expect(perturbed(world, hours, seed)).toEqual(other);
      }),
      { numRuns: 6 },
    );
  });

  it.each(perturbedSources)('differs after it: %s', (source: PerturbedSource) => {
    const hours = 150;
    const other = perturbed(world, hours, 5, [source]);
    const said = (from: AuditWorld) => ({
      ...knownRecords(from, HOURS + 100),
      bars: knownBars(from.inputs.panel, HOURS),
      ends: [...from.inputs.panel.endHour],
      delisted: [...from.inputs.records.instruments!.delistedMs],
    });
    const [before, after] = [said(world), said(other)];
    const names = Object.keys(before) as (keyof typeof before)[];
    const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
    const expected: Readonly<Record<PerturbedSource, readonly string[]>> = {
      bars: ['stored', 'bars'],
      lives: ['bars', 'ends'],
      'fear-greed': ['fearGreed'],
      news: ['news'],
      'market-cap': ['marketCap'],
      tables: ['tables'],
      revisions: ['revisions'],
      fitted: ['regimes', 'delisted'],
    };
    expect(changed).toEqual(expected[source]);
  });
});

describe('a streamed world', () => {
  it('grows by what arrives: at each hour the truncated world, and how the next bar opens', () => {
    const span = { fromHour: 120, toHour: 150 };
    for (const { hour, world: live } of arrivals(world, span)) {
      const cut = truncated(world, hour + 1);
      expect(knownBars(live.inputs.panel, hour + 1)).toEqual(knownBars(cut.inputs.panel, hour + 1));
      expect(knownRecords({ ...live, stored: cut.stored }, HOURS)).toEqual(knownRecords(cut, HOURS));
      for (let coin = 0; coin < COINS; coin += 1) {
        if (hour + 1 === span.toHour) continue;
        expect(closeAt(live.inputs.panel, coin, hour + 1)).toBeNaN();
        const open = (from: Panel) => from.bars[(coin * from.hours + hour + 1) * BAR_WIDTH + OPEN];
        expect(open(live.inputs.panel)).toBe(open(panel));
        const isOver = panel.endHour[coin]! <= hour + 1;
        expect(live.inputs.panel.endHour[coin]).toBe(
          panel.firstHour[coin]! > hour ? 0 : isOver ? panel.endHour[coin] : span.toHour,
        );
      }
    }
  });
});
