/** The other prices of a perpetual: its spot market and its mark, from the perpetual's own bars and the basis. */
import { markScale } from './basis.ts';
import { type PricePath, roundPrice } from './path.ts';

export interface DerivativesInput {
  /** The perpetual's bars of generated hours fromHour, fromHour + 1, … */
  readonly path: PricePath;
  /** Up to the hour after the last bar, see `plantBasis`. */
  readonly basis: Float64Array;
  readonly fromHour: number;
}

/**
 * Bars of the same hours. Spot is perp / (1 + basis); the mark is the spot index times 1 + the mean basis of the last thirty
 * minutes. Inside an hour the extremes are taken at the hour's mean basis, and never inside open and close.
 */
export function plantSpotAndMark(input: DerivativesInput): {
  readonly spot: PricePath;
  readonly mark: PricePath;
} {
  const { path, basis, fromHour } = input;
  const spotScale = basis.map((value) => 1 / (1 + value));
  const markScales = basis.map((_, hour) => (hour === 0 ? 1 : markScale(basis, hour)));
  return { spot: scaled(path, spotScale, fromHour), mark: scaled(path, markScales, fromHour) };
}

/** `scale` holds at the open of each hour. */
function scaled(path: PricePath, scale: Float64Array, fromHour: number): PricePath {
  const count = path.close.length;
  const doubles = () => new Float64Array(count);
  const out = { open: doubles(), high: doubles(), low: doubles(), close: doubles() };
  for (let row = 0; row < count; row += 1) {
    const before = scale[fromHour + row]!;
    const after = scale[fromHour + row + 1]!;
    const open = roundPrice(path.open[row]! * before);
    const close = roundPrice(path.close[row]! * after);
    const middle = (before + after) / 2;
    out.open[row] = open;
    out.high[row] = Math.max(open, close, roundPrice(path.high[row]! * middle));
    out.low[row] = Math.min(open, close, roundPrice(path.low[row]! * middle));
    out.close[row] = close;
  }
  return out;
}
