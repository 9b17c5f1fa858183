/** Points in time as people write them. */
import { describe } from '../engine/config.ts';

export type Instant =
  | { readonly ok: true; readonly timeMs: number }
  | { readonly ok: false; readonly message: string };

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?$/;
const advice = 'give a date (2025-09-01, its 00:00 UTC), a time (2025-10-10T21:00Z) or epoch milliseconds';

/** September 2001 in milliseconds. Anything less is a time in seconds: no market of this kind is older. */
const millisecondsMin = 1e12;

/** A date, an ISO time (UTC where it names no zone) or epoch milliseconds; anything else with a message saying what is wrong. */
export function instant(value: unknown): Instant {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d{9,}$/.test(value))) {
    return fromNumber(Number(value));
  }
  if (typeof value !== 'string') return refused(`must be a time, was ${describe(value)}; ${advice}`);
  const match = pattern.exec(value.trim());
  if (match === null) return refused(`is no time: ${describe(value)}; ${advice}`);
  const [, year, month, day, hour = '00', minute = '00', second = '00', zone = 'Z'] = match;
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  if (Number.isNaN(timeMs) || !isDay(Number(year), Number(month), Number(day))) {
    return refused(`does not exist in the calendar: ${describe(value)}`);
  }
  return { ok: true, timeMs };
}

function fromNumber(timeMs: number): Instant {
  if (!Number.isSafeInteger(timeMs)) return refused(`must be whole milliseconds, was ${timeMs}; ${advice}`);
  if (Math.abs(timeMs) < millisecondsMin) {
    return refused(`must be in milliseconds; ${timeMs} looks like seconds; ${advice}`);
  }
  return { ok: true, timeMs };
}

function refused(message: string): Instant {
  return { ok: false, message };
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
