export interface KolmogorovSmirnov {
  /** Largest distance between the two empirical distribution functions. */
  readonly statistic: number;
  /**
   * Two-sided. Exact, from the count of lattice paths, for up to 10,000 pairs; beyond that the law of one sample of the effective
   * size n m / (n + m). Neither holds for dependent or tied values: resample blocks for those.
   */
  readonly pValue: number;
  readonly pValueAsymptotic: number;
  /** Values left out because they were NaN, of both samples. */
  readonly dropped: number;
}

const EXACT_PAIRS_MAX = 10_000;

/** Two-sample Kolmogorov-Smirnov test. All NaN where a sample is empty. Source: Hodges 1958. */
export function kolmogorovSmirnov(u: ArrayLike<number>, v: ArrayLike<number>): KolmogorovSmirnov {
  const a = knownSorted(u);
  const b = knownSorted(v);
  const dropped = u.length + v.length - a.length - b.length;
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0)
    return { statistic: Number.NaN, pValue: Number.NaN, pValueAsymptotic: Number.NaN, dropped };
  const steps = largestSteps(a, b);
  const statistic = steps / (n * m);
  const pValueAsymptotic = oneSampleTail(Math.round((n * m) / (n + m)), statistic);
  const pValue = n * m <= EXACT_PAIRS_MAX ? exactTail(n, m, steps) : pValueAsymptotic;
  return { statistic, pValue, pValueAsymptotic, dropped };
}

function knownSorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
}

/** The largest distance in units of 1 / (n m): a whole number. */
function largestSteps(a: Float64Array, b: Float64Array): number {
  let [i, j, largest] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i] === value) i += 1;
    while (j < b.length && b[j] === value) j += 1;
    largest = Math.max(largest, Math.abs(i * b.length - j * a.length));
  }
  return largest;
}

/** Share of the lattice paths from (0, 0) to (n, m) that reach a distance of `steps`, as the chance of not staying below it. */
function exactTail(n: number, m: number, steps: number): number {
  if (steps === 0) return 1;
  const inside = (i: number, j: number) => Math.abs(i * m - j * n) < steps;
  // Shares of paths that stay inside: weights are rescaled by C(i + j, i) on the way, so nothing overflows.
  let row = new Float64Array(m + 1);
  for (let i = 0; i <= n; i += 1) {
    const next = new Float64Array(m + 1);
    for (let j = 0; j <= m; j += 1) {
      if (!inside(i, j)) continue;
      if (i === 0 && j === 0) next[j] = 1;
      else {
        const fromBelow = i === 0 ? 0 : row[j]! * (i / (i + j));
        const fromLeft = j === 0 ? 0 : next[j - 1]! * (j / (i + j));
        next[j] = fromBelow + fromLeft;
      }
    }
    row = next;
  }
  return 1 - row[m]!;
}

/** P(D >= d) for one sample of n values: Marsaglia, Tsang and Wang 2003 up to 140, Kolmogorov's limit beyond. */
function oneSampleTail(n: number, d: number): number {
  if (n < 1) return Number.NaN;
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  return n <= 140 ? 1 - matrixLaw(n, d) : limitTail((Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * d);
}

function limitTail(x: number): number {
  let sum = 0;
  for (let k = 1; k <= 100; k += 1) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return Math.max(0, Math.min(1, sum));
}

function matrixLaw(n: number, d: number): number {
  const k = Math.floor(n * d) + 1;
  const size = 2 * k - 1;
  const h = k - n * d;
  let power = identity(size);
  const step = kolmogorovMatrix(size, h);
  for (let times = 0; times < n; times += 1) power = product(power, step, size);
  let value = power[(k - 1) * size + k - 1]!;
  for (let i = 1; i <= n; i += 1) value = (value * i) / n;
  return value;
}

function kolmogorovMatrix(size: number, h: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) matrix[i * size + j] = i - j + 1 < 0 ? 0 : 1;
  }
  for (let i = 0; i < size; i += 1) {
    matrix[i * size] = matrix[i * size]! - h ** (i + 1);
    matrix[(size - 1) * size + i] = matrix[(size - 1) * size + i]! - h ** (size - i);
  }
  matrix[(size - 1) * size] = matrix[(size - 1) * size]! + (2 * h - 1 > 0 ? (2 * h - 1) ** size : 0);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) {
      for (let g = 1; g <= i - j + 1; g += 1) matrix[i * size + j] = matrix[i * size + j]! / g;
    }
  }
  return matrix;
}

function identity(size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) matrix[i * size + i] = 1;
  return matrix;
}

function product(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let k = 0; k < size; k += 1) {
      const factor = a[i * size + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < size; j += 1) out[i * size + j] = out[i * size + j]! + factor * b[k * size + j]!;
    }
  }
  return out;
}
