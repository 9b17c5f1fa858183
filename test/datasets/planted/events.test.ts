import { describe, expect, it } from 'vitest';
import { type Entity, entitiesOf, instrumentKindOf } from '../../../datasets/planted/entities.ts';
import { fearGreedLaws, plantFearGreed } from '../../../datasets/planted/fear-greed.ts';
import { type Life, lifeOf, namesOf, tradesAt } from '../../../datasets/planted/life.ts';
import { openMarket, plantCoin } from '../../../datasets/planted/market.ts';
import { plantMarketCap } from '../../../datasets/planted/market-cap.ts';
import { depegHour, plantPeg } from '../../../datasets/planted/peg.ts';
import { plantRegimes } from '../../../datasets/planted/regime.ts';
import {
  burnInDays,
  burnInHours,
  defaultSwitches,
  hourTimeMs,
  marketStartMs,
  presets,
  type Switches,
} from '../../../datasets/planted/settings.ts';
import { traitsOf } from '../../../datasets/planted/traits.ts';
import { universeTruth } from '../../../datasets/planted/universe.ts';
import { dayMs, hourMs } from '../../../engine/panel/hours.ts';

const withBarrier: Switches = { ...defaultSwitches, barrier: true };
const manyCoins = entitiesOf({ seed: 1, coins: 6000, days: 365, switches: defaultSwitches }).filter(
  ({ kind }) => kind === 'coin',
);
const share = <T>(all: readonly T[], holds: (one: T) => boolean) => all.filter(holds).length / all.length;

describe('entities', () => {
  it.each([
    ['S', 60, 4],
    ['M', 300, 12],
    ['L', 1000, 24],
  ] as const)(
    'of preset %s are as many as it says, with barrier coins beside them',
    (preset, coins, barrier) => {
      const settings = { seed: 1, ...presets[preset], switches: defaultSwitches };
      expect(entitiesOf(settings).length).toBe(coins);
      const all = entitiesOf({ ...settings, switches: withBarrier });
      const count = (kind: Entity['kind']) => all.filter((entity) => entity.kind === kind).length;
      expect(
        ['stablecoin', 'wrapped', 'index', 'metal', 'barrier'].map((kind) => count(kind as Entity['kind'])),
      ).toEqual([3, 1, 1, 1, barrier]);
      const symbols = all.flatMap((entity) =>
        namesOf(entity, lifeOf(1, entity, withBarrier)).map(({ symbol }) => symbol),
      );
      expect(new Set(symbols).size).toBe(symbols.length);
      for (const symbol of ['4USDT', 'QUSDT', '沙漏USDT', '1000P029USDT']) expect(symbols).toContain(symbol);
    },
  );

  it('stay who they are when a coin is added or a switch is set', () => {
    const settings = { seed: 1, coins: 59, days: 30, switches: withBarrier };
    const base = entitiesOf(settings);
    for (const coins of [60, 61, 90, 301])
      expect(entitiesOf({ ...settings, coins })).toEqual(expect.arrayContaining([...base]));
    for (const name of ['stablecoins', 'wrapped', 'nonCrypto', 'barrier'] as const) {
      const without = entitiesOf({ ...settings, switches: { ...withBarrier, [name]: false } });
      expect(base.filter((entity) => without.some(({ id }) => id === entity.id))).toEqual(without);
      expect(without.length).toBeLessThan(base.length);
    }
    const plain = entitiesOf({ ...settings, switches: { ...withBarrier, oddSymbols: false } });
    expect(plain.map(({ id }) => id)).toEqual(base.map(({ id }) => id));
    expect(plain.every(({ symbol }) => /^[A-Z]+[0-9]*USDT$/.test(symbol))).toBe(true);
  });

  it('that are no coins to rank say so in their metadata', () => {
    const kinds = new Map(
      entitiesOf({ seed: 1, coins: 60, days: 30, switches: withBarrier }).map((entity) => [
        entity.id,
        instrumentKindOf(entity),
      ]),
    );
    expect(['BTC', 'USDX', 'WBTC', 'IDX', 'METAL', 'BARRIER001', 'P001'].map((id) => kinds.get(id))).toEqual([
      'benchmark',
      'stablecoin',
      'wrapped',
      'index',
      'non-crypto',
      'non-crypto',
      'coin',
    ]);
  });
});

