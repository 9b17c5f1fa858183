/**
 * What a text model sees of a title: weighted terms. `training/python/hourglass_training/text_terms.py` gives the same vectors
 * to the bit; test/golden/text-terms.json holds both to it.
 *
 * 1. **Folded.** Code point by code point into lower-case ASCII: accents, ligatures, full-width and mathematical letters by NFKD,
 *    within blocks that no later version of Unicode fills; apostrophes and what is invisible drop out; all else is a space. Other
 *    scripts than the Latin one are not read. After `textLengthMax` characters a text ends.
 * 2. **Tokens.** Amounts, percentages, clock times, cash tags, trading pairs and numbers become a mark of their kind, so that a
 *    title says that it names one, and not which. The rest are words. Names of coins are words like others: the corpus gives a
 *    name to all classes alike.
 * 3. **Terms.** Words and marks; two of them in a row, with a space between; of a word, all pieces of `pieceMin` to `pieceMax`
 *    characters of `_word_`, written `~piece`. A slip of the keyboard leaves most pieces standing.
 * 4. **Weights.** For each term of the list, in the order of the list: weight of its count (a table: 1 + ln count) times its
 *    own weight (inverse document frequency), divided by the root of the sum of their squares. In double precision, rounded to single once.
 */

/** Contents of `terms.json`. */
export interface TextTerms {
  readonly formatVersion: 1;
  readonly tokeniser: typeof textTokeniser;
  readonly pieceMin: number;
  readonly pieceMax: number;
  /** By count of a term in a title, from 0 on; higher counts weigh as the last. */
  readonly countWeights: readonly number[];
  /** In the order of the graph's input. */
  readonly terms: readonly string[];
  /** By term. */
  readonly weights: readonly number[];
}

/** Names steps 1 to 3; a tokeniser that differs in anything has another name. */
const textTokeniser = 'latin-words-and-pieces-1';
export const textLengthMax = 2000;

const isDropped = (code: number) =>
  code === 0x27 ||
  code === 0xad ||
  code === 0x2bc ||
  (code >= 0x300 && code <= 0x36f) ||
  (code >= 0x200b && code <= 0x200d) ||
  code === 0x2018 ||
  code === 0x2019 ||
  code === 0x2060 ||
  code === 0xfe0e ||
  code === 0xfe0f ||
  code === 0xfeff;

/** First and last code points of the blocks that are taken apart. */
const decomposed: readonly (readonly [number, number])[] = [
  [0xc0, 0x24f],
  [0x1e00, 0x1eff],
  [0xfb00, 0xfb06],
  [0xff01, 0xff5e],
  [0x1d400, 0x1d7ff],
];

/** Letters that NFKD leaves alone, and signs of money. */
const replaced: ReadonlyMap<string, string> = new Map([
  ...([
    ['ß', 'ss'],
    ['æ', 'ae'],
    ['Æ', 'ae'],
    ['œ', 'oe'],
    ['Œ', 'oe'],
    ['ø', 'o'],
    ['Ø', 'o'],
  ] as const),
  ...([
    ['ł', 'l'],
    ['Ł', 'l'],
    ['đ', 'd'],
    ['Đ', 'd'],
    ['ð', 'd'],
    ['Ð', 'd'],
    ['þ', 'th'],
    ['Þ', 'th'],
  ] as const),
  ...([
    ['ı', 'i'],
    ['€', '$'],
    ['£', '$'],
    ['¥', '$'],
    ['₩', '$'],
  ] as const),
]);

/** Step 1. */
export function foldText(text: string): string {
  let folded = '';
  for (const letter of text) {
    if (folded.length >= textLengthMax) break;
    folded += foldLetter(letter);
  }
  return folded.slice(0, textLengthMax);
}

function foldLetter(letter: string): string {
  const code = letter.codePointAt(0)!;
  if (isDropped(code)) return '';
  if (code < 0x80) return letter.toLowerCase();
  const known = replaced.get(letter);
  if (known !== undefined) return known;
  if (!decomposed.some(([first, last]) => code >= first && code <= last)) return ' ';
  let folded = '';
  for (const part of letter.normalize('NFKD')) {
    if (isDropped(part.codePointAt(0)!)) continue;
    folded += part < '\u0080' ? part.toLowerCase() : ' ';
  }
  return folded;
}

const scale = ' ?(?:thousand|million|billion|trillion|mln|mn|bn|tn|[kmbt])(?![a-z0-9])';
const number = '[0-9][0-9.,]*';
/** Tried in this order at each place; a group a kind. */
const tokenPattern = new RegExp(
  [
    `(\\$ ?${number}(?:${scale})?)`,
    `(${number} ?(?:%|(?:percent|pct|bps)(?![a-z0-9])))`,
    '([0-9]{1,2}:[0-9]{2})',
    '(\\$[a-z][a-z0-9]*)',
    '([a-z0-9]+/(?:usdt|usdc|usd|eur|btc|eth|krw|try|bnb|fdusd)(?![a-z0-9]))',
    `(${number}(?:${scale})?)`,
    '[a-z][a-z0-9]*',
  ].join('|'),
  'g',
);
const marks = ['#amount', '#percent', '#clock', '#cashtag', '#pair', '#number'] as const;

