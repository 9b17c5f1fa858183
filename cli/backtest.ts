import type { Command } from 'commander';
import type { AssumptionLedger, LedgerFigures } from '../datasets/assumption-ledger.ts';
import type { RunManifest } from '../datasets/runs.ts';
import { count, percent } from '../reports/format.ts';
import type { ScenarioOverrides } from '../scenarios/overrides.ts';
import { wholeNumber } from './numbers.ts';
import type { Act } from './program.ts';
import { addScenarioOptions, requestedScenario } from './scenario-options.ts';
import { sessionStore } from './store.ts';
import { runFigures, writePages } from './stored-run.ts';
import { tableText } from './table.ts';

interface BacktestOptions extends ScenarioOverrides {
  readonly workers?: number;
  readonly assumptions?: boolean;
  readonly report: boolean;
}

export function addBacktest(program: Command, act: Act): void {
  const command = program
    .command('backtest <scenario>')
    .description('run one scenario: a file, or the name of a built-in one');
  addScenarioOptions(command)
    .option('--workers <n>', 'worker threads that compute columns', wholeNumber(1))
    .option(
      '--assumptions',
      'list what had to be assumed, and run once more for each assumption made otherwise',
    )
    .option('--no-report', 'leave the report out; hourglass report RUN writes it later')
    .action(async (nameOrFile: string, options: BacktestOptions) => {
      await act(command, async (session) => {
        const { scenario, strategy } = await requestedScenario(session, nameOrFile, options);
        const { runBacktest } = await import('../scenarios/backtest.ts');
        const { run, panel, ledger } = await runBacktest(await sessionStore(session), scenario, strategy, {
          ...(options.workers === undefined ? {} : { workers: options.workers }),
          progress: session.progress,
          signal: session.signal,
          assumptions: options.assumptions === true,
        });
        const report = options.report ? ((await writePages(session, run, panel)).files.at(-1) ?? null) : null;
        const { summary } = await import('../reports/terminal.ts');
        const { cautionFacts } = await import('../reports/caution-facts.ts');
        const facts = await cautionFacts(run);
        const { dir, manifest } = run;
        // Since the process began: what the user has waited.
        const wallMs = Math.round(performance.now());
        const answer = { ...runFigures(run), wallMs, assumptions: manifest.assumptions, report };
        session.answer(ledger === null ? answer : { ...answer, assumptionLedger: ledger }, () =>
          [
            summary(manifest, facts),
            ...(ledger === null ? [] : [assumed(manifest), ledgerText(ledger)]),
            report ?? dir,
          ].join('\n\n'),
        );
      });
    });
}

function assumed({ assumptions }: RunManifest): string {
  return ['assumed:', ...assumptions.map((line) => `  ${line}`)].join('\n');
}

function ledgerText({ rows, triple, leftOut }: AssumptionLedger): string {
  const flipped = rows.map((row) => ({
    assumption: `${row.flip} ${row.from} → ${row.to}`,
    sense: row.sense,
    return: percent(row.deltaReturn, { signed: true }),
    drawdown: percent(row.deltaDrawdown, { signed: true }),
    trades: `${row.deltaTrades > 0 ? '+' : ''}${count(row.deltaTrades)}`,
  }));
  const whole = (name: string, figures: LedgerFigures | null) => ({
    together: name,
    return: figures === null ? null : percent(figures.totalReturn, { signed: true }),
    drawdown: figures === null ? null : percent(-figures.maxDrawdown),
    trades: figures === null ? null : count(figures.trades),
  });
  return [
    'what each assumption is worth, made otherwise (return and drawdown in points of the run as it is):',
    tableText(flipped, 'no assumption of this run can be made otherwise'),
    '',
    tableText([
      whole('pessimistic', triple.pessimistic),
      whole('realistic', triple.realistic),
      whole('optimistic', triple.optimistic),
    ]),
    ...(leftOut.length === 0 ? [] : ['', 'left out:']),
    ...leftOut.map(({ flip, reason }) => `  ${flip}: ${reason}`),
  ].join('\n');
}
