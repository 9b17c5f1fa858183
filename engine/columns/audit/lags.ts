/**
 * Information by lag: the rank correlation of a column at the close of bar t with the return of bar t + k across coins, mean over the
 * hours drawn. Bar t is closed when the column is known, so lag 0 is the past, and 1 the first return that nobody can know. A column that
 * knows much of that one and little of those after it has seen it.
 *
 * Alarm at lag 1: |IC| over .05, over ten times the mean |IC| of lags 2 to 6, and over five of its own standard errors, so that a small
 * market's luck is no alarm.
 *
 * A label knows all hours of its horizon equally well, and passes that test. So the return over the 8, 24, 72 and 168 hours ahead is
 * asked as well: |IC| over .4 and over five standard errors. Nothing honest comes near: a mean IC of .1 makes a good strategy, and the
 * full knowledge of a planted market's hidden drift has .12.
 */
import { closeAt, type Panel } from '../../panel/panel.ts';
import { deviation } from '../../stats/deviation.ts';
import { mean } from '../../stats/mean.ts';
import { spearman } from '../../stats/spearman.ts';
import { closeMsOf } from './cut.ts';
import type { Leak } from './findings.ts';
import type { Findings } from './look-ahead.ts';
import type { AuditSubject, ObservedColumn } from './subject.ts';

const IC_MIN = 0.05;
const RATIO_MIN = 10;
const ERRORS_MIN = 5;
const FIRST_UNKNOWN = 1;
const LATER = [2, 3, 4, 5, 6] as const;
const LAG_MAX = 24;
const COINS_MIN = 10;
const HOURS_APART = 25;
const HORIZONS_HOURS = [8, 24, 72, 168] as const;
const HORIZON_IC_MIN = 0.4;

interface ObservedHour {
  readonly hour: number;
  readonly values: Float64Array;
}

/** Dc for columns: takes what other detectors have computed, and judges it at the end. */
export class LagAudit {
  readonly #panel: Panel;
  readonly #rows = new Map<AuditSubject, Map<string, ObservedHour[]>>();

  constructor(panel: Panel) {
    this.#panel = panel;
  }

  /** Takes every 25th hour of columns with a value a coin: apart from each other, and not always at the same time of day. */
  add(subject: AuditSubject, columns: readonly ObservedColumn[]): void {
    const coins = this.#panel.symbols.length;
    const known = this.#rows.get(subject) ?? new Map<string, ObservedHour[]>();
    this.#rows.set(subject, known);
    for (const { name, fromHour, symbols, values } of columns) {
      if (symbols.length !== coins) continue;
      const rows = known.get(name) ?? [];
      known.set(name, rows);
      for (let row = 0; row * coins < values.length; row += HOURS_APART) {
        rows.push({ hour: fromHour + row, values: values.slice(row * coins, (row + 1) * coins) });
      }
    }
  }

  findings(): Findings {
    const leaks: Leak[] = [];
    let count = 0;
    for (const [subject, columns] of this.#rows) {
      for (const [field, observed] of columns) {
        count += 1;
        const leak =
          lagLeak(this.#panel, subject, field, observed) ??
          horizonLeak(this.#panel, subject, field, observed);
        if (leak !== null) leaks.push(leak);
      }
    }
    return { leaks, count };
  }
}

function lagLeak(
  panel: Panel,
  { kind, name }: AuditSubject,
  field: string,
  observed: readonly ObservedHour[],
): Leak | null {
  const { ic, error } = meanAndError(panel, observed, FIRST_UNKNOWN, 1);
  if (!(Math.abs(ic) > Math.max(IC_MIN, ERRORS_MIN * error))) return null;
  const later = LATER.map((lag) => Math.abs(meanInformation(panel, observed, lag)));
  const usual = mean(later.filter((each) => !Number.isNaN(each)));
  if (Math.abs(ic) <= RATIO_MIN * usual) return null;
  const timeMs = closeMsOf(panel, observed[0]!.hour);
  return {
    ...{ detector: 'Dc', kind, subject: name, field, timeMs, symbol: '', before: ic, after: usual },
    hint: 'a later value under the name of an earlier one',
    message: `${field} has a rank correlation of ${ic.toFixed(3)} with the return of the next bar and of ${usual.toFixed(3)} with those after it (highest at lag ${strongestLag(panel, observed)} of -${LAG_MAX} to ${LAG_MAX}): it has seen that bar`,
  };
}

function horizonLeak(
  panel: Panel,
  { kind, name }: AuditSubject,
  field: string,
  observed: readonly ObservedHour[],
): Leak | null {
  const found = HORIZONS_HOURS.map((hours) => ({ hours, ...meanAndError(panel, observed, hours, hours) }))
    .filter(({ ic, error }) => Math.abs(ic) > Math.max(HORIZON_IC_MIN, ERRORS_MIN * error))
    .sort((a, b) => Math.abs(b.ic) - Math.abs(a.ic))[0];
  if (found === undefined) return null;
  const { hours, ic } = found;
  const timeMs = closeMsOf(panel, observed[0]!.hour);
  return {
    ...{ detector: 'Dc', kind, subject: name, field, timeMs, symbol: '', before: ic, after: 0 },
    hint: 'a label among the features',
    message: `${field} has a rank correlation of ${ic.toFixed(3)} with the return of the ${hours} hours after it: no feature knows that much`,
  };
}

/** Over the hours that have a correlation; NaN with fewer than two of them. */
function meanAndError(
  panel: Panel,
  observed: readonly ObservedHour[],
  lag: number,
  overHours: number,
): { readonly ic: number; readonly error: number } {
  const known = observed
    .map((row) => informationAt(panel, row, lag, overHours))
    .filter((ic) => !Number.isNaN(ic));
  return known.length < 2
    ? { ic: Number.NaN, error: Number.NaN }
    : { ic: mean(known), error: deviation(known) / Math.sqrt(known.length) };
}

/** Where the whole profile peaks. */
function strongestLag(panel: Panel, observed: readonly ObservedHour[]): number {
  let [strongest, most] = [0, 0];
  for (let lag = -LAG_MAX; lag <= LAG_MAX; lag += 1) {
    const size = Math.abs(meanInformation(panel, observed, lag));
    if (size > most) [strongest, most] = [lag, size];
  }
  return strongest;
}

function meanInformation(panel: Panel, observed: readonly ObservedHour[], lag: number): number {
  const values = observed.map((row) => informationAt(panel, row, lag)).filter((ic) => !Number.isNaN(ic));
  return values.length === 0 ? Number.NaN : mean(values);
}

/** Spearman's correlation across coins with the return of the `overHours` up to the lag; NaN with fewer than ten coins. */
function informationAt(panel: Panel, { hour, values }: ObservedHour, lag: number, overHours = 1): number {
  const returns = new Float64Array(values.length).fill(Number.NaN);
  let present = 0;
  for (let coin = 0; coin < values.length; coin += 1) {
    if (Number.isNaN(values[coin]!) || hour + lag >= panel.hours || hour + lag < overHours) continue;
    returns[coin] = Math.log(closeAt(panel, coin, hour + lag) / closeAt(panel, coin, hour + lag - overHours));
    if (!Number.isNaN(returns[coin]!)) present += 1;
  }
  return present < COINS_MIN ? Number.NaN : spearman(values, returns);
}