/** Steps 1 and 2: words and marks, in the order of the title. */
export function textTokens(title: string): readonly string[] {
  return Array.from(foldText(title).matchAll(tokenPattern), (match) => {
    const kind = marks.findIndex((_, index) => match[index + 1] !== undefined);
    return kind < 0 ? match[0] : marks[kind]!;
  });
}

/** Steps 1 to 3: every term of a title, as often as it stands there. */
export function termsOf(
  title: string,
  { pieceMin, pieceMax }: Pick<TextTerms, 'pieceMin' | 'pieceMax'>,
): readonly string[] {
  const tokens = textTokens(title);
  const terms: string[] = [];
  for (const [index, token] of tokens.entries()) {
    terms.push(token);
    if (index > 0) terms.push(`${tokens[index - 1]} ${token}`);
    if (token.startsWith('#')) continue;
    const framed = `_${token}_`;
    for (let length = pieceMin; length <= Math.min(pieceMax, framed.length); length += 1) {
      for (let at = 0; at + length <= framed.length; at += 1) terms.push(`~${framed.slice(at, at + length)}`);
    }
  }
  return terms;
}

const places = new WeakMap<TextTerms, ReadonlyMap<string, number>>();

function placesOf(vocabulary: TextTerms): ReadonlyMap<string, number> {
  const known = places.get(vocabulary);
  if (known !== undefined) return known;
  const made = new Map(vocabulary.terms.map((term, index) => [term, index]));
  places.set(vocabulary, made);
  return made;
}

/** `[title][term]`; all zero for a title without a known term. */
export function textVectors(vocabulary: TextTerms, titles: readonly string[]): Float32Array {
  const width = vocabulary.terms.length;
  const vectors = new Float32Array(titles.length * width);
  for (const [row, title] of titles.entries()) {
    writeVector(vocabulary, title, vectors.subarray(row * width, (row + 1) * width));
  }
  return vectors;
}

function writeVector(vocabulary: TextTerms, title: string, out: Float32Array): void {
  const { countWeights, weights } = vocabulary;
  const placeOf = placesOf(vocabulary);
  const counts = new Map<number, number>();
  for (const term of termsOf(title, vocabulary)) {
    const place = placeOf.get(term);
    if (place !== undefined) counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const found = [...counts].sort(([a], [b]) => a - b);
  let squares = 0;
  const values = found.map(([place, count]) => {
    const value = countWeights[Math.min(count, countWeights.length - 1)]! * weights[place]!;
    squares += value * value;
    return value;
  });
  const norm = Math.sqrt(squares);
  // Terms that all weigh nothing are as good as none.
  if (norm === 0) return;
  for (const [index, [place]] of found.entries()) out[place] = values[index]! / norm;
}

/** Every fault of `terms.json`, each with its field; none where it may be used. */
export function textTermsFaults(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return ['it is no JSON object'];
  const given = value as Readonly<Record<string, unknown>>;
  const faults: string[] = [];
  const wanted = (field: string, holds: boolean, text: string) => {
    if (!holds) faults.push(`${field}: ${text}`);
  };
  const [min, max] = [given['pieceMin'], given['pieceMax']];
  wanted('formatVersion', given['formatVersion'] === 1, 'wanted 1');
  wanted('tokeniser', given['tokeniser'] === textTokeniser, `wanted ${textTokeniser}`);
  wanted('pieceMin', isCount(min, 1), 'wanted a whole number from 1 on');
  wanted(
    'pieceMax',
    isCount(max, 1) && !(Number(max) < Number(min)),
    'wanted a whole number, not below pieceMin',
  );
  const counts = given['countWeights'];
  wanted(
    'countWeights',
    areWeights(counts) && counts.length >= 2,
    'wanted finite numbers for counts 0, 1, …',
  );
  const terms = given['terms'];
  const areTerms =
    Array.isArray(terms) && terms.length > 0 && terms.every((term) => typeof term === 'string');
  wanted('terms', areTerms && new Set(terms).size === terms.length, 'wanted texts, each of them once');
  const weights = given['weights'];
  wanted('weights', areWeights(weights), 'wanted finite numbers from 0 on');
  if (areTerms && Array.isArray(weights)) {
    wanted('weights', weights.length === terms.length, `wanted one for each of the ${terms.length} terms`);
  }
  return faults;
}

function isCount(value: unknown, least: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least;
}

function areWeights(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every((one) => typeof one === 'number' && Number.isFinite(one) && one >= 0)
  );
}
