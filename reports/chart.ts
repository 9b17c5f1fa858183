/**
 * A chart: a vega-lite body, the columns it draws, and a sentence that says what is to be seen. Colours are names of page
 * variables (`var(--gain)`), so that one picture follows light, dark and print; `resolveColours` fixes them for stills.
 */
import type { ChartColumns } from './csv.ts';

export type Spec = Readonly<Record<string, unknown>>;

export interface Chart {
  /** Kebab-case; names the files. */
  readonly id: string;
  readonly title: string;
  /** What is to be seen, in one line with its figures. */
  readonly reading: string;
  readonly columns: ChartColumns;
  /** Names of the columns that hold epoch ms. */
  readonly times: readonly string[];
  /** Everything but data, width and theme. */
  readonly spec: Spec;
  /** What the CSV holds where that is more than what is drawn. */
  readonly csv?: ChartColumns;
  /** Takes the full width of the page. */
  readonly wide?: boolean;
}

export const colour = {
  ink: 'var(--ink)',
  muted: 'var(--muted)',
  grid: 'var(--grid)',
  paper: 'var(--paper)',
  main: 'var(--main)',
  second: 'var(--second)',
  third: 'var(--third)',
  gain: 'var(--gain)',
  loss: 'var(--loss)',
} as const;

export const lightPalette: Readonly<Record<string, string>> = {
  '--ink': '#1b2430',
  '--muted': '#5f6b7a',
  '--grid': '#e4e8ee',
  '--paper': '#ffffff',
  '--main': '#1f5fae',
  '--second': '#c2691a',
  '--third': '#6f5aa8',
  '--gain': '#16804f',
  '--loss': '#c0392f',
};

export const darkPalette: Readonly<Record<string, string>> = {
  '--ink': '#e6eaf0',
  '--muted': '#9aa6b5',
  '--grid': '#2b3440',
  '--paper': '#171d25',
  '--main': '#6ba5ee',
  '--second': '#e79a54',
  '--third': '#ab98e6',
  '--gain': '#45b985',
  '--loss': '#ee7168',
};

export const fontStack =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', 'DejaVu Sans', sans-serif";

/** A complete vega-lite spec over the named data source `table`. */
export function fullSpec(chart: { readonly spec: Spec }, width: number | 'container'): Spec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width,
    height: 260,
    autosize: { type: 'fit-x', contains: 'padding' },
    background: 'transparent',
    data: { name: 'table' },
    ...chart.spec,
    config: theme,
  };
}

export const theme: Spec = {
  aria: false,
  font: fontStack,
  view: { stroke: null },
  axis: {
    labelColor: colour.muted,
    titleColor: colour.muted,
    titleFontWeight: 'normal',
    titleFontSize: 11,
    labelFontSize: 11,
    gridColor: colour.grid,
    domainColor: colour.grid,
    tickColor: colour.grid,
    labelOverlap: 'greedy',
  },
  axisX: { grid: false, labelFlush: true },
  axisY: { domain: false, ticks: false, labelPadding: 6 },
  legend: {
    labelColor: colour.ink,
    titleColor: colour.muted,
    orient: 'top',
    title: null,
    labelFontSize: 11,
    symbolType: 'square',
    symbolOpacity: 1,
    labelLimit: 0,
    offset: 4,
  },
  text: { color: colour.ink },
  line: { strokeWidth: 1.5, strokeJoin: 'round' },
};

export function resolveColours(text: string, palette = lightPalette): string {
  return text.replace(/var\((--[a-z]+)\)/g, (whole, name: string) => palette[name] ?? whole);
}

/** Rows as vega reads them. */
export function rowsOf(columns: ChartColumns): Record<string, number | string | null>[] {
  const entries = Object.entries(columns);
  const rows = entries[0]?.[1].length ?? 0;
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(entries.map(([name, values]) => [name, plain(values[row])])),
  );
}

/** Columns as they stand in a page: eight significant digits are finer than any pixel. */
export function pageColumns(
  columns: ChartColumns,
  times: readonly string[],
): Record<string, (number | string | null)[]> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [
      name,
      Array.from(values, (value) => (times.includes(name) ? plain(value) : rounded(plain(value)))),
    ]),
  );
}

function plain(value: number | string | null | undefined): number | string | null {
  return value === undefined || (typeof value === 'number' && !Number.isFinite(value)) ? null : value;
}

function rounded(value: number | string | null): number | string | null {
  return typeof value === 'number' ? Number(value.toPrecision(8)) : value;
}

/** Hours of a day, days of a month, months of a year, whichever the tick stands on; UTC. */
const stampLabel =
  "utchours(datum.value) ? utcFormat(datum.value, '%H:%M') : utcdate(datum.value) > 1 ? utcFormat(datum.value, '%d %b') : utcmonth(datum.value) ? utcFormat(datum.value, '%b') : utcFormat(datum.value, '%Y')";

export const stampAxis: Spec = {
  labelExpr: stampLabel,
  tickCount: { expr: 'ceil(width / 75)' },
  labelSeparation: 6,
  labelFlush: false,
};

export const timeAxis: Spec = {
  field: 'time',
  type: 'temporal',
  scale: { type: 'utc' },
  title: null,
  axis: stampAxis,
};

/** A point under the pointer at every UTC midnight, with what the hour's row says. */
export function dailyHover(y: Spec, tooltip: readonly Spec[]): Spec {
  return {
    transform: [{ filter: 'utchours(datum.time) === 0' }],
    params: [
      {
        name: 'hover',
        select: { type: 'point', on: 'pointerover', clear: 'pointerout', nearest: true, encodings: ['x'] },
      },
    ],
    mark: { type: 'point', filled: true, size: 50, color: colour.ink },
    encoding: {
      x: timeAxis,
      y,
      opacity: { condition: { param: 'hover', empty: false, value: 1 }, value: 0 },
      tooltip: [{ field: 'time', type: 'temporal', title: 'UTC', format: '%Y-%m-%d %H:%M' }, ...tooltip],
    },
  };
}
