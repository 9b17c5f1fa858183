import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hourMs } from '../../engine/panel/hours.ts';
import type { StressPosition } from '../../reports/stress.ts';
import { runStress, type Stress, type StressRequest } from '../../scenarios/stress.ts';
import { loaded } from './run-store.ts';
import { crashMs, type StressMarket, stressMarket } from './stress-market.ts';

let market: StressMarket;
let stress: Stress;
beforeAll(async () => {
  market = await stressMarket();
  stress = await run({ leverages: [1, 5, 10] });
}, 60_000);
afterAll(() => market.remove());

async function run(
  changes: Partial<Pick<StressRequest, 'atMs' | 'leverages' | 'margins'>> = {},
  set: readonly string[] = [],
): Promise<Stress> {
  const scenario = await loaded(market.store, market.scenario, { set });
  const request = { atMs: crashMs, leverages: [1], margins: ['cross', 'isolated'] as const, ...changes };
  return await runStress(market.store, { ...scenario, ...request }, { workers: 1 });
}

const row = (leverage: number, margin: string, of = stress) =>
  of.result.rows.find((one) => one.leverage === leverage && one.margin === margin)!;
const position = (leverage: number, margin: string, symbol: string): StressPosition =>
  stress.result.positions.find(
    (one) => one.leverage === leverage && one.margin === margin && one.symbol === symbol,
  )!;

describe('an hour whose finer bars tell another story than its hourly ones', () => {
  it('is told both ways: 250 lost on each of two stops, against 250 won and 500 lost', () => {
    const { hourly, detail, hourlyWorseBy } = row(1, 'cross');
    expect(hourly).toMatchObject({ equityBefore: 10_000, held: 3, stops: 2, gappedStops: 0 });
    expect(hourly.equityAfter).toBeCloseTo(9_500, 8);
    expect(detail!.equityAfter).toBeCloseTo(9_750, 8);
    expect(detail).toMatchObject({ held: 3, heldWithDetail: 3, stops: 1, gappedStops: 1 });
    expect(hourlyWorseBy).toBeCloseTo(0.025, 10);
  });

  it('shows each position, where its level was, and what happened to it either way', () => {
    expect(position(1, 'cross', 'AUSDT')).toMatchObject({
      side: 1,
      entryPrice: 100,
      stopLevel: 90,
      hourly: { outcome: 'stop', price: 90, level: 90, worst: 88 },
      detail: { outcome: 'target', timeMs: crashMs },
    });
    expect(position(1, 'cross', 'AUSDT').hourlyWorseBy).toBeCloseTo(0.2, 10);
    expect(position(1, 'cross', 'BUSDT')).toMatchObject({
      hourly: { outcome: 'stop', price: 90, worst: 60 },
      detail: { outcome: 'stop', price: 80, worst: 70, timeMs: crashMs + hourMs / 4 },
    });
    expect(position(1, 'cross', 'BUSDT').hourlyWorseBy).toBeCloseTo(-0.1, 10);
    expect(position(1, 'cross', 'CUSDT')).toMatchObject({
      side: -1,
      hourly: { outcome: 'survived', price: null },
      detail: { outcome: 'survived', price: null },
      hourlyWorseBy: null,
    });
  });

  it('is bounded by the worst price of each bar: 300 and 1,000 lost by the hour, 750 by the quarter', () => {
    expect(row(1, 'cross').hourly.hourReturnAtWorst).toBeCloseTo(-0.13, 10);
    // The target's 250 stay won.
    expect(row(1, 'cross').detail!.hourReturnAtWorst).toBeCloseTo(-0.05, 10);
  });

  it('grows with the leverage, and liquidates isolated positions whose margin ends before their stop', () => {
    expect(row(5, 'cross').hourly.hourReturn).toBeCloseTo(-0.25, 10);
    expect(row(5, 'cross').hourlyWorseBy).toBeCloseTo(0.125, 10);
    const { hourly, detail } = row(10, 'isolated');
    expect(hourly).toMatchObject({ stops: 0, liquidations: 2, runLiquidations: 2 });
    expect(hourly.insurance).toBeGreaterThan(0);
    expect(hourly.clearanceFees).toBeGreaterThan(0);
    expect(detail!.liquidations).toBeLessThan(2);
    const end = position(10, 'isolated', 'AUSDT');
    expect(end.hourly).toMatchObject({ outcome: 'liquidation', worst: 88 });
    // Margin 10 %, maintenance 1 % of what is left: 100 - 10 + 0.01 p = p.
    expect(end.hourly!.level).toBeCloseTo(90 / 0.99, 6);
    expect(end.detail!.outcome).toBe('target');
  });

  it('draws 48 hours of equity on either side, of every case by either kind of bar', () => {
    const { curves } = stress.result;
    expect(curves).toHaveLength(12);
    for (const { timeMs, equity } of curves) {
      expect(timeMs).toHaveLength(equity.length);
      expect(timeMs[0]).toBe(crashMs - 29 * hourMs);
      expect(timeMs.at(-1)! - crashMs).toBeLessThanOrEqual(48 * hourMs);
      expect(equity[timeMs.indexOf(crashMs)]).toBeCloseTo(10_000, 8);
    }
  });
});

describe('what is asked for', () => {
  it('without a time: the hour in which 1× cross lost most, also where that case is not asked for', async () => {
    const { result } = await run({ atMs: null, leverages: [2], margins: ['isolated'] });
    expect(result.atMs).toBe(crashMs);
    expect(result.rows).toHaveLength(1);
  });

  it('without finer bars: one run a case, and nothing set beside it', async () => {
    const { result } = await run({}, ['fills.detail=none']);
    expect(result.detailMinutes).toBeNull();
    expect(row(1, 'cross', { ...stress, result })).toMatchObject({ detail: null, hourlyWorseBy: null });
  });

  it('finer bars outside the run are none of its: page and runs speak of those inside', async () => {
    const finerMs = crashMs + 30 * hourMs;
    const other = await stressMarket(finerMs);
    const detailOf = async (...set: string[]) => {
      const scenario = await loaded(other.store, other.scenario, { set });
      const request = { ...scenario, atMs: crashMs, leverages: [1], margins: ['cross'] as const };
      return (await runStress(other.store, request, { workers: 1 })).result;
    };
    try {
      const ended = await detailOf(`to=${new Date(finerMs).toISOString()}`);
      expect(ended.detailMinutes).toBe(15);
      expect(ended.rows[0]!.detail).toMatchObject({ heldWithDetail: 3, stops: 1, gappedStops: 1 });
      expect(ended.positions.map(({ detail }) => detail)).toEqual(
        stress.result.positions
          .filter(({ leverage, margin }) => leverage === 1 && margin === 'cross')
          .map(({ detail }) => detail),
      );
      const whole = await detailOf();
      expect(whole.detailMinutes).toBe(5);
      expect(whole.rows[0]!.detail).toMatchObject({ heldWithDetail: 0 });
    } finally {
      await other.remove();
    }
  });

  it('a time outside the run, or inside an hour, is refused with the span there is', async () => {
    for (const atMs of [crashMs + 1000 * hourMs, crashMs + hourMs / 2]) {
      await expect(run({ atMs })).rejects.toThrow(/--at.*2025-03-01 ?T?00:00.*to/);
    }
  });

  it('the same question has the same id and the same answer, another question another id', async () => {
    const again = await run({ leverages: [1, 5, 10] });
    expect(again).toEqual(stress);
    expect((await run({ leverages: [1, 5] })).id).not.toBe(stress.id);
  });
});
