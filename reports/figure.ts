/** Charts and cells as pages hold them: a figure with its reading and its files, and what draws it in the browser. */
import { type Chart, fullSpec, pageColumns } from './chart.ts';
import type { ChartColumns } from './csv.ts';
import { fileName } from './file-name.ts';
import { money, percent } from './format.ts';
import { Html, type HtmlCell, html, scriptJson } from './html.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

export function figureHtml(charts: readonly Chart[]): Html[] {
  return charts.map(
    (chart) => html`<figure${new Html(chart.wide === true ? ' class="wide"' : '')} id="figure-${chart.id}">
<h3>${chart.title}</h3>
<div class="chart" data-chart="${chart.id}"></div>
<figcaption>${unbroken(chart.reading)}</figcaption>
<div class="files"><a href="charts/${chart.id}.svg">SVG</a><a href="charts/${chart.id}.png">PNG</a><a href="charts/${chart.id}.csv">CSV</a></div>
</figure>\n`,
  );
}

/** Keeps a number and its per-cent sign on one line. */
export function unbroken(text: string): string {
  return text.replaceAll(' %', '\u00a0%');
}

export function coinLink(symbol: string, pages: ReadonlySet<string>): string | Html {
  return pages.has(symbol) ? html`<a href="coins/${fileName(symbol)}.html">${symbol}</a>` : symbol;
}

export function signedMoney(value: number): HtmlCell {
  return { text: money(value, true), tone: value };
}

export function signedPercent(value: number): HtmlCell {
  // What is shown as nothing has no colour.
  return { text: percent(value, { signed: true }), tone: Math.abs(value) < 5e-5 ? 0 : value };
}

/** Charts that draw the same columns share one copy of them. */
export function chartsJson(charts: readonly Chart[]): string {
  const tables: { times: readonly string[]; columns: ChartColumns }[] = [];
  const listed = charts.map((chart) => {
    let table = tables.findIndex((other) => other.columns === chart.columns);
    if (table < 0) table = tables.push({ times: chart.times, columns: chart.columns }) - 1;
    return { id: chart.id, table, spec: fullSpec(chart, 'container') };
  });
  return scriptJson({
    tables: tables.map((table) => pageColumns(table.columns, table.times)),
    charts: listed,
  });
}

/** Runs in the browser. Rows are rebuilt from columns once a table; charts are drawn in page order. */
export const drawScript = `
(async () => {
  const page = JSON.parse(document.getElementById('charts').textContent);
  const tables = page.tables.map((columns) => {
    const names = Object.keys(columns);
    const rows = names.length === 0 ? 0 : columns[names[0]].length;
    return Array.from({ length: rows }, (_, row) => Object.fromEntries(names.map((name) => [name, columns[name][row]])));
  });
  for (const chart of page.charts) {
    const place = document.querySelector('[data-chart="' + chart.id + '"]');
    if (place === null) continue;
    const spec = { ...chart.spec, datasets: { table: tables[chart.table].map((row) => ({ ...row })) } };
    try {
      await vegaEmbed(place, spec, { logLevel: vega.Error, renderer: 'svg', actions: false, tooltip: { theme: 'custom', disableDefaultStyle: true } });
      place.dataset.drawn = 'yes';
    } catch (error) {
      place.textContent = 'This chart could not be drawn here; its SVG, PNG and CSV are linked below. (' + error.message + ')';
      console.error(chart.id, error);
    }
  }
  document.body.dataset.drawn = 'yes';
})();
`;
