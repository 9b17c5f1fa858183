import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  backwardPass,
  type Chain,
  forwardPass,
  stationaryShares,
  viterbiPath,
} from '../../../../engine/columns/regime/chain.ts';

interface Umbrella {
  readonly pi: number[];
  readonly A: number[][];
  readonly emission_probs: number[][];
  readonly filtered: number[][];
  readonly smoothed: number[][];
  readonly loglik: number;
  readonly viterbi: number[];
  readonly viterbi_logprob: number;
}
const { hmm_umbrella: golden } = JSON.parse(
  readFileSync(new URL('../../../golden/golden_vectors.json', import.meta.url), 'utf8'),
) as { readonly hmm_umbrella: Umbrella };

describe('golden vector hmm_umbrella', () => {
  const chain: Chain = {
    states: 2,
    initial: Float64Array.from(golden.pi),
    transition: Float64Array.from(golden.A.flat()),
  };
  const logs = Float64Array.from(golden.emission_probs.flat(), Math.log);
  const forward = forwardPass(chain, logs);

  it('filtered probabilities and log-likelihood', () => {
    closeTo(forward.filtered, golden.filtered.flat());
    expect(forward.logLikelihood).toBeCloseTo(golden.loglik, 12);
    expect(forward.observed).toBe(5);
  });

  it('smoothed probabilities', () => closeTo(backwardPass(chain, forward), golden.smoothed.flat()));

  it('Viterbi path and its log-probability', () => {
    const { states, logProbability } = viterbiPath(chain, logs);
    expect([...states]).toEqual(golden.viterbi);
    expect(logProbability).toBeCloseTo(golden.viterbi_logprob, 12);
  });
});

const cases = fc
  .record({ states: fc.integer({ min: 1, max: 3 }), days: fc.integer({ min: 1, max: 5 }) })
  .chain(({ states, days }) =>
    fc.record({
      states: fc.constant(states),
      initial: shares(states),
      rows: fc.array(shares(states), { minLength: states, maxLength: states }),
      logs: fc.array(
        fc.oneof(
          { weight: 1, arbitrary: fc.constant(new Array<number>(states).fill(Number.NaN)) },
          {
            weight: 5,
            arbitrary: fc.array(fc.double({ min: -6, max: 3, noNaN: true }), {
              minLength: states,
              maxLength: states,
            }),
          },
        ),
        { minLength: days, maxLength: days },
      ),
    }),
  )
  .map(({ states, initial, rows, logs }) => ({
    chain: { states, initial: Float64Array.from(initial), transition: Float64Array.from(rows.flat()) },
    logs: Float64Array.from(logs.flat()),
  }));

describe('against the sum over every path', () => {
  it('filtered, smoothed, log-likelihood, moves and the best path', () => {
    fc.assert(
      fc.property(cases, ({ chain, logs }) => {
        const slow = enumerated(chain, logs);
        const forward = forwardPass(chain, logs);
        const moves = new Float64Array(chain.states ** 2);
        closeTo(forward.filtered, slow.filtered);
        closeTo(backwardPass(chain, forward, moves), slow.smoothed);
        closeTo(moves, slow.moves);
        if (forward.observed > 0) expect(forward.logLikelihood).toBeCloseTo(Math.log(slow.total), 9);
        else expect(forward.logLikelihood).toBeNaN();
        const best = viterbiPath(chain, logs);
        expect(best.logProbability).toBeCloseTo(Math.log(slow.best), 9);
        const along = chanceOf(chain, logs, [...best.states]);
        expect(Math.log(along)).toBeCloseTo(best.logProbability, 9);
      }),
      { numRuns: 400 },
    );
  });
});

