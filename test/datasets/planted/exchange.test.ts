import { describe, expect, it } from 'vitest';
import { entitiesOf } from '../../../datasets/planted/entities.ts';
import { plantedBrackets, plantedInstruments } from '../../../datasets/planted/exchange.ts';
import { namesOf } from '../../../datasets/planted/life.ts';
import { openMarket, type PlantedCoin, plantCoin } from '../../../datasets/planted/market.ts';
import {
  burnInHours,
  defaultSwitches,
  hourTimeMs,
  marketStartMs,
} from '../../../datasets/planted/settings.ts';
import { tierFaults } from '../../../engine/exchange/brackets.ts';
import { filterFaults } from '../../../engine/exchange/filters.ts';
import { dayMs } from '../../../engine/panel/hours.ts';

const settings = { seed: 3, coins: 40, days: 200, switches: defaultSwitches };
const market = openMarket(settings);
const coins = entitiesOf(settings).flatMap((entity) => plantCoin(market, entity) ?? []);
const editions = plantedBrackets(market, coins);
const instruments = plantedInstruments(market, coins);

const rowsOf = (symbol: string) => instruments.filter((row) => row.symbol === symbol);
const coinOf = (id: string) => coins.find(({ entity }) => entity.id === id)!;

describe('tiers', () => {
  it('are sound, five a coin, and milder for larger ones, before the revision and after', () => {
    expect(editions.map(({ effectiveMs }) => effectiveMs)).toEqual([
      marketStartMs,
      marketStartMs + 150 * dayMs,
    ]);
    for (const { tiers } of editions) {
      for (const own of tiers.values()) {
        expect(tierFaults(own)).toEqual([]);
        expect(own.length).toBe(5);
      }
      const leverages = [...coins]
        .sort((a, b) => a.traits.sizeRank - b.traits.sizeRank)
        .map(({ entity }) => tiers.get(entity.symbol)![0]!.leverageMax);
      expect(leverages).toEqual([...leverages].sort((a, b) => b - a));
      expect(new Set(leverages).size).toBe(5);
    }
  });

  it('are revised for smaller coins alone', () => {
    const capOf = (edition: number, id: string) =>
      editions[edition]!.tiers.get(coinOf(id).entity.symbol)!.at(-1)!.cap;
    const small = coins.find(({ traits }) => traits.sizeRank > 0.5)!.entity.id;
    expect(capOf(1, small)).toBeLessThan(capOf(0, small));
    expect(capOf(1, 'BTC')).toBe(capOf(0, 'BTC'));
  });

  it('hold for both names of a renamed coin', () => {
    const { entity, life } = coinOf('P015');
    for (const { symbol } of namesOf(entity, life)) expect(editions[0]!.tiers.has(symbol)).toBe(true);
    expect(namesOf(entity, life).length).toBe(2);
  });
});

