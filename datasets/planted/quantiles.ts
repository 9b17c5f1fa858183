/** Quantile functions: one uniform number in, one draw out. */
export { normalQuantile } from '../../engine/stats/normal-quantile.ts';

/** Quantile of Student's t with 4 degrees of freedom, which has a closed form; p in (0, 1). Its variance is 2. */
export function student4Quantile(p: number): number {
  const root = Math.sqrt(4 * p * (1 - p));
  const size = 2 * Math.sqrt(Math.max(0, Math.cos(Math.acos(root) / 3) / root - 1));
  return p < 0.5 ? -size : size;
}
