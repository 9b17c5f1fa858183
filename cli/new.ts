import type { Command } from 'commander';
import type { Act } from './program.ts';

export function addNew(program: Command, act: Act): void {
  const made = program.command('new').description('start something of your own');
  made
    .command('strategy <name>')
    .description('a folder with a strategy that works as it is')
    .option('--dir <dir>', 'where to make it', '.')
    .action(async (name: string, options: { dir: string }, command: Command) => {
      await act(command, async (session) => {
        const { newStrategy } = await import('../scenarios/new-strategy.ts');
        const { join } = await import('node:path');
        const result = await newStrategy({ name, dir: options.dir });
        const scenario = join(options.dir, name, 'scenario.json');
        session.answer(result, () => `${result.files.join('\n')}\n\nrun it: hourglass backtest ${scenario}`);
      });
    });
}
