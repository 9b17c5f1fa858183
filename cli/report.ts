import type { Command } from 'commander';
import type { Act } from './program.ts';
import { panelOf, storedRun, writePages } from './stored-run.ts';

export function addReport(program: Command, act: Act): void {
  program
    .command('report <run>')
    .description("(re)write a run's pages and charts")
    .option(
      '--coins <symbols...>',
      'pages for these coins, or "all"; else for the 100 with the largest profit or loss',
    )
    .action(async (runId: string, options: { coins?: readonly string[] }, command: Command) => {
      await act(command, async (session) => {
        const run = await storedRun(session, runId);
        const coins = options.coins?.includes('all') === true ? 'all' : options.coins;
        const result = await writePages(session, run, await panelOf(session, run), coins);
        if (result.untraded.length > 0)
          session.remark(`never traded, so without a page: ${result.untraded.join(', ')}`);
        session.answer(result, () => `${result.files.length} files; open ${result.files.at(-1)}`);
      });
    });
}
