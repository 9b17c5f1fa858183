/** Set s3: the published table, every row against its formula, and purity to the bit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoinWindow, MarketWindow } from '../../../../../engine/columns/features/coin-window.ts';
import type { FeatureDefinition } from '../../../../../engine/columns/features/feature.ts';
import { s3Features } from '../../../../../engine/columns/features/s3/index.ts';
import { firstDifference } from '../../kernels/series.ts';
import { chances, computed, type History, inputsOf, walk } from './histories.ts';
import { valueAt } from './reference.ts';
import { publishedRows } from './table.ts';

const barFeatures = s3Features.filter(({ scope }) => scope === 'coin');
const named = (name: string): FeatureDefinition => s3Features.find((feature) => feature.name === name)!;

/** With few gaps enough of the longest windows is full; with many the rules for missing bars are met at every turn. */
const dense = walk(1, {
  hours: 5000,
  firstStamp: 480_005,
  gaps: 0.0015,
  stills: 0.002,
  unknownVolumes: 0.002,
});
const sparse = walk(2, {
  hours: 4600,
  firstStamp: 471_115,
  gaps: 0.012,
  stills: 0.004,
  unknownVolumes: 0.03,
});

function isNear(actual: number, expected: number): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  return Math.abs(actual - expected) <= 1e-9 * Math.abs(expected) + 1e-12;
}

describe('the table', () => {
  it('has the published rows, in order, with their reach and unit', () => {
    const rows = s3Features.map(({ name, lookbackHours, warmupHours, unit }) => [
      name,
      lookbackHours,
      warmupHours,
      unit,
    ]);
    expect(rows).toEqual(publishedRows);
  });

  it('declares as market-wide the calendar alone', () => {
    const wide = s3Features.filter(({ marketWide }) => marketWide === true);
    expect(wide.map(({ group }) => group)).toEqual(new Array(6).fill('cal'));
  });
});

describe.each([
  ['dense', dense],
  ['sparse', sparse],
] as const)('rows over a %s history', (label, history) => {
  const barAt = (hour: number) => history.bars[hour - history.firstStamp] ?? null;
  const inputs = inputsOf(history);

  it.each(barFeatures.map((feature) => [feature.name, feature] as const))(
    '%s follows its formula',
    (name, feature) => {
      const hours = history.bars.length;
      const out = computed(feature, inputs, { base: 0, from: 0, to: hours });
      const chance = chances(7);
      const stride = feature.warmupHours > 300 ? 90 : 30;
      let filled = 0;
      for (let hour = feature.warmupHours; hour < hours; hour += 1 + Math.floor(chance() * stride)) {
        const expected = valueAt(name, history.firstStamp + hour, barAt);
        if (!isNear(out[hour]!, expected)) expect([hour, out[hour]]).toEqual([hour, expected]);
        if (!Number.isNaN(expected)) filled += 1;
      }
      expect(out.subarray(0, feature.warmupHours).every(Number.isNaN)).toBe(true);
      if (label === 'dense') expect(filled).toBeGreaterThan(10);
    },
  );
});

describe('purity', () => {
  const inputs = inputsOf(sparse);
  const hours = sparse.bars.length;

  it.each(s3Features.map((feature) => [feature.name, feature] as const))(
    '%s has the same bits from blocks, from W + 1 hours and from a history cut to them',
    (_name, feature) => {
      const reach = feature.warmupHours;
      const batch = computed(feature, inputs, { base: 0, from: 0, to: hours });
      fc.assert(
        fc.property(
          fc.integer({ min: reach, max: hours - 1 }),
          fc.nat(60),
          fc.nat(90),
          (newest, more, slack) => {
            const from = Math.max(reach, newest - more);
            const base = Math.max(0, from - reach - slack);
            const block = computed(feature, inputs, { base, from, to: newest + 1 });
            expect(firstDifference(block, batch.subarray(from, newest + 1))).toBe(-1);
            const alone = computed(feature, inputs, { base: newest - reach, from: newest, to: newest + 1 });
            expect(firstDifference(alone, batch.subarray(newest, newest + 1))).toBe(-1);
            if (sparse.bars[newest - reach] === null) return;
            const cut = inputsOf(sparse, newest - reach, newest + 1);
            const short = computed(feature, cut, { base: 0, from: reach, to: reach + 1 });
            expect(firstDifference(short, alone)).toBe(-1);
          },
        ),
        { numRuns: 8 },
      );
    },
  );

  it('holds for features, and for blocks of one length, that share one window', () => {
    const coin = new CoinWindow(new MarketWindow(inputs, 0, hours), 0);
    for (const feature of barFeatures) {
      const out = new Float64Array(hours).fill(Number.NaN);
      const step = 500;
      for (let from = 0; from < hours; from += step) {
        if (feature.scope === 'coin') feature.compute(coin, from, Math.min(hours, from + step), out);
      }
      const own = computed(feature, inputs, { base: 0, from: 0, to: hours });
      expect(`${feature.name} ${firstDifference(out, own)}`).toBe(`${feature.name} -1`);
    }
  });
});

