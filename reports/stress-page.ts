/** The page of an hour of stress: every leverage and margin mode, hourly bars beside finer ones, position by position. */
import type { Chart } from './chart.ts';
import { endText } from './charts/stress.ts';
import { chartsJson, drawScript, figureHtml, type Section, signedPercent, unbroken } from './figure.ts';
import { count, day, minute, money, percent, plural, price } from './format.ts';
import { sideName } from './groups.ts';
import { type Html, html, tableHtml, toneName } from './html.ts';
import { pageText } from './page.ts';
import {
  caseName,
  type StressFigures,
  type StressPosition,
  type StressResult,
  type StressRow,
} from './stress.ts';

export interface StressPageParts {
  readonly result: StressResult;
  readonly charts: readonly Chart[];
  /** Settings and assumptions that hold in every case, in sentences. */
  readonly assumptions: readonly string[];
  readonly engineVersion: string;
  /** Browser sources, in order: vega, vega-lite, vega-embed. */
  readonly libraries: readonly string[];
}

export function stressPage(parts: StressPageParts): string {
  const { result, charts } = parts;
  const sections = sectionsOf(parts);
  const title = `${result.scenario}: the hour of ${minute(result.atMs)} UTC`;
  const body = html`<header class="top" id="top">
<h1>${title}</h1>
<p class="meta">${result.strategy} on ${result.dataset.name}, ${day(result.fromMs)} to ${day(result.toMs)} UTC, under ${plural(result.rows.length, 'account')}${result.detailMinutes === null ? '' : `, each by hourly bars and by bars of ${plural(result.detailMinutes, 'minute')}`}</p>
${result.rows.slice(0, 1).map((row) => html`<p class="verdict">${unbroken(`${verdictOf(row, result)}${boundText(row)}`)}</p>`)}
<nav class="toc" aria-label="Contents">${sections.map((section) => html`<a href="#${section.id}">${section.title}</a>`)}</nav>
</header>
<main>
${sections.map((section) => html`<section id="${section.id}"><h2>${section.title}</h2>${section.body}</section>\n`)}</main>
<footer>Money is in the account's quote currency, times are UTC, an hour is named by its opening. All figures stand in <a href="stress.json">stress.json</a>, the charts as SVG, PNG and CSV in the folder <span class="mono">charts</span>. Written by Hourglass ${parts.engineVersion}.</footer>`;
  return pageText({
    title: `${title} · Hourglass`,
    body,
    blocks: { charts: { type: 'application/json', text: chartsJson(charts) } },
    scripts: [...parts.libraries, drawScript],
  });
}

/** Differences of returns below this are not shown by two digits of per cent. */
const DIFFERENCE_MIN = 5e-5;

/** The answer in one sentence: what the hour cost by either kind of bar, and how far apart they are. */
export function verdictOf(row: StressRow, { detailMinutes }: Pick<StressResult, 'detailMinutes'>): string {
  const hourly = percent(row.hourly.hourReturn, { signed: true });
  const start = `At ${caseName(row)}: hourly adverse-first says ${hourly}`;
  if (row.detail === null || detailMinutes === null)
    return `${start}; there are no finer bars to set beside it.`;
  const detail = percent(row.detail.hourReturn, { signed: true });
  return `${start}, ${detailMinutes}-minute bars say ${detail}: ${apartText(row.hourlyWorseBy)}.`;
}

/** How far the truth may be from both: no bar tells what a fast market grants a stop. */
function boundText({ hourly, detail }: StressRow): string {
  if (hourly.stops === 0 || hourly.hourReturnAtWorst === null) return '';
  const fine =
    detail === null ? '' : ` (of its finer bar: ${percent(detail.hourReturnAtWorst, { signed: true })})`;
  return ` Had every stop filled at the worst price of its hour, ${percent(hourly.hourReturnAtWorst, { signed: true })}${fine}.`;
}

function apartText(hourlyWorseBy: number | null): string {
  if (hourlyWorseBy === null) return 'not comparable';
  const points = Math.abs(hourlyWorseBy) * 100;
  if (Math.abs(hourlyWorseBy) < DIFFERENCE_MIN) return 'no difference';
  return `${points.toFixed(2)} points ${hourlyWorseBy > 0 ? 'worse' : 'better'}`;
}

