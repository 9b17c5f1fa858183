/** Trading filters: which prices and quantities a market takes, and since when. */

export interface Filters {
  readonly tickSize: number;
  readonly stepSize: number;
  readonly quantityMin: number;
  /** Largest quantity of one market order; larger ones are split. */
  readonly marketQuantityMax: number;
  readonly notionalMin: number;
  /** Limit prices must lie within [mark * percentDown, mark * percentUp]. */
  readonly percentUp: number;
  readonly percentDown: number;
  /** Clearance fee of a forced close, as a fraction of notional; NaN where unknown. */
  readonly liquidationFee: number;
}

export interface FilterEdition {
  readonly effectiveMs: number;
  readonly filters: ReadonlyMap<string, Filters>;
}
