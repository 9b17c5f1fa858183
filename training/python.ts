/**
 * The other side of a training: a Python interpreter with the locked packages, run as a child process. It speaks in JSON lines on
 * stdout (docs/training.md); what it writes to stderr is kept for the fault it may end in.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Progress } from '../datasets/progress.ts';
import { TrainingFault } from './faults.ts';

/** Folder of the Python package, beside the sources or one above what is built from them. */
export const pythonDir = foundDir(['python', '../../training/python']);

function foundDir(places: readonly string[]): string {
  const dirs = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return dirs.find((dir) => existsSync(dir)) ?? dirs.at(-1)!;
}

export interface PythonOptions {
  /** Path of an interpreter; found by `findPython` if absent. */
  readonly python?: string;
  readonly progress?: Progress;
  /** Once aborted, the child and its threads are ended. */
  readonly signal?: AbortSignal;
  /** Threads of numeric libraries; 1 if absent. */
  readonly threads?: number;
}

/**
 * Path of the interpreter: `HOURGLASS_PYTHON` if it is set, else that of the package's own environment.
 * @throws TrainingFault `python-missing`
 */
export function findPython(): string {
  const named = process.env['HOURGLASS_PYTHON'];
  const own = join(pythonDir, '.venv', 'bin', 'python');
  const path = named === undefined || named === '' ? own : named;
  if (!path.includes('/') || existsSync(path)) return path;
  throw new TrainingFault(
    'python-missing',
    path === own
      ? 'There is no Python environment for training. Make it: npm run training:setup. Or name an interpreter that has the packages of training/python/requirements.lock: HOURGLASS_PYTHON=…'
      : `HOURGLASS_PYTHON names ${path}, which is not there. Name another interpreter, or unset it and run: npm run training:setup`,
  );
}

/** True where a training could run; whether the libraries can be imported, `trainingLibraries` tells. */
export function hasPython(): boolean {
  try {
    findPython();
    return true;
  } catch {
    return false;
  }
}

/**
 * Fits the models of a job folder.
 * @throws TrainingFault `python-missing`, `python-failed` (the interpreter), `training-failed` (the job), `cancelled`
 */
export async function runJob(jobDir: string, options: PythonOptions = {}): Promise<void> {
  await runPackage(['run', jobDir], options);
}

/** A library: its version, or why it cannot be imported. */
export interface TrainingLibrary {
  readonly name: string;
  readonly version: string | null;
  readonly reason: string | null;
}

/** @throws TrainingFault as `runJob` */
export async function trainingLibraries(options: PythonOptions = {}): Promise<readonly TrainingLibrary[]> {
  const answer = await runPackage(['libraries'], options);
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return Object.entries(answer ?? {}).map(([name, told]) => {
    const facts = typeof told === 'object' && told !== null ? (told as Record<string, unknown>) : {};
    return { name, version: text(facts['version'] ?? told), reason: text(facts['reason']) };
  });
}

/** What the child has left behind when it ends. */
interface Ended {
  readonly exitCode: number | null;
  /** Last JSON object that was neither progress nor fault. */
  readonly answer: Readonly<Record<string, unknown>> | null;
  readonly fault: { readonly code: string; readonly message: string } | null;
  /** Last lines of stderr, and those of stdout that are no JSON. */
  readonly tail: readonly string[];
}

const TAIL_LINES = 12;
/** Between asking the child to end and ending it. */
const KILL_AFTER_MS = 2_000;

/**
 * Runs a command of the Python package to its end.
 * @param args command and its arguments, as docs/training.md lists them
 * @returns the last JSON object on stdout that is no progress; null where there was none
 * @throws TrainingFault as `runJob`
 */
