import { describe, expect, it } from 'vitest';
import { type DatedFees, FeeBook, type FeeTier, feeSchedule } from '../../../engine/exchange/fees.ts';

const tiers: readonly FeeTier[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const rates = ['takerFeeBps', 'makerFeeBps', 'spotTakerFeeBps', 'spotMakerFeeBps'] as const;

describe('the published fees', () => {
  it('of the regular user: 5 and 2 bps on futures, 10 on spot', () => {
    expect(feeSchedule(0, false).at(-1)).toMatchObject({
      takerFeeBps: 5,
      makerFeeBps: 2,
      spotTakerFeeBps: 10,
      spotMakerFeeBps: 10,
    });
  });

  it('paid in BNB: a tenth off on futures, a quarter on spot, as exact decimals', () => {
    expect(feeSchedule(0, true).at(-1)).toMatchObject({
      takerFeeBps: 4.5,
      makerFeeBps: 1.8,
      spotTakerFeeBps: 7.5,
      spotMakerFeeBps: 7.5,
    });
    expect(feeSchedule(3, true).at(-1)).toMatchObject({
      takerFeeBps: 2.88,
      makerFeeBps: 1.08,
      spotTakerFeeBps: 4.5,
      spotMakerFeeBps: 3.15,
    });
  });

  it('of VIP 9: no maker fee on futures', () => {
    expect(feeSchedule(9, false).at(-1)).toMatchObject({ takerFeeBps: 1.7, makerFeeBps: 0 });
  });

  it('fall or stay from tier to tier, never below 0, and a maker pays at most what a taker does', () => {
    for (const bnb of [false, true]) {
      for (const [tier, below] of tiers.slice(0, -1).entries()) {
        const [from, to] = [feeSchedule(below, bnb), feeSchedule(tiers[tier + 1]!, bnb)];
        for (const [row, fees] of to.entries()) {
          for (const rate of rates) {
            expect(fees[rate], `${rate} of tier ${tier + 1}`).toBeLessThanOrEqual(from[row]![rate]);
            expect(fees[rate]).toBeGreaterThanOrEqual(0);
          }
          expect(fees.makerFeeBps).toBeLessThanOrEqual(fees.takerFeeBps);
          expect(fees.spotMakerFeeBps).toBeLessThanOrEqual(fees.spotTakerFeeBps);
        }
      }
    }
  });

  it('of VIP 3 are 40 % off the spot rates before, from 2023-06-29 02:00', () => {
    const fees = new FeeBook(feeSchedule(3, false));
    fees.moveTo(Date.UTC(2023, 5, 29, 2) - 1);
    expect([fees.maker('spot'), fees.taker('spot')]).toEqual([0.0007, 0.001]);
    fees.moveTo(Date.UTC(2023, 5, 29, 2));
    expect([fees.maker('spot'), fees.taker('spot')]).toEqual([0.00042, 0.0006]);
  });
});

describe('the fee book', () => {
  const row = (effectiveMs: number, takerFeeBps: number): DatedFees => ({
    effectiveMs,
    takerFeeBps,
    makerFeeBps: 2,
    spotTakerFeeBps: 10,
    spotMakerFeeBps: 9,
  });

  it('gives fractions of notional by one division', () => {
    const fees = new FeeBook([row(0, 5)]);
    expect([fees.taker('usdm'), fees.maker('usdm'), fees.taker('spot'), fees.maker('spot')]).toEqual([
      0.0005, 0.0002, 0.001, 0.0009,
    ]);
  });

  it('has the newest row at or before the time, before the oldest the oldest, in both directions', () => {
    const fees = new FeeBook([row(200, 5), row(100, 4)]);
    const at = (timeMs: number) => {
      fees.moveTo(timeMs);
      return fees.taker('usdm');
    };
    expect([0, 100, 199, 200, 1e12, 150].map(at)).toEqual([0.0004, 0.0004, 0.0004, 0.0005, 0.0005, 0.0004]);
  });

  it('cannot be made of nothing', () => {
    expect(() => new FeeBook([])).toThrow('a fee schedule has at least one row');
  });
});
