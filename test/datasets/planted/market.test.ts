import { describe, expect, it } from 'vitest';
import { entitiesOf } from '../../../datasets/planted/entities.ts';
import { type Market, openMarket, type PlantedCoin, plantCoin } from '../../../datasets/planted/market.ts';
import { measureOracle, oracleCoin } from '../../../datasets/planted/oracle.ts';
import {
  burnInHours,
  defaultSwitches,
  type MarketSettings,
  noiseSwitches,
  type Switches,
} from '../../../datasets/planted/settings.ts';

const settings: MarketSettings = { seed: 12, coins: 40, days: 100, switches: defaultSwitches };

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

/** Every number of `short` up to its end stands in `long` with the same bits, hour by hour and day by day. */
function expectSamePast(short: PlantedCoin, long: PlantedCoin): void {
  const { id } = short.entity;
  expect(long.fromHour).toBe(short.fromHour);
  const bars = short.close.length;
  for (const name of series) expectSameBits(long[name].slice(0, bars), short[name], `${id} ${name}`);
  for (const price of ['spot', 'mark'] as const) {
    for (const field of ['open', 'high', 'low', 'close'] as const) {
      expectSameBits(long[price]?.[field].slice(0, bars), short[price]?.[field], `${id} ${price} ${field}`);
    }
  }
  expectSameBits(long.scores?.score.slice(0, bars), short.scores?.score, `${id} score`);
  expectSameBits(long.scores?.logit.slice(0, bars), short.scores?.logit, `${id} logit`);
  for (const [name, values] of short.proxies ?? []) {
    expectSameBits(long.proxies?.get(name)?.slice(0, values.length), values, `${id} ${name}`);
  }
  const stamps = short.funding?.rate.length ?? 0;
  for (const name of ['hour', 'rate', 'mark'] as const) {
    expectSameBits(long.funding?.[name].slice(0, stamps), short.funding?.[name], `${id} ${name}`);
  }
  expectSameBits(long.truth.noise.slice(0, short.truth.noise.length), short.truth.noise, `${id} noise`);
  for (const [name, { drift }] of short.truth.alphas) {
    const longer = long.truth.alphas.get(name)!;
    expectSameBits(longer.drift.slice(0, drift.length), drift, `${id} ${name} drift`);
  }
}

/** Everything that can be planted, but for faults, which are planted into finished bars. */
const everything: Switches = {
  ...defaultSwitches,
  reversal: 0.1,
  volumeSurge: 0.5,
  lstmPattern: 0.5,
  tcnMotif: 0.5,
  regimeInteraction: 0.1,
  badColumns: true,
  barrier: true,
};
const full: MarketSettings = { ...settings, switches: everything };

