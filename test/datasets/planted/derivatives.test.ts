import { describe, expect, it } from 'vitest';
import { plantBasis } from '../../../datasets/planted/basis.ts';
import { plantSpotAndMark } from '../../../datasets/planted/derivatives.ts';
import { type Entity, entitiesOf } from '../../../datasets/planted/entities.ts';
import { fundingIntervals, fundingRate, plantFunding } from '../../../datasets/planted/funding.ts';
import { type Life, lifeOf, tradesAt } from '../../../datasets/planted/life.ts';
import { openMarket, plantCoin } from '../../../datasets/planted/market.ts';
import { burnInHours, defaultSwitches } from '../../../datasets/planted/settings.ts';

const market = openMarket({ seed: 5, coins: 24, days: 60, switches: defaultSwitches });
const coins = entitiesOf(market.settings).flatMap((entity) => plantCoin(market, entity) ?? []);
const priceNames = ['open', 'high', 'low', 'close'] as const;

describe('the basis', () => {
  const basis = plantBasis(5, 'P001', 200_000);

  it('has a standard deviation of .1 % around 0 and a half-life of twelve hours', () => {
    const mean = basis.reduce((sum, value) => sum + value, 0) / basis.length;
    const variance = basis.reduce((sum, value) => sum + value * value, 0) / basis.length;
    let lagged = 0;
    for (let hour = 12; hour < basis.length; hour += 1) lagged += basis[hour]! * basis[hour - 12]!;
    expect(Math.abs(mean)).toBeLessThan(5e-5);
    expect(Math.sqrt(variance)).toBeCloseTo(0.001, 4);
    expect(lagged / basis.length / variance).toBeCloseTo(0.5, 1);
  });

  it('of earlier hours is the same in a longer market', () => {
    expect(plantBasis(5, 'P001', 1000)).toEqual(basis.slice(0, 1000));
  });
});

describe('spot and mark', () => {
  it('have highs and lows on the right sides, and open where they closed unless the perpetual does not', () => {
    for (const coin of coins) {
      const basis = plantBasis(5, coin.entity.id, coin.toHour + 1);
      const { spot, mark } = plantSpotAndMark({ path: coin, basis, fromHour: coin.fromHour });
      for (const { open, high, low, close } of [spot, mark]) {
        for (let row = 0; row < close.length; row += 1) {
          const inside =
            low[row]! <= Math.min(open[row]!, close[row]!) && high[row]! >= Math.max(open[row]!, close[row]!);
          const joined = row === 0 || coin.open[row] !== coin.close[row - 1] || open[row] === close[row - 1];
          if (!inside || !joined) expect.fail(`${coin.entity.symbol} row ${row}`);
        }
      }
    }
  });

  it('differ from the perpetual by the basis, and by what half an hour changes in it', () => {
    for (const coin of coins) {
      const basis = plantBasis(5, coin.entity.id, coin.toHour + 1);
      const { spot, mark } = plantSpotAndMark({ path: coin, basis, fromHour: coin.fromHour });
      for (let row = 0; row < spot.open.length; row += 1) {
        const hour = coin.fromHour + row;
        // Straight between the hours: thirty minutes ago it was half way.
        const half = (basis[hour]! + (basis[hour]! + basis[hour - 1]!) / 2) / 2;
        // Six digits: half a unit of the last one is at most 5e-6 of the price.
        expect(Math.abs((spot.open[row]! * (1 + basis[hour]!)) / coin.open[row]! - 1)).toBeLessThan(6e-6);
        expect(Math.abs((spot.close[row]! * (1 + basis[hour + 1]!)) / coin.close[row]! - 1)).toBeLessThan(
          6e-6,
        );
        expect(Math.abs(mark.open[row]! / (spot.open[row]! * (1 + half)) - 1)).toBeLessThan(1.1e-5);
      }
    }
  });

  it('of earlier hours are the same in a longer market', () => {
    const coin = coins[2]!;
    const basis = plantBasis(5, coin.entity.id, coin.toHour + 1);
    const longer = plantSpotAndMark({ path: coin, basis, fromHour: coin.fromHour });
    const count = coin.close.length - 24;
    const cut = Object.fromEntries(priceNames.map((name) => [name, coin[name].slice(0, count)]));
    const path = cut as unknown as typeof coin;
    const shorter = plantSpotAndMark({ path, basis: basis.slice(0, -24), fromHour: coin.fromHour });
    for (const name of priceNames) {
      expect(longer.spot[name].slice(0, count)).toEqual(shorter.spot[name]);
      expect(longer.mark[name].slice(0, count)).toEqual(shorter.mark[name]);
    }
  });
});

