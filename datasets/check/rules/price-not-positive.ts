/** A price that no trade can have: below zero, or zero, missing or not finite. */
import { isoMinute } from '../../../engine/panel/hours.ts';
import { priceColumns } from '../bars.ts';
import type { Rule } from '../finding.ts';
import { findingOf, hitsBySymbol } from '../per-symbol.ts';

export const priceNotPositive: Rule = ({ bars }) => {
  const isNegative = (row: number) => priceColumns.some((name) => bars[name][row]! < 0);
  const isNone = (row: number) =>
    priceColumns.some(
      (name) => !(bars[name][row]! !== 0 && Math.abs(bars[name][row]!) < Number.POSITIVE_INFINITY),
    );
  const cases = [
    { rule: 'negative-price', what: 'below zero', fails: isNegative },
    {
      rule: 'price-not-positive',
      what: 'missing, zero or not finite',
      fails: (row: number) => !isNegative(row) && isNone(row),
    },
  ];
  return cases.flatMap(({ rule, what, fails }) =>
    hitsBySymbol(bars, fails).map((hit) =>
      findingOf(bars, hit, {
        rule,
        severity: 'error',
        message: `${hit.count} bars have a price that is ${what}, the first at ${isoMinute(bars.timeMs[hit.firstRow]!)}: fetch them again, or drop them; an absent bar is handled, a false price is not.`,
      }),
    ),
  );
};
