/**
 * Quantile of Student's law with a whole number of degrees of freedom, to about 1e-10. Source: the finite series of Abramowitz and
 * Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4, inverted by bisection over the angle atan(t / sqrt(degrees)).
 *
 * @throws RangeError where p lies outside (0, 1) or `degrees` is no whole number from 1 up.
 */
export function studentQuantile(p: number, degrees: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`studentQuantile: p ${p} must lie in (0, 1)`);
  if (!Number.isInteger(degrees) || degrees < 1)
    throw new RangeError(`studentQuantile: degrees ${degrees} must be a whole number from 1 up`);
  const wanted = Math.abs(2 * p - 1);
  let [low, high] = [0, Math.PI / 2];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (centralShare(middle, degrees) < wanted) low = middle;
    else high = middle;
  }
  return Math.sign(p - 0.5) * Math.sqrt(degrees) * Math.tan(low);
}

/** P(|T| < sqrt(degrees) tan(angle)). */
function centralShare(angle: number, degrees: number): number {
  const square = Math.cos(angle) ** 2;
  const odd = degrees % 2 === 1;
  let term = odd ? Math.cos(angle) : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let power = odd ? 3 : 2; power < degrees; power += 2) {
    term *= (square * (power - 1)) / power;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
