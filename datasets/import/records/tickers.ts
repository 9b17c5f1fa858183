/**
 * From the tickers of a feed to the symbols of a dataset. Feeds guess tickers from words: a headline with "A 30 % drop" is
 * tagged A, one with an IPO is tagged IP. Where a ticker is also a word, the headline itself must show it as a ticker.
 */
import { spotMap } from '../symbols.ts';

/** Words of headlines that are tickers as well, and the coin's own name where that is another word. */
const words: ReadonlyMap<string, string | null> = new Map([
  ...(
    'ACE ACT AGENT ALT ARC ARK ATH BAN BANK BEAM BLUE BOB CAT CELL CHESS COOKIE COW DAO DASH DEFI DOGS EDU FLOW ' +
    'FORM FORTH FUN GAL GAME GAS GOLD GRASS HIGH HIVE HOLD HOME HOOK HOT ICE IPO KEY KITE LAB LAYER LIGHT LIT ' +
    'LOOM MAGIC MAJOR MASK MEME MOVE NFT NIGHT NOT ONE OPEN ORDER PEOPLE PIXEL PLAY POWER PROMPT PROVE PUMP QUICK ' +
    'RARE READY RED RIVER ROSE RWA SAFE SAND SIGN SOON SPACE SPELL STABLE STAR STEP SUN SUPER SWELL TAG TOWNS ' +
    'TREE TRUST TRUTH TURBO USD USELESS USUAL VELVET VINE VIRTUAL WET WIN YALA'
  )
    .split(' ')
    .map((word): [string, null] => [word, null]),
  ['LINK', 'chainlink'],
  ['NEAR', 'near protocol'],
]);

/** Capitals that headlines use for something else, so that standing in capitals shows nothing. */
const abbreviations: ReadonlySet<string> = new Set(['ATH', 'DAO', 'IPO', 'NFT', 'RWA', 'USD']);

/** True where a ticker alone does not tell what an article is about: up to two characters, or a word of its own. */
function isWord(ticker: string): boolean {
  return [...ticker].length <= 2 || words.has(ticker);
}

/**
 * True where a headline shows the ticker as one: `$GAS`, `(GAS)`, `GAS/USDT`, `GASUSDT`; for words of three letters and more
 * also in capitals among small letters, or by the coin's name. Digits need the pair: `$4` is a price, `(4)` a count.
 */
export function showsTicker(title: string, ticker: string): boolean {
  const own = ticker.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pair = `(?<![\\p{L}\\p{N}])${own}(?:[/-]?(?:USDT|USDC|USD|BTC)|/[A-Z]{3,5})(?![\\p{L}\\p{N}])`;
  const marked = /^\p{N}+$/u.test(ticker) ? pair : `${pair}|\\$${own}(?![\\p{L}\\p{N}])|[([]\\$?${own}[)\\]]`;
  if (new RegExp(marked, 'u').test(title)) return true;
  const name = words.get(ticker) ?? null;
  if (name !== null && title.toLowerCase().includes(name)) return true;
  if ([...ticker].length <= 2 || abbreviations.has(ticker) || !/\p{Ll}/u.test(title)) return false;
  return new RegExp(`(?<![\\p{L}\\p{N}])${own}(?![\\p{L}\\p{N}])`, 'u').test(title);
}

/** What became of the tickers of all articles; counts are links, that is article times ticker. */
export interface LinkCounts {
  linked: number;
  /** No coin of the dataset has that ticker. */
  unknown: number;
  /** By ticker: a word that the headline does not show as a ticker. */
  readonly unconfirmed: Map<string, number>;
  /** By ticker: several coins could be meant; the first of them is the coin of that very name, if there is one. */
  readonly ambiguous: Map<string, { count: number; readonly symbols: readonly string[] }>;
}

export interface TickerLinks {
  /** The symbol of a coin's ticker, where no headline has to confirm it; null where none or several could be meant. */
  symbolOf(ticker: string): string | null;
  /** Venue symbols of an article in byte order; `tickers` null where the feed names none: then the headline is searched. */
  symbolsOf(title: string, tickers: readonly string[] | null): readonly string[];
  readonly counts: LinkCounts;
}

