import { describe, expect, it } from 'vitest';
import { entitiesOf } from '../../../datasets/planted/entities.ts';
import { lifeOf } from '../../../datasets/planted/life.ts';
import { type Market, openMarket, type PlantedCoin, plantCoin } from '../../../datasets/planted/market.ts';
import { Oracle } from '../../../datasets/planted/oracle.ts';
import {
  burnInHours,
  defaultSwitches,
  type MarketSettings,
  presets,
  type Switches,
} from '../../../datasets/planted/settings.ts';

const settings: MarketSettings = { seed: 3, coins: 40, days: 120, switches: defaultSwitches };

function coinsOf(market: MarketSettings): Map<string, PlantedCoin> {
  const opened = openMarket(market);
  const coins = entitiesOf(market).map((entity) => plantCoin(opened, entity));
  return new Map(coins.filter((coin) => coin !== null).map((coin) => [coin.entity.id, coin]));
}

const series = ['open', 'high', 'low', 'close', 'volume', 'quoteVolume', 'trades'] as const;

type Numbers = Float64Array | Int32Array;

/** Bit for bit; a plain comparison of long typed arrays takes seconds. */
function expectSameBits(a: Numbers | undefined, b: Numbers | undefined, what: string): void {
  const bytes = (values: Numbers | undefined) =>
    values === undefined ? Buffer.alloc(0) : Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  if (a?.length !== b?.length || !bytes(a).equals(bytes(b))) expect.fail(`${what} differs`);
}

/** Every bar of `short` stands in `long` with the same bits, hour by hour. */
function expectSamePast(short: PlantedCoin, long: PlantedCoin): void {
  expect(long.fromHour).toBe(short.fromHour);
  const bars = short.close.length;
  for (const name of series)
    expectSameBits(long[name].slice(0, bars), short[name], `${short.entity.id} ${name}`);
  expectSameBits(long.scores?.score.slice(0, bars), short.scores?.score, `${short.entity.id} score`);
  expectSameBits(long.scores?.logit.slice(0, bars), short.scores?.logit, `${short.entity.id} logit`);
  const stamps = short.funding?.rate.length ?? 0;
  for (const name of ['hour', 'rate', 'mark'] as const) {
    expectSameBits(
      long.funding?.[name].slice(0, stamps),
      short.funding?.[name],
      `${short.entity.id} ${name}`,
    );
  }
}

describe('independence', () => {
  const base = coinsOf(settings);

  it('is looked at on a market with late listings, an ending and a slide', () => {
    const lives = [...base.values()].map(({ life }) => life);
    expect(lives.some(({ listHour }) => listHour > burnInHours)).toBe(true);
    expect(lives.some(({ endHour, slides }) => slides && endHour < burnInHours + settings.days * 24)).toBe(
      true,
    );
  });

  it('one coin more changes no number of any other', () => {
    const larger = coinsOf({ ...settings, coins: settings.coins + 1 });
    expect(larger.size).toBe(base.size + 1);
    for (const [id, coin] of base) expectSamePast(coin, larger.get(id)!);
  });

  it('one day more changes no number of an earlier day', () => {
    const longer = coinsOf({ ...settings, days: settings.days + 1 });
    for (const [id, coin] of base) {
      expectSamePast(coin, longer.get(id)!);
      const ended = coin.life.endHour <= burnInHours + settings.days * 24;
      expect(longer.get(id)!.close.length).toBe(coin.close.length + (ended ? 0 : 24));
    }
  });

  const offs: readonly (keyof Switches)[] = [
    'alpha',
    'listings',
    'delistings',
    'stablecoin',
    'gaps',
    'funding',
  ];
  it.each(offs)('without %s, whatever it does not touch keeps its bits', (name) => {
    const without = coinsOf({ ...settings, switches: { ...defaultSwitches, [name]: false } });
    for (const [id, coin] of base) {
      const other = without.get(id);
      if (name === 'stablecoin' && coin.entity.kind === 'stablecoin') {
        expect(other).toBeUndefined();
        continue;
      }
      expectUntouched(name, coin, other!);
    }
  });

  it('a closed switch does change what it is for', () => {
    const off = (name: keyof Switches) =>
      coinsOf({ ...settings, switches: { ...defaultSwitches, [name]: false } });
    const lateCoin = [...base.values()].find(({ life }) => life.listHour > burnInHours)!;
    expect(off('listings').get(lateCoin.entity.id)!.fromHour).toBe(burnInHours);
    expect(off('alpha').get('P001')!.close).not.toEqual(base.get('P001')!.close);
    expect(off('funding').get('P001')!.funding).toBeNull();
    expect(off('stablecoin').size).toBe(base.size - 1);
    const opensAway = (coins: Map<string, PlantedCoin>) =>
      [...coins.values()].flatMap((coin) =>
        [...coin.open.keys()].filter((row) => row > 0 && coin.open[row] !== coin.close[row - 1]),
      ).length;
    expect(opensAway(base)).toBeGreaterThan(0);
    expect(opensAway(off('gaps'))).toBe(0);
  });
});

