import type { RollingRange } from '../rolling.ts';
import { correlationOf, forEachPairWindow } from './pairs.ts';

/** One fit per element; NaN where a window gives none. */
export interface OlsColumns {
  /** Intercept, in the unit of y. */
  readonly alpha: Float64Array;
  /** Slope, unit of y per unit of x. */
  readonly beta: Float64Array;
  /** Share of the variance of y that the fit explains, in [0, 1]; NaN where y does not vary. */
  readonly rSquared: Float64Array;
  /** Pearson's correlation, in [-1, 1]; NaN where y does not vary. */
  readonly correlation: Float64Array;
}

export interface OlsOptions {
  /** Length of a window in elements; a whole number above 0. */
  readonly window: number;
  /** Fewest pairs in a window that give a fit; all of the window if absent. */
  readonly countMin?: number;
  /**
   * Absolute number of element 0, such as hours since the epoch; 0 if absent. Windows are cut at its multiples: the same
   * window has the same bits in every series that counts alike, wherever each one begins.
   */
  readonly firstStamp?: number;
}

/** Below this variance (divisor n) of x a slope means nothing. */
const VARIANCE_MIN = 1e-12;

/**
 * Ordinary least squares of y on x over the last `window` elements, at every element. beta = Sxy / Sxx and
 * alpha = mean(y) - beta mean(x), with sums of the distances from the means; pairs with a side that is not finite are left
 * out, never taken for zero. NaN where the variance of x is below 1e-12.
 *
 * ```ts
 * const { beta, rSquared } = rollingOls(bitcoinReturns, coinReturns, { window: 720, countMin: 540 });
 * ```
 *
 * @throws RangeError where the series differ in length or the window is no whole number above 0.
 */
export function rollingOls(x: ArrayLike<number>, y: ArrayLike<number>, options: OlsOptions): OlsColumns {
  const { window, countMin = window, firstStamp = 0 } = options;
  if (x.length !== y.length) throw new RangeError(`rollingOls: lengths differ (${x.length} and ${y.length})`);
  if (!Number.isSafeInteger(window) || window < 1)
    throw new RangeError(`rollingOls: window is ${window}; give a whole number of elements, at least 1`);
  const column = () => new Float64Array(x.length).fill(Number.NaN);
  const out = { alpha: column(), beta: column(), rSquared: column(), correlation: column() };
  const range = { window, countMin, firstStamp, from: 0, to: x.length };
  rollingFit(Float64Array.from(x), Float64Array.from(y), range, out);
  return out;
}

/** The fits of `rollingOls` over a range of panel hours. */
export function rollingFit(x: Float64Array, y: Float64Array, range: RollingRange, out: OlsColumns): void {
  const { alpha, beta, rSquared, correlation } = out;
  forEachPairWindow(x, y, range, (hour, window) => {
    // Written so that NaN moments fail it as well.
    const varies = window.sxx / window.count >= VARIANCE_MIN;
    const slope = varies ? window.sxy / window.sxx : Number.NaN;
    const r = varies ? correlationOf(window) : Number.NaN;
    beta[hour] = slope;
    alpha[hour] = window.meanY - slope * window.meanX;
    correlation[hour] = r;
    rSquared[hour] = r * r;
  });
}
