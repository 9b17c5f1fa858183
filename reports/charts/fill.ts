/** How full each column is, week by week. */
import { type Chart, colour, type Spec } from '../chart.ts';
import type { FillFacts } from '../column-facts.ts';
import { day, percent, plural } from '../format.ts';

/** From worst to best; a share belongs to the first whose limit it does not exceed. */
const grades = [
  { name: 'empty', shareMax: 0, colour: colour.loss, opacity: 1 },
  { name: 'below 50 %', shareMax: 0.5, colour: colour.loss, opacity: 0.55 },
  { name: '50 to 95 %', shareMax: 0.95, colour: colour.second, opacity: 0.8 },
  { name: '95 % and more', shareMax: 1 - Number.EPSILON, colour: colour.main, opacity: 0.75 },
  { name: 'full', shareMax: 1, colour: colour.main, opacity: 0.3 },
] as const;

export function fillCharts({ columns, weekMs }: FillFacts): Chart[] {
  const cells = columns.flatMap(({ column, weeks }) =>
    weeks.flatMap((share, week) => (share === null ? [] : [{ column, week: weekMs[week]!, share }])),
  );
  if (cells.length === 0) return [];
  const shown = grades.filter(({ name }) => cells.some(({ share }) => gradeOf(share) === name));
  return [
    {
      id: 'fill',
      title: 'Fill of the rows that are due, by column and week',
      reading: readingOf(cells, columns.length),
      columns: {
        column: cells.map(({ column }) => column),
        week: cells.map(({ week }) => week),
        end: cells.map(({ week }) => week + 7 * 86_400_000),
        fill: cells.map(({ share }) => share),
        grade: cells.map(({ share }) => gradeOf(share)),
      },
      csv: {
        column: cells.map(({ column }) => column),
        week: cells.map(({ week }) => week),
        fill: cells.map(({ share }) => share),
      },
      ...{ times: ['week'], wide: true },
      spec: heatSpec(
        columns.map(({ column }) => column),
        shown,
      ),
    },
  ];
}

function gradeOf(share: number): string {
  return grades.find(({ shareMax }) => share <= shareMax)?.name ?? 'full';
}

function readingOf(
  cells: readonly { readonly column: string; readonly week: number; readonly share: number }[],
  columns: number,
): string {
  const low = cells.filter(({ share }) => share < 0.95);
  const full = cells.filter(({ share }) => share === 1).length;
  const rest = 'Blank weeks lie within the warm-up, or no coin was eligible.';
  const start = `${percent(full / cells.length, { digits: 1 })} of the weeks of ${plural(columns, 'column')} are full`;
  if (low.length === 0) return `${start}, none below 95 %. ${rest}`;
  const worst = low.reduce((least, cell) => (cell.share < least.share ? cell : least));
  const names = new Set(low.map(({ column }) => column));
  return `${start}; ${plural(names.size, 'column')} have weeks below 95 %, ${worst.column} in the week of ${day(worst.week)} with ${percent(worst.share, { digits: 1 })} among the emptiest. ${rest}`;
}

function heatSpec(order: readonly string[], shown: readonly (typeof grades)[number][]): Spec {
  const domain = shown.map(({ name }) => name);
  return {
    height: { step: 11 },
    mark: { type: 'rect', stroke: colour.paper, strokeWidth: 0.5 },
    encoding: {
      x: {
        ...{ field: 'week', type: 'temporal', scale: { type: 'utc', nice: false }, title: null },
        axis: {
          orient: 'top',
          tickCount: { expr: 'ceil(width / 110)' },
          format: '%b %Y',
          labelSeparation: 8,
          labelFlush: false,
        },
      },
      x2: { field: 'end' },
      y: {
        ...{ field: 'column', type: 'nominal', sort: order, title: null },
        axis: {
          ...{ domain: false, ticks: false, labelOverlap: false },
          labelFontSize: { expr: 'width < 480 ? 7 : 9' },
          labelLimit: { expr: 'width < 480 ? 96 : 170' },
        },
      },
      color: {
        ...{ field: 'grade', type: 'nominal', sort: domain },
        scale: { domain, range: shown.map((grade) => grade.colour) },
        legend: { columns: { expr: 'width < 480 ? 2 : 5' } },
      },
      opacity: {
        ...{ field: 'grade', type: 'nominal', sort: domain },
        scale: { type: 'ordinal', domain, range: shown.map(({ opacity }) => opacity) },
      },
      tooltip: [
        { field: 'column', type: 'nominal', title: 'column' },
        { field: 'week', type: 'temporal', title: 'week of', format: '%Y-%m-%d' },
        { field: 'fill', type: 'quantitative', title: 'filled', format: '.2%' },
      ],
    },
  };
}
