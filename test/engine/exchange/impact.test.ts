import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImpactMeter, type ImpactModel, impactBps } from '../../../engine/exchange/impact.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { type BarRow, type Panel, panelFromBars } from '../../../engine/panel/panel.ts';

const startMs = Date.UTC(2025, 0, 1);
const model: ImpactModel = { halfSpreadBps: 1, coefficient: 1, participationMax: 0.02, rest: 'carry' };
const notionals = fc.double({ min: 1, max: 1e7, noNaN: true });
const day = { sigmaDay: 0.04, volumeDay: 1e8 };

describe('the square-root law', () => {
  it('a hundredth of the day at 4 % a day: half the spread and 40 bps', () => {
    expect(impactBps(model, { notional: 1e6, ...day })).toBeCloseTo(41, 10);
  });

  it('nothing traded, or no known volume: half the spread', () => {
    expect(impactBps(model, { notional: 0, ...day })).toBe(1);
    expect(impactBps(model, { notional: 1e6, sigmaDay: 0.04, volumeDay: 0 })).toBe(1);
    expect(impactBps(model, { notional: 1e6, sigmaDay: 0.04, volumeDay: Number.NaN })).toBe(1);
  });

  it('rises with the notional, and doubles beyond the spread for four times of it', () => {
    fc.assert(
      fc.property(notionals, fc.double({ min: 1, max: 100, noNaN: true }), (notional, times) => {
        const bps = impactBps(model, { notional, ...day });
        expect(impactBps(model, { notional: notional * times, ...day })).toBeGreaterThanOrEqual(bps);
        const fourfold = impactBps(model, { notional: 4 * notional, ...day });
        expect((fourfold - 1) / (bps - 1)).toBeCloseTo(2, 6);
      }),
    );
  });
});

const rise = Math.exp(0.01);

/** A coin that closes at 100 and a hundredth higher in turn, with 1,000 units and 250,000 of quote volume a bar. */
function bars(hours: number, over: (hour: number) => Partial<BarRow> | null = () => ({})): BarRow[] {
  const rows: BarRow[] = [];
  for (let hour = 0; hour < hours; hour += 1) {
    const change = over(hour);
    if (change === null) continue;
    const close = hour % 2 === 0 ? 100 : 100 * rise;
    const prices = { open: close, high: close, low: close, close };
    rows.push({
      symbol: 'A',
      timeMs: startMs + hour * hourMs,
      ...prices,
      volume: 1000,
      quoteVolume: 250_000,
      ...change,
    });
  }
  return rows;
}

/** Deviation (n - 1) of the coin's simple returns, of which so many are rises and so many are falls, scaled to a day. */
function sigmaOf(rises: number, falls: number): number {
  const [up, down] = [rise - 1, 1 / rise - 1];
  const count = rises + falls;
  const mean = (rises * up + falls * down) / count;
  const squares = rises * (up - mean) ** 2 + falls * (down - mean) ** 2;
  return Math.sqrt((squares / (count - 1)) * 24);
}

function otherCoin(row: BarRow): BarRow {
  return { ...row, symbol: 'B' };
}

