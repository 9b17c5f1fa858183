import { describe, expect, it } from 'vitest';
import { entitiesOf } from '../../../datasets/planted/entities.ts';
import { plantedBrackets, plantedInstruments } from '../../../datasets/planted/exchange.ts';
import { openMarket, plantCoin } from '../../../datasets/planted/market.ts';
import { defaultSwitches } from '../../../datasets/planted/settings.ts';
import { tierFaults } from '../../../engine/exchange/brackets.ts';
import { filterFaults } from '../../../engine/exchange/filters.ts';

const market = openMarket({ seed: 3, coins: 40, days: 120, switches: defaultSwitches });
const coins = entitiesOf(market.settings).flatMap((entity) => plantCoin(market, entity) ?? []);

describe('a planted exchange', () => {
  const { tiers } = plantedBrackets(coins);
  const instruments = new Map(plantedInstruments(market, coins).map((one) => [one.symbol, one]));

  it('has sound tiers for every coin, milder for larger ones', () => {
    expect(tiers.size).toBe(coins.length);
    for (const own of tiers.values()) expect(tierFaults(own)).toEqual([]);
    const leverages = [...coins]
      .sort((a, b) => a.traits.sizeRank - b.traits.sizeRank)
      .map(({ entity }) => tiers.get(entity.symbol)![0]!.leverageMax);
    expect(leverages).toEqual([...leverages].sort((a, b) => b - a));
    expect(new Set(leverages)).toEqual(new Set([125, 50, 20]));
  });

  it('has sound filters on whose grids every price and volume lies', () => {
    const isOn = (value: number, unit: number) =>
      Math.abs(value / unit - Math.round(value / unit)) < 1e-6 + (value / unit) * 1e-15;
    for (const coin of coins) {
      const { filters } = instruments.get(coin.entity.symbol)!;
      expect(filterFaults(filters)).toEqual([]);
      const prices = [coin.open, coin.high, coin.low, coin.close].flatMap((series) => [...series]);
      expect(prices.filter((price) => !isOn(price, filters.tickSize))).toEqual([]);
      expect([...coin.volume].filter((volume) => !isOn(volume, filters.stepSize))).toEqual([]);
      // Some tens of units of quote currency must be tradable.
      expect(filters.stepSize * coin.close.at(-1)!).toBeLessThan(2);
    }
  });

  it('tells who was delisted, and when', () => {
    const ended = coins.filter(({ life }) => life.endHour < market.hours);
    expect(ended.length).toBeGreaterThan(0);
    for (const { entity } of coins) {
      const { status, deliveryMs } = instruments.get(entity.symbol)!;
      const isOver = ended.some((coin) => coin.entity === entity);
      expect([status, Number.isNaN(deliveryMs)]).toEqual(isOver ? ['SETTLING', false] : ['TRADING', true]);
    }
  });
});
