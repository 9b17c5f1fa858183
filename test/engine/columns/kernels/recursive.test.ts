/** The recursive indicators against their recursions, by hand and at random, and their purity on windows with holes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rollingAdx } from '../../../../engine/columns/kernels/recursive/adx.ts';
import { rollingMacd } from '../../../../engine/columns/kernels/recursive/macd.ts';
import { rollingAtr, rollingRsi } from '../../../../engine/columns/kernels/recursive/wilder.ts';
import type { RollingRange } from '../../../../engine/columns/rolling.ts';
import { distance, firstDifference, gappy, rangeOf, windowOf } from './series.ts';

/** Bars whose range and close both vary with one series of closes; absent together. */
interface Bars {
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
}

const barsOf = (close: Float64Array): Bars => ({
  close,
  high: close.map((value) => value + Math.abs(Math.sin(3 * value))),
  low: close.map((value) => value - Math.abs(Math.cos(5 * value))),
});

type Indicator = (bars: Bars, period: number, range: RollingRange, out: Float64Array) => void;

const indicators: readonly (readonly [
  string,
  Indicator,
  (bars: readonly Bar[], period: number) => number,
])[] = [
  ['rollingRsi', ({ close }, period, range, out) => rollingRsi(close, period, range, out), rsi],
  [
    'rollingAtr',
    ({ high, low, close }, period, range, out) => rollingAtr(high, low, close, period, range, out),
    atr,
  ],
  [
    'rollingAdx',
    ({ high, low, close }, period, range, out) => rollingAdx(high, low, close, period, range, out),
    adx,
  ],
  [
    'rollingMacd line',
    ({ close }, _period, range, out) =>
      rollingMacd(close, range, { line: out, signal: new Float64Array(out.length) }),
    (bars) => macd(bars).line,
  ],
  [
    'rollingMacd signal',
    ({ close }, _period, range, out) =>
      rollingMacd(close, range, { line: new Float64Array(out.length), signal: out }),
    (bars) => macd(bars).signal,
  ],
];

/** High, low, close. */
type Bar = readonly [high: number, low: number, close: number];

function wilder(values: readonly number[], n: number): number[] {
  const means = values.length < n ? [] : [values.slice(0, n).reduce((sum, value) => sum + value, 0) / n];
  for (const value of values.slice(n)) means.push(means.at(-1)! + (value - means.at(-1)!) / n);
  return means;
}

function last(values: readonly number[]): number {
  return values.at(-1) ?? Number.NaN;
}

function rsi(bars: readonly Bar[], n: number): number {
  const changes = bars.slice(1).map(([, , close], index) => close - bars[index]![2]);
  const mean = (sign: number) =>
    last(
      wilder(
        changes.map((change) => Math.max(0, sign * change)),
        n,
      ),
    );
  return mean(1) + mean(-1) === 0 ? 0.5 : mean(1) / (mean(1) + mean(-1));
}

function trueRanges(bars: readonly Bar[]): number[] {
  return bars
    .slice(1)
    .map(([high, low], index) =>
      Math.max(high - low, Math.abs(high - bars[index]![2]), Math.abs(low - bars[index]![2])),
    );
}

function atr(bars: readonly Bar[], n: number): number {
  return last(wilder(trueRanges(bars), n));
}

function adx(bars: readonly Bar[], n: number): number {
  const moves = bars.slice(1).map(([high, low], index) => {
    const [up, down] = [high - bars[index]![0], bars[index]![1] - low];
    return [up > down && up > 0 ? up : 0, down > up && down > 0 ? down : 0] as const;
  });
  const ranges = wilder(trueRanges(bars), n);
  const plus = wilder(
    moves.map(([up]) => up),
    n,
  );
  const minus = wilder(
    moves.map(([, down]) => down),
    n,
  );
  const index = ranges.map((range, at) => {
    const [above, below] = range === 0 ? [0, 0] : [plus[at]! / range, minus[at]! / range];
    return above + below === 0 ? 0 : Math.abs(above - below) / (above + below);
  });
  return last(wilder(index, n));
}

