/** A contract, or its source, that went over to another unit: a return of 900 % that nobody made. */
import { isoMinute } from '../../../engine/panel/hours.ts';
import type { Observation, Rule } from '../finding.ts';
import { redenominationsOf } from '../redenominations.ts';

export const redenomination: Rule = (input) => {
  const { bars } = input;
  return redenominationsOf(input).map(
    ({ coin, row, lastRow, factor }): Observation => ({
      rule: 'redenomination',
      severity: 'warning',
      symbol: bars.symbols[coin]!,
      fromMs: bars.timeMs[row]!,
      toMs: bars.timeMs[lastRow]!,
      count: lastRow + 1 - row,
      value: factor,
      message: `From ${isoMinute(bars.timeMs[row]!)} on prices are ${factor} times what they were and volumes as much less: a new unit, which the renames table does not tell of. Positions across it would seem to gain or lose that much.`,
    }),
  );
};
