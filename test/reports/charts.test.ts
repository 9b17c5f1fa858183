import { describe, expect, it } from 'vitest';
import { beforeCosts, costBridgeChart, costGrowthChart } from '../../reports/charts/costs.ts';
import { exitReasonsChart } from '../../reports/charts/exits.ts';
import { monthReturns } from '../../reports/charts/monthly.ts';
import { pnlByCoinChart, pnlBySideChart } from '../../reports/charts/pnl.ts';
import { stopSlippageChart } from '../../reports/charts/stops.ts';
import { excursionCharts, tradeReturnsChart } from '../../reports/charts/trades.ts';
import { numbers } from '../../reports/columns.ts';
import { readMarks } from '../../reports/marks.ts';
import { stopRows } from '../../reports/stops.ts';
import { readTrades } from '../../reports/trades.ts';
import { sampleRun } from './sample-run.ts';

const { run, panel } = sampleRun('unused', { seed: 21, days: 100, coins: 40 });
const { headline } = run.manifest;
const { trades, fills } = await readTrades(run);
const net = headline.finalEquity - headline.startEquity;
const column = (chart: { readonly columns: Readonly<Record<string, ArrayLike<unknown>>> }, name: string) =>
  Array.from(chart.columns[name] ?? []) as number[];
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('charts agree with the headline', () => {
  it('the bridge leads from price moves to the net result', () => {
    const chart = costBridgeChart(headline);
    const amounts = column(chart, 'amount');
    expect(sum(amounts.slice(0, -1))).toBeCloseTo(net, 6);
    expect(amounts.at(-1)).toBeCloseTo(net, 9);
    expect(amounts[0]).toBe(beforeCosts(headline));
    expect(column(chart, 'to')[3]).toBeCloseTo(net, 6);
  });

  it('costs add up to fees, slippage and funding', async () => {
    const table = await run.table('funding');
    const cash = numbers(table, 'cash');
    const funding = Array.from(numbers(table, 'time'), (timeMs, row) => ({ timeMs, cash: cash[row]! }));
    const chart = costGrowthChart(fills, funding);
    const last = (name: string) =>
      column(chart, 'total')
        .filter((_, row) => chart.columns['cost']![row] === name)
        .at(-1);
    expect(last('fees')).toBeCloseTo(headline.fees, 6);
    expect(last('slippage')).toBeCloseTo(headline.slippage, 6);
    expect(last('funding')).toBeCloseTo(-headline.funding, 6);
  });

  it('sides, coins and exit reasons hold every trade and the whole result', () => {
    const sides = pnlBySideChart(trades);
    const last = (side: string) =>
      column(sides, 'pnl')
        .filter((_, row) => sides.columns['side']![row] === side)
        .at(-1) ?? 0;
    expect(last('long') + last('short')).toBeCloseTo(net, 6);
    const coins = pnlByCoinChart(trades);
    expect(sum(Array.from(coins.csv!['pnl']!) as number[])).toBeCloseTo(net, 6);
    expect(coins.columns['symbol']!.length).toBe(24);
    expect(sum(column(exitReasonsChart(trades), 'trades'))).toBe(headline.trades);
    expect(sum(column(tradeReturnsChart(trades), 'trades'))).toBe(headline.trades);
  });

  it('months compound to the total return', async () => {
    const marks = await readMarks(run);
    const months = monthReturns(marks.all, headline.startEquity);
    expect(months.length).toBe(4);
    expect(months.reduce((grown, month) => grown * (1 + month.value), 1) - 1).toBeCloseTo(
      headline.totalReturn,
      9,
    );
  });
});

describe('excursions', () => {
  it('are dots while they are few and counted cells when they are many, with the same trades in both', () => {
    const many = Array.from({ length: 8 }, () => trades).flat();
    expect(many.length).toBeGreaterThan(3000);
    const [dots] = excursionCharts(trades);
    const [cells] = excursionCharts(many);
    expect(column(dots!, 'excursion').length).toBe(trades.length);
    expect(sum(column(cells!, 'trades'))).toBe(many.length);
    expect(cells!.csv!['excursion']!.length).toBe(many.length);
  });

  it('are left out where the run has none', () => {
    expect(excursionCharts(trades.map((trade) => ({ ...trade, adverse: Number.NaN })))).toEqual([]);
  });
});

describe('stops', () => {
  it('are read out with the worst and the dearest', () => {
    const stops = stopRows(trades, panel);
    const worst = stops.reduce((a, b) => (b.realised - b.planned < a.realised - a.planned ? b : a));
    const chart = stopSlippageChart(stops);
    expect(chart.reading).toContain(`Worst fill: ${worst.symbol}`);
    expect(stopSlippageChart(stops.filter((stop) => stop.gap === 0)).reading).toMatch(
      /^None of \d+ stops was jumped over/,
    );
    expect(chart.reading).toContain('Dearest hour: ');
    expect(stopSlippageChart(stopRows(trades, null)).reading).not.toContain('Dearest hour');
    const crash = Math.max(...column(chart, 'gap'));
    expect(crash).toBeGreaterThan(0.02);
  });
});
