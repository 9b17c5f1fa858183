import { describe, expect, it } from 'vitest';
import { feeScheduleOf, slippageFraction } from '../../engine/simulator/costs.ts';
import {
  accountOf,
  type CostModel,
  costModel,
  costModelNames,
  feeModel,
  slippageModel,
  venueModel,
} from '../../scenarios/cost-models.ts';

describe('cost models', () => {
  it('there are none, two fixed ones, and ten tiers with and without the discount', () => {
    expect(costModelNames).toHaveLength(23);
    expect(new Set(costModelNames).size).toBe(23);
  });

  it('binance-vip0 keeps its taker fee and slippage, and has maker and spot rates', () => {
    expect(costModel('binance-vip0')).toMatchObject({
      takerFeeBps: 5,
      makerFeeBps: 2,
      spotTakerFeeBps: 10,
      spotMakerFeeBps: 10,
      slippageBps: 2,
    });
  });

  it('a discount takes 10 % off futures and 25 % off spot', () => {
    expect(costModel('binance-vip0-bnb')).toMatchObject({
      takerFeeBps: 4.5,
      makerFeeBps: 1.8,
      spotTakerFeeBps: 7.5,
    });
  });

  it('no tier pays more than the one below it, at any of its dates', () => {
    for (const bnb of [false, true]) {
      for (let tier = 1; tier <= 9; tier += 1) {
        const below = feeScheduleOf(costModel(venueModel((tier - 1) as 0, bnb)));
        for (const [index, rates] of feeScheduleOf(costModel(venueModel(tier as 0, bnb))).entries()) {
          expect(rates.takerFeeBps).toBeLessThanOrEqual(below[index]!.takerFeeBps);
          expect(rates.spotMakerFeeBps).toBeLessThanOrEqual(below[index]!.spotMakerFeeBps);
        }
      }
    }
  });

  it('published-residual is 0.2 % and 0.1 % a round trip, in both markets', () => {
    const costs = costModel('published-residual');
    const [rates] = feeScheduleOf(costs);
    for (const feeBps of [rates!.takerFeeBps, rates!.makerFeeBps, rates!.spotTakerFeeBps]) {
      expect(2 * feeBps).toBe(20);
    }
    expect(2 * slippageFraction(costs)).toBe(0.001);
  });

  it('a model names its account at the venue, and others name none', () => {
    expect(accountOf('binance-vip3-bnb')).toEqual({ tier: 3, bnb: true });
    expect(accountOf('workload-w')).toBeNull();
    for (const name of costModelNames) expect(costModel(name).name).toBe(name);
  });
});

describe('the parts for callers of the library', () => {
  it('fees and slippage are put together by spreading', () => {
    const costs = { ...feeModel('binance-vip9'), ...slippageModel({ halfSpreadBps: 1 }) };
    expect(costs).toMatchObject({
      takerFeeBps: 1.7,
      makerFeeBps: 0,
      slippageBps: 1,
      impact: { coefficient: 1, participationMax: 0.02, rest: 'carry' },
    });
    expect(feeModel('none')).not.toHaveProperty('slippageBps');
    expect(slippageModel('none')).toEqual({ slippageBps: 0 });
  });

  it('what makes no sense is refused by name', () => {
    expect(() => feeModel('vip0' as CostModel)).toThrow(/vip0 is no cost model; there are none/);
    expect(() => slippageModel({ bps: -1 })).toThrow(/bps must be finite and not negative, was -1/);
    expect(() => slippageModel({ halfSpreadBps: 1, coefficient: -2 })).toThrow(/coefficient/);
    expect(() => slippageModel({ halfSpreadBps: 1, participationMax: 0 })).toThrow(/participationMax/);
  });
});
