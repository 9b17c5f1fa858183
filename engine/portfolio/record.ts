/**
 * The record of an open position: eight doubles and eight integers that every hour reads, packed side by side, one and a
 * half cache lines, and a dozen doubles beside them that only its events read.
 *
 * Hot modules take these numbers over into constants of their own (`const { SIDE } = record`): the compiler folds a module's
 * own constants into the code and loads imported ones at every use, which cost up to a fifth of the fold (see BENCHMARKS.md).
 */
export const record = {
  /** Fields among the doubles. Levels are multiplied by side, so that one comparison serves both sides. */
  SIDE: 0,
  SIGNED_QUANTITY: 1,
  QUANTITY: 2,
  ENTRY_PRICE: 3,
  /** -Infinity where there is no stop. */
  SIGNED_STOP: 4,
  /** +Infinity where there is no target. */
  SIGNED_TARGET: 5,
  FEES: 6,
  /** Funding paid so far, negative when received: the sign of the arithmetic; tables turn it round. */
  FUNDING_PAID: 7,
  REALS: 8,

  /** Fields among the integers. Minutes count from the panel's start. */
  COIN: 0,
  ENTRY_MINUTE: 1,
  /** Offset of hour 0 of its trade prices in `panel.bars`. */
  BAR_BASE: 2,
  /** Offset inside a bar of the extreme that hurts (low for a long), and of the one that helps. */
  ADVERSE: 3,
  FAVOURABLE: 4,
  /** First minute at which the time exit is due. */
  DUE_MINUTE: 5,
  /** Offset of hour 0 of its marks in `panel.bars`, and of the prices its stop works on. */
  MARK_BASE: 6,
  STOP_BASE: 7,
  WHOLES: 8,

  /** Fields among the doubles beside. */
  SCORE: 0,
  /** 0 futures, 1 spot. */
  MARKET: 1,
  LEVERAGE: 2,
  /** Isolated margin; 0 for cross and spot. */
  MARGIN: 3,
  /** Distance of the trailing stop; NaN for none. */
  TRAIL: 4,
  /** Best price since the entry, times side. */
  BEST: 5,
  /** The stop that does not trail, times side; -Infinity for none. */
  FIXED_STOP: 6,
  /** 1 where the target rests as a limit order. */
  TAKE_LIMIT: 7,
  /** Mark to go by where no bar since `SINCE_HOUR` is known. */
  CARRIED_MARK: 8,
  /** Bars before this hour are in another unit. */
  SINCE_HOUR: 9,
  /** 1 where the stop works on marks, if the coin has any. */
  STOP_ON_MARK: 10,
  ASIDES: 11,
} as const;

/** A minute that never comes. */
export const NEVER = 0x3fffffff;
