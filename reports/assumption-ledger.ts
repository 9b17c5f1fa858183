/** What each assumption of a run is worth: read back from the run's folder, as a table and as a chart. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AssumptionLedger,
  type LedgerFigures,
  ledgerFile,
  type Sense,
} from '../datasets/assumption-ledger.ts';
import { type Chart, colour } from './chart.ts';
import { signedPercent } from './figure.ts';
import { count, percent } from './format.ts';
import { type Html, html, tableHtml } from './html.ts';
import { ReportError } from './write-file.ts';

/** The ledger of the run in `dir`, dearest assumption first; null where none was asked for. @throws ReportError `ledger-unreadable` */
export async function readLedger(dir: string): Promise<AssumptionLedger | null> {
  const path = join(dir, ledgerFile);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isAbsent(cause)) return null;
    throw unreadable(path, cause);
  }
  try {
    const ledger = JSON.parse(text) as AssumptionLedger;
    const rows = [...ledger.rows].sort((a, b) => Math.abs(b.deltaReturn) - Math.abs(a.deltaReturn));
    return { rows, triple: ledger.triple, leftOut: [...ledger.leftOut] };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function isAbsent(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
}

function unreadable(path: string, cause: unknown): ReportError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ReportError(
    'ledger-unreadable',
    `cannot read the ledger of assumptions ${path}: ${reason}. Run the scenario again with --assumptions, or remove the file and write the report without it.`,
    cause,
  );
}

export function ledgerHtml({ rows, triple, leftOut }: AssumptionLedger, chart: Html[]): Html {
  const table = tableHtml(
    [
      { title: 'assumption' },
      { title: 'change of return', numeric: true },
      { title: 'drawdown', numeric: true },
      { title: 'trades', numeric: true },
      { title: 'makes it' },
    ],
    rows.map((row) => [
      html`${row.flip}: ${row.from} → ${row.to}`,
      signedPercent(row.deltaReturn),
      percent(row.deltaDrawdown, { signed: true }),
      `${row.deltaTrades > 0 ? '+' : ''}${count(row.deltaTrades)}`,
      row.sense,
    ]),
  );
  const out =
    leftOut.length === 0
      ? html``
      : html`<details><summary>Assumptions that could not be tried</summary><ul class="list">${leftOut.map(({ flip, reason }) => html`<li>${flip}: ${reason}</li>`)}</ul></details>`;
  return html`<div class="panel"><h3>What each assumption is worth</h3><p class="muted">The scenario ran once more for each of them made otherwise; the largest change of the total return first, in points.</p>${table}${tripleHtml(triple)}${out}</div>
<div class="grid" style="margin-top:16px">${chart}</div>`;
}

function tripleHtml(triple: AssumptionLedger['triple']): Html {
  const row = (name: Sense | 'realistic', figures: LedgerFigures | null) => [
    name,
    figures === null ? 'cannot run' : signedPercent(figures.totalReturn),
    figures === null ? '–' : percent(-figures.maxDrawdown),
    figures === null ? '–' : count(figures.trades),
  ];
  return tableHtml(
    [
      { title: 'all that cost (or helped) this run together' },
      { title: 'total return', numeric: true },
      { title: 'max drawdown', numeric: true },
      { title: 'trades', numeric: true },
    ],
    [
      row('pessimistic', triple.pessimistic),
      row('realistic', triple.realistic),
      row('optimistic', triple.optimistic),
    ],
  );
}

export function ledgerChart({ rows, triple }: AssumptionLedger): Chart {
  const together = (['pessimistic', 'optimistic'] as const).flatMap((sense) => {
    const figures = triple[sense];
    const change = (figures?.totalReturn ?? 0) - triple.realistic.totalReturn;
    return figures === null ? [] : [{ label: `all ${sense}`, change, sense, total: figures.totalReturn }];
  });
  const single = rows.map((row) => ({
    label: `${row.flip} → ${row.to}`,
    change: row.deltaReturn,
    sense: row.sense,
    total: row.totalReturn,
  }));
  const drawn = [...together, ...single];
  return {
    id: 'assumption-ledger',
    title: 'Change of the total return by assumption',
    reading: ledgerReading({ rows, triple }),
    columns: {
      assumption: drawn.map(({ label }) => label),
      change: drawn.map(({ change }) => change),
      total_return: drawn.map(({ total }) => total),
      sense: drawn.map(({ sense }) => sense),
    },
    times: [],
    wide: true,
    spec: {
      height: { step: 26 },
      layer: [
        {
          mark: { type: 'bar', cornerRadius: 1 },
          encoding: {
            y: {
              field: 'assumption',
              type: 'nominal',
              sort: null,
              title: null,
              axis: { labelLimit: { expr: 'width < 480 ? 150 : 360' } },
            },
            x: {
              field: 'change',
              type: 'quantitative',
              title: 'change of the total return, points',
              axis: { format: '.2~%', grid: true, tickCount: 5 },
            },
            color: {
              field: 'sense',
              type: 'nominal',
              scale: {
                domain: ['pessimistic', 'neutral', 'optimistic'],
                range: [colour.loss, colour.third, colour.gain],
              },
            },
            tooltip: [
              { field: 'assumption', type: 'nominal', title: 'flip' },
              { field: 'change', type: 'quantitative', title: 'change', format: '+.3%' },
              { field: 'total_return', type: 'quantitative', title: 'total return', format: '+.2%' },
            ],
          },
        },
        {
          data: { values: [{}] },
          mark: { type: 'rule', color: colour.muted },
          encoding: { x: { datum: 0 } },
        },
      ],
    },
  };
}

function ledgerReading({ rows, triple }: Omit<AssumptionLedger, 'leftOut'>): string {
  const said = (figures: LedgerFigures | null) =>
    figures === null ? 'unknown' : percent(figures.totalReturn, { signed: true });
  const span = `With every pessimistic choice the run returns ${said(triple.pessimistic)}, as it is ${said(triple.realistic)}, with every optimistic one ${said(triple.optimistic)}.`;
  const dearest = rows[0];
  if (dearest === undefined) return `No single assumption could be tried. ${span}`;
  return `The dearest assumption: ${dearest.flip}, ${dearest.from} → ${dearest.to}, changes the return by ${percent(dearest.deltaReturn, { signed: true })}. ${span}`;
}
