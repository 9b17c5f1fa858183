/** Distance below the running peak at each mark, as a fraction >= 0; the start counts as the first peak. */
export function drawdowns(equity: ArrayLike<number>, startEquity = Number.NEGATIVE_INFINITY): Float64Array {
  const out = new Float64Array(equity.length);
  let peak = startEquity;
  for (let index = 0; index < equity.length; index += 1) {
    const mark = equity[index]!;
    if (mark > peak) peak = mark;
    out[index] = Number.isFinite(peak) ? 1 - mark / peak : Number.NaN;
  }
  return out;
}
