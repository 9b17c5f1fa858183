import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cagr } from '../../../engine/stats/cagr.ts';
import { calmar } from '../../../engine/stats/calmar.ts';
import { maxDrawdown } from '../../../engine/stats/max-drawdown.ts';
import { ranks } from '../../../engine/stats/ranks.ts';
import { sharpe } from '../../../engine/stats/sharpe.ts';
import { sortino } from '../../../engine/stats/sortino.ts';
import { spearman } from '../../../engine/stats/spearman.ts';
import { wilson } from '../../../engine/stats/wilson.ts';

interface Golden {
  perf_daily365: {
    ret: number[];
    sharpe_ddof1: number;
    sortino_mar0_fullN: number;
    maxdd: number;
    cagr: number;
    calmar: number;
  };
  spearman_ties: { a: number[]; b: number[]; rho: number; ranks_a: number[]; ranks_b: number[] };
  spearman_const: { a: number[]; b: number[] };
  wilson95: Record<string, [number, number]>;
}
const golden = JSON.parse(
  readFileSync(new URL('../../golden/golden_vectors.json', import.meta.url), 'utf8'),
) as Golden;

describe('golden vectors', () => {
  it('perf_daily365: the Sharpe family of ten daily returns', () => {
    const expected = golden.perf_daily365;
    const equity: number[] = [];
    for (const value of expected.ret) equity.push((equity.at(-1) ?? 1) * (1 + value));
    const growth = cagr({
      startEquity: 1,
      finalEquity: equity.at(-1) ?? Number.NaN,
      years: expected.ret.length / 365,
    });
    expect(sharpe(expected.ret)).toBeCloseTo(expected.sharpe_ddof1, 12);
    expect(sortino(expected.ret)).toBeCloseTo(expected.sortino_mar0_fullN, 12);
    expect(maxDrawdown(equity, 1)).toBeCloseTo(-expected.maxdd, 12);
    expect(growth).toBeCloseTo(expected.cagr, 12);
    expect(calmar(growth, maxDrawdown(equity, 1))).toBeCloseTo(expected.calmar, 9);
  });

  it('spearman_ties and spearman_const: average ranks, and no 0 for an undefined correlation', () => {
    const ties = golden.spearman_ties;
    expect([...ranks(ties.a)]).toEqual(ties.ranks_a);
    expect([...ranks(ties.b)]).toEqual(ties.ranks_b);
    expect(spearman(ties.a, ties.b)).toBeCloseTo(ties.rho, 12);
    expect(spearman(golden.spearman_const.a, golden.spearman_const.b)).toBeNaN();
  });

  it.each(Object.entries(golden.wilson95))('wilson95: %s', (share, [low, high]) => {
    const [successes, count] = share.split('/').map(Number);
    const interval = wilson(successes ?? Number.NaN, count ?? Number.NaN);
    expect(interval.low).toBeCloseTo(low, 9);
    expect(interval.high).toBeCloseTo(high, 9);
  });
});
