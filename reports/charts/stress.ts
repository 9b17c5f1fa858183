/** An hour of stress: equity around it, fills against levels, liquidations by leverage. */
import { type Chart, colour, type Spec, stampAxis } from '../chart.ts';
import { minute, percent, plural, price } from '../format.ts';
import { sideName } from '../groups.ts';
import {
  caseName,
  type StressCurve,
  type StressMargin,
  type StressPosition,
  type StressResult,
  type StressRow,
} from '../stress.ts';

/** Everything there is to draw; none where nothing was held. */
export function stressCharts(result: StressResult): Chart[] {
  const margins = [...new Set(result.rows.map(({ margin }) => margin))];
  return [
    ...margins.flatMap((margin) => equityChart(result, margin)),
    ...fillsCharts(result),
    ...liquidationsChart(result),
  ];
}

const lineColours = [colour.main, colour.second, colour.third, colour.loss, colour.gain, colour.ink];

function equityChart(result: StressResult, margin: StressMargin): Chart[] {
  const curves = result.curves
    .filter((curve) => curve.margin === margin)
    .map((curve) => indexed(curve, result.atMs));
  const points = curves.flatMap(({ curve, shares }) =>
    shares.map((share, index) => ({ curve, share, timeMs: curve.timeMs[index]! })),
  );
  if (points.length === 0) return [];
  const leverages = [...new Set(curves.map(({ curve }) => `${curve.leverage}×`))];
  return [
    {
      id: `equity-${margin}`,
      title: `Equity around the hour, ${margin} margin`,
      reading: equityReading(result, margin),
      columns: {
        time: points.map(({ timeMs }) => timeMs),
        equity: points.map(({ share }) => share),
        leverage: points.map(({ curve }) => `${curve.leverage}×`),
        bars: points.map(({ curve }) => barsName(curve, result)),
      },
      times: ['time'],
      wide: true,
      spec: equitySpec(result, leverages),
    },
  ];
}

function barsName({ resolution }: Pick<StressCurve, 'resolution'>, { detailMinutes }: StressResult): string {
  return resolution === 'hourly' ? 'hourly' : `${detailMinutes ?? 60} min`;
}

function equitySpec(result: StressResult, leverages: readonly string[]): Spec {
  const names = [
    'hourly',
    ...(result.detailMinutes === null ? [] : [barsName({ resolution: 'detail' }, result)]),
  ];
  const time = { field: 'time', type: 'temporal', scale: { type: 'utc' }, title: null, axis: stampAxis };
  return {
    height: 300,
    layer: [
      {
        data: { values: [{ from: result.atMs, to: result.atMs + 3_600_000 }] },
        mark: { type: 'rect', color: colour.loss, opacity: 0.14 },
        encoding: { x: { field: 'from', type: 'temporal', scale: { type: 'utc' } }, x2: { field: 'to' } },
      },
      {
        mark: { type: 'line' },
        encoding: {
          x: time,
          y: {
            field: 'equity',
            type: 'quantitative',
            title: 'equity, share of that before the hour',
            scale: { zero: false },
            axis: { format: '.2~%', tickCount: 6 },
          },
          color: {
            field: 'leverage',
            type: 'nominal',
            scale: { domain: leverages, range: lineColours.slice(0, leverages.length) },
            legend: { symbolType: 'stroke', symbolStrokeWidth: 3 },
          },
          strokeDash: {
            field: 'bars',
            type: 'nominal',
            scale: {
              domain: names,
              range: [
                [1, 0],
                [5, 4],
              ].slice(0, names.length),
            },
            legend: { symbolType: 'stroke', symbolSize: 300, orient: 'bottom' },
          },
          tooltip: [
            { field: 'time', type: 'temporal', title: 'UTC', format: '%Y-%m-%d %H:%M' },
            { field: 'leverage', type: 'nominal', title: 'leverage' },
            { field: 'bars', type: 'nominal', title: 'bars' },
            { field: 'equity', type: 'quantitative', title: 'equity', format: '.2%' },
          ],
        },
      },
    ],
  };
}

/** Equity as a share of that at the opening of the hour; none where there was none to lose. */
function indexed(curve: StressCurve, atMs: number) {
  const at = curve.timeMs.findIndex((timeMs) => timeMs >= atMs);
  const base = curve.equity[at] ?? Number.NaN;
  return { curve, shares: base > 0 ? curve.equity.map((equity) => equity / base) : [] };
}

function equityReading(result: StressResult, margin: StressMargin): string {
  const rows = result.rows.filter((row) => row.margin === margin);
  const said = rows.map((row) => {
    const hourly = percent(row.hourly.hourReturn, { signed: true });
    const detail = row.detail === null ? '' : ` (${percent(row.detail.hourReturn, { signed: true })})`;
    return `${row.leverage}× ${hourly}${detail}`;
  });
  const beside = result.detailMinutes === null ? '' : `, by ${result.detailMinutes}-minute bars in brackets`;
  return `The hour of ${minute(result.atMs)} UTC is shaded. Its return by hourly bars${beside}: ${said.join(', ')}.`;
}

