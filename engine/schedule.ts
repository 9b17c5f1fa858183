/** When a strategy decides, as data. Times are stamps: the end of one bar and the open of the next. */
import { dayMs, hourMs } from './panel/hours.ts';

export type Schedule =
  | { readonly kind: 'hourly' }
  | { readonly kind: 'every'; readonly minutes: number }
  | { readonly kind: 'daily'; readonly at: string; readonly timeZone: string }
  | { readonly kind: 'weekly'; readonly day: WeekDay; readonly at: string; readonly timeZone: string };

export type WeekDay = 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday';

const minuteMs = 60_000;
const minutesPerDay = dayMs / minuteMs;

/** In the order of `Date.prototype.getUTCDay`. */
const weekDays: readonly WeekDay[] = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
];

/**
 * The decision times of a schedule inside [fromMs, toMs), epoch ms UTC, strictly increasing.
 *
 * `hourly` and `every` are anchored at 00:00 UTC. `daily` and `weekly` name a local time: where clocks are put forward
 * over it, the first instant after the gap stands in; where they are put back over it, the first of the two counts.
 *
 * @throws RangeError where the schedule itself makes no sense; `scheduleFault` says why beforehand.
 */
export function* scheduleTicks(schedule: Schedule, fromMs: number, toMs: number): Generator<number> {
  const fault = shapeFault(schedule);
  if (fault !== null) throw new RangeError(`schedule ${fault}`);
  switch (schedule.kind) {
    case 'hourly':
      yield* evenTicks(hourMs, fromMs, toMs);
      return;
    case 'every':
      yield* evenTicks(schedule.minutes * minuteMs, fromMs, toMs);
      return;
    case 'daily':
      yield* localTicks(schedule.at, schedule.timeZone, null, fromMs, toMs);
      return;
    case 'weekly':
      yield* localTicks(schedule.at, schedule.timeZone, weekDays.indexOf(schedule.day), fromMs, toMs);
  }
}

/**
 * Why a schedule cannot run on bars of `barMinutes`, with what to do about it; null where it can. A stamp must fall on
 * the open of a bar, because that is where its orders fill.
 */
export function scheduleFault(schedule: Schedule, barMinutes: number): string | null {
  const fault = shapeFault(schedule);
  if (fault !== null) return fault;
  const stray = strayMinutes(schedule, barMinutes);
  if (stray === null) return null;
  return `${stray}, but the bars are ${barMinutes} minutes long and orders fill only where a bar opens; choose times that fall on a bar, or bring detail bars whose interval divides them`;
}

/** What in the schedule falls between the bars, in words; null where nothing does. */
function strayMinutes(schedule: Schedule, barMinutes: number): string | null {
  switch (schedule.kind) {
    case 'hourly':
      return 60 % barMinutes === 0 ? null : 'decides every hour';
    case 'every':
      return schedule.minutes % barMinutes === 0 ? null : `decides every ${schedule.minutes} minutes`;
    case 'daily':
    case 'weekly': {
      const offset = utcOffsets(schedule.timeZone).find(
        (offsetMs) => (wallMs(schedule.at) - offsetMs) % (barMinutes * minuteMs) !== 0,
      );
      if (offset === undefined) return null;
      return `decides at ${schedule.at} in ${schedule.timeZone}, which is ${utcTime(wallMs(schedule.at) - offset)} UTC`;
    }
  }
}

/** What is wrong with the schedule whatever the bars; null where nothing is. */
function shapeFault(schedule: Schedule): string | null {
  switch (schedule.kind) {
    case 'hourly':
      return null;
    case 'every':
      return Number.isInteger(schedule.minutes) &&
        schedule.minutes > 0 &&
        minutesPerDay % schedule.minutes === 0
        ? null
        : `must come every whole number of minutes that divides a day (such as 10, 60 or 240), was every ${schedule.minutes}`;
    case 'daily':
      return localFault(schedule.at, schedule.timeZone);
    case 'weekly':
      return weekDays.includes(schedule.day)
        ? localFault(schedule.at, schedule.timeZone)
        : `must name a day of the week (monday … sunday), was ${JSON.stringify(schedule.day)}`;
    default:
      return `must be hourly, every, daily or weekly, was ${JSON.stringify((schedule as { kind?: unknown }).kind)}`;
  }
}

