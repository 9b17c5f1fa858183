/** Figures as people read them. Undefined stands as an en dash, never as 0. */
import { dayMs, hourMs } from '../engine/panel/hours.ts';

const MINUS = '−';
const NONE = '–';

export function money(value: number | null, signed = false): string {
  return figure(value, 2, { signed, grouped: true });
}

/** A fraction as per cent: `0.1234` is `12.34 %`. */
export function percent(
  fraction: number | null,
  options: { readonly signed?: boolean; readonly digits?: number } = {},
): string {
  const shown = figure(fraction === null ? null : fraction * 100, options.digits ?? 2, {
    signed: options.signed ?? false,
    grouped: true,
  });
  return shown === NONE ? NONE : `${shown} %`;
}

/** Beyond a million the digits say nothing: days of growth, raised to a year. */
const RATIO_MAX = 1e6;

export function ratio(value: number | null): string {
  if (value !== null && Number.isFinite(value) && Math.abs(value) > RATIO_MAX)
    return value > 0 ? `> ${count(RATIO_MAX)}` : `< ${count(-RATIO_MAX)}`;
  return figure(value, 2, { signed: false, grouped: true });
}

export function correlation(value: number): string {
  return figure(value, 3, { signed: true, grouped: false });
}

export function count(value: number): string {
  return figure(value, 0, { signed: false, grouped: true });
}

/** Six significant digits, as exchanges quote small and large coins alike. */
export function price(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const plain = Number(value.toPrecision(6));
  return plain !== 0 && Math.abs(plain) < 1e-6
    ? plain.toExponential()
    : plain.toLocaleString('en-US', { maximumSignificantDigits: 6 });
}

export function plural(value: number, noun: string, nouns = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : nouns}`;
}

/** `2025-10-10 21:00`, UTC. */
export function minute(timeMs: number): string {
  return Number.isFinite(timeMs) ? new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ') : NONE;
}

/** `2025-10-10`, UTC. */
export function day(timeMs: number): string {
  return Number.isFinite(timeMs) ? new Date(timeMs).toISOString().slice(0, 10) : NONE;
}

export function span(fromMs: number, toMs: number): string {
  const hours = (toMs - fromMs) / hourMs;
  if (hours < 48) return plural(Math.round(hours), 'hour');
  return plural(Math.round((toMs - fromMs) / dayMs), 'day');
}

function figure(
  value: number | null,
  digits: number,
  shape: { readonly signed: boolean; readonly grouped: boolean },
): string {
  if (value === null || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: shape.grouped,
  });
  const isZero = Number(size.replaceAll(',', '')) === 0;
  if (value < 0 && !isZero) return MINUS + size;
  return shape.signed && !isZero ? `+${size}` : size;
}
