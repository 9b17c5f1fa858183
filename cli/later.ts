/** Commands of the interface that are not built yet: they say so, and take no arguments for granted. */
import type { Command } from 'commander';
import { UsageFault } from './failure.ts';

const later = [
  'train',
  'model',
  'score',
  'sweep',
  'research',
  'signal-check',
  'compare',
  'paper',
  'live',
  'rehearse',
  'flatten',
  'worker',
  'promote',
  'approve',
  'demote',
  'venue-simulator',
];
const laterForData = ['repair'];

export function addLater(program: Command): void {
  const data = program.commands.find((command) => command.name() === 'data')!;
  for (const name of later) refuse(program, name, name);
  for (const name of laterForData) refuse(data, name, `data ${name}`);
  program.addHelpText('after', `\nNot available yet: ${later.join(', ')}.`);
  data.addHelpText('after', `\nNot available yet: ${laterForData.join(', ')}.`);
}

function refuse(parent: Command, name: string, shown: string): void {
  parent
    .command(`${name} [args...]`, { hidden: true })
    .allowUnknownOption()
    .action(() => {
      throw new UsageFault(`hourglass ${shown} is not available yet`, [
        { path: shown, message: 'is not available yet' },
      ]);
    });
}
