import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type TripleBarrierInput, tripleBarrier } from '../../../../engine/columns/labels/triple-barrier.ts';

interface GoldenCase {
  readonly entry: number;
  readonly bars: TripleBarrierInput['bars'];
  readonly label: 0 | 1 | null;
  readonly exit: number;
  readonly bar: number;
  readonly ambiguous?: boolean;
  readonly timeout_bars?: number;
}
const golden = JSON.parse(
  readFileSync(new URL('../../../golden/golden_vectors.json', import.meta.url), 'utf8'),
) as Record<'barrier_cases_long_2pct' | 'barrier_cases_short_2pct', GoldenCase[]>;

const absent = [Number.NaN, Number.NaN, Number.NaN, Number.NaN] as const;

describe('tripleBarrier', () => {
  it.each([
    ...golden.barrier_cases_long_2pct.map((one, index) => ({ name: `long ${index}`, side: 1, one }) as const),
    ...golden.barrier_cases_short_2pct.map(
      (one, index) => ({ name: `short ${index}`, side: -1, one }) as const,
    ),
  ])('golden barrier case: $name', ({ side, one }) => {
    const found = tripleBarrier({
      entryPrice: one.entry,
      bars: one.bars,
      side,
      ...(one.timeout_bars === undefined ? {} : { timeoutBars: one.timeout_bars }),
    });
    expect(found.label).toEqual(one.label ?? Number.NaN);
    expect(found.exitPrice).toBeCloseTo(one.exit, 9);
    expect(found.exitBar).toBe(one.bar);
    expect(found.isAmbiguous).toBe(one.ambiguous ?? false);
  });

  it('labels a timeout as it is told, and never looks beyond it', () => {
    const bars = [
      [100, 101, 99, 101],
      [101, 110, 101, 110],
    ] as const;
    expect(tripleBarrier({ entryPrice: 100, bars, timeoutBars: 1 })).toMatchObject({
      label: Number.NaN,
      outcome: 'timeout',
      exitPrice: 101,
    });
    expect(tripleBarrier({ entryPrice: 100, bars, timeoutBars: 1, timeoutLabel: 0 }).label).toBe(0);
    expect(tripleBarrier({ entryPrice: 100, bars, timeoutBars: 2 }).label).toBe(1);
  });

  it('knows nothing where the data end, and the sign of the last close where the coin does', () => {
    const entryPrice = 100;
    const rising = [[100, 101, 99, 101], absent] as const;
    expect(tripleBarrier({ entryPrice, bars: rising })).toMatchObject({
      label: Number.NaN,
      outcome: 'unresolved',
      exitPrice: Number.NaN,
    });
    const delisted = tripleBarrier({ entryPrice, bars: rising, end: 'delisted' });
    expect(delisted).toMatchObject({ label: 1, outcome: 'delisted', exitPrice: 101 });
    expect(tripleBarrier({ entryPrice, bars: rising, end: 'delisted', side: -1 }).label).toBe(0);
  });

  it('passes over absent bars, and finds the gap that comes after them', () => {
    const bars = [[100, 101, 99, 100], absent, absent, [90, 91, 89, 90]] as const;
    expect(tripleBarrier({ entryPrice: 100, bars })).toMatchObject({
      label: 0,
      exitPrice: 90,
      exitBar: 3,
      isAmbiguous: false,
    });
  });

  it('refuses what cannot stand, all of it at once', () => {
    const bars = [
      [100, 99, 98, 100],
      [100, Number.NaN, 98, 99],
      [100, 101, 100.5, 100],
    ] as const;
    const wrong = { entryPrice: 0, bars, profitFraction: 1, lossFraction: Number.NaN, timeoutBars: 1.5 };
    expect(() => tripleBarrier(wrong)).toThrowError(
      /entryPrice 0 .*profitFraction 1 .*lossFraction NaN .*timeoutBars 1\.5 .*bar 0: high .*bar 1 must have all four .*bar 2: low/,
    );
  });
});
