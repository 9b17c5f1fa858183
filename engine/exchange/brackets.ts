/** Leverage brackets: what margin a position of some notional needs, and since when. */

/** One tier of a market, for notionals in (floor, cap]. Money in quote currency, rates as fractions. */
export interface Tier {
  readonly floor: number;
  readonly cap: number;
  readonly maintenanceRate: number;
  /** Maintenance amount: what makes notional * rate - cum continuous over the tiers. */
  readonly cum: number;
  readonly leverageMax: number;
}

/** The tiers of all markets as they were published, lowest tier first, by venue symbol. */
export interface BracketEdition {
  readonly effectiveMs: number;
  readonly tiers: ReadonlyMap<string, readonly Tier[]>;
}
