/** Times as feeds write them. A time without a zone is UTC. */
import { dayMs } from '../../../engine/panel/hours.ts';
import { otherTimeUnit } from '../time-units.ts';

const zoned = /(?:Z|[+-]\d\d:?\d\d|\bGMT\b.*|\bUTC\b.*)$/i;
const isoLike = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?/;

/**
 * Epoch ms of a time: epoch seconds or milliseconds (told apart by their size), a date, an ISO text, or a text with its zone
 * such as `Fri Feb 07 2025 08:29:27 GMT+0100`. Null for anything else.
 */
export function instantOf(value: unknown): number | null {
  if (value instanceof Date) return finite(value.getTime());
  if (typeof value === 'number') return epochOf(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return epochOf(Number(text));
  if (zoned.test(text)) return finite(Date.parse(text));
  if (!isoLike.test(text)) return null;
  const timeMs = Date.parse(text.length > 10 ? `${text.replace(' ', 'T')}Z` : text);
  // Date.parse takes 2026-02-30 for the 2nd of March.
  return new Date(finite(timeMs) ?? 0).toISOString().startsWith(text.slice(0, 10)) ? finite(timeMs) : null;
}

function epochOf(number: number): number | null {
  if (!(number > 0)) return null;
  const unit = otherTimeUnit(number);
  if (unit === null) return Math.round(number);
  return unit.name === 'seconds' ? Math.round(number * 1_000) : null;
}

function finite(timeMs: number): number | null {
  return Number.isFinite(timeMs) ? timeMs : null;
}

/** The day that a time lies in, as its first moment UTC. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / dayMs) * dayMs;
}
