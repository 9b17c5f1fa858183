/** What trading costs: fees per market and kind of fill, and how much worse than the raw price a market-type fill is. */
import type { DatedFees } from '../exchange/fees.ts';
import type { ImpactModel } from '../exchange/impact.ts';

export interface Costs {
  /** Fee on the notional of every market-type fill in the futures market. */
  readonly takerFeeBps: number;
  /** Every market-type fill is worse than the raw price by this much; with an impact model, half the spread. */
  readonly slippageBps: number;
  /** Fee of limit orders that rested; the taker's if absent. */
  readonly makerFeeBps?: number;
  /** Fees in the spot market; those of the futures market if absent. */
  readonly spotTakerFeeBps?: number;
  readonly spotMakerFeeBps?: number;
  /** Dated rates, in place of the ones above. */
  readonly schedule?: readonly DatedFees[];
  /** Costs that grow with size; a fixed slippage if absent. */
  readonly impact?: Omit<ImpactModel, 'halfSpreadBps'>;
}

/** The dated rates that a cost model comes to. */
export function feeScheduleOf(costs: Costs): readonly DatedFees[] {
  if (costs.schedule !== undefined && costs.schedule.length > 0) return costs.schedule;
  const { takerFeeBps, makerFeeBps = takerFeeBps } = costs;
  const { spotTakerFeeBps = takerFeeBps, spotMakerFeeBps = spotTakerFeeBps } = costs;
  return [
    { effectiveMs: Number.NEGATIVE_INFINITY, takerFeeBps, makerFeeBps, spotTakerFeeBps, spotMakerFeeBps },
  ];
}

/** Rates as fractions. 2 bps is the double 0.0002: one division, correctly rounded. */
export function slippageFraction(costs: Costs): number {
  return costs.slippageBps / 10_000;
}

/** A buy at `price` fills above it, a sell below it. `direction` is 1 for a buy. */
export function slippedPrice(price: number, direction: 1 | -1, slippage: number): number {
  return price * (1 + direction * slippage);
}
