/** A score is a function of its row and of the version that is valid: neither threads nor batches nor blocks nor the span show in it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { computeBlocks } from '../../../engine/columns/blocks.ts';
import { computeColumns } from '../../../engine/columns/compute.ts';
import { barInputs } from '../../../engine/columns/features/inputs.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { barLayout, timeAt } from '../../../engine/panel/panel.ts';
import type { Rows } from '../../../engine/panel/rows.ts';
import { ensembleLogit } from '../../../engine/signal/ensemble.ts';
import type { ModelPlan } from '../../../engine/signal/model-plan.ts';
import { WorkerPool } from '../../../engine/signal/pool.ts';
import { softmax } from '../../../engine/signal/probability.ts';
import { scoreColumns } from '../../../engine/signal/score-columns.ts';
import { type ScorePlan, scoredColumns, scoredVersion } from '../../../engine/signal/scored-version.ts';
import { openSession } from '../../../engine/signal/session.ts';
import { modelPlans } from '../../../strategies/models.ts';
import { madeEnsembles, madeModels } from '../../scenarios/scoring/made-models.ts';
import { randomMarket } from '../columns/features/random-market.ts';
import { firstDifference } from '../columns/kernels/series.ts';

const HOURS = 1900;
const FROM_HOUR = 1770;
const panel = randomMarket({ seed: 12, coins: 26, hours: HOURS });
const inputs = barInputs(panel);
const dataset = { name: 'random', hash: 'd'.repeat(64) };

/** Versions valid from these hours' closes on. */
async function scorePlan(plan: ModelPlan, fromHours: readonly number[]): Promise<ScorePlan> {
  const versions = [];
  for (const [seed, hour] of fromHours.entries()) {
    const made = { version: `v${seed}`, validFromMs: timeAt(panel, hour) + hourMs, seed, dataset };
    const ensembles = madeEnsembles(plan);
    const parsed = scoredVersion(plan, { ...made, ensembles }, await madeModels(plan, made));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
    versions.push(parsed.value);
  }
  const { strategy, decisionHoursUtc } = plan;
  return { strategy, decisionHoursUtc, columns: scoredColumns(plan), versions };
}

function expectSame(found: readonly Rows[], wanted: readonly Rows[], fromHour = 0): void {
  for (const [index, { name, values, coins, hours }] of found.entries()) {
    const part = wanted[index]!.values.subarray(fromHour * coins, (fromHour + hours) * coins);
    expect([name, firstDifference(values, part)]).toEqual([name, -1]);
  }
}

const pools = [1, 2, 8].map((workers) => new WorkerPool(workers));
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

describe.each([...modelPlans.values()])('scores of $strategy', (plan) => {
  const firstHour = 1790;
  let scored: ScorePlan;
  let whole: readonly Rows[];
  beforeAll(async () => {
    scored = await scorePlan(plan, [firstHour, 1850]);
    whole = await scoreColumns(inputs, scored, { fromHour: FROM_HOUR, toHour: HOURS });
  });

  it('stand in every column', () => {
    expect(whole.map(({ name }) => name)).toEqual(scored.columns);
    for (const { name, values } of whole) {
      const given = values.filter((value) => !Number.isNaN(value));
      expect([name, new Set(given).size > 20]).toEqual([name, true]);
    }
  });

  it('are the same for any workers, batches and blocks', async () => {
    const span = { fromHour: FROM_HOUR, toHour: HOURS };
    for (const [index, pool] of pools.entries()) {
      const batchRows = [1, 77, 100_000][index]!;
      const blockCoins = [26, 9, 4][index]!;
      expectSame(await scoreColumns(inputs, scored, { ...span, pool, batchRows, blockCoins }), whole);
    }
  }, 30_000);

  it('are the same for one hour alone', async () => {
    const hours = Array.from({ length: 24 }, (_, index) => HOURS - 24 + index);
    const isDecision = (hour: number) =>
      plan.decisionHoursUtc?.includes(((timeAt(panel, hour) + hourMs) / hourMs) % 24) ?? true;
    const decisions = hours.filter(isDecision);
    for (const hour of decisions.slice(0, 3)) {
      const alone = await scoreColumns(inputs, scored, { fromHour: hour, toHour: hour + 1 });
      expectSame(alone, whole, hour - FROM_HOUR);
      expect(alone.some(({ values }) => values.some((value) => !Number.isNaN(value)))).toBe(true);
    }
  });

  it('stand only where a coin of the universe has a bar and a version is valid at a decision hour', async () => {
    const [eligible] = await computeColumns(inputs, ['eligible'], { fromHour: FROM_HOUR });
    const { BAR_WIDTH, CLOSE } = barLayout;
    const isOutside = (cell: number) => {
      const [hour, coin] = [FROM_HOUR + Math.floor(cell / panel.symbols.length), cell % panel.symbols.length];
      const close = panel.bars[(coin * HOURS + hour) * BAR_WIDTH + CLOSE]!;
      return hour < firstHour || eligible!.values[cell] !== 1 || Number.isNaN(close);
    };
    for (const { values } of whole)
      expect(values.findIndex((value, cell) => !Number.isNaN(value) && isOutside(cell))).toBe(-1);
  });
});

