/** Class probabilities of the two sequence models: no formula gives them, they are stored when the model has spoken. */
import { defineFeature, type StoredFeature } from '../feature.ts';

function stored(
  name: string,
  formula: string,
  reach: { readonly lookbackHours: number; readonly warmupHours: number },
): StoredFeature {
  return defineFeature({
    ...{ name, group: 'nn', scope: 'stored', formula, unit: 'probability', ...reach, needs: ['stored'] },
  });
}

const month = { lookbackHours: 720, warmupHours: 1440 };
const week = { lookbackHours: 168, warmupHours: 888 };

export const networkFeatures = [
  stored(
    'lstm_prob_buy',
    'P(class +1) of the LSTM version valid at T on the block sums (E_29, ..., E_0)',
    month,
  ),
  stored('lstm_prob_sell', 'P(class -1) of the same pass', month),
  stored('tcn_prob_buy', 'P(class +1) of the TCN version valid at T on e(t-167) .. e(t)', week),
  stored('tcn_prob_sell', 'P(class -1) of the same pass', week),
] as const;
