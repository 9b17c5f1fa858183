/** Coins that stay close to 1 and hardly move: ranked with the others they win every calm day. Told by price, not by name. */
import { percent, type Rule } from '../finding.ts';
import { medianInPlace } from '../grid.ts';
import { findingOf } from '../per-symbol.ts';

/** A month at least, or an idle week would do. */
const hoursMin = 720;
const medianDistanceMax = 0.03;
/** The median hourly range of a held peg; quiet coins have ten times that. */
const usualRangeMax = 0.001;

export const stablecoin: Rule = ({ bars, grid }) =>
  bars.symbols.flatMap((_, coin) => {
    const firstRow = bars.start[coin]!;
    const endRow = bars.start[coin + 1]!;
    if (endRow - firstRow < hoursMin || !(grid.usualRange[coin]! <= usualRangeMax)) return [];
    const closes = bars.close.slice(firstRow, endRow);
    const median = medianInPlace(closes);
    if (Math.abs(median - 1) > medianDistanceMax) return [];
    return [
      findingOf(
        bars,
        { coin, count: endRow - firstRow, firstRow, lastRow: endRow - 1 },
        {
          rule: 'stablecoin',
          severity: 'note',
          message: `It behaves like a stablecoin: median close ${median.toPrecision(4)}, closes from ${closes[0]} to ${closes.at(-1)}, median hourly range ${percent(grid.usualRange[coin]!)}. Keep it out of rankings.`,
        },
      ),
    ];
  });