describe('lives', () => {
  const lives = manyCoins.map((entity) => lifeOf(7, entity, defaultSwitches));
  const yearEnd = burnInHours + 8760;

  it('begin late for a fifth of the coins, within an hour whose bar is left out', () => {
    const late = lives.filter(({ listHour }) => listHour > 0);
    expect(late.length / lives.length).toBeGreaterThan(0.18);
    expect(late.length / lives.length).toBeLessThan(0.22);
    for (const { onboardMs, listHour } of late) {
      const before = hourTimeMs(listHour) - onboardMs;
      expect(before > 0 && before < hourMs).toBe(true);
    }
    for (const { onboardMs, listHour } of lives)
      if (listHour === 0) expect(onboardMs).toBeLessThan(marketStartMs - 60 * dayMs);
  });

  it('end for a tenth a year, half of them in a slide, five days after it was told', () => {
    const old = lives.filter(({ listHour }) => listHour === 0);
    // Nobody ends in the first thirty days.
    expect(share(old, ({ endHour }) => endHour < yearEnd + 720)).toBeCloseTo(0.1, 1);
    const ended = lives.filter(({ endHour }) => endHour < Number.POSITIVE_INFINITY);
    expect(share(ended, ({ slides }) => slides)).toBeCloseTo(0.5, 1);
    for (const { endHour, announcedHour } of ended) expect(endHour - announcedHour).toBe(120);
    for (const { listHour, endHour } of lives)
      expect(endHour - Math.max(listHour, burnInHours)).toBeGreaterThanOrEqual(720);
  });

  it('change their name in about two of a hundred cases, in the middle of a life', () => {
    const renamed = manyCoins.flatMap((entity, index) => {
      const { rename, ...life } = lives[index]!;
      return rename === null ? [] : [{ entity, life, rename }];
    });
    expect(renamed.length / lives.length).toBeGreaterThan(0.01);
    expect(renamed.length / lives.length).toBeLessThan(0.025);
    for (const { entity, life, rename } of renamed) {
      expect(rename.symbol).not.toBe(entity.symbol);
      expect(rename.hour - 720).toBeGreaterThanOrEqual(Math.max(burnInHours, life.listHour));
      expect(rename.hour + 720).toBeLessThanOrEqual(life.endHour);
    }
  });

  it('have one hole of 90 days in one coin, which lists and ends nowhere', () => {
    const halted = lives.filter(({ gaps }) => gaps.length > 0);
    expect(halted.length).toBe(1);
    const [{ fromHour, toHour }] = halted[0]!.gaps as [{ fromHour: number; toHour: number }];
    expect(toHour - fromHour).toBe(2160);
    expect([
      tradesAt(halted[0]!, fromHour - 1),
      tradesAt(halted[0]!, fromHour),
      tradesAt(halted[0]!, toHour),
    ]).toEqual([true, false, true]);
    expect(halted[0]).toMatchObject({ listHour: 0, endHour: Number.POSITIVE_INFINITY });
  });

  it('lose nothing but what their switch is for', () => {
    const parts: Readonly<Partial<Record<keyof Switches, readonly (keyof Life)[]>>> = {
      delistings: ['onboardMs', 'listHour', 'gaps'],
      renames: ['onboardMs', 'listHour', 'endHour', 'slides', 'gaps'],
      halt: ['onboardMs', 'listHour', 'endHour', 'slides', 'rename'],
    };
    for (const [name, kept] of Object.entries(parts)) {
      const switches = { ...defaultSwitches, [name]: false };
      for (const [index, entity] of manyCoins.slice(0, 300).entries()) {
        const other = lifeOf(7, entity, switches);
        for (const part of kept!) expect(other[part]).toEqual(lives[index]![part]);
      }
    }
  });
});

