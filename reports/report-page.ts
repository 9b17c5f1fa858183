/** The page of one run: figures, cautions, charts and tables, in the order in which a reader asks. */

import type { AssumptionLedger } from '../datasets/assumption-ledger.ts';
import type { RunManifest } from '../datasets/runs.ts';
import { wilson } from '../engine/stats/wilson.ts';
import type { AccountParts } from './account.ts';
import { accountHtml, costsHtml } from './account-section.ts';
import { ledgerHtml } from './assumption-ledger.ts';
import type { CautionFacts } from './caution-facts.ts';
import type { Chart } from './chart.ts';
import {
  chartsJson,
  coinLink,
  drawScript,
  figureHtml,
  type Section,
  signedMoney,
  signedPercent,
  unbroken,
} from './figure.ts';
import { fileName } from './file-name.ts';
import { count, day, minute, money, percent, plural } from './format.ts';
import { groupTrades, positionName, sideName, type TradeGroup } from './groups.ts';
import { cautions, type Figure, figures, verdict } from './headline.ts';
import { escapeHtml, Html, html, tableHtml, toneName } from './html.ts';
import { pageText } from './page.ts';
import { exitClause, refusalClause } from './reasons.ts';
import type { RefusalGroup } from './refusals.ts';
import type { StopRow } from './stops.ts';
import { stopsHtml } from './stops-section.ts';
import type { TradeRow } from './trades.ts';

export interface ReportParts {
  readonly manifest: RunManifest;
  readonly charts: readonly Chart[];
  readonly trades: readonly TradeRow[];
  /** Stops and liquidations. */
  readonly stops: readonly StopRow[];
  readonly account: AccountParts;
  /** What each assumption is worth; null where nobody asked. */
  readonly ledger: AssumptionLedger | null;
  readonly cautionFacts: CautionFacts;
  readonly refusals: readonly RefusalGroup[];
  readonly sharpeInterval: { readonly low: number; readonly high: number } | null;
  /** Symbols that have a page of their own. */
  readonly coinPages: ReadonlySet<string>;
  readonly scoreText: string;
  /** Browser sources, in order: vega, vega-lite, vega-embed. */
  readonly libraries: readonly string[];
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
      body: html`<div class="grid">${figure('equity')}${figure('drawdown')}${figure('equity-log')}${figure('wallets')}${figure('monthly-returns')}</div>`,
    },
    {
      id: 'book',
      title: 'Exposure',
      body: html`<div class="grid">${figure('exposure')}${figure('positions')}</div>`,
    },
    ...sectionOf('universe', 'Universe', universeHtml(figure('run-universe'))),
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
    {
      id: 'stops',
      title: 'Stops',
      body: stopsHtml(
        { ...parts, stops: parts.stops.filter(({ kind }) => kind === 'stop') },
        figure('stop-slippage'),
      ),
    },
    ...sectionOf('account', 'Account', accountHtml(parts)),
    {
      id: 'costs',
      title: 'Costs',
      body: html`<div class="grid">${figure('cost-bridge')}${figure('cost-growth')}</div>${costsHtml(parts.account)}`,
    },
    { id: 'refusals', title: 'Refusals', body: refusalsHtml(parts.refusals, manifest) },
    { id: 'coins', title: 'Coins', body: coinsHtml(parts) },
    {
      id: 'assumptions',
      title: 'Assumptions',
      body: html`${assumptionsHtml(manifest)}${parts.ledger === null ? [] : ledgerHtml(parts.ledger, figure('assumption-ledger'))}`,
    },
    { id: 'facts', title: 'Run facts', body: factsHtml(manifest) },
  ];
}

function universeHtml(figures: readonly Html[]): Html | null {
  return figures.length === 0 ? null : html`<div class="grid">${figures}</div>`;
}

/** No section where there is nothing to say. */
function sectionOf(id: string, title: string, body: Html | null): Section[] {
  return body === null ? [] : [{ id, title, body }];
}

function headlineHtml(parts: ReportParts): Html {
  const { manifest } = parts;
  const said = cautions(manifest, parts.sharpeInterval, parts.cautionFacts);
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

function sidesHtml(trades: readonly TradeRow[]): Html {
  return html`<div class="panel">${groupTable(
    'side',
    groupTrades(trades, (trade) => sideName(trade.side)),
  )}</div>`;
}

function exitsHtml(trades: readonly TradeRow[]): Html {
  const groups = [...groupTrades(trades, (trade) => trade.exitReason)].sort((a, b) => b.trades - a.trades);
  return html`<div class="panel">${groupTable('exit', groups)}${clausesHtml(groups.map(({ key }) => [key, `ended ${exitClause(key)}`]))}</div>`;
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
      positionName(trade),
      signedPercent(trade.netReturn),
      signedMoney(trade.pnl),
      trade.exitReason,
      minute(trade.entryMs),
      count((trade.exitMs - trade.entryMs) / 3_600_000),
    ]),
  )}</div>`;
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
      html`<span title="${refusalClause(group.reason)}">${group.reason}</span>`,
      count(group.count),
      percent(group.count / total, { digits: 1 }),
      count(group.longs),
      count(group.shorts),
      count(group.coins),
      minute(group.firstMs),
      minute(group.lastMs),
    ]),
  )}<p class="muted">${plural(total, 'target or order', 'targets or orders')} not carried out in ${plural(manifest.headline.decisions, 'decision')}. A refusal is part of normal life: each stands in the run's refusals table with its coin, score and reason.</p>${clausesHtml(groups.map((group) => [group.reason, refusalClause(group.reason)]))}</div>`;
}

/** What each reason means, for those who do not know its name. */
function clausesHtml(clauses: readonly (readonly [string, string])[]): Html {
  return html`<ul class="list muted">${clauses.map(([name, clause]) => html`<li>${name}: ${clause}</li>`)}</ul>`;
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
