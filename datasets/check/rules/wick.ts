/** Prices a quarter away and back inside the hour. They are real more often than not, so they are told and never mended. */
import { type Observation, percent, type Rule } from '../finding.ts';
import { findingOf, hitsBySymbol } from '../per-symbol.ts';
import { spikeAt } from '../spikes.ts';

const said = {
  shown: 'it is real: finer bars show it. Stops and limits fill there.',
  untold: 'it is real where finer bars show it, and there are none of this hour.',
} as const;

export const wick: Rule = (input) => {
  const { bars } = input;
  return (['shown', 'untold'] as const).flatMap((kind) =>
    hitsBySymbol(bars, (row, coin) => spikeAt(input, row, coin) === kind).map((hit): Observation => {
      const row = hit.firstRow;
      const [top, bottom] = [
        Math.max(bars.open[row]!, bars.close[row]!),
        Math.min(bars.open[row]!, bars.close[row]!),
      ];
      return findingOf(bars, hit, {
        rule: 'wick',
        severity: 'note',
        message: `The price went to ${percent(bars.low[row]! / bottom - 1)} and +${percent(bars.high[row]! / top - 1)} of its open and close and was back within the hour; ${said[kind]}`,
      });
    }),
  );
};
