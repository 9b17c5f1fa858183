/** At 2x a stop 8 % away acts before any liquidation, whatever the tier, unless the price gaps over it between two bars. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Panel } from '../../../engine/panel/panel.ts';
import { exitReasonAt } from '../../../engine/portfolio/ledger.ts';
import { type Bar, bracketsOf, hourMs, ladder, type Played, play, startMs } from './scripted.ts';

const hours = 48;
const stopLossFraction = 0.08;
const feeBps = 5;

const step = fc.record({
  /** Between the last close and this open; now and then far. */
  gap: fc.oneof(
    { weight: 9, arbitrary: fc.double({ min: -0.01, max: 0.01, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: -0.5, max: 0.6, noNaN: true }) },
  ),
  move: fc.double({ min: -0.04, max: 0.04, noNaN: true }),
  /** How far the bar reaches beyond open and close; now and then through any level. */
  up: fc.oneof(
    { weight: 9, arbitrary: fc.double({ min: 0, max: 0.02, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 0.9, noNaN: true }) },
  ),
  down: fc.oneof(
    { weight: 9, arbitrary: fc.double({ min: 0, max: 0.02, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 0.6, noNaN: true }) },
  ),
  /** Where the mark is, as a fraction of the trade price. */
  basis: fc.double({ min: 0.99, max: 1.01, noNaN: true }),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
type Prices = readonly [open: number, high: number, low: number, close: number];

const recipe = fc.record({
  path: fc.array(step, { minLength: hours, maxLength: hours }),
  side: fc.constantFrom(1 as const, -1 as const),
  margin: fc.constantFrom('isolated' as const, 'cross' as const),
  rate: fc.double({ min: 0.004, max: 0.35, noNaN: true }),
  stopOn: fc.constantFrom('trade' as const, 'mark' as const),
  intrabar: fc.constantFrom('path-correlated' as const, 'all-adverse' as const),
});
type Recipe = typeof recipe extends fc.Arbitrary<infer Value> ? Value : never;

function pathOf(steps: readonly Step[]): Prices[] {
  let last = 100;
  return steps.map(({ gap, move, up, down }): Prices => {
    const open = last * (1 + gap);
    const close = open * (1 + move);
    last = close;
    return [open, Math.max(open, close) * (1 + up), Math.min(open, close) * (1 - down), close];
  });
}

/** Enters at every open at which it is flat, with nearly all the margin there is (cross), or a sixteenth of it. */
function lived({ path, side, margin, rate, stopOn, intrabar }: Recipe): Promise<Played> {
  const trades = pathOf(path);
  const marks = trades.map((bar, hour) => bar.map((price) => price * path[hour]!.basis));
  const notional = margin === 'cross' ? 1.99 * 1_000 : 125;
  const target = { coin: 0, side, notional, stopLossFraction, stopOn };
  return play({
    coins: { A: trades as readonly Bar[] },
    decisions: Object.fromEntries(trades.map((_, hour) => [hour + 1, [target]])),
    costs: { takerFeeBps: feeBps, slippageBps: 2 },
    account: {
      ...{ margin, intrabar, leverage: 2 },
      brackets: bracketsOf(['A'], ladder({ cap: 1e9, rate, leverage: 2 })),
    },
    panel: (panel) => withMarks(panel, marks),
  });
}

function withMarks(panel: Panel, marks: readonly (readonly number[])[]): Panel {
  const series = { markRow: Int32Array.of(1), spotRow: Int32Array.of(-1) };
  return { ...panel, bars: Float64Array.from([...panel.bars, ...marks.flat()]), series };
}

test('and gaps do liquidate', async () => {
  const seen = { cases: 0, stops: 0, gapLiquidations: 0 };
  await fc.assert(
    fc.asyncProperty(recipe, async (drawn) => {
      const { trades, panel } = await lived(drawn);
      seen.cases += 1;
      for (let row = 0; row < trades.count; row += 1) {
        const reason = exitReasonAt(trades, row);
        if (reason === 'stop') seen.stops += 1;
        if (reason !== 'liquidation') continue;
        const { side } = drawn;
        const stop = trades.entryPrice[row]! * (1 - side * stopLossFraction);
        const hour = (trades.exitMs[row]! - startMs) / hourMs;
        const opens = [hour, hours + hour].map((at) => panel.bars[at * 4]!);
        expect(opens.some((open) => side * open <= side * stop)).toBe(true);
        seen.gapLiquidations += 1;
      }
    }),
    { numRuns: 900, seed: 20_250_101 },
  );
  process.stdout.write(`stop before liquidation: ${JSON.stringify(seen)}\n`);
  expect(seen.cases).toBeGreaterThanOrEqual(500);
  expect(seen.stops).toBeGreaterThan(500);
  expect(seen.gapLiquidations).toBeGreaterThanOrEqual(50);
}, 60_000);