/** The gentlest and the harshest case, where that one looks different: the others lie between them. */
function fillsCharts(result: StressResult): Chart[] {
  const harshness = (row: StressRow) => [
    ...[row.hourly, row.detail].map((figures) => figures?.liquidations ?? 0),
    row.hourly.runLiquidations,
    row.leverage,
  ];
  const [gentlest, ...others] = result.rows;
  if (gentlest === undefined) return [];
  const harshest = others.reduce(
    (most, row) => (isAbove(harshness(row), harshness(most)) ? row : most),
    gentlest,
  );
  const [first] = fillsChart(result, gentlest, 'fills');
  const [second] = fillsChart(result, harshest, 'fills-harshest');
  if (first === undefined || second === undefined)
    return [first, second].filter((chart) => chart !== undefined);
  return JSON.stringify(first.columns) === JSON.stringify(second.columns) ? [first] : [first, second];
}

/** Compared place by place; the first that differs decides. */
function isAbove(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, place) => value !== b[place]);
  return at >= 0 && a[at]! > b[at]!;
}

function fillsChart(result: StressResult, row: StressRow, id: string): Chart[] {
  const positions = result.positions.filter(
    ({ leverage, margin }) => leverage === row.leverage && margin === row.margin,
  );
  const points = positions.flatMap((position) => pointsOf(position, result));
  if (points.length === 0) return [];
  const ended = positions.filter(({ hourly, detail }) => hourly?.price != null || detail?.price != null);
  return [
    {
      id,
      title: `Fills of the hour against their levels, ${caseName(row)}`,
      reading: fillsReading(positions, ended, result),
      columns: {
        position: points.map(({ name }) => name),
        what: points.map(({ what }) => what),
        gain: points.map(({ gain }) => gain),
        price: points.map((point) => point.price),
        worst: points.map(({ worst }) => worst),
        outcome: points.map(({ outcome }) => outcome),
      },
      times: [],
      wide: true,
      spec: fillsSpec(points),
    },
  ];
}

function fillsReading(
  positions: readonly StressPosition[],
  ended: readonly StressPosition[],
  { detailMinutes }: StressResult,
): string {
  const count = `${ended.length} of ${plural(positions.length, 'position')} ended in the hour`;
  if (detailMinutes === null) return `${count}. No finer bars to set beside the hourly fills.`;
  const apart = ended.filter(({ hourlyWorseBy }) => hourlyWorseBy !== null && Math.abs(hourlyWorseBy) > 1e-9);
  const other = positions.filter(({ hourly, detail }) => hourly?.outcome !== detail?.outcome);
  const widest = apart.reduce<StressPosition | null>(
    (most, one) =>
      most === null || Math.abs(one.hourlyWorseBy!) > Math.abs(most.hourlyWorseBy!) ? one : most,
    null,
  );
  const fills =
    widest === null
      ? 'wherever both runs filled, they filled at the same price'
      : `${plural(apart.length, 'fill')} differ between the two, ${widest.symbol} most (${percent(widest.hourlyWorseBy, { signed: true })} of its entry price)`;
  const outcomes =
    other.length === 0
      ? 'no position ended otherwise'
      : `${plural(other.length, 'position')} ended otherwise`;
  return `${count}; ${fills}, and ${outcomes} by the finer bars. Thin lines reach to the worst price of the bar a fill lies in.`;
}

interface Point {
  readonly name: string;
  readonly what: string;
  /** Price from the entry in the direction of the position, fraction. */
  readonly gain: number;
  readonly price: number;
  readonly worst: number | null;
  readonly outcome: string;
}

function pointsOf(position: StressPosition, result: StressResult): Point[] {
  const name = `${position.symbol} ${sideName(position.side)}`;
  const gainAt = (at: number) => position.side * (at / position.entryPrice - 1);
  const point = (
    what: string,
    at: number | null | undefined,
    outcome: string,
    worst: number | null = null,
  ) =>
    at == null
      ? []
      : [{ name, what, gain: gainAt(at), price: at, worst: worst === null ? null : gainAt(worst), outcome }];
  const end = (what: string, one: StressPosition['hourly']) =>
    point(what, one?.price, one?.outcome ?? '', one?.outcome === 'stop' ? one.worst : null);
  const ends = [
    ...end('hourly fill', position.hourly),
    ...end(`${barsName({ resolution: 'detail' }, result)} fill`, position.detail),
  ];
  if (ends.length === 0) return [];
  const trigger = [position.hourly, position.detail].find((one) => one?.outcome === 'liquidation')?.level;
  return [
    ...point('stop level', position.stopLevel, 'level'),
    ...point('liquidation mark', trigger, 'level'),
    ...ends,
  ];
}

