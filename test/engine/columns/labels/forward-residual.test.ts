import { describe, expect, it } from 'vitest';
import { forwardResiduals, residualTerciles } from '../../../../engine/columns/labels/forward-residual.ts';
import { logReturns } from '../../../../engine/columns/market-columns.ts';
import { closeAt, type LifeEvents, type Panel, panelFromBars } from '../../../../engine/panel/panel.ts';
import { emptyRows, type Rows } from '../../../../engine/panel/rows.ts';
import { readSlice } from '../../../golden/w-slice/read.ts';

const hourMs = 3_600_000;

/** Closes by coin; null for an hour without a bar. */
function panelOf(
  closes: Readonly<Record<string, readonly (number | null)[]>>,
  life?: Partial<LifeEvents>,
): Panel {
  const bars = Object.entries(closes).flatMap(([symbol, prices]) =>
    prices.flatMap((price, hour) =>
      price === null
        ? []
        : [{ symbol, timeMs: hour * hourMs, open: price, high: price, low: price, close: price }],
    ),
  );
  const panel = panelFromBars(bars);
  const coins = panel.symbols.length;
  const nothing = { dataEnds: new Uint8Array(coins), delisted: new Uint8Array(coins), gaps: [], renames: [] };
  return life === undefined ? panel : { ...panel, life: { ...nothing, ...life } };
}

/** A beta of its own for every hour and coin. */
function betasOf(panel: Panel): Rows {
  const beta = emptyRows('beta', panel.symbols.length, panel.hours);
  beta.values.forEach((_, cell) => {
    beta.values[cell] = 0.5 + (cell % 7) / 5;
  });
  return beta;
}

const BTC = [100, 101, 99, 98, 102, 103];

