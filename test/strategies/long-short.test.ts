import { describe, expect, it } from 'vitest';
import { crossSection, emptyAccount, strategyOf } from './cross-section.ts';

const coin = (value: number) => ({
  score: value,
  residual_return_168h: value,
  history_hours: 2_000,
  return_sd_720h: 0.01,
});
const market = crossSection({ AUSDT: coin(2), BUSDT: coin(1), CUSDT: coin(-1), DUSDT: coin(-2) });

describe.each(['ranked-long-short', 'residual-momentum'])('%s', (name) => {
  const targets = (config: object, money: Partial<Parameters<typeof emptyAccount>[0]> = {}) =>
    strategyOf(name, { count: 2, ...config }).decide(
      market,
      emptyAccount({ capital: 6_000, equity: 12_000, ...money }),
    );
  const sizes = (...given: Parameters<typeof targets>) =>
    targets(...given).map(({ side, notional }) => Number(side) * notional!);

  it('sizes by the leverage of the account, and at leverage 1 changes no bit', () => {
    const plain = 12_000 * (1 / 60);
    expect(sizes({})).toEqual([plain, plain, -plain, -plain]);
    expect(sizes({}, { leverage: 3 })).toEqual([3 * plain, 3 * plain, -3 * plain, -3 * plain]);
    expect(sizes({ sizing: 'capital' }, { leverage: 2 })[0]).toBe(6_000 * (1 / 60) * 2);
  });

  it('buys longs on spot where asked, without leverage, and shorts on futures', () => {
    const plain = 12_000 * (1 / 60);
    expect(sizes({ longMarket: 'spot' }, { leverage: 3 })).toEqual([plain, plain, -3 * plain, -3 * plain]);
    expect(targets({ longMarket: 'spot' }).map((target) => target.market)).toEqual([
      'spot',
      'spot',
      undefined,
      undefined,
    ]);
    expect(targets({}).every((target) => target.market === undefined)).toBe(true);
  });

  it('equal notional is what the poorer wallet carries, the same on both sides', () => {
    const config = { sizing: 'equal-notional', longMarket: 'spot' };
    // Spot 8,000 against futures 4,000 at leverage 1 and 3.
    expect(sizes(config, { spot: 8_000 })).toEqual([1_600, 1_600, -1_600, -1_600]);
    expect(sizes(config, { spot: 8_000, leverage: 3 })).toEqual([3_200, 3_200, -3_200, -3_200]);
    expect(sizes({ ...config, sideFraction: 0.4 }, { spot: 8_000, leverage: 3 })[0]).toBe(1_600);
    expect(sizes({ sizing: 'equal-notional' }, { leverage: 2 })).toEqual([4_800, 4_800, -4_800, -4_800]);
  });

  it('equal notional without money in one of the wallets wants nothing', () => {
    expect(targets({ sizing: 'equal-notional', longMarket: 'spot' })).toEqual([]);
  });

  it('a trailing stop goes with every entry where asked', () => {
    expect(targets({ trailingStopFraction: 0.05 }).map((target) => target.trailingStopFraction)).toEqual([
      0.05, 0.05, 0.05, 0.05,
    ]);
    expect(targets({})[0]!.trailingStopFraction).toBeUndefined();
  });
});
