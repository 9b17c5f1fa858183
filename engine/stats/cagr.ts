/** Compound growth a year, as a fraction. NaN where equity or time are not positive. */
export function cagr(growth: {
  readonly startEquity: number;
  readonly finalEquity: number;
  readonly years: number;
}): number {
  const { startEquity, finalEquity, years } = growth;
  if (!(startEquity > 0 && finalEquity > 0 && years > 0)) return Number.NaN;
  return (finalEquity / startEquity) ** (1 / years) - 1;
}
