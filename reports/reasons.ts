/** What the closed lists of reasons mean, each in a clause that ends a sentence; the compiler asks for every one. */
import type { ExitReason, RefusalReason } from '../engine/journal/records.ts';

const refusalClauses: Readonly<Record<RefusalReason, string>> = {
  'already-held': 'the coin was held already, and a position is never averaged down',
  'slots-full': 'every slot of the book was taken',
  'side-notional-full': 'that side of the book was as large as the limits allow',
  'not-orderable': 'the coin had no bar at that open, or its life was ending',
  'no-reference-price': 'the decision had no close to size the order by',
  'no-equity': 'there was nothing to size the order with',
  'not-held': 'there was no position to close or reduce',
  'thin-cross-section': 'too few coins had a bar in that hour to rank them',
  'account-stopped': 'the account takes no entries after a liquidation',
  'liquidated-this-bar': 'a position in the coin was liquidated in this very bar',
  'symbol-settling': 'the coin was about to be delisted',
  'no-detail-bar': 'no finer bar opens at the minute at which the order was to act',
  'no-filters': "the venue's filters do not name the coin",
  'below-step': 'the quantity rounds down to nothing in lots of the coin',
  'below-quantity-min': 'the quantity lies below the least that the venue takes',
  'min-notional': 'the notional lies below the least that the venue takes',
  'percent-price': 'the limit lies too far from the mark price for the venue',
  'no-brackets': 'the coin has no leverage tiers',
  'leverage-bracket': 'the notional lies beyond the last leverage tier of the coin',
  'insufficient-margin': 'the futures wallet had too little margin available',
  'insufficient-cash': 'the spot wallet had too little cash',
  'already-working': 'a limit order of the coin was still resting',
  'thin-volume': 'the bar traded too little for any part of it',
  'would-take': 'a post-only order would have traded at once',
  expired: 'it rested to the end of its time and nothing traded through it',
  cancelled: 'it was taken back, or the coin or the run ended before it filled',
};

const exitClauses: Readonly<Record<ExitReason, string>> = {
  stop: 'by its stop',
  target: 'by its take-profit',
  time: 'by its time limit',
  signal: 'because the strategy asked for it',
  delist: 'because the coin was delisted',
  'end-of-data': 'because the bars end there',
  liquidation: 'by liquidation: the margin no longer covered the loss',
  settling: 'ahead of the delisting of the coin',
};

/** The clause of a refusal as tables name it; the bare reason where a newer version wrote it. */
export function refusalClause(reason: string): string {
  return Object.hasOwn(refusalClauses, reason) ? refusalClauses[reason as RefusalReason] : reason;
}

export function exitClause(reason: string): string {
  return Object.hasOwn(exitClauses, reason) ? exitClauses[reason as ExitReason] : `by ${reason}`;
}
