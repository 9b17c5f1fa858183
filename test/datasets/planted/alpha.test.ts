import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noiseDaysBeyond, plantAlphas } from '../../../datasets/planted/alpha/alpha.ts';
import type { AlphaInput } from '../../../datasets/planted/alpha/component.ts';
import { addMotifs, motifAlpha, motifKinds, plantMotifDays } from '../../../datasets/planted/alpha/motif.ts';
import {
  patternAlpha,
  patternDays,
  plantPatterns,
  shapePatterns,
} from '../../../datasets/planted/alpha/pattern.ts';
import { plantState } from '../../../datasets/planted/alpha/state.ts';
import {
  addPushes,
  plantSurges,
  surgeAlpha,
  surgeHours,
  surgeVolumes,
} from '../../../datasets/planted/alpha/surge.ts';
import { plantProxies } from '../../../datasets/planted/proxies.ts';
import { noiseSwitches } from '../../../datasets/planted/settings.ts';
import { fillStudent4, openStream } from '../../../datasets/planted/streams.ts';
import { spearman } from '../../../engine/stats/spearman.ts';

const days = 400;
const idioVolatility = 0.05;

function inputOf(seed: number, id = 'P001'): AlphaInput {
  const regimes = Uint8Array.from({ length: days }, (_, day) => Math.floor(day / 5) % 4);
  return { seed, id, days, idioVolatility, regimes };
}