describe('the impact meter', () => {
  const panel = panelFromBars(bars(240));
  const meter = (changes: Partial<ImpactModel> = {}) => new ImpactMeter(panel, { ...model, ...changes });
  const volumeDay = 24 * 250_000;
  const bps = (notional: number, sigmaDay: number) => impactBps(model, { notional, sigmaDay, volumeDay });

  it('takes the 168 returns and the 24 volumes before the last midnight', () => {
    const week = bps(60_000, sigmaOf(84, 84)) / 1e4;
    for (const hour of [192, 200, 215]) {
      expect(meter().slippage(0, hour, 1, 60_000)).toBeCloseTo(week, 14);
    }
    expect(meter().slippage(0, 50, 1, 60_000)).toBeCloseTo(bps(60_000, sigmaOf(24, 23)) / 1e4, 14);
  });

  it('reaches back to the close 169 hours before the midnight, and forward to none after it', () => {
    const changedAt = (hour: number) => {
      const price = { open: 300, high: 300, low: 300, close: 300 };
      const changed = panelFromBars(bars(240, (at) => (at === hour ? price : {})));
      return new ImpactMeter(changed, model).slippage(0, 200, 1, 60_000);
    };
    const plain = meter().slippage(0, 200, 1, 60_000);
    for (const hour of [22, 192, 199, 200]) expect(changedAt(hour)).toBe(plain);
    for (const hour of [23, 100, 191]) expect(changedAt(hour)).toBeGreaterThan(plain);
  });

  it('takes volumes of the day that ended at midnight, and of no other hour', () => {
    const busyAt = (hour: number) => {
      const busy = panelFromBars(bars(240, (at) => (at === hour ? { quoteVolume: 1e7 } : {})));
      return new ImpactMeter(busy, model).slippage(0, 200, 1, 60_000);
    };
    const plain = meter().slippage(0, 200, 1, 60_000);
    for (const hour of [167, 192, 199]) expect(busyAt(hour)).toBe(plain);
    for (const hour of [168, 191]) expect(busyAt(hour)).toBeLessThan(plain);
  });

  it('finds midnight by the clock, not by the hours of the panel', () => {
    const late = startMs + 7 * hourMs;
    const shifted = panelFromBars(bars(240).map((row) => ({ ...row, timeMs: row.timeMs - startMs + late })));
    const busy = (hour: number) => ({
      ...shifted,
      quoteVolume: Float64Array.from(shifted.quoteVolume!, (volume, at) => (at === hour ? 1e7 : volume)),
    });
    const slippage = (panel: Panel, hour: number) =>
      new ImpactMeter(panel, model).slippage(0, hour, 1, 60_000);
    // Hours 17, 41, 65 and so on are midnights; hour 185 is the last before 200.
    expect(slippage(busy(185), 200)).toBe(slippage(shifted, 200));
    expect(slippage(busy(184), 200)).toBeLessThan(slippage(shifted, 200));
    expect(slippage(busy(161), 200)).toBeLessThan(slippage(shifted, 200));
    expect(slippage(busy(160), 200)).toBe(slippage(shifted, 200));
  });

  it('assumes 10 % a day below 24 returns', () => {
    // 23 returns lie before the midnight of hour 24, and 47 before that of hour 48.
    expect(meter().slippage(0, 47, 1, 60_000)).toBeCloseTo(bps(60_000, 0.1) / 1e4, 14);
    expect(meter().slippage(0, 48, 1, 60_000)).toBeCloseTo(bps(60_000, sigmaOf(24, 23)) / 1e4, 14);
  });

  it('looks at a coin without a bar a day before the midnight by the hour', () => {
    const listedAt = (first: number) =>
      new ImpactMeter(panelFromBars([...bars(240).slice(first), ...bars(1).map(otherCoin)]), model);
    const young = listedAt(25);
    const day = bps(60_000, sigmaOf(12, 12)) / 1e4;
    expect(young.slippage(0, 50, 1, 60_000)).toBeCloseTo(day, 14);
    expect(young.slippage(0, 49, 1, 60_000)).toBeCloseTo(bps(60_000, 0.1) / 1e4, 14);
    expect(young.slippage(0, 71, 1, 60_000)).toBeLessThan(day);
    // A bar exactly a day before the midnight of hour 48, and the midnight counts: 23 returns before it.
    const known = listedAt(24);
    expect(known.slippage(0, 50, 1, 60_000)).toBeCloseTo(bps(60_000, 0.1) / 1e4, 14);
    expect(known.slippage(0, 71, 1, 60_000)).toBe(known.slippage(0, 48, 1, 60_000));
  });

  it('takes a redenomination for no return', () => {
    const factor = 1000;
    const inNewUnit = (hour: number, row: BarRow): Partial<BarRow> =>
      hour < 150
        ? {}
        : {
            open: row.open * factor,
            high: row.high * factor,
            low: row.low * factor,
            close: row.close * factor,
          };
    const rows = bars(240);
    const jumping = panelFromBars(rows.map((row, hour) => ({ ...row, ...inNewUnit(hour, row) })));
    const renames = [{ hour: 150, from: 0, to: 0, factor }];
    const life = { dataEnds: new Uint8Array(1), delisted: new Uint8Array(1), gaps: [], renames };
    const slippage = (panel: Panel) => new ImpactMeter(panel, model).slippage(0, 200, 1, 60_000);
    expect(slippage({ ...jumping, life })).toBeCloseTo(slippage(panel), 12);
    expect(slippage(jumping)).toBeGreaterThan(10 * slippage(panel));
  });

  it('sees nothing of the bar it trades in, nor of those after', () => {
    const hour = 200;
    const wild = panelFromBars(
      bars(240, (at) => (at < hour ? {} : { open: 1, high: 900, low: 1, close: 500, quoteVolume: 1 })),
    );
    expect(new ImpactMeter(wild, model).slippage(0, hour, 1, 60_000)).toBe(
      meter().slippage(0, hour, 1, 60_000),
    );
  });

  it('two orders of a bar cost together what one of their sum does, in whatever parts', () => {
    fc.assert(
      fc.property(fc.array(notionals, { minLength: 1, maxLength: 6 }), (parts) => {
        const parted = meter();
        let cost = 0;
        for (const notional of parts) {
          cost += notional * parted.slippage(0, 200, -1, notional);
          parted.record(0, 200, -1, notional);
        }
        const sum = parts.reduce((total, notional) => total + notional, 0);
        const whole = sum * meter().slippage(0, 200, -1, sum);
        expect(cost / whole).toBeCloseTo(1, 12);
      }),
    );
  });

  it('a later order of a bar costs more; a tiny one behind a huge one loses no digits', () => {
    const impact = meter();
    impact.record(0, 200, 1, 1e7);
    const tiny = impact.slippage(0, 200, 1, 1e-6);
    const marginal = 1e-4 + 1.5 * sigmaOf(84, 84) * Math.sqrt(1e7 / volumeDay);
    expect(tiny).toBeCloseTo(marginal, 9);
    expect(tiny).toBeGreaterThan(meter().slippage(0, 200, 1, 1e7));
    expect(impact.slippage(0, 200, 1, 0)).toBeCloseTo(marginal, 12);
    expect(meter().slippage(0, 200, 1, 0)).toBe(1e-4);
  });

  it('the other direction, another bar and a question that was only asked leave no trace', () => {
    const impact = meter();
    const fresh = impact.slippage(0, 200, 1, 50_000);
    impact.slippage(0, 200, 1, 1e7);
    impact.record(0, 200, -1, 50_000);
    expect(impact.slippage(0, 200, 1, 50_000)).toBe(fresh);
    impact.record(0, 199, 1, 50_000);
    expect(impact.slippage(0, 200, 1, 50_000)).toBe(fresh);
    impact.record(0, 200, 1, 50_000);
    expect(impact.slippage(0, 200, 1, 50_000)).toBeGreaterThan(fresh);
    expect(impact.slippage(0, 202, 1, 50_000)).toBe(fresh);
  });

  it('goes on from a checkpoint that was cloned', () => {
    const impact = meter();
    impact.record(0, 200, 1, 50_000);
    const checkpoint = impact.checkpoint();
    const next = impact.slippage(0, 200, 1, 10_000);
    impact.record(0, 200, 1, 10_000);
    const resumed = meter();
    resumed.restore(structuredClone(checkpoint));
    expect(resumed.slippage(0, 200, 1, 10_000)).toBe(next);
    resumed.record(0, 200, 1, 10_000);
    expect(resumed.checkpoint()).toEqual(impact.checkpoint());
    impact.record(0, 201, 1, 10_000);
    expect([checkpoint.hourOf[0], checkpoint.traded[0]]).toEqual([200, 50_000]);
  });

  it('caps an order at its share of the bar it fills in', () => {
    expect(meter().capacity(0, 200)).toBe(5000);
    expect(meter({ participationMax: null }).capacity(0, 200)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('volumes that are not there', () => {
  const over = (change: (hour: number) => Partial<BarRow> | null) =>
    new ImpactMeter(panelFromBars(bars(240, change)), model);
  const slippage = (impact: ImpactMeter) => {
    const fraction = impact.slippage(0, 200, 1, 60_000);
    impact.record(0, 200, 1, 60_000);
    return fraction;
  };

  it('no quote volume: base volume at the close', () => {
    const impact = over((hour) => (hour === 191 || hour === 200 ? { quoteVolume: Number.NaN } : {}));
    const volumeDay = 23 * 250_000 + 1000 * 100 * rise;
    const bps = impactBps(model, { notional: 60_000, sigmaDay: sigmaOf(84, 84), volumeDay });
    expect(slippage(impact)).toBeCloseTo(bps / 1e4, 14);
    expect(impact.capacity(0, 200)).toBeCloseTo(0.02 * 1000 * 100, 9);
    expect(impact.unknownVolumes).toBe(0);
  });

  it('an absent bar traded nothing, and its returns do not count', () => {
    const impact = over((hour) => (hour === 190 ? null : {}));
    const volumeDay = 23 * 250_000;
    // 168 returns less the two that touch the missing bar: as many up as down.
    const bps = impactBps(model, { notional: 60_000, sigmaDay: sigmaOf(83, 83), volumeDay });
    expect(slippage(impact)).toBeCloseTo(bps / 1e4, 14);
    expect(impact.capacity(0, 190)).toBe(0);
  });

  it('neither volume in one bar: half the spread, no cap, and every such trade is counted', () => {
    const none = { volume: Number.NaN, quoteVolume: Number.NaN };
    const impact = over((hour) => (hour === 180 ? none : {}));
    expect(slippage(impact)).toBe(1e-4);
    expect(slippage(impact)).toBe(1e-4);
    expect(impact.unknownVolumes).toBe(2);
    expect(impact.capacity(0, 180)).toBe(Number.POSITIVE_INFINITY);
    const resumed = over(() => ({}));
    resumed.restore(impact.checkpoint());
    expect(resumed.unknownVolumes).toBe(2);
  });

  it('the first bar of a coin has no day behind it', () => {
    const impact = over(() => ({}));
    expect(impact.slippage(0, 0, 1, 60_000)).toBe(1e-4);
    impact.record(0, 0, 1, 60_000);
    expect(impact.unknownVolumes).toBe(1);
  });
});
