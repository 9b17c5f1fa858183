/** The page of a set of columns over a dataset: what was built, how full it is, and what the look-ahead audit said of it. */
import { detectorNames } from '../engine/columns/audit/findings.ts';
import { universeReasons } from '../engine/columns/universe/universe.ts';
import { auditHtml } from './audit-section.ts';
import type { Chart } from './chart.ts';
import { reasonClauses } from './charts/universe.ts';
import type { ColumnAuditFacts, ColumnBuildFacts, UniverseFacts } from './column-facts.ts';
import { chartsJson, drawScript, figureHtml, type Section, unbroken } from './figure.ts';
import { fillHtml, shareText } from './fill-section.ts';
import { count, day, minute, plural } from './format.ts';
import { type Html, html, sortScript, tableHtml } from './html.ts';
import { pageText } from './page.ts';
import { residualHtml } from './residual-section.ts';

export interface ColumnsPageParts {
  readonly dataset: string;
  readonly set: string;
  /** Null where that command has not run. */
  readonly build: ColumnBuildFacts | null;
  readonly audit: ColumnAuditFacts | null;
  readonly charts: readonly Chart[];
  readonly engineVersion: string;
  /** Browser sources, in order: vega, vega-lite, vega-embed. */
  readonly libraries: readonly string[];
}

export function columnsPage(parts: ColumnsPageParts): string {
  const { dataset, set, build, audit } = parts;
  const sections = sectionsOf(parts);
  const title = `Columns ${set} over ${dataset}`;
  const span = build === null ? '' : `${day(build.manifest.fromMs)} to ${day(build.manifest.toMs)} UTC · `;
  const body = html`<header class="top" id="top">
<h1>${title}</h1>
<p class="meta">${span}${build === null ? 'not built' : `built ${minute(build.builtMs)}`} · ${audit === null ? 'not audited' : `audited ${minute(audit.auditedMs)}`} UTC</p>
<p class="verdict">${columnsVerdict(build)} ${auditVerdict(audit)}</p>
<nav class="toc" aria-label="Contents">${sections.map((section) => html`<a href="#${section.id}">${section.title}</a>`)}</nav>
</header>
<main>
${sections.map((section) => html`<section id="${section.id}"><h2>${section.title}</h2>${section.body}</section>\n`)}</main>
<footer>Times are UTC; a row is known at the close of its hour. All figures stand in ${build === null ? '' : html`<a href="build.json">build.json</a>`}${build !== null && audit !== null ? ' and ' : ''}${audit === null ? '' : html`<a href="audit.json">audit.json</a>`}, the charts as SVG, PNG and CSV in the folder <span class="mono">charts</span>. Written by Hourglass ${parts.engineVersion}.</footer>`;
  return pageText({
    title: `${title} · Hourglass`,
    body,
    blocks: { charts: { type: 'application/json', text: chartsJson(parts.charts) } },
    scripts: [...parts.libraries, sortScript, drawScript],
  });
}

function columnsVerdict(build: ColumnBuildFacts | null): Html {
  if (build === null) return html`The set has not been built.`;
  const { manifest } = build;
  const failing = failingColumns(build);
  const size = `${plural(manifest.columns.length, 'column')} over ${plural(manifest.rows, 'bar')}`;
  if (failing.length > 0)
    return html`<b class="loss">${plural(failing.length, 'column is', 'columns are')} not as ${failing.length === 1 ? 'it' : 'they'} should be</b>, of ${size}, and the set was not stored: ${failing.join(', ')}.`;
  const odd = new Set(manifest.findings.map(({ column }) => column)).size;
  const allowed =
    odd === 0 ? 'each as it should be' : `${plural(odd, 'of them is', 'of them are')} odd and allowed`;
  return html`<b class="gain">${size}</b>, ${allowed}.`;
}

function failingColumns({ manifest }: ColumnBuildFacts): readonly string[] {
  const failing = manifest.findings.filter(({ allowed }) => allowed === null);
  return [...new Set(failing.map(({ column }) => column))];
}

function auditVerdict(audit: ColumnAuditFacts | null): Html {
  if (audit === null) return html`Whether they look ahead has not been audited.`;
  const { leaks, clean } = audit.result;
  if (leaks.length > 0) {
    const fields = [...new Set(leaks.map(({ field, subject }) => (field === '' ? subject : field)))];
    const detectors = [...new Set(leaks.map(({ detector }) => detectorNames[detector]))];
    return html`<b class="loss">${plural(leaks.length, 'leak')}</b>: ${fields.join(', ')} ${fields.length === 1 ? 'sees' : 'see'} the future, told by ${detectors.join(', ')}.`;
  }
  return clean
    ? html`<b class="gain">Nothing looks ahead</b>, as far as was compared.`
    : html`<b class="loss">The audit could compare nothing</b>: the market is too short.`;
}

