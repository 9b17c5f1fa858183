import { describe, expect, it } from 'vitest';
import { hourMs } from '../../engine/panel/hours.ts';
import { type Panel, panelFromBars, settlementsOf } from '../../engine/panel/panel.ts';
import type { Holding } from '../../engine/portfolio/holdings.ts';
import { fundingHoles, interpolated, uncoveredFunding } from '../../scenarios/funding-holes.ts';

const startMs = Date.UTC(2025, 0, 1);
const HOURS = 80;

/** Flat coins, each with settlements at the given hours; the rate is a line through time, so that it can be told again. */
function panelOf(settled: Readonly<Record<string, readonly number[]>>): Panel {
  const bars = Object.keys(settled).flatMap((symbol) =>
    Array.from({ length: HOURS }, (_, hour) => ({
      symbol,
      timeMs: startMs + hour * hourMs,
      open: 1,
      high: 1,
      low: 1,
      close: 1,
    })),
  );
  const funding = Object.entries(settled).flatMap(([symbol, hours]) =>
    hours.map((hour) => ({ symbol, timeMs: startMs + hour * hourMs + 7, rate: rateAt(hour), mark: 2 })),
  );
  return panelFromBars(bars, funding);
}

const rateAt = (hour: number) => hour / 10_000;
const stay = (coin: number, entryHour: number, exitHour: number): Holding => {
  return { coin, market: 'usdm', side: 1, quantity: 1, entryHour, exitHour };
};

describe('holes of the funding record', () => {
  it('are intervals longer than both neighbours, or longer than eight hours', () => {
    const panel = panelOf({
      WHOLE: [0, 8, 16, 24, 32, 40],
      ONE: [0, 4, 8, 16, 20, 24],
      LONG: [0, 8, 16, 40, 48],
      HOURLY: [0, 1, 2, 5, 6, 7],
      NONE: [],
      TWO: [0, 30],
    });
    expect(fundingHoles(panel).map(({ coin, stamps }) => [panel.symbols[coin], ...stamps])).toEqual([
      ['ONE', 12],
      ['LONG', 24, 32],
      ['HOURLY', 3, 4],
      ['TWO', 8, 16, 24],
    ]);
  });

  it('a change of the interval is none, in either direction', () => {
    expect(
      fundingHoles(panelOf({ FASTER: [0, 8, 16, 20, 24, 25, 26], SLOWER: [0, 1, 2, 6, 10, 18, 26] })),
    ).toEqual([]);
  });

  it('between two lives of one name nothing is missing', () => {
    const panel = panelOf({ BACK: [0, 8, 16, 64, 72] });
    const life = { dataEnds: new Uint8Array(1), delisted: new Uint8Array(1), renames: [] };
    const gaps = [{ coin: 0, fromHour: 24, toHour: 60 }];
    expect(fundingHoles({ ...panel, life: { ...life, gaps } })).toEqual([]);
    expect(fundingHoles(panel)[0]!.stamps).toEqual([24, 32, 40, 48, 56]);
  });
});

describe('interpolation', () => {
  const panel = panelOf({ ONE: [0, 4, 8, 16, 20, 24], WHOLE: [0, 8, 16, 24], NONE: [] });
  const filled = interpolated(panel);

  it('puts the line between the neighbours into every hole, without a mark', () => {
    expect(filled.count).toBe(1);
    const made = settlementsOf(filled.panel, 0).find(({ hour }) => hour === 12)!;
    expect(made.rate).toBeCloseTo(rateAt(12), 15);
    expect(made.mark).toBeNaN();
    expect(filled.isInterpolated(0, 12)).toBe(true);
    expect(filled.isInterpolated(0, 8)).toBe(false);
    expect(filled.isInterpolated(1, 12)).toBe(false);
  });

  it('leaves what is recorded as it is, and coins without rows without', () => {
    for (const coin of [0, 1, 2]) {
      const recorded = settlementsOf(filled.panel, coin).filter(
        ({ hour }) => !filled.isInterpolated(coin, hour),
      );
      expect(recorded).toEqual(settlementsOf(panel, coin));
    }
    expect(fundingHoles(filled.panel)).toEqual([]);
    expect(settlementsOf(panel, 0)).toHaveLength(6);
  });

  it('a record without holes is handed back itself', () => {
    const whole = panelOf({ WHOLE: [0, 8, 16, 24] });
    expect(interpolated(whole).panel).toBe(whole);
  });
});

describe('what held positions missed', () => {
  const panel = panelOf({ ONE: [0, 4, 8, 16, 20, 24], NONE: [], LATE: [48, 56, 64, 72] });

  it('a stay counts a hole where it is open before the missing stamp and held at it', () => {
    expect(uncoveredFunding(panel, [stay(0, 11, 12)])).toEqual({ holes: 1, first: { coin: 0, hour: 12 } });
    expect(uncoveredFunding(panel, [stay(0, 12, 15), stay(0, 2, 11)])).toEqual({ holes: 0, first: null });
    expect(uncoveredFunding(panel, [stay(0, 5, 14), stay(0, 6, 13)]).holes).toBe(1);
  });

  it('a coin without rows, and times beyond the record, name their first hour', () => {
    expect(uncoveredFunding(panel, [stay(1, 30, 31), stay(1, 5, 9)]).first).toEqual({ coin: 1, hour: 5 });
    expect(uncoveredFunding(panel, [stay(2, 10, 50)]).first).toEqual({ coin: 2, hour: 10 });
    expect(uncoveredFunding(panel, [stay(2, 41, 50)]).first).toBeNull();
    expect(uncoveredFunding(panel, [stay(0, 22, 40)]).first).toEqual({ coin: 0, hour: 32 });
  });

  it('spot positions miss nothing', () => {
    expect(uncoveredFunding(panel, [{ ...stay(1, 5, 9), market: 'spot' }])).toEqual({
      holes: 0,
      first: null,
    });
  });
});