/** Features of some coins over hours [from, HOURS), `[coin][hour][feature]`. */
async function featureValues(names: readonly string[], from: number): Promise<Float32Array> {
  const module = new URL('../columns/user-features.mjs', import.meta.url).href;
  const [copy] = await computeBlocks<{ readonly block: { readonly values: Float32Array } }>(inputs, names, {
    ...{ fromHour: from, toHour: HOURS, blockCoins: panel.symbols.length },
    consumer: { module, functionName: 'copyOf' },
  });
  return copy!.block.values;
}

describe('what is stored', () => {
  it('is the graph’s number, of the version that is valid, and the logit of the weighted mean', async () => {
    const plan = modelPlans.get('v2-ensemble')!;
    const scored = await scorePlan(plan, [1800, 1850]);
    const rows = await scoreColumns(inputs, scored, { fromHour: 1780 });
    const column = (name: string) => rows.find((each) => each.name === name)!;
    const model = scored.versions[1]!.models[0]!;
    const values = await featureValues(model.features, 1780);
    const width = model.features.length;
    const session = await openSession(model.graph);
    let compared = 0;
    for (const hour of [1780, 1799, 1849, 1850, 1899]) {
      for (let coin = 0; coin < panel.symbols.length; coin += 1) {
        const cell = (hour - 1780) * panel.symbols.length + coin;
        const stored = column('v2_buy_lightgbm').values[cell]!;
        if (Number.isNaN(stored)) continue;
        expect(hour).toBeGreaterThanOrEqual(1800);
        const logits = ['lightgbm', 'xgboost', 'catboost'].map(
          (name) => column(`v2_buy_${name}`).values[cell]!,
        );
        expect(column('v2_buy_logit').values[cell]).toBe(ensembleLogit(logits, [1 / 6, 2 / 6, 3 / 6]));
        if (hour < 1850) continue;
        const at = (coin * (HOURS - 1780) + hour - 1780) * width;
        const [raw] = await session.run(values.slice(at, at + width), 1, [width]);
        expect(stored).toBe(raw! + 0);
        compared += 1;
      }
    }
    await session.close();
    expect(compared).toBeGreaterThan(10);
  });

  it('is the softmax of a network over its steps, which later models read', async () => {
    const plan = modelPlans.get('btc-residual')!;
    const scored = await scorePlan(plan, [1790]);
    const rows = await scoreColumns(inputs, scored, { fromHour: 1780 });
    const column = (name: string) => rows.find((each) => each.name === name)!.values;
    const [lstm, , meta] = scored.versions[0]!.models;
    const daily = await featureValues(['res_ret_24h'], 0);
    const features = await featureValues(meta!.features, 0);
    const [network, booster] = [await openSession(lstm!.graph), await openSession(meta!.graph)];
    const coins = panel.symbols.length;
    const width = meta!.features.length;
    const { BAR_WIDTH, CLOSE } = barLayout;
    let compared = 0;
    for (let hour = 1790; hour < HOURS; hour += 1) {
      for (let coin = 0; coin < coins; coin += 1) {
        const cell = (hour - 1780) * coins + coin;
        if (Number.isNaN(column('lstm_prob_buy')[cell])) continue;
        const steps = Float32Array.from({ length: 30 }, (_, step) => {
          const at = coin * HOURS + hour - (29 - step) * 24;
          return Number.isNaN(panel.bars[at * BAR_WIDTH + CLOSE]) ? Number.NaN : daily[at]!;
        });
        const shares = softmax(await network.run(steps, 1, [30, 1]));
        expect(['sell', 'middle', 'buy'].map((name) => column(`lstm_prob_${name}`)[cell])).toEqual([
          ...shares,
        ]);
        const at = (coin * HOURS + hour) * width;
        const row = features.slice(at, at + width);
        for (const name of ['lstm_prob_buy', 'lstm_prob_sell', 'tcn_prob_buy', 'tcn_prob_sell'])
          row[meta!.features.indexOf(name)] = column(name)[cell]!;
        const third = softmax(await booster.run(row, 1, [width]));
        expect(['under', 'middle', 'out'].map((name) => column(`residual_p_${name}`)[cell])).toEqual([
          ...third,
        ]);
        compared += 1;
      }
    }
    await Promise.all([network.close(), booster.close()]);
    expect(compared).toBeGreaterThan(20);
  });
});
