/**
 * What headlines call the coins: a project's name and a ticker. The ticker is the symbol's own base, but for some coins that go by
 * an English word, as real ones do; a feed that looks for tickers then finds them where nobody meant them.
 */
import type { Entity } from '../entities.ts';
import type { Life } from '../life.ts';
import { openStream, type Stream, uniformAt } from '../streams.ts';

export interface NewsCoin {
  readonly id: string;
  readonly name: string;
  readonly ticker: string;
  /** Place among the market's ordinary coins; -1 for the factor. Adding a coin moves none of those before it. */
  readonly place: number;
  readonly life: Pick<Life, 'listHour' | 'endHour' | 'rename'>;
  readonly symbol: string;
}

const wordEvery = 12;
const wordFirst = 8;
// biome-ignore format: a list of words
const words = [
  'ONE', 'NEAR', 'LINK', 'FLOW', 'JUST', 'PEOPLE', 'GAS', 'HOT', 'MASK', 'SUN',
  'BOND', 'PORTAL', 'MOVE', 'OPEN', 'HIGH', 'TRUST', 'ICE', 'FUN', 'WIN', 'STEP',
];

// biome-ignore format: syllables
const firstSyllables = [
  'Zel', 'Ora', 'Kyn', 'Vex', 'Tal', 'Nim', 'Bri', 'Quo', 'Aru', 'Cal', 'Dra', 'Elu', 'Fen', 'Gal', 'Hyl', 'Ixo',
  'Jun', 'Kor', 'Lum', 'Myr', 'Neb', 'Oct', 'Pyr', 'Ras', 'Syn', 'Tor', 'Umb', 'Vor', 'Wyn', 'Xan', 'Yar', 'Zor',
];
// biome-ignore format: syllables
const middleSyllables = [
  '', 'a', 'e', 'i', 'o', 'u', 'an', 'en', 'il', 'or', 'us', 'ari', 'eli', 'ino', 'ora', 'uni',
];
// biome-ignore format: syllables
const lastSyllables = [
  'thor', 'dex', 'via', 'lys', 'mint', 'nova', 'pay', 'quil', 'ra', 'sia', 'tex', 'ven', 'wex', 'xis', 'zen', 'dora',
  'fi', 'gon', 'kara', 'lith', 'mond', 'net', 'phos', 'rix', 'sphere', 'tron', 'vault', 'verse', 'chain', 'grid', 'lux', 'pia',
];

/** The factor and all ordinary coins, in the market's order. */
export function newsCoinsOf(
  seed: number,
  entities: readonly Entity[],
  lifeOf: (entity: Entity) => NewsCoin['life'],
): readonly NewsCoin[] {
  const taken = new Set<string>();
  const coins: NewsCoin[] = [];
  for (const entity of entities) {
    const { id, symbol } = entity;
    if (entity.kind === 'factor') {
      coins.push({ id, symbol, name: 'Bitcoin', ticker: 'BTC', place: -1, life: lifeOf(entity) });
    } else if (entity.kind === 'coin') {
      const place = taken.size;
      const name = freshName(openStream(seed, id, 'news-name'), taken);
      taken.add(name);
      coins.push({ id, symbol, name, ticker: tickerOf(symbol, place + 1), place, life: lifeOf(entity) });
    }
  }
  return coins;
}

/** A name that no coin before has. */
function freshName(draws: Stream, taken: ReadonlySet<string>): string {
  for (let index = 0; ; index += 3) {
    const pick = (list: readonly string[], at: number) =>
      list[Math.floor(uniformAt(draws, index + at) * list.length)]!;
    const name = pick(firstSyllables, 0) + pick(middleSyllables, 1) + pick(lastSyllables, 2);
    if (!taken.has(name)) return name;
  }
}

function tickerOf(symbol: string, number: number): string {
  const word = (number - wordFirst) / wordEvery;
  if (Number.isInteger(word) && word >= 0 && word < words.length) return words[word]!;
  return symbol.replace(/USDT$/, '').replace(/^1000+/, '');
}

export function symbolAt({ symbol, life }: NewsCoin, hour: number): string {
  return life.rename !== null && hour >= life.rename.hour ? life.rename.symbol : symbol;
}

export type FeedIndex = ReadonlyMap<string, NewsCoin>;

/** By name and by ticker; where two coins share one, it is the earlier coin's. */
export function feedIndexOf(coins: readonly NewsCoin[]): FeedIndex {
  const index = new Map<string, NewsCoin>();
  for (const coin of coins) {
    for (const key of [coin.name, coin.ticker.toUpperCase()]) if (!index.has(key)) index.set(key, coin);
  }
  return index;
}

/**
 * Coins that a feed finds in a title, which is not always those that are meant: it knows names as they are written and tickers in
 * any case. A bare number counts in brackets alone. The feed of a coin's news knows the factor and no coin after this one, so
 * that a further coin in the market changes none of its items.
 */
export function feedGuess(index: FeedIndex, title: string, about: NewsCoin): readonly NewsCoin[] {
  const found = new Set<NewsCoin>();
  for (const [, bracket, token] of title.matchAll(/(\(?)([\p{L}\p{N}]+)/gu)) {
    const coin = index.get(token!) ?? index.get(token!.toUpperCase());
    if (coin === undefined || coin.place > about.place) continue;
    if (bracket !== '' || /\p{L}/u.test(token!)) found.add(coin);
  }
  return [...found];
}