describe('independence', () => {
  const base = coinsOf(full);

  it('is looked at on a market with late listings, an ending and a slide', () => {
    const lives = [...base.values()].map(({ life }) => life);
    expect(lives.some(({ listHour }) => listHour > burnInHours)).toBe(true);
    expect(lives.some(({ endHour, slides }) => slides && endHour < burnInHours + full.days * 24)).toBe(true);
  });

  it('one coin more changes no number of any other', () => {
    const larger = coinsOf({ ...full, coins: full.coins + 1 });
    expect(larger.size).toBe(base.size + 1);
    for (const [id, coin] of base) expectSamePast(coin, larger.get(id)!);
  });

  // A pattern of thirty days is under way at any end.
  it.each([1, 2, 17])('%i days more change no number of an earlier day', (more) => {
    const longer = coinsOf({ ...full, days: full.days + more });
    for (const [id, coin] of base) {
      expectSamePast(coin, longer.get(id)!);
      const ended = coin.life.endHour <= burnInHours + full.days * 24;
      if (!ended) expect(longer.get(id)!.close.length).toBe(coin.close.length + more * 24);
    }
  });

  /** Switches of one coin's law, and what of that coin they leave alone. Other coins they do not touch at all. */
  const ofTheCoin: readonly (keyof Switches)[] = [
    'core',
    'reversal',
    'volumeSurge',
    'lstmPattern',
    'tcnMotif',
    'regimeInteraction',
    'gaps',
    'listings',
    'delistings',
    'renames',
    'halt',
    'lowCaps',
  ];
  it.each(ofTheCoin)('without %s other kinds of coins keep every bit, and coins what is no price', (name) => {
    const without = coinsOf({ ...full, switches: { ...everything, [name]: off(name) } });
    for (const [id, coin] of base) {
      const other = without.get(id)!;
      if (coin.entity.kind !== 'coin') expectSamePast(coin, other);
      else if (other.fromHour === coin.fromHour && other.toHour === coin.toHour) {
        expectSameBits(other.scores?.score, coin.scores?.score, `${id} score`);
        expectSameBits(other.truth.beta, coin.truth.beta, `${id} beta`);
        for (const [column, values] of coin.proxies ?? []) {
          expectSameBits(other.proxies?.get(column), values, `${id} ${column}`);
        }
      }
    }
  });

  it.each(['listings', 'delistings', 'renames', 'halt', 'lowCaps'] as const)(
    'without %s every coin that it does not concern keeps every bit',
    (name) => {
      const without = coinsOf({ ...full, switches: { ...everything, [name]: false } });
      let kept = 0;
      for (const [id, coin] of base) {
        const other = without.get(id)!;
        const concerned =
          JSON.stringify([coin.life, coin.traits]) !== JSON.stringify([other.life, other.traits]);
        if (concerned) continue;
        expectSamePast(coin, other);
        kept += 1;
      }
      expect(kept).toBeGreaterThan(10);
      expect(kept).toBeLessThan(base.size);
    },
  );

  it.each(['stablecoins', 'wrapped', 'nonCrypto', 'barrier'] as const)(
    'without %s every other coin keeps every bit',
    (name) => {
      const without = coinsOf({ ...full, switches: { ...everything, [name]: false } });
      expect(without.size).toBeLessThan(base.size);
      for (const [id, coin] of without) expectSamePast(coin, base.get(id)!);
    },
  );

  it.each(['funding', 'spot', 'mark', 'proxies', 'badColumns', 'depeg', 'hardRegime', 'marketCap'] as const)(
    'without %s all other numbers keep every bit',
    (name) => {
      const without = coinsOf({ ...full, switches: { ...everything, [name]: !everything[name] } });
      for (const [id, coin] of base) {
        const other = without.get(id)!;
        if (name === 'depeg' && coin.entity.kind === 'stablecoin') continue;
        for (const column of series) expectSameBits(other[column], coin[column], `${id} ${column}`);
        expectSameBits(other.truth.noise, coin.truth.noise, `${id} noise`);
      }
    },
  );

  it('without news the factor loses the macro drift, and noise keeps its bits outside of hacks', () => {
    const without = coinsOf({ ...full, switches: { ...everything, lstmPattern: 0, news: false } });
    const withNews = coinsOf({ ...full, switches: { ...everything, lstmPattern: 0 } });
    let moved = 0;
    for (const [id, coin] of withNews) {
      const other = without.get(id)!;
      const differing = coin.truth.noise.reduce(
        (count, value, hour) => count + (value === other.truth.noise[hour] ? 0 : 1),
        0,
      );
      moved += differing;
      expect(differing / coin.truth.noise.length).toBeLessThan(0.1);
    }
    expect(moved).toBeGreaterThan(0);
  });

  it('a closed switch does change what it is for', () => {
    const closed = (name: keyof Switches) =>
      coinsOf({ ...full, switches: { ...everything, [name]: off(name) } });
    const lateCoin = [...base.values()].find(({ life }) => life.listHour > burnInHours)!;
    expect(closed('listings').get(lateCoin.entity.id)!.fromHour).toBe(burnInHours);
    for (const name of ['core', 'reversal', 'volumeSurge', 'lstmPattern', 'tcnMotif'] as const) {
      expect(closed(name).get('P001')!.truth.residual).not.toEqual(base.get('P001')!.truth.residual);
    }
    expect(closed('funding').get('P001')!.funding).toBeNull();
    expect(closed('spot').get('P001')!.spot).toBeNull();
    expect(closed('mark').get('P001')!.mark).toBeNull();
    const opensAway = (coins: Map<string, PlantedCoin>) =>
      [...coins.values()].flatMap((coin) =>
        [...coin.open.keys()].filter((row) => row > 0 && coin.open[row] !== coin.close[row - 1]),
      ).length;
    expect(opensAway(base)).toBeGreaterThan(0);
    expect(opensAway(closed('gaps'))).toBe(0);
  });

  function off(name: keyof Switches): number | boolean {
    return typeof everything[name] === 'number' ? 0 : false;
  }
});