export async function runPackage(
  args: readonly string[],
  options: PythonOptions = {},
): Promise<Readonly<Record<string, unknown>> | null> {
  const { signal } = options;
  const python = options.python ?? findPython();
  stopIfAborted(signal);
  const ended = await childEnd(python, args, options);
  stopIfAborted(signal);
  if (ended.exitCode === 0) return ended.answer;
  const said = ended.tail.join('\n');
  if (ended.fault !== null)
    throw new TrainingFault('training-failed', `${ended.fault.message} (${ended.fault.code})`, {
      cause: said,
    });
  const hint = /No module named/.test(said)
    ? 'It lacks a package: npm run training:setup installs what is missing.'
    : 'Its last lines stand above; the data are as they were before.';
  throw new TrainingFault(
    'python-failed',
    `${said}\n${python} ended with ${ended.exitCode === null ? 'a signal' : `exit code ${ended.exitCode}`}. ${hint}`,
  );
}

function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new TrainingFault('cancelled', 'The training was cancelled; the store is as it was before.', {
      cause: signal.reason,
    });
}

function childEnd(
  python: string,
  args: readonly string[],
  { progress, signal, threads = 1 }: PythonOptions,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // A group of its own: Ctrl-C reaches the child through us alone, after progress has been told to stop.
    const child = spawn(python, ['-m', 'hourglass_training', ...args], {
      ...{ stdio: ['ignore', 'pipe', 'pipe'] as const, env: childEnvironment(threads), detached: true },
    });
    let killing: NodeJS.Timeout | undefined;
    const stop = (): void => {
      killGroup(child.pid, 'SIGTERM');
      killing ??= setTimeout(() => killGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS);
    };
    // A second Ctrl-C does not wait: the child goes with us.
    const leave = (): void => killGroup(child.pid, 'SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    process.once('exit', leave);
    const heard = new Heard(progress);
    let thrown: unknown = null;
    createInterface({ input: child.stdout }).on('line', (line) => {
      try {
        heard.line(line);
      } catch (cause) {
        thrown ??= cause;
        stop();
      }
    });
    createInterface({ input: child.stderr }).on('line', (line) => heard.say(line));
    const settle = (): void => {
      clearTimeout(killing);
      signal?.removeEventListener('abort', stop);
      process.removeListener('exit', leave);
    };
    child.on('error', (cause) => {
      settle();
      const message = `${python} cannot be started: ${cause.message}. Check HOURGLASS_PYTHON, or run: npm run training:setup`;
      reject(new TrainingFault('python-missing', message, { cause }));
    });
    child.on('close', (exitCode) => {
      settle();
      if (thrown !== null) reject(thrown);
      else resolve({ exitCode, answer: heard.answer, fault: heard.fault, tail: heard.tail });
    });
  });
}

/** The child leads a group: what it has started ends with it. */
function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** The package is found beside the sources, whatever the interpreter has installed; numeric libraries stay on their threads. */
function childEnvironment(threads: number): NodeJS.ProcessEnv {
  const path = [pythonDir, process.env['PYTHONPATH']].filter((part) => part !== undefined && part !== '');
  const count = String(threads);
  return {
    ...process.env,
    ...{ PYTHONPATH: path.join(delimiter), PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' },
    // The order in which sets of texts are walked must not differ from run to run.
    PYTHONHASHSEED: '0',
    ...{ OMP_NUM_THREADS: count, MKL_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count },
  };
}

/** Lines of a child, sorted by what they are. */
class Heard {
  answer: Readonly<Record<string, unknown>> | null = null;
  fault: { readonly code: string; readonly message: string } | null = null;
  readonly tail: string[] = [];
  readonly #progress: Progress | undefined;

  constructor(progress: Progress | undefined) {
    this.#progress = progress;
  }

  line(line: string): void {
    const told = objectIn(line);
    if (told === null) {
      this.say(line);
      return;
    }
    const fault = told['fault'] as { code?: unknown; message?: unknown } | undefined;
    if (fault !== undefined && fault !== null)
      this.fault = { code: String(fault.code), message: String(fault.message) };
    else if (typeof told['stage'] === 'string') {
      const fraction = told['fraction'];
      this.#progress?.(told['stage'], typeof fraction === 'number' ? fraction : undefined);
    } else this.answer = told;
  }

  say(line: string): void {
    if (line.trim() === '') return;
    this.tail.push(line);
    if (this.tail.length > TAIL_LINES) this.tail.shift();
  }
}

function objectIn(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.trimStart().startsWith('{')) return null;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}
