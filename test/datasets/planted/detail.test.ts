import { describe, expect, it } from 'vitest';
import { cutDetail } from '../../../datasets/planted/detail.ts';
import { entitiesOf } from '../../../datasets/planted/entities.ts';
import { openMarket, plantCoin } from '../../../datasets/planted/market.ts';
import { defaultSwitches } from '../../../datasets/planted/settings.ts';
import { quoteUnits } from '../../../datasets/planted/volume.ts';

const settings = {
  seed: 12,
  coins: 30,
  days: 12,
  switches: { ...defaultSwitches, barrier: true, volumeSurge: 0.5 },
};
const market = openMarket(settings);
const coins = entitiesOf(settings).flatMap((entity) => plantCoin(market, entity) ?? []);

describe('finer bars', () => {
  it('are looked at for coins of every kind', () => {
    expect(new Set(coins.map(({ entity }) => entity.kind)).size).toBe(7);
    expect(coins.some(({ traits }) => traits.lowCap)).toBe(true);
  });

  it.each([1, 5, 15, 30])('of %i minutes give the hourly ones exactly', (length) => {
    for (const coin of coins) {
      const hours = Array.from({ length: coin.close.length }, (_, row) => coin.fromHour + row);
      const bars = cutDetail({ ...coin, length, hours });
      const perHour = 60 / length;
      const perOne = Math.round(1 / coin.grid.stepSize);
      for (const [row, hour] of hours.entries()) {
        const from = row * perHour;
        const part = (values: Float64Array) => values.subarray(from, from + perHour);
        const units = (values: Float64Array, per: number) =>
          part(values).reduce((sum, value) => sum + Math.round(value * per), 0);
        const same =
          bars.minute[from] === hour * 60 &&
          bars.open[from] === coin.open[row] &&
          bars.close[from + perHour - 1] === coin.close[row] &&
          Math.max(...part(bars.high)) === coin.high[row] &&
          Math.min(...part(bars.low)) === coin.low[row] &&
          units(bars.volume, perOne) === Math.round(coin.volume[row]! * perOne) &&
          units(bars.quoteVolume, quoteUnits) === Math.round(coin.quoteVolume[row]! * quoteUnits);
        if (!same) expect.fail(`${coin.entity.symbol} row ${row} at ${length} minutes`);
      }
    }
  });

  it('are sound bars, each opening where the one before closed', () => {
    for (const coin of coins) {
      const bars = cutDetail({ ...coin, length: 15, hours: [coin.fromHour, coin.fromHour + 1] });
      for (let at = 0; at < bars.open.length; at += 1) {
        const [open, high, low, close] = [bars.open[at]!, bars.high[at]!, bars.low[at]!, bars.close[at]!];
        expect(low).toBeLessThanOrEqual(Math.min(open, close));
        expect(high).toBeGreaterThanOrEqual(Math.max(open, close));
        expect(bars.volume[at]).toBeGreaterThanOrEqual(0);
        if (at % 4 !== 0) expect(open).toBe(bars.close[at - 1]);
      }
      expect(new Set(bars.volume).size).toBeGreaterThan(1);
    }
  });

  it('do not depend on which hours are cut', () => {
    const coin = coins[3]!;
    const hours = [5, 6, 7, 40].map((row) => coin.fromHour + row);
    const all = cutDetail({ ...coin, length: 15, hours });
    const last = cutDetail({ ...coin, length: 15, hours: [hours[3]!] });
    expect(last.high).toEqual(all.high.slice(12));
    expect(last.volume).toEqual(all.volume.slice(12));
  });
});