describe('filters', () => {
  const isOn = (value: number, unit: number) =>
    Math.abs(value / unit - Math.round(value / unit)) < 1e-6 + (value / unit) * 1e-15;
  /** The edition in force when the hour began. */
  const inForce = (coin: PlantedCoin, hour: number) => {
    const symbol = namesOf(coin.entity, coin.life).findLast(({ fromHour }) => hour >= fromHour)!.symbol;
    return rowsOf(symbol).findLast(({ effectiveMs }) => effectiveMs <= hourTimeMs(hour))!.filters;
  };

  it('are sound, and every price and volume lies on the grids of its time', () => {
    for (const { filters } of instruments) expect(filterFaults(filters)).toEqual([]);
    for (const coin of coins) {
      for (let hour = coin.fromHour; hour < coin.toHour; hour += 7) {
        const { tickSize, stepSize } = inForce(coin, hour);
        const row = hour - coin.fromHour;
        const off = [coin.open, coin.high, coin.low, coin.close].filter(
          (series) => !isOn(series[row]!, tickSize),
        );
        if (off.length > 0 || !isOn(coin.volume[row]!, stepSize)) {
          expect.fail(
            `${coin.entity.symbol}: ${coin.close[row]} on ${tickSize}, ${coin.volume[row]} on ${stepSize}`,
          );
        }
      }
    }
  });

  it('change once, on one day', () => {
    const changes = coins
      .filter(({ life }) => life.rename === null && life.listHour === 0 && life.endHour > market.hours)
      .map(({ entity }) => {
        const editions = rowsOf(entity.symbol).map(({ effectiveMs, filters }) => ({
          effectiveMs,
          ...filters,
        }));
        const changed = editions.filter(
          (edition, index) =>
            index > 0 &&
            (edition.tickSize !== editions[index - 1]!.tickSize ||
              edition.notionalMin !== editions[index - 1]!.notionalMin),
        );
        return changed.map(({ effectiveMs }) => effectiveMs);
      });
    const changeMs = marketStartMs + 120 * dayMs;
    for (const times of changes) expect(times.every((time) => time === changeMs)).toBe(true);
    expect(changes.filter((times) => times.length === 1).length).toBeGreaterThan(20);
  });

  it('let small accounts trade, and split large market orders', () => {
    for (const coin of coins) {
      const { stepSize, marketQuantityMax } = inForce(coin, coin.fromHour);
      const price = coin.open[0]!;
      expect(stepSize * price).toBeLessThan(1.1);
      expect(marketQuantityMax * price).toBeGreaterThan(19_000);
      expect(marketQuantityMax * price).toBeLessThan(1e7);
    }
  });

  it('are coarse for low caps', () => {
    const { traits, close } = coinOf('P021');
    expect(traits.lowCap).toBe(true);
    const tick = rowsOf(coinOf('P021').entity.symbol)[0]!.filters.tickSize;
    expect(tick / close[0]!).toBeGreaterThan(1e-4);
    const fine = rowsOf('P001USDT')[0]!.filters.tickSize;
    expect(fine / coinOf('P001').close[0]!).toBeLessThan(2e-5);
  });
});

describe('the list of contracts', () => {
  it('tells a delisting five days before it comes, and not sooner', () => {
    const ended = coins.filter(({ life }) => life.endHour < market.hours);
    expect(ended.length).toBeGreaterThan(0);
    for (const { entity, life } of ended) {
      const endMs = hourTimeMs(life.endHour);
      const rows = rowsOf(namesOf(entity, life).at(-1)!.symbol);
      for (const { effectiveMs, deliveryMs } of rows) {
        expect(deliveryMs).toBe(effectiveMs >= endMs - 5 * dayMs ? endMs : Number.NaN);
      }
      expect(rows.at(-1)).toMatchObject({ effectiveMs: endMs, status: 'SETTLING' });
    }
  });

  it('tells a halt, a listing, a change of name, and what is no coin', () => {
    const halted = coinOf('P018');
    const [gap] = halted.life.gaps;
    const statuses = rowsOf(halted.entity.symbol).map(({ effectiveMs, status }) => [effectiveMs, status]);
    expect(statuses).toContainEqual([hourTimeMs(gap!.fromHour), 'HALT']);
    expect(statuses).toContainEqual([hourTimeMs(gap!.toHour), 'TRADING']);
    const late = coins.find(({ life }) => life.listHour > burnInHours)!;
    expect(rowsOf(late.entity.symbol)[0]).toMatchObject({
      effectiveMs: late.life.onboardMs,
      onboardMs: late.life.onboardMs,
    });
    const renamed = coinOf('P015');
    const renameMs = hourTimeMs(renamed.life.rename!.hour);
    expect(rowsOf(renamed.entity.symbol).at(-1)).toMatchObject({ effectiveMs: renameMs, status: 'CLOSE' });
    expect(rowsOf(renamed.life.rename!.symbol)[0]).toMatchObject({
      effectiveMs: renameMs,
      status: 'TRADING',
    });
    expect(rowsOf('IDXUSDT')[0]!.underlyingType).toBe('INDEX');
    expect(rowsOf('METALUSDT')[0]!.underlyingType).toBe('COMMODITY');
  });

  it('says on an earlier day what it said then', () => {
    const earlier = openMarket({ ...settings, days: settings.days - 1 });
    const before = plantedInstruments(earlier, coins);
    const known = instruments.filter(({ effectiveMs }) => effectiveMs < hourTimeMs(earlier.hours));
    expect(before).toEqual(known);
  });
});
