/** Coins whose names are words: headlines with the word are not about them, and archives that tag by keyword think so. */
import { type Rule, someOf } from '../finding.ts';

const lettersMax = 2;

export const newsLinks: Rule = ({ bars, records: { news } }) => {
  if (news === null) return [];
  const short = bars.symbols.filter((symbol) => [...symbol.replace(/USD[TC]$/, '')].length <= lettersMax);
  const linked = short.filter((symbol) => (news.linked.get(symbol) ?? 0) > 0);
  const count = linked.reduce((sum, symbol) => sum + news.linked.get(symbol)!, 0);
  if (count === 0) return [];
  return [
    {
      rule: 'news-ticker',
      severity: 'note',
      symbol: null,
      fromMs: news.fromMs,
      toMs: news.toMs,
      count,
      message: `${count} articles are linked to coins of one or two characters (${someOf(linked.map((symbol) => `${symbol} ${news.linked.get(symbol)}`))}): tags of that kind are mostly guesses by keyword. Look at some before a column counts them.`,
    },
  ];
};