describe('forwardResiduals', () => {
  it('is the sum of the next hours beyond the beta of the decision, wherever all of them are there', () => {
    const { panel } = readSlice();
    const beta = betasOf(panel);
    const horizonHours = 72;
    const { residual, endHour } = forwardResiduals({ panel, beta, benchmark: 0, horizonHours });
    const market = new Float64Array(panel.hours).fill(Number.NaN);
    logReturns(panel, 0, 0, panel.hours, market);
    let compared = 0;
    for (let coin = 0; coin < panel.symbols.length; coin += 9) {
      const own = new Float64Array(panel.hours).fill(Number.NaN);
      logReturns(panel, coin, 0, panel.hours, own);
      for (let hour = panel.firstHour[coin]!; hour + horizonHours < panel.endHour[coin]!; hour += 1) {
        const cell = hour * panel.symbols.length + coin;
        let sum = 0;
        for (let k = 1; k <= horizonHours; k += 1)
          sum += own[hour + k]! - beta.values[cell]! * market[hour + k]!;
        expect(Math.abs(residual.values[cell]! - sum)).toBeLessThan(1e-9);
        expect(endHour[cell]).toBe(hour + horizonHours + 1);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(1000);
  });

  it('is missing for the last hours of the data, and without a beta or a bar at either end', () => {
    const panel = panelOf({ BTCUSDT: BTC, AUSDT: [10, 11, null, 12, 13, 14] });
    const beta = betasOf(panel);
    beta.values[3 * 2 + 1] = Number.NaN;
    const { residual, endHour } = forwardResiduals({ panel, beta, benchmark: 0, horizonHours: 2 });
    const found = BTC.map((_, hour) => residual.values[hour * 2 + 1]!);
    expect(found.map(Number.isNaN)).toEqual([true, false, true, true, true, true]);
    expect(BTC.map((_, hour) => endHour[hour * 2 + 1])).toEqual([-1, 4, -1, -1, -1, -1]);
    expect(found[1]).toBeCloseTo(Math.log(12 / 11) - beta.values[3]! * Math.log(98 / 101), 12);
  });

  it('keeps the fall of a coin that leaves: to its last close, the benchmark at the same hour', () => {
    const panel = panelOf({ BTCUSDT: BTC, GONEUSDT: [10, 8, 4] });
    const beta = betasOf(panel);
    const { residual, endHour } = forwardResiduals({ panel, beta, benchmark: 0, horizonHours: 4 });
    expect(residual.values[1]).toBeCloseTo(Math.log(0.4) - beta.values[1]! * Math.log(0.99), 12);
    expect(residual.values[3]).toBeCloseTo(Math.log(0.5) - beta.values[3]! * Math.log(99 / 101), 12);
    expect(residual.values[5]).toBeNaN();
    expect([endHour[1], endHour[3], endHour[5]]).toEqual([3, 3, -1]);
    const lives = panelOf({ BTCUSDT: BTC, GONEUSDT: [10, 8, 4] }, { dataEnds: Uint8Array.of(0, 1) });
    const unknown = forwardResiduals({ panel: lives, beta, benchmark: 0, horizonHours: 4 });
    expect(unknown.residual.values[1]).toBeNaN();
  });

  it('knows a redenomination from a fall', () => {
    const renames = [{ hour: 2, from: 1, to: 1, factor: 0.001 }];
    const panel = panelOf({ BTCUSDT: BTC, AUSDT: [1000, 1100, 1.2, 1.3, 1.4, 1.5] }, { renames });
    const beta = betasOf(panel);
    const { residual } = forwardResiduals({ panel, beta, benchmark: 0, horizonHours: 2 });
    const market = (hour: number) =>
      Math.log(closeAt(panel, 0, hour + 2) / closeAt(panel, 0, hour)) * beta.values[hour * 2 + 1]!;
    expect(residual.values[1]).toBeCloseTo(Math.log(1200 / 1000) - market(0), 12);
    expect(residual.values[2 * 2 + 1]).toBeCloseTo(Math.log(1.4 / 1.2) - market(2), 12);
  });
});

describe('what a label sees', () => {
  it('C6: nothing of the benchmark: two markets of one residual and two factors have the same labels', () => {
    const hours = 40;
    const exposure = 1.4;
    const residualAt = (hour: number) => 0.01 * Math.sin(7 * hour);
    const closes = (factorAt: (hour: number) => number, beta: number, ownAt: (hour: number) => number) => {
      let log = 3;
      return Array.from({ length: hours }, (_, hour) => {
        log += beta * factorAt(hour) + ownAt(hour);
        return Math.exp(log);
      });
    };
    const labelsUnder = (factorAt: (hour: number) => number) => {
      const panel = panelOf({
        BTCUSDT: closes(factorAt, 1, () => 0),
        AUSDT: closes(factorAt, exposure, residualAt),
      });
      const beta = emptyRows('beta', 2, hours);
      beta.values.fill(exposure);
      return forwardResiduals({ panel, beta, benchmark: 0, horizonHours: 12 }).residual.values;
    };
    const calm = labelsUnder((hour) => 0.002 * Math.cos(hour));
    const crash = labelsUnder((hour) => (hour > 20 ? -0.05 : 0.01));
    for (let hour = 0; hour + 12 < hours; hour += 1) {
      let sum = 0;
      for (let k = 1; k <= 12; k += 1) sum += residualAt(hour + k);
      expect(calm[hour * 2 + 1]).toBeCloseTo(sum, 12);
      expect(crash[hour * 2 + 1]).toBeCloseTo(sum, 12);
    }
  });
});

describe('residualTerciles', () => {
  it('ranks eligible coins at decision hours, and says nothing elsewhere', () => {
    const { panel } = readSlice();
    const beta = betasOf(panel);
    const forward = forwardResiduals({ panel, beta, benchmark: 0, horizonHours: 72 });
    const decisionHours = [11, 35, 59];
    const classes = residualTerciles(forward, decisionHours, (_, coin) => coin !== 0);
    const coins = panel.symbols.length;
    for (let hour = 0; hour < 72; hour += 1) {
      const row = classes.values.subarray(hour * coins, (hour + 1) * coins);
      if (!decisionHours.includes(hour)) {
        expect(row.every(Number.isNaN)).toBe(true);
        continue;
      }
      const known = row.filter((value) => !Number.isNaN(value));
      expect(row[0]).toBeNaN();
      expect(known.length).toBeGreaterThanOrEqual(15);
      expect(known.filter((value) => value === 1).length).toBe(known.filter((value) => value === -1).length);
      const worstTop = Math.min(...residualsOf(1));
      expect(Math.max(...residualsOf(-1))).toBeLessThan(worstTop);

      function residualsOf(third: number): number[] {
        return [...row.keys()]
          .filter((coin) => row[coin] === third)
          .map((coin) => forward.residual.values[hour * coins + coin]!);
      }
    }
  });
});
