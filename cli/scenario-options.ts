/** Options by which a command line changes a scenario, and the scenario that comes of them. */
import type { Command } from 'commander';
import type { LoadedScenario } from '../scenarios/load.ts';
import type { ScenarioOverrides } from '../scenarios/overrides.ts';
import { UsageFault } from './failure.ts';
import type { Session } from './session.ts';
import { sessionStore } from './store.ts';

export function addScenarioOptions(command: Command): Command {
  return command
    .option('--dataset <name>', 'another dataset')
    .option('--from <time>', 'another start: 2025-09-01, 2025-10-10T21:00Z or epoch milliseconds')
    .option('--to <time>', 'another end, exclusive')
    .option(
      '--set <key=value>',
      "a setting of the strategy's config, or of the scenario (capital.usdm=5000, leverage=5, account.margin=isolated)",
      collect,
    )
    .option('--strategy <name or file>', 'another strategy: a built-in name, or a .ts or .js file');
}

function collect(setting: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), setting];
}

/** @throws UsageFault listing everything wrong with file, options, strategy and settings. */
export async function requestedScenario(
  session: Session,
  nameOrFile: string,
  overrides: ScenarioOverrides,
): Promise<LoadedScenario> {
  const { loadScenario } = await import('../scenarios/load.ts');
  const { dataset, from, to, strategy, set } = overrides;
  const given = {
    ...(dataset === undefined ? {} : { dataset }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(set === undefined ? {} : { set }),
  };
  const loaded = await loadScenario(nameOrFile, given, { store: await sessionStore(session) });
  if (loaded.ok) return loaded.value;
  const { faults } = loaded;
  throw new UsageFault(
    `scenario ${nameOrFile} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:`,
    faults,
  );
}
