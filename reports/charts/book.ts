/** What the book held: exposure as a share of equity, and the number of positions. */
import { type Chart, colour, dailyHover, timeAxis } from '../chart.ts';
import { count, percent, plural } from '../format.ts';
import { csvOf, type Marks } from '../marks.ts';

export function bookCharts(marks: Marks): Chart[] {
  return [exposureChart(marks), positionsChart(marks)];
}

function exposureChart(marks: Marks): Chart {
  const series = ['long', 'short', 'gross', 'net'];
  const area = (field: string, shown: string) => ({
    mark: { type: 'area', opacity: 0.3 },
    encoding: { x: timeAxis, y: { field, type: 'quantitative' }, color: { datum: shown } },
  });
  const line = (field: string, shown: string, strokeWidth: number) => ({
    mark: { type: 'line', strokeWidth },
    encoding: { x: timeAxis, y: { field, type: 'quantitative' }, color: { datum: shown } },
  });
  return {
    id: 'exposure',
    title: 'Gross and net exposure',
    reading: `Gross exposure averaged ${percent(marks.grossMean, { digits: 0 })} of equity and reached ${percent(marks.grossMax, { digits: 0 })}; net averaged ${percent(marks.netMean, { digits: 0, signed: true })} (above zero is long).`,
    columns: marks.columns,
    csv: csvOf(marks, ['time', 'long', 'short', 'gross', 'net']),
    times: ['time'],
    spec: {
      height: 240,
      encoding: {
        y: { type: 'quantitative', title: 'share of equity', axis: { format: '.2~%', tickCount: 5 } },
        color: {
          scale: { domain: series, range: [colour.main, colour.second, colour.third, colour.ink] },
        },
      },
      layer: [
        area('long', 'long'),
        area('short', 'short'),
        line('gross', 'gross', 0.8),
        line('net', 'net', 1.5),
        dailyHover(
          { field: 'net', type: 'quantitative' },
          series.map((field) => ({ field, type: 'quantitative', title: field, format: '.1%' })),
        ),
      ],
    },
  };
}

function positionsChart(marks: Marks): Chart {
  const y = {
    field: 'positions',
    type: 'quantitative',
    title: 'open positions',
    axis: { tickMinStep: 1, tickCount: 5 },
  };
  return {
    id: 'positions',
    title: 'Positions held',
    reading: `${marks.positionsMean.toFixed(1)} open on average, ${marks.positionsMax} at most; ${marks.hoursFlat === 0 ? 'the book was never empty' : `none in ${plural(marks.hoursFlat, 'hour')} of ${count(marks.hours)}`}.`,
    columns: marks.columns,
    csv: csvOf(marks, ['time', 'positions']),
    times: ['time'],
    spec: {
      height: 240,
      layer: [
        {
          mark: {
            type: 'area',
            interpolate: 'step-before',
            color: colour.third,
            opacity: 0.25,
            line: { color: colour.third, strokeWidth: 1 },
          },
          encoding: { x: timeAxis, y },
        },
        dailyHover(y, [{ field: 'positions', type: 'quantitative', title: 'positions' }]),
      ],
    },
  };
}
