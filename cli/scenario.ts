import type { Command } from 'commander';
import { exitCodes } from './failure.ts';
import type { Act } from './program.ts';
import { sessionStore } from './store.ts';

export function addScenario(program: Command, act: Act): void {
  const scenario = program.command('scenario').description('scenarios: check one');
  scenario
    .command('check <file>')
    .description('everything wrong with a scenario file (or a built-in one); exit code 2 where something is')
    .action(async (nameOrFile: string, _options, command: Command) => {
      await act(command, async (session) => {
        const { loadScenario } = await import('../scenarios/load.ts');
        const loaded = await loadScenario(nameOrFile, {}, { store: await sessionStore(session) });
        const faults = loaded.ok ? [] : loaded.faults;
        session.answer({ scenario: nameOrFile, faults }, () =>
          faults.length === 0
            ? `${nameOrFile}: nothing wrong`
            : [
                `${nameOrFile}: ${faults.length} wrong`,
                ...faults.map(({ path, message }) => `  ${path}: ${message}`),
              ].join('\n'),
        );
        if (faults.length > 0) session.endWith(exitCodes.usage);
      });
    });
}
