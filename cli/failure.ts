/** How a command ends when it does not end well: one exit code, one message, and every fault with its place. */
import type { Fault } from '../engine/config.ts';

export const exitCodes = {
  done: 0,
  /** Done, and the answer is no. */
  negative: 1,
  /** The command line or a file of the user's is wrong. */
  usage: 2,
  /** A fault outside: disk, network, venue. */
  outside: 3,
  /** The program found itself wrong. */
  invariant: 4,
  /** Ctrl-C, as shells report it. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The command line, or a file it names, is wrong: everything that is, at once. */
export class UsageFault extends Error {
  readonly code = 'usage';
  readonly faults: readonly Fault[];

  constructor(summary: string, faults: readonly Fault[] = []) {
    super(summary);
    this.name = 'UsageFault';
    this.faults = faults;
  }
}

export interface Failure {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly faults: readonly Fault[];
}

/** Codes of faults that the caller can put right by changing the command or a file it names. */
const usageCodes = new Set([
  'usage',
  'name-refused',
  'dataset-missing',
  'column-missing',
  'columns-missing',
  'model-missing',
  'model-refused',
  'run-missing',
  'scores-stale',
  'scenario-refused',
  'query-refused',
  'repair-refused',
  'download-refused',
  'training-refused',
  'strategy-fault',
  'strategy-folder',
  'strategy-missing',
  'strategy-syntax',
  'strategy-threw',
  'strategy-malformed',
]);

export function failureOf(cause: unknown): Failure {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const { code, faults } = error as { code?: unknown; faults?: readonly Fault[] };
  const shown = { message: error.message, faults: faults ?? [] };
  if (code === 'broken-invariant') return { ...shown, exitCode: exitCodes.invariant, code };
  if (code === 'cancelled' || error.name === 'AbortError') {
    return { ...shown, exitCode: exitCodes.interrupted, code: 'cancelled' };
  }
  if (typeof code === 'string') {
    return { ...shown, exitCode: usageCodes.has(code) ? exitCodes.usage : exitCodes.outside, code };
  }
  // Neither a fault of the input nor one from outside: a mistake in the program, so its trace is shown.
  return {
    ...shown,
    exitCode: exitCodes.invariant,
    code: 'unexpected',
    message: error.stack ?? error.message,
  };
}

export function failureText(failure: Failure): string {
  // Some faults spell out their list in the message; those that do are not listed again.
  const listed = failure.faults.filter((fault) => !failure.message.includes(fault.message));
  const lines = listed.map(({ path, message }) => (path === '' ? `  ${message}` : `  ${path}: ${message}`));
  return [`error: ${failure.message}`, ...lines].join('\n');
}
