/** One finding per symbol out of a test on rows: how many, from when to when. */
import type { Bars } from './bars.ts';
import type { Finding, Severity } from './finding.ts';

export interface Hits {
  readonly coin: number;
  readonly count: number;
  /** First and last row that failed. */
  readonly firstRow: number;
  readonly lastRow: number;
}

export function hitsBySymbol(bars: Bars, fails: (row: number, coin: number) => boolean): readonly Hits[] {
  const hits: Hits[] = [];
  for (let coin = 0; coin < bars.symbols.length; coin += 1) {
    let count = 0;
    let firstRow = -1;
    let lastRow = -1;
    for (let row = bars.start[coin]!; row < bars.start[coin + 1]!; row += 1) {
      if (!fails(row, coin)) continue;
      if (count === 0) firstRow = row;
      lastRow = row;
      count += 1;
    }
    if (count > 0) hits.push({ coin, count, firstRow, lastRow });
  }
  return hits;
}

export function findingOf(
  bars: Bars,
  hit: Hits,
  said: { readonly rule: string; readonly severity: Severity; readonly message: string },
): Finding {
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
