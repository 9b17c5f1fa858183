/** What is wrong with a column, from what was counted of it. */
import { dayMs } from '../../panel/hours.ts';
import { type ColumnQuality, type DayQuality, dayQuality } from './column-quality.ts';

export type QualityRule =
  /** No row is filled. */
  | 'dead'
  /** Fewer than 95 % of the rows are. */
  | 'under-filled'
  /** Filled up to a day, and never again. */
  | 'ended'
  /** Not declared market-wide, and the same for all coins, at every hour or at all hours of a day. */
  | 'constant'
  | 'constant-day'
  /** Another column under a second name. */
  | 'duplicate'
  /** Values of another size from a day on. */
  | 'scale-jump';

export interface QualityFinding {
  readonly column: string;
  readonly rule: QualityRule;
  readonly message: string;
  /** First day concerned, epoch ms; null where it is the whole span. */
  readonly fromMs: number | null;
  /** Why it may be so; null where it stops the build. */
  readonly allowed: string | null;
}

export interface ColumnSummary {
  readonly column: string;
  /** Eligible rows after warm-up, and filled ones among them. */
  readonly rows: number;
  readonly filled: number;
  /** Filled / rows; NaN where no row lies behind the warm-up: nothing is said about such a column. */
  readonly fillShare: number;
  /** Days through which it was the same for all coins. */
  readonly constantDays: number;
  /** By day of the span: filled / rows, NaN where there was no row. */
  readonly fillByDay: Float32Array;
}

export interface QualityReport {
  readonly columns: readonly ColumnSummary[];
  /** In the order of the columns. */
  readonly findings: readonly QualityFinding[];
  /** Columns that were allowed something, and need not have been or are not there. */
  readonly idleAllowances: readonly string[];
  /** Some finding is not allowed. */
  readonly failing: boolean;
}

const FILL_MIN = 0.95;
/** Fewer coins may well agree on a flag for a day. */
const CONSTANT_DAY_COINS_MIN = 20;
/** One coin alone is always constant. */
const CONSTANT_COINS_MIN = 2;
/** Whole days without a value, at the end, that are no chance. */
const ENDED_DAYS_MIN = 2;
/** A flag of the calendar may rest through a week, not longer. */
const FROZEN_DAYS_MIN = 8;
/** A jump of the mean binary exponent by so much, and of the largest value by as many octaves: a factor of 256. */
const JUMP_OCTAVES_MIN = 8;
/** Days with values on either side of a jump. */
const JUMP_DAYS_MIN = 3;
/** The same for what the whole market shares, as a share of the days: a probability may well be next to nothing for weeks. */
const JUMP_DAYS_SHARE_MIN = 0.2;

/** A column's days, counted once. */
interface Counted {
  readonly name: string;
  readonly unit: string;
  readonly marketWide: boolean;
  readonly column: number;
  readonly days: readonly DayQuality[];
  readonly summary: ColumnSummary;
  /** Told apart from a dead input by whoever declared the column; NaN where nobody did. */
  readonly restValue: number;
  /** Same value for all coins at every hour that has two of them, and some hour has. */
  readonly isConstant: boolean;
}

interface Finding extends Omit<QualityFinding, 'allowed'> {
  /** Constant at the value that was declared for it. */
  readonly isAtRest?: boolean;
}

/**
 * Everything that is wrong. A finding stops the build unless `allowed` holds a reason under the name of its column.
 */
export function qualityReport(
  quality: ColumnQuality,
  allowed: ReadonlyMap<string, string> = new Map(),
): QualityReport {
  const counted = quality.columns.map((_, column) => countColumn(quality, column));
  const dayAt = (day: number) => (Math.floor(quality.firstStamp / 24) + day) * dayMs;
  const findings = counted.flatMap((column) => [
    ...fillFindings(column, dayAt),
    ...constantFindings(column, dayAt),
    ...duplicateFindings(column, counted, quality),
    ...jumpFindings(column, quality, dayAt),
  ]);
  const named = new Set(findings.map(({ column }) => column));
  const judged = findings.map(({ isAtRest, ...finding }) => ({
    ...finding,
    allowed: allowed.get(finding.column) ?? (isAtRest === true ? 'declared: nothing happened' : null),
  }));
  return {
    columns: counted.map(({ summary }) => summary),
    findings: judged,
    idleAllowances: [...allowed.keys()].filter((column) => !named.has(column)),
    failing: judged.some((finding) => finding.allowed === null),
  };
}

