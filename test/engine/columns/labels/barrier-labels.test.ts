import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BarrierLabelRules,
  type BarrierLabels,
  barrierLabelDefaults,
  emptyBarrierLabels,
  labelBarriers,
} from '../../../../engine/columns/labels/barrier-labels.ts';
import { barrierOutcomes } from '../../../../engine/columns/labels/barrier-walk.ts';
import { BAR_WIDTH, type LifeEvents, type Panel, panelFromBars } from '../../../../engine/panel/panel.ts';
import { exitReasonAt } from '../../../../engine/portfolio/ledger.ts';
import type { DetailSource } from '../../../../engine/simulator/rules.ts';
import { readSlice } from '../../../golden/w-slice/read.ts';
import { type Bar, free, play } from '../../simulator/scripted.ts';

const hourMs = 3_600_000;

function labelsOf(
  panel: Panel,
  rules: Partial<BarrierLabelRules> = {},
  options: Parameters<typeof labelBarriers>[3] = {},
): BarrierLabels {
  const out = emptyBarrierLabels(panel, 'label');
  labelBarriers(panel, { ...barrierLabelDefaults, ...rules }, out, options);
  return out;
}

/** What became of the decision of one hour. */
function rowOf(labels: BarrierLabels, hour: number, coin = 0) {
  const cell = hour * labels.label.coins + coin;
  return {
    label: labels.label.values[cell]!,
    outcome: barrierOutcomes[labels.outcome[cell]!]!,
    exitReturn: labels.exitReturn.values[cell]!,
    endHour: labels.endHour[cell]!,
    ambiguous: labels.ambiguous[cell] === 1,
  };
}

/** One coin from hand-written bars; `companionHours` lets the panel go on after it. */
function panelOf(bars: readonly Bar[], companionHours = bars.length): Panel {
  const rows = bars.flatMap((bar, hour) => {
    if (bar === null) return [];
    const [open, high, low, close] = typeof bar === 'number' ? [bar, bar, bar, bar] : bar;
    return [{ symbol: 'AUSDT', timeMs: hour * hourMs, open, high, low, close }];
  });
  const companion = Array.from({ length: companionHours }, (_, hour) => ({
    symbol: 'ZUSDT',
    timeMs: hour * hourMs,
    ...{ open: 1, high: 1, low: 1, close: 1 },
  }));
  return panelFromBars([...rows, ...companion]);
}

function lifeOf(panel: Panel, life: Partial<LifeEvents>): Panel {
  const coins = panel.symbols.length;
  const nothing = { dataEnds: new Uint8Array(coins), delisted: new Uint8Array(coins), gaps: [], renames: [] };
  return { ...panel, life: { ...nothing, ...life } };
}

/** Labels of workload W, written down from its definition. */
function labels72(panel: Panel, coin: number, t: number): -1 | 0 | 1 {
  const price = (hour: number, field: number) => panel.bars[(coin * panel.hours + hour) * BAR_WIDTH + field]!;
  const close = price(t, 3);
  for (let hour = t + 1; hour <= Math.min(t + 72, panel.endHour[coin]! - 1); hour += 1) {
    if (price(hour, 2) <= close * (1 - 0.02)) return -1;
    if (price(hour, 1) >= close * (1 + 0.02)) return 1;
  }
  return 0;
}

const workloadRules = { entry: 'close', gaps: 'unseen' } as const;

function expectWorkloadLabels(panel: Panel): Record<-1 | 0 | 1, number> {
  const labels = labelsOf(panel, workloadRules);
  const counts = { [-1]: 0, 0: 0, 1: 0 };
  for (let coin = 0; coin < panel.symbols.length; coin += 1) {
    for (let hour = panel.firstHour[coin]!; hour < panel.endHour[coin]!; hour += 1) {
      const { outcome } = rowOf(labels, hour, coin);
      const found = outcome === 'profit' ? 1 : outcome === 'loss' ? -1 : 0;
      const expected = labels72(panel, coin, hour);
      if (found !== expected) expect.fail(`coin ${coin}, hour ${hour}: ${found} instead of ${expected}`);
      counts[expected] += 1;
    }
  }
  return counts;
}

