/**
 * The labelled headlines that the news classifier learns from: those that the planted market's grammar lends to training, and
 * headlines in our own words (`corpus/written.txt`). Templates of the grammar that are kept from training, and its family
 * `notice`, are not among them. Coins are drawn alike for all classes, so that no name speaks for one.
 */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { copyToParquet, sqlFile, withDuck } from '../datasets/duck.ts';
import { newsCoinsOf } from '../datasets/planted/news/coins.ts';
import { parseTemplate, renderTemplate, type TemplatePart } from '../datasets/planted/news/grammar.ts';
import { type Draw, drawsFrom, withTypo } from '../datasets/planted/news/headline.ts';
import { coinSlots, newsTemplates, otherSlots } from '../datasets/planted/news/templates.ts';
import { fillWord } from '../datasets/planted/news/words.ts';
import { openStream } from '../datasets/planted/streams.ts';
import { type NewsClass, newsClasses } from '../engine/columns/records.ts';
import { TrainingFault } from './faults.ts';

export interface CorpusRow {
  readonly newsClass: NewsClass;
  /** The template it comes from: rows of a group are trained on together or tested on together. */
  readonly group: string;
  readonly title: string;
}

export interface CorpusTemplate {
  readonly newsClass: NewsClass;
  readonly group: string;
  readonly parts: readonly TemplatePart[];
}

export const corpusSeed = 1;
/** Headlines made from a template. */
const plantedTimes = 10;
const writtenTimes = 5;
const typoShare = 0.08;
const affixShare = 0.1;
const inventedCoins = 600;

/** Folder of the corpus, beside the sources or where the package keeps it. */
export const corpusDir = ['corpus/', '../../training/corpus/']
  .map((place) => fileURLToPath(new URL(place, import.meta.url)))
  .find((dir) => existsSync(dir))!;
export const corpusFile = 'headlines.csv';
const writtenFile = 'written.txt';

// biome-ignore format: name, ticker
const knownCoins: readonly (readonly [string, string])[] = [
  ['Bitcoin', 'BTC'], ['Ethereum', 'ETH'], ['XRP', 'XRP'], ['Solana', 'SOL'], ['Dogecoin', 'DOGE'], ['Cardano', 'ADA'],
  ['Chainlink', 'LINK'], ['Avalanche', 'AVAX'], ['Stellar', 'XLM'], ['Hedera', 'HBAR'], ['Shiba Inu', 'SHIB'], ['Sui', 'SUI'],
  ['Litecoin', 'LTC'], ['Toncoin', 'TON'], ['Polkadot', 'DOT'], ['Uniswap', 'UNI'], ['Aave', 'AAVE'], ['Pepe', 'PEPE'],
  ['NEAR Protocol', 'NEAR'], ['Aptos', 'APT'], ['Ondo', 'ONDO'], ['Monero', 'XMR'], ['Zcash', 'ZEC'], ['Ethena', 'ENA'],
  ['Arbitrum', 'ARB'], ['Kaspa', 'KAS'], ['Render', 'RNDR'], ['Filecoin', 'FIL'], ['Cosmos', 'ATOM'], ['Algorand', 'ALGO'],
  ['Optimism', 'OP'], ['Injective', 'INJ'], ['Celestia', 'TIA'], ['Sei', 'SEI'], ['Bonk', 'BONK'], ['The Graph', 'GRT'],
  ['Jupiter', 'JUP'], ['Tron', 'TRX'], ['BNB', 'BNB'], ['Hyperliquid', 'HYPE'], ['Pi Network', 'PI'], ['Bittensor', 'TAO'],
  ['Lido', 'LDO'], ['Curve', 'CRV'], ['dYdX', 'DYDX'], ['Mantra', 'OM'], ['Worldcoin', 'WLD'], ['Pump.fun', 'PUMP'],
];
const prefixes = [
  'UPDATE: ',
  'JUST IN: ',
  'Breaking: ',
  '🚨 ',
  'ICYMI: ',
  'Crypto news: ',
  'Alert: ',
  'NEW: ',
];
const suffixes = [
  ' - report',
  ' – report',
  ', sources say',
  ', data shows',
  ' (update)',
  ' | {outlet}',
  ' - {outlet}',
  '!',
];

/** Templates of the planted market's grammar that training may see. */
export function plantedTemplates(): readonly CorpusTemplate[] {
  return newsClasses.flatMap((newsClass) =>
    newsTemplates[newsClass]
      .filter(({ family, heldOut }) => family === 'wire' && !heldOut)
      .map(({ name, parts }) => ({ newsClass, group: `planted-${name}`, parts })),
  );
}

/**
 * Headlines in our own words, in the grammar's notation; a line `[class]` says what follows.
 * @throws TrainingFault `bad-corpus` with every line that is wrong
 */