function macd(bars: readonly Bar[]): { readonly line: number; readonly signal: number } {
  const closes = bars.map(([, , close]) => close);
  let [fast, slow, signal] = [closes[0]!, closes[0]!, 0];
  for (const close of closes.slice(1)) {
    fast += (2 / 13) * (close - fast);
    slow += (2 / 27) * (close - slow);
    signal += (2 / 10) * (fast - slow - signal);
  }
  return { line: fast - slow, signal };
}

function windowBars({ high, low, close }: Bars, index: number, window: number): Bar[] {
  const [highs, lows, closes] = [high, low, close].map((series) => windowOf(series, index, window));
  return closes!.map((value, at) => [highs![at]!, lows![at]!, value]);
}

/** Moderate numbers on a grid, so that equal ones occur. */
const closes = gappy.map((x) => x.map((value) => Math.round(value * 100) / 100));

describe.each(indicators)('%s', (_name, indicator, definition) => {
  it('is the recursion over the bars present, begun anew inside each window', () => {
    fc.assert(
      fc.property(
        closes,
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(60),
        (close, window, period, countMin, firstStamp) => {
          const bars = barsOf(close);
          const out = new Float64Array(close.length);
          indicator(bars, period, rangeOf(close.length, window, countMin, firstStamp), out);
          for (let index = 0; index < close.length; index += 1) {
            const present = windowBars(bars, index, window);
            const isBlank = Number.isNaN(close[index]!) || present.length < countMin;
            const expected = isBlank ? Number.NaN : definition(present, period);
            expect(distance(out[index]!, expected)).toBeLessThan(1e-10);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('has the same bits from any block and from the window alone', () => {
    fc.assert(
      fc.property(
        closes,
        fc.integer({ min: 8, max: 40 }),
        fc.nat(60),
        fc.nat(200),
        fc.nat(30),
        (close, window, firstStamp, cut, length) => {
          const bars = barsOf(close);
          const whole = new Float64Array(close.length);
          indicator(bars, 3, rangeOf(close.length, window, 4, firstStamp), whole);
          const from = cut % close.length;
          const to = Math.min(close.length, from + 1 + length);
          const block = new Float64Array(to);
          indicator(bars, 3, { window, countMin: 4, firstStamp, from, to }, block);
          expect(firstDifference(block.subarray(from), whole.subarray(from, to))).toBe(-1);
          const first = Math.max(0, to - window);
          const own = barsOf(close.slice(first, to));
          const alone = new Float64Array(to - first);
          const range = {
            window,
            countMin: 4,
            firstStamp: firstStamp + first,
            from: to - first - 1,
            to: to - first,
          };
          indicator(own, 3, range, alone);
          expect(Object.is(alone.at(-1), whole[to - 1])).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('by hand', () => {
  const newest = (run: (out: Float64Array, range: RollingRange) => void, length: number) => {
    const out = new Float64Array(length);
    run(out, rangeOf(length, length, length, 3));
    return out[length - 1]!;
  };

  it('RSI(2) of 10, 11, 10, 12: means of 1, 0, 2 and 0, 1, 0', () => {
    // G: (1 + 0) / 2, then + (2 - 0.5) / 2 = 1.25. L: (0 + 1) / 2, then 0.25.
    const close = Float64Array.of(10, 11, 10, 12);
    expect(newest((out, range) => rollingRsi(close, 2, range, out), 4)).toBeCloseTo(1.25 / 1.5, 14);
  });

  it('RSI is 1 where nothing fell, 0 where nothing rose, and 0.5 where nothing moved', () => {
    const of = (step: number) => {
      const close = Float64Array.from({ length: 30 }, (_, index) => 50 + step * index);
      return newest((out, range) => rollingRsi(close, 7, range, out), 30);
    };
    expect([of(1), of(-1), of(0)]).toEqual([1, 0, 0.5]);
  });

  it('ATR(2): true ranges 2, 5 and 3 give 3.25', () => {
    const [high, low, close] = [
      Float64Array.of(11, 12, 16, 14),
      Float64Array.of(9, 10, 14, 12),
      Float64Array.of(10, 11, 15, 12),
    ];
    // 12 - 10; 16 - 11 from the last close; 15 - 12 likewise. (2 + 5) / 2, then + (3 - 3.5) / 2.
    expect(newest((out, range) => rollingAtr(high, low, close, 2, range, out), 4)).toBeCloseTo(3.25, 14);
  });

  it('ATR(2) of a bar whose high lies below its low is by the three distances', () => {
    const high = Float64Array.of(10, 11, 8, 12);
    const low = Float64Array.of(9, 10, 11, 10);
    const close = Float64Array.of(10, 10, 10, 11);
    // 1; then -3 against 2 and 1 from the last close; then 2. (1 + 2) / 2, then + (2 - 1.5) / 2.
    expect(newest((out, range) => rollingAtr(high, low, close, 2, range, out), 4)).toBeCloseTo(1.75, 14);
  });

  it('ADX(2): one way only is 1; up 1, down 3, up 2 is a third and then the mean with it', () => {
    const rising = Float64Array.of(1, 2, 3, 4);
    const low = rising.map((value) => value - 1);
    expect(newest((out, range) => rollingAdx(rising, low, rising, 2, range, out), 4)).toBe(1);
    // +DM 1, 0, 2 and -DM 0, 3, 0. Means 0.5 and 1.5: DX 0.5. Then 1.25 and 0.75: DX 0.25. Mean 0.375.
    const high = Float64Array.of(10, 11, 11, 13);
    const lows = Float64Array.of(8, 8, 5, 5);
    expect(newest((out, range) => rollingAdx(high, lows, high, 2, range, out), 4)).toBeCloseTo(0.375, 14);
  });

  it('MACD of 1, 14, 14: the averages move by their own shares, the signal by a fifth of the line', () => {
    const close = Float64Array.of(1, 14, 14);
    const line = new Float64Array(3);
    const signal = new Float64Array(3);
    rollingMacd(close, rangeOf(3, 3, 3, 3), { line, signal });
    // Fast: 1 + 2, then 3 + 22 / 13. Slow: 1 + 26 / 27, then the same share of what is left.
    const slow = 14 - 13 * (25 / 27) ** 2;
    const expected = 3 + 22 / 13 - slow;
    expect(line[2]).toBeCloseTo(expected, 13);
    const before = 0.2 * (3 - (1 + 26 / 27));
    expect(signal[2]).toBeCloseTo(before + 0.2 * (expected - before), 13);
  });

  it('a price that stands still has exactly no MACD, no range and no direction', () => {
    const flat = new Float64Array(60).fill(0.1);
    const line = new Float64Array(60);
    const signal = new Float64Array(60);
    rollingMacd(flat, rangeOf(60, 20, 18, 7), { line, signal });
    expect(new Set([...line.subarray(20), ...signal.subarray(20)])).toEqual(new Set([0]));
    const out = new Float64Array(60);
    rollingAtr(flat, flat, flat, 5, rangeOf(60, 20, 18, 7), out);
    expect(new Set(out.subarray(20))).toEqual(new Set([0]));
    rollingAdx(flat, flat, flat, 5, rangeOf(60, 20, 18, 7), out);
    expect(new Set(out.subarray(20))).toEqual(new Set([0]));
  });

  it('a hole is skipped: the next change is from the last bar that was there', () => {
    const holed = Float64Array.of(10, 11, Number.NaN, 10, 12);
    const out = new Float64Array(5);
    rollingRsi(holed, 2, rangeOf(5, 5, 4), out);
    expect(out[4]).toBeCloseTo(1.25 / 1.5, 14);
    expect(out[2]).toBeNaN();
    rollingRsi(holed, 2, rangeOf(5, 5, 5), out);
    expect(out[4]).toBeNaN();
  });
});
