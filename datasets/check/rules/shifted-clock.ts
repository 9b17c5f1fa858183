/**
 * A symbol whose hours are not the market's: by one bar where open and close times were confused (`clock-offset`), by more
 * where a time zone was (`time-zone`). A symbol that hardly follows the market, or a file that is shifted as a whole, cannot
 * be judged this way.
 */
import { type ClockSpan, clockSpans, scaledReturns } from '../clock-spans.ts';
import type { Observation, Rule } from '../finding.ts';
import { crossSectionMin, timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';

export const shiftedClock: Rule = (input) => {
  const { bars, grid } = input;
  if (grid.coins < crossSectionMin) return [];
  const market = scaledReturns(Float32Array.from(grid.marketReturn));
  return bars.symbols.flatMap((_, coin) =>
    clockSpans(bars, grid, coin, market).map((span) => findingOf(input, coin, span)),
  );
};

function findingOf({ bars, grid }: CheckInput, coin: number, span: ClockSpan): Observation {
  const { lateHours } = span;
  const hours = Math.abs(lateHours);
  const edges = span.exact
    ? 'The bars themselves show where it begins and ends.'
    : 'Where it begins and ends is known to within some hours.';
  return {
    rule: hours === 1 ? 'clock-offset' : 'time-zone',
    severity: 'error',
    symbol: bars.symbols[coin]!,
    fromMs: timeOf(grid, span.from),
    toMs: timeOf(grid, span.to - 1),
    count: span.to - span.from,
    value: lateHours,
    message: `Its stamps run ${hours} h too ${lateHours > 0 ? 'late' : 'early'}: returns follow the market's with ${span.correlation.toFixed(2)} at that shift and with ${span.unshifted.toFixed(2)} as they stand. An early stamp shows the future. ${edges} Correct the time zone, or whether the stamp is the bar's open, and import again.`,
  };
}
