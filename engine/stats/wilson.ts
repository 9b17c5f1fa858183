/** Two-sided 95 % point of the normal law. */
export const WILSON_Z = 1.959963984540054;

/** Wilson's 95 % interval of a share: `successes` out of `count`. NaN where `count` is 0. */
export function wilson(successes: number, count: number): { readonly low: number; readonly high: number } {
  if (!(count > 0)) return { low: Number.NaN, high: Number.NaN };
  const square = WILSON_Z ** 2;
  const share = successes / count;
  const centre = (share + square / (2 * count)) / (1 + square / count);
  const reach =
    (WILSON_Z * Math.sqrt((share * (1 - share)) / count + square / (4 * count ** 2))) / (1 + square / count);
  return { low: Math.max(0, centre - reach), high: Math.min(1, centre + reach) };
}
