import { expect, it } from 'vitest';
import { instant } from '../../scenarios/instant.ts';

const timeOf = (value: unknown) => {
  const parsed = instant(value);
  return parsed.ok ? parsed.timeMs : parsed.message;
};

it('reads dates, times with and without zone, and epoch milliseconds', () => {
  expect(timeOf('2025-09-01')).toBe(Date.UTC(2025, 8, 1));
  expect(timeOf('2025-10-10T21:00Z')).toBe(Date.UTC(2025, 9, 10, 21));
  expect(timeOf('2025-10-10 21:00')).toBe(Date.UTC(2025, 9, 10, 21));
  expect(timeOf('2025-10-10T21:00:30.5+02:00')).toBe(Date.UTC(2025, 9, 10, 19, 0, 30));
  expect(timeOf('2024-02-29')).toBe(Date.UTC(2024, 1, 29));
  expect(timeOf(1_760_130_000_000)).toBe(1_760_130_000_000);
  expect(timeOf('1760130000000')).toBe(1_760_130_000_000);
});

it('says what is wrong with anything else', () => {
  expect(timeOf('2025-02-29')).toContain('does not exist in the calendar');
  expect(timeOf('2025-13-01')).toContain('does not exist in the calendar');
  expect(timeOf('2025-01-01T25:00')).toContain('does not exist in the calendar');
  expect(timeOf('01/02/2025')).toContain('is no time: "01/02/2025"');
  expect(timeOf('')).toContain('is no time');
  expect(timeOf(1_760_130_000)).toContain('looks like seconds');
  expect(timeOf(1.5e12 + 0.5)).toContain('whole milliseconds');
  expect(timeOf(Number.NaN)).toContain('whole milliseconds');
  expect(timeOf(null)).toContain('was null');
});