export function parseWritten(text: string): readonly CorpusTemplate[] {
  const templates: CorpusTemplate[] = [];
  const faults: string[] = [];
  let newsClass: NewsClass | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const named = /^\[(\w+)\]$/.exec(line)?.[1];
    if (named !== undefined) {
      newsClass = newsClasses.find((one) => one === named);
      if (newsClass === undefined)
        faults.push(`line ${index + 1}: ${named} is none of ${newsClasses.join(', ')}`);
    } else if (newsClass === undefined) faults.push(`line ${index + 1}: stands under no class`);
    else {
      const count = templates.filter((template) => template.newsClass === newsClass).length;
      templates.push({ newsClass, group: `written-${newsClass}-${count + 1}`, parts: parseTemplate(line) });
    }
  }
  if (faults.length > 0) throw new TrainingFault('bad-corpus', `${writtenFile}:\n  ${faults.join('\n  ')}`);
  return templates;
}

export async function writtenTemplates(): Promise<readonly CorpusTemplate[]> {
  return parseWritten(await readFile(`${corpusDir}${writtenFile}`, 'utf8'));
}

/** All rows, the same for the same seed; a title that two templates give stands once, and those of two classes not at all. */
export async function newsCorpus(seed = corpusSeed): Promise<readonly CorpusRow[]> {
  const coins = corpusCoins(seed);
  const rows = [
    ...plantedTemplates().flatMap((template) => rendered(seed, template, plantedTimes, coins)),
    ...(await writtenTemplates()).flatMap((template) => rendered(seed, template, writtenTimes, coins)),
  ];
  const classOf = new Map<string, Set<NewsClass>>();
  for (const { title, newsClass } of rows) {
    const classes = classOf.get(title) ?? new Set();
    classOf.set(title, classes.add(newsClass));
  }
  const seen = new Set<string>();
  return rows.filter(({ title }) => {
    const fresh = !seen.has(title) && classOf.get(title)!.size === 1;
    seen.add(title);
    return fresh;
  });
}

interface CorpusCoin {
  readonly name: string;
  readonly ticker: string;
}

function corpusCoins(seed: number): readonly CorpusCoin[] {
  const entities = Array.from({ length: inventedCoins }, (_, index) => {
    const id = `corpus-${index + 1}`;
    return { id, symbol: `C${index + 1}USDT`, kind: 'coin' } as const;
  });
  const life = { listHour: 0, endHour: Number.POSITIVE_INFINITY, rename: null };
  const invented = newsCoinsOf(seed, entities, () => life).map(({ name, ticker, place }) => {
    const isNumbered = /^C\d+$/.test(ticker);
    return {
      name,
      ticker: isNumbered && place % 3 > 0 ? name.slice(0, 3 + (place % 3)).toUpperCase() : ticker,
    };
  });
  const known = knownCoins.map(([name, ticker]) => ({ name, ticker }));
  // As many draws of a coin that exists as of one that does not.
  const times = Math.round(invented.length / known.length);
  return [...invented, ...Array.from({ length: times }, () => known).flat()];
}

function rendered(
  seed: number,
  { newsClass, group, parts }: CorpusTemplate,
  times: number,
  coins: readonly CorpusCoin[],
): readonly CorpusRow[] {
  return Array.from({ length: times }, (_, index) => {
    const draw = drawsFrom(openStream(seed, `${group}-${index}`, 'corpus-headline'), 0);
    const title = dressed(renderTemplate(parts, draw, filler(coins, draw)), draw);
    return { newsClass, group, title };
  });
}

function filler(coins: readonly CorpusCoin[], draw: Draw): (slot: string) => string {
  const pick = () => coins[Math.floor(draw() * coins.length)]!;
  const coin = pick();
  const other = pick();
  const facts = new Map<string, string>();
  return (slot) => {
    const { name, ticker } = otherSlots.includes(slot) ? other : coin;
    if (slot === 'coin' || slot === 'other') return name;
    if (slot === 'ticker') return ticker;
    if (slot === 'both') return `${name} (${ticker})`;
    if (coinSlots.includes(slot) || otherSlots.includes(slot)) return `$${ticker}`;
    let fact = facts.get(slot) ?? fillWord(slot, draw);
    while (slot === 'venue2' && fact === facts.get('venue')) fact = fillWord(slot, draw);
    facts.set(slot, fact);
    return fact;
  };
}

/** Some with a slip, some with what desks put before or behind a headline. */
function dressed(title: string, draw: Draw): string {
  const [slip, affix, kind, which] = [draw(), draw(), draw(), draw()];
  const text = slip < typoShare ? withTypo(title, draw) : title;
  if (affix >= affixShare) return text;
  const list = kind < 0.5 ? prefixes : suffixes;
  const word = list[Math.floor(which * list.length)]!.replace('{outlet}', () => fillWord('outlet', draw));
  return kind < 0.5 ? word + text : text + word;
}

/** As `headlines.csv` holds them: class, group, title. */
export function corpusCsv(rows: readonly CorpusRow[]): string {
  const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [
    'class,group,title',
    ...rows.map(({ newsClass, group, title }) => [newsClass, group, title].map(quoted).join()),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** The corpus of the package as a job reads it: Parquet with `title`, `class`, `group`. */
export async function writeCorpus(path: string): Promise<void> {
  await withDuck(async (duck) => {
    const rows = `read_csv(${sqlFile(`${corpusDir}${corpusFile}`)}, header = true, all_varchar = true)`;
    await copyToParquet(duck, `SELECT title, "class", "group" FROM ${rows}`, path);
  });
}