describe('labelBarriers', () => {
  it('gives the labels of workload W, cell by cell, under its rules', () => {
    const counts = expectWorkloadLabels(readSlice().panel);
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(100);
  });

  it('sees a gap that workload W does not: opened beyond the target, and fallen to the stop in the same bar', () => {
    const panel = panelOf([100, [103, 104, 97, 100], 100]);
    expect(expectWorkloadLabels(panel)[-1]).toBe(1);
    expect(rowOf(labelsOf(panel, { entry: 'close' }), 0)).toMatchObject({ label: 1, outcome: 'profit' });
    expect(rowOf(labelsOf(panel, { entry: 'close' }), 0).exitReturn).toBeCloseTo(0.03, 12);
  });

  it('enters at the next open, ends with the bar of its exit, and counts bars that held both barriers', () => {
    const panel = panelOf([100, [110, 111, 109, 110], [110, 113, 107, 110], 110]);
    expect(rowOf(labelsOf(panel), 0)).toEqual({
      label: 0,
      outcome: 'loss',
      exitReturn: expect.closeTo(-0.02, 12),
      endHour: 3,
      ambiguous: true,
    });
    expect(rowOf(labelsOf(panel, { side: -1 }), 0)).toMatchObject({ label: 0, ambiguous: true });
  });

  it('has no label without a bar to decide on or to enter at', () => {
    const labels = labelsOf(panelOf([100, null, 100, 103]));
    const outcomes = [0, 1, 2, 3].map((hour) => rowOf(labels, hour).outcome);
    expect(outcomes).toEqual(['no-entry', 'no-entry', 'unresolved', 'unresolved']);
    expect(rowOf(labels, 0)).toMatchObject({ label: Number.NaN, exitReturn: Number.NaN, endHour: -1 });
  });

  it('keeps the fall of a coin that leaves, and judges nothing where only the data end', () => {
    const bars = [100, 100, 99, [99, 99, 98.5, 98.5]] as const;
    const left = panelOf(bars, 40);
    expect(rowOf(labelsOf(left), 0)).toMatchObject({ label: 0, outcome: 'delisted', endHour: 4 });
    expect(rowOf(labelsOf(left), 0).exitReturn).toBeCloseTo(-0.015, 12);
    expect(rowOf(labelsOf(left, { side: -1 }), 0).label).toBe(1);
    expect(rowOf(labelsOf(left), 3).outcome).toBe('no-entry');

    const cut = lifeOf(left, { dataEnds: Uint8Array.of(1, 0) });
    expect(rowOf(labelsOf(cut), 0)).toMatchObject({ label: Number.NaN, outcome: 'unresolved' });
    const renamed = lifeOf(left, { renames: [{ hour: 4, from: 0, to: 1, factor: 1 }] });
    expect(rowOf(labelsOf(renamed), 0).outcome).toBe('unresolved');
  });

  it('does not follow an entry into the next life of the name', () => {
    const panel = panelOf([100, 100, 101, null, null, null, 50, 50, 50]);
    expect(rowOf(labelsOf(panel), 0)).toMatchObject({ label: 0, outcome: 'loss', endHour: 7 });
    const lives = lifeOf(panel, { gaps: [{ coin: 0, fromHour: 3, toHour: 6 }] });
    expect(rowOf(labelsOf(lives), 0)).toMatchObject({ label: 1, outcome: 'delisted', endHour: 3 });
  });

  it('knows a redenomination from a fall', () => {
    const bars = [1000, 1000, 1010, 1.01, [1.01, 1.03, 1.01, 1.03]] as const;
    const panel = lifeOf(panelOf(bars), { renames: [{ hour: 3, from: 0, to: 0, factor: 0.001 }] });
    expect(rowOf(labelsOf(panelOf(bars)), 0).outcome).toBe('loss');
    const { outcome, exitReturn, endHour } = rowOf(labelsOf(panel), 0);
    expect([outcome, endHour]).toEqual(['profit', 5]);
    expect(exitReturn).toBeCloseTo(0.02, 12);
    expect(rowOf(labelsOf(panel, { horizonHours: 3 }), 0).exitReturn).toBeCloseTo(0.01, 12);
    // Entered at the first open in the new unit: nothing changes any more.
    expect(rowOf(labelsOf(panel, { profitFraction: 0.015 }), 2)).toMatchObject({
      outcome: 'profit',
      endHour: 5,
    });
  });

  it('takes the order inside an hour from finer bars, and the absent ones among them for absent', () => {
    const panel = panelOf([100, [100, 103, 97, 100], 100, 100]);
    const none = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
    const up = [100, 103, 100, 103];
    const down = [103, 103, 97, 100];
    const source = (bars: readonly number[]): DetailSource => ({
      minutes: 15,
      bars: (coin, hour) => (coin === 0 && hour === 1 ? Float64Array.from(bars) : null),
    });
    expect(rowOf(labelsOf(panel), 0)).toMatchObject({ outcome: 'loss', ambiguous: true });
    const fine = labelsOf(panel, {}, { detail: source([...none, ...up, ...down, ...none]) });
    expect(rowOf(fine, 0)).toMatchObject({ outcome: 'profit', ambiguous: false, endHour: 2 });
    expect(rowOf(fine, 1)).toMatchObject({ outcome: 'unresolved' });
    const still = labelsOf(
      panel,
      { horizonHours: 2 },
      { detail: source([...none, ...none, ...none, ...none]) },
    );
    expect(rowOf(still, 0)).toMatchObject({ outcome: 'timeout', endHour: 3 });
  });

  it('fills the same cells by ranges of coins as at once', () => {
    const { panel } = readSlice();
    const whole = labelsOf(panel);
    const parts = emptyBarrierLabels(panel, 'label');
    const cut = Math.floor(panel.symbols.length / 3);
    labelBarriers(panel, barrierLabelDefaults, parts, { fromCoin: cut });
    labelBarriers(panel, barrierLabelDefaults, parts, { toCoin: cut });
    expect(parts.label.values).toEqual(whole.label.values);
    expect(parts.exitReturn.values).toEqual(whole.exitReturn.values);
    expect(parts.endHour).toEqual(whole.endHour);
  });

  it('depends on the bars before its end, and on none after it', () => {
    fc.assert(
      fc.property(walks, fc.nat(39), fc.integer({ min: 1, max: 12 }), (bars, cut, horizonHours) => {
        const changed = bars.map((bar, hour): Bar => (bar !== null && hour >= cut ? 1 : bar));
        const before = labelsOf(panelOf(bars, 60), { horizonHours });
        const after = labelsOf(panelOf(changed, 60), { horizonHours });
        for (let hour = 0; hour + 1 < cut; hour += 1) {
          const row = rowOf(before, hour);
          const isKnown = row.endHour <= cut;
          const barsAfter = bars.slice(cut, row.endHour).some((bar) => bar !== null);
          if (isKnown) expect(rowOf(after, hour)).toEqual(row);
          else if (barsAfter) expect(rowOf(after, hour)).not.toEqual(row);
        }
      }),
    );
  });
});

