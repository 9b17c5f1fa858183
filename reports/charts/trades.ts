/** How single trades came out: the distribution of returns, and how far they went against and in favour first. */
import { quantiles } from '../../engine/stats/quantiles.ts';
import { type Chart, colour } from '../chart.ts';
import type { ChartColumns } from '../csv.ts';
import { percent, plural } from '../format.ts';
import type { TradeRow } from '../trades.ts';

/** Above this many trades single dots hide each other, and the chart counts them in cells instead. */
const DOTS_MAX = 3000;
const CELLS_PER_AXIS = 48;

export function tradeReturnsChart(trades: readonly TradeRow[]): Chart {
  const returns = trades.map((trade) => trade.netReturn);
  const [worst, low, middle, high, best] = quantiles(returns, [0, 0.05, 0.5, 0.95, 1]) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  const width = niceStep((best - worst) / 45);
  const first = Math.floor(worst / width);
  const bins = Math.max(1, Math.floor(best / width) - first + 1);
  const counts = new Array<number>(bins).fill(0);
  for (const value of returns) counts[Math.min(bins - 1, Math.floor(value / width) - first)]! += 1;
  const edges = counts.map((_, bin) => Number(((first + bin) * width).toPrecision(10)));
  return {
    id: 'trade-returns',
    title: 'Returns of trades, net of costs',
    reading: `Median ${percent(middle, { signed: true })}, mean ${percent(mean, { signed: true })}; nine in ten lie between ${percent(low, { signed: true })} and ${percent(high, { signed: true })}. Worst ${percent(worst, { signed: true })}, best ${percent(best, { signed: true })}.`,
    columns: { from: edges, to: edges.map((edge) => Number((edge + width).toPrecision(10))), trades: counts },
    times: [],
    wide: true,
    spec: {
      height: 240,
      mark: { type: 'bar', binSpacing: 1 },
      encoding: {
        x: {
          field: 'from',
          type: 'quantitative',
          bin: { binned: true },
          title: 'net pnl as a share of the notional at entry',
          axis: { format: '.2~%' },
        },
        x2: { field: 'to' },
        y: { field: 'trades', type: 'quantitative', title: 'trades', axis: { tickCount: 5 } },
        color: { condition: { test: 'datum.to <= 0', value: colour.loss }, value: colour.gain },
        tooltip: [
          { field: 'from', type: 'quantitative', title: 'from', format: '+.2%' },
          { field: 'to', type: 'quantitative', title: 'to', format: '+.2%' },
          { field: 'trades', type: 'quantitative', title: 'trades' },
        ],
      },
    },
  };
}

