/**
 * Asking again. A venue that says "too many requests" is obeyed: we wait as long as it asks. A lost connection or an answer that
 * breaks off is asked for again, a little later each time.
 */
import { setTimeout } from 'node:timers/promises';
import { DownloadFault } from './fault.ts';

/** What went wrong with one request, as its caller judges it. */
export type Trouble =
  | { readonly kind: 'slow-down'; readonly waitMs: number | null }
  | { readonly kind: 'again' }
  | { readonly kind: 'final' };

export interface Patience {
  readonly signal?: AbortSignal;
  /** Told before every wait. */
  readonly onWait?: (why: string, waitMs: number) => void;
  /** Requests for one answer; 6 if absent. */
  readonly attemptsMax?: number;
}

const FIRST_WAIT_MS = 500;
const SLOW_DOWN_MS = 10_000;
/** A venue that bans for longer than this is left alone. */
const WAIT_MAX_MS = 5 * 60_000;

/** The answer of `ask`, asked until it comes, it is final that it will not, or patience is at its end. */
export async function patiently<Answer>(
  what: string,
  ask: () => Promise<Answer>,
  judge: (cause: unknown) => Trouble,
  patience: Patience = {},
): Promise<Answer> {
  const { signal, onWait, attemptsMax = 6 } = patience;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await ask();
    } catch (cause) {
      const trouble = judge(cause);
      const text = cause instanceof Error ? cause.message : String(cause);
      if (trouble.kind === 'final') {
        throw new DownloadFault('venue-refused', `${what} was refused: ${text}`, { cause });
      }
      const waitMs =
        trouble.kind === 'slow-down' ? (trouble.waitMs ?? SLOW_DOWN_MS) : FIRST_WAIT_MS * 2 ** (attempt - 1);
      if (attempt >= attemptsMax || waitMs > WAIT_MAX_MS) {
        throw new DownloadFault(
          'network-fault',
          `${what} could not be fetched after ${attempt} attempts: ${text}. What came before is kept; run the same command again later.`,
          { cause },
        );
      }
      onWait?.(trouble.kind === 'slow-down' ? 'the venue asks for patience' : text, waitMs);
      await setTimeout(waitMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}
