/** What every command has at hand: the global options, where to write, and the signal that Ctrl-C raises. */
import type { Command } from 'commander';
import type { Progress } from '../datasets/progress.ts';
import { type ExitCode, exitCodes } from './failure.ts';
import { noProgress, type ProgressOutput, progressDisplay } from './progress.ts';

export interface Streams {
  readonly out: { write(text: string): unknown };
  readonly err: ProgressOutput;
}

export interface Session {
  readonly dataDir: string;
  readonly json: boolean;
  /** Up once the user has asked to stop. */
  readonly signal: AbortSignal;
  /** Shows how far the work is; throws once the user has asked to stop, so every report is a place to stop at. */
  readonly progress: Progress;
  /** The command's answer: one JSON object with --json, the text otherwise. */
  answer(result: object, text: string | (() => string)): void;
  /** One line of stdout as it is, for output that is a stream of lines. */
  line(text: string): void;
  /** Something a person should know beside the answer. */
  remark(text: string): void;
  /** What the process ends with; 0 unless set. */
  endWith(exitCode: ExitCode): void;
}

export interface SessionEnd {
  exitCode: ExitCode;
  clear(): void;
}

interface GlobalOptions {
  readonly dataDir: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function openSession(
  command: Command,
  streams: Streams,
  signal: AbortSignal,
  end: SessionEnd,
): Session {
  const options = command.optsWithGlobals<GlobalOptions>();
  const display = options.quiet === true ? noProgress : progressDisplay(streams.err, () => performance.now());
  end.clear = () => display.clear();
  return {
    dataDir: options.dataDir,
    json: options.json === true,
    signal,
    progress: (stage, fraction) => {
      signal.throwIfAborted();
      display.report(stage, fraction);
    },
    answer(result, text) {
      display.clear();
      const shown = options.json === true ? jsonText(result) : typeof text === 'string' ? text : text();
      streams.out.write(`${shown}\n`);
    },
    line(text) {
      streams.out.write(`${text}\n`);
    },
    remark(text) {
      if (options.quiet === true) return;
      display.clear();
      streams.err.write(`${text}\n`);
    },
    endWith(exitCode) {
      end.exitCode = exitCode;
    },
  };
}

export function freshEnd(): SessionEnd {
  return { exitCode: exitCodes.done, clear: () => undefined };
}

/** JSON has no NaN or infinities (null stands in) and no 64-bit integers (text, where a double would lose digits). */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item !== 'bigint') return item;
    return Number.isSafeInteger(Number(item)) ? Number(item) : item.toString();
  });
}
