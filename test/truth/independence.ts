/** Every number of a planted market by what it belongs to, and which of them differ between two markets. */
import { entitiesOf } from '../../datasets/planted/entities.ts';
import { plantFearGreed } from '../../datasets/planted/fear-greed.ts';
import { lifeOf } from '../../datasets/planted/life.ts';
import { openMarket, type PlantedCoin, plantCoin } from '../../datasets/planted/market.ts';
import { plantMarketCap } from '../../datasets/planted/market-cap.ts';
import { plantNews } from '../../datasets/planted/news/articles.ts';
import { newsCoinsOf } from '../../datasets/planted/news/coins.ts';
import { defaultSwitches, type MarketSettings, type Switches } from '../../datasets/planted/settings.ts';

type Numbers = Float64Array | Int32Array | Uint8Array;

export interface PlantedNumbers {
  /** Series by name; of coins by id. The owner of what belongs to the whole market is ''. */
  readonly series: ReadonlyMap<string, ReadonlyMap<string, Numbers>>;
  readonly coins: ReadonlyMap<string, PlantedCoin>;
  /** Articles in words, by their id. */
  readonly articles: ReadonlyMap<string, string>;
}

/** Everything that can be planted into prices and beside them. */
export const everything: Switches = {
  ...defaultSwitches,
  ...{ reversal: 0.1, volumeSurge: 0.5, lstmPattern: 0.5, tcnMotif: 0.5, regimeInteraction: 0.1 },
  ...{ badColumns: true, barrier: true },
};

export function numbersOf(settings: MarketSettings): PlantedNumbers {
  const { seed, days, switches } = settings;
  const market = openMarket(settings);
  const entities = entitiesOf(settings);
  const planted = entities.flatMap((entity) => plantCoin(market, entity) ?? []);
  const greed = plantFearGreed(seed, market.factor.regimes, market.days, switches.hardRegime);
  const news = switches.news
    ? plantNews(
        seed,
        newsCoinsOf(seed, entities, (entity) => lifeOf(seed, entity, switches)),
        days,
      )
    : [];
  const ofMarket = new Map<string, Numbers>([
    ['factor', market.factor.returns],
    ['regime', market.factor.regimes],
    ['fearGreed', Float64Array.from(greed.flatMap((row) => [row.publishedMs, row.ingestedMs, row.value]))],
  ]);
  const ofCoins = planted.map((coin) => [coin.entity.id, seriesOf(seed, coin, market.days)] as const);
  return {
    series: new Map([['', ofMarket], ...ofCoins]),
    coins: new Map(planted.map((coin) => [coin.entity.id, coin])),
    articles: new Map(news.map((article) => [article.id, JSON.stringify(article)])),
  };
}

function seriesOf(seed: number, coin: PlantedCoin, days: number): ReadonlyMap<string, Numbers> {
  const { truth, entity, traits, life, logClose } = coin;
  const all = new Map<string, Numbers>();
  const put = (name: string, values: Numbers | null | undefined) => values && all.set(name, values);
  for (const name of ['open', 'high', 'low', 'close', 'volume', 'quoteVolume', 'trades'] as const) {
    put(name, coin[name]);
  }
  for (const price of ['spot', 'mark'] as const) {
    for (const field of ['open', 'high', 'low', 'close'] as const)
      put(`${price} ${field}`, coin[price]?.[field]);
  }
  for (const name of ['hour', 'rate', 'mark'] as const) put(`funding ${name}`, coin.funding?.[name]);
  put('score', coin.scores?.score);
  put('logit', coin.scores?.logit);
  for (const [name, values] of coin.proxies ?? []) put(`proxy ${name}`, values);
  for (const name of ['beta', 'noise', 'residual', 'slide'] as const) put(`truth ${name}`, truth[name]);
  put('truth state', truth.states?.first);
  put('truth second state', truth.states?.second);
  for (const [name, { drift }] of truth.alphas) put(`alpha ${name}`, drift);
  put('truth news', truth.news?.drift);
  const caps = plantMarketCap({ seed, entity, traits, life, logClose, days });
  put('marketCap', Float64Array.from(caps.flatMap((row) => [row.publishedMs, row.ingestedMs, row.value])));
  return all;
}

export interface Comparison {
  readonly compared: number;
  /** Owner and name of what differs. */
  readonly different: readonly string[];
}

/** Bit for bit, as far as the shorter of two series goes; `concerns` names what is looked at. */
export function compareNumbers(
  base: PlantedNumbers,
  other: PlantedNumbers,
  concerns: (owner: string, name: string) => boolean = () => true,
): Comparison {
  let compared = 0;
  const different: string[] = [];
  for (const [owner, series] of base.series) {
    const others = other.series.get(owner);
    for (const [name, values] of series) {
      if (!concerns(owner, name)) continue;
      const found = others?.get(name);
      const count = Math.min(values.length, found?.length ?? 0);
      compared += count;
      if (found === undefined || !sameBits(values, found, count)) different.push(`${owner} ${name}`);
    }
  }
  return { compared, different };
}

function sameBits(a: Numbers, b: Numbers, count: number): boolean {
  const bytes = (values: Numbers) =>
    Buffer.from(values.buffer, values.byteOffset, count * values.BYTES_PER_ELEMENT);
  return bytes(a).equals(bytes(b));
}