function expectUntouched(name: keyof Switches, coin: PlantedCoin, other: PlantedCoin): void {
  const same = (a: Numbers | undefined, b: Numbers | undefined) =>
    expectSameBits(a, b, `${coin.entity.id} without ${name}`);
  if (name === 'funding') {
    for (const column of series) same(other[column], coin[column]);
    return;
  }
  // The factor and the stablecoin are touched by no switch of the coins.
  if (coin.entity.kind !== 'coin') {
    expectSamePast(coin, other);
  } else if (name === 'alpha') {
    same(other.scores?.score, coin.scores?.score);
    same(other.truth.beta, coin.truth.beta);
    same(other.truth.state, coin.truth.state);
  } else if (name === 'listings') {
    const skip = coin.fromHour - other.fromHour;
    const shared = Math.min(coin.close.length, other.close.length - skip);
    const calm = coin.life.slides ? 0 : shared;
    same(other.close.slice(skip, skip + calm), coin.close.slice(0, calm));
  } else if (name === 'delistings') {
    const calm = Math.max(0, Math.min(coin.toHour, coin.life.endHour - 240) - coin.fromHour);
    same(other.close.slice(0, calm), coin.close.slice(0, calm));
  } else if (name === 'gaps') {
    same(other.close, coin.close);
    same(other.scores?.score, coin.scores?.score);
  } else expectSamePast(coin, other);
}

describe('bars', () => {
  const coins = [...coinsOf(settings).values()];

  it('have high and low on the right sides, positive volume, and an average price between low and high', () => {
    for (const coin of coins) {
      for (let row = 0; row < coin.close.length; row += 1) {
        const [open, high, low, close] = [coin.open[row]!, coin.high[row]!, coin.low[row]!, coin.close[row]!];
        if (!(low > 0 && low <= Math.min(open, close) && high >= Math.max(open, close))) {
          expect.fail(`${coin.entity.symbol} row ${row}: ${open} ${high} ${low} ${close}`);
        }
        const average = coin.quoteVolume[row]! / coin.volume[row]!;
        if (!(coin.volume[row]! > 0 && average >= low * 0.999999 && average <= high * 1.000001)) {
          expect.fail(`${coin.entity.symbol} row ${row}: volume ${coin.volume[row]} at ${average}`);
        }
      }
    }
    expect(coins.length).toBeGreaterThan(25);
  });

  it('open at the previous close, but for rare and small gaps', () => {
    let opens = 0;
    const gaps: number[] = [];
    for (const coin of coins) {
      for (let row = 1; row < coin.open.length; row += 1) {
        opens += 1;
        const gap = coin.open[row]! / coin.close[row - 1]! - 1;
        if (gap !== 0) gaps.push(Math.abs(gap));
      }
    }
    expect(gaps.length / opens).toBeGreaterThan(1 / 6000);
    expect(gaps.length / opens).toBeLessThan(1 / 1500);
    expect(Math.max(...gaps)).toBeLessThan(0.0081);
  });

  it('carry prices of at most six significant digits', () => {
    const long = coins.flatMap(({ close }) =>
      [...close].filter((price) => Number(price.toPrecision(6)) !== price),
    );
    expect(long).toEqual([]);
  });

  it('reach beyond open and close about as far as a path of that volatility does', () => {
    const btc = coins.find(({ entity }) => entity.id === 'BTC')!;
    let wider = 0;
    for (let row = 0; row < btc.close.length; row += 1) {
      if (btc.high[row]! > Math.max(btc.open[row]!, btc.close[row]!)) wider += 1;
    }
    // A walk of 60 steps stays below its end points' maximum about once in ten times.
    expect(wider / btc.close.length).toBeGreaterThan(0.8);
    expect(wider / btc.close.length).toBeLessThan(0.98);
  });
});

