import type { Command } from 'commander';
import type { RunManifest } from '../datasets/runs.ts';
import type { ScenarioOverrides } from '../scenarios/overrides.ts';
import { wholeNumber } from './numbers.ts';
import type { Act } from './program.ts';
import { addScenarioOptions, requestedScenario } from './scenario-options.ts';
import { sessionStore } from './store.ts';
import { runFigures, writePages } from './stored-run.ts';

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
    .option('--assumptions', 'list what had to be assumed')
    .option('--no-report', 'leave the report out; hourglass report RUN writes it later')
    .action(async (nameOrFile: string, options: BacktestOptions) => {
      await act(command, async (session) => {
        const { scenario, strategy } = await requestedScenario(session, nameOrFile, options);
        const { runBacktest } = await import('../scenarios/backtest.ts');
        const { run, panel } = await runBacktest(await sessionStore(session), scenario, strategy, {
          ...(options.workers === undefined ? {} : { workers: options.workers }),
          progress: session.progress,
          signal: session.signal,
        });
        const report = options.report ? ((await writePages(session, run, panel)).files.at(-1) ?? null) : null;
        const { summary } = await import('../reports/terminal.ts');
        const { dir, manifest } = run;
        // Since the process began: what the user has waited.
        const wallMs = Math.round(performance.now());
        session.answer({ ...runFigures(run), wallMs, assumptions: manifest.assumptions, report }, () =>
          [
            summary(manifest),
            ...(options.assumptions === true ? [assumed(manifest)] : []),
            report ?? dir,
          ].join('\n\n'),
        );
      });
    });
}

function assumed({ assumptions }: RunManifest): string {
  return ['assumed:', ...assumptions.map((line) => `  ${line}`)].join('\n');
}
