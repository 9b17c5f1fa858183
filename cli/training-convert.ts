import { type Command, InvalidArgumentError, Option } from 'commander';
import { isoMinute } from '../engine/panel/hours.ts';
import { instant } from '../scenarios/instant.ts';
import type { Conversion } from '../training/convert.ts';
import { wholeNumber } from './numbers.ts';
import type { Act } from './program.ts';
import { sessionStore } from './store.ts';

interface ConvertOptions {
  readonly model: string;
  readonly strategy: string;
  readonly validFrom: number;
  readonly asVersion?: string;
  readonly side?: 'buy' | 'sell';
  readonly features?: readonly string[];
  readonly featureSet?: string;
  readonly classes?: readonly string[];
  readonly gate?: number;
  readonly rows?: string;
  readonly raw?: readonly string[];
  readonly seed?: number;
  readonly out?: string;
}

/** Adds to the command `training`, which must be there. */
export function addTrainingConvert(program: Command, act: Act): void {
  const training = program.commands.find((command) => command.name() === 'training')!;
  training
    .command('convert <file>')
    .description(
      'bring a model that was trained elsewhere under the contract: LightGBM text, XGBoost JSON or UBJ, CatBoost cbm',
    )
    .requiredOption('--model <name>', 'its name, as in buy-lightgbm')
    .requiredOption('--strategy <name>', 'strategy that reads it')
    .requiredOption('--valid-from <date>', 'first decision that may use it, as in 2024-10-01 (UTC)', timeOf)
    .option('--as-version <name>', 'version it is stored under; named after the file if absent')
    .addOption(new Option('--side <side>', 'what a high output speaks for').choices(['buy', 'sell']))
    .option(
      '--features <names>',
      'its columns in order, with commas between; those in the file if absent',
      listOf,
    )
    .option('--feature-set <name>', 's1, s2 or s3, where its columns are those of a set')
    .option('--classes <names>', 'its classes in order, with commas between', listOf)
    .option('--gate <probability>', 'where a gate stands, for counting flips', probability)
    .option('--rows <csv>', 'rows with the raw outputs that must come out')
    .option(
      '--raw <columns>',
      'columns of the raw outputs; those ending in raw, margin or logit if absent',
      listOf,
    )
    .option('--seed <n>', 'of the rows that are made up for the comparison; 1 if absent', wholeNumber(0))
    .option('--out <dir>', 'write the artifact there instead of into the model store')
    .action(async (file: string, options: ConvertOptions, command: Command) => {
      await act(command, async (session) => {
        const { convertIntoStore, convertModel } = await import('../training/convert.ts');
        const { logitOf } = await import('../engine/signal/probability.ts');
        const { asVersion, gate, raw, validFrom, out, ...given } = options;
        const request = {
          ...{ ...given, file, validFromMs: validFrom },
          ...(asVersion === undefined ? {} : { version: asVersion }),
          ...(gate === undefined ? {} : { gateLogit: logitOf(gate) }),
          ...(raw === undefined ? {} : { rawColumns: raw }),
        };
        const python = { progress: session.progress, signal: session.signal };
        const { conversion, dir } =
          out === undefined
            ? await convertIntoStore(await sessionStore(session), request, python)
            : { conversion: await convertModel(request, out, python), dir: out };
        session.answer({ ...conversion, dir }, () => conversionText(conversion, validFrom, dir));
      });
    });
}

function conversionText(told: Conversion, validFromMs: number, dir: string): string {
  const {
    strategy,
    version,
    model,
    library,
    trees,
    features,
    deadFeatures,
    unusedFeatures,
    parity,
    expected,
  } = told;
  const unused = unusedFeatures.filter((name) => deadFeatures?.includes(name) !== true);
  return [
    `${strategy}/${version}/${model}: ${library.name} ${library.version}, ${trees} trees on ${features.length} features, gives ${told.output}`,
    `the graph deviates by at most ${parity.deviationMax.toExponential(1)} on ${parity.rows} rows; gate flips: ${parity.gateFlips}`,
    ...(expected === null
      ? []
      : [
          `${expected.columns.join(', ')}: ${expected.rows} rows match, to ${expected.deviationMax.toExponential(1)}`,
        ]),
    ...(deadFeatures?.length ? [`dead, since constant in training: ${deadFeatures.join(', ')}`] : []),
    ...(unused.length > 0 ? [`never split on: ${unused.join(', ')}`] : []),
    `valid from ${isoMinute(validFromMs)}`,
    dir,
  ].join('\n');
}

function listOf(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim());
}

function timeOf(text: string): number {
  const read = instant(text);
  if (read.ok) return read.timeMs;
  throw new InvalidArgumentError(read.message);
}

function probability(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value < 1) return value;
  throw new InvalidArgumentError('It must be a probability between 0 and 1.');
}
