/**
 * Hours without a bar between a symbol's first and last, a finding for each stretch of them. Where most of the market lacks
 * the same hours it is one finding: the venue stood still, or the collector did.
 */
import type { Observation, Rule } from '../finding.ts';
import { percent } from '../finding.ts';
import { crossSectionMin, type Grid, timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';
import { runsWhere } from '../runs.ts';

/** From this share of the living coins on, missing hours belong to the market. */
const marketShare = 0.5;

export const missingHours: Rule = (input) => [...marketHalts(input.grid), ...symbolHoles(input)];

function isMarketHalt(grid: Grid, hour: number): boolean {
  const living = grid.living[hour]!;
  return living >= crossSectionMin && living - grid.present[hour]! >= marketShare * living;
}

function marketHalts(grid: Grid): Observation[] {
  return runsWhere(0, grid.hours, (hour) => isMarketHalt(grid, hour)).map(({ from, to }) => {
    const share = 1 - grid.present[from]! / grid.living[from]!;
    return {
      rule: 'exchange-halt',
      severity: 'warning',
      symbol: null,
      fromMs: timeOf(grid, from),
      toMs: timeOf(grid, to - 1),
      count: to - from,
      message: `${percent(share)} of the symbols have no bar in ${to - from} consecutive hours: either the venue was down (positions cannot trade there) or the collector was (fetch these hours again). What is absent stays absent: nothing is filled in.`,
    };
  });
}

const untold =
  'fetch them again. Where the coin was halted they stay absent, no order fills there; nothing is filled in.';
const toldBy = "the exchange's list says that the coin stood still, so no order fills there.";

function symbolHoles({ bars, grid, halts }: CheckInput): Observation[] {
  const observations: Observation[] = [];
  for (const [coin, symbol] of bars.symbols.entries()) {
    if (bars.start[coin + 1]! - bars.start[coin]! === grid.last[coin]! + 1 - grid.first[coin]!) continue;
    const own = halts.get(symbol) ?? [];
    const told = (hour: number) =>
      own.some(({ fromMs, toMs }) => timeOf(grid, hour) >= fromMs && timeOf(grid, hour) < toMs);
    for (const isTold of [false, true]) {
      const missing = (hour: number) =>
        grid.row[coin * grid.hours + hour]! < 0 && !isMarketHalt(grid, hour) && told(hour) === isTold;
      for (const { from, to } of runsWhere(grid.first[coin]!, grid.last[coin]! + 1, missing)) {
        observations.push({
          rule: 'missing-hours',
          severity: isTold ? 'note' : 'warning',
          symbol,
          fromMs: timeOf(grid, from),
          toMs: timeOf(grid, to - 1),
          count: to - from,
          message: `${to - from} hours in a row are missing: ${isTold ? toldBy : untold}`,
        });
      }
    }
  }
  return observations;
}
