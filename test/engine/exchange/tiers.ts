/** Tiers for tests: the published sample of the golden vectors, and arbitrary ones that stand. */
import fc from 'fast-check';
import type { Tier } from '../../../engine/exchange/brackets.ts';

/** Tiers from floors and rates alone: amounts follow from continuity. The last tier ends at `capMax`. */
export function tiersFrom(floors: readonly number[], rates: readonly number[], capMax: number): Tier[] {
  const tiers: Tier[] = [];
  for (const [index, floor] of floors.entries()) {
    const below = tiers.at(-1);
    const maintenanceRate = rates[index]!;
    tiers.push({
      floor,
      cap: floors[index + 1] ?? capMax,
      maintenanceRate,
      cum: below === undefined ? 0 : below.cum + floor * (maintenanceRate - below.maintenanceRate),
      leverageMax: Math.max(1, Math.floor(1 / (2 * maintenanceRate))),
    });
  }
  return tiers;
}

export const sample = tiersFrom(
  [0, 100_000, 500_000, 1_000_000, 2_000_000, 5_000_000],
  [0.025, 0.05, 0.1, 0.15, 0.25, 0.5],
  50_000_000,
);

/** One to eight tiers, floors in whole thousands, rates in steps of a tenth of a per cent up to `rateMax`. */
export function arbitraryTiers(rateMax = 0.5): fc.Arbitrary<Tier[]> {
  const count = fc.integer({ min: 1, max: 8 });
  return count.chain((tiers) =>
    fc
      .tuple(
        fc.uniqueArray(fc.integer({ min: 1, max: 5000 }), { minLength: tiers, maxLength: tiers }),
        fc.uniqueArray(fc.integer({ min: 1, max: Math.floor(rateMax * 1000) }), {
          minLength: tiers,
          maxLength: tiers,
        }),
      )
      .map(([caps, rates]) => {
        const ends = caps.toSorted((a, b) => a - b).map((cap) => cap * 1000);
        const sorted = rates.toSorted((a, b) => a - b).map((rate) => rate / 1000);
        return tiersFrom([0, ...ends.slice(0, -1)], sorted, ends.at(-1)!);
      }),
  );
}