describe('low caps', () => {
  it('are some in a hundred, worth less than ten millions and hardly traded; without them all others stay', () => {
    const traits = manyCoins.map((entity) => traitsOf(7, entity, defaultSwitches));
    const low = traits.filter(({ lowCap }) => lowCap);
    expect(low.length / traits.length).toBeGreaterThan(0.05);
    expect(low.length / traits.length).toBeLessThan(0.07);
    const cap = ({ supply, logPriceStart }: (typeof traits)[number]) => supply * Math.exp(logPriceStart);
    expect(Math.max(...low.map(cap))).toBeLessThan(1e7);
    expect(Math.max(...low.map(({ hourlyTurnover }) => hourlyTurnover))).toBeLessThan(20_000);
    const others = traits.filter(({ lowCap }) => !lowCap);
    expect(Math.min(...others.map(cap))).toBeGreaterThan(1e7);
    // Larger by capitalisation is larger by rank.
    const ranked = [...others].sort((a, b) => a.sizeRank - b.sizeRank).map(cap);
    expect(ranked.every((value, index) => index === 0 || value <= ranked[index - 1]!)).toBe(true);
    for (const [index, entity] of manyCoins.slice(0, 300).entries()) {
      const without = traitsOf(7, entity, { lowCaps: false });
      if (!traits[index]!.lowCap) expect(without).toEqual(traits[index]);
      expect(without.lowCap).toBe(false);
    }
  });
});

describe('stablecoins', () => {
  const hours = burnInHours + 200 * 24;
  const entity = (id: string): Entity => ({ id, symbol: `${id}USDT`, kind: 'stablecoin' });

  it.each([1, 2, 3])('one is at .88 for three days and then back at 1 (seed %i)', (seed) => {
    const { logClose, residual, hourlyVolatility } = plantPeg(seed, entity('USDX'), { depeg: true }, hours);
    const from = depegHour(seed);
    const low = Math.exp(logClose.slice(from + 6, from + 78).reduce((sum, value) => sum + value, 0) / 72);
    expect(low).toBeCloseTo(0.88, 2);
    const calm = [...logClose].filter((_, hour) => hour < from || hour >= from + 96);
    expect(Math.max(...calm.map(Math.abs))).toBeLessThan(0.003);
    expect(residual.reduce((sum, value) => sum + value, 0)).toBeCloseTo(logClose.at(-1)!, 10);
    expect(hourlyVolatility[from]!).toBeGreaterThan(10 * hourlyVolatility[from - 1]!);
    const held = plantPeg(seed, entity('USDX'), { depeg: false }, hours).logClose;
    expect(held.slice(0, from)).toEqual(logClose.slice(0, from));
    expect(
      plantPeg(seed, entity('USDP'), { depeg: true }, hours).logClose.every(
        (value) => Math.abs(value) < 0.003,
      ),
    ).toBe(true);
  });
});

describe('market capitalisation', () => {
  const market = openMarket({ seed: 5, coins: 40, days: 60, switches: defaultSwitches });
  const coins = entitiesOf(market.settings).flatMap((one) => plantCoin(market, one) ?? []);
  const rowsOf = (coin: (typeof coins)[number], days = market.days) =>
    plantMarketCap({ seed: 5, ...coin, days, logClose: coin.logClose });

  it('is price times supply of a day that had closed 2 to 26 hours before, in order', () => {
    const lags: number[] = [];
    for (const coin of coins) {
      const { entity, traits } = coin;
      const rows = rowsOf(coin);
      if (['index', 'metal'].includes(entity.kind)) expect(rows).toEqual([]);
      for (const [index, { publishedMs, ingestedMs, value }] of rows.entries()) {
        if (index > 0) expect(publishedMs).toBeGreaterThan(rows[index - 1]!.publishedMs);
        expect(ingestedMs - publishedMs).toBeLessThan(600_000);
        expect(ingestedMs).toBeGreaterThanOrEqual(publishedMs);
        // The one day end whose price times supply it is.
        const hour = Array.from(
          { length: 3 },
          (_, back) => Math.floor((publishedMs - hourTimeMs(0)) / dayMs - back) * 24,
        ).find(
          (end) =>
            Math.abs(
              value /
                (Math.exp(coin.logClose[end - 1]!) * traits.supply * (1 + (0.02 * (end / 24 - 1)) / 365)) -
                1,
            ) < 1e-6,
        );
        if (hour === undefined) expect.fail(`${entity.id}: no day has the value ${value}`);
        lags.push((publishedMs - hourTimeMs(hour!)) / hourMs);
      }
    }
    expect(Math.min(...lags)).toBeGreaterThan(1.99);
    expect(Math.max(...lags)).toBeLessThan(26);
    expect(Math.max(...lags)).toBeGreaterThan(25);
  });

  it('of earlier days is the same in a longer market, and known when the market opens', () => {
    const coin = coins.find(({ entity }) => entity.id === 'P001')!;
    const shorter = rowsOf(coin, market.days - 1);
    expect(rowsOf(coin).slice(0, shorter.length)).toEqual(shorter);
    expect(shorter[0]!.publishedMs).toBeLessThan(marketStartMs + dayMs / 2);
  });
});

