/**
 * The command line. Each command parses, calls one function, and prints; its module is loaded when it is called.
 *
 *   exit 0 done · 1 done, and the answer is no · 2 command line or file wrong · 3 fault outside · 4 broken invariant
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { addBacktest } from './backtest.ts';
import { addBench } from './bench.ts';
import { addColumns } from './columns.ts';
import { addColumnsAudit } from './columns-audit.ts';
import { addData } from './data.ts';
import { addDemo } from './demo.ts';
import { exitCodes, type Failure, failureOf, failureText } from './failure.ts';
import { addLater } from './later.ts';
import { addModel } from './model.ts';
import { addNew } from './new.ts';
import { addReplay } from './replay.ts';
import { addReport } from './report.ts';
import { addRuns } from './runs.ts';
import { addScenario } from './scenario.ts';
import { addScore } from './score.ts';
import { freshEnd, jsonText, openSession, type Session, type Streams } from './session.ts';
import { addStress } from './stress.ts';
import { addTrain } from './train.ts';
import { addTraining } from './training.ts';
import { addTrainingConvert } from './training-convert.ts';
import { addTrainingNews } from './training-news.ts';
import { addWhy } from './why.ts';

/** Runs a command with a session; commands hand their action over in this form. */
export type Act = (command: Command, action: (session: Session) => Promise<void>) => Promise<void>;

/** Runs one command line (without node and script) and returns the exit code. */
export async function runCommandLine(
  args: readonly string[],
  streams: Streams,
  signal: AbortSignal,
): Promise<number> {
  const end = freshEnd();
  const act: Act = async (command, action) => await action(openSession(command, streams, signal, end));
  const program = programWith(act, streams);
  try {
    await program.parseAsync([...args], { from: 'user' });
    end.clear();
    return end.exitCode;
  } catch (cause) {
    end.clear();
    const failure = cause instanceof CommanderError ? commanderFailure(cause) : failureOf(cause);
    if (failure === null) return exitCodes.done;
    return tell(signal.aborted ? interrupted : failure, args, streams);
  }
}

/** Whatever a command failed with after Ctrl-C, it failed because of it. */
const interrupted: Failure = {
  exitCode: exitCodes.interrupted,
  code: 'cancelled',
  message: 'stopped as asked; nothing is left half-written',
  faults: [],
};

function programWith(act: Act, streams: Streams): Command {
  const program = new Command('hourglass')
    .description(
      'Backtests of cross-sectional crypto strategies: the same decisions as live, over recorded bars.',
    )
    .version(packageVersion())
    .addOption(
      new Option('--data-dir <dir>', 'where datasets and runs are kept')
        .env('HOURGLASS_HOME')
        .default('.hourglass'),
    )
    .option('--json', 'print exactly one JSON object on stdout')
    .option('--quiet', 'no progress and no remarks')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help lists what can be given)')
    .configureOutput({
      writeOut: (text) => void streams.out.write(text),
      // Commander's messages reach the user through `tell`, as JSON where that was asked for; help goes where it belongs.
      writeErr: (text) => void (text.startsWith('Usage:') ? streams.err.write(text) : undefined),
      outputError: () => undefined,
    });
  const adders = [
    addDemo,
    addData,
    addColumns,
    addColumnsAudit,
    addScore,
    addBacktest,
    addStress,
    addScenario,
    addRuns,
    addWhy,
    addReport,
    addReplay,
    addModel,
    addNew,
    addBench,
    addTrain,
    addTraining,
    addTrainingConvert,
    addTrainingNews,
    addLater,
  ];
  for (const add of adders) add(program, act);
  return program;
}

/** Null where commander only showed help or the version. */
function commanderFailure(error: CommanderError): Failure | null {
  if (error.exitCode === 0) return null;
  const message =
    error.code === 'commander.help'
      ? 'a command is missing; the list is above'
      : error.message.replace(/^error: /, '');
  return { exitCode: exitCodes.usage, code: 'usage', message, faults: [{ path: 'command line', message }] };
}

function tell(failure: Failure, args: readonly string[], streams: Streams): number {
  streams.err.write(`${failureText(failure)}\n`);
  if (args.includes('--json')) {
    const { code, message, faults } = failure;
    streams.out.write(`${jsonText({ error: { code, message }, faults })}\n`);
  }
  return failure.exitCode;
}

function packageVersion(): string {
  // One folder up from the sources, two from what is built from them.
  for (const place of ['../package.json', '../../package.json']) {
    try {
      return String(
        (JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as { version?: unknown }).version,
      );
    } catch {}
  }
  return 'unknown';
}
