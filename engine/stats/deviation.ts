import { mean } from './mean.ts';

/** Sample standard deviation (divisor n - 1); NaN below two values. */
export function deviation(values: ArrayLike<number>): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += (values[index]! - centre) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}
