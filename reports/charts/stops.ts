/** Every stop that filled: the loss it was to allow, and the loss it made. */
import { type Chart, colour, type Spec, timeAxis } from '../chart.ts';
import { count, minute, money, percent, plural } from '../format.ts';
import { GAP_MIN, groupStops, hourOf, type StopRow } from '../stops.ts';

const STOPS_DRAWN_MAX = 1500;

export function stopSlippageChart(stops: readonly StopRow[]): Chart {
  const drawn =
    stops.length <= STOPS_DRAWN_MAX
      ? stops
      : [...stops].sort((a, b) => beyond(b) - beyond(a)).slice(0, STOPS_DRAWN_MAX);
  const cut = drawn.length < stops.length ? ` The ${count(STOPS_DRAWN_MAX)} dearest are drawn.` : '';
  return {
    id: 'stop-slippage',
    title: 'Stops: the loss planned, the loss made, and the worst of the hour',
    reading: `${fillsReading(stops)}${hoursReading(stops)}${cut}`,
    columns: stopColumns(drawn),
    csv: stopColumns(stops),
    times: ['time'],
    wide: true,
    spec: stopSpec,
  };
}

function beyond(stop: StopRow): number {
  return stop.costBeyond + stop.costHourWorst;
}

function fillsReading(stops: readonly StopRow[]): string {
  const gapped = stops.filter((stop) => stop.gap > GAP_MIN);
  const lost = stops.reduce((sum, stop) => sum + stop.costBeyond, 0);
  const worst = stops.reduce((a, b) => (b.realised - b.planned < a.realised - a.planned ? b : a));
  const jumped =
    gapped.length === 0
      ? `None of ${plural(stops.length, 'stop')} was jumped over between two bars`
      : `${count(gapped.length)} of ${plural(stops.length, 'stop')} filled beyond the level because the market had jumped over it`;
  return `${jumped}; as filled, they lost ${money(lost)} more than their levels promised. Worst fill: ${worst.symbol} at ${minute(worst.timeMs)} UTC, ${percent(worst.realised)} instead of ${percent(worst.planned)}.`;
}

/** What the fills cannot say: how far the market went inside the hours in which they happened. */
function hoursReading(stops: readonly StopRow[]): string {
  const known = stops.filter((stop) => Number.isFinite(stop.hourWorst));
  if (known.length === 0) return '';
  const more = known.reduce((sum, stop) => sum + stop.costHourWorst, 0);
  const hour = groupStops(known, hourOf)[0]!;
  return ` A stop that was crossed inside an hour is taken to fill at its level, which a fast market does not grant: at the worst price of their hours all stops would have lost ${money(more)} more. Dearest hour: ${minute(Number(hour.key))} UTC, ${plural(hour.stops, 'stop')}, down to ${percent(hour.hourWorst)} inside the hour.`;
}

function stopColumns(stops: readonly StopRow[]) {
  return {
    time: stops.map((stop) => stop.timeMs),
    symbol: stops.map((stop) => stop.symbol),
    side: stops.map((stop) => (stop.side === 1 ? 'long' : 'short')),
    level: stops.map((stop) => stop.level),
    price: stops.map((stop) => stop.price),
    planned: stops.map((stop) => stop.planned),
    realised: stops.map((stop) => stop.realised),
    gap: stops.map((stop) => stop.gap),
    hour_worst: stops.map((stop) => stop.hourWorst),
    cost_hour_worst: stops.map((stop) => stop.costHourWorst),
    cost_beyond: stops.map((stop) => stop.costBeyond),
    fill: stops.map((stop) => (stop.gap > GAP_MIN ? 'jumped over' : 'held')),
  };
}

const stopSpec: Spec = {
  height: 300,
  encoding: {
    x: timeAxis,
    y: {
      type: 'quantitative',
      title: 'loss from entry to exit price',
      axis: { format: '.2~%', tickCount: 6 },
      scale: { zero: true },
    },
  },
  layer: [
    {
      transform: [{ filter: 'isValid(datum.hour_worst)' }],
      mark: { type: 'rule', opacity: 0.35 },
      encoding: {
        y: { field: 'realised' },
        y2: { field: 'hour_worst' },
        color: { datum: "hour's worst" },
      },
    },
    {
      mark: { type: 'rule', color: colour.loss, opacity: 0.6 },
      encoding: { y: { field: 'planned' }, y2: { field: 'realised' } },
    },
    {
      mark: { type: 'tick', orient: 'horizontal', size: 7, thickness: 1.5 },
      encoding: { y: { field: 'planned', type: 'quantitative' }, color: { datum: 'level' } },
    },
    {
      mark: { type: 'point', filled: true, size: 28, opacity: 0.85 },
      encoding: {
        y: { field: 'realised', type: 'quantitative' },
        color: {
          field: 'fill',
          type: 'nominal',
          legend: { columns: { expr: 'width < 420 ? 2 : 4' } },
          scale: {
            domain: ['level', 'held', 'jumped over', "hour's worst"],
            range: [colour.muted, colour.main, colour.loss, colour.second],
          },
        },
        tooltip: [
          { field: 'symbol', type: 'nominal', title: 'coin' },
          { field: 'side', type: 'nominal', title: 'side' },
          { field: 'time', type: 'temporal', title: 'hour, UTC', format: '%Y-%m-%d %H:%M' },
          { field: 'planned', type: 'quantitative', title: 'at the level', format: '+.2%' },
          { field: 'realised', type: 'quantitative', title: 'as filled', format: '+.2%' },
          { field: 'cost_beyond', type: 'quantitative', title: 'lost beyond the level', format: ',.2f' },
          {
            field: 'hour_worst',
            type: 'quantitative',
            title: "at the hour's worst price",
            format: '+.2%',
          },
        ],
      },
    },
  ],
};
