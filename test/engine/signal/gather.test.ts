import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FeatureBlock } from '../../../engine/columns/blocks.ts';
import { barInputs } from '../../../engine/columns/features/inputs.ts';
import { type GatherPlan, gather, gatherPlan } from '../../../engine/signal/gather.ts';
import type { ScoredModel } from '../../../engine/signal/scored-version.ts';
import { randomMarket } from '../columns/features/random-market.ts';

const [COINS, HOURS] = [3, 40];
const features = ['a', 'b', 'c'];
const panel = randomMarket({ seed: 1, coins: COINS, hours: HOURS });

/** The value tells its cell and feature; some are NaN. */
const valueAt = (cell: number, feature: number) =>
  (cell * 3 + feature) % 5 === 0 ? Number.NaN : cell * 10 + feature;
const block: FeatureBlock = {
  ...{
    inputs: barInputs(panel),
    features,
    fromCoin: 0,
    toCoin: COINS,
    fromHour: 0,
    toHour: HOURS,
    eligible: null,
  },
  values: Float32Array.from({ length: COINS * HOURS * 3 }, (_, at) => valueAt(Math.floor(at / 3), at % 3)),
};

function plan(names: readonly string[], steps: number, strideHours: number, nanShareMax: number): GatherPlan {
  const model: ScoredModel = {
    ...{ name: 'model', features: names, steps, strideHours, nanShareMax, shape: [] },
    ...{ columns: ['out'], stored: 'raw', sha256: '', graph: new Uint8Array(0) },
  };
  // A bar is missing at every seventh hour.
  const present = Uint8Array.from({ length: COINS * HOURS }, (_, cell) => (cell % 7 === 3 ? 0 : 1));
  return gatherPlan(block, model, present);
}

it('lays out each row as its cells say, oldest step first, and leaves out rows with too many gaps, whatever the batch', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(features, { minLength: 1 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(0, 0.2, 0.5, 1),
      fc.integer({ min: 1, max: 50 }),
      (names, steps, stride, nanShareMax, rowsMax) => {
        const gatherer = plan(names, steps, stride, nanShareMax);
        const cells = Int32Array.from({ length: COINS * HOURS }, (_, cell) => cell).filter(
          (cell) => gatherer.present[cell] === 1,
        );
        const wanted = [...cells].flatMap((cell) => {
          const row = Array.from({ length: steps }, (_, step) => cell - (steps - 1 - step) * stride).flatMap(
            (source) =>
              names.map((name) => {
                const isBefore = Math.floor(source / HOURS) !== Math.floor(cell / HOURS);
                return isBefore || gatherer.present[source] === 0
                  ? Number.NaN
                  : valueAt(source, features.indexOf(name));
              }),
          );
          const gaps = row.filter(Number.isNaN).length;
          return gaps / row.length > nanShareMax ? [] : [{ cell, row }];
        });
        const width = names.length * steps;
        const [into, kept] = [new Float32Array(rowsMax * width), new Int32Array(rowsMax)];
        const found = [];
        for (let next = 0; next < cells.length; ) {
          const gathered = gather(gatherer, cells, next, rowsMax, into, kept);
          next = gathered.next;
          for (let row = 0; row < gathered.rows; row += 1)
            found.push({ cell: kept[row], row: [...into.subarray(row * width, (row + 1) * width)] });
        }
        expect(found).toEqual(wanted);
      },
    ),
    { numRuns: 60 },
  );
});
