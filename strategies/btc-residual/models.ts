/** Two networks on residual returns and a news classifier feed a booster of three classes: which third of the market comes next. */
import { newsClasses } from '../../engine/columns/records.ts';
import type { ModelPlan, NetworkSpec } from '../../engine/signal/model-plan.ts';

/** `under`: the bottom third of the residual over the next three days; `out`: the top third. */
export const residualClasses = ['under', 'middle', 'out'] as const;

const HORIZON_HOURS = 72;
const OUT_OF_FOLD_DAYS = 15;

const lstm: NetworkSpec = {
  ...{ kind: 'network', name: 'lstm', architecture: 'lstm-pair', side: null, label: 'tercile' },
  ...{ featureSet: null, features: ['res_ret_24h'], steps: 30, strideHours: 24, nanShareMax: 0.2 },
  hyperparameters: {
    ...{ hidden: 64, layers: 2, dropout: 0.1, scale: 'row' },
    ...{ epochs: 20, batch: 128, learningRate: 0.003 },
  },
  ...{ columns: ['lstm_prob_sell', 'lstm_prob_middle', 'lstm_prob_buy'], stored: 'probabilities' },
  ...{ gateLogit: null, outOfFoldDays: OUT_OF_FOLD_DAYS },
};

const tcn: NetworkSpec = {
  ...{ kind: 'network', name: 'tcn', architecture: 'tcn', side: null, label: 'tercile' },
  ...{ featureSet: null, features: ['res_ret_1h'], steps: 168, strideHours: 1, nanShareMax: 0.25 },
  // Two convolutions a block: 1 + 2 (7 - 1) (1 + 2 + 4 + 8) = 181 hours.
  hyperparameters: {
    channels: 24,
    kernel: 7,
    blocks: 4,
    dropout: 0.1,
    scale: 'row',
    epochs: 20,
    batch: 128,
    learningRate: 0.003,
  },
  ...{ columns: ['tcn_prob_sell', 'tcn_prob_middle', 'tcn_prob_buy'], stored: 'probabilities' },
  ...{ gateLogit: null, outOfFoldDays: OUT_OF_FOLD_DAYS },
};

export const btcResidualModels: ModelPlan = {
  strategy: 'btc-residual',
  decisionHoursUtc: [12],
  trainDays: 150,
  folds: { count: 4, testDays: 5, embargoHours: HORIZON_HOURS },
  labelHours: HORIZON_HOURS,
  labels: [{ name: 'tercile', kind: 'residual-tercile', horizonHours: HORIZON_HOURS }],
  models: [
    {
      ...{ kind: 'text', name: 'news', side: null, classes: newsClasses, gateLogit: null },
      ...{ columns: newsClasses.map((name) => `p_${name}`), stored: 'probabilities' },
      hyperparameters: {
        ...{ regularisation: 20, terms: 7000, groupsMin: 3 },
        ...{ pieceMin: 3, pieceMax: 5, pieceWeight: 0.3 },
      },
    },
    lstm,
    tcn,
    {
      ...{ kind: 'booster', name: 'meta', library: 'lightgbm', objective: 'multiclass', side: null },
      ...{ label: 'tercile', featureSet: 's2' },
      hyperparameters: { n_estimators: 500, num_leaves: 63, learning_rate: 0.03 },
      columns: residualClasses.map((name) => `residual_p_${name}`),
      ...{ stored: 'probabilities', gateLogit: null },
    },
  ],
  ensembles: [],
  cadenceDays: 7,
  coinsMax: null,
  sizes: {
    'ci-small': { treesMax: 60, coinsMax: 20, rowStride: 1, epochsMax: 3 },
    demo: { treesMax: 80, coinsMax: null, rowStride: 1, epochsMax: 4 },
    published: { treesMax: null, coinsMax: null, rowStride: 1, epochsMax: null },
  },
};
