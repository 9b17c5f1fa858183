/** Stills of a chart: vega draws the SVG without a browser, resvg turns it into a PNG. Always the light palette. */
import { Resvg } from '@resvg/resvg-js';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type Chart, fullSpec, lightPalette, resolveColours, rowsOf, type Spec } from './chart.ts';
import { escapeHtml } from './html.ts';

const STILL_WIDTH = 900;
const TITLE_HEIGHT = 34;
const MARGIN = 16;

export async function still(chart: Chart): Promise<{ readonly svg: string; readonly png: Uint8Array }> {
  const view = new vega.View(vega.parse(compileSpec(fullSpec(chart, STILL_WIDTH)), undefined), {
    renderer: 'none',
  });
  view.insert('table', rowsOf(chart.columns));
  const drawn = await view.toSVG();
  view.finalize();
  const svg = framed(resolveColours(drawn), chart.title);
  const png = new Resvg(svg, { fitTo: { mode: 'zoom', value: 2 }, font: { loadSystemFonts: true } })
    .render()
    .asPng();
  return { svg, png };
}

/** Vega-lite to vega, where pages need no compiler of their own. */
export function compileSpec(spec: Spec): vega.Spec {
  return compile(spec as unknown as TopLevelSpec, { logger: vega.logger(vega.Error) }).spec;
}

/** A sheet of paper around the drawing, with the title on it: a still has no page that would name it. */
function framed(svg: string, title: string): string {
  const size = /width="([\d.]+)" height="([\d.]+)"/.exec(svg);
  if (size === null) throw new Error('the drawn SVG names no size');
  const width = Number(size[1]) + 2 * MARGIN;
  const height = Number(size[2]) + TITLE_HEIGHT + 2 * MARGIN;
  const inner = svg.replace('<svg ', `<svg x="${MARGIN}" y="${MARGIN + TITLE_HEIGHT}" `);
  const ink = lightPalette['--ink'];
  const paper = lightPalette['--paper'];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><rect width="100%" height="100%" fill="${paper}"/><text x="${MARGIN}" y="${MARGIN + 18}" font-family="system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif" font-size="16" font-weight="600" fill="${ink}">${escapeHtml(title)}</text>${inner}</svg>\n`;
}
