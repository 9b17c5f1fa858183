/** A version fits a plan, or says where not. */
import { expect, it } from 'vitest';
import type { ModelPlan } from '../../../engine/signal/model-plan.ts';
import { scoredVersion } from '../../../engine/signal/scored-version.ts';
import { modelPlans } from '../../../strategies/models.ts';
import { madeModels } from '../../scenarios/scoring/made-models.ts';

const version = { version: 'v1', validFromMs: 1e12, ensembles: [] };

async function faultsOf(plan: ModelPlan, asPlanned: ModelPlan): Promise<readonly string[]> {
  const made = { ...version, seed: 1, dataset: { name: 'none', hash: '' } };
  const parsed = scoredVersion(asPlanned, version, await madeModels(plan, made));
  return parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path} ${message}`);
}

it('refuses a model of the other side', async () => {
  const plan = modelPlans.get('v2-ensemble')!;
  const models = plan.models.map((model) =>
    model.name === 'buy-ev' ? { ...model, side: 'sell' as const } : model,
  );
  expect(await faultsOf(plan, plan)).toEqual([]);
  expect(await faultsOf(plan, { ...plan, models })).toEqual([
    'v1/buy-ev is of side buy, and the plan wants sell',
  ]);
});

it('refuses a sequence of what another model fills: before the span there is none of it', async () => {
  const plan = modelPlans.get('btc-residual')!;
  const models = plan.models.map((model) =>
    model.name === 'tcn' && model.kind === 'network' ? { ...model, features: ['lstm_prob_buy'] } : model,
  );
  const changed = { ...plan, models };
  expect(await faultsOf(plan, plan)).toEqual([]);
  expect(await faultsOf(changed, changed)).toEqual([
    'v1/tcn reads lstm_prob_buy as a sequence, and models of the plan fill that',
  ]);
});
