/**
 * Hours without a bar between a symbol's first and last. Where most of the market lacks the same hours it is one finding:
 * the venue stood still, or the collector did.
 */
import type { Finding, Rule } from '../finding.ts';
import { percent } from '../finding.ts';
import { crossSectionMin, type Grid, timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';
import { runsWhere } from '../runs.ts';

/** From this share of the living coins on, missing hours belong to the market. */
const marketShare = 0.5;

export const hole: Rule = (input) => [...marketHoles(input.grid), ...symbolHoles(input)];

function isMarketHole(grid: Grid, hour: number): boolean {
  const living = grid.living[hour]!;
  return living >= crossSectionMin && living - grid.present[hour]! >= marketShare * living;
}

function marketHoles(grid: Grid): Finding[] {
  return runsWhere(0, grid.hours, (hour) => isMarketHole(grid, hour)).map(({ from, to }) => {
    const share = 1 - grid.present[from]! / grid.living[from]!;
    return {
      rule: 'market-hole',
      severity: 'warning',
      symbol: null,
      fromMs: timeOf(grid, from),
      toMs: timeOf(grid, to - 1),
      count: to - from,
      message: `${percent(share)} of the symbols have no bar in ${to - from} consecutive hours: either the venue was down (keep it, positions cannot trade there) or the collector was (fetch these hours again).`,
    };
  });
}

function symbolHoles({ bars, grid }: CheckInput): Finding[] {
  const findings: Finding[] = [];
  for (const [coin, symbol] of bars.symbols.entries()) {
    const missing = (hour: number) => grid.row[coin * grid.hours + hour]! < 0 && !isMarketHole(grid, hour);
    const runs = runsWhere(grid.first[coin]!, grid.last[coin]! + 1, missing);
    const first = runs[0];
    const last = runs.at(-1);
    if (first === undefined || last === undefined) continue;
    const count = runs.reduce((sum, run) => sum + run.to - run.from, 0);
    const longest = Math.max(...runs.map((run) => run.to - run.from));
    findings.push({
      rule: 'hole',
      severity: 'warning',
      symbol,
      fromMs: timeOf(grid, first.from),
      toMs: timeOf(grid, last.to - 1),
      count,
      message: `${count} hours are missing in ${runs.length} holes, the longest ${longest} h: fetch them again; where the coin was halted, leave them, no order fills there.`,
    });
  }
  return findings;
}