describe('the law of the market', () => {
  const long: MarketSettings = { seed: 11, coins: 150, days: 200, switches: defaultSwitches };
  const market = openMarket(long);
  const coins = [...coinsOf(long).values()].filter(({ entity }) => entity.kind === 'coin');

  it('gives each day of the factor the volatility that was drawn for it', () => {
    for (let day = 0; day < market.days; day += 17) {
      const hours = market.factor.returns.slice(day * 24, day * 24 + 24);
      const mean = hours.reduce((sum, value) => sum + value, 0) / 24;
      expect(Math.abs(mean)).toBeLessThan(0.02);
      const drift = [0.006, -0.012, 0, 0.02][market.factor.regimes[day]!]! / 24;
      const squares = hours.reduce((sum, value) => sum + (value - drift) ** 2, 0);
      expect(Math.sqrt(squares)).toBeCloseTo(market.factor.dailyVolatility[day]!, 12);
    }
  });

  it('makes the factor explain most of a large coin and little of a small one', () => {
    const share = ({ truth }: PlantedCoin) => {
      const variance = (values: Float64Array) => values.reduce((sum, v) => sum + v * v, 0) / values.length;
      const common = truth.residual.map(
        (_, hour) => truth.beta[Math.floor(hour / 24)]! * market.factor.returns[hour]!,
      );
      return variance(common) / (variance(common) + variance(truth.residual));
    };
    const mean = (from: number, to: number) => {
      const group = coins.filter(({ traits }) => traits.sizeRank >= from && traits.sizeRank < to);
      return group.reduce((sum, coin) => sum + share(coin), 0) / group.length;
    };
    expect(mean(0, 0.15)).toBeGreaterThan(0.7);
    expect(mean(0, 0.15)).toBeLessThan(0.92);
    expect(mean(0.85, 1)).toBeGreaterThan(0.12);
    expect(mean(0.85, 1)).toBeLessThan(0.4);
  });

  it('keeps betas around their mean with the stationary spread', () => {
    const offsets = coins.flatMap(({ truth, traits }) =>
      [...truth.beta].filter((_, day) => day % 20 === 0).map((beta) => beta - traits.betaMean),
    );
    const deviation = Math.sqrt(offsets.reduce((sum, offset) => sum + offset * offset, 0) / offsets.length);
    expect(deviation).toBeGreaterThan(0.13);
    expect(deviation).toBeLessThan(0.17);
  });

  it('opens the gate in about three hours of a hundred', () => {
    const logits = coins.flatMap(({ scores }) => [...(scores?.logit ?? [])]);
    const share = logits.filter((logit) => logit >= Math.log(4)).length / logits.length;
    expect(share).toBeGreaterThan(0.02);
    expect(share).toBeLessThan(0.045);
  });

  it('plants a signal of the stated worth, dimmed by the noise of the score', () => {
    const ic = oracleOf(market, coins);
    expect(ic('state', 3)).toBeGreaterThan(0.09);
    expect(ic('state', 3)).toBeLessThan(0.15);
    // 1 / sqrt(1 + .5^2) of the state's.
    expect(ic('score', 3) / ic('state', 3)).toBeGreaterThan(0.82);
    expect(ic('score', 3) / ic('state', 3)).toBeLessThan(0.97);
  });

  it('plants none where its strength is zero', () => {
    const none = { ...long, switches: { ...defaultSwitches, alphaStrength: 0 } };
    const ic = oracleOf(openMarket(none), [...coinsOf(none).values()]);
    expect(Math.abs(ic('score', 1))).toBeLessThan(0.03);
    expect(Math.abs(ic('score', 3))).toBeLessThan(0.03);
  });

  it('shows a score only after the day whose state it carries has closed', () => {
    const coin = coins[0]!;
    const known = [22, 23, 24].map(
      (hour) => coin.scores!.score[hour]! - coin.truth.state[60 - 1 + (hour >= 23 ? 1 : 0)]!,
    );
    for (const noise of known) expect(Math.abs(noise)).toBeLessThan(2.5);
    const noise = Array.from({ length: 24 * 60 }, (_, row) => {
      const day = 60 + Math.floor((row + 1) / 24) - 1;
      return coin.scores!.score[row]! - coin.truth.state[day]!;
    });
    const deviation = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length);
    expect(deviation).toBeGreaterThan(0.46);
    expect(deviation).toBeLessThan(0.54);
  });

  function oracleOf(opened: Market, planted: readonly PlantedCoin[]) {
    const oracle = new Oracle(opened);
    for (const coin of planted) oracle.add(coin);
    const measured = oracle.measure();
    return (column: string, days: number) =>
      measured.find((cell) => cell.column === column && cell.horizonDays === days)!.mean;
  }
});

