/** The page of one run: figures, cautions, charts and tables, in the order in which a reader asks. */
import type { RunManifest } from '../datasets/runs.ts';
import { wilson } from '../engine/stats/wilson.ts';
import { type Chart, fullSpec, pageColumns } from './chart.ts';
import { beforeCosts } from './charts/costs.ts';
import type { ChartColumns } from './csv.ts';
import { fileName } from './file-name.ts';
import { count, day, minute, money, percent, plural, price } from './format.ts';
import { groupTrades, sideName, type TradeGroup } from './groups.ts';
import { cautions, type Figure, figures, verdict } from './headline.ts';
import { escapeHtml, Html, type HtmlCell, html, scriptJson, tableHtml, toneName } from './html.ts';
import { pageText } from './page.ts';
import type { RefusalGroup } from './refusals.ts';
import { groupStops, type StopGroup, type StopRow } from './stops.ts';
import type { TradeRow } from './trades.ts';

export interface ReportParts {
  readonly manifest: RunManifest;
  readonly charts: readonly Chart[];
  readonly trades: readonly TradeRow[];
  readonly stops: readonly StopRow[];
  readonly refusals: readonly RefusalGroup[];
  readonly sharpeInterval: { readonly low: number; readonly high: number } | null;
  /** Symbols that have a page of their own. */
  readonly coinPages: ReadonlySet<string>;
  readonly scoreText: string;
  /** Browser sources, in order: vega, vega-lite, vega-embed. */
  readonly libraries: readonly string[];
}

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

export function reportPage(parts: ReportParts): string {
  const { manifest } = parts;
  const sections = sectionsOf(parts);
  const body = html`<header class="top" id="top">
<h1>${String(manifest.scenario['name'] ?? manifest.strategy.name)}</h1>
<p class="meta">${manifest.kind} of ${manifest.strategy.name} on ${manifest.dataset.name}, ${day(manifest.fromMs)} to ${day(manifest.toMs)} UTC · run <span class="mono">${manifest.runId}</span></p>
${verdictHtml(manifest)}
<nav class="toc" aria-label="Contents">${sections.map((section) => html`<a href="#${section.id}">${section.title}</a>`)}</nav>
</header>
<main>
${sections.map((section) => html`<section id="${section.id}"><h2>${section.title}</h2>${section.body}</section>\n`)}</main>
<footer>Money is in the account's quote currency, times are UTC, an hour is named by its opening. Charts as SVG, PNG and CSV lie in the folder <span class="mono">charts</span> beside this page. Written by Hourglass ${manifest.engineVersion}.</footer>`;
  return pageText({
    title: `${String(manifest.scenario['name'] ?? manifest.strategy.name)} · Hourglass`,
    body,
    blocks: { charts: { type: 'application/json', text: chartsJson(parts.charts) } },
    scripts: [...parts.libraries, drawScript],
  });
}

function verdictHtml(manifest: RunManifest): Html {
  const tone = toneName(manifest.headline.totalReturn);
  const sentence = escapeHtml(verdict(manifest)).replace(
    /^(Gained|Lost) ([\d.,]+ %)/,
    (_, word: string, size: string) => `<b class="${tone}">${word} ${size}</b>`,
  );
  return new Html(`<p class="verdict">${sentence}</p>`);
}

function sectionsOf(parts: ReportParts): Section[] {
  const { manifest, charts } = parts;
  const figure = (id: string) => figureHtml(charts.filter((chart) => chart.id === id));
  const none = parts.trades.length === 0 ? html`<p class="muted">No trade was closed in this run.</p>` : null;
  return [
    { id: 'headline', title: 'Headline', body: headlineHtml(parts) },
    {
      id: 'equity-section',
      title: 'Equity',
      body: html`<div class="grid">${figure('equity')}${figure('drawdown')}${figure('equity-log')}${figure('monthly-returns')}</div>`,
    },
    {
      id: 'book',
      title: 'Exposure',
      body: html`<div class="grid">${figure('exposure')}${figure('positions')}</div>`,
    },
    {
      id: 'pnl',
      title: 'Profit and loss',
      body:
        none ??
        html`<div class="grid">${figure('pnl-by-coin')}${figure('pnl-by-side')}</div>${sidesHtml(parts.trades)}`,
    },
    {
      id: 'trades',
      title: 'Trades',
      body:
        none ??
        html`<div class="grid">${figure('trade-returns')}${figure('mae')}${figure('mfe')}${extremesHtml(parts, 'Best trades')}${extremesHtml(parts, 'Worst trades')}</div>${new Html(parts.scoreText === '' ? '' : `<p class="muted">${escapeHtml(parts.scoreText)}</p>`)}`,
    },
    {
      id: 'exits',
      title: 'Exits',
      body: none ?? html`<div class="grid">${figure('exit-reasons')}</div>${exitsHtml(parts.trades)}`,
    },
    { id: 'stops', title: 'Stops', body: stopsHtml(parts, figure('stop-slippage')) },
    {
      id: 'costs',
      title: 'Costs',
      body: html`<div class="grid">${figure('cost-bridge')}${figure('cost-growth')}</div>${costsHtml(manifest)}`,
    },
    { id: 'refusals', title: 'Refusals', body: refusalsHtml(parts.refusals, manifest) },
    { id: 'coins', title: 'Coins', body: coinsHtml(parts) },
    { id: 'assumptions', title: 'Assumptions', body: assumptionsHtml(manifest) },
    { id: 'facts', title: 'Run facts', body: factsHtml(manifest) },
  ];
}