describe('funding', () => {
  it.each([
    // Inside the clamp the rate is the interest; outside it follows the premium at .05 % of distance.
    [0, 8, 0.0001],
    [0.0004, 8, 0.0001],
    [0.0006, 8, 0.0001],
    [0.001, 8, 0.0005],
    [-0.001, 8, -0.0005],
    [0.001, 4, 0.00025],
    [0.001, 1, 0.0000625],
    [-0.0004, 8, 0.0001],
    [-0.0005, 8, 0],
  ])('of a mean premium of %f over %i hours is %f', (premium, interval, rate) => {
    expect(fundingRate(premium, interval)).toBeCloseTo(rate, 12);
  });

  it("is stamped by the coin's interval, from the basis, on the mark that the mark bars show", () => {
    for (const coin of coins) {
      const { entity, life, fromHour, toHour, open } = coin;
      const basis = plantBasis(5, entity.id, toHour + 1);
      const { mark } = plantSpotAndMark({ path: coin, basis, fromHour });
      const intervalAt = fundingIntervals(5, entity);
      const funding = plantFunding({ seed: 5, entity, life, basis, open, fromHour, toHour });
      expect(funding.hour.length).toBeGreaterThan(0);
      for (const [index, hour] of funding.hour.entries()) {
        const interval = intervalAt(hour);
        expect(hour % interval).toBe(0);
        const inside = basis.slice(hour - interval + 1, hour).reduce((sum, value) => sum + value, 0);
        const premium = (inside + (basis[hour - interval]! + basis[hour]!) / 2) / interval;
        expect(Math.abs(funding.rate[index]! - fundingRate(premium, interval))).toBeLessThan(1.1e-8);
        expect(funding.mark[index]).toBe(mark.open[hour - fromHour]);
      }
      const last = funding.hour.at(-1)!;
      expect(toHour - last).toBeLessThanOrEqual(intervalAt(last + 1));
    }
  });

  it('settles every 1, 4 or 8 hours, and one coin in twenty changes once', () => {
    const many = Array.from(
      { length: 3000 },
      (_, index): Entity => ({ id: `P${index}`, symbol: '', kind: 'coin' }),
    );
    const intervals = many.map((entity) => {
      const at = fundingIntervals(5, entity);
      const seen = Array.from({ length: 366 }, (_, day) => at(burnInHours + day * 24 + 12));
      return {
        first: seen[0]!,
        changes: seen.filter((value, day) => day > 0 && value !== seen[day - 1]).length,
      };
    });
    const share = (interval: number) =>
      intervals.filter(({ first }) => first === interval).length / intervals.length;
    expect([share(1), share(4), share(8)].map((value) => Math.round(value * 20) / 20)).toEqual([
      0.05, 0.65, 0.3,
    ]);
    expect(Math.max(...intervals.map(({ changes }) => changes))).toBe(1);
    const changed = intervals.filter(({ changes }) => changes === 1).length / intervals.length;
    expect(changed).toBeGreaterThan(0.038);
    expect(changed).toBeLessThan(0.062);
  });

  it('pauses while a coin stands still, and begins at the first stamp after a bar', () => {
    const entity: Entity = { id: 'P018', symbol: 'P018USDT', kind: 'coin' };
    const drawn = lifeOf(5, entity, defaultSwitches);
    const fromHour = burnInHours + 8;
    const gap = { fromHour: fromHour + 24, toHour: fromHour + 48 };
    const life: Life = { ...drawn, listHour: fromHour, gaps: [gap] };
    const toHour = fromHour + 96;
    const basis = plantBasis(5, entity.id, toHour + 1);
    const open = new Float64Array(96).fill(1);
    const { hour } = plantFunding({ seed: 5, entity, life, basis, open, fromHour, toHour });
    expect([...hour].every((stamp) => tradesAt(life, stamp) && tradesAt(life, stamp - 1))).toBe(true);
    expect(hour[0]).toBeGreaterThan(fromHour);
    expect([...hour].some((stamp) => stamp > gap.toHour)).toBe(true);
    expect([...hour].some((stamp) => stamp >= gap.fromHour && stamp <= gap.toHour)).toBe(false);
  });
});
