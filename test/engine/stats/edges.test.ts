import { describe, expect, it } from 'vitest';
import { dayMs, hourMs } from '../../../engine/panel/hours.ts';
import { ensembleWeights } from '../../../engine/signal/ensemble.ts';
import { cagr } from '../../../engine/stats/cagr.ts';
import { calmar } from '../../../engine/stats/calmar.ts';
import { dailyReturns } from '../../../engine/stats/daily-returns.ts';
import { drawdowns } from '../../../engine/stats/drawdowns.ts';
import { informationCoefficient, neweyWestT } from '../../../engine/stats/information-coefficient.ts';
import { isotonic } from '../../../engine/stats/isotonic.ts';
import { kolmogorovSmirnov } from '../../../engine/stats/kolmogorov-smirnov.ts';
import { maxDrawdown } from '../../../engine/stats/max-drawdown.ts';
import { normalCdf } from '../../../engine/stats/normal.ts';
import { normalQuantile } from '../../../engine/stats/normal-quantile.ts';
import { probabilityOfBacktestOverfitting } from '../../../engine/stats/overfitting.ts';
import { holm, mcnemar, twoProportion } from '../../../engine/stats/proportions.ts';
import { populationStabilityIndex } from '../../../engine/stats/psi.ts';
import { quantileReturns } from '../../../engine/stats/quantile-returns.ts';
import { quantiles } from '../../../engine/stats/quantiles.ts';
import { partialAuc, rocAuc, rocCurve } from '../../../engine/stats/roc-auc.ts';
import { sharpe } from '../../../engine/stats/sharpe.ts';
import { sharpeInterval } from '../../../engine/stats/sharpe-interval.ts';
import { sortino } from '../../../engine/stats/sortino.ts';
import { spearman } from '../../../engine/stats/spearman.ts';
import { stationaryBootstrap } from '../../../engine/stats/stationary-bootstrap.ts';
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

describe('what has no answer, and what is refused', () => {
  it.each([
    ['AUC of labels that are not 0 or 1', () => rocAuc([0, 2], [1, 2]), /label 2/],
    ['AUC of series of two lengths', () => rocAuc([0], [1, 2]), /lengths differ/],
    ['a partial AUC up to nowhere', () => partialAuc([0, 1], [1, 2], 0), /rateMax 0/],
    ['an IC over half a day', () => informationCoefficient([0.1], 0.5), /horizonDays/],
    ['PBO over an odd number of blocks', () => probabilityOfBacktestOverfitting([[1, 2]], 3), /even number/],
    ['PBO over fewer periods than blocks', () => probabilityOfBacktestOverfitting([[1, 2]], 2), /periods/],
    ['McNemar of half a decision', () => mcnemar(0.5, 1), /no count/],
    [
      'a bootstrap of nothing',
      () => stationaryBootstrap(20, () => 0, { uniform: () => 0.5, resamples: 0 }),
      /resamples 0/,
    ],
    ['quantiles in one bin', () => quantileReturns([1], [1], 1), /1 bins/],
  ] as const)('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });

  it('the curve of a perfect ranking runs up the left side, and its partial area is whole', () => {
    const curve = rocCurve([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]);
    expect([...curve.falsePositiveRate]).toEqual([0, 0, 0, 0.5, 1]);
    expect([...curve.truePositiveRate]).toEqual([0, 0.5, 1, 1, 1]);
    expect(partialAuc([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])).toBe(1);
    expect(partialAuc([0, 1, 0, 1], [1, 1, 1, 1])).toBeCloseTo(0.075, 12);
    expect(partialAuc([1, 1], [1, 2])).toBeNaN();
  });

  it('a bootstrap of the mean covers it, repeats itself, and is silent below ten days', () => {
    const uniform = (place: number) => (((Math.sin(place * 12.9898) * 43758.5453) % 1) + 1) % 1;
    const series = Array.from({ length: 60 }, (_, day) => Math.sin(day * 7) + 0.2);
    const meanOf = (chosen: Int32Array) => chosen.reduce((sum, day) => sum + series[day]!, 0) / chosen.length;
    const first = stationaryBootstrap(60, meanOf, { uniform, resamples: 500 });
    expect(first).toEqual(stationaryBootstrap(60, meanOf, { uniform, resamples: 500 }));
    const whole = series.reduce((sum, value) => sum + value, 0) / 60;
    expect(first.low).toBeLessThan(whole);
    expect(first.high).toBeGreaterThan(whole);
    expect(first.high - first.low).toBeLessThan(1);
    expect(stationaryBootstrap(9, meanOf, { uniform }).low).toBeNaN();
  });

  it('large samples are compared by the limit law, and equal ones do not differ', () => {
    const even = Array.from({ length: 400 }, (_, index) => index / 400);
    const same = kolmogorovSmirnov(even, even);
    expect([same.statistic, same.pValue]).toEqual([0, 1]);
    const shifted = kolmogorovSmirnov(
      even,
      even.map((value) => value + 0.12),
    );
    expect(shifted.statistic).toBeCloseTo(0.12, 2);
    expect(shifted.pValue).toBeGreaterThan(0.004);
    expect(shifted.pValue).toBeLessThan(0.01);
    expect(kolmogorovSmirnov([Number.NaN], [1]).pValue).toBeNaN();
  });

  it('what is missing is dropped, and undefined stays NaN', () => {
    expect(rocAuc([0, 1, 1], [0.1, Number.NaN, 0.3])).toBe(1);
    expect(isotonic([], []).predict(1)).toBeNaN();
    expect(isotonic([1, Number.NaN], [2, 3]).predict(5)).toBe(2);
    expect(neweyWestT([1, 1, 1, 1], 2)).toBeNaN();
    expect([...holm([Number.NaN, 0.02])]).toEqual([Number.NaN, 0.02]);
    expect(twoProportion({ successes: 3, count: 3 }, { successes: 2, count: 2 }).z).toBeNaN();
    expect(populationStabilityIndex([0, 0], [1, 1])).toBeNaN();
    expect(mcnemar(0, 0)).toBe(1);
    expect(mcnemar(900, 1100)).toBeGreaterThan(1e-6);
    expect([...ensembleWeights([0, 0])]).toEqual([0.5, 0.5]);
  });

  it('the normal law agrees with its own quantile, far out too', () => {
    for (const z of [-8, -3, -1.96, -0.1, 0, 0.5, 2.4, 2.6, 5]) {
      const p = normalCdf(z);
      expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(z > 4 ? 1e-6 : 1e-12);
    }
    expect(normalCdf(-38)).toBeGreaterThan(0);
    expect(normalCdf(-10)).toBeCloseTo(7.61985302416e-24, 33);
  });
});
