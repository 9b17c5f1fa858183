/** One page that leads to several runs, a card each with its figures and its equity as a small line, and to pages of columns. */
import { dirname, join, relative, sep } from 'node:path';
import type { RunManifest, StoredRun } from '../datasets/runs.ts';
import type { ColumnsPageLink } from './columns-report.ts';
import { count, day, plural, span } from './format.ts';
import { figures } from './headline.ts';
import { Html, html, toneName } from './html.ts';
import { keptRows, readMarks } from './marks.ts';
import { pageText } from './page.ts';
import { writeWhole } from './write-file.ts';

export interface IndexOptions {
  /** Folder in which the page will lie, for its links; the first run's parent folder if absent. */
  readonly folder?: string;
  readonly title?: string;
  /** A sentence or two above the cards. */
  readonly introduction?: string;
  /** Pages of columns to lead to as well. */
  readonly columns?: readonly ColumnsPageLink[];
}

interface IndexCard {
  readonly manifest: RunManifest;
  readonly href: string;
  readonly equity: Float64Array;
}

export interface IndexRequest extends Omit<IndexOptions, 'folder'> {
  readonly runs: readonly StoredRun[];
  /** Path of the page to write. */
  readonly file: string;
}

/** Writes the page whole and returns its path. @throws ReportError `report-not-written` */
export async function writeIndex(request: IndexRequest): Promise<string> {
  await writeWhole(
    request.file,
    await indexPage(request.runs, { ...request, folder: dirname(request.file) }),
  );
  return request.file;
}

/** The page as text; the reports it links are written by `writeReport`. */
export async function indexPage(runs: readonly StoredRun[], options: IndexOptions = {}): Promise<string> {
  const folder = options.folder ?? dirname(runs[0]?.dir ?? '.');
  const cards: IndexCard[] = [];
  for (const run of runs) {
    const href = hrefFrom(folder, join(run.dir, 'report.html'));
    cards.push({ manifest: run.manifest, href, equity: (await readMarks(run)).all.equity });
  }
  const columns = (options.columns ?? []).map((page) => columnsCard(page, hrefFrom(folder, page.file)));
  return pageOf(cards, columns, options);
}

function hrefFrom(folder: string, file: string): string {
  return relative(folder, file).split(sep).map(encodeURIComponent).join('/');
}

function pageOf(cards: readonly IndexCard[], columns: readonly Html[], options: IndexOptions): string {
  const title = options.title ?? 'Hourglass runs';
  const body = html`<header class="top">
<h1>${title}</h1>
<p class="muted">${options.introduction ?? 'Each card leads to a report. Results are net of fees, slippage and funding; the dashed line is the equity at the start.'}</p>
</header>
<main><div class="runs">${cards.map(cardHtml)}</div>${columns.length === 0 ? '' : html`<h2>Columns</h2><div class="runs">${columns}</div>`}</main>
<footer>Money is in each account's quote currency. Written by Hourglass.</footer>`;
  return pageText({ title: `${title} · Hourglass`, body });
}

const cardFigures = ['totalReturn', 'maxDrawdown', 'sharpe', 'trades', 'winRate', 'fees'];

function cardHtml(card: IndexCard): Html {
  const { manifest } = card;
  const shown = figures(manifest.headline).filter((figure) => cardFigures.includes(figure.key));
  return html`<a class="run" href="${card.href}" data-run="${manifest.runId}">
<h2>${String(manifest.scenario['name'] ?? manifest.strategy.name)}</h2>
<p class="meta">${manifest.strategy.name} on ${manifest.dataset.name}<br>${day(manifest.fromMs)} to ${day(manifest.toMs)}, ${span(manifest.fromMs, manifest.toMs)}</p>
${sparkline(card.equity, manifest.headline.startEquity)}
<dl>${shown.map((figure) => html`<div><dt>${figure.label}</dt><dd class="${toneName(figure.tone)}" data-headline="${figure.key}" data-value="${String(figure.value ?? '')}">${figure.text}</dd></div>`)}</dl>
</a>\n`;
}

/** What was built and what the audit said, in a card like that of a run. */
function columnsCard({ dataset, set, build, audit }: ColumnsPageLink, href: string): Html {
  const failing = (build?.manifest.findings ?? []).filter(({ allowed }) => allowed === null).length;
  const leaks = audit?.result.leaks.length ?? 0;
  const judged = audit === null ? 'not run' : audit.result.clean ? 'clean' : plural(leaks, 'leak');
  const figures: readonly (readonly [string, string, string])[] = [
    ['columns', build === null ? 'not built' : count(build.manifest.columns.length), ''],
    ['to settle', build === null ? '–' : count(failing), failing > 0 ? 'loss' : ''],
    ['audit', judged, audit === null ? '' : audit.result.clean ? 'gain' : 'loss'],
  ];
  return html`<a class="run" href="${href}" data-columns="${dataset} ${set}">
<h2>${set} over ${dataset}</h2>
<p class="meta">${build === null ? 'audited only' : `${day(build.manifest.fromMs)} to ${day(build.manifest.toMs)}, ${plural(build.manifest.rows, 'bar')}`}</p>
<dl>${figures.map(([label, text, tone]) => html`<div><dt>${label}</dt><dd class="${tone}">${text}</dd></div>`)}</dl>
</a>\n`;
}

const SPARK_WIDTH = 320;
const SPARK_HEIGHT = 70;
const SPARK_MARKS_MAX = 480;

function sparkline(equity: Float64Array, startEquity: number): Html {
  if (equity.length === 0) return html``;
  const rows = keptRows(equity, SPARK_MARKS_MAX) ?? Array.from(equity.keys());
  const low = rows.reduce((least, row) => Math.min(least, equity[row]!), startEquity);
  const high = rows.reduce((most, row) => Math.max(most, equity[row]!), startEquity);
  const y = (value: number) => 3 + (SPARK_HEIGHT - 6) * (high === low ? 0.5 : (high - value) / (high - low));
  const points = rows.map((row) => {
    const x = (SPARK_WIDTH * (row + 1)) / equity.length;
    return `${x.toFixed(1)},${y(equity[row]!).toFixed(1)}`;
  });
  const ends = equity.at(-1)! >= startEquity ? 'var(--gain)' : 'var(--loss)';
  const base = y(startEquity).toFixed(1);
  return new Html(
    `<svg viewBox="0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}" preserveAspectRatio="none" role="img" aria-label="equity"><line x1="0" x2="${SPARK_WIDTH}" y1="${base}" y2="${base}" stroke="var(--muted)" stroke-dasharray="3 3" vector-effect="non-scaling-stroke" opacity=".6"/><path d="M0,${base} L${points.join(' L')}" fill="none" stroke="${ends}" stroke-width="1.5" stroke-linejoin="round" vector-effect="non-scaling-stroke"/></svg>`,
  );
}
