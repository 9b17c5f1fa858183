/**
 * The four ports through which the loop in `run.ts` meets the world. Backtest, paper and live differ in what
 * stands behind them and in nothing else; every implementation passes the port's suite in `test/contract/`.
 *
 * A port answers at once where it can (`T`) and later where it must (`Promise<T>`). The loop awaits only what is
 * really pending, so a replayed year costs no micro-tasks and a live session uses the very same code.
 */

import type { Order, OrderOutcome } from './execution/orders.ts';
import type { JournalRecord, RefusalReason } from './journal/records.ts';
import type { Slice } from './panel/slice.ts';
import type { AccountView } from './portfolio/account.ts';

export type MaybePromise<T> = T | Promise<T>;

/** Decision times (epoch ms UTC, strictly increasing). Ends when the run ends. */
export interface Clock {
  ticks(): Iterator<number> | AsyncIterator<number>;
}

/** What is known at a time. */
export interface MarketData {
  /**
   * The cross-section as of `timeMs`: bars closed and rows published at or before it, nothing later.
   * `null` where no bar has closed yet. The slice is valid until the next call.
   */
  slice(timeMs: number): MaybePromise<Slice | null>;
  /** Finer bars of one coin inside [fromMs, toMs), oldest first; `null` where the source has none. */
  detail(symbol: string, fromMs: number, toMs: number): MaybePromise<DetailBars | null>;
}

/** Finer bars of one coin, columns of equal length. */
export interface DetailBars {
  readonly timeMs: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
}

/**
 * Where orders go. For each decision time the loop calls, in this order: `advance`, `account` (read by the strategy),
 * `open`, then `submit` once per order: exits first, then entries, each seeing the account its forerunner left.
 */
export interface Venue {
  /** Completes everything that happens before stamp `timeMs`: bars, funding, resting orders, marks. */
  advance(timeMs: number): MaybePromise<void>;
  /** The account as it stands now: one live, read-only view for the whole session. */
  account(): AccountView;
  /** Begins stamp `timeMs`: rules in force, funding stamped here, resting time exits that are due. */
  open(timeMs: number): MaybePromise<void>;
  /**
   * Carries out one order at the open of the current stamp, or refuses it with a reason. The venue's own rules come
   * first (is it orderable, is there a price, is there margin); `admit`, the limits of the book, is asked last. Fills
   * go to the journal of the venue that made them.
   */
  submit(order: Order, admit: Admission): MaybePromise<OrderOutcome>;
}

/** The last word before an entry: the reason why the book must not take it, or null. */
export type Admission = (order: Order, account: AccountView) => RefusalReason | null;

/** Where the run is written down. Records arrive in the order in which they happened. */
export interface Journal {
  /** Pending where a record must be durable before what it announces may happen (an intent before its order). */
  append(record: JournalRecord): MaybePromise<void>;
  /** Makes everything durable; nothing may be appended after it. */
  seal(): MaybePromise<void>;
}
