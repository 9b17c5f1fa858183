/** The feature sets, each in the order of a model's input vector, which never changes. */
import type { FeatureDefinition, FeatureNeed, FeatureSet } from './feature.ts';
import { s2Features } from './s2/index.ts';
import { s3Features } from './s3/index.ts';

const s1: FeatureSet = {
  name: 's1',
  features: [...s3Features, ...s2Features.filter(({ group }) => group === 'mkt')],
};
const s2: FeatureSet = { name: 's2', features: s2Features };
const s3: FeatureSet = { name: 's3', features: s3Features };

/** By name. */
export const featureSets: ReadonlyMap<string, FeatureSet> = new Map(
  [s1, s2, s3].map((set) => [set.name, set]),
);

/** Features of the set that the data at hand cannot fill, because one of their needs is not among `met`. */
export function pendingFeatures(
  { features }: FeatureSet,
  met: ReadonlySet<FeatureNeed>,
): readonly FeatureDefinition[] {
  return features.filter(({ needs }) => needs.some((need) => !met.has(need)));
}