function fillsSpec(points: readonly Point[]): Spec {
  const looks = [...new Set(points.map(({ what }) => what))]
    .sort((a, b) => lookOf(a).order - lookOf(b).order)
    .map((what) => ({ what, ...lookOf(what) }));
  const domain = looks.map(({ what }) => what);
  const y = {
    field: 'position',
    type: 'nominal',
    sort: [...new Set(points.map(({ name }) => name))],
    title: null,
    axis: { grid: true, labelLimit: { expr: 'width < 480 ? 130 : 240' } },
  };
  const x = {
    field: 'gain',
    type: 'quantitative',
    title: 'gain or loss against the entry',
    axis: { format: '+.2~%', tickCount: 6 },
    scale: { zero: false },
  };
  return {
    height: { step: 22 },
    layer: [
      {
        transform: [{ filter: 'isValid(datum.worst)' }],
        mark: { type: 'rule', opacity: 0.45 },
        encoding: {
          y,
          x,
          x2: { field: 'worst' },
          color: { field: 'what', type: 'nominal' },
          strokeWidth: { condition: { test: "datum.what === 'hourly fill'", value: 1 }, value: 2.5 },
        },
      },
      {
        mark: { type: 'point', size: 60, strokeWidth: 1.8 },
        encoding: {
          y,
          x,
          shape: {
            field: 'what',
            type: 'nominal',
            scale: { domain, range: looks.map(({ shape }) => shape) },
            legend: null,
          },
          color: {
            field: 'what',
            type: 'nominal',
            legend: { columns: { expr: 'width < 480 ? 2 : 4' } },
            scale: { domain, range: looks.map((look) => look.colour) },
          },
          tooltip: [
            { field: 'position', type: 'nominal', title: 'position' },
            { field: 'what', type: 'nominal', title: 'what' },
            { field: 'outcome', type: 'nominal', title: 'ended by' },
            { field: 'price', type: 'quantitative', title: 'price', format: '.6~g' },
            { field: 'gain', type: 'quantitative', title: 'against the entry', format: '+.2%' },
            { field: 'worst', type: 'quantitative', title: 'worst of the bar', format: '+.2%' },
          ],
        },
      },
    ],
  };
}

function lookOf(what: string): { readonly order: number; readonly shape: string; readonly colour: string } {
  if (what === 'stop level') return { order: 0, shape: 'stroke', colour: colour.muted };
  if (what === 'liquidation mark') return { order: 1, shape: 'diamond', colour: colour.loss };
  if (what === 'hourly fill') return { order: 2, shape: 'circle', colour: colour.main };
  return { order: 3, shape: 'cross', colour: colour.second };
}

function liquidationsChart(result: StressResult): Chart[] {
  const total = result.rows.reduce((sum, row) => sum + row.hourly.runLiquidations, 0);
  if (total === 0 && result.rows.every(({ detail }) => (detail?.runLiquidations ?? 0) === 0)) return [];
  const bars = result.rows.flatMap((row) =>
    [
      { name: 'hourly', figures: row.hourly },
      { name: barsName({ resolution: 'detail' }, result), figures: row.detail },
    ].flatMap(({ name, figures }) =>
      figures === null
        ? []
        : [
            { row, name, when: 'in the hour', value: figures.liquidations },
            {
              row,
              name,
              when: 'in the rest of the run',
              value: figures.runLiquidations - figures.liquidations,
            },
          ],
    ),
  );
  const most = result.rows.reduce((a, b) => (b.hourly.runLiquidations > a.hourly.runLiquidations ? b : a));
  return [
    {
      id: 'liquidations',
      title: 'Liquidations by leverage',
      reading: `Most of them at ${caseName(most)}: ${most.hourly.liquidations} in the hour, ${most.hourly.runLiquidations} in the whole run by hourly bars${most.detail === null ? '' : `; ${most.detail.liquidations} and ${most.detail.runLiquidations} by the finer ones, which are the paler bars`}.`,
      columns: {
        case: bars.map(({ row }) => caseName(row)),
        bars: bars.map(({ name }) => name),
        when: bars.map(({ when }) => when),
        liquidations: bars.map(({ value }) => value),
      },
      times: [],
      wide: true,
      spec: {
        height: { step: 18 },
        mark: { type: 'bar', cornerRadius: 1 },
        encoding: {
          y: { field: 'case', type: 'nominal', sort: null, title: null },
          yOffset: { field: 'bars', type: 'nominal', sort: null, scale: { paddingInner: 0.25 } },
          opacity: { condition: { test: "datum.bars === 'hourly'", value: 1 }, value: 0.6 },
          x: {
            field: 'liquidations',
            type: 'quantitative',
            title: 'positions liquidated',
            axis: { grid: true, tickCount: 6, tickMinStep: 1 },
          },
          color: {
            field: 'when',
            type: 'nominal',
            scale: { domain: ['in the hour', 'in the rest of the run'], range: [colour.loss, colour.second] },
          },
          order: { field: 'when' },
          tooltip: [
            { field: 'case', type: 'nominal', title: 'account' },
            { field: 'bars', type: 'nominal', title: 'bars' },
            { field: 'when', type: 'nominal', title: 'when' },
            { field: 'liquidations', type: 'quantitative', title: 'liquidations' },
          ],
        },
      },
    },
  ];
}

/** `stop 0.0523 at 21:15`, for tables. */
export function endText(end: StressPosition['hourly']): string {
  if (end === null) return 'not held';
  if (end.price === null || end.timeMs === null) return end.outcome;
  return `${end.outcome} ${price(end.price)} at ${minute(end.timeMs).slice(11)}`;
}
