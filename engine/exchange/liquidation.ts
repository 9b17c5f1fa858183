/** Liquidation prices and funding payments, by formula. The simulated account itself is judged from its equity. */
import { type Tier, tierAt } from './brackets.ts';

interface LiquidationPosition {
  readonly side: 1 | -1;
  /** Base asset, > 0. */
  readonly quantity: number;
  readonly entryPrice: number;
  /** Quote currency: the isolated margin, or the cash of the wallet less the isolated margins in it. */
  readonly walletBalance: number;
  /** Cross margin: maintenance margin and unrealised profit of the other positions, quote currency. 0 if absent. */
  readonly maintenanceOthers?: number;
  readonly unrealisedOthers?: number;
}

/** A position with the tiers of its market, or with the rate and the amount of one tier that is known to hold. */
export type LiquidationInput =
  | (LiquidationPosition & { readonly tiers: readonly Tier[] })
  | (LiquidationPosition & { readonly maintenanceRate: number; readonly cum: number });

/**
 * The mark price at which the balance equals the maintenance margin: a long is liquidated at or below it, a short at or above it.
 * 0 where the formula gives no positive price: no price liquidates such a long, every price such a short.
 *
 * LP = (WB - TMM + UPNL + cum - s q EP) / (q rate - s q), with the tier of the notional at LP. Source: the venue's formula for
 * USD-M futures. The tier is found by Newton's method from the tier at entry: the balance less the margin is concave in the
 * price, so that no tier but the first is tried twice. `tiers` must stand (`tierFaults`) and hold at least one tier.
 */
export function liquidationPrice(position: LiquidationInput): number {
  if (!('tiers' in position)) return Math.max(0, priceIn(position, position));
  const { tiers, quantity, entryPrice } = position;
  let tier = tierAt(tiers, quantity * entryPrice);
  let price = priceIn(position, tier);
  for (let round = 0; round < tiers.length; round += 1) {
    const reached = tierAt(tiers, quantity * price);
    if (reached === tier) break;
    tier = reached;
    price = priceIn(position, tier);
  }
  return Math.max(0, price);
}

function priceIn(
  position: LiquidationPosition,
  { maintenanceRate, cum }: { readonly maintenanceRate: number; readonly cum: number },
): number {
  const { side, quantity, entryPrice, walletBalance } = position;
  const { maintenanceOthers = 0, unrealisedOthers = 0 } = position;
  const cash = walletBalance - maintenanceOthers + unrealisedOthers + cum - side * quantity * entryPrice;
  return cash / (quantity * maintenanceRate - side * quantity);
}

/** Cash that a settlement brings, quote currency; negative where it is paid. A long pays while the rate is positive. */
export function fundingPayment(held: {
  readonly side: 1 | -1;
  /** Base asset, >= 0. */
  readonly quantity: number;
  readonly mark: number;
  /** Fraction of notional. */
  readonly rate: number;
}): number {
  return -held.side * held.quantity * held.mark * held.rate;
}