function headlineHtml(parts: ReportParts): Html {
  const { manifest } = parts;
  const said = cautions(manifest, parts.sharpeInterval);
  const notes =
    said.length === 0
      ? html``
      : html`<div class="notes"><b>Before believing it</b><ul>${said.map((text) => html`<li>${unbroken(text)}</li>`)}</ul></div>`;
  return html`<dl class="cards">${figures(manifest.headline).map(cardHtml)}</dl>${notes}`;
}

function cardHtml(figure: Figure): Html {
  const value = figure.value === null ? '' : String(figure.value);
  return html`<div class="card"><dt>${figure.label}</dt><dd class="${toneName(figure.tone)}" data-headline="${figure.key}" data-value="${value}">${figure.text}</dd><small>${figure.note}</small></div>\n`;
}

function figureHtml(charts: readonly Chart[]): Html[] {
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
function unbroken(text: string): string {
  return text.replaceAll(' %', '\u00a0%');
}

function coinLink(symbol: string, pages: ReadonlySet<string>): string | Html {
  return pages.has(symbol) ? html`<a href="coins/${fileName(symbol)}.html">${symbol}</a>` : symbol;
}

function signedMoney(value: number): HtmlCell {
  return { text: money(value, true), tone: value };
}

function signedPercent(value: number): HtmlCell {
  return { text: percent(value, { signed: true }), tone: value };
}

function sidesHtml(trades: readonly TradeRow[]): Html {
  return html`<div class="panel">${groupTable(
    'side',
    groupTrades(trades, (trade) => sideName(trade.side)),
  )}</div>`;
}

function exitsHtml(trades: readonly TradeRow[]): Html {
  return html`<div class="panel">${groupTable(
    'exit',
    [...groupTrades(trades, (trade) => trade.exitReason)].sort((a, b) => b.trades - a.trades),
  )}</div>`;
}

function groupTable(key: string, groups: readonly TradeGroup[]): Html {
  return tableHtml(
    [
      { title: key },
      { title: 'trades', numeric: true },
      { title: 'net pnl', numeric: true },
      { title: 'won', numeric: true },
      { title: '95 % interval', numeric: true },
      { title: 'mean return', numeric: true },
      { title: 'mean hours', numeric: true },
      { title: 'fees', numeric: true },
      { title: 'slippage', numeric: true },
      { title: 'funding', numeric: true },
    ],
    groups.map((group) => {
      const interval = wilson(group.wins, group.trades);
      return [
        group.key,
        count(group.trades),
        signedMoney(group.pnl),
        percent(group.wins / group.trades, { digits: 1 }),
        `${percent(interval.low, { digits: 1 })} – ${percent(interval.high, { digits: 1 })}`,
        signedPercent(group.returnMean),
        group.hoursMean.toFixed(1),
        money(group.fees),
        money(group.slippage),
        signedMoney(group.funding),
      ];
    }),
  );
}

function extremesHtml(parts: ReportParts, title: 'Best trades' | 'Worst trades'): Html {
  const sign = title === 'Best trades' ? -1 : 1;
  const rows = parts.trades
    .filter((trade) => sign * trade.pnl < 0)
    .sort((a, b) => sign * (a.pnl - b.pnl))
    .slice(0, 10);
  if (rows.length === 0)
    return html`<div class="panel"><h3>${title}</h3><p class="muted">There is none.</p></div>`;
  return html`<div class="panel"><h3>${title}</h3>${tableHtml(
    [
      { title: 'coin' },
      { title: 'side' },
      { title: 'return', numeric: true },
      { title: 'net pnl', numeric: true },
      { title: 'exit by' },
      { title: 'entry' },
      { title: 'hours', numeric: true },
    ],
    rows.map((trade) => [
      coinLink(trade.symbol, parts.coinPages),
      sideName(trade.side),
      signedPercent(trade.netReturn),
      signedMoney(trade.pnl),
      trade.exitReason,
      minute(trade.entryMs),
      count((trade.exitMs - trade.entryMs) / 3_600_000),
    ]),
  )}</div>`;
}

function stopsHtml(parts: ReportParts, chart: Html[]): Html {
  if (parts.stops.length === 0) return html`<p class="muted">No stop filled in this run.</p>`;
  const hours = groupStops(parts.stops, (stop) => stop.timeMs);
  const coins = groupStops(parts.stops, (stop) => stop.symbol);
  return html`<p class="muted">A stop is a wish. When a bar opens beyond the level, the fill is at that open and the loss is larger than planned; when the level is crossed inside a bar, the bar does not tell how fast. So each fill stands beside the worst price of its hour: the truth lies between the two.</p>
<div class="grid">${chart}</div>
<div class="panel"><h3>Worst hours</h3>${stopTable('hour, UTC', hours.slice(0, 10), (group) => minute(Number(group.key)), true)}</div>
${worstHourHtml(parts, Number(hours[0]!.key))}
<div class="panel"><h3>By coin${coins.length > 20 ? `, the dearest 20 of ${coins.length}` : ''}</h3>${stopTable('coin', coins.slice(0, 20), (group) => coinLink(String(group.key), parts.coinPages), false)}</div>`;
}

/** The hour that stops cost most in, stop by stop. */
function worstHourHtml(parts: ReportParts, timeMs: number): Html {
  const stops = parts.stops
    .filter((stop) => stop.timeMs === timeMs)
    .sort((a, b) => b.costBeyond + b.costHourWorst - a.costBeyond - a.costHourWorst)
    .slice(0, 40);
  const table = tableHtml(
    [
      { title: 'coin' },
      { title: 'side' },
      { title: 'level', numeric: true },
      { title: 'fill', numeric: true },
      { title: 'planned', numeric: true },
      { title: 'as filled', numeric: true },
      { title: 'gap at the open', numeric: true },
      { title: "at the hour's worst", numeric: true },
      { title: "more at hour's worst", numeric: true },
    ],
    stops.map((stop) => [
      coinLink(stop.symbol, parts.coinPages),
      stop.side === 1 ? 'long' : 'short',
      price(stop.level),
      price(stop.price),
      percent(stop.planned),
      signedPercent(stop.realised),
      percent(stop.gap),
      signedPercent(stop.hourWorst),
      Number.isFinite(stop.hourWorst) ? money(stop.costHourWorst) : '–',
    ]),
  );
  return html`<div class="panel"><h3>Stop by stop, the hour of ${minute(timeMs)} UTC</h3>${table}</div>`;
}

function stopTable(
  title: string,
  groups: readonly StopGroup[],
  name: (group: StopGroup) => string | Html,
  withCoins: boolean,
): Html {
  return tableHtml(
    [
      { title },
      { title: 'stops', numeric: true },
      { title: 'lost beyond levels', numeric: true },
      { title: "more at hour's worst", numeric: true },
      { title: 'worst fill', numeric: true },
      { title: "hour's worst", numeric: true },
      { title: 'mean fill', numeric: true },
      { title: 'planned', numeric: true },
      { title: 'jumped over', numeric: true },
      ...(withCoins ? [{ title: 'coins', numeric: true }] : []),
    ],
    groups.map((group) => [
      name(group),
      count(group.stops),
      money(group.costBeyond),
      Number.isFinite(group.hourWorst) ? money(group.costHourWorst) : '–',
      signedPercent(group.worst),
      signedPercent(group.hourWorst),
      signedPercent(group.realised),
      percent(group.planned),
      count(group.gapped),
      ...(withCoins ? [count(group.coins)] : []),
    ]),
  );
}

function costsHtml(manifest: RunManifest): Html {
  const { headline } = manifest;
  const share = (value: number) => percent(value / headline.startEquity);
  const perTrade = (value: number) => (headline.trades === 0 ? '–' : money(value / headline.trades));
  const rows: [string, number][] = [
    ['fees', headline.fees],
    ['slippage', headline.slippage],
    ['funding paid', -headline.funding],
    ['all costs', headline.fees + headline.slippage - headline.funding],
  ];
  return html`<div class="panel">${tableHtml(
    [
      { title: 'cost' },
      { title: 'amount', numeric: true },
      { title: 'of start equity', numeric: true },
      { title: 'a trade', numeric: true },
    ],
    rows.map(([name, value]) => [name, money(value), share(value), perTrade(value)]),
  )}<p class="muted">Price moves alone: ${money(beforeCosts(headline), true)}. Slippage is measured against the raw price of each fill; what a stop lost by a jump over its level is a price move and stands under Stops.</p></div>`;
}

function refusalsHtml(groups: readonly RefusalGroup[], manifest: RunManifest): Html {
  if (groups.length === 0)
    return html`<p class="muted">Nothing was refused in ${plural(manifest.headline.decisions, 'decision')}.</p>`;
  const total = groups.reduce((sum, group) => sum + group.count, 0);
  return html`<div class="panel">${tableHtml(
    [
      { title: 'reason' },
      { title: 'refused', numeric: true },
      { title: 'share', numeric: true },
      { title: 'long', numeric: true },
      { title: 'short', numeric: true },
      { title: 'coins', numeric: true },
      { title: 'first' },
      { title: 'last' },
    ],
    groups.map((group) => [
      group.reason,
      count(group.count),
      percent(group.count / total, { digits: 1 }),
      count(group.longs),
      count(group.shorts),
      count(group.coins),
      minute(group.firstMs),
      minute(group.lastMs),
    ]),
  )}<p class="muted">${plural(total, 'target or order', 'targets or orders')} not carried out in ${plural(manifest.headline.decisions, 'decision')}. A refusal is part of normal life: each stands in the run's refusals table with its coin, score and reason.</p></div>`;
}

function coinsHtml(parts: ReportParts): Html {
  const coins = [...groupTrades(parts.trades, (trade) => trade.symbol)].sort(
    (a, b) => Math.abs(b.pnl) - Math.abs(a.pnl),
  );
  const linked = coins.filter((coin) => parts.coinPages.has(coin.key));
  if (coins.length === 0) return html`<p class="muted">No coin was traded.</p>`;
  const left = coins.length - linked.length;
  const rest =
    left === 0
      ? html``
      : html`<p class="muted">${plural(left, 'traded coin')} without a page yet. Write them with <code>hourglass report ${parts.manifest.runId} --coins SYMBOL</code> or <code>--coins all</code>.</p>`;
  return html`<div class="panel"><p>Candles with entries, exits and stops, a page for each coin, the largest profit or loss first.</p><div class="coins">${linked.map((coin) => html`<a href="coins/${fileName(coin.key)}.html">${coin.key} <span class="${toneName(coin.pnl)}">${money(coin.pnl, true)}</span></a>`)}</div>${rest}</div>`;
}

function assumptionsHtml(manifest: RunManifest): Html {
  if (manifest.assumptions.length === 0) return html`<p class="muted">The run states none.</p>`;
  return html`<div class="panel"><ul class="list">${manifest.assumptions.map((text) => html`<li>${text}</li>`)}</ul></div>`;
}

function factsHtml(manifest: RunManifest): Html {
  const facts: [string, string][] = [
    ['run', manifest.runId],
    ['decision digest', manifest.digest],
    ['signal digest', manifest.signalDigest],
    ['dataset', `${manifest.dataset.name} ${manifest.dataset.hash}`],
    ['strategy', `${manifest.strategy.name} ${manifest.strategy.codeHash}`],
    ['models', manifest.models.join(', ') || 'none'],
    ['seed', String(manifest.seed)],
    ['parent run', manifest.parentRunId ?? 'none'],
    ['span', `${minute(manifest.fromMs)} to ${minute(manifest.toMs)} UTC`],
    ['hours, decisions', `${count(manifest.headline.hours)}, ${count(manifest.headline.decisions)}`],
    ['engine', `Hourglass ${manifest.engineVersion}`],
  ];
  const rows = facts.map(([name, value]) => html`<tr><td>${name}</td><td class="mono">${value}</td></tr>\n`);
  const tables = tableHtml(
    [{ title: 'table' }, { title: 'rows', numeric: true }, { title: 'SHA-256' }],
    Object.entries(manifest.tables).map(([name, table]) => [
      name,
      count(table.rows),
      html`<span class="mono">${table.sha256}</span>`,
    ]),
  );
  return html`<div class="panel facts"><table><tbody>${rows}</tbody></table></div>
<div class="panel"><details><summary>Strategy configuration and scenario as resolved</summary><pre>${JSON.stringify({ config: manifest.strategy.config, scenario: manifest.scenario }, null, 2)}</pre></details>
<details><summary>Tables and their hashes</summary>${tables}</details></div>`;
}

/** Charts that draw the same columns share one copy of them. */
function chartsJson(charts: readonly Chart[]): string {
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
const drawScript = `
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
