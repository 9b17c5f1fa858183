/** First bars of coins that list inside the data: a price being found, not history that could have been traded. */
import { type Observation, percent, type Rule } from '../finding.ts';
import { medianInPlace, rangeOf, timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';

/** Coins that appear sooner belong to the beginning of the data. */
const edgeHours = 48;
/** A first bar worth naming by itself. */
const wildRange = 0.5;

export const listingBar: Rule = (input) => {
  const listed = listings(input);
  if (listed.length === 0) return [];
  const ranges = Float64Array.from(listed, ({ range }) => range);
  const times = listed.map(({ timeMs }) => timeMs);
  const summary: Observation = {
    rule: 'listing-bar',
    severity: 'note',
    symbol: null,
    fromMs: Math.min(...times),
    toMs: Math.max(...times),
    count: listed.length,
    message: `${listed.length} symbols list inside the data; their first bars have a median range of ${percent(medianInPlace(ranges))}. Ask for some history before a coin becomes eligible.`,
  };
  const wild = listed
    .filter(({ range }) => range >= wildRange)
    .map(
      ({ symbol, timeMs, rise, fall }): Observation => ({
        rule: 'listing-bar',
        severity: 'note',
        symbol,
        fromMs: timeMs,
        toMs: timeMs,
        count: 1,
        message: `The first bar reaches from ${percent(fall)} to +${percent(rise)} of its open: not a price to trade at or to compute with.`,
      }),
    );
  return [summary, ...wild];
};

interface Listing {
  readonly symbol: string;
  readonly timeMs: number;
  readonly range: number;
  /** High and low against the open. */
  readonly rise: number;
  readonly fall: number;
}

function listings({ bars, grid }: CheckInput): readonly Listing[] {
  const listed: Listing[] = [];
  for (const [coin, symbol] of bars.symbols.entries()) {
    const hour = grid.first[coin]!;
    if (hour < edgeHours || grid.last[coin]! < 0) continue;
    const row = bars.start[coin]!;
    listed.push({
      symbol,
      timeMs: timeOf(grid, hour),
      range: rangeOf(bars, row),
      rise: bars.high[row]! / bars.open[row]! - 1,
      fall: bars.low[row]! / bars.open[row]! - 1,
    });
  }
  return listed;
}
