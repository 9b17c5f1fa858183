/** The account as a strategy and the risk rules see it: one live, read-only view. Money is in the quote currency. */
import type { Market } from '../simulator/rules.ts';

export interface AccountView {
  /** Cash of both wallets at the start of the run. */
  readonly capital: number;
  /** Cash of both wallets after fees, funding and realised profit and loss. */
  readonly cash: number;
  /** Cash, spot holdings and unrealised profit and loss at the last closed bar: mark to market. */
  readonly equity: number;
  /** The account's leverage: what a position without one of its own gets, and what a strategy may size by. */
  readonly leverage: number;
  readonly positionCount: number;
  /** Limit orders for entries that rest at the venue. */
  readonly restingCount: number;
  walletCash(market: Market): number;
  /** Equity of one wallet at the last closed bar. */
  walletEquity(market: Market): number;
  /** Notional of one side's open positions at the last mark, both wallets together. */
  notional(side: 1 | -1): number;
  /** Futures market where none is named, here and below. */
  isOpen(coin: number, market?: Market): boolean;
  /** A limit order for an entry rests. */
  isResting(coin: number, market?: Market): boolean;
  /** The coin's open position, as a copy; null where there is none. */
  position(coin: number, market?: Market): PositionView | null;
  /** All open positions, oldest list order, as copies. */
  positions(): readonly PositionView[];
  /** Hands symbol and signed quantity of every open position, in list order, to a digest. */
  absorbPositions(digest: { word(word: number): void; number(value: number): void }): void;
}

export interface PositionView {
  readonly coin: number;
  readonly market: Market;
  readonly side: 1 | -1;
  /** Base quantity, > 0. */
  readonly quantity: number;
  /** Quantity-weighted entry fill, slippage included. */
  readonly entryPrice: number;
  /** Time of the first entry fill. */
  readonly entryMs: number;
  /** Price of the resting stop, where it stands now; null where there is none. */
  readonly stopPrice: number | null;
  /** Price of the resting take-profit; null where there is none. */
  readonly targetPrice: number | null;
  /** Distance at which the stop trails; null where it does not. */
  readonly trailingStopFraction: number | null;
  readonly leverage: number;
  /** 0 for cross margin and spot. */
  readonly isolatedMargin: number;
  /** Last mark: close of the newest bar. */
  readonly markPrice: number;
}
