/** The account as a strategy and the risk rules see it: one live, read-only view. Money is in the quote currency. */
export interface AccountView {
  /** Cash at the start of the run. */
  readonly capital: number;
  /** Cash after fees, funding and realised profit and loss. */
  readonly cash: number;
  /** Cash plus unrealised profit and loss at the last closed bar: mark to market. */
  readonly equity: number;
  readonly positionCount: number;
  /** Notional of one side's open positions at the last mark. */
  notional(side: 1 | -1): number;
  isOpen(coin: number): boolean;
  /** The coin's open position, as a copy; null where there is none. */
  position(coin: number): PositionView | null;
  /** All open positions, oldest list order, as copies. */
  positions(): readonly PositionView[];
  /** Hands symbol and signed quantity of every open position, in list order, to a digest. */
  absorbPositions(digest: { word(word: number): void; number(value: number): void }): void;
}

export interface PositionView {
  readonly coin: number;
  readonly side: 1 | -1;
  /** Base quantity, > 0. */
  readonly quantity: number;
  /** Quantity-weighted entry fill, slippage included. */
  readonly entryPrice: number;
  /** Stamp of the entry. */
  readonly entryMs: number;
  /** Price of the resting stop; null where there is none. */
  readonly stopPrice: number | null;
  /** Price of the resting take-profit; null where there is none. */
  readonly targetPrice: number | null;
  /** Last mark: close of the newest bar. */
  readonly markPrice: number;
}
