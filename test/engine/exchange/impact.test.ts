import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImpactMeter, type ImpactModel, impactBps } from '../../../engine/exchange/impact.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { type BarRow, panelFromBars } from '../../../engine/panel/panel.ts';

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

/** A coin whose hourly log returns are +change and -change in turn, with 1,000 units and 250,000 of quote volume a bar. */
function bars(hours: number, over: (hour: number) => Partial<BarRow> | null = () => ({})): BarRow[] {
  const rows: BarRow[] = [];
  for (let hour = 0; hour < hours; hour += 1) {
    const change = over(hour);
    if (change === null) continue;
    const close = hour % 2 === 0 ? 100 : 100 * Math.exp(0.01);
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

/** Deviation (n - 1) of `count` returns of +0.01 and -0.01 in turn, beginning with +, scaled to a day. */
function alternatingSigma(count: number): number {
  const mean = (count % 2) * (0.01 / count);
  const squares = count * 0.01 ** 2 - count * mean ** 2;
  return Math.sqrt((squares / (count - 1)) * 24);
}

describe('the impact meter', () => {
  const panel = panelFromBars(bars(240));
  const meter = (changes: Partial<ImpactModel> = {}) => new ImpactMeter(panel, { ...model, ...changes });
  const volumeDay = 24 * 250_000;
  const bps = (notional: number, sigmaDay: number) => impactBps(model, { notional, sigmaDay, volumeDay });

  it('takes the 168 returns and the 24 volumes before the bar', () => {
    expect(meter().slippage(0, 200, 1, 60_000)).toBeCloseTo(bps(60_000, alternatingSigma(168)) / 1e4, 14);
    expect(meter().slippage(0, 30, 1, 60_000)).toBeCloseTo(bps(60_000, alternatingSigma(29)) / 1e4, 14);
  });

  it('reaches back to the close 169 hours before, and no further', () => {
    const changedAt = (hour: number) => {
      const price = { open: 300, high: 300, low: 300, close: 300 };
      const changed = panelFromBars(bars(240, (at) => (at === hour ? price : {})));
      return new ImpactMeter(changed, model).slippage(0, 200, 1, 60_000);
    };
    const plain = meter().slippage(0, 200, 1, 60_000);
    expect(changedAt(30)).toBe(plain);
    expect(changedAt(31)).toBeGreaterThan(plain);
  });

  it('assumes 10 % a day below 24 returns', () => {
    expect(meter().slippage(0, 25, 1, 60_000)).toBeCloseTo(bps(60_000, alternatingSigma(24)) / 1e4, 14);
    expect(meter().slippage(0, 24, 1, 60_000)).toBeCloseTo(bps(60_000, 0.1) / 1e4, 14);
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
    const marginal = 1e-4 + 1.5 * alternatingSigma(168) * Math.sqrt(1e7 / volumeDay);
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
    const impact = over((hour) => (hour === 199 || hour === 200 ? { quoteVolume: Number.NaN } : {}));
    const volumeDay = 23 * 250_000 + 1000 * 100 * Math.exp(0.01);
    const bps = impactBps(model, { notional: 60_000, sigmaDay: alternatingSigma(168), volumeDay });
    expect(slippage(impact)).toBeCloseTo(bps / 1e4, 14);
    expect(impact.capacity(0, 200)).toBeCloseTo(0.02 * 1000 * 100, 9);
    expect(impact.unknownVolumes).toBe(0);
  });

  it('an absent bar traded nothing, and its returns do not count', () => {
    const impact = over((hour) => (hour === 190 ? null : {}));
    const volumeDay = 23 * 250_000;
    // 168 returns less the two that touch the missing bar: as many up as down.
    const bps = impactBps(model, { notional: 60_000, sigmaDay: alternatingSigma(166), volumeDay });
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
