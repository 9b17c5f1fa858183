import { type Command, Option } from 'commander';
import type { Finding } from '../datasets/check/finding.ts';
import type { ImportRequest } from '../datasets/import/request.ts';
import type { Store } from '../datasets/store.ts';
import { addDownload } from './data-download.ts';
import { addRepair, repairsText } from './data-repair.ts';
import { exitCodes } from './failure.ts';
import { wholeNumber } from './numbers.ts';
import type { Act } from './program.ts';
import type { Session } from './session.ts';
import { sessionStore } from './store.ts';
import type { SynthFlags } from './synth-options.ts';
import { tableText } from './table.ts';

export function addData(program: Command, act: Act): void {
  const data = program.command('data').description('datasets: make, import, look at, check');
  addImport(data, act);
  addSynth(data, act);
  addDownload(data, act);
  addLooking(data, act);
  addCheck(data, act);
  addRepair(data, act);
}

function addImport(data: Command, act: Act): void {
  const command = data
    .command('import <name>')
    .description('take Parquet, CSV or JSON files (also .gz) into the store')
    .requiredOption('--bars <files...>', 'hourly bars')
    .option('--funding <files...>', 'funding settlements')
    .option('--mark <files...>', 'hourly mark prices')
    .option('--spot <files...>', 'hourly bars of the spot market')
    .option('--detail <length=files...>', 'finer bars, such as 15m=FILE')
    .option('--brackets <files...>', 'leverage tiers, FILE or FILE@DATE (from when they hold)')
    .option('--exchange-info <files...>', "the exchange's list of instruments and filters, FILE or FILE@DATE")
    .option('--renames <files...>', 'renames and redenominations: from, to, factor, time')
    .option('--scores <files...>', 'stored columns per coin and hour, such as scores and logits')
    .option('--news <files...>', 'articles: one JSON object a line, or CSV with title, time and source')
    .option('--fear-greed <files...>', 'Fear & Greed index by day')
    .option('--market-cap <files...>', 'market capitalisation by coin and day, US dollars');
  command.action(async (name: string, options: Omit<ImportRequest, 'name'>) => {
    await act(command, async (session) => {
      const { importDataset } = await import('../datasets/import/import.ts');
      const { progress, signal } = session;
      const store = await sessionStore(session);
      const former = await formerHash(store, name);
      const result = await importDataset(store, { ...options, name }, { progress, signal });
      remarkReplaced(session, name, former, result.hash);
      session.answer(result, () => importText(result));
    });
  });
}

interface Imported {
  readonly dataset: string;
  readonly hash: string;
  readonly rows: number;
  readonly symbols: number;
  readonly from: number | string;
  readonly to: number | string;
}

function importText(
  result: Imported & {
    readonly rejected: readonly { file: string; rule: string; rows: number; example: string }[];
    readonly notes: readonly string[];
  },
): string {
  const rejected = result.rejected.map(({ file, rule, rows, example }) => ({
    file,
    rule,
    rows,
    first: example,
  }));
  return [
    datasetText(result),
    ...(rejected.length === 0 ? [] : [`not taken:\n${tableText(rejected)}`]),
    ...result.notes.map((note) => `note: ${note}`),
  ].join('\n');
}

/** Hash of the dataset that is about to be replaced; null where there is none. */
async function formerHash(store: Store, name: string): Promise<string | null> {
  const { listDatasets } = await import('../datasets/catalogue.ts');
  const { datasets } = await listDatasets(store);
  return datasets.find((dataset) => dataset.name === name)?.hash ?? null;
}

function remarkReplaced(session: Session, name: string, former: string | null, hash: string): void {
  if (former !== null && former !== hash) {
    session.remark(`this replaced the former dataset ${name} (hash ${former.slice(0, 12)}…)`);
  }
}

function datasetText({ dataset, hash, rows, symbols, from, to }: Imported): string {
  return `${dataset}: ${rows.toLocaleString('en')} bars of ${symbols} ${symbols === 1 ? 'symbol' : 'symbols'}, ${day(from)} to ${day(to)}\nhash ${hash}`;
}

function day(time: number | string): string {
  return new Date(time).toISOString().slice(0, 10);
}

function addSynth(data: Command, act: Act): void {
  data
    .command('synth <name>')
    .description('plant a market whose truth is known')
    .addOption(
      new Option('--preset <preset>', 'S 60 coins, M 300, L 1,000').choices(['S', 'M', 'L']).default('S'),
    )
    .option('--seed <n>', 'another seed is another market', wholeNumber(0), 1)
    .option(
      '--set <components...>',
      'COMPONENT=true, false or a strength, such as reversal=0.1; or the set noise',
    )
    .option('--detail <length>', 'store finer bars too, such as 15m or 1m')
    .option('--detail-symbols <symbols...>', 'of these symbols alone')
    .option('--workers <n>', 'threads that plant; 0 for none beside the first', wholeNumber(0))
    .action(async (name: string, flags: SynthFlags, command: Command) => {
      await act(command, async (session) => {
        const { parseSynth } = await import('./synth-options.ts');
        const { synthDataset } = await import('../datasets/planted/synth.ts');
        const request = { name, ...parseSynth(flags), signal: session.signal };
        const store = await sessionStore(session);
        const former = await formerHash(store, name);
        const result = await synthDataset(store, request, session.progress);
        remarkReplaced(session, name, former, result.hash);
        session.answer(result, () => datasetText(result));
      });
    });
}