function sectionsOf(parts: ColumnsPageParts): Section[] {
  const { build, audit, charts } = parts;
  const figure = (...ids: string[]) => figureHtml(charts.filter(({ id }) => ids.includes(id)));
  const built =
    build === null
      ? []
      : [
          {
            ...{ id: 'universe-section', title: 'Universe' },
            body: html`<div class="grid">${figure('universe', 'left-out')}</div>${reasonsHtml(build.universe)}`,
          },
          { id: 'fill-section', title: 'Fill', body: fillHtml(build, figure('fill')) },
          ...(build.regime === null
            ? []
            : [{ id: 'regime-section', title: 'Regime', body: regimeHtml(figure('regime')) }]),
          ...(build.residual === null
            ? []
            : [
                {
                  ...{ id: 'residual-section', title: 'BTC residual' },
                  body: residualHtml(build.residual, figure('residual-weeks', 'residual-coins')),
                },
              ]),
        ];
  return [
    { id: 'headline', title: 'Headline', body: headlineHtml(parts) },
    ...built,
    {
      ...{ id: 'audit-section', title: 'Look-ahead audit' },
      body: audit === null ? unauditedHtml(parts) : auditHtml(audit),
    },
    { id: 'facts', title: 'What it was made of', body: factsHtml(parts) },
  ];
}

function regimeHtml(figures: readonly Html[]): Html {
  return html`<p class="muted">What was told on each day, from that day's version of the parameters and the 90 days before it. Nothing here is smoothed: a path fitted to the whole history would see the future.</p><div class="grid">${figures}</div>`;
}

function unauditedHtml({ dataset, set }: ColumnsPageParts): Html {
  return html`<p class="muted">It has not run. Run <code>hourglass columns audit ${dataset} --set ${set}</code>, which completes this page.</p>`;
}

function headlineHtml(parts: ColumnsPageParts): Html {
  const said = cautions(parts);
  const notes =
    said.length === 0
      ? html``
      : html`<div class="notes"><b>Before using it</b><ul>${said.map((text) => html`<li>${unbroken(text)}</li>`)}</ul></div>`;
  return html`<dl class="cards">${cardsOf(parts).map(
    ({ key, label, text, note }) =>
      html`<div class="card"><dt>${label}</dt><dd data-headline="${key}">${text}</dd><small>${note}</small></div>\n`,
  )}</dl>${notes}`;
}

interface Card {
  readonly key: string;
  readonly label: string;
  readonly text: string;
  readonly note: string;
}

function cardsOf({ build, audit }: ColumnsPageParts): readonly Card[] {
  const cards = build === null ? [] : buildCards(build);
  if (audit === null) return cards;
  const made = Object.values(audit.result.ran).reduce((sum, one) => sum + one, 0);
  const { leaks, notRun } = audit.result;
  const note = `${plural(made, 'comparison')}, ${plural(notRun.length, 'detector')} not run`;
  return [...cards, { key: 'leaks', label: 'Leaks', text: count(leaks.length), note }];
}

function buildCards({ manifest }: ColumnBuildFacts): readonly Card[] {
  const { columns, pending, findings, universe } = manifest;
  const due = columns.filter(({ fillShare }) => fillShare !== null);
  const emptiest = due.reduce<(typeof due)[number] | null>(
    (least, column) => (least === null || column.fillShare! < least.fillShare! ? column : least),
    null,
  );
  const stopping = findings.filter(({ allowed }) => allowed === null).length;
  return [
    { key: 'rows', label: 'Bars', text: count(manifest.rows), note: 'coins and hours that have one' },
    {
      ...{ key: 'columns', label: 'Columns', text: count(columns.length) },
      note:
        pending.length === 0
          ? 'all that the set declares'
          : `${pending.length} more wait for a model or a classifier`,
    },
    {
      ...{ key: 'universe', label: 'Universe', text: count(universe.median) },
      note: `median of the hours; ${universe.min} to ${universe.max} coins`,
    },
    {
      ...{ key: 'fill', label: 'Emptiest column', text: shareText(emptiest?.fillShare ?? null) },
      note: emptiest === null ? 'no row was due' : emptiest.name,
    },
    {
      ...{ key: 'findings', label: 'Findings', text: count(findings.length) },
      note: stopping === 0 ? 'all allowed by name or declared' : `${stopping} not allowed`,
    },
  ];
}

