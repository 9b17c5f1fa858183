/** Commands of the interface that are not built yet: they say so, and take no arguments for granted. */
import type { Command } from 'commander';
import { UsageFault } from './failure.ts';

const later = [
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

export function addLater(program: Command): void {
  for (const name of later) refuse(program, name);
  program.addHelpText('after', `\nNot available yet: ${later.join(', ')}.`);
}

function refuse(parent: Command, name: string): void {
  parent
    .command(`${name} [args...]`, { hidden: true })
    .allowUnknownOption()
    .action(() => {
      throw new UsageFault(`hourglass ${name} is not available yet`, [
        { path: name, message: 'is not available yet' },
      ]);
    });
}
