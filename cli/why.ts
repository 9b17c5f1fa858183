import type { Command } from 'commander';
import { UsageFault } from './failure.ts';
import type { Act } from './program.ts';
import { panelOf, storedRun } from './stored-run.ts';

export function addWhy(program: Command, act: Act): void {
  program
    .command('why <run>')
    .description('the story of one decision: what was known, what was wanted, what became of it')
    .requiredOption('--at <time>', 'decision time: 2025-10-10T12:00Z or epoch milliseconds')
    .requiredOption('--coin <symbol>', 'symbol, such as SOLUSDT')
    .action(async (runId: string, options: { at: string; coin: string }, command: Command) => {
      await act(command, async (session) => {
        const { instant } = await import('../scenarios/instant.ts');
        const at = instant(options.at);
        if (!at.ok) throw new UsageFault('the time cannot be read', [{ path: '--at', message: at.message }]);
        const run = await storedRun(session, runId);
        const { why } = await import('../reports/why.ts');
        const panel = await panelOf(session, run);
        if (panel !== null && !panel.symbols.includes(options.coin)) {
          const { didYouMean } = await import('../scenarios/nearest.ts');
          const message = `the dataset has no ${options.coin}${didYouMean(options.coin, panel.symbols)}`;
          throw new UsageFault('there is no such coin', [{ path: '--coin', message }]);
        }
        const story = await why(run, panel, {
          timeMs: at.timeMs,
          symbol: options.coin,
        });
        session.answer(story, () => story.steps.map(({ step, text }) => `${step}: ${text}`).join('\n'));
      });
    });
}
