/** Findings of symbols out of a test on rows: a finding for each run of consecutive hours. */
import { hourMs } from '../../engine/panel/hours.ts';
import type { Bars } from './bars.ts';
import type { Observation, Severity } from './finding.ts';

/** Consecutive hours of a coin that failed. */
export interface Hits {
  readonly coin: number;
  readonly count: number;
  /** First and last row of them. */
  readonly firstRow: number;
  readonly lastRow: number;
}

export function hitsBySymbol(bars: Bars, fails: (row: number, coin: number) => boolean): readonly Hits[] {
  const hits: Hits[] = [];
  for (let coin = 0; coin < bars.symbols.length; coin += 1) {
    let firstRow = -1;
    const end = bars.start[coin + 1]!;
    for (let row = bars.start[coin]!; row < end; row += 1) {
      if (!fails(row, coin)) continue;
      if (firstRow < 0) firstRow = row;
      const goesOn =
        row + 1 < end && bars.timeMs[row + 1]! - bars.timeMs[row]! === hourMs && fails(row + 1, coin);
      if (goesOn) continue;
      hits.push({ coin, count: row + 1 - firstRow, firstRow, lastRow: row });
      firstRow = -1;
    }
  }
  return hits;
}

export function findingOf(
  bars: Bars,
  hit: Hits,
  said: { readonly rule: string; readonly severity: Severity; readonly message: string },
): Observation {
  return {
    rule: said.rule,
    severity: said.severity,
    symbol: bars.symbols[hit.coin]!,
    fromMs: bars.timeMs[hit.firstRow]!,
    toMs: bars.timeMs[hit.lastRow]!,
    count: hit.count,
    message: said.message,
  };
}
