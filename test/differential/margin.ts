/** Maintenance margin by tiers, and the mark at which a position no longer meets it. */
import type { Tier } from '../../engine/exchange/brackets.ts';

export type Tiers = readonly Tier[];

/** The tier with floor < notional <= cap; beyond the last cap the last. */
export function tierOf(tiers: Tiers, notional: number): Tier {
  return tiers.find(({ cap }) => notional <= cap) ?? tiers.at(-1)!;
}

export function maintenanceOf(tiers: Tiers | null, notional: number): number {
  if (tiers === null || tiers.length === 0) return 0;
  const { maintenanceRate, cum } = tierOf(tiers, notional);
  return notional * maintenanceRate - cum;
}

/**
 * The mark x at which `balance + s q (x - EP) = other + MM(q x)`: solved in every tier, the solution that lies in its own
 * tier counts. Null where no positive mark is one.
 */
export function liquidationLevel(
  leg: { readonly side: 1 | -1; readonly quantity: number; readonly entryPrice: number },
  tiers: Tiers | null,
  balance: number,
  otherMaintenance: number,
): number | null {
  const { side, quantity, entryPrice } = leg;
  const ladder = tiers ?? [{ floor: 0, cap: Number.POSITIVE_INFINITY, maintenanceRate: 0, cum: 0 }];
  for (const [index, { floor, cap, maintenanceRate, cum }] of ladder.entries()) {
    const mark =
      (side * quantity * entryPrice - balance + otherMaintenance - cum) /
      (quantity * (side - maintenanceRate));
    const notional = quantity * mark;
    const isLast = index === ladder.length - 1;
    if (mark > 0 && notional > floor && (notional <= cap || isLast)) return mark;
  }
  return null;
}
