/** Returns of calendar months (UTC) and of whole years, as a table of colours. */
import { type Chart, colour, type Spec } from '../chart.ts';
import { percent, plural } from '../format.ts';

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const YEAR = 'Year';

export interface MonthReturn {
  readonly year: number;
  readonly month: string;
  readonly value: number;
}

/** Each mark belongs to the hour that ends with it: the one at 00:00 on the 1st closes the month before. */
export function monthReturns(
  marks: { readonly time: Float64Array; readonly equity: Float64Array },
  startEquity: number,
): MonthReturn[] {
  const months: MonthReturn[] = [];
  let opened = startEquity;
  for (let row = 0; row < marks.equity.length; row += 1) {
    const inside = new Date(marks.time[row]! - 1);
    const next = marks.time[row + 1];
    const isLast = next === undefined || new Date(next - 1).getUTCMonth() !== inside.getUTCMonth();
    if (!isLast) continue;
    const month = monthNames[inside.getUTCMonth()] ?? '';
    months.push({ year: inside.getUTCFullYear(), month, value: marks.equity[row]! / opened - 1 });
    opened = marks.equity[row]!;
  }
  return months;
}

export function monthlyChart(
  marks: { readonly time: Float64Array; readonly equity: Float64Array },
  startEquity: number,
): Chart {
  const months = monthReturns(marks, startEquity);
  const years = [...new Set(months.map((month) => month.year))].map((year) => ({
    year,
    month: YEAR,
    value:
      months.filter((month) => month.year === year).reduce((grown, month) => grown * (1 + month.value), 1) -
      1,
  }));
  const cells = [...months, ...years];
  const best = months.reduce((a, b) => (b.value > a.value ? b : a));
  const worst = months.reduce((a, b) => (b.value < a.value ? b : a));
  const gains = months.filter((month) => month.value > 0).length;
  const narrow = `width < ${new Set(cells.map((cell) => cell.month)).size * 38}`;
  const largest = Math.max(...cells.map((cell) => Math.abs(cell.value)), 1e-9);
  return {
    id: 'monthly-returns',
    title: 'Monthly returns, per cent',
    reading: `${gains} of ${plural(months.length, 'month')} gained. Best ${best.month} ${best.year} with ${percent(best.value, { signed: true })}, worst ${worst.month} ${worst.year} with ${percent(worst.value, { signed: true })}. The first and the last month may be parts of one; Year compounds the months shown.`,
    columns: {
      year: cells.map((cell) => String(cell.year)),
      month: cells.map((cell) => cell.month),
      return: cells.map((cell) => cell.value),
      strength: cells.map((cell) => 0.08 + 0.6 * (Math.abs(cell.value) / largest)),
    },
    csv: {
      year: cells.map((cell) => String(cell.year)),
      month: cells.map((cell) => cell.month),
      return: cells.map((cell) => cell.value),
    },
    times: [],
    wide: true,
    spec: heatSpec(narrow),
  };
}

/** `narrow` is an expression that is true where the cells have no room for a decimal. */
function heatSpec(narrow: string): Spec {
  return {
    height: { step: 44 },
    encoding: {
      x: {
        field: 'month',
        type: 'ordinal',
        sort: [...monthNames, YEAR],
        title: null,
        axis: {
          orient: 'top',
          labelAngle: 0,
          domain: false,
          ticks: false,
          labelOverlap: false,
          labelExpr: `${narrow} ? slice(datum.label, 0, 1) : datum.label`,
        },
      },
      y: { field: 'year', type: 'ordinal', title: null, axis: { domain: false, ticks: false } },
      tooltip: [
        { field: 'year', type: 'ordinal', title: 'year' },
        { field: 'month', type: 'ordinal', title: 'month' },
        { field: 'return', type: 'quantitative', title: 'return', format: '+.2%' },
      ],
    },
    layer: [
      {
        mark: { type: 'rect', stroke: colour.paper, strokeWidth: 2, cornerRadius: 4 },
        encoding: {
          color: {
            condition: [
              { test: 'datum.return < 0', value: colour.loss },
              { test: 'datum.return > 0', value: colour.gain },
            ],
            value: colour.muted,
          },
          opacity: { field: 'strength', type: 'quantitative', scale: null },
        },
      },
      {
        transform: [
          {
            calculate: `datum.return === 0 ? '0' : format(datum.return * 100, ${narrow} ? '+.0f' : '+.1f')`,
            as: 'shown',
          },
        ],
        mark: { type: 'text', fontSize: { expr: `${narrow} ? 9 : 13` } },
        encoding: { text: { field: 'shown' }, color: { value: colour.ink } },
      },
    ],
  };
}
