/**
 * What is written down, in the order in which it happened. Trades and the equity curve are the account's own ledger
 * (`portfolio/ledger.ts`); the journal holds what led to them.
 */

import type { Order, OrderOutcome } from '../execution/orders.ts';
import type { Slice } from '../panel/slice.ts';
import type { AccountView } from '../portfolio/account.ts';
import type { Market } from '../simulator/rules.ts';
import type { Target } from '../strategy.ts';

/** Why a target, an order or a whole decision was not carried out. One closed list, printed as it is. */
export type RefusalReason =
  | 'already-held'
  | 'slots-full'
  | 'side-notional-full'
  | 'not-orderable'
  | 'no-reference-price'
  | 'no-equity'
  | 'not-held'
  | 'thin-cross-section'
  | 'account-stopped'
  | 'liquidated-this-bar'
  | 'symbol-settling'
  | 'no-detail-bar'
  | 'no-filters'
  | 'below-step'
  | 'below-quantity-min'
  | 'min-notional'
  | 'percent-price'
  | 'no-brackets'
  | 'leverage-bracket'
  | 'insufficient-margin'
  | 'insufficient-cash'
  | 'already-working'
  | 'thin-volume'
  | 'would-take'
  | 'expired'
  | 'cancelled';

/** Why a position was closed. */
export type ExitReason =
  | 'stop'
  | 'target'
  | 'time'
  | 'signal'
  | 'delist'
  | 'end-of-data'
  | 'liquidation'
  | 'settling';

/** The order of the numbers is the order in tables and digests; append only. */
export const exitReasons: readonly ExitReason[] = [
  'stop',
  'target',
  'time',
  'signal',
  'delist',
  'end-of-data',
  'liquidation',
  'settling',
];

/** A decision, made at `slice.timeMs` on the slice and the account as they then stood. */
export interface DecisionRecord {
  readonly kind: 'decision';
  /** Live views: read them at once, they move on with the run. */
  readonly slice: Slice;
  readonly account: AccountView;
  /** As handed over: rank order, best first. */
  readonly targets: readonly Target[];
}

/** An order that is about to be sent: whoever journals for real money makes this durable before it returns. */
export interface IntentRecord {
  readonly kind: 'intent';
  readonly timeMs: number;
  readonly order: Order;
}

/** A target made into an order, and what became of it. */
export interface OrderRecord {
  readonly kind: 'order';
  readonly timeMs: number;
  /** Place of the target in the decision's list, from 0. */
  readonly rank: number;
  readonly target: Target;
  readonly order: Order;
  readonly outcome: OrderOutcome;
}

/** An execution. Prices include slippage; `timeMs` is the open of the bar in which it happened. */
export interface Fill {
  readonly kind: 'fill';
  readonly timeMs: number;
  readonly coin: number;
  readonly market: Market;
  /** Direction of the position. */
  readonly side: 1 | -1;
  readonly leg: 'entry' | 'exit';
  readonly quantity: number;
  readonly price: number;
  /** Price before slippage. */
  readonly rawPrice: number;
  /** In quote currency, >= 0: the taker's or the maker's fee, or the clearance fee of a liquidation. */
  readonly fee: number;
  /** Rested, and was traded with. */
  readonly maker: boolean;
  /** Entry: null. Exit: why. */
  readonly exitReason: ExitReason | null;
  /** Stop fills: the level that was to hold; NaN otherwise. */
  readonly level: number;
  /** Decision time of the order; NaN where a resting order filled. */
  readonly decidedMs: number;
}

/** Funding charged on one position. */
export interface FundingRecord {
  readonly kind: 'funding';
  readonly timeMs: number;
  readonly coin: number;
  readonly side: 1 | -1;
  readonly quantity: number;
  readonly price: number;
  readonly rate: number;
  /** Cash received, negative when paid. */
  readonly cash: number;
}

/** An order that was `working` has come to its end. */
export interface ResolutionRecord {
  readonly kind: 'resolution';
  readonly timeMs: number;
  readonly order: Order;
  readonly outcome: Exclude<OrderOutcome, 'working'>;
}

/** Something that happened to the account and is neither a fill nor funding. */
export interface AccountEvent {
  readonly kind: 'account-event';
  readonly timeMs: number;
  readonly event: 'transfer' | 'redenomination' | 'insurance' | 'dropped-rest';
  /** The coin it happened to, and the one it became; -1 for none. */
  readonly coin: number;
  readonly toCoin: number;
  /** Wallet the money came from, and the one it went to; null for none. */
  readonly from: Market | null;
  readonly to: Market | null;
  /** Quote currency moved or borne; quantity of a dropped rest; factor of a redenomination. */
  readonly amount: number;
}

/** A decision time at which nothing could be decided. */
export interface SkipRecord {
  readonly kind: 'skip';
  readonly timeMs: number;
  readonly reason: 'no-closed-bar' | 'thin-cross-section';
}

export type JournalRecord =
  | DecisionRecord
  | IntentRecord
  | OrderRecord
  | ResolutionRecord
  | Fill
  | FundingRecord
  | AccountEvent
  | SkipRecord;
