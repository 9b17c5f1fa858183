import type { Command } from 'commander';
import type { Act } from './program.ts';
import { sessionStore } from './store.ts';
import { runFigures } from './stored-run.ts';

export function addDemo(program: Command, act: Act): void {
  program
    .command('demo')
    .description('make the planted market if absent, run the built-in scenarios on it, write the reports')
    .action(async (_options, command: Command) => {
      await act(command, async (session) => {
        const { runDemo } = await import('../scenarios/demo.ts');
        const { summary } = await import('../reports/terminal.ts');
        const { cautionFacts } = await import('../reports/caution-facts.ts');
        const { progress, signal } = session;
        const { dataset, runs, report, url } = await runDemo(await sessionStore(session), {
          ...{ progress, signal, clockMs: () => performance.now() },
        });
        const told = await Promise.all(
          runs.map(async (run) => summary(run.manifest, await cautionFacts(run))),
        );
        session.answer({ dataset, runs: runs.map(runFigures), report, url }, () =>
          [...told, `Open the report: ${url}`].join('\n'),
        );
      });
    });
}
