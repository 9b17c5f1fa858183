/** The residual on the benchmark: what it takes away, as of when, and what its diagnostics say beside it. */
import { describe, expect, it } from 'vitest';
import { computeColumns } from '../../../engine/columns/compute.ts';
import { barInputs } from '../../../engine/columns/features/inputs.ts';
import { barOffset, CLOSE, closeAt, type Panel, sharedFloat64 } from '../../../engine/panel/panel.ts';
import { randomMarket } from './features/random-market.ts';

const HOURS = 1000;
const panel = randomMarket({ seed: 21, coins: 7, hours: HOURS });
const coins = panel.symbols.length;

async function columnsOf<const Names extends readonly string[]>(of: Panel, names: Names) {
  const rows = await computeColumns(barInputs(of), names);
  return Object.fromEntries(rows.map(({ name, values }) => [name, values])) as Record<
    Names[number],
    Float64Array
  >;
}

interface Fit {
  readonly alpha: number;
  readonly beta: number;
  readonly correlation: number;
}

/** Plain sums over the pairs of the 720 hours that end with `hour`. */
function fitAt(coin: number, hour: number): Fit {
  const change = (each: number, at: number) =>
    at < 1 ? Number.NaN : Math.log(closeAt(panel, each, at) / closeAt(panel, each, at - 1));
  const pairs = Array.from({ length: 720 }, (_, back) => [
    change(0, hour - back),
    change(coin, hour - back),
  ]).filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const none = { alpha: Number.NaN, beta: Number.NaN, correlation: Number.NaN };
  if (pairs.length < 540) return none;
  const meanX = pairs.reduce((sum, [x]) => sum + x!, 0) / pairs.length;
  const meanY = pairs.reduce((sum, [, y]) => sum + y!, 0) / pairs.length;
  let [sxx, sxy, syy] = [0, 0, 0];
  for (const [x, y] of pairs) {
    sxx += (x! - meanX) ** 2;
    sxy += (x! - meanX) * (y! - meanY);
    syy += (y! - meanY) ** 2;
  }
  const beta = sxy / sxx;
  return { alpha: meanY - beta * meanX, beta, correlation: sxy / Math.sqrt(sxx * syy) };
}

const names = ['residual_1h', 'residual_less_alpha_1h', 'beta_720h', 'correlation_720h'] as const;

describe('the residual', () => {
  it('C4: keeps the alpha; the variant without it, and the correlation, stand beside it', async () => {
    const columns = await columnsOf(panel, names);
    let compared = 0;
    for (let hour = 500; hour < HOURS; hour += 11) {
      for (const coin of [1, 2, 4, 6]) {
        const cell = hour * coins + coin;
        const before = fitAt(coin, hour - 1);
        const own = Math.log(closeAt(panel, coin, hour) / closeAt(panel, coin, hour - 1));
        const market = Math.log(closeAt(panel, 0, hour) / closeAt(panel, 0, hour - 1));
        const residual = own - before.beta * market;
        const { beta, correlation } = fitAt(coin, hour);
        const wanted = [residual, residual - before.alpha, beta, correlation];
        for (const [at, want] of wanted.entries()) {
          const got = columns[names[at]!][cell]!;
          if (Number.isNaN(want)) expect(got).toBeNaN();
          else expect(Math.abs(got - want)).toBeLessThan(1e-9);
        }
        if (!Number.isNaN(residual)) compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(60);
  });

  it('K2: takes away what was expected before the hour: a jump in it goes into the residual whole', async () => {
    const before = await columnsOf(panel, names);
    const jump = 0.37;
    for (const [coin, hour] of [
      [1, 800],
      [6, 997],
    ] as const) {
      const bars = sharedFloat64(panel.bars.length);
      bars.set(panel.bars);
      bars[barOffset(panel, coin, hour) + CLOSE] = closeAt(panel, coin, hour) * Math.exp(jump);
      const after = await columnsOf({ ...panel, bars }, names);
      const cell = hour * coins + coin;
      expect(after.residual_1h[cell]! - before.residual_1h[cell]!).toBeCloseTo(jump, 12);
      expect(after.residual_less_alpha_1h[cell]! - before.residual_less_alpha_1h[cell]!).toBeCloseTo(
        jump,
        12,
      );
      // The beta of the hour itself has seen the jump, as it must.
      expect(after.beta_720h[cell]).not.toBe(before.beta_720h[cell]);
      for (let earlier = 0; earlier < cell; earlier += 1)
        expect(Object.is(after.residual_1h[earlier], before.residual_1h[earlier])).toBe(true);
    }
  });

  it('C27: of the benchmark itself is nothing', async () => {
    const { residual_1h: residual, beta_720h: beta } = await columnsOf(panel, ['residual_1h', 'beta_720h']);
    let known = 0;
    for (let hour = 0; hour < HOURS; hour += 1) {
      const value = residual[hour * coins]!;
      if (Number.isNaN(value)) continue;
      known += 1;
      expect(Math.abs(value)).toBeLessThan(1e-12);
      expect(beta[hour * coins]).toBeCloseTo(1, 12);
    }
    expect(known).toBeGreaterThan(400);
  });
});
