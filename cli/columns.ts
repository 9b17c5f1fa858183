import { type Command, Option } from 'commander';
import type { Allowance, ColumnSetManifest } from '../datasets/columns/column-set.ts';
import type { QualityFinding } from '../engine/columns/quality/verdicts.ts';
import type { ColumnBuild } from '../scenarios/columns/build.ts';
import { exitCodes, UsageFault } from './failure.ts';
import { wholeNumber } from './numbers.ts';
import type { Act } from './program.ts';
import { sessionStore } from './store.ts';
import { tableText } from './table.ts';

interface BuildOptions {
  readonly set: string;
  readonly allowUnfilled?: readonly string[];
  readonly approximate?: readonly string[];
  readonly dailyVolumeMin: number;
  readonly export?: boolean;
  readonly report: boolean;
  readonly workers?: number;
}

/** The command `columns`, to which its subcommands are added. */
export function addColumns(program: Command, act: Act): void {
  const columns = program
    .command('columns')
    .description('feature sets over a dataset: compute, check, store');
  columns
    .command('build <dataset>')
    .description('compute a set and check it; exit code 1 where a column is not as it should be')
    .requiredOption('--set <name or file>', 's1, s2, s3, or a .ts or .js file that exports a set')
    .option('--allow-unfilled <column=reason...>', 'columns that may be odd, each with the reason')
    .addOption(
      new Option('--approximate <input...>', 'make up what bars lack, and say so').choices(['quote-volume']),
    )
    .option(
      '--daily-volume-min <quote>',
      'least median daily quote volume of an eligible coin',
      wholeNumber(0),
      0,
    )
    .option('--export', 'store the values too, as Parquet')
    .option('--no-report', 'leave the page out')
    .option('--workers <n>', 'worker threads', wholeNumber(1))
    .action(async (dataset: string, options: BuildOptions, command: Command) => {
      const allowed = allowances(options.allowUnfilled ?? []);
      await act(command, async (session) => {
        const { buildColumns } = await import('../scenarios/columns/build.ts');
        const build = await buildColumns(await sessionStore(session), {
          ...{ dataset, set: options.set, allowed, progress: session.progress },
          approximateQuoteVolume: options.approximate?.includes('quote-volume') ?? false,
          dailyVolumeMin: options.dailyVolumeMin,
          exportValues: options.export === true,
          ...(options.report ? { pageAtMs: Date.now() } : {}),
          ...(options.workers === undefined ? {} : { workers: options.workers }),
        });
        for (const column of build.report.idleAllowances)
          session.remark(`${column} was allowed, and need not have been`);
        session.answer(answerOf(build), () => buildText(build));
        if (build.dir === null) session.endWith(exitCodes.negative);
      });
    });
}

function allowances(given: readonly string[]): readonly Allowance[] {
  const parsed = given.map((text) => {
    const at = text.indexOf('=');
    return { text, column: text.slice(0, at), reason: text.slice(at + 1).trim(), isWhole: at > 0 };
  });
  const bad = parsed.filter(({ isWhole, reason }) => !isWhole || reason === '');
  if (bad.length > 0) {
    throw new UsageFault(
      'columns may be allowed with a reason only',
      bad.map(({ text }) => ({
        path: '--allow-unfilled',
        message: `${JSON.stringify(text)} must be COLUMN=reason, such as "news_cnt_24h=no news in April"`,
      })),
    );
  }
  return parsed.map(({ column, reason }) => ({ column, reason }));
}

function answerOf({ manifest, report, dir, page }: ColumnBuild): object {
  const { dataset, set, hash, rows, columns, allowed, pending, approximations, universe } = manifest;
  return {
    ...{ dataset, set, hash, rows, columns: columns.length },
    fill: columns.map(({ name, fillShare, ...counts }) => ({
      ...{ column: name, rows: counts.rows, filled: counts.filled, fillShare },
      allowed: allowed.find(({ column }) => column === name)?.reason ?? null,
    })),
    ...{ allowed, pending, approximations, universe, findings: report.findings, dir, report: page },
  };
}

function buildText({ manifest, report, dir, page }: ColumnBuild): string {
  const { dataset, set, columns, pending, approximations, universe, hash } = manifest;
  const stopping = report.findings.filter(({ allowed }) => allowed === null);
  const rows = columns
    .filter(({ fillShare }) => fillShare === null || fillShare < 1)
    .map(({ name, rows: eligible, filled, fillShare }) => ({
      ...{ column: name, 'eligible rows': eligible, filled },
      share: fillShare === null ? null : `${(fillShare * 100).toFixed(2)} %`,
    }));
  const full = columns.length - rows.length;
  return [
    `${set} over ${dataset}: ${columns.length} columns, ${manifest.rows.toLocaleString('en')} bars; universe of ${universe.min} to ${universe.max} coins, median ${universe.median}`,
    ...(rows.length === 0 ? [] : [tableText(rows)]),
    ...(full === 0
      ? []
      : [`${full} ${rows.length === 0 ? '' : 'other '}columns are filled in every eligible row`]),
    ...pendingText(pending),
    ...approximations.map((line) => `approximate: ${line}`),
    ...report.findings
      .filter(({ allowed }) => allowed !== null)
      .map(({ column, message, allowed }) => `allowed: ${column}: ${message} (${allowed})`),
    ...stopping.map((finding) => findingText(finding, manifest)),
    dir === null
      ? `not stored: ${stopping.length} ${stopping.length === 1 ? 'finding' : 'findings'} to settle`
      : `hash ${hash}\n${dir}`,
    ...(page === null ? [] : [page]),
  ].join('\n');
}

function pendingText(pending: ColumnSetManifest['pending']): readonly string[] {
  if (pending.length === 0) return [];
  const names = pending.map(({ column }) => column).join(', ');
  return [`${pending.length} columns wait for a model or a classifier: ${names}`];
}

function findingText({ column, rule, message }: QualityFinding, { columns }: ColumnSetManifest): string {
  const needs = columns.find(({ name }) => name === column)?.needs ?? [];
  const remedy = needs.includes('quote-volume')
    ? '; where bars lack quote volume alone, --approximate quote-volume makes it up'
    : '';
  return `${rule}: ${column}: ${message}\n    Import what it takes, or allow it by name: --allow-unfilled "${column}=REASON"${remedy}`;
}