function addLooking(data: Command, act: Act): void {
  data
    .command('list')
    .description('datasets in the store')
    .action(async (_options, command: Command) => {
      await act(command, async (session) => {
        const { listDatasets } = await import('../datasets/catalogue.ts');
        const { datasets, unreadable } = await listDatasets(await sessionStore(session));
        for (const { name, message } of unreadable) session.remark(`${name} cannot be read: ${message}`);
        const rows = datasets.map(({ name, symbols, rows: bars, fromMs, toMs, tables, hash }) => ({
          name,
          symbols,
          bars,
          from: day(fromMs),
          to: day(toMs),
          tables: tables.join(' '),
          hash: hash.slice(0, 12),
        }));
        session.answer({ rows: datasets, unreadable }, () =>
          tableText(rows, 'no datasets; make one with: hourglass data synth planted'),
        );
      });
    });
  data
    .command('show <name>')
    .description('one dataset: its tables, spans and gaps')
    .action(async (name: string, _options, command: Command) => {
      await act(command, async (session) => {
        const { showDataset } = await import('../datasets/catalogue.ts');
        const { manifest, tables } = await showDataset(await sessionStore(session), name);
        const rows = tables.flatMap(({ table, rows: count, columns }) =>
          columns.map((column) => ({
            table,
            column: column.name,
            type: column.type,
            rows: count,
            nulls: column.nulls,
          })),
        );
        const head = datasetText({
          ...manifest,
          dataset: manifest.name,
          from: manifest.fromMs,
          to: manifest.toMs,
        });
        const repairs = manifest.repairs ?? [];
        const mended =
          repairs.length === 0
            ? ''
            : `\nrepaired from ${manifest.parent?.slice(0, 12)}:\n${repairsText(repairs)}`;
        session.answer({ manifest, rows: tables }, () => `${head}${mended}\n\n${tableText(rows)}`);
      });
    });
  data
    .command('sql <query>')
    .description('one reading SQL statement over NAME_bars, NAME_funding, …, run_trades, run_equity, …')
    .action(async (query: string, _options, command: Command) => {
      await act(command, async (session) => {
        const { runSql } = await import('../datasets/sql.ts');
        const { columns, rows } = await runSql(await sessionStore(session), query);
        const shown = rows.slice(0, sqlRowsShown) as Parameters<typeof tableText>[0];
        session.answer({ columns, rows }, () => tableText(shown, 'no rows'));
        if (rows.length > shown.length)
          session.remark(`the first ${shown.length} of ${rows.length} rows; --json gives all of them`);
      });
    });
}

/** More than a person reads; programs ask for --json. */
const sqlRowsShown = 1000;

function addCheck(data: Command, act: Act): void {
  data
    .command('check <name>')
    .description('quality findings; exit code 1 where there are errors')
    .option('--notes', 'list the notes too, not only how many there are')
    .action(async (name: string, options: { notes?: boolean }, command: Command) => {
      await act(command, async (session) => {
        const { checkDataset } = await import('../datasets/check/check.ts');
        const findings = await checkDataset(await sessionStore(session), name, session.progress);
        const errors = findings.filter(({ severity }) => severity === 'error').length;
        const warnings = findings.filter(({ severity }) => severity === 'warning').length;
        session.answer({ findings, errors, warnings }, () => findingsText(findings, options.notes === true));
        if (errors > 0) session.endWith(exitCodes.negative);
      });
    });
}

function findingsText(findings: readonly Finding[], withNotes: boolean): string {
  const notes = findings.filter(({ severity }) => severity === 'note');
  const loud = findings.filter(({ severity }) => severity !== 'note');
  const noteRules = [...new Set(notes.map(({ rule }) => rule))].map(
    (rule) => `${notes.filter((note) => note.rule === rule).length} ${rule}`,
  );
  const countOf = (severity: Finding['severity']) =>
    loud.filter((finding) => finding.severity === severity).length;
  return [
    ...(withNotes ? findings : loud).map(findingText),
    ...(withNotes || notes.length === 0 ? [] : [`notes (--notes lists them): ${noteRules.join(', ')}`]),
    `${countOf('error')} errors, ${countOf('warning')} warnings, ${notes.length} notes`,
  ].join('\n');
}

function findingText(finding: Finding): string {
  const { severity, rule, symbol, fromMs, toMs, count, message, repair } = finding;
  const mend = repair === null ? '' : `\n    --rule ${repair.rule}: ${repair.action}`;
  const span = fromMs === toMs ? minute(fromMs) : `${minute(fromMs)} to ${minute(toMs)}`;
  return `${severity} ${rule}: ${symbol ?? 'all symbols'}, ${span}, ${count} times\n    ${message}${mend}`;
}

function minute(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');
}
