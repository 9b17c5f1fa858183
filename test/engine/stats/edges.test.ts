import { describe, expect, it } from 'vitest';
import { dayMs, hourMs } from '../../../engine/panel/hours.ts';
import { cagr } from '../../../engine/stats/cagr.ts';
import { calmar } from '../../../engine/stats/calmar.ts';
import { dailyReturns } from '../../../engine/stats/daily-returns.ts';
import { drawdowns } from '../../../engine/stats/drawdowns.ts';
import { maxDrawdown } from '../../../engine/stats/max-drawdown.ts';
import { quantiles } from '../../../engine/stats/quantiles.ts';
import { sharpe } from '../../../engine/stats/sharpe.ts';
import { sharpeInterval } from '../../../engine/stats/sharpe-interval.ts';
import { sortino } from '../../../engine/stats/sortino.ts';
import { spearman } from '../../../engine/stats/spearman.ts';
import { wilson } from '../../../engine/stats/wilson.ts';

describe('undefined is NaN, never 0', () => {
  it.each([
    ['sharpe of one return', sharpe([0.01])],
    ['sharpe of equal returns', sharpe([0.1, 0.1, 0.1])],
    ['sortino without a loss', sortino([0.01, 0.02])],
    ['calmar without a drawdown', calmar(0.2, 0)],
    ['cagr of a ruined account', cagr({ startEquity: 1, finalEquity: 0, years: 1 })],
    ['drawdown of nothing', maxDrawdown([])],
    ['spearman of two pairs', spearman([1, 2], [1, 2])],
    ['spearman of pairs that NaN leaves', spearman([1, 2, Number.NaN, 4], [1, 2, 3, Number.NaN])],
    ['wilson of none', wilson(0, 0).low],
    ['median of nothing', quantiles([Number.NaN], [0.5])[0]],
  ])('%s', (_, value) => {
    expect(value).toBeNaN();
  });
});

describe('dailyReturns', () => {
  const hourly = (from: number, equity: readonly number[]) => ({
    timeMs: equity.map((_, index) => from + (index + 1) * hourMs),
    equity,
  });

  it('given a run from midnight, then its start is the first mark and the last part of a day is left out', () => {
    const equity = Array.from({ length: 60 }, (_, hour) => 100 + hour + 1);
    const returns = dailyReturns({ ...hourly(dayMs * 3, equity), startMs: dayMs * 3, startEquity: 100 });
    expect([...returns]).toEqual([124 / 100 - 1, 148 / 124 - 1]);
  });

  it('given a run from noon, then the first mark is the first midnight', () => {
    const equity = Array.from({ length: 40 }, (_, hour) => 100 + hour + 1);
    const from = dayMs * 3 + 12 * hourMs;
    expect([...dailyReturns({ ...hourly(from, equity), startMs: from, startEquity: 100 })]).toEqual([
      136 / 112 - 1,
    ]);
  });
});

describe('drawdown', () => {
  it('counts the start as the first peak', () => {
    expect(maxDrawdown([90, 95, 120, 60], 100)).toBe(0.5);
    expect(maxDrawdown([90, 95], 100)).toBeCloseTo(0.1, 12);
    expect([...drawdowns([90, 110, 99], 100)].map((depth) => Number(depth.toFixed(12)))).toEqual([
      0.1, 0, 0.1,
    ]);
  });
});

describe('sharpeInterval', () => {
  it('holds the ratio and narrows with more days', () => {
    const days = Array.from({ length: 400 }, (_, day) => 0.001 + (day % 2 === 0 ? 0.01 : -0.01));
    const wide = sharpeInterval(days.slice(0, 40));
    const narrow = sharpeInterval(days);
    expect(wide.low).toBeLessThan(sharpe(days));
    expect(wide.high).toBeGreaterThan(sharpe(days));
    expect(narrow.high - narrow.low).toBeLessThan((wide.high - wide.low) / 2);
  });
});

describe('quantiles', () => {
  it('interpolates and drops NaN', () => {
    expect(quantiles([4, Number.NaN, 1, 3, 2], [0, 0.5, 1])).toEqual([1, 2.5, 4]);
  });
});
