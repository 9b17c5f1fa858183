import { expect, test } from 'vitest';
import { scheduleClock } from '../../engine/clock.ts';
import { clockContract } from './clock-contract.ts';

clockContract('schedule over history', ({ fromMs, toMs }) => scheduleClock({ kind: 'hourly' }, fromMs, toMs));

test('a schedule over history can be walked again from its beginning', () => {
  const fromMs = Date.UTC(2024, 0, 1);
  const clock = scheduleClock({ kind: 'every', minutes: 240 }, fromMs, fromMs + 86_400_000);
  const first = [...(clock.ticks() as Iterable<number> & Iterator<number>)];
  expect(first).toHaveLength(6);
  expect([...(clock.ticks() as Iterable<number> & Iterator<number>)]).toEqual(first);
});
