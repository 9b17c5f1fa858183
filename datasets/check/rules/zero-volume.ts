/** Bars in which nothing, or less than nothing, was traded: their prices are carried over, and no order would have filled. */
import type { Rule } from '../finding.ts';
import { findingOf, hitsBySymbol } from '../per-symbol.ts';

export const zeroVolume: Rule = ({ bars }) =>
  hitsBySymbol(bars, (row) => bars.volume[row]! <= 0 || bars.quote_volume[row]! <= 0).map((hit) =>
    findingOf(bars, hit, {
      rule: 'zero-volume',
      severity: 'warning',
      message: `${hit.count} bars have no volume: their prices are no trades. Cap fills by volume, or fetch them again; what is absent stays absent, nothing is filled in.`,
    }),
  );
