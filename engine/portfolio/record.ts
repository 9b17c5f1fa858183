/**
 * The record of an open position: eight doubles and eight integers, packed side by side, one and a half cache lines.
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

  /** Fields among the integers. */
  COIN: 0,
  ENTRY_HOUR: 1,
  /** Offset of the coin's hour 0 in `panel.bars`. */
  BAR_BASE: 2,
  /** Offset inside a bar of the extreme that hurts (low for a long), and of the one that helps. */
  ADVERSE: 3,
  FAVOURABLE: 4,
  /** First hour at whose open the time exit is due. */
  DUE_HOUR: 5,
  /** Six in use; eight keep a record inside half a cache line. */
  WHOLES: 8,
} as const;

/** An hour that never comes. */
export const NEVER = 0x3fffffff;