describe('lives', () => {
  const entities = entitiesOf({ seed: 1, coins: 3000, days: 365, switches: defaultSwitches });
  const coins = entities.filter(({ kind }) => kind === 'coin');
  const lives = coins.map((entity) => lifeOf(1, entity, defaultSwitches));
  const yearEnd = burnInHours + 365 * 24;

  it('list a fifth of the coins in the first year, early enough for every preset', () => {
    const late = lives.filter(({ listHour }) => listHour > 0);
    expect(late.length / lives.length).toBeGreaterThan(0.17);
    expect(late.length / lives.length).toBeLessThan(0.23);
    const shortest = Math.min(...Object.values(presets).map(({ days }) => days));
    expect(Math.max(...late.map(({ listHour }) => listHour))).toBeLessThan(
      burnInHours + (shortest - 25) * 24,
    );
  });

  it('end about a tenth of them a year, half after a slide', () => {
    const ended = lives.filter(({ endHour }) => endHour < yearEnd);
    expect(ended.length / lives.length).toBeGreaterThan(0.07);
    expect(ended.length / lives.length).toBeLessThan(0.12);
    const slid = ended.filter(({ slides }) => slides).length / ended.length;
    expect(slid).toBeGreaterThan(0.38);
    expect(slid).toBeLessThan(0.62);
  });

  it('a slide takes about 60 % in ten days', () => {
    const market = openMarket({ seed: 1, coins: 3000, days: 365, switches: defaultSwitches });
    const logs = coins
      .filter((_, index) => lives[index]!.slides && lives[index]!.endHour < yearEnd)
      .slice(0, 60)
      .map((entity) => plantCoin(market, entity)!)
      .map(({ close }) => Math.log(close.at(-1)! / close.at(-241)!));
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
    expect(mean).toBeGreaterThan(Math.log(0.4) - 0.15);
    expect(mean).toBeLessThan(Math.log(0.4) + 0.15);
  });

  it('have odd names among them', () => {
    const symbols = entities.map(({ symbol }) => symbol);
    expect(symbols).toEqual(expect.arrayContaining(['BTCUSDT', 'P001USDT', '4USDT', 'QUSDT', '沙漏USDT']));
    expect(new Set(symbols).size).toBe(symbols.length);
  });
});

describe('funding', () => {
  const coins = [...coinsOf({ ...settings, coins: 120 }).values()];

  it('settles on the stamps of each coin, inside its life, at intervals of 8, 4 or 1 hours', () => {
    const seen = new Set<number>();
    for (const coin of coins) {
      const { hour } = coin.funding!;
      // A coin that lists in the last hours may not have met a settlement yet.
      if (hour.length === 0) {
        expect(coin.toHour - coin.fromHour).toBeLessThan(9);
        continue;
      }
      expect(hour[0]).toBeGreaterThanOrEqual(coin.fromHour);
      expect(hour.at(-1)).toBeLessThan(coin.toHour);
      for (let row = 1; row < hour.length; row += 1) seen.add(hour[row]! - hour[row - 1]!);
    }
    expect([...seen].sort()).toEqual([1, 4, 8]);
  });

  it('pays the interest alone while the basis is small', () => {
    const btc = coins.find(({ entity }) => entity.id === 'BTC')!;
    const exact = [...btc.funding!.rate].filter((rate) => rate === 0.0001).length;
    expect(exact / btc.funding!.rate.length).toBeGreaterThan(0.2);
    expect([...btc.funding!.rate].some((rate) => rate < 0)).toBe(true);
    expect(Math.max(...btc.funding!.rate.map(Math.abs))).toBeLessThan(0.006);
  });

  it('is charged on a mark close to the price', () => {
    for (const { funding, open, fromHour } of coins) {
      for (const [row, hour] of funding!.hour.entries()) {
        if (Math.abs(funding!.mark[row]! / open[hour - fromHour]! - 1) > 0.003) expect.fail(`stamp ${hour}`);
      }
    }
  });
});
