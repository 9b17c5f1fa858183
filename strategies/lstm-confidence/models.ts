/** One LSTM over a day of hourly features; 50 of the 79 candidates, chosen on the training part alone, the others held at zero. */
import { barrierLabelDefaults } from '../../engine/columns/labels/barrier-labels.ts';
import type { ModelPlan } from '../../engine/signal/model-plan.ts';

export const lstmConfidenceModels: ModelPlan = {
  strategy: 'lstm-confidence',
  decisionHoursUtc: null,
  trainDays: null,
  folds: { count: 4, testDays: 5, embargoHours: 72 },
  labelHours: 72,
  labels: [{ name: 'buy_first', kind: 'barrier', rules: barrierLabelDefaults }],
  models: [
    {
      ...{ kind: 'network', name: 'confidence', architecture: 'lstm-norm', side: 'buy', label: 'buy_first' },
      ...{ featureSet: 's3', features: [], steps: 24, strideHours: 1, nanShareMax: 0.1 },
      hyperparameters: {
        ...{ hidden: 48, selected: 50, correlationMax: 0.95, gapMax: 0.15, patience: 3 },
        ...{ epochs: 20, batch: 256, learningRate: 0.001, weightDecay: 0.0001 },
      },
      // log-odds of the profit barrier: difference of the two class logits.
      ...{
        columns: ['confidence_logit'],
        stored: 'raw',
        gateLogit: Math.log(0.65 / 0.35),
        outOfFoldDays: null,
      },
    },
  ],
  ensembles: [],
  cadenceDays: 30,
  coinsMax: 5,
  sizes: {
    'ci-small': { treesMax: null, coinsMax: 5, rowStride: 4, epochsMax: 3 },
    demo: { treesMax: null, coinsMax: 5, rowStride: 1, epochsMax: 6 },
    published: { treesMax: null, coinsMax: 5, rowStride: 1, epochsMax: null },
  },
};
