/** BUY and SELL, three boosters each on the same features and labels, and a regressor of the expected return a side. */
import type { BarrierLabelRules } from '../../engine/columns/labels/barrier-labels.ts';
import { barrierLabelDefaults } from '../../engine/columns/labels/barrier-labels.ts';
import type { BoosterSpec, ModelPlan, Side } from '../../engine/signal/model-plan.ts';

const rulesOf = (side: Side): BarrierLabelRules => ({
  ...barrierLabelDefaults,
  side: side === 'buy' ? 1 : -1,
});

const published = {
  lightgbm: { n_estimators: 800, learning_rate: 0.03, max_depth: 7 },
  xgboost: { n_estimators: 800, learning_rate: 0.03, max_depth: 6 },
  catboost: { iterations: 800, learning_rate: 0.03, depth: 6 },
} as const;
type Library = keyof typeof published;

/** Probability .80: ln 4. */
const GATE_LOGIT = Math.log(4);

function classifier(side: Side, library: Library): BoosterSpec {
  return {
    ...{ kind: 'booster', name: `${side}-${library}`, library, objective: 'binary', side },
    ...{ label: `${side}_first`, featureSet: 's1', hyperparameters: published[library] },
    ...{ columns: [`v2_${side}_${library}`], stored: 'raw', gateLogit: GATE_LOGIT },
  };
}

function regressor(side: Side): BoosterSpec {
  return {
    ...{ kind: 'booster', name: `${side}-ev`, library: 'lightgbm', objective: 'regression', side },
    ...{ label: `${side}_return`, featureSet: 's1', hyperparameters: published.lightgbm },
    ...{ columns: [`v2_${side}_ev`], stored: 'raw', gateLogit: 0 },
  };
}

const libraries: readonly Library[] = ['lightgbm', 'xgboost', 'catboost'];
const sides: readonly Side[] = ['buy', 'sell'];

export const v2EnsembleModels: ModelPlan = {
  strategy: 'v2-ensemble',
  decisionHoursUtc: null,
  trainDays: 60,
  folds: { count: 4, testDays: 5, embargoHours: 72 },
  labelHours: 72,
  labels: sides.flatMap((side) => [
    { name: `${side}_first`, kind: 'barrier', rules: rulesOf(side) },
    { name: `${side}_return`, kind: 'barrier-return', rules: rulesOf(side) },
  ]),
  models: sides.flatMap((side) => [
    ...libraries.map((library) => classifier(side, library)),
    regressor(side),
  ]),
  ensembles: sides.map((side) => ({
    ...{ name: side, side, column: `v2_${side}_logit` },
    members: libraries.map((library) => `${side}-${library}`),
  })),
  cadenceDays: 7,
  coinsMax: null,
  sizes: {
    'ci-small': { treesMax: 60, coinsMax: 20, rowStride: 4, epochsMax: null },
    demo: { treesMax: 100, coinsMax: null, rowStride: 4, epochsMax: null },
    published: { treesMax: null, coinsMax: null, rowStride: 1, epochsMax: null },
  },
};
