/** What every clock promises to the loop. */
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../engine/ports.ts';

const hourMs = 3_600_000;
const dayStartMs = Date.UTC(2024, 1, 28);

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** `make` gives a clock that decides every hour inside [fromMs, toMs). */
export function clockContract(name: string, make: (span: Span) => Clock): void {
  describe(`clock: ${name}`, () => {
    test('gives every decision time of the span, strictly increasing, the first included and the last not', async () => {
      const span = { fromMs: dayStartMs, toMs: dayStartMs + 60 * hourMs };
      const ticks = await all(make(span));
      expect(ticks).toEqual(Array.from({ length: 60 }, (_, hour) => dayStartMs + hour * hourMs));
    });

    test('begins with the next decision time where the span begins between two', async () => {
      const ticks = await all(make({ fromMs: dayStartMs + 1, toMs: dayStartMs + 3 * hourMs }));
      expect(ticks).toEqual([dayStartMs + hourMs, dayStartMs + 2 * hourMs]);
    });

    test('has no tick in a span without a decision time', async () => {
      expect(await all(make({ fromMs: dayStartMs, toMs: dayStartMs }))).toEqual([]);
      expect(await all(make({ fromMs: dayStartMs + 1, toMs: dayStartMs + hourMs }))).toEqual([]);
    });

    test('has ended for good once it has ended', async () => {
      const ticks = make({ fromMs: dayStartMs, toMs: dayStartMs + hourMs }).ticks();
      expect(await ticks.next()).toMatchObject({ done: false, value: dayStartMs });
      expect(await ticks.next()).toMatchObject({ done: true });
      expect(await ticks.next()).toMatchObject({ done: true });
    });

    test('gives a tick only when it is asked for one', async () => {
      const ticks = make({ fromMs: dayStartMs, toMs: dayStartMs + 2 * hourMs }).ticks();
      expect(await ticks.next()).toMatchObject({ value: dayStartMs });
      await Promise.resolve();
      expect(await ticks.next()).toMatchObject({ value: dayStartMs + hourMs });
    });
  });
}

async function all(clock: Clock): Promise<number[]> {
  const ticks = clock.ticks();
  const times: number[] = [];
  for (let tick = await ticks.next(); tick.done !== true; tick = await ticks.next()) times.push(tick.value);
  return times;
}
