/** How full each column of a set is, what is odd about it, and why that was let pass. */
import type { StoredColumn } from '../datasets/columns/column-set.ts';
import type { QualityFinding } from '../engine/columns/quality/verdicts.ts';
import type { ColumnBuildFacts, ColumnFill } from './column-facts.ts';
import { unbroken } from './figure.ts';
import { count, day, percent, plural } from './format.ts';
import { type Html, type HtmlCell, html, tableHtml } from './html.ts';

export function fillHtml(facts: ColumnBuildFacts, figures: readonly Html[]): Html {
  const { columns } = facts.manifest;
  const odd = facts.manifest.findings.length === 0 ? html`` : findingsHtml(facts);
  return html`<p class="muted">A row is due where the coin is eligible and the column's warm-up lies behind it. Press a heading to sort by it.</p>
${odd}<div class="panel" id="fill-table">${tableHtml(
    [
      { title: 'column' },
      { title: 'filled', numeric: true },
      { title: 'verdict' },
      { title: 'worst day' },
      { title: 'filled on it', numeric: true },
      { title: 'constant days', numeric: true },
      { title: 'same as' },
      { title: 'rows due', numeric: true },
      { title: 'group' },
      { title: 'unit' },
    ],
    columns.map((column, index) => columnRow(column, facts.fill.columns[index]!, facts)),
    { sortable: true },
  )}</div>
<div class="grid">${figures}</div>`;
}

function columnRow(
  { name, group, unit, formula, fillShare, rows, marketWide }: StoredColumn,
  { worst, constantDays }: ColumnFill,
  { manifest }: ColumnBuildFacts,
): (string | Html | HtmlCell)[] {
  const own = manifest.findings.filter(({ column }) => column === name);
  const shown = (share: number | null | undefined): HtmlCell => ({
    text: shareText(share ?? null),
    sort: share ?? -1,
    ...(share !== null && share !== undefined && share < 0.95 ? { tone: -1 } : {}),
  });
  return [
    html`<span class="mono" title="${formula}">${name}</span>`,
    shown(fillShare),
    verdictCell(own, rows),
    worst === null || worst.share === 1
      ? { text: '–', sort: 0 }
      : { text: day(worst.dayMs), sort: worst.dayMs },
    shown(worst?.share),
    {
      text: marketWide ? 'one for all' : count(constantDays),
      sort: marketWide ? -1 : constantDays,
    },
    twinOf(own),
    { text: count(rows), sort: rows },
    group,
    unit,
  ];
}

/** A share just below one is never shown as all. */
export function shareText(share: number | null): string {
  if (share === null) return '–';
  return share < 1 && share > 0.9999 ? '< 100 %' : unbroken(percent(share));
}

/** The column that it repeats to the bit. */
function twinOf(findings: readonly QualityFinding[]): string {
  const message = findings.find(({ rule }) => rule === 'duplicate')?.message ?? '';
  return /^the same values as ([^,\s]+)/.exec(message)?.[1] ?? '';
}

function verdictCell(findings: readonly QualityFinding[], rows: number): HtmlCell {
  const stopping = findings.filter(({ allowed }) => allowed === null);
  const rules = (some: readonly QualityFinding[]) => [...new Set(some.map(({ rule }) => rule))].join(', ');
  if (stopping.length > 0) return { text: rules(stopping), tone: -1 };
  if (findings.length > 0) return { text: `${rules(findings)}: allowed` };
  return { text: rows === 0 ? 'no row due' : 'as it should be' };
}

function findingsHtml({ manifest }: ColumnBuildFacts): Html {
  const { findings } = manifest;
  const stopping = findings.filter(({ allowed }) => allowed === null).length;
  const title =
    stopping === 0
      ? `${plural(findings.length, 'oddity', 'oddities')}, each allowed`
      : `${plural(stopping, 'finding')} to settle${stopping === findings.length ? '' : `, and ${findings.length - stopping} allowed`}`;
  return html`<div class="panel" id="findings"><h3>${title}</h3>${tableHtml(
    [
      { title: 'column' },
      { title: 'rule' },
      { title: 'what is odd' },
      { title: 'from' },
      { title: 'allowed because' },
    ],
    findings.map(({ column, rule, message, fromMs, allowed }) => [
      html`<span class="mono">${column}</span>`,
      { text: rule, ...(allowed === null ? { tone: -1 } : {}) },
      { text: unbroken(message), wrap: true },
      fromMs === null ? 'the whole span' : day(fromMs),
      { text: allowed ?? 'nothing: it keeps the set from being stored', wrap: true },
    ]),
  )}</div>`;
}
