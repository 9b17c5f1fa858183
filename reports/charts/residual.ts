/** How much of the coins BTC explains, and whether the residual is free of it. */

import { quantiles } from '../../engine/stats/quantiles.ts';
import { type Chart, colour, type Spec, stampAxis } from '../chart.ts';
import type { ResidualFacts } from '../column-facts.ts';
import { correlation, percent, plural } from '../format.ts';

const series = ['R²', 'correlation'] as const;

export function residualCharts(facts: ResidualFacts): Chart[] {
  return [...(facts.weeks.length === 0 ? [] : [weeksChart(facts)]), ...coinsChart(facts)];
}

function weeksChart({ weeks }: ResidualFacts): Chart {
  const rows = weeks.flatMap((week) =>
    [week.rSquared, week.correlation].map(([low, median, high], place) => ({
      ...{ timeMs: week.timeMs, what: series[place]!, coins: week.coins },
      ...{ low: low ?? null, median: median ?? null, high: high ?? null },
    })),
  );
  const last = weeks.at(-1)!;
  const at = (values: readonly (number | null)[]) => correlation(values[1] ?? Number.NaN);
  return {
    id: 'residual-weeks',
    title: 'R² and correlation with BTC over 720 hours, median of the coins',
    reading: `At the end the median R² is ${percent(last.rSquared[1] ?? Number.NaN, { digits: 0 })} and the median correlation ${at(last.correlation)}, over ${plural(last.coins, 'coin')}; the bands hold the middle half of them. The two are not the same figure: R² is the share of variance that BTC explains.`,
    columns: {
      time: rows.map(({ timeMs }) => timeMs),
      what: rows.map(({ what }) => what),
      low: rows.map(({ low }) => low),
      median: rows.map(({ median }) => median),
      high: rows.map(({ high }) => high),
      coins: rows.map(({ coins }) => coins),
    },
    times: ['time'],
    spec: weeksSpec(),
  };
}

function weeksSpec(): Spec {
  const x = { field: 'time', type: 'temporal', scale: { type: 'utc' }, title: null, axis: stampAxis };
  const color = {
    ...{ field: 'what', type: 'nominal', sort: series },
    scale: { domain: series, range: [colour.main, colour.second] },
  };
  return {
    height: 240,
    layer: [
      {
        mark: { type: 'area', opacity: 0.18 },
        encoding: {
          ...{ x, color },
          y: { field: 'low', type: 'quantitative', title: 'over the last 720 hours', axis: { tickCount: 5 } },
          y2: { field: 'high' },
        },
      },
      {
        mark: { type: 'line', point: { size: 14 } },
        encoding: {
          ...{ x, color },
          y: { field: 'median', type: 'quantitative' },
          tooltip: [
            { field: 'time', type: 'temporal', title: 'UTC', format: '%Y-%m-%d %H:%M' },
            { field: 'what', type: 'nominal', title: 'figure' },
            { field: 'median', type: 'quantitative', title: 'median', format: '.3f' },
            { field: 'low', type: 'quantitative', title: 'lower quartile', format: '.3f' },
            { field: 'high', type: 'quantitative', title: 'upper quartile', format: '.3f' },
            { field: 'coins', type: 'quantitative', title: 'coins' },
          ],
        },
      },
    ],
  };
}

const variants = ['less beta', 'less beta and alpha'] as const;

/** One point a coin: what BTC explains of it against what its residual still has to do with BTC. */
function coinsChart({ coins }: ResidualFacts): Chart[] {
  const points = coins.flatMap(({ symbol, rSquared, residualCorrelation, alphaCorrelation, hours }) =>
    [residualCorrelation, alphaCorrelation].flatMap((value, place) =>
      value === null ? [] : [{ symbol, rSquared, value, variant: variants[place]!, hours }],
    ),
  );
  if (points.length === 0) return [];
  const plain = points.filter(({ variant }) => variant === variants[0]).map(({ value }) => value);
  const [median] = quantiles(plain, [0.5]);
  const far = plain.filter((value) => Math.abs(value) > 0.05).length;
  return [
    {
      id: 'residual-coins',
      title: 'Correlation of the residual with BTC, by coin',
      reading: `Median ${correlation(median!)}; ${far === 0 ? 'no coin' : `${plural(far, 'coin')} of ${plain.length} (${percent(far / plain.length, { digits: 0 })})`} beyond ±0.05. A residual that leans on BTC would trade BTC by another name; betas are those of the hour before.`,
      columns: {
        symbol: points.map(({ symbol }) => symbol),
        r_squared: points.map(({ rSquared }) => rSquared),
        residual_correlation: points.map(({ value }) => value),
        variant: points.map(({ variant }) => variant),
        hours: points.map(({ hours }) => hours),
      },
      times: [],
      spec: coinsSpec(),
    },
  ];
}

function coinsSpec(): Spec {
  return {
    height: 240,
    layer: [
      {
        data: { values: [{ zero: 0 }] },
        mark: { type: 'rule', color: colour.muted, strokeDash: [3, 3] },
        encoding: { y: { field: 'zero', type: 'quantitative' } },
      },
      {
        mark: { type: 'point', strokeWidth: 1.5, opacity: 0.75 },
        encoding: {
          x: {
            ...{ field: 'r_squared', type: 'quantitative', title: 'mean R² of the coin' },
            axis: { tickCount: 6, grid: true },
          },
          y: {
            ...{ field: 'residual_correlation', type: 'quantitative' },
            ...{ title: 'correlation of its residual with BTC', axis: { tickCount: 5, format: '+.2~f' } },
          },
          color: {
            ...{ field: 'variant', type: 'nominal', sort: variants },
            scale: { domain: variants, range: [colour.main, colour.second] },
          },
          size: { condition: { test: `datum.variant === '${variants[0]}'`, value: 12 }, value: 52 },
          tooltip: [
            { field: 'symbol', type: 'nominal', title: 'coin' },
            { field: 'variant', type: 'nominal', title: 'residual' },
            { field: 'r_squared', type: 'quantitative', title: 'R²', format: '.3f' },
            { field: 'residual_correlation', type: 'quantitative', title: 'with BTC', format: '+.3f' },
            { field: 'hours', type: 'quantitative', title: 'hours', format: ',' },
          ],
        },
      },
    ],
  };
}
