/**
 * Regime parameters are refitted every Monday at 00:00 UTC and kept with their dates: a probability is always that of the
 * version valid on its own day, and a later refit changes none of them.
 */
import { assertInvariant } from '../../invariant.ts';
import { dayMs } from '../../panel/hours.ts';
import { fitHmm } from './baum-welch.ts';
import { forwardPass, stationaryShares } from './chain.ts';
import { type GaussianHmm, logDensities } from './model.ts';
import { canonicalRegimes, regimeNames } from './names.ts';
import { OBSERVATION_WIDTH, type RegimeDays } from './observations.ts';

const STATES = regimeNames.length;
/** Observations that the probabilities of a day are computed from, and how many of them must be there. */
const WINDOW_DAYS = 90;
const WINDOW_DAYS_MIN = 60;
const WEEK_DAYS = 7;
/** The first Monday of the epoch, counted from its first day. */
const MONDAY = 4;

export interface RegimeVersion {
  /** Stamp of the newest observation it was fitted to, epoch ms. */
  readonly trainedToMs: number;
  /** From this stamp on; later than `trainedToMs`. */
  readonly validFromMs: number;
  /** States in the order of `regimeNames`. */
  readonly model: GaussianHmm;
  readonly logLikelihood: number;
}

export interface RefitOptions {
  /** Uniform number in [0, 1) by place; every refit takes the same places. */
  readonly uniform: (place: number) => number;
  /** Days before a refit that must have a whole observation. */
  readonly trainDaysMin: number;
  /** As in `gaussianHmm.fit`. */
  readonly restarts?: number;
}

/** One version a Monday, each fitted to all observations before that day. A Monday whose fit does not stand has none. */
export function fitRegimeVersions(days: RegimeDays, options: RefitOptions): readonly RegimeVersion[] {
  assertInvariant(days.startMs % dayMs === 0, 'regime observations stand at midnight');
  const versions: RegimeVersion[] = [];
  const count = days.values.length / OBSERVATION_WIDTH;
  for (let day = Math.max(1, Math.ceil(options.trainDaysMin)); day <= count; day += 1) {
    const validFromMs = days.startMs + day * dayMs;
    if ((validFromMs / dayMs - MONDAY) % WEEK_DAYS !== 0) continue;
    const fit = fitHmm(days.values.subarray(0, day * OBSERVATION_WIDTH), {
      ...{ states: STATES, dimensions: OBSERVATION_WIDTH, uniform: options.uniform },
      ...(options.restarts === undefined ? {} : { restarts: options.restarts }),
    });
    if (fit.observed < options.trainDaysMin || Number.isNaN(fit.logLikelihood)) continue;
    const { logLikelihood } = fit;
    const model = canonicalRegimes(fit.model);
    versions.push({ trainedToMs: validFromMs - dayMs, validFromMs, model, logLikelihood });
  }
  return versions;
}

/** The newest version that is valid at the time; `versions` in the order of their dates. */
export function regimeVersionAt(
  versions: readonly RegimeVersion[],
  timeMs: number,
): RegimeVersion | undefined {
  return versions.findLast(({ validFromMs }) => validFromMs <= timeMs);
}

/**
 * Filtered probabilities `[day][state]`, states in the order of `regimeNames`, of the days [fromDay, toDay) of `days`. A day's
 * row is a function of its last 90 observations and of the version valid on it alone: a forward pass from the stationary
 * shares of that version. NaN where fewer than 90 days of history lie behind, fewer than 60 of them are there, or no version
 * is valid.
 */
export function regimeProbabilities(
  versions: readonly RegimeVersion[],
  days: RegimeDays,
  fromDay: number,
  toDay: number,
): Float64Array {
  const out = new Float64Array((toDay - fromDay) * STATES).fill(Number.NaN);
  for (let day = Math.max(fromDay, WINDOW_DAYS - 1); day < toDay; day += 1) {
    const version = regimeVersionAt(versions, days.startMs + day * dayMs);
    if (version === undefined) continue;
    const window = days.values.subarray(
      (day + 1 - WINDOW_DAYS) * OBSERVATION_WIDTH,
      (day + 1) * OBSERVATION_WIDTH,
    );
    const { model } = version;
    const pass = forwardPass({ ...model, initial: stationaryShares(model) }, logDensities(model, window));
    if (pass.observed < WINDOW_DAYS_MIN) continue;
    out.set(pass.filtered.subarray(-STATES), (day - fromDay) * STATES);
  }
  return out;
}