describe('the truth of a coin', () => {
  it('adds up to its residual, and with beta and factor to its price', () => {
    const market = openMarket(full);
    for (const coin of coinsOf(full).values()) {
      if (coin.entity.kind !== 'coin') continue;
      const { beta, noise, alphas, news, slide, residual } = coin.truth;
      let logPrice = coin.traits.logPriceStart;
      for (let hour = 0; hour < market.hours; hour += 1) {
        let sum = noise[hour]! + (news?.drift[hour] ?? 0) + (slide?.[hour] ?? 0);
        for (const { drift } of alphas.values()) sum += drift[hour]!;
        if (!(Math.abs(sum - residual[hour]!) < 1e-12)) expect.fail(`${coin.entity.id} hour ${hour}`);
        logPrice += beta[Math.floor(hour / 24)]! * market.factor.returns[hour]! + residual[hour]!;
      }
      expect(coin.logClose.at(-1)).toBeCloseTo(logPrice, 9);
    }
  });

  it('has nothing but noise in a noise market', () => {
    const noise = coinsOf({ ...settings, switches: noiseSwitches });
    expect(
      [...noise.values()].every(({ entity }) => entity.kind === 'factor' || entity.kind === 'coin'),
    ).toBe(true);
    for (const { truth, proxies, entity } of noise.values()) {
      expectSameBits(truth.residual, truth.noise, entity.id);
      expect(truth.alphas.size).toBe(0);
      expect(proxies?.size ?? 25).toBe(25);
    }
  });
});

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

  it('carry prices and volumes on the grid of their coin', () => {
    const isOn = (value: number, unit: number) => {
      const perOne = Math.round(1 / unit);
      return value > 0 && Math.round(value * perOne) / perOne === value;
    };
    for (const { open, high, low, close, volume, grid } of coins) {
      for (const prices of [open, high, low, close]) {
        expect(prices.filter((price) => !isOn(price, grid.tickSize))).toHaveLength(0);
      }
      expect(volume.filter((amount) => !isOn(amount, grid.stepSize))).toHaveLength(0);
    }
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

  it('gives each day of the factor the volatility that was drawn for it, before macro news move it', () => {
    const calm = openMarket({ ...long, switches: { ...defaultSwitches, news: false } });
    for (let day = 0; day < calm.days; day += 17) {
      const hours = calm.factor.returns.slice(day * 24, day * 24 + 24);
      const drift = [0.006, -0.012, 0, 0.02][calm.factor.regimes[day]!]! / 24;
      const squares = hours.reduce((sum, value) => sum + (value - drift) ** 2, 0);
      expect(Math.sqrt(squares)).toBeCloseTo(calm.factor.dailyVolatility[day]!, 12);
    }
    const moved = market.factor.returns.reduce(
      (sum, value, hour) => sum + Math.abs(value - calm.factor.returns[hour]!),
      0,
    );
    expect(moved).toBeGreaterThan(0.1);
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
    const none = { ...long, switches: noiseSwitches };
    const ic = oracleOf(openMarket(none), [...coinsOf(none).values()]);
    expect(Math.abs(ic('score', 1))).toBeLessThan(0.03);
    expect(Math.abs(ic('score', 3))).toBeLessThan(0.03);
  });

  it('shows a score only after the day whose state it carries has closed', () => {
    const coin = coins[0]!;
    const known = [22, 23, 24].map(
      (hour) => coin.scores!.score[hour]! - coin.truth.states!.first[60 - 1 + (hour >= 23 ? 1 : 0)]!,
    );
    for (const noise of known) expect(Math.abs(noise)).toBeLessThan(2.5);
    const noise = Array.from({ length: 24 * 60 }, (_, row) => {
      const day = 60 + Math.floor((row + 1) / 24) - 1;
      return coin.scores!.score[row]! - coin.truth.states!.first[day]!;
    });
    const deviation = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length);
    expect(deviation).toBeGreaterThan(0.46);
    expect(deviation).toBeLessThan(0.54);
  });

  function oracleOf(opened: Market, planted: readonly PlantedCoin[]) {
    const measured = measureOracle(
      opened,
      planted.flatMap((coin) => oracleCoin(opened, coin) ?? []),
    );
    return (column: string, days: number) =>
      measured.find((cell) => cell.column === column && cell.horizonDays === days)!.mean;
  }
});
