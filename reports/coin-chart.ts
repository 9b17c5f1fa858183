/** The charts of a coin's page: candles with the trades over them, and the scores below. */
import type { Spec as VegaSpec } from 'vega';
import { dayMs } from '../engine/panel/hours.ts';
import { colour, type Spec, stampAxis, theme } from './chart.ts';

/**
 * Ties the time scale to the signal that zooming moves. As compiled, it hangs on the selection's store, which lags a run
 * behind when a button sets the signal.
 */
export function zoomable(spec: VegaSpec): VegaSpec {
  const scales = spec.scales?.map((scale) =>
    scale.name === 'x' ? { ...scale, domainRaw: { signal: 'zoom_mid' } } : scale,
  );
  return { ...spec, scales: scales ?? [] };
}

const time = (field: string, more: Spec = {}) => ({
  field,
  type: 'temporal',
  title: null,
  scale: { type: 'utc', ...more },
  axis: { ...stampAxis, labelBound: true },
});
const axisWidth = { minExtent: 58, maxExtent: 58 };
const level = (field: string) => ({
  field,
  type: 'quantitative',
  title: null,
  scale: { zero: false },
  axis: { format: '.6~g', tickCount: 6, ...axisWidth },
});
const rising = { condition: { test: 'datum.close >= datum.open', value: colour.gain }, value: colour.loss };
const outcome = { condition: { test: 'datum.pnl < 0', value: colour.loss }, value: colour.gain };
const tradeTip = [
  { field: 'side', type: 'nominal', title: 'side' },
  { field: 'entry_price', type: 'quantitative', title: 'entry', format: '.6~g' },
  { field: 'exit_price', type: 'quantitative', title: 'exit', format: '.6~g' },
  { field: 'stop', type: 'quantitative', title: 'stop', format: '.6~g' },
  { field: 'exit_reason', type: 'nominal', title: 'exit by' },
  { field: 'score', type: 'quantitative', title: 'score', format: '.4~f' },
  { field: 'net_return', type: 'quantitative', title: 'net return', format: '+.2%' },
  { field: 'pnl', type: 'quantitative', title: 'net pnl', format: '+,.2f' },
];
const barTip = [
  { field: 'from', type: 'temporal', title: 'opens, UTC', format: '%Y-%m-%d %H:%M' },
  ...['open', 'high', 'low', 'close'].map((field) => ({
    field,
    type: 'quantitative',
    title: field,
    format: '.6~g',
  })),
];

export const candleSpec: Spec = {
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  width: 'container',
  height: 420,
  autosize: { type: 'fit-x', contains: 'padding' },
  background: 'transparent',
  config: theme,
  layer: [
    {
      data: { name: 'bars' },
      params: [{ name: 'zoom', select: { type: 'interval', encodings: ['x'] }, bind: 'scales' }],
      mark: { type: 'rule', clip: true },
      encoding: { x: time('mid'), y: level('low'), y2: { field: 'high' }, color: rising, tooltip: barTip },
    },
    {
      data: { name: 'bars' },
      mark: { type: 'rect', clip: true, strokeWidth: 0.8 },
      encoding: {
        x: time('left'),
        x2: { field: 'right' },
        y: level('open'),
        y2: { field: 'close' },
        color: rising,
        stroke: rising,
        tooltip: barTip,
      },
    },
    {
      data: { name: 'trades' },
      transform: [{ filter: 'isValid(datum.stop) && !isValid(datum.trail)' }],
      mark: { type: 'rule', clip: true, strokeDash: [5, 3], strokeWidth: 1.2, color: colour.loss },
      encoding: { x: time('entry'), x2: { field: 'exit' }, y: level('stop') },
    },
    {
      data: { name: 'trails' },
      mark: {
        type: 'line',
        clip: true,
        interpolate: 'step-after',
        strokeDash: [5, 3],
        strokeWidth: 1.2,
        color: colour.loss,
      },
      encoding: { x: time('time'), y: level('level'), detail: { field: 'trade', type: 'nominal' } },
    },
    {
      data: { name: 'trades' },
      mark: { type: 'rule', clip: true, strokeWidth: 1.2 },
      encoding: {
        x: time('entry'),
        x2: { field: 'exit' },
        y: level('entry_price'),
        y2: { field: 'exit_price' },
        color: { value: colour.ink },
      },
    },
    {
      data: { name: 'trades' },
      mark: {
        type: 'point',
        filled: true,
        clip: true,
        size: 150,
        opacity: 1,
        stroke: colour.paper,
        strokeWidth: 1.2,
      },
      encoding: {
        x: time('entry'),
        y: level('entry_price'),
        shape: { condition: { test: "datum.side === 'long'", value: 'triangle-up' }, value: 'triangle-down' },
        color: { condition: { test: "datum.side === 'long'", value: colour.main }, value: colour.second },
        tooltip: tradeTip,
      },
    },
    {
      data: { name: 'trades' },
      mark: {
        type: 'point',
        filled: true,
        clip: true,
        shape: 'square',
        size: 80,
        opacity: 1,
        stroke: colour.paper,
        strokeWidth: 1.2,
      },
      encoding: { x: time('exit'), y: level('exit_price'), color: outcome, tooltip: tradeTip },
    },
  ],
};

export const scoreSpec: Spec = {
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  width: 'container',
  height: 110,
  autosize: { type: 'fit-x', contains: 'padding' },
  background: 'transparent',
  config: theme,
  params: [
    { name: 'from', value: 0 },
    { name: 'to', value: dayMs },
  ],
  data: { name: 'scores' },
  mark: { type: 'point', clip: true, size: 36, strokeWidth: 1.4 },
  encoding: {
    x: time('time', { domainMin: { expr: 'from' }, domainMax: { expr: 'to' } }),
    y: {
      field: 'score',
      type: 'quantitative',
      title: null,
      scale: { zero: false },
      axis: { tickCount: 4, ...axisWidth },
    },
    color: { condition: { test: 'datum.side === 1', value: colour.main }, value: colour.second },
    fill: {
      condition: [
        { test: '!datum.refused && datum.side === 1', value: colour.main },
        { test: '!datum.refused', value: colour.second },
      ],
      value: 'transparent',
    },
    tooltip: [
      { field: 'time', type: 'temporal', title: 'decided, UTC', format: '%Y-%m-%d %H:%M' },
      { field: 'score', type: 'quantitative', title: 'score', format: '.4~f' },
      { field: 'outcome', type: 'nominal', title: 'outcome' },
    ],
  },
};
