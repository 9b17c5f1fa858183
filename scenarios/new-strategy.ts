/** A new strategy of the user's own: a folder that runs as it is, to be changed from there. */
import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { asStoreFault } from '../datasets/faults.ts';

/** The folder cannot be made as asked; nothing was written. */
export class StrategyFolderFault extends Error {
  override readonly name = 'StrategyFolderFault';
  readonly code = 'strategy-folder';
}

export interface NewStrategyRequest {
  /** Kebab-case name of strategy and folder. */
  readonly name: string;
  /** Folder in which the new one is made. */
  readonly dir: string;
}

/**
 * Writes `NAME/{index.ts, README.md, scenario.json}`, all or nothing.
 *
 * @throws StrategyFolderFault where the name cannot be used or the folder exists already; StoreFault where the disk refuses.
 */
export async function newStrategy(
  request: NewStrategyRequest,
): Promise<{ readonly files: readonly string[] }> {
  const { name } = request;
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new StrategyFolderFault(
      `${JSON.stringify(name)} cannot name a strategy: use lower-case letters, digits and "-", and begin with a letter.`,
    );
  }
  const folder = join(resolve(request.dir), name);
  const isTaken = await access(folder).then(
    () => true,
    () => false,
  );
  if (isTaken) {
    throw new StrategyFolderFault(
      `${folder} exists already and is left as it is: choose another name, or another --dir.`,
    );
  }
  const staging = `${folder}.${process.pid}.tmp`;
  try {
    await mkdir(staging, { recursive: true });
    for (const [file, content] of Object.entries(files(name))) await writeFile(join(staging, file), content);
    await rename(staging, folder);
  } catch (cause) {
    throw asStoreFault(cause, `Making ${folder}`);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return { files: (await readdir(folder)).sort().map((file) => join(folder, file)) };
}

function files(name: string): Readonly<Record<string, string>> {
  return { 'index.ts': indexText(name), 'README.md': readmeText(name), 'scenario.json': scenarioText(name) };
}

const indexText = (
  name: string,
) => `/** Once a day: the coins with the highest score long, with equal notional, until the next ones take their place. */
import { defineStrategy, integer, number, text } from 'hourglass';

export default defineStrategy({
  name: '${name}',

  // What can be set in a scenario, with defaults and limits.
  config: {
    column: text({ default: 'score', doc: 'column that ranks the coins, higher is better' }),
    count: integer({ default: 5, min: 1, doc: 'coins picked a day' }),
    holdHours: integer({ default: 24, min: 1, doc: 'hours after which a position is closed' }),
    stopLossFraction: number({ default: 0.05, min: 0.001, max: 0.99, doc: 'stop, as a fraction of the entry price' }),
  },

  // The columns that decide() reads.
  columns: ({ column }) => [column],

  // When it decides: also { kind: 'hourly' }, { kind: 'every', minutes: 240 }, { kind: 'weekly', day: 'monday', … }.
  schedule: () => ({ kind: 'daily', at: '12:00', timeZone: 'UTC' }),

  // Checked entry by entry, after exits that are due: { slotsMax, sideNotionalFractionMax }.
  limits: ({ count }) => ({ slotsMax: 2 * count }),

  // Pure: from what is known now to the positions wanted, best first. NaN in a column means that there is no value.
  decide(slice, account, { column, count, holdHours, stopLossFraction }) {
    const scores = slice.column(column);
    const ranked = [...scores.keys()]
      .filter((coin) => Number.isFinite(scores[coin]))
      .sort((a, b) => scores[b]! - scores[a]!);
    return ranked.slice(0, count).map((coin) => ({
      coin,
      side: 1,
      notional: account.equity / (2 * count),
      score: scores[coin]!,
      stopLossFraction,
      holdHoursMax: holdHours,
    }));
  },
});
`;

const readmeText = (name: string) => `# ${name}

Once a day, the coins with the highest score go long with equal notional; out after a day, or by a stop.

    hourglass data synth planted --preset S      # a market to try it on, if there is none yet
    hourglass backtest ${name}/scenario.json
    hourglass backtest ${name}/scenario.json --set count=3 --set stopLossFraction=0.1

- \`index.ts\` is the strategy. It is loaded as it is; there is nothing to compile.
- \`scenario.json\` says on what it runs. \`hourglass scenario check ${name}/scenario.json\` lists everything wrong with it.
- Another dataset: \`--dataset NAME\`; \`hourglass data list\` shows which there are. \`score\` is a column stored with the
  dataset; \`residual_return_168h\`, which is computed from bars, is there for every dataset: \`--set column=residual_return_168h\`.
`;

const scenarioText = (name: string) => `${JSON.stringify(
  {
    name,
    strategy: './index.ts',
    config: {},
    dataset: 'planted',
    capital: { usdm: 10_000 },
    costs: 'binance-vip0',
    seed: 1,
  },
  null,
  2,
)}
`;
