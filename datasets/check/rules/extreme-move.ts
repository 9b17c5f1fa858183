/**
 * Bars that move many times their usual range. Hours in which the whole market does so are one finding each; a single
 * symbol's are notes, because such bars are mostly true and leaving them out would leave out the risk.
 */
import { hourMs } from '../../../engine/panel/hours.ts';
import type { Bars } from '../bars.ts';
import { type Observation, percent, type Rule, someOf } from '../finding.ts';
import { type Grid, medianInPlace, rangeOf, timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';
import { type Hits, hitsBySymbol } from '../per-symbol.ts';

const extremeRanges = 40;
/** Less than this is no danger to anybody, however quiet the coin usually is. */
const rangeMin = 0.05;
/** What a note lists by name; the rest is summed up. */
const namedSymbols = 10;

export const extremeMove: Rule = (input) => [...storms(input), ...singleMoves(input)];

function storms({ bars, grid }: CheckInput): readonly Observation[] {
  return [...grid.stormy.keys()]
    .filter((hour) => grid.stormy[hour] === 1)
    .map((hour) => stormFinding(bars, grid, hour));
}

function stormFinding(bars: Bars, grid: Grid, hour: number): Observation {
  const rows = rowsAt(grid, hour);
  const lows = Float64Array.from(rows, (row) => bars.low[row]! / bars.open[row]! - 1);
  const closes = Float64Array.from(rows, (row) => bars.close[row]! / bars.open[row]! - 1);
  const median = medianInPlace(lows);
  return {
    rule: 'market-move',
    severity: 'warning',
    symbol: null,
    fromMs: timeOf(grid, hour),
    toMs: timeOf(grid, hour),
    count: rows.length,
    message: `The whole market moved: over ${rows.length} symbols the median low lies ${percent(median)} from the open and the lowest ${percent(lows[0]!)}, the median close ${percent(medianInPlace(closes))}. Whether a stop fills at its price, at the open or at the low decides results that cross this hour; look at them with both assumptions.`,
  };
}

function rowsAt(grid: Grid, hour: number): readonly number[] {
  return Array.from({ length: grid.coins }, (_, coin) => grid.row[coin * grid.hours + hour]!).filter(
    (row) => row >= 0,
  );
}

function singleMoves({ bars, grid }: CheckInput): readonly Observation[] {
  const extreme = (row: number, coin: number) =>
    row > bars.start[coin]! &&
    rangeOf(bars, row) >= Math.max(rangeMin, extremeRanges * grid.usualRange[coin]!) &&
    grid.stormy[(bars.timeMs[row]! - grid.startMs) / hourMs] === 0;
  const hits = hitsBySymbol(bars, extreme);
  if (hits.length === 0) return [];
  const total = hits.reduce((sum, { count }) => sum + count, 0);
  const coins = countsByCoin(hits);
  const worst = [...coins].sort(([, a], [, b]) => b - a).slice(0, namedSymbols);
  return [
    {
      rule: 'extreme-move',
      severity: 'note',
      symbol: coins.size === 1 ? bars.symbols[hits[0]!.coin]! : null,
      fromMs: Math.min(...hits.map(({ firstRow }) => bars.timeMs[firstRow]!)),
      toMs: Math.max(...hits.map(({ lastRow }) => bars.timeMs[lastRow]!)),
      count: total,
      message: `${total} bars of ${coins.size} symbols have more than ${extremeRanges} times their usual range, most in ${someOf(worst.map(([coin, count]) => named(bars, coin, count)))}. Such bars are mostly true: do not clip them, and size positions for them.`,
    },
  ];
}

function countsByCoin(hits: readonly Hits[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { coin, count } of hits) counts.set(coin, (counts.get(coin) ?? 0) + count);
  return counts;
}

function named(bars: Bars, coin: number, count: number): string {
  return count === 1 ? bars.symbols[coin]! : `${bars.symbols[coin]} (${count})`;
}
