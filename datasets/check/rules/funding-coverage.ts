/** Which coins have recorded funding, and over how much of their life. What is not recorded is not charged. */
import { hourMs } from '../../../engine/panel/hours.ts';
import { type Observation, percent, type Rule, someOf } from '../finding.ts';
import { timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';

/** The longest interval between settlements, with an hour to spare. */
const edgeHours = 9;

export const fundingCoverage: Rule = (input) => {
  const { bars, grid, funding } = input;
  const span = { fromMs: grid.startMs, toMs: timeOf(grid, Math.max(0, grid.hours - 1)) };
  if (funding === null) {
    return [
      {
        rule: 'funding-missing',
        severity: 'note',
        symbol: null,
        ...span,
        count: bars.symbols.length,
        message:
          'The dataset has no funding: runs on perpetuals charge none, and say so. Import it with --funding FILE.',
      },
    ];
  }
  // A coin of a few hours may not have met a settlement yet.
  const without = bars.symbols.filter(
    (symbol, coin) => !funding.has(symbol) && grid.last[coin]! - grid.first[coin]! >= edgeHours,
  );
  const partly = bars.symbols.flatMap((symbol, coin) => uncoveredHours(input, symbol, coin));
  const findings: Observation[] = [];
  if (without.length > 0) {
    findings.push({
      rule: 'funding-missing',
      severity: 'warning',
      symbol: null,
      ...span,
      count: without.length,
      message: `${without.length} of ${bars.symbols.length} symbols (${percent(without.length / bars.symbols.length)}) have no funding at all (${someOf(without)}): holding them costs nothing in a run. Import their settlements, or read the uncovered share in the run's headline.`,
    });
  }
  if (partly.length > 0) {
    const hours = partly.reduce((sum, entry) => sum + entry.hours, 0);
    findings.push({
      rule: 'funding-part',
      severity: 'warning',
      symbol: null,
      ...span,
      count: partly.length,
      message: `${partly.length} symbols have funding for part of their bars only, ${hours} symbol-hours lie before the first or after the last settlement (${someOf(partly.map((entry) => entry.symbol))}): positions there cost nothing in a run.`,
    });
  }
  return findings;
};

function uncoveredHours(
  { bars, grid, funding }: CheckInput,
  symbol: string,
  coin: number,
): readonly { readonly symbol: string; readonly hours: number }[] {
  const times = funding?.get(symbol);
  const first = times?.[0];
  const last = times?.at(-1);
  if (first === undefined || last === undefined || bars.start[coin] === bars.start[coin + 1]) return [];
  const before = (first - timeOf(grid, grid.first[coin]!)) / hourMs;
  const after = (timeOf(grid, grid.last[coin]! + 1) - last) / hourMs;
  const hours = (before > edgeHours ? before : 0) + (after > edgeHours ? after : 0);
  return hours > 0 ? [{ symbol, hours: Math.round(hours) }] : [];
}