/** What a reader must know before using the set, in sentences. */
function cautions({ build, audit, dataset, set }: ColumnsPageParts): readonly string[] {
  if (build === null)
    return [`Only the audit has run. Build the set: hourglass columns build ${dataset} --set ${set}`];
  const { manifest, stored } = build;
  const { pending, unknownSymbols: unknown } = manifest;
  const left = unknown.news + unknown.marketCap + unknown.instruments;
  return [
    ...(stored ? [] : ['The set was not stored: settle each finding under Fill, or allow it by name.']),
    ...(audit !== null && audit.datasetHash !== manifest.datasetHash
      ? ['The audit and the build are of different contents of the dataset: run the older of the two again.']
      : []),
    ...(audit !== null && audit.setHash !== manifest.setHash
      ? ['The audit and the build are of different versions of the set: run the older of the two again.']
      : []),
    ...manifest.allowed.map(({ column, reason }) => `${column} was allowed: ${reason}.`),
    ...manifest.approximations.map((line) => `Approximated: ${line}.`),
    ...(manifest.dailyVolumeMin > 0
      ? [
          `Coins of less than ${count(manifest.dailyVolumeMin)} median daily quote volume are not in the universe.`,
        ]
      : []),
    ...waiting(pending),
    ...(left === 0
      ? []
      : [
          `Records that name symbols without bars were left out: ${count(unknown.news)} links of news, ${count(unknown.marketCap)} rows of market capitalisation, ${count(unknown.instruments)} instruments.`,
        ]),
  ];
}

/** What the pending columns lack, as a reader would call it. */
const lacking: Readonly<Record<string, string>> = {
  stored: 'scores of a model',
  'news-classes': 'classes of news',
};

function waiting(pending: ColumnBuildFacts['manifest']['pending']): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const { column, needs } of pending) {
    const lack = needs.map((need) => lacking[need] ?? need).join(' and ');
    groups.set(lack, [...(groups.get(lack) ?? []), column]);
  }
  return [...groups].map(
    ([lack, columns]) =>
      `${plural(columns.length, 'column waits', 'columns wait')} for ${lack}: ${columns.join(', ')}.`,
  );
}

function reasonsHtml({ timeMs, coins }: UniverseFacts): Html {
  const occurring = universeReasons.filter((reason) => coins[reason].some((value) => value > 0));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return html`<div class="panel">${tableHtml(
    [
      { title: 'reason' },
      { title: 'first day', numeric: true },
      { title: 'last day', numeric: true },
      { title: 'mean', numeric: true },
      { title: 'most', numeric: true },
      { title: 'meaning' },
    ],
    occurring.map((reason) => [
      reason,
      count(coins[reason][0]!),
      count(coins[reason].at(-1)!),
      mean(coins[reason]).toFixed(1),
      count(Math.max(...coins[reason])),
      { text: reasonClauses[reason], wrap: true },
    ]),
  )}<p class="muted">Counted at the close of the last hour of ${plural(timeMs.length, 'day')}. A coin has one reason, the first that applies.</p></div>`;
}

function factsHtml({ build, audit, engineVersion }: ColumnsPageParts): Html {
  const facts: readonly (readonly [string, string])[] = [
    ...(build === null
      ? []
      : ([
          ['dataset', `${build.manifest.dataset} ${build.manifest.datasetHash}`],
          ['set', `${build.manifest.set} ${build.manifest.setHash}`],
          ['values', build.manifest.hash],
          ['stored', build.stored ? 'yes' : 'no: some finding is not allowed'],
          [
            'files of values',
            build.manifest.files.length === 0 ? 'none: not asked for' : count(build.manifest.files.length),
          ],
          ['regime versions', count(build.manifest.regimeVersions)],
          ['built', `${minute(build.builtMs)} UTC by Hourglass ${build.manifest.engineVersion}`],
        ] as const)),
    ...(audit === null
      ? []
      : ([
          ['audited dataset', `${audit.dataset} ${audit.datasetHash}`],
          ['audited set', `${audit.set} ${audit.setHash}`],
          ['audited', `${minute(audit.auditedMs)} UTC`],
        ] as const)),
    ['page', `Hourglass ${engineVersion}`],
  ];
  const rows = facts.map(([name, value]) => html`<tr><td>${name}</td><td class="mono">${value}</td></tr>\n`);
  return html`<div class="panel facts"><table><tbody>${rows}</tbody></table></div>`;
}