function sectionsOf({ result, charts, assumptions }: StressPageParts): Section[] {
  const figure = (...ids: string[]) => figureHtml(charts.filter((chart) => ids.includes(chart.id)));
  const margins = [...new Set(result.rows.map(({ margin }) => margin))];
  const fills = figure('fills', 'fills-harshest');
  const liquidations = figure('liquidations');
  return [
    { id: 'answer', title: 'Answer', body: answerHtml(result) },
    { id: 'hour', title: 'The hour', body: hourHtml(result) },
    {
      id: 'equity',
      title: 'Equity',
      body: html`<div class="grid">${figure(...margins.map((margin) => `equity-${margin}`))}</div>`,
    },
    {
      id: 'fills',
      title: 'Fills and levels',
      body:
        fills.length === 0
          ? html`<p class="muted">No position ended in this hour.</p>`
          : html`<div class="grid">${fills}</div>`,
    },
    {
      id: 'liquidations',
      title: 'Liquidations',
      body:
        liquidations.length === 0
          ? html`<p class="muted">Nothing was liquidated in any of the runs.</p>`
          : html`<div class="grid">${liquidations}</div>`,
    },
    { id: 'run', title: 'The whole run', body: runHtml(result) },
    { id: 'positions', title: 'Positions', body: positionsHtml(result) },
    {
      id: 'assumptions',
      title: 'Assumptions',
      body: html`<div class="panel"><ul class="list">${assumptions.map((text) => html`<li>${text}</li>`)}</ul></div>`,
    },
  ];
}

function answerHtml(result: StressResult): Html {
  const other = result.rows.filter(({ hourlyWorseBy }) => Math.abs(hourlyWorseBy ?? 0) >= DIFFERENCE_MIN);
  const compared = result.rows.filter(({ hourlyWorseBy }) => hourlyWorseBy !== null);
  const lines = (compared.length === 0 ? result.rows : other).map((row) => verdictOf(row, result));
  const same = compared.length - other.length;
  if (same > 0)
    lines.push(
      `${same} of ${plural(result.rows.length, 'account')} end the hour alike by either kind of bar.`,
    );
  const covered = result.rows[0]?.detail;
  const coverage =
    covered == null
      ? ''
      : ` The finer bars know ${covered.heldWithDetail} of the ${plural(covered.held, 'position')} held in this hour.`;
  return html`<p class="muted">An hourly bar does not tell in which order its prices came. Adverse-first takes the worse order; finer bars know more of the real one. Both fill a stop at its level unless a bar opens beyond it: the last two columns bound what that leaves out.${coverage}</p><div class="panel"><ul class="list">${lines.map((line) => html`<li>${unbroken(line)}</li>`)}</ul></div>${boundsHtml(result)}`;
}

/** What the hour would have returned had every stop filled at the worst price of the bar that reached it. */
function boundsHtml(result: StressResult): Html {
  return html`<div class="panel"><h3>Return of the hour, and its bound</h3>${tableHtml(
    [
      { title: 'account' },
      { title: 'hourly', numeric: true },
      { title: fineTitle(result), numeric: true },
      { title: 'hourly worse by', numeric: true },
      { title: "stops at the hour's worst", numeric: true },
      { title: "at the finer bar's worst", numeric: true },
    ],
    result.rows.map((row) => [
      caseName(row),
      returnCell(row.hourly.hourReturn),
      returnCell(row.detail?.hourReturn ?? null),
      row.hourlyWorseBy === null ? '–' : `${pointsText(row.hourlyWorseBy)}`,
      returnCell(row.hourly.hourReturnAtWorst),
      returnCell(row.detail?.hourReturnAtWorst ?? null),
    ]),
  )}</div>`;
}

function fineTitle({ detailMinutes }: StressResult): string {
  return detailMinutes === null ? 'finer bars' : `${detailMinutes} min`;
}

function pointsText(difference: number): string {
  return `${percent(difference, { signed: true }).replace(' %', '')} points`;
}

function returnCell(value: number | null) {
  return value === null ? '–' : signedPercent(value);
}

/** Hourly and finer figures in one cell each, so that a phone shows both. */
function pair(row: StressRow, text: (figures: StressFigures) => string): string {
  const hourly = text(row.hourly);
  if (row.detail === null) return hourly;
  const detail = text(row.detail);
  return hourly === detail ? hourly : `${hourly} | ${detail}`;
}

