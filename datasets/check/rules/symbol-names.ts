/** Names that programs stumble over, contracts that stripped multipliers confuse, and what is no coin to rank. */
import { type Observation, type Rule, someOf } from '../finding.ts';
import { timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';

const multiplier = /^(?:10{3,}|1M)(?=[A-Z])/;

export const symbolNames: Rule = (input) => {
  const { symbols } = input.bars;
  const baseOf = (symbol: string) => symbol.replace(/USD[TC]$/, '');
  const multiplied = symbols.filter((symbol) => multiplier.test(symbol));
  const odd: readonly (readonly [rule: string, names: readonly string[], said: string])[] = [
    [
      'symbol-not-ascii',
      // biome-ignore lint/suspicious/noControlCharactersInRegex: all that is plain text, from the first code on
      symbols.filter((symbol) => !/^[\x00-\x7f]*$/.test(symbol)),
      'have names outside ASCII: sort by bytes, and let no tool recode them.',
    ],
    [
      'symbol-digits',
      symbols.filter((symbol) => /^\d/.test(symbol) && !multiplier.test(symbol)),
      'begin with a digit and have no multiplier: keep names as text, and strip nothing.',
    ],
    [
      'symbol-letter',
      symbols.filter((symbol) => [...baseOf(symbol)].length === 1),
      'have names of a single character: words of a headline are no mentions of them.',
    ],
    [
      'symbol-multiplier',
      multiplied,
      'count a thousand or a million units as one: their prices are no prices of the coin.',
    ],
    [
      'symbol-collision',
      multiplied.filter((symbol) => symbols.includes(symbol.replace(multiplier, ''))),
      'stand beside a contract of the bare name: two contracts, which collide once multipliers are stripped.',
    ],
  ];
  return [...odd.flatMap(([rule, names, said]) => noteOf(input, rule, names, said)), ...noCoins(input)];
};

function noCoins(input: CheckInput): readonly Observation[] {
  const other = input.bars.symbols.filter((symbol) => (input.listed.kind.get(symbol) ?? 'coin') !== 'coin');
  const named = other.map((symbol) => `${symbol} ${input.listed.kind.get(symbol)}`);
  return noteOf(input, 'no-coin', named, 'are no coins to rank, says the instruments table.');
}

function noteOf(
  { grid }: CheckInput,
  rule: string,
  names: readonly string[],
  said: string,
): readonly Observation[] {
  if (names.length === 0) return [];
  return [
    {
      rule,
      severity: 'note',
      symbol: null,
      fromMs: grid.startMs,
      toMs: timeOf(grid, Math.max(0, grid.hours - 1)),
      count: names.length,
      message: `${names.length} symbols (${someOf(names)}) ${said}`,
    },
  ];
}