function localFault(at: string, timeZone: string): string | null {
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(at)) {
    return `must give its time as HH:MM between 00:00 and 23:59, was ${JSON.stringify(at)}`;
  }
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
    return null;
  } catch {
    return `must name a time zone such as UTC or Europe/Berlin, was ${JSON.stringify(timeZone)}`;
  }
}

function* evenTicks(stepMs: number, fromMs: number, toMs: number): Generator<number> {
  for (let timeMs = Math.ceil(fromMs / stepMs) * stepMs; timeMs < toMs; timeMs += stepMs) yield timeMs;
}

/** One stamp per local calendar day, or per `weekDay` of it. */
function* localTicks(
  at: string,
  timeZone: string,
  weekDay: number | null,
  fromMs: number,
  toMs: number,
): Generator<number> {
  const offsetAt = utcOffset(timeZone);
  // Local dates run up to a day ahead of or behind UTC, so the walk starts two days early.
  let dateMs = Math.floor(fromMs / dayMs) * dayMs - 2 * dayMs;
  let offsetMs = offsetAt(dateMs);
  let lastMs = Number.NEGATIVE_INFINITY;
  // 14 hours is the furthest that a zone runs ahead of UTC.
  for (; dateMs < toMs + 14 * hourMs; dateMs += dayMs) {
    if (weekDay !== null && new Date(dateMs).getUTCDay() !== weekDay) continue;
    const timeMs = instantOf(dateMs + wallMs(at), offsetMs, offsetAt);
    offsetMs = offsetAt(timeMs);
    if (timeMs >= toMs) return;
    if (timeMs >= fromMs && timeMs > lastMs) {
      yield timeMs;
      lastMs = timeMs;
    }
  }
}

/**
 * The instant at which the wall clock shows `localMs` (a wall time written as if it were UTC). `offsetMs` is the offset
 * some time before, and is tried first: that makes the first of two equal wall times the one taken.
 */
function instantOf(localMs: number, offsetMs: number, offsetAt: (timeMs: number) => number): number {
  const early = localMs - offsetMs;
  const laterOffsetMs = offsetAt(early);
  if (laterOffsetMs === offsetMs) return early;
  const shifted = localMs - laterOffsetMs;
  if (offsetAt(shifted) === laterOffsetMs) return shifted;
  return firstWithOffset(laterOffsetMs, shifted, early, offsetAt);
}

/** The first minute in (beforeMs, afterMs] at which the zone has the given offset: where the clocks were changed. */
function firstWithOffset(
  offsetMs: number,
  beforeMs: number,
  afterMs: number,
  offsetAt: (timeMs: number) => number,
): number {
  let before = beforeMs;
  let after = afterMs;
  while (after - before > minuteMs) {
    const middle = before + Math.floor((after - before) / 2 / minuteMs) * minuteMs;
    if (offsetAt(middle) === offsetMs) after = middle;
    else before = middle;
  }
  return after;
}

/** What a zone's clocks are ahead of UTC, in ms, at any time. */
function utcOffset(timeZone: string): (timeMs: number) => number {
  if (timeZone === 'UTC') return () => 0;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (timeMs) => {
    const wall = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
    for (const part of format.formatToParts(timeMs)) {
      if (part.type in wall) wall[part.type as keyof typeof wall] = Number(part.value);
    }
    const local = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
    return local - Math.floor(timeMs / 1000) * 1000;
  };
}

/** Every offset that a zone had at the start of some month since 2015, when the oldest market of this kind began. */
function utcOffsets(timeZone: string): number[] {
  const offsetAt = utcOffset(timeZone);
  const offsets = new Set<number>();
  for (let month = 0; month < 12 * 16; month += 1) offsets.add(offsetAt(Date.UTC(2015, month, 1)));
  return [...offsets];
}

/** `12:30` as ms since midnight. */
function wallMs(at: string): number {
  return (Number(at.slice(0, 2)) * 60 + Number(at.slice(3))) * minuteMs;
}

function utcTime(msOfDay: number): string {
  return new Date((msOfDay + dayMs) % dayMs).toISOString().slice(11, 16);
}
