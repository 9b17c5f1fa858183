/** What the exchange said on a later day than that of the bars it is held against: lists, filters and tiers look ahead. */
import { dayMs, isoMinute } from '../../../engine/panel/hours.ts';
import { type Observation, type Rule, someOf } from '../finding.ts';
import { timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';

export const laterSnapshot: Rule = (input) => [
  ...editions(input, 'filters', input.filters),
  ...editions(input, 'brackets', input.brackets),
  ...uncovered(input),
  ...listedAgain(input),
];

function editions(
  { grid }: CheckInput,
  table: 'filters' | 'brackets',
  dated: readonly { readonly effectiveMs: number }[],
): readonly Observation[] {
  const [first] = dated;
  if (first === undefined || first.effectiveMs <= grid.startMs) return [];
  const endMs = timeOf(grid, grid.hours);
  const days = Math.ceil((Math.min(first.effectiveMs, endMs) - grid.startMs) / dayMs);
  const after = first.effectiveMs > endMs ? ', after the last bar' : '';
  return [
    {
      rule: 'later-snapshot',
      severity: 'note',
      symbol: null,
      fromMs: grid.startMs,
      toMs: Math.min(first.effectiveMs, timeOf(grid, grid.hours - 1)),
      count: days,
      message: `The oldest edition of ${table} is of ${isoMinute(first.effectiveMs)}${after}: ${days} days are judged by what nobody knew then. Choose no universe by it; add earlier editions.`,
    },
  ];
}

/** Coins with bars that the edition in force at the end of the data, or the first one after, does not have. */
function uncovered({ bars, grid, brackets }: CheckInput): readonly Observation[] {
  return brackets.flatMap(({ effectiveMs, tiers }) => {
    const without = bars.symbols.filter((symbol) => !tiers.has(symbol));
    if (without.length === 0) return [];
    const atMs = Math.max(grid.startMs, Math.min(effectiveMs, timeOf(grid, Math.max(0, grid.hours - 1))));
    return [
      {
        rule: 'brackets-part',
        severity: 'note' as const,
        symbol: null,
        fromMs: atMs,
        toMs: atMs,
        count: without.length,
        message: `The tiers of ${isoMinute(effectiveMs)} cover ${bars.symbols.length - without.length} of ${bars.symbols.length} symbols (not ${someOf(without)}): the others take those of another edition, or have none.`,
      },
    ];
  });
}

function listedAgain({ bars, grid, listed }: CheckInput): readonly Observation[] {
  return bars.symbols.flatMap((symbol, coin) => {
    const onboardMs = listed.onboardMs.get(symbol);
    const firstMs = timeOf(grid, grid.first[coin]!);
    if (onboardMs === undefined || !(onboardMs >= timeOf(grid, grid.first[coin]! + 1))) return [];
    let before = 0;
    for (let row = bars.start[coin]!; row < bars.start[coin + 1]!; row += 1)
      if (bars.timeMs[row]! < onboardMs) before += 1;
    return [
      {
        rule: 'listed-again',
        severity: 'note' as const,
        symbol,
        fromMs: firstMs,
        toMs: bars.timeMs[bars.start[coin]! + before - 1]!,
        count: before,
        message: `The exchange's list has it trade from ${isoMinute(onboardMs)} on, and ${before} bars lie before: it was listed twice under one name. They are true; do not drop what comes before the listing on record.`,
      },
    ];
  });
}