function countColumn(quality: ColumnQuality, column: number): Counted {
  const { name, unit, marketWide, restValue } = quality.columns[column]!;
  const days: DayQuality[] = [];
  let [hours, constantHours] = [0, 0];
  for (let day = 0; day < quality.days; day += 1) {
    days.push(dayQuality(quality, column, day, CONSTANT_DAY_COINS_MIN));
    const loose = dayQuality(quality, column, day, CONSTANT_COINS_MIN);
    hours += loose.hours;
    constantHours += loose.constantHours;
  }
  const rows = days.reduce((sum, day) => sum + day.rows, 0);
  const filled = days.reduce((sum, day) => sum + day.filled, 0);
  const summary = {
    ...{ column: name, rows, filled, fillShare: filled / rows },
    constantDays: days.filter(isConstantDay).length,
    fillByDay: Float32Array.from(days, (day) => day.filled / day.rows),
  };
  const isConstant = hours > 0 && constantHours === hours;
  const rest = Math.fround(restValue ?? Number.NaN);
  return { name, unit, marketWide: marketWide === true, column, days, summary, restValue: rest, isConstant };
}

function isConstantDay({ hours, constantHours }: DayQuality): boolean {
  return hours > 0 && constantHours === hours;
}

type DayAt = (day: number) => number;

function fillFindings({ name, summary, days }: Counted, dayAt: DayAt): readonly Finding[] {
  const { rows, filled, fillShare } = summary;
  if (rows === 0) return [];
  const share = `${filled} of ${rows} eligible rows after warm-up`;
  if (filled === 0) {
    const message = `no value in ${rows} eligible rows after warm-up: its input is not there, or it is routed to another one`;
    return [{ column: name, rule: 'dead', message, fromMs: null }];
  }
  const last = days.findLastIndex((day) => day.filled > 0);
  const emptyDays = days.slice(last + 1).filter((day) => day.rows > 0).length;
  const findings: Finding[] = [];
  if (emptyDays >= ENDED_DAYS_MIN) {
    const message = `filled until ${isoDay(dayAt(last))}, then empty for ${emptyDays} days: its input ends there`;
    findings.push({ column: name, rule: 'ended', message, fromMs: dayAt(last + 1) });
  }
  if (fillShare < FILL_MIN) {
    const message = `filled in ${(100 * fillShare).toFixed(1)} % of rows (${share}), fewer than ${100 * FILL_MIN} %`;
    findings.push({ column: name, rule: 'under-filled', message, fromMs: null });
  }
  return findings;
}

function constantFindings(column: Counted, dayAt: DayAt): readonly Finding[] {
  const { name, marketWide, days, summary, isConstant } = column;
  if (marketWide) {
    if (!isFrozen(days)) return [];
    const message = `one and the same value on all ${days.length} days`;
    return [{ column: name, rule: 'constant', message, fromMs: null }];
  }
  if (isConstant) {
    const message =
      'the same value for all coins at every hour: declare it market-wide if that is its nature';
    return [{ column: name, rule: 'constant', message, fromMs: null, isAtRest: restsThrough(column, days) }];
  }
  if (summary.constantDays === 0) return [];
  const fromMs = dayAt(days.findIndex(isConstantDay));
  const message = `the same value for all coins through ${summary.constantDays} of ${days.length} days, first on ${isoDay(fromMs)}`;
  const isAtRest = restsThrough(column, days.filter(isConstantDay));
  return [{ column: name, rule: 'constant-day', message, fromMs, isAtRest }];
}

function restsThrough({ restValue }: Counted, days: readonly DayQuality[]): boolean {
  return days.every(
    ({ filled, lowest, highest }) => filled === 0 || (lowest === restValue && highest === restValue),
  );
}

/** What the whole market shares may be the same for all coins, but not for good. */
function isFrozen(days: readonly DayQuality[]): boolean {
  const told = days.filter(({ filled }) => filled > 0);
  const [first] = told;
  if (first === undefined || told.length < FROZEN_DAYS_MIN) return false;
  return told.every(({ lowest, highest }) => lowest === first.lowest && highest === first.lowest);
}

/**
 * A column has the values of an earlier one where the hashes agree on every day on which both have as many values, and that
 * is so on some day. Columns of one value for all coins are told as such.
 */