function noiseOf(seed: number, id = 'P001', beyond = 36): Float64Array {
  const noise = fillStudent4(new Float64Array((days + beyond) * 24), openStream(seed, id, 'test-noise'));
  return noise.map((draw) => (draw * idioVolatility) / Math.sqrt(24));
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
const day = (hourly: Float64Array, at: number) => hourly.slice(at * 24, at * 24 + 24);

describe('the pattern of thirty days', () => {
  it('and its decoy are made of the same days, whichever way they stand', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const input = inputOf(seed);
        const patterns = plantPatterns(seed, input.id, days);
        const [shown, ordered] = [noiseOf(seed), noiseOf(seed)];
        shapePatterns(shown, input, patterns);
        shapePatterns(
          ordered,
          input,
          patterns.map((pattern) => ({ ...pattern, order: null })),
        );
        for (const { day: first, order } of patterns) {
          const sums = (noise: Float64Array) =>
            Float64Array.from({ length: patternDays }, (_, at) => sum(day(noise, first + at)));
          if (order === null) expect(sums(shown)).toEqual(sums(ordered));
          else {
            expect(sums(shown)).not.toEqual(sums(ordered));
            expect(sums(shown).sort()).toEqual(sums(ordered).sort());
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it('drifts for three days after it, and not after a decoy', () => {
    const input = inputOf(3);
    const patterns = plantPatterns(3, input.id, days);
    const { drift, signal } = patternAlpha(input, patterns, 0.5);
    expect(patterns.some(({ order }) => order === null)).toBe(true);
    expect(patterns.some(({ order }) => order !== null)).toBe(true);
    for (const { day: first, order } of patterns) {
      const end = first + patternDays;
      if (end + 4 > days) continue;
      const after = [-1, 0, 1, 2, 3].map((at) => sum(day(drift, end + at)));
      const each = order === null ? 0.5 * idioVolatility : 0;
      for (const [index, expected] of [0, each, each, each, 0].entries()) {
        expect(after[index]).toBeCloseTo(expected, 12);
      }
      expect(signal[end - 1]).toBe(order === null ? 3 : 0);
    }
  });

  it('rises for twenty days and is calm for ten', () => {
    const patterns = (id: string) => plantPatterns(7, id, days).filter(({ order }) => order === null);
    const [rising, calm]: number[][] = [[], []];
    for (let number = 0; number < 60; number += 1) {
      const id = `P${number}`;
      const noise = noiseOf(7, id);
      shapePatterns(noise, inputOf(7, id), plantPatterns(7, id, days));
      for (const { day: first } of patterns(id)) {
        for (let at = 0; at < 20; at += 1) rising!.push(sum(day(noise, first + at)));
        for (let at = 20; at < 30; at += 1) calm!.push(sum(day(noise, first + at)));
      }
    }
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = (values: readonly number[]) =>
      Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
    expect(mean(rising!) / idioVolatility).toBeGreaterThan(0.12);
    expect(mean(rising!) / idioVolatility).toBeLessThan(0.18);
    expect(deviation(calm!) / deviation(rising!)).toBeGreaterThan(0.45);
    expect(deviation(calm!) / deviation(rising!)).toBeLessThan(0.55);
  });
});

describe('the motif of a day', () => {
  const input = inputOf(4);
  const kinds = plantMotifDays(4, input.id, days);
  const planted = new Float64Array(days * 24);
  addMotifs(planted, input, kinds);
  const { drift } = motifAlpha(input, kinds, 0.5);

  it('and its decoy are mirrors of each other in time, both of them with the sum of nothing', () => {
    const motif = day(planted, kinds.indexOf(motifKinds.motif));
    const mirror = day(planted, kinds.indexOf(motifKinds.mirror));
    expect(motif.slice().reverse()).toEqual(mirror);
    expect(sum(motif)).toBeCloseTo(0, 15);
    expect(motif[0]).toBeCloseTo((3 * idioVolatility) / Math.sqrt(24), 15);
    expect([...motif.slice(1)].every((hour) => hour < 0)).toBe(true);
  });

  it('turns the next day down; the mirror does not', () => {
    for (const [at, kind] of kinds.entries()) {
      if (at + 1 === days) continue;
      expect(sum(day(drift, at + 1))).toBeCloseTo(kind === motifKinds.motif ? -0.5 * idioVolatility : 0, 12);
    }
    const share = (kind: number) => kinds.filter((one) => one === kind).length / days;
    expect(Math.abs(share(motifKinds.motif) - share(motifKinds.mirror))).toBeLessThan(0.08);
    expect(share(motifKinds.motif)).toBeGreaterThan(0.1);
  });
});

describe('a surge of volume', () => {
  const input = inputOf(5);
  const surges = plantSurges(5, input.id, days * 24);
  const noise = noiseOf(5);
  const before = noise.slice();
  addPushes(noise, input, surges);
  const volumes = surgeVolumes(surges, days * 24);
  const { drift } = surgeAlpha(input, surges, noise, 0.5);

  it('pushes the price as its decoy does, and alone brings volume', () => {
    expect(surges.length).toBeGreaterThan(50);
    for (const { hour, isDecoy, pushSign } of surges) {
      if (hour + surgeHours > days * 24) continue;
      const push = sum(noise.slice(hour, hour + surgeHours)) - sum(before.slice(hour, hour + surgeHours));
      expect(push).toBeCloseTo(pushSign * idioVolatility, 12);
      expect([...volumes.slice(hour, hour + surgeHours)]).toEqual(
        new Array(surgeHours).fill(isDecoy ? 1 : 5),
      );
    }
    const decoys = surges.filter(({ isDecoy }) => isDecoy).length;
    expect(Math.abs(decoys / surges.length - 0.5)).toBeLessThan(0.2);
  });

  it('drifts on for 48 hours in the direction it took; a decoy does not', () => {
    const expected = new Float64Array(days * 24);
    for (const { hour, isDecoy } of surges) {
      const end = hour + surgeHours;
      const sign = Math.sign(sum(noise.slice(hour, end)));
      for (let at = end; at < Math.min(end + 48, days * 24) && !isDecoy; at += 1) {
        expected[at] = expected[at]! + (sign * 0.5 * idioVolatility) / 48;
      }
    }
    for (const [hour, value] of drift.entries())
      expect(Math.abs(value - expected[hour]!)).toBeLessThan(1e-15);
  });
});

describe('alphas without events', () => {
  const states = (seed: number, id: string) => ({
    first: plantState(seed, id, 'alpha-state', days),
    second: plantState(seed, id, 'second-state', days),
  });
  const plant = (seed: number, id: string, on: Partial<typeof noiseSwitches>) => {
    const switches = { ...noiseSwitches, ...on };
    const noise = noiseOf(seed, id, noiseDaysBeyond(switches));
    return { noise, ...plantAlphas(inputOf(seed, id), switches, states(seed, id), noise) };
  };

  it('core follows the first state of the day before', () => {
    const { drift } = plant(6, 'P001', { core: 0.1 }).byName.get('core')!;
    const { first } = states(6, 'P001');
    for (let at = 1; at < days; at += 1) {
      for (const hour of day(drift, at))
        expect(hour).toBeCloseTo((0.1 * first[at - 1]! * idioVolatility) / 24, 14);
    }
  });

  it('reversal goes against the residual move of the day before', () => {
    const { noise, byName } = plant(6, 'P001', { reversal: 0.2 });
    const { drift } = byName.get('reversal')!;
    for (let at = 1; at < days; at += 1) {
      expect(sum(day(drift, at))).toBeCloseTo(-0.2 * sum(day(noise, at - 1)), 13);
    }
  });

  it('the regime sets the sign of the second state: what follows it blindly earns nothing', () => {
    const [known, blind, later]: number[][] = [[], [], []];
    for (let number = 0; number < 40; number += 1) {
      const id = `P${number}`;
      const { signal, drift } = plant(8, id, { regimeInteraction: 0.1 }).byName.get('regimeInteraction')!;
      const { second } = states(8, id);
      const { regimes } = inputOf(8, id);
      for (let at = 0; at + 1 < days; at += 1) {
        const sign = regimes[at] === 0 || regimes[at] === 3 ? 1 : -1;
        expect(signal[at]).toBe(sign * second[at]!);
        known!.push(signal[at]!);
        blind!.push(second[at]!);
        later!.push(sum(day(drift, at + 1)));
      }
    }
    expect(spearman(known!, later!)).toBeGreaterThan(0.999);
    expect(Math.abs(spearman(blind!, later!))).toBeLessThan(0.05);
  });

  it('states keep to an AR(1) of half-life two days and unit variance, apart from each other', () => {
    const many = Array.from({ length: 60 }, (_, number) => states(9, `P${number}`));
    const pooled = (pick: (one: (typeof many)[number], at: number) => number) => {
      const values = many.flatMap((one) => Array.from({ length: days - 3 }, (_, at) => pick(one, at)));
      return values.reduce((a, b) => a + b, 0) / values.length;
    };
    expect(pooled(({ first }, at) => first[at]! ** 2)).toBeCloseTo(1, 1);
    expect(pooled(({ first }, at) => first[at]! * first[at + 2]!)).toBeCloseTo(0.5, 1);
    expect(Math.abs(pooled(({ first, second }, at) => first[at]! * second[at]!))).toBeLessThan(0.03);
  });
});

describe('proxies', () => {
  const proxiesOf = (number: number, withBad: boolean) => {
    const id = `P${number}`;
    const first = plantState(2, id, 'alpha-state', days);
    const second = plantState(2, id, 'second-state', days);
    return { first, second, columns: plantProxies({ seed: 2, id, first, second, burnInDays: 60, withBad }) };
  };
  const coins = Array.from({ length: 60 }, (_, number) => proxiesOf(number, true));
  const pooled = (pick: (coin: (typeof coins)[number]) => Float64Array) =>
    coins.flatMap((coin) => [...pick(coin)]);

  it('five of each state together show what their noise allows: .745 of it', () => {
    for (const [letter, state] of [['f', 'first'] as const, ['g', 'second'] as const]) {
      const mean = pooled(({ columns }) =>
        columns.get(`proxy_${letter}_1`)!.map((_, at) => {
          let total = 0;
          for (let number = 1; number <= 5; number += 1)
            total += columns.get(`proxy_${letter}_${number}`)![at]!;
          return total / 5;
        }),
      );
      // Rank correlations are a little below Pearson's.
      expect(
        spearman(
          mean,
          pooled((coin) => coin[state]),
        ),
      ).toBeGreaterThan(0.7);
      expect(
        spearman(
          mean,
          pooled((coin) => coin[state]),
        ),
      ).toBeLessThan(0.77);
    }
  });

  it('fifteen show nothing', () => {
    for (let number = 1; number <= 15; number += 1) {
      const noise = pooled(({ columns }) => columns.get(`noise_${number}`)!);
      expect(
        Math.abs(
          spearman(
            noise,
            pooled(({ first }) => first),
          ),
        ),
      ).toBeLessThan(0.03);
      expect(
        Math.abs(
          spearman(
            noise,
            pooled(({ second }) => second),
          ),
        ),
      ).toBeLessThan(0.03);
    }
  });

  it('on request there are columns of each bad kind beside them, which change none of the others', () => {
    const { columns } = proxiesOf(1, true);
    const clean = proxiesOf(1, false).columns;
    expect([...clean.keys()]).toHaveLength(25);
    for (const [name, values] of clean) expect(columns.get(name)).toEqual(values);
    expect(new Set(columns.get('bad_constant')).size).toBe(1);
    expect(columns.get('bad_empty')!.every(Number.isNaN)).toBe(true);
    expect(columns.get('bad_duplicate')).toEqual(columns.get('proxy_f_2'));
    const brokenOff = columns.get('bad_broken_off')!;
    expect(brokenOff.findIndex(Number.isNaN)).toBe(60 + 135);
    expect(brokenOff.slice(60 + 135).every(Number.isNaN)).toBe(true);
    const ratios = columns.get('bad_rescaled')!.map((value, at) => value / columns.get('proxy_f_4')![at]!);
    expect(ratios[60 + 134]).toBe(1);
    expect(ratios[60 + 135]).toBeCloseTo(1000, 6);
  });
});
