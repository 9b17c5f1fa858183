import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maintenanceMargin, type Tier, tierAt } from '../../../engine/exchange/brackets.ts';
import { fundingPayment, liquidationPrice } from '../../../engine/exchange/liquidation.ts';
import { arbitraryTiers, sample, tiersFrom } from './tiers.ts';

interface Golden {
  liquidation_usdm: {
    wb: number;
    cum: number;
    side: 1 | -1;
    q: number;
    ep: number;
    mmr: number;
    tmm?: number;
    upnl?: number;
    lp: number;
    freqtrade_expected?: number;
  }[];
  funding_cases: { side: 1 | -1; qty: number; mark: number; rate: number; cash: number }[];
}
const golden = JSON.parse(
  readFileSync(new URL('../../golden/golden_vectors.json', import.meta.url), 'utf8'),
) as Golden;

const sides = fc.constantFrom<(1 | -1)[]>(1, -1);
const prices = fc.double({ min: 0.001, max: 1e5, noNaN: true });

describe('golden vectors', () => {
  it.each(golden.liquidation_usdm)('liquidation_usdm: $lp', (vector) => {
    const price = liquidationPrice({
      side: vector.side,
      quantity: vector.q,
      entryPrice: vector.ep,
      walletBalance: vector.wb,
      maintenanceRate: vector.mmr,
      cum: vector.cum,
      maintenanceOthers: vector.tmm ?? 0,
      unrealisedOthers: vector.upnl ?? 0,
    });
    expect(Math.abs(price / vector.lp - 1)).toBeLessThan(1e-12);
    if (vector.freqtrade_expected !== undefined) expect(price).toBeCloseTo(vector.freqtrade_expected, 2);
  });

  it.each(golden.funding_cases)('funding_cases: $side at $rate', ({ qty, cash, ...held }) => {
    expect(fundingPayment({ ...held, quantity: qty })).toBeCloseTo(cash, 12);
  });
});

describe('funding', () => {
  it('over a matched long and short comes to nothing', () => {
    fc.assert(
      fc.property(
        prices,
        prices,
        fc.double({ min: -0.03, max: 0.03, noNaN: true }),
        (quantity, mark, rate) => {
          const long = fundingPayment({ side: 1, quantity, mark, rate });
          expect(long + fundingPayment({ side: -1, quantity, mark, rate })).toBe(0);
        },
      ),
    );
  });
});

/** What is left above the maintenance margin at a price. */
function slackAt(
  price: number,
  held: { side: 1 | -1; quantity: number; entryPrice: number; walletBalance: number; tiers: readonly Tier[] },
): number {
  const { side, quantity, entryPrice, walletBalance, tiers } = held;
  const balance = walletBalance + side * quantity * (price - entryPrice);
  return balance - maintenanceMargin(tiers, quantity * price);
}

describe('the liquidation price', () => {
  const positions = fc.record({
    side: sides,
    entryPrice: prices,
    notional: fc.double({ min: 1, max: 1e7, noNaN: true }),
    leverage: fc.double({ min: 0.2, max: 100, noNaN: true }),
    tiers: arbitraryTiers(),
  });

  it('is where the balance equals the maintenance margin of the tier at that price', () => {
    fc.assert(
      fc.property(positions, ({ side, entryPrice, notional, leverage, tiers }) => {
        const quantity = notional / entryPrice;
        const held = { side, quantity, entryPrice, walletBalance: notional / leverage, tiers };
        const price = liquidationPrice(held);
        if (price === 0) {
          // Only a long can be beyond every price, and then it is, down to nothing.
          expect(side).toBe(1);
          expect(slackAt(entryPrice * 1e-9, held)).toBeGreaterThanOrEqual(-1e-9 * notional);
          return;
        }
        expect(Math.abs(slackAt(price, held))).toBeLessThan(1e-9 * (notional + quantity * price));
        // A little nearer to the good side it stands, a little further it does not.
        expect(slackAt(price * (1 + side * 1e-6), held)).toBeGreaterThan(0);
        expect(slackAt(price * (1 - side * 1e-6), held)).toBeLessThan(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with the formula of the one tier that holds there', () => {
    fc.assert(
      fc.property(positions, ({ side, entryPrice, notional, leverage, tiers }) => {
        const held = {
          side,
          quantity: notional / entryPrice,
          entryPrice,
          walletBalance: notional / leverage,
        };
        const price = liquidationPrice({ ...held, tiers });
        const { maintenanceRate, cum } = tierAt(tiers, held.quantity * price);
        const again = liquidationPrice({ ...held, maintenanceRate, cum });
        expect(Math.abs(again - price)).toBeLessThanOrEqual(1e-9 * entryPrice + 1e-9 * price);
      }),
    );
  });

  it('walks down the tiers: a long whose notional shrinks on the way', () => {
    // 600,000 at entry lies in tier 3 (10 %), what is left of it at the price in tier 2 (5 %, amount 2,500).
    const held = { side: 1, quantity: 6000, entryPrice: 100, walletBalance: 140_000, tiers: sample } as const;
    expect(liquidationPrice(held)).toBeCloseTo((140_000 + 2500 - 600_000) / (6000 * (0.05 - 1)), 9);
    expect(6000 * liquidationPrice(held)).toBeLessThan(500_000);
  });

  it('of a long with more cash than its worth is 0: no price takes it', () => {
    const held = { side: 1, quantity: 1, entryPrice: 100, tiers: sample } as const;
    expect(liquidationPrice({ ...held, walletBalance: 100 })).toBe(0);
    expect(liquidationPrice({ ...held, walletBalance: 99 })).toBeGreaterThan(0);
  });

  it('of a short without anything left for it is 0: every price takes it', () => {
    const held = { side: -1, quantity: 1, entryPrice: 100, walletBalance: 50, tiers: sample } as const;
    expect(liquidationPrice({ ...held, maintenanceOthers: 151 })).toBe(0);
    expect(liquidationPrice({ ...held, maintenanceOthers: 20 })).toBeCloseTo(130 / 1.025, 9);
  });
});

describe('a stop 8 % away at twice the margin', () => {
  const stopped = (side: 1 | -1, entryPrice: number, notional: number, tiers: readonly Tier[]) => {
    const quantity = notional / entryPrice;
    const walletBalance = notional / 2;
    const price = liquidationPrice({ side, quantity, entryPrice, walletBalance, tiers });
    return side === 1 ? entryPrice * 0.92 > price : entryPrice * 1.08 < price;
  };
  const one = (rate: number) => tiersFrom([0], [rate], 1e9);

  it('comes before liquidation, long and short, in all tiers with rates below 38.8 %', () => {
    const notionals = fc.double({ min: 1, max: 5e6, noNaN: true });
    fc.assert(
      fc.property(sides, prices, notionals, arbitraryTiers(0.388), (side, entryPrice, notional, tiers) => {
        expect(stopped(side, entryPrice, notional, tiers)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('of a long up to 45.6 %; of a short up to 1.5 / 1.08 - 1 = 38.9 %, and no further', () => {
    expect(stopped(1, 100, 1000, one(0.45))).toBe(true);
    expect(stopped(1, 100, 1000, one(0.46))).toBe(false);
    expect(stopped(-1, 100, 1000, one(0.388))).toBe(true);
    expect(stopped(-1, 100, 1000, one(0.39))).toBe(false);
  });
});
