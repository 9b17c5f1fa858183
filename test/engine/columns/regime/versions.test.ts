import { describe, expect, it } from 'vitest';
import { regimeNames as plantedNames } from '../../../../datasets/planted/regime.ts';
import { stationaryShares } from '../../../../engine/columns/regime/chain.ts';
import { gaussianHmm } from '../../../../engine/columns/regime/gaussian-hmm.ts';
import { reorderStates } from '../../../../engine/columns/regime/model.ts';
import { canonicalRegimes, regimeNames } from '../../../../engine/columns/regime/names.ts';
import { type RegimeDays, regimeDays } from '../../../../engine/columns/regime/observations.ts';
import {
  fitRegimeVersions,
  regimeProbabilities,
  regimeVersionAt,
} from '../../../../engine/columns/regime/versions.ts';
import { dayMs } from '../../../../engine/panel/hours.ts';
import { accuracy, median, plantedDays, plantedLaw, plantedPath, uniformOf } from './planted-days.ts';

const startMs = Date.UTC(2024, 0, 3);
const DAYS = 300;
const days: RegimeDays = { startMs, values: plantedDays(1, DAYS).values };
const refit = { uniform: uniformOf(1), trainDaysMin: 200, restarts: 4 };
const versions = fitRegimeVersions(days, refit);
const table = regimeProbabilities(versions, days, 0, DAYS);

describe('names', () => {
  it('follow the rule, whatever the order of the states', () => {
    const law = plantedLaw();
    expect(regimeNames).toEqual(plantedNames);
    expect(canonicalRegimes(law)).toEqual(law);
    for (const order of [
      [1, 2, 3, 0],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
    ]) {
      const mixed = reorderStates(law, order);
      expect(mixed.means).not.toEqual(law.means);
      expect(canonicalRegimes(mixed)).toEqual(law);
      const probabilities = gaussianHmm.filter(law, days.values).probabilities;
      const other = gaussianHmm.filter(mixed, days.values).probabilities;
      expect(other[4 * 9]).toBeCloseTo(probabilities[4 * 9 + order[0]!]!, 12);
    }
  });

  it('are given to four states over three values alone', () => {
    const law = plantedLaw();
    expect(() => canonicalRegimes({ ...law, states: 3 })).toThrow(RangeError);
  });
});

describe('fitRegimeVersions', () => {
  it('one a Monday from the first with enough days, each fitted to days before it', () => {
    expect(versions).toHaveLength(15);
    for (const [index, { trainedToMs, validFromMs }] of versions.entries()) {
      expect(new Date(validFromMs).getUTCDay()).toBe(1);
      expect(validFromMs % dayMs).toBe(0);
      expect(trainedToMs).toBeLessThan(validFromMs);
      if (index > 0) expect(validFromMs - versions[index - 1]!.validFromMs).toBe(7 * dayMs);
    }
    expect((versions[0]!.validFromMs - startMs) / dayMs).toBeGreaterThanOrEqual(200);
    expect((versions[0]!.validFromMs - startMs) / dayMs).toBeLessThan(207);
  });

  it('what comes later changes no former version', () => {
    const cut = 250;
    const changed = days.values.slice();
    for (let at = cut * 3; at < changed.length; at += 1) changed[at] = Number.NaN;
    const others = fitRegimeVersions({ startMs, values: changed }, refit);
    const early = versions.filter(({ validFromMs }) => validFromMs <= startMs + cut * dayMs);
    expect(early.length).toBeGreaterThan(5);
    expect(others.slice(0, early.length)).toEqual(early);
    expect(fitRegimeVersions({ startMs, values: changed.subarray(0, cut * 3) }, refit)).toEqual(early);
  });

  it('a Monday without enough days, or whose fit does not stand, has no version', () => {
    expect(fitRegimeVersions(days, { ...refit, trainDaysMin: 301 })).toEqual([]);
    const flat = days.values.map((value, at) => (at % 3 === 2 ? 50 : value));
    expect(fitRegimeVersions({ startMs, values: flat }, refit)).toEqual([]);
  });
});

describe('regimeVersionAt', () => {
  it('is the newest that is valid, from its own stamp on', () => {
    const [first, second] = [versions[0]!, versions[1]!];
    expect(regimeVersionAt(versions, first.validFromMs - 1)).toBeUndefined();
    expect(regimeVersionAt(versions, first.validFromMs)).toBe(first);
    expect(regimeVersionAt(versions, second.validFromMs - 1)).toBe(first);
    expect(regimeVersionAt(versions, second.validFromMs)).toBe(second);
    expect(regimeVersionAt(versions, Number.POSITIVE_INFINITY)).toBe(versions.at(-1));
    expect(regimeVersionAt([], 0)).toBeUndefined();
    expect(regimeVersionAt(versions, Number.NaN)).toBeUndefined();
  });
});

