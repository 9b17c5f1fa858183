import type { Command } from 'commander';
import { exitCodes } from './failure.ts';
import type { Act } from './program.ts';
import { sessionStore } from './store.ts';

export function addReplay(program: Command, act: Act): void {
  program
    .command('replay <run>')
    .description('recompute a run and compare it bit for bit; exit code 1 where it differs')
    .option('--dataset <name>', "another dataset than the run's own")
    .action(async (runId: string, options: { dataset?: string }, command: Command) => {
      await act(command, async (session) => {
        const { replayRun } = await import('../scenarios/replay.ts');
        const { strategyByHash } = await import('../scenarios/load-strategy.ts');
        const result = await replayRun(await sessionStore(session), runId, {
          ...options,
          loadStrategy: ({ manifest: { strategy } }) =>
            strategyByHash(strategy.name, strategy.codeHash, session.dataDir),
          progress: session.progress,
          signal: session.signal,
        });
        session.answer(result, () =>
          result.equal
            ? `${result.runId}: equal, bit for bit`
            : `${result.runId}: differs; first difference:\n${differenceText(result.firstDifference ?? {})}`,
        );
        if (!result.equal) session.endWith(exitCodes.negative);
      });
    });
}

function differenceText(difference: object): string {
  const known = Object.entries(difference).filter(([name, value]) => value !== null && name !== 'timeMs');
  return known.map(([name, value]) => `  ${name}: ${String(value)}`).join('\n');
}
