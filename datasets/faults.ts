/**
 * Faults outside the program: the disk, a file somebody gave us, a name that is not in the store. Each has a code to branch
 * on, a message that says what to do, and the cause where there was one. An input with many faults carries all of them.
 */
import type { Fault } from '../engine/config.ts';

export type StoreFaultCode =
  | 'name-refused'
  | 'dataset-missing'
  | 'run-missing'
  | 'dataset-damaged'
  | 'dataset-changed'
  | 'column-missing'
  | 'columns-missing'
  | 'model-missing'
  | 'model-damaged'
  | 'model-refused'
  | 'scores-stale'
  | 'scores-damaged'
  | 'file-missing'
  | 'file-unreadable'
  | 'rows-refused'
  | 'query-refused'
  | 'repair-refused'
  | 'disk-full'
  | 'permission-denied'
  | 'disk-fault'
  | 'cancelled';

export class StoreFault extends Error {
  readonly code: StoreFaultCode;
  /** Everything that is wrong, with its place; a single entry where one thing went wrong. */
  readonly faults: readonly Fault[];

  constructor(
    code: StoreFaultCode,
    message: string,
    options: { cause?: unknown; faults?: readonly Fault[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StoreFault';
    this.code = code;
    this.faults = options.faults ?? [{ path: '', message }];
  }
}

const linesMax = 50;

/** All faults of an input as one error; its message lists them line by line, up to a length that still can be read. */
export function refuse(code: StoreFaultCode, summary: string, faults: readonly Fault[]): StoreFault {
  const lines = faults.slice(0, linesMax).map((fault) => `  ${fault.path}: ${fault.message}`);
  if (faults.length > linesMax) lines.push(`  … and ${faults.length - linesMax} more`);
  return new StoreFault(code, [summary, ...lines].join('\n'), { faults });
}

/** Turns whatever the disk or the database threw into a coded fault; faults that are coded already pass through. */
export function asStoreFault(cause: unknown, doing: string): StoreFault {
  if (cause instanceof StoreFault) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const errno = (cause as NodeJS.ErrnoException | null)?.code ?? '';
  if (errno === 'ENOSPC' || errno === 'EDQUOT' || /No space left|disk quota exceeded/i.test(text)) {
    return new StoreFault(
      'disk-full',
      `The disk is full: ${doing} stopped. Free some space and run it again.`,
      { cause },
    );
  }
  if (['EACCES', 'EPERM', 'EROFS'].includes(errno) || /Permission denied|Read-only file system/i.test(text)) {
    return new StoreFault(
      'permission-denied',
      `Not allowed to touch a file: ${doing} stopped (${text}). Check owner and mode of the folder, or choose another with --data-dir.`,
      { cause },
    );
  }
  return new StoreFault('disk-fault', `${doing} failed: ${text}. Nothing was changed in the store.`, {
    cause,
  });
}

/** Throws the `cancelled` fault once the signal is up; called between stages, where stopping loses nothing. */
export function stopIfAborted(signal: AbortSignal | undefined, doing: string): void {
  if (signal?.aborted !== true) return;
  throw new StoreFault('cancelled', `${doing} was cancelled; the store is as it was before.`, {
    cause: signal.reason,
  });
}
