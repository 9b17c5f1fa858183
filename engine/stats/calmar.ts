/** Compound growth a year over the maximum drawdown (a positive fraction). NaN without a drawdown. */
export function calmar(cagr: number, maxDrawdown: number): number {
  return maxDrawdown > 0 ? cagr / maxDrawdown : Number.NaN;
}
