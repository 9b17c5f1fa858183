import { quantiles } from './quantiles.ts';

export interface BootstrapOptions {
  /** Uniform number in [0, 1) by place: the same places give the same resamples. */
  readonly uniform: (place: number) => number;
  /** 2,000 if absent. */
  readonly resamples?: number;
  /** Mean length of a block of days; 5 if absent. */
  readonly blockDays?: number;
  /** 0.95 if absent. */
  readonly confidence?: number;
}

export interface BootstrapInterval {
  readonly low: number;
  readonly high: number;
  /** Resamples for which the statistic was defined. */
  readonly resamples: number;
}

/** Fewer days than this say nothing about their own spread. */
const DAYS_MIN = 10;

/**
 * Percentile interval of any statistic of a series of days, by resampling blocks of days of random length around the clock, so
 * that what depends on its neighbours stays beside them. `statistic` gets the chosen days' indices. NaN below 10 days.
 * Source: Politis and Romano 1994.
 *
 * @throws RangeError listing every option that cannot stand.
 */
export function stationaryBootstrap(
  days: number,
  statistic: (chosen: Int32Array) => number,
  options: BootstrapOptions,
): BootstrapInterval {
  const { uniform, resamples = 2000, blockDays = 5, confidence = 0.95 } = options;
  refuseFaults({ resamples, blockDays, confidence });
  if (days < DAYS_MIN) return { low: Number.NaN, high: Number.NaN, resamples: 0 };
  const chosen = new Int32Array(days);
  const values: number[] = [];
  for (let resample = 0; resample < resamples; resample += 1) {
    let day = 0;
    for (let place = 0; place < days; place += 1) {
      const at = (resample * days + place) * 2;
      const begins = place === 0 || uniform(at) < 1 / blockDays;
      day = begins ? Math.floor(uniform(at + 1) * days) : (day + 1) % days;
      chosen[place] = day;
    }
    const value = statistic(chosen);
    if (!Number.isNaN(value)) values.push(value);
  }
  const tail = (1 - confidence) / 2;
  const [low = Number.NaN, high = Number.NaN] = quantiles(values, [tail, 1 - tail]);
  return { low, high, resamples: values.length };
}

function refuseFaults(options: {
  readonly resamples: number;
  readonly blockDays: number;
  readonly confidence: number;
}): void {
  const { resamples, blockDays, confidence } = options;
  const faults: string[] = [];
  if (!Number.isInteger(resamples) || resamples < 1)
    faults.push(`resamples ${resamples} must be a whole number from 1 up`);
  if (!(blockDays >= 1)) faults.push(`blockDays ${blockDays} must be 1 or more`);
  if (!(confidence > 0 && confidence < 1)) faults.push(`confidence ${confidence} must lie in (0, 1)`);
  if (faults.length > 0) throw new RangeError(`stationaryBootstrap: ${faults.join('; ')}`);
}
