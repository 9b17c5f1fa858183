import { describe, expect, it } from 'vitest';
import { isoMinute } from '../../engine/panel/hours.ts';
import { type Schedule, scheduleFault, scheduleTicks } from '../../engine/schedule.ts';

const ticks = (schedule: Schedule, from: string, to: string) =>
  [...scheduleTicks(schedule, Date.parse(from), Date.parse(to))].map(isoMinute);

describe('given an even schedule', () => {
  it('hourly gives every full hour from the start on, the end excluded', () => {
    expect(ticks({ kind: 'hourly' }, '2025-01-01T00:30Z', '2025-01-01T03:00Z')).toEqual([
      '2025-01-01T01:00Z',
      '2025-01-01T02:00Z',
    ]);
  });

  it('every n minutes is anchored at 00:00 UTC, not at the start', () => {
    expect(ticks({ kind: 'every', minutes: 240 }, '2025-01-01T05:00Z', '2025-01-01T16:00Z')).toEqual([
      '2025-01-01T08:00Z',
      '2025-01-01T12:00Z',
    ]);
    expect(ticks({ kind: 'every', minutes: 10 }, '2025-01-01T00:00Z', '2025-01-01T00:30Z')).toEqual([
      '2025-01-01T00:00Z',
      '2025-01-01T00:10Z',
      '2025-01-01T00:20Z',
    ]);
  });

  it('an empty span has no stamp', () => {
    expect(ticks({ kind: 'hourly' }, '2025-01-01T01:00Z', '2025-01-01T01:00Z')).toEqual([]);
  });
});

describe('given a daily schedule in UTC', () => {
  it('gives one stamp a day, the start included', () => {
    const daily: Schedule = { kind: 'daily', at: '12:00', timeZone: 'UTC' };
    expect(ticks(daily, '2025-01-01T12:00Z', '2025-01-04T12:00Z')).toEqual([
      '2025-01-01T12:00Z',
      '2025-01-02T12:00Z',
      '2025-01-03T12:00Z',
    ]);
  });
});

describe('given a daily schedule in a zone that changes its clocks', () => {
  const berlinNoon: Schedule = { kind: 'daily', at: '12:00', timeZone: 'Europe/Berlin' };

  it('keeps the local time over a day of 23 hours', () => {
    expect(ticks(berlinNoon, '2025-03-29T00:00Z', '2025-04-01T00:00Z')).toEqual([
      '2025-03-29T11:00Z',
      '2025-03-30T10:00Z',
      '2025-03-31T10:00Z',
    ]);
  });

  it('keeps the local time over a day of 25 hours', () => {
    expect(ticks(berlinNoon, '2025-10-25T00:00Z', '2025-10-28T00:00Z')).toEqual([
      '2025-10-25T10:00Z',
      '2025-10-26T11:00Z',
      '2025-10-27T11:00Z',
    ]);
  });

  it('a local time that does not exist becomes the first instant after the gap', () => {
    const night: Schedule = { kind: 'daily', at: '02:30', timeZone: 'Europe/Berlin' };
    expect(ticks(night, '2025-03-29T00:00Z', '2025-04-01T00:00Z')).toEqual([
      '2025-03-29T01:30Z',
      '2025-03-30T01:00Z',
      '2025-03-31T00:30Z',
    ]);
  });

  it('of a local time that exists twice, the first counts', () => {
    const night: Schedule = { kind: 'daily', at: '02:30', timeZone: 'Europe/Berlin' };
    expect(ticks(night, '2025-10-25T00:00Z', '2025-10-28T00:00Z')).toEqual([
      '2025-10-25T00:30Z',
      '2025-10-26T00:30Z',
      '2025-10-27T01:30Z',
    ]);
  });

  it('the first stamp is the same wherever the span begins', () => {
    const night: Schedule = { kind: 'daily', at: '02:30', timeZone: 'America/New_York' };
    const all = ticks(night, '2024-01-01T00:00Z', '2026-01-01T00:00Z');
    const cut = [
      ...ticks(night, '2024-01-01T00:00Z', '2024-11-03T06:00Z'),
      ...ticks(night, '2024-11-03T06:00Z', '2025-03-09T06:30Z'),
      ...ticks(night, '2025-03-09T06:30Z', '2026-01-01T00:00Z'),
    ];
    expect(cut).toEqual(all);
    expect(all).toHaveLength(731);
  });

  it('shows the wanted wall time on every ordinary day, in zones far ahead of and behind UTC', () => {
    for (const timeZone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kolkata', 'America/Sao_Paulo']) {
      const stamps = [
        ...scheduleTicks(
          { kind: 'daily', at: '09:00', timeZone },
          Date.UTC(2024, 0, 1),
          Date.UTC(2025, 0, 1),
        ),
      ];
      const shown = new Set(
        stamps.map((timeMs) =>
          new Date(timeMs).toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }),
        ),
      );
      expect(stamps).toHaveLength(366);
      expect([...shown]).toEqual(['09:00']);
    }
  });

  it('a local day that never was gives no second stamp for the day after', () => {
    // Samoa went from 29 to 31 December 2011 when it crossed the date line.
    const midnight: Schedule = { kind: 'daily', at: '00:00', timeZone: 'Pacific/Apia' };
    expect(ticks(midnight, '2011-12-29T00:00Z', '2012-01-01T00:00Z')).toEqual([
      '2011-12-29T10:00Z',
      '2011-12-30T10:00Z',
      '2011-12-31T10:00Z',
    ]);
  });
});