describe('Fear & Greed', () => {
  const days = burnInDays + 3000;
  const regimes = plantRegimes(4, days);
  const rows = plantFearGreed(4, regimes, days, false);

  it('is published on the next day within twenty minutes, and comes in within ten more', () => {
    expect(rows[0]!.dayMs).toBe(marketStartMs - dayMs);
    for (const { dayMs: day, publishedMs, ingestedMs } of rows) {
      const lag = publishedMs - day - dayMs;
      expect(
        lag >= 0 && lag < 1_200_000 && ingestedMs >= publishedMs && ingestedMs - publishedMs < 600_000,
      ).toBe(true);
    }
  });

  it.each([0, 1, 2, 3])('follows the law of state %i', (state) => {
    const values = rows
      .filter((_, index) => regimes[burnInDays - 1 + index] === state)
      .map(({ value }) => value);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    expect(Math.abs(mean - fearGreedLaws[state]!.mean)).toBeLessThan(1.5);
    expect(Math.abs(spread - fearGreedLaws[state]!.spread)).toBeLessThan(1.2);
    expect(values.every((value) => Number.isInteger(value) && value >= 0 && value <= 100)).toBe(true);
  });

  it('tells nothing of the states where it is noise, at the same times', () => {
    const hard = plantFearGreed(4, regimes, days, true);
    expect(hard.map(({ publishedMs }) => publishedMs)).toEqual(rows.map(({ publishedMs }) => publishedMs));
    const meanOf = (state: number) => {
      const own = hard.filter((_, index) => regimes[burnInDays - 1 + index] === state);
      return own.reduce((sum, { value }) => sum + value, 0) / own.length;
    };
    for (const state of [0, 1, 2, 3]) expect(Math.abs(meanOf(state) - 50)).toBeLessThan(3.5);
    expect(plantFearGreed(4, regimes, days - 1, false)).toEqual(rows.slice(0, -1));
  });
});

describe('the truth about the universe', () => {
  const market = openMarket({ seed: 9, coins: 60, days: 270, switches: { ...defaultSwitches, gaps: false } });
  const lives = entitiesOf(market.settings).map((entity) => ({
    entity,
    life: lifeOf(9, entity, defaultSwitches),
  }));
  const rows = universeTruth(market, lives);

  it('says of every hour whether there is a bar, without holes and overlaps', () => {
    for (const { entity, life } of lives) {
      for (const { symbol, fromHour, toHour } of namesOf(entity, life)) {
        const own = rows.filter((row) => row.symbol === symbol);
        for (let hour = burnInHours; hour < market.hours; hour += 1) {
          const closeMs = hourTimeMs(hour + 1);
          const states = own.filter((row) => closeMs > row.fromMs && closeMs <= row.toMs);
          const hasBar = hour >= fromHour && hour < toHour && tradesAt(life, hour);
          if (states.length > 1 || (states[0]?.state === 'listed') !== hasBar) {
            expect.fail(`${symbol} hour ${hour}: ${JSON.stringify(states)}, bar ${hasBar}`);
          }
        }
        expect(own.every((row, index) => index === 0 || row.fromMs === own[index - 1]!.toMs)).toBe(true);
      }
    }
  });

  it('has every state, and the kinds of what is not to be ranked', () => {
    expect(new Set(rows.map(({ state }) => state))).toEqual(
      new Set(['listed', 'halted', 'delisted', 'renamed']),
    );
    expect(new Set(rows.map(({ kind }) => kind)).size).toBe(6);
  });
});
