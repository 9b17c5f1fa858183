/**
 * What trading costs, in basis points. Named models take the place of flags; the account issue adds tiers and impact
 * behind the same two questions.
 */
export interface Costs {
  /** Fee on the notional of every market-type fill. */
  readonly takerFeeBps: number;
  /** Every market-type fill is worse than the raw price by this much. */
  readonly slippageBps: number;
}

/** Rates as fractions. 5 bps is the double 0.0005 and 2 bps the double 0.0002: one division, correctly rounded. */
export function feeFraction(costs: Costs): number {
  return costs.takerFeeBps / 10_000;
}

export function slippageFraction(costs: Costs): number {
  return costs.slippageBps / 10_000;
}

/** A buy at `price` fills above it, a sell below it. `direction` is 1 for a buy. */
export function slippedPrice(price: number, direction: 1 | -1, slippage: number): number {
  return price * (1 + direction * slippage);
}
