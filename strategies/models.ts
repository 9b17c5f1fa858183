/** The strategies whose columns models fill, by name: what training, scoring and the model store read. */
import type { ModelPlan } from '../engine/signal/model-plan.ts';
import { btcResidualModels } from './btc-residual/models.ts';
import { lstmConfidenceModels } from './lstm-confidence/models.ts';
import { v2EnsembleModels } from './v2-ensemble/models.ts';

export const modelPlans: ReadonlyMap<string, ModelPlan> = new Map(
  [v2EnsembleModels, btcResidualModels, lstmConfidenceModels].map((plan) => [plan.strategy, plan]),
);
