import { describe, expect, it } from 'vitest';
import { regimeDays } from '../../../../engine/columns/regime/observations.ts';
import { dayMs, hourMs } from '../../../../engine/panel/hours.ts';

const midnight = Date.UTC(2025, 0, 6);
const closes = Float64Array.from({ length: 60 }, (_, hour) => 100 + ((hour * 7) % 11));

describe('regimeDays', () => {
  it('stands at midnights, over the 24 bars closed before each', () => {
    const asked: number[] = [];
    const { startMs, values } = regimeDays({
      startMs: midnight,
      closes,
      fearGreedAt: (stampMs) => {
        asked.push(stampMs);
        return 50 + asked.length;
      },
    });
    expect(startMs).toBe(midnight + dayMs);
    expect(asked).toEqual([midnight + dayMs, midnight + 2 * dayMs]);
    expect(values).toHaveLength(6);
    expect(values[0]).toBeNaN();
    let squares = 0;
    for (let hour = 24; hour < 48; hour += 1) squares += Math.log(closes[hour]! / closes[hour - 1]!) ** 2;
    expect(values[3]).toBeCloseTo(Math.log(closes[47]! / closes[23]!), 12);
    expect(values[4]).toBeCloseTo(Math.log(squares) / 2, 12);
    expect(values[5]).toBe(52);
  });

  it('starts at the first midnight within bars that begin during a day', () => {
    const { startMs, values } = regimeDays({
      startMs: midnight + 5 * hourMs,
      closes,
      fearGreedAt: () => 50,
    });
    expect(startMs).toBe(midnight + dayMs);
    expect(values).toHaveLength(6);
    expect(values[3]).toBeCloseTo(Math.log(closes[42]! / closes[18]!), 12);
  });

  it('a gap takes the return of its own ends alone, and the volatility from seven lost hours on', () => {
    const at = (absent: readonly number[]) => {
      const gapped = closes.slice();
      for (const hour of absent) gapped[hour] = Number.NaN;
      return regimeDays({ startMs: midnight, closes: gapped, fearGreedAt: () => 50 }).values.subarray(3);
    };
    expect(at([30])[0]).toBeCloseTo(Math.log(closes[47]! / closes[23]!), 12);
    expect(at([47])[0]).toBeNaN();
    // Five absent hours in a row take six returns with them.
    expect(at([30, 31, 32, 33, 34])[1]).not.toBeNaN();
    expect(at([30, 31, 32, 33, 34, 35])[1]).toBeNaN();
  });

  it('a day without movement has no finite logarithm', () => {
    const still = regimeDays({ startMs: midnight, closes: closes.map(() => 7), fearGreedAt: () => 50 });
    expect(still.values[4]).toBe(Number.NEGATIVE_INFINITY);
  });

  it('nothing comes of nothing', () => {
    const none = regimeDays({ startMs: midnight, closes: new Float64Array(23), fearGreedAt: () => 50 });
    expect(none.values).toHaveLength(0);
  });
});