/** Forty hours of a walk with jumps and holes; bars are [open, high, low, close]. */
const walks = fc
  .array(
    fc.record({
      gap: fc.option(fc.double({ min: -0.04, max: 0.04, noNaN: true }), { nil: 0, freq: 2 }),
      move: fc.double({ min: -0.02, max: 0.02, noNaN: true }),
      up: fc.double({ min: 0, max: 0.03, noNaN: true }),
      down: fc.double({ min: 0, max: 0.03, noNaN: true }),
      absent: fc.boolean().chain((likely) => (likely ? fc.boolean() : fc.constant(false))),
    }),
    { minLength: 40, maxLength: 40 },
  )
  .map((steps) => {
    let price = 100;
    return steps.map(({ gap, move, up, down, absent }, hour): Bar => {
      const open = price * (1 + gap);
      price = open * (1 + move);
      if (absent && hour > 0 && hour < 39) return null;
      const high = Math.max(open, price) * (1 + up);
      return [open, high, Math.min(open, price) * (1 - down), price];
    });
  });

describe('labels and the simulator', () => {
  it('agree on every entry: reason, hour and price of the exit, and the bars that held both barriers', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        walks,
        fc.constantFrom(1 as const, -1 as const),
        fc.nat(38),
        fc.integer({ min: 1, max: 8 }),
        async (bars, side, hour, holdHoursMax) => {
          const levels = { stopLossFraction: 0.03, takeProfitFraction: 0.02 };
          const { trades, panel, ambiguousBars } = await play({
            coins: { AUSDT: bars, ZUSDT: new Array<Bar>(60).fill(1) },
            decisions: { [hour + 1]: [{ coin: 0, side, notional: 100, holdHoursMax, ...levels }] },
            costs: free,
          });
          const row = rowOf(labelsOf(panel, { side, lossFraction: 0.03, horizonHours: holdHoursMax }), hour);
          seen.set(row.outcome, (seen.get(row.outcome) ?? 0) + 1);
          if (row.outcome === 'no-entry') {
            // The simulator sizes by the last close it knows, so it may enter where the hour of the decision has no bar.
            expect(bars[hour] === null || trades.count === 0).toBe(true);
            return;
          }
          expect(trades.count).toBe(1);
          expect(row.ambiguous).toBe(ambiguousBars === 1);
          expect(exitReasons[row.outcome as keyof typeof exitReasons]).toContain(exitReasonAt(trades, 0));
          // A timeout is labelled at the close of its window, and traded at the open after it.
          if (row.outcome === 'timeout') return;
          const [entry, exit] = [trades.entryPrice[0]!, trades.exitPrice[0]!];
          expect(row.exitReturn).toBeCloseTo((side * (exit - entry)) / entry, 12);
          if (row.outcome !== 'delisted') expect(row.endHour).toBe(trades.exitHour[0]! + 1);
        },
      ),
      { numRuns: 300 },
    );
    expect([...seen.keys()].sort()).toEqual(['delisted', 'loss', 'no-entry', 'profit', 'timeout']);
  });
});

