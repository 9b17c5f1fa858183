import type { Command } from 'commander';
import { exitCodes } from './failure.ts';
import type { Act } from './program.ts';
import { sessionStore } from './store.ts';
import { storedRun } from './stored-run.ts';
import { tableText } from './table.ts';

export function addRuns(program: Command, act: Act): void {
  const runs = program.command('runs').description('what was run');
  runs
    .command('list')
    .description('all runs in the store')
    .action(async (_options, command: Command) => {
      await act(command, async (session) => {
        const { listRuns } = await import('../datasets/runs.ts');
        const manifests = await listRuns(await sessionStore(session));
        const rows = manifests.map(({ runId, strategy, dataset, headline }) => ({
          run: runId,
          strategy: strategy.name,
          dataset: dataset.name,
          trades: headline.trades,
          'return %': Number((headline.totalReturn * 100).toFixed(2)),
          sharpe: headline.sharpe === null ? null : Number(headline.sharpe.toFixed(2)),
          'drawdown %': Number((headline.maxDrawdown * 100).toFixed(2)),
        }));
        session.answer({ runs: manifests }, () => tableText(rows, 'no runs yet; try: hourglass demo'));
      });
    });
  runs
    .command('show <run>')
    .description('one run: its figures and what went in')
    .action(async (run: string, _options, command: Command) => {
      await act(command, async (session) => {
        const { summary } = await import('../reports/terminal.ts');
        const { cautionFacts } = await import('../reports/caution-facts.ts');
        const stored = await storedRun(session, run);
        const { manifest, dir } = stored;
        const facts = await cautionFacts(stored);
        session.answer({ ...manifest, dir }, () => `${summary(manifest, facts)}\n\n${dir}`);
      });
    });
  runs
    .command('diff <a> <b>')
    .description('where two runs differ; exit code 1 where they do')
    .action(async (a: string, b: string, _options, command: Command) => {
      await act(command, async (session) => {
        const { diffRuns } = await import('../scenarios/diff.ts');
        const differences = await diffRuns(await storedRun(session, a), await storedRun(session, b));
        session.answer({ differences }, () =>
          differences.length === 0
            ? 'no difference'
            : tableText(differences as unknown as Parameters<typeof tableText>[0]),
        );
        if (differences.length > 0) session.endWith(exitCodes.negative);
      });
    });
}