describe('regimeProbabilities', () => {
  const firstDay = (versions[0]!.validFromMs - startMs) / dayMs;

  it('has rows from the first version on, each summing to 1', () => {
    for (let day = 0; day < DAYS; day += 1) {
      const sum = row(table, day).reduce((total, share) => total + share, 0);
      if (day < firstDay) expect(sum).toBeNaN();
      else expect(sum).toBeCloseTo(1, 12);
    }
  });

  it('is the filter over exactly 90 days, from the stationary shares of the version of the day', () => {
    const day = 260;
    const { model } = regimeVersionAt(versions, startMs + day * dayMs)!;
    const start = { ...model, initial: stationaryShares(model) };
    const { probabilities } = gaussianHmm.filter(start, days.values.subarray((day - 89) * 3, (day + 1) * 3));
    expect(row(table, day)).toEqual(probabilities.subarray(-4));
  });

  it('begins at the stationary shares: days that say nothing leave them as they are', () => {
    const sticky = Float64Array.from({ length: 16 }, (_, at) =>
      at % 5 === 0 ? 0.999 : [0.0005, 0.0004, 0.0003, 0.0002][at % 4]!,
    );
    for (let state = 0; state < 4; state += 1) {
      const others = sticky.subarray(state * 4, state * 4 + 4).reduce((sum, share) => sum + share, -0.999);
      sticky[state * 5] = 1 - others;
    }
    const [initial, means] = [Float64Array.of(1, 0, 0, 0), new Float64Array(12)];
    const model = { ...plantedLaw(), initial, means, transition: sticky, variances: means.map(() => 1e6) };
    const mute = [{ ...versions[0]!, model }];
    const got = regimeProbabilities(mute, days, 260, 261);
    const wanted = [5 / 14, 4 / 14, 3 / 14, 2 / 14];
    for (const [state, share] of wanted.entries()) expect(got[state]).toBeCloseTo(share, 9);
  });

  it('has the same bits in one go, in blocks, day by day, and from a history of 90 days', () => {
    for (const [from, to] of [
      [0, 230],
      [230, 231],
      [231, DAYS],
    ] as const) {
      expect(regimeProbabilities(versions, days, from, to)).toEqual(table.subarray(from * 4, to * 4));
    }
    for (const day of [firstDay, 240, DAYS - 1]) {
      const skip = day - 89;
      const late = { startMs: startMs + skip * dayMs, values: days.values.slice(skip * 3, (day + 1) * 3) };
      expect(regimeProbabilities(versions, late, 89, 90)).toEqual(row(table, day));
      const shorter = { startMs: late.startMs + dayMs, values: late.values.slice(3) };
      expect(regimeProbabilities(versions, shorter, 88, 89).every(Number.isNaN)).toBe(true);
    }
  });

  it('does not see later days, nor days older than 90', () => {
    const day = 260;
    const changed = days.values.map((value, at) =>
      at >= (day + 1) * 3 || at < (day - 89) * 3 ? value * 3 - 1 : value,
    );
    const other = regimeProbabilities(versions, { startMs, values: changed }, day, day + 1);
    expect(other).toEqual(row(table, day));
  });

  it('asks for 60 of the 90 days', () => {
    const day = 260;
    const without = (missing: number) => {
      const values = days.values.slice();
      for (let gap = 0; gap < missing; gap += 1) values[(day - 40 - gap) * 3 + 2] = Number.NaN;
      return regimeProbabilities(versions, { startMs, values }, day, day + 1);
    };
    expect(without(30).every((value) => value >= 0)).toBe(true);
    expect(without(31).every(Number.isNaN)).toBe(true);
  });
});

it('recovers the planted chain from hourly closes, with Fear & Greed a day old as it is published', () => {
  const scores = [1, 2, 3, 4, 5].map((seed) => {
    const path = plantedPath(seed, 730);
    // The index about day d appears after midnight: the midnight that ends day d still has the one about day d - 1.
    const fearGreedAt = (stampMs: number) => path.greed[(stampMs - startMs) / dayMs - 2] ?? Number.NaN;
    const observed = regimeDays({ startMs, closes: path.closes, fearGreedAt });
    const trained = { ...observed, values: observed.values.subarray(0, 372 * 3) };
    const all = fitRegimeVersions(trained, { uniform: uniformOf(seed), trainDaysMin: 360 });
    return accuracy(regimeProbabilities(all, observed, 0, 730), path.regimes, 372);
  });
  expect(median(scores)).toBeGreaterThanOrEqual(0.9);
});

function row(probabilities: Float64Array, day: number): Float64Array {
  return probabilities.slice(day * 4, (day + 1) * 4);
}