describe('edges', () => {
  const chain: Chain = {
    states: 2,
    initial: Float64Array.of(1, 0),
    transition: Float64Array.of(1, 0, 0.5, 0.5),
  };
  const none = Number.NEGATIVE_INFINITY;

  it('observations too improbable for a number still decide between states', () => {
    const logs = Float64Array.of(-2000, -1990, -5000, -1e6);
    const open = { ...chain, initial: Float64Array.of(0.5, 0.5) };
    const { filtered, logLikelihood } = forwardPass(open, logs);
    expect(filtered[0]).toBeCloseTo(1 / (1 + Math.exp(10)), 12);
    expect(filtered[2]).toBe(1);
    expect(logLikelihood).toBeLessThan(-6990);
    expect(Number.isFinite(logLikelihood)).toBe(true);
  });

  it('a day that no reachable state could have emitted counts as missing', () => {
    const logs = Float64Array.of(0, 0, none, 5, -1, -1);
    const forward = forwardPass(chain, logs);
    expect([...forward.filtered]).toEqual([1, 0, 1, 0, 1, 0]);
    expect(forward.observed).toBe(2);
    expect(forward.logLikelihood).toBe(-1);
    expect([...backwardPass(chain, forward)]).toEqual([1, 0, 1, 0, 1, 0]);
    expect([...viterbiPath(chain, logs).states]).toEqual([0, 0, 0]);
  });

  it('parameters that are NaN give NaN, and no days give no rows', () => {
    const lost = { ...chain, initial: Float64Array.of(Number.NaN, Number.NaN) };
    const forward = forwardPass(lost, Float64Array.of(0, 0, 0, 0));
    expect(forward.filtered.every(Number.isNaN)).toBe(true);
    expect(backwardPass(lost, forward).every(Number.isNaN)).toBe(true);
    expect(forward.logLikelihood).toBeNaN();
    expect([...viterbiPath(lost, Float64Array.of(0, 0)).states]).toEqual([-1]);
    expect(forwardPass(chain, new Float64Array(0)).logLikelihood).toBeNaN();
    expect(viterbiPath(chain, new Float64Array(0)).logProbability).toBeNaN();
  });
});

describe('stationaryShares', () => {
  it('two states: in inverse proportion to leaving', () => {
    const shares = stationaryShares({
      states: 2,
      initial: Float64Array.of(0.5, 0.5),
      transition: Float64Array.of(0.9, 0.1, 0.3, 0.7),
    });
    closeTo(shares, [0.75, 0.25]);
  });

  it('stay as they are under the chain, and ask for no initial shares', () => {
    fc.assert(
      fc.property(cases, ({ chain }) => {
        const long = stationaryShares({ ...chain, initial: new Float64Array(chain.states) });
        const { states, transition } = chain;
        const next = long.map((_, to) =>
          long.reduce((sum, share, from) => sum + share * transition[from * states + to]!, 0),
        );
        closeTo(next, [...long]);
        expect(long.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      }),
    );
  });
});

function shares(states: number) {
  return fc
    .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: states, maxLength: states })
    .map((weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return weights.map((weight) => weight / total);
    });
}

function chanceOf(
  { states, initial, transition }: Chain,
  logs: Float64Array,
  path: readonly number[],
): number {
  return path.reduce((chance, state, day) => {
    const move = day === 0 ? initial[state]! : transition[path[day - 1]! * states + state]!;
    const log = logs[day * states + state]!;
    return chance * move * (Number.isNaN(log) ? 1 : Math.exp(log));
  }, 1);
}

function enumerated(chain: Chain, logs: Float64Array) {
  const { states } = chain;
  const days = logs.length / states;
  const filtered = new Float64Array(logs.length);
  for (let day = 0; day < days; day += 1) {
    const until = logs.subarray(0, (day + 1) * states);
    for (const path of paths(states, day + 1)) {
      filtered[day * states + path[day]!]! += chanceOf(chain, until, path);
    }
    normalise(filtered.subarray(day * states, (day + 1) * states));
  }
  const smoothed = new Float64Array(logs.length);
  const moves = new Float64Array(states * states);
  let total = 0;
  let best = 0;
  for (const path of paths(states, days)) {
    const chance = chanceOf(chain, logs, path);
    total += chance;
    best = Math.max(best, chance);
    for (const [day, state] of path.entries()) smoothed[day * states + state]! += chance;
    for (let day = 1; day < days; day += 1) moves[path[day - 1]! * states + path[day]!]! += chance;
  }
  const scaled = (table: Float64Array) => table.map((value) => value / total);
  return { filtered: [...filtered], smoothed: [...scaled(smoothed)], moves: [...scaled(moves)], total, best };
}

function paths(states: number, days: number): number[][] {
  let out: number[][] = [[]];
  for (let day = 0; day < days; day += 1) {
    out = out.flatMap((path) => Array.from({ length: states }, (_, state) => [...path, state]));
  }
  return out;
}

function normalise(row: Float64Array): void {
  const total = row.reduce((sum, value) => sum + value, 0);
  for (const [index, value] of row.entries()) row[index] = value / total;
}

function closeTo(got: Float64Array, wanted: readonly number[]): void {
  expect(got.length).toBe(wanted.length);
  const off = wanted.map((value, index) => Math.abs(value - got[index]!));
  expect(Math.max(...off)).toBeLessThan(1e-9);
}
