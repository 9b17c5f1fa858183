/** The features of set s3, candidates of the confidence filter, in the order of its input vector. */
import type { FeatureDefinition } from '../feature.ts';
import { calendarFeatures } from './calendar.ts';
import { dailyFeatures } from './daily.ts';
import { fourHourFeatures } from './four-hour.ts';
import { hourlyFeatures } from './hourly.ts';

export const s3Features: readonly FeatureDefinition[] = [
  ...hourlyFeatures,
  ...fourHourFeatures,
  ...dailyFeatures,
  ...calendarFeatures,
];
