/** The 95 features of set s2, in the order of a model's input vector, which never changes. */
import type { FeatureDefinition } from '../feature.ts';
import { calendarFeatures } from './calendar.ts';
import { candleFeatures } from './candle.ts';
import { breadth24h, dispersion24h, rankFeatures } from './cross-section.ts';
import { liquidityFeatures } from './liquidity.ts';
import { benchmarkFeatures } from './market.ts';
import { networkFeatures } from './networks.ts';
import { newsFeatures } from './news.ts';
import { priceFeatures } from './price.ts';
import { regimeFeatures } from './regime.ts';
import { residualFeatures } from './residual.ts';
import { residualMomentumFeatures } from './residual-momentum.ts';
import { sentimentFeatures } from './sentiment.ts';
import { volatilityFeatures } from './volatility.ts';

export const s2Features: readonly FeatureDefinition[] = [
  ...benchmarkFeatures,
  ...sentimentFeatures,
  breadth24h,
  dispersion24h,
  ...regimeFeatures,
  ...residualFeatures,
  ...residualMomentumFeatures,
  ...priceFeatures,
  ...volatilityFeatures,
  ...liquidityFeatures,
  ...candleFeatures,
  ...rankFeatures,
  ...calendarFeatures,
  ...networkFeatures,
  ...newsFeatures,
];