const quote = 'USDT';

/**
 * Links tickers to the symbols of a dataset. TICKER means TICKERUSDT where that has bars, else the one perpetual of 1000,
 * 1000000 or 1M of it; of several such nobody guesses. A whole symbol of the dataset is taken as it stands.
 */
export function tickerLinks(symbols: ReadonlySet<string>): TickerLinks {
  const all = [...symbols].sort();
  const counts: LinkCounts = { linked: 0, unknown: 0, unconfirmed: new Map(), ambiguous: new Map() };
  const found = new Map<string, readonly string[]>();
  const candidates = (ticker: string): readonly string[] => {
    const known = found.get(ticker);
    if (known !== undefined) return known;
    const name = `${ticker}${quote}`;
    const own = symbols.has(name) ? [name] : [];
    const multiples = all.filter(
      (symbol) => symbol !== name && spotMap([name], [symbol]).perpetualOf.size > 0,
    );
    const candidate = [...own, ...multiples];
    found.set(ticker, candidate);
    return candidate;
  };
  const link = (title: string, ticker: string): string | null => {
    if (symbols.has(ticker)) return ticker;
    const meant = candidates(ticker);
    if (meant.length === 0) {
      counts.unknown += 1;
      return null;
    }
    if (isWord(ticker) && !showsTicker(title, ticker)) {
      counts.unconfirmed.set(ticker, (counts.unconfirmed.get(ticker) ?? 0) + 1);
      return null;
    }
    if (meant.length > 1) {
      const former = counts.ambiguous.get(ticker);
      counts.ambiguous.set(ticker, { count: (former?.count ?? 0) + 1, symbols: meant });
      if (meant[0] !== `${ticker}${quote}`) return null;
    }
    return meant[0]!;
  };
  return {
    counts,
    symbolOf: (ticker) => {
      if (symbols.has(ticker)) return ticker;
      const base = ticker.endsWith(quote) ? ticker.slice(0, -quote.length) : ticker;
      const meant = candidates(base);
      return meant.length === 1 || meant[0] === `${base}${quote}` ? meant[0]! : null;
    },
    symbolsOf: (title, tickers) => {
      const given = tickers ?? shownTickers(title);
      const linked = new Set<string>();
      for (const ticker of new Set(given)) {
        const symbol = link(title, ticker);
        if (symbol !== null) linked.add(symbol);
      }
      counts.linked += linked.size;
      return [...linked].sort();
    },
  };
}

const shown =
  /\$(\p{Lu}[\p{Lu}\p{N}]*)(?![\p{L}\p{N}])|[([]\$?(\p{Lu}[\p{Lu}\p{N}]*)[)\]]|(?<![\p{L}\p{N}])([\p{Lu}\p{N}]+)[/-]?USDT(?![\p{L}\p{N}])/gu;

/** Tickers that a headline shows as such. */
function shownTickers(title: string): readonly string[] {
  return [...title.matchAll(shown)].map(([, dollar, bracket, pair]) => dollar ?? bracket ?? pair ?? '');
}

/** The counts in sentences, for the manifest. */
export function linkNotes({ linked, unknown, unconfirmed, ambiguous }: LinkCounts): readonly string[] {
  const total = [...unconfirmed.values()].reduce((sum, count) => sum + count, 0);
  const most = [...unconfirmed].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const named = most.map(([ticker, count]) => `${ticker} ${count}`).join(', ');
  return [
    `news: ${linked} links from articles to coins; ${unknown} tickers name no coin with bars`,
    ...(total === 0
      ? []
      : [
          `news: ${total} tickers that are words or abbreviations as well were not linked, since the headline does not show them as tickers: ${named}`,
        ]),
    ...[...ambiguous].map(
      ([ticker, { count, symbols }]) =>
        `news: ticker ${ticker} of ${count} articles could mean ${symbols.join(' or ')}; ${
          symbols[0] === `${ticker}${quote}` ? `${symbols[0]} was taken` : 'none was taken'
        }`,
    ),
  ];
}