describe('given a weekly schedule', () => {
  it('gives the named local day, also where UTC is still on the day before', () => {
    const monday: Schedule = { kind: 'weekly', day: 'monday', at: '08:00', timeZone: 'Asia/Tokyo' };
    expect(ticks(monday, '2025-01-01T00:00Z', '2025-01-20T00:00Z')).toEqual([
      '2025-01-05T23:00Z',
      '2025-01-12T23:00Z',
      '2025-01-19T23:00Z',
    ]);
  });

  it('keeps the local time across a change of clocks', () => {
    const sunday: Schedule = { kind: 'weekly', day: 'sunday', at: '12:00', timeZone: 'Europe/Berlin' };
    expect(ticks(sunday, '2025-03-20T00:00Z', '2025-04-07T00:00Z')).toEqual([
      '2025-03-23T11:00Z',
      '2025-03-30T10:00Z',
      '2025-04-06T10:00Z',
    ]);
  });
});

describe('whether a schedule can run on the bars', () => {
  it('accepts what falls on the hour', () => {
    expect(scheduleFault({ kind: 'hourly' }, 60)).toBeNull();
    expect(scheduleFault({ kind: 'every', minutes: 240 }, 60)).toBeNull();
    expect(scheduleFault({ kind: 'every', minutes: 10 }, 5)).toBeNull();
    expect(scheduleFault({ kind: 'daily', at: '12:00', timeZone: 'America/New_York' }, 60)).toBeNull();
    expect(scheduleFault({ kind: 'daily', at: '12:30', timeZone: 'Asia/Kolkata' }, 60)).toBeNull();
  });

  it('refuses what is finer than the bars, and names detail bars as the way out', () => {
    const fault = scheduleFault({ kind: 'every', minutes: 10 }, 60);
    expect(fault).toContain('every 10 minutes');
    expect(fault).toContain('detail bars whose interval divides');
    expect(scheduleFault({ kind: 'every', minutes: 90 }, 60)).toContain('every 90 minutes');
  });

  it('refuses a local time off the hour in UTC, in any season', () => {
    expect(scheduleFault({ kind: 'daily', at: '12:30', timeZone: 'UTC' }, 60)).toContain('12:30 UTC');
    expect(scheduleFault({ kind: 'daily', at: '12:00', timeZone: 'Asia/Kolkata' }, 60)).toContain(
      '06:30 UTC',
    );
    // Lord Howe Island moves its clocks by half an hour: one season falls on the hour, the other does not.
    expect(scheduleFault({ kind: 'daily', at: '12:00', timeZone: 'Australia/Lord_Howe' }, 60)).not.toBeNull();
    expect(scheduleFault({ kind: 'daily', at: '12:30', timeZone: 'Australia/Lord_Howe' }, 60)).not.toBeNull();
  });

  it('says what is wrong with a schedule that makes no sense', () => {
    expect(scheduleFault({ kind: 'every', minutes: 7 }, 1)).toContain('divides a day');
    expect(scheduleFault({ kind: 'every', minutes: 0 }, 60)).toContain('was every 0');
    expect(scheduleFault({ kind: 'daily', at: '24:00', timeZone: 'UTC' }, 60)).toContain('"24:00"');
    expect(scheduleFault({ kind: 'daily', at: '12:00', timeZone: 'Mars/Olympus' }, 60)).toContain(
      'Mars/Olympus',
    );
    const noDay = { kind: 'weekly', day: 'someday', at: '12:00', timeZone: 'UTC' } as unknown as Schedule;
    expect(scheduleFault(noDay, 60)).toContain('someday');
    expect(scheduleFault({ kind: 'yearly' } as unknown as Schedule, 60)).toContain('yearly');
    expect(() => [...scheduleTicks({ kind: 'every', minutes: 0 }, 0, 1)]).toThrow(RangeError);
  });
});