function duplicateFindings(
  { name, column, days, isConstant, marketWide }: Counted,
  all: readonly Counted[],
  quality: ColumnQuality,
): readonly Finding[] {
  if (isConstant && !marketWide) return [];
  const width = quality.columns.length;
  const original = all.slice(0, column).find((other) => {
    let common = 0;
    for (const [day, { filled, lowest, highest }] of days.entries()) {
      if (filled === 0 || other.days[day]!.filled !== filled) continue;
      // A day of one value for all coins, such as a flag at rest, says nothing of where it comes from.
      if (lowest === highest && !marketWide) continue;
      if (quality.hash[day * width + column] !== quality.hash[day * width + other.column]) return false;
      common += 1;
    }
    return common > 0;
  });
  if (original === undefined) return [];
  const message = `the same values as ${original.name}, to the bit: one of the two is routed to the wrong input`;
  return [{ column: name, rule: 'duplicate', message, fromMs: null }];
}

/**
 * Mean size and largest value must both have moved, so that neither one outlier nor a probability near zero counts. Only the
 * widest jump is told.
 */
function jumpFindings(column: Counted, quality: ColumnQuality, dayAt: DayAt): readonly Finding[] {
  // A probability has no unit to change, and may be next to nothing for months.
  if (column.unit === 'probability') return [];
  const sizes = sizesByDay(column, quality);
  const daysMin = column.marketWide ? JUMP_DAYS_SHARE_MIN * sizes.filter(({ count }) => count > 0).length : 0;
  const { octaves, day } = widestJump(sizes, Math.max(JUMP_DAYS_MIN, daysMin));
  if (Math.abs(octaves) < JUMP_OCTAVES_MIN) return [];
  const fromMs = dayAt(day);
  const factor = Math.round(2 ** Math.abs(octaves));
  const size = octaves > 0 ? `${factor} times as large` : `1/${factor} as large`;
  const message = `values are about ${size} from ${isoDay(fromMs)} on: a change of unit`;
  return [{ column: column.name, rule: 'scale-jump', message, fromMs }];
}

/** Of a day: values that are not zero, the sum of their binary exponents, and the largest size. */
interface DaySize {
  readonly count: number;
  readonly exponents: number;
  readonly largest: number;
}

function sizesByDay({ column, days }: Counted, quality: ColumnQuality): readonly DaySize[] {
  const width = quality.columns.length;
  return days.map(({ filled, lowest, highest }, day) => ({
    count: quality.sized[day * width + column]!,
    exponents: quality.exponents[day * width + column]!,
    largest: filled === 0 ? 0 : Math.max(Math.abs(lowest), Math.abs(highest)),
  }));
}

interface Sizes extends DaySize {
  readonly days: number;
}

const noSizes: Sizes = { days: 0, count: 0, exponents: 0, largest: 0 };

function together(sizes: Sizes, day: DaySize): Sizes {
  return {
    days: sizes.days + (day.count > 0 ? 1 : 0),
    count: sizes.count + day.count,
    exponents: sizes.exponents + day.exponents,
    largest: Math.max(sizes.largest, day.largest),
  };
}

/** The day from which on sizes differ most from all before, in octaves; 0 octaves where they do not. */
function widestJump(
  days: readonly DaySize[],
  daysMin: number,
): { readonly octaves: number; readonly day: number } {
  const after: Sizes[] = Array.from({ length: days.length + 1 }, () => noSizes);
  for (let day = days.length - 1; day >= 0; day -= 1) after[day] = together(after[day + 1]!, days[day]!);
  let before = noSizes;
  let widest = { octaves: 0, day: -1 };
  for (const [day, size] of days.entries()) {
    const later = after[day]!;
    if (size.count > 0 && Math.min(before.days, later.days) >= daysMin) {
      const byMean = later.exponents / later.count - before.exponents / before.count;
      const byLargest = Math.log2(later.largest / before.largest);
      const isOneWay = Math.sign(byMean) === Math.sign(byLargest);
      const octaves = isOneWay ? Math.sign(byMean) * Math.min(Math.abs(byMean), Math.abs(byLargest)) : 0;
      if (Math.abs(octaves) > Math.abs(widest.octaves)) widest = { octaves, day };
    }
    before = together(before, size);
  }
  return widest;
}

function isoDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
