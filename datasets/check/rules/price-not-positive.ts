/** A price that is missing, zero, negative or not finite. */
import { isoMinute } from '../../../engine/panel/hours.ts';
import { priceColumns } from '../bars.ts';
import type { Rule } from '../finding.ts';
import { findingOf, hitsBySymbol } from '../per-symbol.ts';

export const priceNotPositive: Rule = ({ bars }) => {
  const bad = (row: number) =>
    priceColumns.some((name) => {
      const price = bars[name][row]!;
      return !(price > 0 && price < Number.POSITIVE_INFINITY);
    });
  return hitsBySymbol(bars, bad).map((hit) =>
    findingOf(bars, hit, {
      rule: 'price-not-positive',
      severity: 'error',
      message: `${hit.count} bars have a price that is missing, zero or negative, the first at ${isoMinute(bars.timeMs[hit.firstRow]!)}: fetch them again, or drop them; an absent bar is handled, a false price is not.`,
    }),
  );
};
