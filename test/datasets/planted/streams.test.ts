import { describe, expect, it } from 'vitest';
import { normalQuantile, student4Quantile } from '../../../datasets/planted/quantiles.ts';
import {
  fillNormal,
  fillStudent4,
  fillUniform,
  fillWords,
  openStream,
  uniformAt,
} from '../../../datasets/planted/streams.ts';

/** Threefry-2x32-20 as the paper writes it: round by round, counter as two words. */
function threefry(counter: readonly [number, number], key: readonly [number, number]): [number, number] {
  const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
  const keys = [key[0], key[1], 0x1bd11bda ^ key[0] ^ key[1]];
  let a = (counter[0] + keys[0]!) | 0;
  let b = (counter[1] + keys[1]!) | 0;
  for (let round = 0; round < 20; round += 1) {
    a = (a + b) | 0;
    const by = rotations[round % 8]!;
    b = ((b << by) | (b >>> (32 - by))) ^ a;
    if (round % 4 === 3) {
      const turn = (round + 1) / 4;
      a = (a + keys[turn % 3]!) | 0;
      b = (b + keys[(turn + 1) % 3]! + turn) | 0;
    }
  }
  return [a >>> 0, b >>> 0];
}

describe('the counter-based generator', () => {
  it('agrees with the published test vectors', () => {
    expect(threefry([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe]);
    expect(threefry([-1, -1], [-1, -1])).toEqual([0x1cb996fc, 0xbb002be7]);
    expect(threefry([0x243f6a88, 0x85a308d3], [0x13198a2e, 0x03707344])).toEqual([0xc4923a9c, 0x483df7a0]);
  });

  it('is that generator, also beyond 32 bits of the counter', () => {
    const stream = openStream(5, 'P001', 'residual');
    for (const from of [0, 1, 77, 2 ** 32 - 1, 2 ** 40 + 3]) {
      const words = new Int32Array(4);
      fillWords(words, stream, from);
      for (const block of [0, 1]) {
        const counter = from + block;
        const expected = threefry(
          [counter % 2 ** 32, Math.floor(counter / 2 ** 32)],
          [stream.key0, stream.key1],
        );
        expect([words[block * 2]! >>> 0, words[block * 2 + 1]! >>> 0]).toEqual(expected);
      }
    }
  });

  it('gives a number by its place, whatever was drawn before', () => {
    const stream = openStream(9, 'P002', 'beta');
    const whole = fillUniform(new Float64Array(5000), stream);
    expect(fillUniform(new Float64Array(10), stream, 4321)).toEqual(whole.slice(4321, 4331));
    expect(uniformAt(stream, 2500)).toBe(whole[2500]);
  });

  it('keeps streams of other seeds, entities and names apart', () => {
    const first = [1, 2].flatMap((seed) =>
      ['BTC', 'P001'].flatMap((id) => ['beta', 'size'].map((name) => uniformAt(openStream(seed, id, name)))),
    );
    expect(new Set(first).size).toBe(8);
  });

  it('draws uniform, normal and Student numbers with the moments of their laws', () => {
    const stream = openStream(3, 'P003', 'moments');
    const count = 200_000;
    const moments = (values: Float64Array) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / count;
      return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count];
    };
    const uniform = fillUniform(new Float64Array(count), stream);
    expect(Math.min(...uniform.slice(0, 10_000))).toBeGreaterThan(0);
    expect(moments(uniform)[0]).toBeCloseTo(0.5, 2);
    expect(moments(uniform)[1]).toBeCloseTo(1 / 12, 2);
    const [mean, variance] = moments(fillNormal(new Float64Array(count), stream));
    expect(mean).toBeCloseTo(0, 2);
    expect(variance).toBeCloseTo(1, 1);
    const [centre, spread] = moments(fillStudent4(new Float64Array(count), stream));
    expect(centre).toBeCloseTo(0, 1);
    expect(spread).toBeGreaterThan(0.85);
    expect(spread).toBeLessThan(1.15);
  });
});

describe('quantiles', () => {
  it('of the normal law agree with tables', () => {
    expect(normalQuantile(0.5)).toBe(0);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306167813, 13);
    expect(normalQuantile(1e-12)).toBeCloseTo(-7.034483825301131, 12);
  });

  it('of Student t with 4 degrees of freedom agree with tables', () => {
    expect(student4Quantile(0.5)).toBeCloseTo(0, 7);
    expect(student4Quantile(0.975)).toBeCloseTo(2.776445105197799, 12);
    expect(student4Quantile(0.005)).toBeCloseTo(-4.604094871349993, 11);
  });
});
