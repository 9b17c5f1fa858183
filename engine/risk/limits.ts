/**
 * The limits of a book. They are checked last, entry by entry in rank order, against the positions that the entry before has
 * left; equity and marks are those of the last closed bar, so that fees paid a moment ago cannot break an exact limit. A
 * refusal is a value.
 */

import type { RefusalReason } from '../journal/records.ts';
import type { AccountView } from '../portfolio/account.ts';
import type { Market } from '../simulator/rules.ts';

export interface Limits {
  /** Most positions open at once, both sides together; no limit if absent. */
  readonly slotsMax?: number;
  /** Most notional on one side, as a fraction of equity; no limit if absent. */
  readonly sideNotionalFractionMax?: number;
}

/** Quantity times price gives a notional back only to the last bit; an exact fit is a fit. */
const ROUNDING = 1e-12;

export interface Entry {
  readonly coin: number;
  readonly market: Market;
  readonly side: 1 | -1;
  readonly notional: number;
}

/** The first limit that the entry would break, or null. One position per coin, and so no averaging down, always holds. */
export function refusalByLimits(limits: Limits, entry: Entry, account: AccountView): RefusalReason | null {
  if (account.isOpen(entry.coin, entry.market)) return 'already-held';
  if (account.isResting(entry.coin, entry.market)) return 'already-working';
  if (limits.slotsMax !== undefined && account.positionCount + account.restingCount >= limits.slotsMax)
    return 'slots-full';
  if (limits.sideNotionalFractionMax !== undefined) {
    const limit = limits.sideNotionalFractionMax * account.equity;
    if (account.notional(entry.side) + entry.notional > limit * (1 + ROUNDING)) return 'side-notional-full';
  }
  return null;
}
