/** Equity (linear and logarithmic) and drawdown, hour by hour from mark to market. */
import type { Headline } from '../../datasets/runs.ts';
import { type Chart, colour, dailyHover, type Spec, timeAxis } from '../chart.ts';
import { day, minute, money, percent, span } from '../format.ts';
import { csvOf, type Marks } from '../marks.ts';

export function equityCharts(marks: Marks, headline: Headline): Chart[] {
  const { columns } = marks;
  const shared = { columns, csv: csvOf(marks, ['time', 'equity']), times: ['time'] };
  const high = extreme(columns.equity, (a, b) => a > b);
  const low = extreme(columns.equity, (a, b) => a < b);
  const charts: Chart[] = [
    {
      ...shared,
      id: 'equity',
      title: 'Equity, linear scale',
      reading: `${money(headline.startEquity)} became ${money(headline.finalEquity)} (${percent(headline.totalReturn, { signed: true })}). Highest ${money(columns.equity[high]!)} on ${day(columns.time[high]!)}, lowest ${money(columns.equity[low]!)} on ${day(columns.time[low]!)}.`,
      spec: equitySpec(headline.startEquity, 'linear', 320),
      wide: true,
    },
    drawdownChart(marks, headline),
    ...(marks.wallets === null ? [] : [walletsChart(marks.wallets)]),
  ];
  if (columns.equity[low]! > 0) {
    charts.push({
      ...shared,
      id: 'equity-log',
      title: 'Equity, logarithmic scale',
      reading: `Equal heights are equal percentages here: from the lowest mark to the highest is a factor of ${(columns.equity[high]! / columns.equity[low]!).toFixed(2)}.`,
      spec: equitySpec(headline.startEquity, 'log', 240),
    });
  }
  return charts;
}

function equitySpec(startEquity: number, scale: 'linear' | 'log', height: number): Spec {
  const y = {
    field: 'equity',
    type: 'quantitative',
    title: `equity, quote currency${scale === 'log' ? ' (log)' : ''}`,
    scale: scale === 'log' ? { type: 'log', nice: false } : { zero: false, nice: true },
    axis: { format: ',.6~g', tickCount: 5 },
  };
  return {
    height,
    layer: [
      {
        data: { values: [{ start: startEquity }] },
        mark: { type: 'rule', color: colour.muted, strokeDash: [3, 3] },
        encoding: { y: { field: 'start', type: 'quantitative' } },
      },
      { mark: { type: 'line', color: colour.main }, encoding: { x: timeAxis, y } },
      dailyHover(y, [
        { field: 'equity', type: 'quantitative', title: 'equity', format: ',.2f' },
        { field: 'drawdown', type: 'quantitative', title: 'below the peak', format: '.2%' },
        { field: 'positions', type: 'quantitative', title: 'positions' },
      ]),
    ],
  };
}

function walletsChart(wallets: NonNullable<Marks['wallets']>): Chart {
  const { spot_cash: spotCash, rest } = wallets;
  const series = ['spot cash', 'futures wallet and spot holdings'];
  const line = (field: string, shown: string) => ({
    mark: { type: 'line' },
    encoding: {
      x: timeAxis,
      y: { field, type: 'quantitative', title: 'quote currency', axis: { format: ',.6~g', tickCount: 5 } },
      color: { datum: shown },
    },
  });
  return {
    id: 'wallets',
    title: 'Where the equity lies',
    reading: `At the end ${money(spotCash.at(-1)!)} lay in cash in the spot wallet, and ${money(rest.at(-1)!)} in the futures wallet and in spot holdings.`,
    columns: wallets,
    times: ['time'],
    spec: {
      height: 240,
      encoding: { color: { scale: { domain: series, range: [colour.second, colour.main] } } },
      layer: [
        line('spot_cash', series[0]!),
        line('rest', series[1]!),
        dailyHover({ field: 'rest', type: 'quantitative' }, [
          { field: 'spot_cash', type: 'quantitative', title: series[0]!, format: ',.2f' },
          { field: 'rest', type: 'quantitative', title: 'the rest', format: ',.2f' },
        ]),
      ],
    },
  };
}

function drawdownChart(marks: Marks, headline: Headline): Chart {
  const { time, drawdown } = marks.columns;
  const deepest = extreme(drawdown, (a, b) => a < b);
  const under = longestUnder(time, drawdown);
  const y = {
    field: 'drawdown',
    type: 'quantitative',
    title: 'below the running peak',
    axis: { format: '.2~%', tickCount: 5 },
  };
  return {
    id: 'drawdown',
    title: 'Drawdown',
    reading: `Deepest ${percent(-headline.maxDrawdown)} at ${minute(time[deepest]!)} UTC. Longest time below an earlier peak: ${span(under.fromMs, under.toMs)}${under.recovered ? '' : ', still going on at the end'}.`,
    columns: marks.columns,
    csv: csvOf(marks, ['time', 'drawdown']),
    times: ['time'],
    spec: {
      height: 240,
      layer: [
        {
          mark: {
            type: 'area',
            color: colour.loss,
            opacity: 0.25,
            line: { color: colour.loss, strokeWidth: 1 },
          },
          encoding: { x: timeAxis, y },
        },
        dailyHover(y, [{ field: 'drawdown', type: 'quantitative', title: 'below the peak', format: '.2%' }]),
      ],
    },
  };
}

function extreme(values: Float64Array, beats: (a: number, b: number) => boolean): number {
  let best = 0;
  for (let index = 1; index < values.length; index += 1)
    if (beats(values[index]!, values[best]!)) best = index;
  return best;
}

function longestUnder(
  time: Float64Array,
  drawdown: Float64Array,
): { readonly fromMs: number; readonly toMs: number; readonly recovered: boolean } {
  let longest = { fromMs: 0, toMs: 0, recovered: true };
  let fromMs = time[0] ?? 0;
  for (let index = 0; index < time.length; index += 1) {
    const recovered = drawdown[index]! >= 0;
    if (time[index]! - fromMs > longest.toMs - longest.fromMs)
      longest = { fromMs, toMs: time[index]!, recovered };
    if (recovered) fromMs = time[index]!;
  }
  return longest;
}