function hourHtml(result: StressResult): Html {
  const beside =
    result.detailMinutes === null
      ? ''
      : ` Where the ${result.detailMinutes}-minute bars say something else, it stands behind the bar: hourly | ${result.detailMinutes} min.`;
  return html`<div class="panel"><p class="muted">What the hour of ${minute(result.atMs)} UTC did.${beside}</p>${tableHtml(
    [
      { title: 'account' },
      { title: 'equity before', numeric: true },
      { title: 'equity after', numeric: true },
      { title: 'held', numeric: true },
      { title: 'stops', numeric: true },
      { title: 'gapped', numeric: true },
      { title: 'liquidations', numeric: true },
      { title: 'clearance fees', numeric: true },
      { title: 'insurance', numeric: true },
    ],
    result.rows.map((row) => [
      caseName(row),
      pair(row, ({ equityBefore }) => money(equityBefore)),
      pair(row, ({ equityAfter }) => money(equityAfter)),
      pair(row, ({ held }) => count(held)),
      pair(row, ({ stops }) => count(stops)),
      pair(row, ({ gappedStops }) => count(gappedStops)),
      pair(row, ({ liquidations }) => count(liquidations)),
      pair(row, ({ clearanceFees }) => money(clearanceFees)),
      pair(row, ({ insurance }) => money(insurance)),
    ]),
  )}</div>`;
}

function runHtml(result: StressResult): Html {
  return html`<div class="panel"><p class="muted">The same accounts from ${day(result.fromMs)} to ${day(result.toMs)}${result.detailMinutes === null ? '' : `, hourly | ${result.detailMinutes} min where they differ`}.</p>${tableHtml(
    [
      { title: 'account' },
      { title: 'return', numeric: true },
      { title: 'max drawdown', numeric: true },
      { title: 'trades', numeric: true },
      { title: 'liquidations', numeric: true },
      { title: 'insurance', numeric: true },
    ],
    result.rows.map((row) => [
      caseName(row),
      {
        text: pair(row, ({ totalReturn }) => percent(totalReturn, { signed: true })),
        tone: row.hourly.totalReturn,
      },
      pair(row, ({ maxDrawdown }) => percent(-maxDrawdown)),
      pair(row, ({ trades }) => count(trades)),
      pair(row, ({ runLiquidations }) => count(runLiquidations)),
      pair(row, ({ runInsurance }) => money(runInsurance)),
    ]),
  )}</div>`;
}

/** Leverage changes sizes, not prices: cases that tell the same share a table. */
function positionsHtml(result: StressResult): Html {
  const groups = new Map<
    string,
    { readonly names: string[]; readonly positions: readonly StressPosition[] }
  >();
  for (const row of result.rows) {
    const positions = result.positions.filter(
      ({ leverage, margin }) => leverage === row.leverage && margin === row.margin,
    );
    const content = JSON.stringify(positions.map(({ leverage: _, margin: __, ...rest }) => rest));
    const group = groups.get(content);
    if (group === undefined) groups.set(content, { names: [caseName(row)], positions });
    else group.names.push(caseName(row));
  }
  const panels = [...groups.values()].map(({ names, positions }) => {
    const table =
      positions.length === 0
        ? html`<p class="muted">Nothing was held in this hour.</p>`
        : positionsTable(positions, result);
    return html`<div class="panel"><h3>${names.join(' · ')}</h3>${table}</div>`;
  });
  return html`${panels}`;
}

function positionsTable(positions: readonly StressPosition[], result: StressResult): Html {
  const withDetail = result.detailMinutes !== null;
  return tableHtml(
    [
      { title: 'coin' },
      { title: 'side' },
      { title: 'entry', numeric: true },
      { title: 'level', numeric: true },
      { title: 'hourly' },
      ...(withDetail ? [{ title: fineTitle(result) }, { title: 'hourly worse by', numeric: true }] : []),
      { title: "worst of the stop's bar", numeric: true },
    ],
    positions.map((position) => [
      position.symbol,
      `${position.market === 'spot' ? 'spot ' : ''}${sideName(position.side)}`,
      price(position.entryPrice),
      price(levelOf(position) ?? Number.NaN),
      outcomeHtml(position.hourly),
      ...(withDetail
        ? [
            outcomeHtml(position.detail),
            position.hourlyWorseBy === null ? '–' : percent(position.hourlyWorseBy, { signed: true }),
          ]
        : []),
      price(worstOf(position) ?? Number.NaN),
    ]),
  );
}

/** The level that acted, else the stop that would have. */
function levelOf({ hourly, detail, stopLevel }: StressPosition): number | null {
  return hourly?.level ?? detail?.level ?? stopLevel;
}

/** As far as the fill of a stop can be from the truth, by the finest bar there is. */
function worstOf({ hourly, detail }: StressPosition): number | null {
  const stop = [detail, hourly].find((end) => end?.outcome === 'stop');
  return stop?.worst ?? null;
}

function outcomeHtml(end: StressPosition['hourly']): Html {
  const tone =
    end?.outcome === 'stop' || end?.outcome === 'liquidation' ? -1 : end?.outcome === 'target' ? 1 : 0;
  return html`<span class="${toneName(tone)}">${endText(end)}</span>`;
}
