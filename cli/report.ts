import type { Command } from 'commander';
import type { Panel } from '../engine/panel/panel.ts';
import { UsageFault } from './failure.ts';
import type { Act } from './program.ts';
import { panelOf, storedRun, writePages } from './stored-run.ts';

export function addReport(program: Command, act: Act): void {
  program
    .command('report <run>')
    .description("(re)write a run's pages and charts")
    .option(
      '--coins <symbols...>',
      'pages for these coins, apart by spaces or commas, or "all"; else for the 100 with the largest profit or loss',
    )
    .action(async (runId: string, options: { coins?: readonly string[] }, command: Command) => {
      await act(command, async (session) => {
        const run = await storedRun(session, runId);
        const panel = await panelOf(session, run);
        const coins = await coinsOf(options.coins, panel);
        const result = await writePages(session, run, panel, coins);
        if (result.untraded.length > 0)
          session.remark(`never traded, so without a page: ${result.untraded.join(', ')}`);
        session.answer(result, () => `${result.files.length} files; open ${result.files.at(-1)}`);
      });
    });
}

/** @throws UsageFault that names every symbol the dataset does not have. */
async function coinsOf(
  given: readonly string[] | undefined,
  panel: Panel | null,
): Promise<readonly string[] | 'all' | undefined> {
  if (given === undefined) return undefined;
  const named = [...new Set(given.flatMap((text) => text.split(/[\s,]+/)))].filter((name) => name !== '');
  if (named.length === 0)
    throw new UsageFault('no coin is named', [{ path: '--coins', message: 'name symbols, or "all"' }]);
  if (named.includes('all')) return 'all';
  // Without bars there is no coin page to write, and a remark has said so.
  if (panel === null) return named;
  const unknown = named.filter((name) => !panel.symbols.includes(name));
  if (unknown.length === 0) return named;
  const { didYouMean } = await import('../scenarios/nearest.ts');
  throw new UsageFault(
    unknown.length === 1 ? 'there is no such coin' : 'there are no such coins',
    unknown.map((name) => ({
      path: '--coins',
      message: `the dataset has no ${name}${didYouMean(name, panel.symbols)}`,
    })),
  );
}
