/** The 22 four-hourly rows of set s3, in their order. */
import {
  adxRow,
  atrRow,
  bodyRatioRow,
  bollingerPlaceRow,
  bollingerWidthRow,
  commodityChannelRow,
  distanceToHighRow,
  distanceToLowRow,
  emaRatioRow,
  logRangeRow,
  macdHistogramRow,
  realizedVolatilityRow,
  returnRow,
  rsiRow,
  stochasticRow,
  williamsRow,
} from './price-rows.ts';
import { barFeature } from './timeframe.ts';
import { balanceSlopeRow, moneyFlowRow, volumeRatioRow } from './volume-rows.ts';

export const fourHourFeatures = [
  ...[1, 3, 6].map(returnRow),
  logRangeRow,
  bodyRatioRow,
  rsiRow(14),
  stochasticRow,
  macdHistogramRow,
  emaRatioRow(9, 21, 148),
  emaRatioRow(21, 50, 351),
  bollingerPlaceRow,
  bollingerWidthRow,
  atrRow,
  realizedVolatilityRow(42),
  adxRow,
  commodityChannelRow,
  williamsRow,
  moneyFlowRow,
  balanceSlopeRow(42),
  volumeRatioRow(42),
  distanceToHighRow(42),
  distanceToLowRow(42),
].map((row) => barFeature('4h', row));