describe('longer bars', () => {
  const bar = { open: 10, high: 12, low: 9, close: 11, volume: 5, quoteVolume: 52 };
  /** 00:00 of 1970-01-05, a Monday, is hour 96. */
  const monday = (bars: History['bars']): History => ({ firstStamp: 96, bars });
  const valuesOf = (name: string, bars: History['bars']) =>
    computed(named(name), inputsOf(monday(bars)), { base: 0, from: 0, to: bars.length });

  it('are known from their own close on, and hold until the next one closes', () => {
    const bars = Array.from({ length: 24 }, (_, hour) => ({ ...bar, high: 12 + hour, low: 9 }));
    const range = valuesOf('4h_log_range', bars);
    // The bar of 08:00 to 12:00 is known when the 11:00 bar closes; its highest hour is the last.
    expect([...range.subarray(11, 15)]).toEqual(new Array(4).fill(Math.log(23 / 9)));
    expect(range[15]).toBe(Math.log(27 / 9));
    expect([...range.subarray(0, 6)].every(Number.isNaN)).toBe(true);
  });

  it('stand with three of four hours, and are absent with two', () => {
    const with3 = Array.from({ length: 16 }, (_, hour) => (hour === 9 ? null : bar));
    const with2 = with3.map((one, hour) => (hour === 10 ? null : one));
    expect(valuesOf('4h_body_ratio', with3)[11]).toBeCloseTo(1 / 3, 11);
    expect(valuesOf('4h_body_ratio', with2)[11]).toBeNaN();
    expect(valuesOf('4h_body_ratio', with2)[15]).toBeCloseTo(1 / 3, 11);
    // A return needs its two ends and nothing between them.
    const more = [...with2, ...new Array<typeof bar>(12).fill(bar)];
    expect([11, 15, 19, 23, 27].map((hour) => valuesOf('4h_ret_1', more)[hour])).toEqual([
      Number.NaN,
      Number.NaN,
      0,
      0,
      0,
    ]);
    // Hour 19 looks from the fifth bar over the absent one to the second.
    expect(valuesOf('4h_ret_3', more)[19]).toBe(0);
    expect(valuesOf('4h_ret_3', more)[23]).toBeNaN();
    expect(valuesOf('4h_ret_3', more)[27]).toBe(0);
  });

  it('of a day need 18 hours', () => {
    const day = (missing: number) =>
      Array.from({ length: 48 }, (_, hour) => (hour > 24 && hour <= 24 + missing ? null : bar));
    expect(valuesOf('1d_log_range', day(6))[47]).toBe(Math.log(12 / 9));
    expect(valuesOf('1d_log_range', day(7))[47]).toBeNaN();
  });
});

describe('calendar', () => {
  it('reads T, the close of the hour, in UTC', () => {
    // The hour from Friday 23:00 closes on Saturday 00:00: 1970-01-10, hour 216.
    const history: History = { firstStamp: 215, bars: new Array<null>(50).fill(null) };
    const at = (name: string) => computed(named(name), inputsOf(history), { base: 0, from: 0, to: 50 });
    expect(at('hour_sin')[6]).toBe(1);
    expect(at('hour_cos')[12]).toBe(-1);
    expect([...at('is_weekend')]).toEqual([...new Array<number>(48).fill(1), 0, 0]);
    expect([...at('hours_to_funding').subarray(0, 9)].map((share) => share * 8)).toEqual([
      0, 7, 6, 5, 4, 3, 2, 1, 0,
    ]);
    expect(at('dow_sin')[48]).toBe(0);
    expect(at('dow_cos')[48]).toBe(1);
  });
});