function niceStep(rough: number): number {
  if (!(rough > 0)) return 0.001;
  const scale = 10 ** Math.floor(Math.log10(rough));
  const lead = rough / scale;
  return scale * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

/** Two charts; none where the run has no excursions. */
export function excursionCharts(trades: readonly TradeRow[]): Chart[] {
  const known = trades.filter((trade) => Number.isFinite(trade.adverse) && Number.isFinite(trade.favourable));
  if (known.length === 0) return [];
  const winners = known.filter((trade) => trade.pnl > 0);
  const losers = known.filter((trade) => trade.pnl <= 0);
  const [winnerHeat] = quantiles(
    winners.map((trade) => trade.adverse),
    [0.5],
  ) as [number];
  const [loserPeak] = quantiles(
    losers.map((trade) => trade.favourable),
    [0.5],
  ) as [number];
  return [
    excursionChart(known, {
      id: 'mae',
      field: 'adverse',
      title: 'Worst moment of each trade: maximum adverse excursion',
      axis: 'MAE, share of the entry price',
      reading:
        winners.length === 0
          ? 'No trade won, so there is no winner whose worst moment could be read.'
          : `Half of the ${plural(winners.length, 'winner')} were never more than ${percent(Math.abs(winnerHeat))} under water. Far left with a gain is a trade that came back from deep.`,
    }),
    excursionChart(known, {
      id: 'mfe',
      field: 'favourable',
      title: 'Best moment of each trade: maximum favourable excursion',
      axis: 'MFE, share of the entry price',
      reading:
        losers.length === 0
          ? 'No trade lost, so there is no loser whose best moment could be read.'
          : `Half of the ${plural(losers.length, 'loser')} had been ahead by ${percent(loserPeak)} or more at some time. Far right with a loss is a trade that gave its gain back.`,
    }),
  ];
}

interface Excursion {
  readonly id: string;
  readonly field: 'adverse' | 'favourable';
  readonly title: string;
  readonly axis: string;
  readonly reading: string;
}

function excursionChart(trades: readonly TradeRow[], shape: Excursion): Chart {
  const csv = {
    symbol: trades.map((trade) => trade.symbol),
    entry_time: trades.map((trade) => trade.entryMs),
    excursion: trades.map((trade) => trade[shape.field]),
    net_return: trades.map((trade) => trade.netReturn),
  };
  const counted = trades.length > DOTS_MAX;
  return {
    id: shape.id,
    title: shape.title,
    reading: counted ? `${shape.reading} Stronger cells hold more trades.` : shape.reading,
    columns: counted ? cells(csv.excursion, csv.net_return) : csv,
    csv,
    times: ['entry_time'],
    spec: counted ? cellSpec(shape.axis) : dotSpec(shape.axis),
  };
}

const returnAxis = { type: 'quantitative', title: 'net return', axis: { format: '.2~%', tickCount: 6 } };

function dotSpec(title: string) {
  return {
    height: 280,
    mark: { type: 'point', filled: true, size: 16, opacity: 0.5 },
    encoding: {
      x: {
        field: 'excursion',
        type: 'quantitative',
        title,
        axis: { format: '.2~%', tickCount: 6, grid: true },
      },
      y: { field: 'net_return', ...returnAxis },
      color: { condition: { test: 'datum.net_return <= 0', value: colour.loss }, value: colour.gain },
      tooltip: [
        { field: 'symbol', type: 'nominal', title: 'coin' },
        { field: 'entry_time', type: 'temporal', title: 'entry, UTC', format: '%Y-%m-%d %H:%M' },
        { field: 'excursion', type: 'quantitative', title: 'excursion', format: '+.2%' },
        { field: 'net_return', type: 'quantitative', title: 'net return', format: '+.2%' },
      ],
    },
  };
}

function cellSpec(title: string) {
  return {
    height: 280,
    mark: { type: 'rect' },
    encoding: {
      x: { field: 'x', type: 'quantitative', title, axis: { format: '.2~%', tickCount: 6 } },
      x2: { field: 'x2' },
      y: { field: 'y', ...returnAxis },
      y2: { field: 'y2' },
      color: { condition: { test: 'datum.y2 <= 0', value: colour.loss }, value: colour.gain },
      opacity: {
        field: 'trades',
        type: 'quantitative',
        scale: { type: 'log', range: [0.12, 1] },
        legend: null,
      },
      tooltip: [{ field: 'trades', type: 'quantitative', title: 'trades in the cell' }],
    },
  };
}

function cells(xs: readonly number[], ys: readonly number[]): ChartColumns {
  const stepX = niceStep((Math.max(...bounds(xs)) - Math.min(...bounds(xs))) / CELLS_PER_AXIS);
  const stepY = niceStep((Math.max(...bounds(ys)) - Math.min(...bounds(ys))) / CELLS_PER_AXIS);
  const counts = new Map<string, number>();
  for (const [index, x] of xs.entries()) {
    const key = `${Math.floor(x / stepX)} ${Math.floor(ys[index]! / stepY)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const found = [...counts].map(([key, trades]) => {
    const [column, row] = key.split(' ').map(Number) as [number, number];
    return { x: column * stepX, x2: (column + 1) * stepX, y: row * stepY, y2: (row + 1) * stepY, trades };
  });
  return {
    x: found.map((cell) => cell.x),
    x2: found.map((cell) => cell.x2),
    y: found.map((cell) => cell.y),
    y2: found.map((cell) => cell.y2),
    trades: found.map((cell) => cell.trades),
  };
}

function bounds(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}
