/** The 16 daily rows of set s3, in their order. */
import {
  adxRow,
  atrRow,
  bollingerPlaceRow,
  bollingerWidthRow,
  distanceToHighRow,
  distanceToLowRow,
  emaRatioRow,
  logRangeRow,
  macdHistogramRow,
  realizedVolatilityRow,
  returnRow,
  rsiRow,
} from './price-rows.ts';
import { barFeature } from './timeframe.ts';
import { volumeRatioRow } from './volume-rows.ts';

export const dailyFeatures = [
  ...[1, 3, 7, 14].map(returnRow),
  logRangeRow,
  rsiRow(14),
  macdHistogramRow,
  emaRatioRow(9, 21, 148),
  bollingerPlaceRow,
  bollingerWidthRow,
  atrRow,
  realizedVolatilityRow(14),
  adxRow,
  volumeRatioRow(7),
  distanceToHighRow(20),
  distanceToLowRow(20),
].map((row) => barFeature('1d', row));