const exitReasons = { profit: ['target'], loss: ['stop'], timeout: ['time', 'delist'], delisted: ['delist'] };

describe('the loop over plain hours', () => {
  const bar = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.tuple(
        fc.double({ min: 0.95, max: 1.05, noNaN: true }),
        fc.double({ min: 0, max: 0.03, noNaN: true }),
      ),
    },
    { weight: 1, arbitrary: fc.constant(null) },
  );
  const rules = fc.record({
    side: fc.constantFrom(1 as const, -1 as const),
    entry: fc.constantFrom('close' as const, 'next-open' as const),
    gaps: fc.constantFrom('open' as const, 'unseen' as const),
    horizonHours: fc.integer({ min: 1, max: 12 }),
  });

  it('gives what the walk of one entry at a time gives', () => {
    fc.assert(
      fc.property(
        fc.array(bar, { minLength: 2, maxLength: 60 }),
        rules,
        fc.boolean(),
        (steps, chosen, delisted) => {
          let price = 100;
          const bars = steps.map((step): Bar => {
            if (step === null) return null;
            const open = price;
            price *= step[0];
            const [top, bottom] = [Math.max(open, price), Math.min(open, price)];
            return [open, top * (1 + step[1]), bottom * (1 - step[1]), price];
          });
          const plain = lifeOf(panelOf([100, ...bars], bars.length + 5), {
            delisted: Uint8Array.of(delisted ? 1 : 0, 0),
          });
          // A change of unit by nothing: the same prices, and the way for prices that change.
          const renames = [{ hour: 1, from: 0, to: 0, factor: 1 }];
          const walked = labelsOf({ ...plain, life: { ...plain.life!, renames } }, chosen);
          const looped = labelsOf(plain, chosen);
          for (let hour = 0; hour < plain.hours; hour += 1)
            expect(rowOf(looped, hour)).toEqual(rowOf(walked, hour));
        },
      ),
      { numRuns: 200 },
    );
  });
});
